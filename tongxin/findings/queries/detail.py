"""One finding with all that belongs to it, as one reader sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.timezone import localdate

from tongxin.cases.models import Case, Evidence
from tongxin.cases.proof import photo_of
from tongxin.cases.queries import dot_line, moves_open_to
from tongxin.photos.queries import as_told

from ..models import Finding, FindingPhoto, Payment, ProgressReport, Rectification
from ..models.findings import own_orgs
from .access import may_oversee

CHAIN = 10  # how many earlier ones are shown


@dataclass(frozen=True)
class Answer:
    """One unit's rectification, with what its case lets this reader do now."""

    row: Rectification
    case: Case
    line: dict[str, Any]
    step: str
    moves: list[dict[str, Any]]
    photos: list[dict[str, Any]]
    reports: list[ProgressReport]
    may_report: bool
    report_late: bool
    late: bool


def pictures_of(finding: Finding) -> dict[str, list[dict[str, Any]]]:
    """Return {slot: photos} as `ui/parts/photo_grid.html` draws them. One query."""
    found: dict[str, list[dict[str, Any]]] = {slot: [] for slot in FindingPhoto.Slot.values}
    for one in finding.pictures.select_related("photo").order_by("order", "pk"):
        told = as_told(one.photo)
        label = str(one.get_slot_display())
        found[one.slot].append(
            {"url": told["url"], "thumb": told["thumb"], "alt": label, "kind": label,
             "warnings": told["warnings"], "at": told["taken_at"] or told["uploaded_at"]}
        )  # fmt: skip
    return found


def answers_of(finding: Finding, actor, at: datetime) -> tuple[list[Answer], Answer | None]:
    """Return the units' answers the actor may see, in the order given, and the case over them."""
    seen = Case.objects.visible_to(actor)
    handed_in = Evidence.objects.filter(event__isnull=False).order_by("id")
    rows = (
        finding.rectifications.filter(case__in=seen)
        .select_related("case", "unit", "planned_by", "done_by", "rechecked_by", "ordered_by")
        .prefetch_related("reports__by", Prefetch("case__evidence", handed_in, to_attr="handed_in"))
        .order_by("case__opened_at", "unit__id")
    )
    found = [_answer(row, actor, at) for row in rows]
    over = next((one for one in found if one.row.unit_id is None), None)
    return [one for one in found if one is not over], over


def _answer(row: Rectification, actor, at: datetime) -> Answer:
    case = row.case
    case.__dict__["_rectification"] = row  # what the guards of its moves would ask for
    back = reverse("findings:finding", args=[row.finding_id])
    moves = [
        {"label": move.label, "name": move.name, "ahead": move.name in case.flow.ahead.split(),
         "url": f"{reverse('cases:move', args=[case.pk, move.name])}?next={back}"}
        for move in moves_open_to(actor, case)
        if not move.name.startswith(("approve_", "refuse"))
    ]  # fmt: skip
    running = row.unit_id is not None and row.done_at is None and case.is_open
    mine = case.handler_id in own_orgs(actor) or case.holder_id == actor.pk
    return Answer(
        row=row,
        case=case,
        line=dot_line(case, at=at),
        step=str(case.flow.step_of[case.step].label),
        moves=sorted(moves, key=lambda one: _rank(case, one["name"])),
        photos=[photo_of(item) for item in getattr(case, "handed_in", ())],
        reports=sorted(row.reports.all(), key=lambda one: one.on, reverse=True),
        may_report=running and mine,
        report_late=row.next_report_on is not None and row.next_report_on < localdate(at),
        late=case.is_open and case.due_at is not None and case.due_at < at,
    )  # fmt: skip


def _rank(case: Case, name: str) -> int:
    ahead = case.flow.ahead.split()
    return ahead.index(name) if name in ahead else len(ahead)


def chain_of(finding: Finding, actor) -> list[Finding]:
    """Return the earlier ones of which this is a repeat, latest first, as far as the actor sees them."""
    found: list[Finding] = []
    before = finding.repeat_of_id
    while before is not None and len(found) < CHAIN:
        one = Finding.objects.visible_to(actor).filter(pk=before).first()
        if one is None:
            break
        found.append(one)
        before = one.repeat_of_id
    return found


def payments_of(finding: Finding) -> QuerySet[Payment]:
    return finding.payments.select_related("unit", "receipt", "by").order_by("on", "pk")


def may_pay(actor, finding: Finding) -> bool:
    """Say whether the actor may record money that came."""
    if finding.due_fen is None or finding.is_settled:
        return False
    mine = own_orgs(actor)
    pressed = any(unit.supervised and unit.org_id in mine for unit in finding.units.all())
    return pressed or may_oversee(actor, finding.area)


def in_hand(rows: QuerySet[Rectification], orgs: set[int]) -> QuerySet[Rectification]:
    """Return what units have in hand, the nearest day first."""
    return (
        rows.filter(case__handler__in=orgs, case__closed_at__isnull=True, unit__isnull=False)
        .exclude(case__step="returned")  # given back: it waits for another unit
        .select_related("case", "finding__kind", "unit")
        .order_by("deadline", "pk")
    )
