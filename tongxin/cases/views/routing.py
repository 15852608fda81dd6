"""The pages of the routing rules: versions of a table, its rules, a dry run, publishing, why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of, region_of, world

from .. import actions, routing, rulecheck, rulediff, trying
from ..models import Case, RoutingRuleSet
from ..models.routing import READERS
from ..queries import parts_of, rule_uses, source_of, topic_of
from ..rule_forms import (
    AskForm,
    EndForm,
    PeriodForm,
    PublishForm,
    RuleForm,
    SheetForm,
    month_before,
)
from ..rule_sheet import write_rules

PAGE = ["GET", "HEAD", "POST"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
USED_DAYS = 30
STREET = Region.Level.STREET


def _sets(request: HttpRequest):
    return RoutingRuleSet.objects.visible_to(request.user).select_related(
        "region", "created_by", "published_by"
    )


def _set(request: HttpRequest, pk: int) -> RoutingRuleSet:
    return get_object_or_404(_sets(request), pk=pk)


def _draft(request: HttpRequest, pk: int) -> RoutingRuleSet:
    """Return a draft that the actor may change; anything else is not there for them."""
    return get_object_or_404(_drafts(request), pk=pk)


def _drafts(request: HttpRequest):
    ids = [one.pk for one in _sets(request).filter(state="draft") if _keeps(request, one.region)]
    return _sets(request).filter(pk__in=ids)


def _keeps(request: HttpRequest, region: Region) -> bool:
    return actions.keeps_rules(request.user, region)


def _street_of(request: HttpRequest, region: Region) -> Land | None:
    """Return the street of a district of which the actor is an officer: they try rules on its cases."""
    paths = {post.path for post in posts_of(request.user) if post.role == "officer"}
    lands = world().lands
    return next(
        (
            x
            for x in lands
            if x.path in paths and x.path.startswith(region.path) and x.level == STREET
        ),
        None,
    )


def _streets(region: Region) -> list[Land]:
    lands = [x for x in world().lands if x.level == STREET and x.path.startswith(region.path)]
    return sorted(lands, key=lambda land: land.code)


def _may_try(request: HttpRequest, ruleset: RoutingRuleSet) -> bool:
    """Say whether somebody may try a version: who keeps it, and once published its streets' officers."""
    if _keeps(request, ruleset.region):
        return True
    return not ruleset.is_draft and _street_of(request, ruleset.region) is not None


def _district(request: HttpRequest) -> Region:
    """Return the district whose rules are meant: the one named, or where the actor works.

    :raises Http404: for those who work nowhere, and for districts they have nothing to do with
    """
    paths = [post.path for post in posts_of(request.user) if post.role in READERS]
    districts = [land for land in world().lands if land.level == Region.Level.DISTRICT]
    if not request.user.is_superuser:
        districts = [
            land
            for land in districts
            if any(path.startswith(land.path) or land.path.startswith(path) for path in paths)
        ]
    code = request.GET.get("district")
    found = [land for land in districts if not code or land.code == code]
    if not found:
        raise Http404
    return region_of(found[0])


