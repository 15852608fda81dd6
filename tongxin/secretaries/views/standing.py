"""The entrance; honours of a year; responsibility lists; the rules in force."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import READERS, keeps_register, posts_of

from .. import actions, queries
from ..forms import DrawForm, DutyForm, HonourForm, RulesForm, WhyForm
from ..models import (
    AssistancePlan,
    DutyItem,
    DutyList,
    Honour,
    RuleVersion,
    SecretarySurvey,
    Thanks,
)
from ..rules import COLUMNS, in_force
from ..sight import VILLAGE_ROLES
from .common import PAGE, act, check_entrance, keeps, my_units, page_of, year_of

# Whose work stands in the list of what is due.
HAS_TODO = {*READERS, *VILLAGE_ROLES}


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Show where things stand in one's scope, and the villages where something is missing."""
    check_entrance(request)
    today = localdate()
    villages = queries.villages_of(request.user)
    cover = queries.coverage_of(villages, on=today)
    lists = DutyList.objects.visible_to(request.user).filter(year=today.year)
    gaps = queries.village_gaps(cover, on=today)
    context: dict[str, Any] = {
        "cover": cover,
        "gaps": gaps[:12],
        "gaps_more": max(0, len(gaps) - 12),
        "has_todo": any(post.role in HAS_TODO for post in posts_of(request.user)),
        **queries.counted(
            lists=lists,
            plans=AssistancePlan.objects.visible_to(request.user).filter(closed_on=None),
            letters=Thanks.objects.visible_to(request.user).filter(state="waiting"),
            asked=SecretarySurvey.objects.visible_to(request.user).filter(
                round__year=today.year, grade=""
            ),
        ),
        "keeps": keeps(request),
    }
    return render(request, "secretaries/home.html", context)


# Honours.


@login_required
@require_safe
def honours(request: SignedIn) -> HttpResponse:
    """List a year's honours by title; honours are meant to be known."""
    year = year_of(request, localdate().year)
    groups = queries.honours_of(year, rules=in_force("honours", localdate()))
    context = {
        "year": year,
        "groups": groups,
        "total": sum(len(group["rows"]) for group in groups),
        "may": keeps(request),
        "revokable": {
            row.pk
            for group in groups
            for row in group["rows"]
            if keeps_register(request.user, row.issuer.path)
        },
        "filters": [
            {
                "name": "year",
                "label": _("年度"),
                "value": str(year),
                "choices": [
                    (str(one), str(one))
                    for one in sorted({*queries.honour_years(localdate()), year}, reverse=True)
                ],
            }
        ],
    }
    return render(request, "secretaries/honours.html", context)


@login_required
@require_http_methods(PAGE)
def new_honour(request: SignedIn) -> HttpResponse:
    check_entrance(request)
    choices = in_force("honours", localdate()).choices
    form = HonourForm(
        request.POST or None,
        units=my_units(request),
        choices=choices,
        initial={"year": localdate().year},
    )
    return act(
        request,
        form,
        lambda: actions.give_honour(by=request.user, at=now(), **form.cleaned_data),
        title=_("授予荣誉"),
        button=_("授予"),
        icon="award",
        back=reverse("secretaries:honours"),
    )


@login_required
@require_http_methods(PAGE)
def revoke(request: SignedIn, pk: int) -> HttpResponse:
    honour = get_object_or_404(
        Honour.objects.public().select_related("issuer", "unit", "user"), pk=pk
    )
    form = WhyForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.revoke_honour(
            honour=honour, by=request.user, at=now(), **form.cleaned_data
        ),
        title=_("撤销荣誉"),
        lede=f"{honour.year} {honour.title} · {honour.user or honour.unit}",
        button=_("撤销"),
        icon="x",
        back=reverse("secretaries:honours"),
    )


# Responsibility lists.


@login_required
@require_safe
def duty_lists(request: SignedIn) -> HttpResponse:
    """List a year's responsibility lists one may see, with how far each is (S0.38)."""
    year = year_of(request, localdate().year)
    rows = DutyList.objects.visible_to(request.user).filter(year=year)
    whose = request.GET.get("whose", "")
    if whose in ("unit", "secretary"):
        rows = rows.filter(user__isnull=whose == "unit")
    counted = queries.with_progress(rows.select_related("unit", "user"), at=now())
    page, cursor = page_of(counted, request)
    kinds = [("", _("全部")), ("unit", _("党组织")), ("secretary", _("书记"))]
    context = {
        "year": year,
        "rows": page,
        "next_cursor": cursor,
        "may": keeps(request),
        "filters": [
            {
                "name": "year",
                "label": _("年度"),
                "value": str(year),
                "choices": [(str(one), str(one)) for one in range(localdate().year + 1, 2018, -1)],
            },
            {"name": "whose", "label": _("对象"), "value": whose, "choices": kinds},
        ],
    }
    return render(request, "secretaries/duty_lists.html", context)


