"""What the figures of an operation open to: dispatches, visits, subjects, findings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.findings.models import Finding
from tongxin.regions.queries import place_name, world
from tongxin.ui.paging import bad_cursor, page_of

from .. import actions, queries
from ..models import Dispatch, Mode, Operation, SiteKind, SiteVisit, Subject
from ..models.operations import LAND_KINDS
from .common import PAGE, address, do, number_of, run_operation, seen_operation, show, show_part

STATES = {
    "planned": "waiting", "begun": "working", "done": "done", "missed": "late", "cancelled": "idle",
}  # fmt: skip
FINDING_STATES = {
    "open": "waiting", "ordered": "working", "corrected": "done", "closed": "done", "void": "idle",
}  # fmt: skip


def dispatch_rows(rows: Any) -> Any:
    """Return dispatches with who went and how many of their visits are begun and done."""
    begun = Q(visits__visit__begun_at__isnull=False)
    return rows.select_related("team").annotate(
        stops=Count("visits", distinct=True),
        begun=Count("visits", filter=begun, distinct=True),
        done=Count("visits", filter=Q(visits__visit__state="done"), distinct=True),
        heads=Count("members", filter=Q(members__was_there=True), distinct=True),
    ).prefetch_related("members__user")  # fmt: skip


@login_required
@require_GET
def dispatches(request: SignedIn, pk: int) -> HttpResponse:
    """List the dispatches of an operation, latest first; `?team=` one team's."""
    row = seen_operation(request, pk)
    rows = Dispatch.objects.visible_to(request.user).filter(team__operation=row)
    team = number_of(request, "team")
    if team:
        rows = rows.filter(team=team)
    found, following = page_of(dispatch_rows(rows), request.GET.get("cursor", ""), PAGE)
    choices = [("", _("全部"))] + [(str(one.pk), one.name) for one in row.teams.order_by("number")]
    context = {
        "rows": found,
        "next": following,
        "today": localdate(),
        "filters": [
            {"name": "team", "label": _("监督组"), "value": str(team or ""), "choices": choices}
        ],
    }
    return show_part(request, row, "dispatches", context)


def narrowed(request: SignedIn, row: Operation) -> tuple[Any, dict[str, str]]:
    """Return the visits of an operation that the address asks for, and its words."""
    rows = SiteVisit.objects.visible_to(request.user).filter(dispatch__team__operation=row)
    words = {name: request.GET.get(name, "") for name in ("kind", "street", "what", "subject")}
    if words["kind"] in SiteKind.values:
        rows = rows.filter(site__kind=words["kind"])
    land = world().by_code.get(words["street"])
    if land:
        rows = rows.filter(site__region__path__under=land.path)
    if words["what"] == "weekend":
        begun = rows.filter(visit__begun_at__isnull=False).values(*queries.VISIT_FIELDS)
        rows = rows.filter(
            pk__in=[one["pk"] for one in begun if queries.is_weekend_unannounced(one)]
        )
    elif words["what"] == "all":
        pass
    else:
        rows = rows.filter(visit__state="done")
    return rows, words


@login_required
@require_GET
def visits(request: SignedIn, pk: int) -> HttpResponse:
    """List the visits of an operation: those done, unless the address asks for others."""
    row = seen_operation(request, pk)
    rows, words = narrowed(request, row)
    rows = rows.select_related("site__region", "visit", "dispatch__team")
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    kinds = [("", _("全部类型")), *SiteKind.choices]
    whats = [("", _("已完成")), ("weekend", _("周末暗访")), ("all", _("全部"))]
    streets = [("", _("全部街镇"))] + [
        (one.region.code, one.name)
        for one in row.subjects.select_related("region").order_by("region__path")
        if one.kind == "street" and one.region
    ]
    context = {
        "rows": [(one, STATES[one.visit.state], place_name(one.site.region.path)) for one in found],
        "next": following,
        "filters": [
            {"name": "what", "label": _("检查"), "value": words["what"], "choices": whats},
            {"name": "kind", "label": _("类型"), "value": words["kind"], "choices": kinds},
            {"name": "street", "label": _("街镇"), "value": words["street"], "choices": streets},
        ],
    }
    return show_part(request, row, "visits", context)