def _frame(request: HttpRequest, region: Region, here: str) -> dict[str, Any]:
    """Return what every page of the rules shows around it: the sections and where one stands."""
    draft = _sets(request).filter(region=region.pk, state="draft").first()
    keeps = _keeps(request, region)
    tail = f"?district={region.code}"
    sections = [
        ("rules", _("现行规则"), reverse("cases:routing") + tail),
        ("explain", _("试一单"), reverse("cases:routing-explain") + tail),
        ("history", _("版本"), reverse("cases:routing-history") + tail),
    ]
    if draft and keeps:
        sections.insert(1, ("draft", _("草稿"), reverse("cases:routing-table", args=[draft.pk])))
    return {
        "region": region,
        "draft": draft,
        "keeps": keeps,
        "sections": [
            {"label": label, "url": url, "active": name == here} for name, label, url in sections
        ],
    }


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Show the rules in force in the district where one works."""
    region = _district(request)
    ruleset = _sets(request).filter(region=region.pk).in_force(now()).first()
    return _show_table(request, region, ruleset, "rules")


@login_required
@require_safe
def table(request: SignedIn, pk: int) -> HttpResponse:
    """Show one version; a draft only to those who may change it."""
    ruleset = _set(request, pk)
    if ruleset.is_draft and not _keeps(request, ruleset.region):
        raise Http404
    here = "draft" if ruleset.is_draft else "history"
    return _show_table(request, ruleset.region, ruleset, here)


def _show_table(
    request: HttpRequest, region: Region, ruleset: RoutingRuleSet | None, here: str
) -> HttpResponse:
    context = _frame(request, region, here) | {"ruleset": ruleset}
    if ruleset is not None:
        at = now()
        known = routing.read_table(ruleset.pk, region.path, ruleset.number)
        findings = rulecheck.findings_of(known, day=localdate(at)) if context["keeps"] else []
        streets = _streets(region)
        street = next((x for x in streets if x.code == request.GET.get("street")), None)
        flagged = {code for one in findings if one.grade != "note" for code in one.codes}
        context |= {
            "rows": _rows(ruleset, known, at, flagged, street),
            "street": street,
            "may_try": _may_try(request, ruleset) and not ruleset.is_draft,
            "filters": [_street_filter(streets, street)],
            "hidden": [("district", region.code)],
            "findings": findings,
            "may_edit": ruleset.is_draft and context["keeps"],
            "changes": _changes_of(ruleset, known, at),
            "is_in_force": here == "rules",
            "may_end": _may_end(ruleset, at) and context["keeps"],
        }
    return render(request, "cases/routing/table.html", context)


def _street_filter(streets: list[Land], chosen: Land | None) -> dict[str, Any]:
    return {
        "name": "street", "label": _("街镇"), "value": chosen.code if chosen else "",
        "choices": [("", _("全区")), *((land.code, land.name) for land in streets)],
    }  # fmt: skip


def _changes_of(ruleset: RoutingRuleSet, known: routing.Table, at) -> list[rulediff.Difference]:
    """Return what a version changes of the one it was made from; nothing for the first."""
    if ruleset.based_on_id is None:
        return []
    before = routing.read_table(ruleset.based_on_id, ruleset.region.path)
    return rulediff.differences(before, known, routing.offices(localdate(at)))


def _may_end(ruleset: RoutingRuleSet, at) -> bool:
    end = ruleset.effective_to
    return ruleset.state == "published" and (end is None or end > at)


def _concerns(rule: routing.Rule, street: Land) -> bool:
    """Say whether a rule can choose for a case of a street: one for all land, for it, or inside it."""
    return street.path.startswith(rule.path) or rule.path.startswith(street.path)


def _rows(
    ruleset: RoutingRuleSet, known: routing.Table, at, flagged: set[str], street: Land | None
) -> list[dict]:
    offices = routing.offices(localdate(at))
    uses = {} if ruleset.is_draft else rule_uses(ruleset.pk, at - timedelta(days=USED_DAYS))
    return [
        {
            "rule": rule,
            "matter": rule.topic_name
            or (rule.category_name and _("%s（大类）") % rule.category_name),
            "hours": routing.Hours(rule.hours).label if rule.hours else "",
            "lane": routing.Lane(rule.lane).label if rule.lane else "",
            "sources": "、".join(routing.source_words(rule.sources)),
            "handler": rulediff.handler_words(rule, offices),
            "backstop": rulediff.backstop_words(rule, offices),
            "mode": routing.RoutingRule.Mode(rule.mode).label if rule.mode else "",
            "uses": uses.get(rule.pk, 0),
            "flagged": rule.code in flagged,
        }
        for rule in known.rules
        if street is None or _concerns(rule, street)
    ]


@login_required
@require_POST
def begin(request: SignedIn) -> HttpResponse:
    """Begin a draft for the district named."""
    region = _district(request)
    draft = actions.open_draft(region=region, by=request.user, at=now())
    messages.success(request, _("已新建草稿，改好并试运行后再发布。"))
    return redirect("cases:routing-table", pk=draft.pk)


@login_required
@require_http_methods(PAGE)
def rule(request: SignedIn, pk: int, code: str = "") -> HttpResponse:
    """Write a rule of a draft."""
    ruleset = _draft(request, pk)
    rows = ruleset.rules.select_related("region")
    row = get_object_or_404(rows, code=code) if code else None
    form = RuleForm(request.POST or None, ruleset=ruleset, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_rule(
                ruleset=ruleset, by=request.user, at=now(), code=code, **form.given()
            )
        except Refused as refusal:
            form.take(refusal)
        else:
            messages.success(request, _("已保存 %s。") % saved.code)
            return redirect("cases:routing-table", pk=pk)
    context = {"form": form, "ruleset": ruleset, "code": code}
    status = 422 if form.errors else 200
    return render(request, "cases/routing/rule.html", context, status=status)


@login_required
@require_POST
def drop(request: SignedIn, pk: int, code: str) -> HttpResponse:
    actions.drop_rule(ruleset=_draft(request, pk), code=code, by=request.user, at=now())
    messages.success(request, _("已删除 %s。") % code)
    return redirect("cases:routing-table", pk=pk)


@login_required
@require_safe
def trial(request: SignedIn, pk: int) -> HttpResponse:
    """Try a version on the cases of a period: how many would go elsewhere, and which.

    A street's officer tries what is published, on the street's own cases.
    """
    ruleset = _set(request, pk)
    if not _may_try(request, ruleset):
        raise Http404
    keeps = _keeps(request, ruleset.region)
    street = None if keeps else _street_of(request, ruleset.region)
    given = request.GET if "since" in request.GET else month_before(now())
    form = PeriodForm(given, path=street.path if street else ruleset.region.path)
    if street:
        form.within(street.name)
    found = None
    if form.is_valid():
        try:
            found = _try(request, ruleset, form, street.path if street else "")
        except Refused as refusal:
            form.take(refusal)
    context = _frame(request, ruleset.region, "draft" if ruleset.is_draft else "history") | {
        "form": form,
        "ruleset": ruleset,
        "street": street,
        "trial": found,
        "turns": found.turns.most_common(12) if found else [],
        "most": trying.MOST_CASES,
    }
    return render(request, "cases/routing/trial.html", context, status=422 if form.errors else 200)


def _try(
    request: HttpRequest, ruleset: RoutingRuleSet, form: PeriodForm, within: str = ""
) -> trying.Trial:
    known = routing.read_table(ruleset.pk, ruleset.region.path, ruleset.number)
    code = form.cleaned_data["region"]
    area = world().by_code[code].path if code else within
    return trying.try_rules(known, area=area, actor=request.user, **form.period())


@login_required
@require_http_methods(PAGE)
def publish(request: SignedIn, pk: int) -> HttpResponse:
    """Show what a draft would change, and put it in force when somebody confirms it."""
    ruleset, at = _draft(request, pk), now()
    period = PeriodForm(month_before(at), path=ruleset.region.path)
    period.is_valid()
    found = _try(request, ruleset, period)
    form = PublishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            done = actions.publish_rules(
                ruleset=ruleset, effective_from=given["effective_from"] or at, trial=found,
                reason=given["reason"], by=request.user, at=at,
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
        else:
            when = localtime(done.effective_from).strftime("%Y-%m-%d %H:%M")
            words = {"name": done, "when": when}
            messages.success(request, _("已发布%(name)s，%(when)s 起生效。") % words)
            return redirect("cases:routing-table", pk=pk)
    known = routing.read_table(ruleset.pk, ruleset.region.path, ruleset.number)
    context = {
        "form": form,
        "ruleset": ruleset,
        "trial": found,
        "findings": rulecheck.findings_of(known, day=localdate(at)),
        "changes": _changes_of(ruleset, known, at),
    }
    status = 422 if form.errors else 200
    return render(request, "cases/routing/publish.html", context, status=status)


@login_required
@require_http_methods(PAGE)
def end(request: SignedIn, pk: int) -> HttpResponse:
    """Take a published version out of force."""
    ruleset = _set(request, pk)
    if not _keeps(request, ruleset.region) or not _may_end(ruleset, now()):
        raise Http404
    form = EndForm(request.POST or None)

    def act() -> str:
        actions.end_rules(ruleset=ruleset, by=request.user, at=now(), **form.cleaned_data)
        return _("已停用%s。") % ruleset

    return _simple(request, form, act, ruleset, title=_("停用规则"), button=_("停用"), icon="x")


@login_required
@require_POST
def discard(request: SignedIn, pk: int) -> HttpResponse:
    ruleset = _draft(request, pk)
    actions.discard_draft(ruleset=ruleset, by=request.user, at=now())
    messages.success(request, _("已放弃草稿。"))
    return redirect(reverse("cases:routing") + f"?district={ruleset.region.code}")


@login_required
@require_safe
def sheet(request: SignedIn, pk: int) -> HttpResponse:
    """Give a version as a spreadsheet, which can be changed and read in again."""
    ruleset = _set(request, pk)
    out = BytesIO()
    write_rules(out, ruleset)
    response = HttpResponse(out.getvalue(), content_type=XLSX)
    name = f"rules-{ruleset.region.code}-{ruleset.number}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_http_methods(PAGE)
def upload(request: SignedIn, pk: int) -> HttpResponse:
    """Replace the rules of a draft by those of a spreadsheet."""
    ruleset = _draft(request, pk)
    form = SheetForm(request.POST or None, request.FILES or None)

    def act() -> str:
        file = form.cleaned_data["file"]
        n = actions.load_rules(
            ruleset=ruleset, data=file.read(), name=file.name, by=request.user, at=now()
        )
        return _("已读入 %d 条规则，替换了草稿原有的规则。") % n

    return _simple(
        request, form, act, ruleset, title=_("用表格替换草稿"), button=_("读入"), icon="upload",
        lede=_("先下载规则表，在 Excel 或 WPS 里修改，再从这里读入；有一处写错就一条也不读入。"),
    )  # fmt: skip


def _simple(
    request: HttpRequest, form, act: Callable[[], str], ruleset: RoutingRuleSet, **words: str
) -> HttpResponse:
    """Show a form and do one thing with it."""
    if request.method == "POST" and form.is_valid():
        try:
            said = act()
        except Refused as refusal:
            form.take(refusal)
        else:
            messages.success(request, said)
            return redirect("cases:routing-table", pk=ruleset.pk)
    context = {"form": form, "ruleset": ruleset, **words}
    return render(request, "cases/routing/form.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def history(request: SignedIn) -> HttpResponse:
    """List the versions of a district, newest first."""
    region = _district(request)
    found = _sets(request).filter(region=region.pk).order_by("-number")
    if not _keeps(request, region):
        found = found.filter(state="published")
    context = _frame(request, region, "history") | {"sets": list(found[:100]), "at": now()}
    return render(request, "cases/routing/history.html", context)


@login_required
@require_safe
def ask(request: SignedIn) -> HttpResponse:
    """Make up a case and see every rule that was considered for it."""
    region = _district(request)
    form = AskForm(request.GET if "region" in request.GET else None, path=region.path,
                   initial={"at": localtime(now())})  # fmt: skip
    context = _frame(request, region, "explain") | {"form": form}
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        topic = topic_of(int(given["topic"])) if given["topic"] else None
        moment, this_minute = given["at"], now().replace(second=0, microsecond=0)
        asked = routing.Asked.of(
            area=world().by_code[given["region"]].path,
            at=now() if moment == this_minute else moment, topic=topic,
            source=given["source"], is_fast=given["is_fast"],
        )  # fmt: skip
        context |= _explained(asked)
    return render(request, "cases/routing/explain.html", context)


@login_required
@require_safe
def of_case(request: SignedIn, pk) -> HttpResponse:
    """Show why a case went where it went: every rule considered at the time."""
    cases = Case.objects.visible_to(request.user).select_related(
        "topic", "region", "route__handler"
    )
    case = get_object_or_404(cases, pk=pk)
    if not request.user.is_superuser and not parts_of(request.user, case) & (
        READERS | {"handler_org"}
    ):
        raise Http404
    asked = routing.Asked.of(
        area=case.area, at=case.opened_at, topic=case.topic, source=source_of(case),
        is_fast=case.is_fast,
    )  # fmt: skip
    district = next((one for one in lands_of(case.area) if one.level == "district"), None)
    context = {"case": case, "route": getattr(case, "route", None), "district": district}
    return render(request, "cases/routing/case.html", context | _explained(asked))


def _explained(asked: routing.Asked) -> dict[str, Any]:
    considered, choice = routing.explain(asked)
    known = routing.table_at(asked.area, asked.at)
    return {
        "asked": True,
        "considered": considered,
        "choice": choice,
        "where": trying.where_to(choice),
        "number": known.number if known else None,
    }