@login_required
@require_http_methods(PAGE)
def draw(request: SignedIn) -> HttpResponse:
    check_entrance(request)
    form = DrawForm(
        request.POST or None, units=my_units(request), initial={"year": localdate().year}
    )
    rules = in_force("duties", localdate())
    whom = {"unit": _("党组织"), "secretary": _("书记")}
    periods = {"year": _("每年"), "half": _("每半年"), "quarter": _("每季度"), "month": _("每月")}
    return act(
        request,
        form,
        lambda: actions.draw_duty_lists(
            units=queries.units_below(form.cleaned_data["unit"]),
            year=form.cleaned_data["year"],
            by=request.user,
            at=now(),
        ),
        title=_("制定责任清单"),
        lede=_("清单版本 %(version)s，依据：%(source)s。已有清单的不重复制定。")
        % {"version": rules.version, "source": rules.source},
        facts=[
            (whom.get(row["whom"], ""), f"{row['title']} · {periods.get(row['period'], '')}")
            for row in rules
        ],
        button=_("制定"),
        back=reverse("secretaries:duty-lists"),
    )


def _list(request: HttpRequest, pk: int) -> DutyList:
    rows = DutyList.objects.visible_to(request.user).select_related("unit", "user")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def duties(request: SignedIn, pk: int) -> HttpResponse:
    """Show one list: what is late, what is coming, what was done with what evidence."""
    found, today = _list(request, pk), localdate()
    items = list(found.items.select_related("done_by").order_by("due", "pk"))
    items.sort(key=lambda item: item.done_at is not None)  # what is open first
    above = found.unit.path.rstrip("/").rpartition("/")[0]
    context = {
        "list": found,
        "items": items,
        "done": sum(item.done_at is not None for item in items),
        "late": sum(item.done_at is None and item.due < today for item in items),
        "today": today,
        "may_report": found.user_id == request.user.pk
        or keeps_register(request.user, found.unit.path),
        "may_send_back": bool(above)
        and found.user_id != request.user.pk
        and keeps_register(request.user, f"{above}/"),
    }
    return render(request, "secretaries/duties.html", context)


@login_required
@require_http_methods(PAGE)
def report(request: SignedIn, pk: int, item: int) -> HttpResponse:
    found = _list(request, pk)
    one: DutyItem = get_object_or_404(found.items, pk=item)
    form = DutyForm(request.POST or None, request.FILES or None)
    return act(
        request,
        form,
        lambda: actions.report_duty(
            item=one,
            evidence=form.cleaned_data["evidence"],
            photo=form.picture,
            by=request.user,
            at=now(),
        ),
        title=_("报完成情况"),
        lede=f"{one.title} · {one.period}",
        button=_("提交"),
        back=reverse("secretaries:duties", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def send_back(request: SignedIn, pk: int, item: int) -> HttpResponse:
    found = _list(request, pk)
    one: DutyItem = get_object_or_404(found.items, pk=item)
    form = WhyForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.send_back_duty(item=one, by=request.user, at=now(), **form.cleaned_data),
        title=_("退回重报"),
        lede=f"{one.title} · {one.period}",
        facts=[(_("完成情况"), one.evidence)],
        button=_("退回"),
        icon="rotate",
        back=reverse("secretaries:duties", args=[pk]),
    )


# Rules.


@login_required
@require_safe
def rules(request: SignedIn) -> HttpResponse:
    """Show every list in force today, its version and its source."""
    check_entrance(request)
    today = localdate()
    context = {
        "kinds": [
            {"kind": kind, "label": label, "rules": in_force(kind, today), "columns": COLUMNS[kind]}
            for kind, label in RuleVersion.Kind.choices
        ],
        "may": any(post.role == "organiser" for post in posts_of(request.user)),
    }
    return render(request, "secretaries/rules.html", context)


@login_required
@require_safe
def rules_file(request: SignedIn, kind: str) -> HttpResponse:
    """Hand out the list in force as a table, to be changed and handed in as a new version."""
    check_entrance(request)
    if kind not in COLUMNS:
        raise NotFound(_("没有这份清单。"))
    found = in_force(kind, localdate())
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}-{found.version}.csv"'
    out = csv.writer(response, lineterminator="\r\n")
    columns = ("code", "title", *COLUMNS[kind])
    out.writerow(columns)
    out.writerows([row[column] for column in columns] for row in found)
    return response


@login_required
@require_http_methods(PAGE)
def set_rules(request: SignedIn) -> HttpResponse:
    check_entrance(request)
    form = RulesForm(
        request.POST or None,
        request.FILES or None,
        initial={"effective_from": localdate(), "kind": request.GET.get("kind", "")},
    )

    def keep() -> object:
        given = dict(form.cleaned_data)
        file = given.pop("file")
        return actions.set_rules(
            data=file.read(), name=file.name, by=request.user, at=now(), **given
        )

    return act(
        request,
        form,
        keep,
        title=_("更新规则"),
        lede=_("新版本从生效日期起使用，以前的决定仍按当时的版本。"),
        button=_("更新"),
        icon="upload",
        back=reverse("secretaries:rules"),
    )