@login_required
@require_GET
def coverage(request: SignedIn, pk: int) -> HttpResponse:
    """Show every subject: reached how often, when last; those not reached first."""
    row = seen_operation(request, pk)
    covers = queries.coverage_of(row)
    kinds: dict[str, list[Any]] = {}
    for one in sorted(covers, key=lambda c: c.visits > 0):
        kinds.setdefault(one.subject.kind, []).append(one)
    groups = [
        (found[0].subject.get_kind_display(), sum(c.visits > 0 for c in found), len(found), found)
        for _kind, found in sorted(kinds.items(), key=lambda pair: pair[0] not in LAND_KINDS)
    ]
    return show_part(request, row, "coverage", {"groups": groups})


@login_required
@require_GET
def findings(request: SignedIn, pk: int) -> HttpResponse:
    """List the findings of an operation that the reader may read, newest first."""
    row = seen_operation(request, pk)
    whole = queries.findings_of(row)
    seen = Finding.objects.visible_to(request.user).values("pk")
    rows = whole.filter(pk__in=seen).select_related("region", "kind")
    step = request.GET.get("step", "")
    if step in Finding.Step.values:
        rows = rows.filter(step=step)
    # Ids are of version 7: they sort by time.
    cursor = request.GET.get("cursor", "")
    if cursor:
        rows = rows.filter(pk__lt=_uuid(cursor))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    following = str(found[PAGE - 1].pk) if len(found) > PAGE else ""
    choices = [("", _("全部")), *Finding.Step.choices]
    context = {
        "rows": [
            (
                one,
                FINDING_STATES[one.step],
                place_name(one.region.path),
                address("findings:finding", one.pk),
            )
            for one in found[:PAGE]
        ],
        "next": following,
        **whole.aggregate(total=Count("pk"), seen=Count("pk", filter=Q(pk__in=seen))),
        "filters": [{"name": "step", "label": _("状态"), "value": step, "choices": choices}],
    }
    return show_part(request, row, "findings", context)


def _uuid(text: str) -> Any:
    try:
        return UUID(text)
    except ValueError as error:
        raise bad_cursor() from error


@login_required
@require_GET
def subject(request: SignedIn, pk: int) -> HttpResponse:
    """Show one subject over time: every visit to it, in whichever operation, with its mode (S0.86)."""
    rows = Subject.objects.visible_to(request.user)
    row = get_object_or_404(rows.select_related("operation__org", "region", "org"), pk=pk)
    seen = SiteVisit.objects.visible_to(request.user)
    visits = queries.sequence_of(row, seen)
    related = visits.select_related("site", "visit", "dispatch__team__operation__org")
    known = set(Operation.objects.visible_to(request.user).values_list("pk", flat=True))
    modes = dict(visits.order_by().values_list("mode").annotate(n=Count("pk")))
    context = {
        "row": row,
        "visits": [
            (one, STATES[one.visit.state], one.dispatch.team.operation_id in known)
            for one in related[:200]
        ],
        "modes": [
            (label, modes.get(value, 0)) for value, label in Mode.choices
        ],
        "last": visits.aggregate(at=Max("visit__begun_at"))["at"],
    }  # fmt: skip
    return show(request, "subject", context)


@login_required
@require_POST
def drop_subject(request: SignedIn, pk: int) -> HttpResponse:
    """Take a subject out of the plan."""
    rows = Subject.objects.visible_to(request.user).select_related("operation__org")
    row = get_object_or_404(rows, pk=pk)
    operation = run_operation(request, row.operation_id)
    return do(
        request, lambda: actions.drop_subject(subject=row, by=request.user, at=now()),
        done=_("已移出方案。"), back=reverse("inspections:coverage", args=[operation.pk]),
    )  # fmt: skip
