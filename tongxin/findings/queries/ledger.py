"""The ledger: every finding by its filters, counted on top, in the order of the register."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy

from tongxin.cases.models import Case
from tongxin.regions.queries import world
from tongxin.ui.paging import bad_cursor

from ..models import Finding, FindingQuerySet, FindingUnit, Rectification
from .access import may_see_finder

PAGE = 50
LATE = "late"  # among the steps one may ask for: late, whatever the step


@dataclass(frozen=True)
class Asked:
    """What the ledger is asked for; empty words ask nothing."""

    step: str = ""
    kind: str = ""
    category: str = ""
    duty: str = ""
    unit: str = ""
    source: str = ""  # a kind of source, or one of it ("inspection:12")
    source_id: str = ""
    text: str = ""
    area: str = ""
    since: date | None = None
    until: date | None = None
    repeats: bool = False


SOURCES = {
    "visit": gettext_lazy("巡查走访"), "inspection": gettext_lazy("监督检查"),
    "self_check": gettext_lazy("自查"), "fund": gettext_lazy("资金检查"),
    "import": gettext_lazy("台账导入"),
}  # fmt: skip
FILTERS = ("step", "kind", "category", "duty", "unit", "source", "q", "region", "since", "until", "repeats")  # fmt: skip


def asked_of(words: Mapping[str, str]) -> Asked:
    """Return what the words of an address ask of the ledger; what it does not know is not asked."""
    code = words.get("region", "")
    land = world().by_code.get(code) if code else None
    duty = words.get("duty", "")
    source, _colon, source_id = words.get("source", "").partition(":")
    return Asked(
        step=words.get("step", "")[:12],
        kind=words.get("kind", "")[:20],
        category=words.get("category", "")[:20],
        duty=duty if duty in FindingUnit.Responsibility.values else "",
        unit=words.get("unit", "").strip()[:100],
        source=source[:20],
        source_id=source_id[:40],
        text=words.get("q", "").strip()[:50],
        area=land.path if land else "",
        since=_day(words.get("since", "")),
        until=_day(words.get("until", "")),
        repeats=bool(words.get("repeats")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def late_rows(today: date) -> QuerySet[Rectification]:
    """Return the rectifications whose day has passed and that are not carried out."""
    return Rectification.objects.filter(
        unit__isnull=False, done_at__isnull=True, case__closed_at__isnull=True, deadline__lt=today
    )


def with_late(rows: FindingQuerySet, today: date) -> FindingQuerySet:
    """Mark each finding `late` if a rectification of it is."""
    return rows.annotate(late=Exists(late_rows(today).filter(finding=OuterRef("pk"))))


def narrowed(rows: FindingQuerySet, asked: Asked) -> FindingQuerySet:
    """Return what was asked for, but for the step: the counts on top are of all steps."""
    simple = {
        "kind__code": asked.kind, "kind__category": asked.category,
        "source_kind": asked.source, "source_id": asked.source_id, "area__under": asked.area,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in simple.items() if value})
    if asked.duty or asked.unit:
        rows = rows.filter(Exists(_units(asked)))
    if asked.text:
        words = asked.text
        found = Q(text__icontains=words) | Q(site__icontains=words) | Q(number__startswith=words)
        rows = rows.filter(found)
    if asked.since:
        rows = rows.filter(found_at__gte=_start(asked.since))
    if asked.until:
        rows = rows.filter(found_at__lt=_start(asked.until + timedelta(days=1)))
    if asked.repeats:
        rows = rows.filter(repeat_of__isnull=False)
    return rows


def _units(asked: Asked) -> QuerySet[FindingUnit]:
    rows = FindingUnit.objects.filter(finding=OuterRef("pk"))
    if asked.duty:
        rows = rows.filter(responsibility=asked.duty)
    return rows.filter(name__icontains=asked.unit) if asked.unit else rows


def _start(day: date) -> datetime:
    return make_aware(datetime.combine(day, time()))


def of_step(rows: FindingQuerySet, step: str) -> FindingQuerySet:
    """Return those of a step; `late` are those that are late, "" all but the void ones."""
    if step == LATE:
        return rows.filter(Q(late=True))  # marked by `with_late`
    if step == "unsettled":
        return rows.unsettled()
    return rows.filter(step=step) if step else rows.standing()


def counts(rows: FindingQuerySet) -> dict[str, int]:
    """Return how many stand in each step, are late, repeat; rows are marked by `with_late`. One query."""
    steps = {step: Count("pk", filter=Q(step=step)) for step in Finding.Step.values}
    return rows.aggregate(
        **steps,
        all=Count("pk", filter=~Q(step=Finding.Step.VOID)),
        overdue=Count("pk", filter=Q(late=True)),
        repeats=Count("pk", filter=Q(repeat_of__isnull=False) & ~Q(step=Finding.Step.VOID)),
    )


def page_of(rows: FindingQuerySet, cursor: str, size: int = PAGE) -> tuple[list[Finding], str]:
    """Return a page, newest first, and the cursor of the next ("" at the end). Two queries.

    :raises BadCursor: for a cursor that no page gave
    """
    return uuid_page(ready(rows).order_by("-pk"), cursor, size)


def uuid_page(rows: QuerySet[Any], cursor: str, size: int) -> tuple[list[Any], str]:
    """Return a page of rows ordered by "-pk" whose keys are UUIDs, and the cursor of the next.

    :raises BadCursor: for a cursor that no page gave
    """
    if cursor:
        try:
            rows = rows.filter(pk__lt=uuid.UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""


def uuids(words: Iterable[str]) -> list[uuid.UUID] | None:
    """Return words of an address as ids; None if one is none."""
    try:
        return [uuid.UUID(word) for word in words]
    except ValueError:
        return None


def ready(rows: FindingQuerySet) -> FindingQuerySet:
    """Return the findings with all that a line of the ledger shows."""
    return rows.select_related("kind", "found_by", "case").prefetch_related("units")


@dataclass(frozen=True)
class Line:
    """A finding as the ledger draws it for one reader."""

    finding: Finding
    state: str  # a tone of the interface
    words: str
    finder: str
    late: bool
    days: int | None  # until the deadline; below nothing: so many days late
    units: list[FindingUnit] = field(default_factory=list)

    @property
    def overdue(self) -> int:
        return -(self.days or 0)


TONES = {
    Finding.Step.OPEN: "waiting",
    Finding.Step.ORDERED: "working",
    Finding.Step.CORRECTED: "done",
    Finding.Step.CLOSED: "done",
    Finding.Step.VOID: "idle",
}
# What stands in a step is told by the case, where there is one.
CASE_TONES = {"done": "verify", "rechecked": "verify", "returned": "waiting", "ordered": "waiting"}


def line_of(finding: Finding, actor, at: datetime) -> Line:
    """Return a finding as this reader's line; no query if `ready` and marked by `with_late`."""
    late = bool(getattr(finding, "late", False))
    state, words = state_of(finding)
    left = None
    if finding.deadline is not None and not finding.is_settled:
        left = (finding.deadline - localdate(at)).days
    return Line(
        finding=finding,
        state="late" if late else state,
        words=words,
        finder=finder_of(finding, actor),
        late=late,
        days=left,
        units=list(finding.units.all()),
    )


def state_of(finding: Finding) -> tuple[str, str]:
    """Return the tone and the words of where a finding stands: its case's step while it runs."""
    case: Case | None = finding.case
    if finding.step == Finding.Step.ORDERED and case is not None:
        step = case.flow.step_of[case.step]
        return CASE_TONES.get(case.step, "working"), str(step.label)
    return TONES[Finding.Step(finding.step)], str(finding.get_step_display())


def finder_of(finding: Finding, actor) -> str:
    """Return who found it, for those who may know."""
    if not may_see_finder(actor, finding):
        return ""
    return finding.found_by_name or (finding.found_by.name if finding.found_by else "")


def sources_of(rows: FindingQuerySet) -> list[str]:
    """Return the kinds of sources there are. One query."""
    return list(
        rows.exclude(source_kind="").order_by("source_kind").values_list("source_kind", flat=True).distinct()
    )  # fmt: skip


def is_late(finding: Finding, today: date) -> bool:
    """Say whether a rectification of it is late. One query."""
    return late_rows(today).filter(finding=finding).exists()
