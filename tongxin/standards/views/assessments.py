"""Assessments: the branches of a unit and how they stand, one with its items, ruling, confirming."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org, Sector
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import RulingForm, WhyForm
from ..models import Assessment, AssessmentItem
from .common import PAGE, above_of, ask, must_read, number_of, show, unit_of, year_filter, year_of

STATES: dict[str, dict[str, bool | None]] = {
    "passed": {"passed": True},
    "failed": {"passed": False},
    "draft": {"passed": None},
}


@login_required
@require_GET
def listing(request: SignedIn) -> HttpResponse:
    """List the branches under a unit with their assessment of a year; by state and field."""
    must_read(request.user)
    unit, year = unit_of(request), year_of(request)
    state, sector = request.GET.get("state", ""), request.GET.get("sector", "")
    sector = sector if sector in Sector.values else ""
    rows = queries.branches_under(unit).order_by("pk").select_related("region")
    rows = rows.filter(sector=sector) if sector else rows
    mine = Assessment.objects.visible_to(request.user).filter(year=year)
    if state in STATES:
        rows = rows.filter(Exists(mine.filter(unit=OuterRef("pk"), **STATES[state])))
    elif state == "none":
        rows = rows.exclude(Exists(mine.filter(unit=OuterRef("pk"))))
    cursor = number_of(request, "cursor")
    rows = rows.filter(pk__gt=cursor) if cursor else rows
    found = list(
        rows.prefetch_related(Prefetch("assessments", mine, to_attr="of_year"))[: PAGE + 1]
    )
    context: dict[str, Any] = {
        "unit": unit,
        "year": year,
        "above": above_of(request, unit),
        "rows": [(one, next(iter(one.of_year), None)) for one in found[:PAGE]],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "filters": [year_filter(year), _states(state), _sectors(sector)],
        "hidden": [("unit", unit.pk)],
        "keeps": keeps_register(request.user, unit.path),
        "kept": {one.pk for one in found if keeps_register(request.user, one.path)},
    }  # fmt: skip
    return show(request, "assessments", context, tab="assessments")


def _states(state: str) -> dict[str, Any]:
    choices = [
        ("", _("全部")), ("passed", _("达标")), ("failed", _("未达标")), ("draft", _("待确认")),
        ("none", _("未考核")),
    ]  # fmt: skip
    return {"name": "state", "label": _("结果"), "value": state, "choices": choices}


def _sectors(sector: str) -> dict[str, Any]:
    choices = [("", _("全部")), *Sector.choices]
    return {"name": "sector", "label": _("领域"), "value": sector, "choices": choices}


def _unit(request: SignedIn, pk: int) -> Org:
    rows = Org.objects.visible_to(request.user).filter(dissolved_on=None)
    return get_object_or_404(rows.select_related("parent", "region"), pk=pk)


@login_required
@require_POST
def below(request: SignedIn, unit: int) -> HttpResponse:
    """Compute the branches below a unit."""
    row, year = _unit(request, unit), _posted_year(request)
    done, left = actions.assess_below(unit=row, year=year, by=request.user, at=now())
    words = {"done": done, "left": left}
    if left:
        said = _("核算了 %(done)d 个党支部，还有 %(left)d 个，请再点一次。") % words
    else:
        said = _("核算了 %(done)d 个党支部；已确认的和半小时内核算过的不重复核算。") % words
    messages.success(request, said)
    return redirect(f"{reverse('standards:assessments')}?unit={row.pk}&year={year}")


def _posted_year(request: SignedIn) -> int:
    text = request.POST.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0


@login_required
@require_POST
def assess(request: SignedIn, unit: int) -> HttpResponse:
    """Compute one branch, and open what was found."""
    row = _unit(request, unit)
    made = actions.assess_unit(unit=row, year=_posted_year(request), by=request.user, at=now())
    messages.success(request, _("已按今天的台账核算。"))
    return redirect("standards:assessment", made.pk)


def seen(request: SignedIn, pk: int) -> Assessment:
    rows = Assessment.objects.visible_to(request.user)
    related = rows.select_related("unit__region", "unit__parent", "standard", "confirmed_by")
    return get_object_or_404(related.defer("unit__region__polygon"), pk=pk)


@login_required
@require_GET
def assessment(request: SignedIn, pk: int) -> HttpResponse:
    """Show an assessment: its outcome in a sentence, and every item with the reason."""
    row = seen(request, pk)
    items = queries.seen_items(row, request.user)
    outcome = queries.outcome_of(
        [(one.item, one.row.verdict) for one in items], row.standard.least_share
    )
    keeps = keeps_register(request.user, row.unit.path)
    above = queries.may_confirm(request.user, row.unit)
    parts = [
        {"label": label, "items": list(group)}
        for label, group in groupby(items, key=lambda one: one.item.get_part_display())
    ]
    for part in parts:
        part["met"] = sum(one.row.verdict == "met" for one in part["items"])
        part["asked"] = sum(one.row.verdict != "not_asked" for one in part["items"])
    context = {
        "row": row,
        "parts": parts,
        "outcome": outcome,
        "open": row.passed is None,
        "keeps": keeps,
        "above": above,
        "may_rule": {
            one.row.pk for one in items
            if keeps and row.passed is None and (
                above or (not one.row.computed and not any(r.from_above for r in one.rulings))
            )
        },
    }  # fmt: skip
    return show(request, "assessment", context, tab="assessments")


@login_required
@require_http_methods(["GET", "POST"])
def rule(request: SignedIn, pk: int) -> HttpResponse:
    """Say how an item stands."""
    rows = AssessmentItem.objects.visible_to(request.user)
    row = get_object_or_404(rows.select_related("item", "assessment__unit"), pk=pk)
    if not keeps_register(request.user, row.assessment.unit.path):
        raise NotFound(_("没有找到这项考核，或不由您核查。"))
    form = RulingForm(request.POST or None, initial={"verdict": row.verdict})
    back = reverse("standards:assessment", args=[row.assessment_id])

    def act() -> str:
        actions.rule_item(row=row, by=request.user, at=now(), **form.cleaned_data)
        return f"{back}#item-{row.pk}"

    return ask(
        request, form, act, done=_("核查结论已保存。"), tab="assessments", heading=row.item.title,
        verb=_("保存结论"), back=back,
        lede=f"{row.assessment.unit.name} · {row.item.get_how_display()}",
    )  # fmt: skip


@login_required
@require_POST
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm an assessment."""
    row = actions.confirm_assessment(assessment=seen(request, pk), by=request.user, at=now())
    messages.success(request, _("已确认：达标。") if row.passed else _("已确认：未达标。"))
    return redirect("standards:assessment", pk)


@login_required
@require_http_methods(["GET", "POST"])
def reopen(request: SignedIn, pk: int) -> HttpResponse:
    """Open a confirmed assessment again."""
    row = seen(request, pk)
    if not queries.may_confirm(request.user, row.unit):
        raise NotFound(_("没有找到这份考核，或不由您确认。"))
    form = WhyForm(request.POST or None)
    back = reverse("standards:assessment", args=[pk])

    def act() -> str:
        actions.reopen_assessment(assessment=row, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("考核已重新打开。"), tab="assessments", heading=_("重新打开"),
        verb=_("重新打开"), back=back, lede=f"{row.unit.name} · {row.year}",
    )  # fmt: skip
