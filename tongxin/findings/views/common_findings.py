"""Common findings: what looks alike, what a person confirmed, how peer units looked at themselves."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import get_land, place_name, region_of
from tongxin.ui.paging import bad_cursor

from .. import actions, queries
from ..forms import GroupForm, RoundForm
from ..models import Finding, FindingGroup, SelfCheckRound
from ..queries import OVERSEERS
from .common import FORM, ask, lands_in, must_overlook, show
from .detail import overseen

PAGE = 30
MOST_CHOSEN = 100


@login_required
@require_GET
def groups(request: SignedIn) -> HttpResponse:
    """What looks alike, with the reason, and what was confirmed."""
    must_overlook(request.user)
    rows = queries.groups_of(FindingGroup.objects.visible_to(request.user)).order_by("-pk")
    cursor = request.GET.get("cursor", "")
    page, following = queries.uuid_page(rows, cursor, PAGE)
    suggestions = []
    if not cursor:
        mine = Finding.objects.visible_to(request.user)
        suggestions = queries.suggest_groups(queries.overseen(mine, request.user), now())
    context = {
        "groups": page,
        "next": following,
        "suggestions": [
            {
                "one": one,
                "query": urlencode(
                    {"id": [str(f.pk) for f in one.findings], "title": one.title, "why": one.why},
                    doseq=True,
                ),
            }
            for one in suggestions
        ],
    }
    return show(request, "groups", context, tab="groups")


@login_required
@require_http_methods(FORM)
def make(request: SignedIn) -> HttpResponse:
    """Confirm that the findings named in the address are of one sort."""
    must_overlook(request.user)
    asked = queries.uuids(request.GET.getlist("id")[:MOST_CHOSEN])
    if asked is None:
        raise bad_cursor()
    rows = Finding.objects.visible_to(request.user).filter(pk__in=asked, group=None)
    found = list(rows.order_by("pk"))
    initial = {
        "title": request.GET.get("title", "")[:120],
        "why": request.GET.get("why", "")[:300],
        "findings": [str(one.pk) for one in found],
    }
    form = GroupForm(request.POST or None, findings=found, initial=initial)

    def act() -> str:
        data = dict(form.cleaned_data)
        chosen = set(data.pop("findings"))
        made = actions.make_group(
            findings=[one for one in found if str(one.pk) in chosen], at=now(), by=request.user,
            **data,
        )  # fmt: skip
        return reverse("findings:group", args=[made.pk])

    return ask(
        request, form, act, done=_("已归为共性问题。"), heading=_("确认共性问题"), verb=_("确认"),
        lede=initial["why"], back=reverse("findings:groups"), tab="groups",
    )  # fmt: skip


def _group(request: SignedIn, pk: Any) -> FindingGroup:
    rows = queries.groups_of(FindingGroup.objects.visible_to(request.user))
    return get_object_or_404(rows, pk=pk)


@login_required
@require_GET
def group(request: SignedIn, pk: Any) -> HttpResponse:
    """Show a common finding: its findings, its rounds of self-checks, the letter that asks for more."""
    row, at = _group(request, pk), now()
    rows = queries.with_late(Finding.objects.visible_to(request.user), localdate())
    found = queries.ready(rows.filter(group=row)).order_by("-pk")
    context = {
        "group": row,
        "place": place_name(row.area),
        "lines": [queries.line_of(one, request.user, at) for one in found],
        "rounds": [_progress(one) for one in queries.rounds_of(row)],
        "oversees": queries.may_oversee(request.user, row.area),
        "letters": _letters(row),
    }
    return show(request, "group", context, tab="groups")


def _progress(round_: Any) -> dict[str, Any]:
    return {
        "round": round_,
        "place": place_name(round_.region.path),
        "percent": 100 * round_.answered // round_.asked if round_.asked else 0,
        "late": round_.due_on < localdate() and round_.answered < round_.asked,
    }


def _letters(row: FindingGroup) -> list[tuple[str, Any]]:
    """Return where a letter about the group is drafted, if documents are installed."""
    try:
        url = reverse("documents:new")
    except NoReverseMatch:
        return []
    page = reverse("findings:group", args=[row.pk])
    source = urlencode({"source": f"finding_group:{row.pk}", "label": row.title, "url": page})
    return [
        (f"{url}?kind=advice_letter&{source}", _("起草建议书")),
        (f"{url}?kind=reminder_letter&{source}", _("起草提示函")),
    ]


@login_required
@require_http_methods(FORM)
def start(request: SignedIn, pk: Any) -> HttpResponse:
    """Ask all peer units to look at themselves."""
    row = _group(request, pk)
    if not queries.may_oversee(request.user, row.area):
        raise NotFound(_("没有找到这个共性问题，或不由您办理。"))
    initial = {"key": uuid4().hex, "text": row.text, "region": row.region_id}
    lands = [land for land in lands_in(request.user, OVERSEERS) if land.level != "grid"]
    form = RoundForm(request.POST or None, lands=lands, initial=initial)

    def act() -> str:
        data = dict(form.cleaned_data)
        region = region_of(get_land(int(data.pop("region"))))
        made = actions.start_self_check(row, region=region, at=now(), by=request.user, **data)
        return reverse("findings:round", args=[made.pk])

    return ask(
        request, form, act, done=_("自查已发起，已通知各单位。"), heading=_("发起举一反三自查"),
        verb=_("发起"), lede=row.title, back=reverse("findings:group", args=[pk]), tab="groups",
    )  # fmt: skip


def _round(request: SignedIn, pk: Any) -> SelfCheckRound:
    rows = SelfCheckRound.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("group", "region", "started_by"), pk=pk)


@login_required
@require_GET
def round_page(request: SignedIn, pk: Any) -> HttpResponse:
    """Show who has answered what, and who has not."""
    row = _round(request, pk)
    checks = list(queries.checks_of(row))
    waiting = [one for one in checks if not one.answer]
    context = {
        "round": row,
        "place": place_name(row.region.path),
        "checks": checks,
        "waiting": len(waiting),
        "answered": len(checks) - len(waiting),
        "having": sum(one.answer == "has" for one in checks),
        "late": bool(waiting) and row.due_on < localdate(),
        "may_chase": bool(waiting) and queries.may_oversee(request.user, row.group.area),
    }
    return show(request, "round", context, tab="groups")


@login_required
@require_POST
def chase(request: SignedIn, pk: Any) -> HttpResponse:
    """Remind the units that have not answered."""
    n = actions.chase_round(_round(request, pk), at=now(), by=request.user)
    messages.success(request, _("已提醒 %d 家未报送的单位。") % n)
    return redirect("findings:round", pk)


@login_required
@require_POST
def leave(request: SignedIn, pk: Any) -> HttpResponse:
    """Take a finding out of its group."""
    found = overseen(request, pk)
    actions.leave_group(found, at=now(), by=request.user)
    messages.success(request, _("%s 已移出共性问题。") % found.number)
    return redirect("findings:finding", pk)
