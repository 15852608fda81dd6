"""How far the approvals of a subject are: bars, the critical path, letters, lead time (S0.7, S1.43–S1.45)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound
from tongxin.regions.queries import calendar_for

from ..models import ApprovalChain, ApprovalFile, ApprovalItem, Dossier, Letter
from .paths import Bar, Node, schedule, workdays_between

SOON = 30  # days before its end at which a letter is shown as running out
WIDTH = 1000  # the bars are drawn on so many points


def covered_on(item: ApprovalItem, on: date) -> bool:
    """Say whether others may rest on an approval on a day: by its permit, or by a valid letter."""
    if item.is_granted and item.decided_on is not None and item.decided_on <= on:
        return True
    return any(one.issued_on <= on <= one.valid_until for one in item.letters.all())


@dataclass
class Line:
    """One approval as the page shows it."""

    item: ApprovalItem
    bar: Bar
    letter: Letter | None  # the one that stands, or ran out without a permit
    needs: list[str]
    shapes: list[dict[str, Any]] = field(default_factory=list)
    is_late: bool = False
    letter_tone: str = ""

    @property
    def tone(self) -> str:
        if self.item.state == ApprovalItem.State.REFUSED or self.is_late:
            return "late"
        tones = {"todo": "idle", "submitted": "working", "granted": "done", "conditional": "done"}
        return tones[self.item.state]


@dataclass
class Board:
    """The approvals of one subject on a day."""

    dossier: Dossier
    lines: list[Line]
    ends_on: date | None  # when the last one ends, as it is or as expected
    plan_ends_on: date | None
    norm_days: int  # working days of the longest path by the norms
    lead_days: int  # working days from the start to the last permit, or to today
    is_complete: bool
    months: list[tuple[int, str]] = field(default_factory=list)
    today_at: int | None = None

    @property
    def granted(self) -> int:
        return sum(line.item.is_granted for line in self.lines)

    @property
    def critical(self) -> list[Line]:
        """The approvals that decide the day of the end, in their order of time."""
        found = [line for line in self.lines if line.bar.is_critical]
        return sorted(found, key=lambda line: (line.bar.end, line.item.order))

    @property
    def late(self) -> list[Line]:
        return [line for line in self.lines if line.is_late]

    @property
    def expired(self) -> list[Line]:
        return [line for line in self.lines if line.letter_tone == "late"]

    @property
    def over(self) -> int:
        """Working days by which the expected end lies behind (or, negative, before) the plan."""
        return self.lead_days - self.norm_days


def _opens(item: ApprovalItem) -> date | None:
    """Return the day from which others may rest on it: of a letter that still carries, or the permit."""
    letters = sorted(item.letters.all(), key=lambda one: one.issued_on)
    if item.is_granted:
        if letters and letters[-1].valid_until >= (item.decided_on or letters[-1].valid_until):
            return min(letters[0].issued_on, item.decided_on or letters[0].issued_on)
        return item.decided_on
    return letters[0].issued_on if letters and letters[-1].replaced_on is None else None


def board_of(dossier: Dossier, *, today: date) -> Board:
    """Return how far a subject's approvals are on a day. Two queries."""
    counted = ApprovalFile.objects.filter(item=OuterRef("pk")).order_by().values("item")
    files = counted.annotate(n=Count("pk")).values("n")
    rows = list(  # one for each approval and each other one that it waits for
        dossier.items.select_related("department").prefetch_related("letters")
        .annotate(needed=F("needs__needed"), n_files=Subquery(files))
        .order_by("order", "pk", "needed")
    )  # fmt: skip
    names = {row.pk: row for row in rows}
    items = list(names.values())
    needs: dict[int, list[ApprovalItem]] = {item.pk: [] for item in items}
    for row in rows:
        if row.needed is not None:
            needs[row.pk].append(names[row.needed])
    is_workday = calendar_for(dossier.region.path).is_workday
    nodes = [_node(item, needs[item.pk], today) for item in items]
    bars = schedule(nodes, starts_on=dossier.starts_on, today=today, is_workday=is_workday)
    lines = [_line(item, bars[item.code], needs[item.pk], today) for item in items]
    ends = [line.bar.end for line in lines]
    plan_ends = [line.bar.plan_end for line in lines]
    complete = bool(items) and all(item.is_granted for item in items)
    last = max(ends, default=None)
    board = Board(
        dossier, lines, last, max(plan_ends, default=None),
        norm_days=workdays_between(dossier.starts_on, max(plan_ends), is_workday) if items else 0,
        lead_days=workdays_between(dossier.starts_on, last, is_workday) if last else 0,
        is_complete=complete,
    )  # fmt: skip
    _draw(board, today)
    return board


def _node(item: ApprovalItem, needs: list[ApprovalItem], today: date) -> Node:
    decided = item.decided_on if item.is_granted else None
    opens = _opens(item)
    letter = next((one for one in item.letters.all() if one.replaced_on is None), None)
    if decided is None and letter is not None and letter.valid_until < today:
        opens = None  # nothing rests on a letter that has run out
    return Node(
        item.code, item.days, tuple(one.code for one in needs), item.submitted_on, decided, opens
    )


def _line(item: ApprovalItem, bar: Bar, needs: list[ApprovalItem], today: date) -> Line:
    letter = next((one for one in item.letters.all() if one.replaced_on is None), None)
    line = Line(item, bar, letter, [one.name for one in needs])
    if not item.is_granted:
        overdue = item.planned_on is not None and item.planned_on < today
        line.is_late = overdue or (item.submitted_on is not None and bar.late > 0)
        if letter is not None:
            left = (letter.valid_until - today).days
            line.letter_tone = "late" if left < 0 else "waiting" if left <= SOON else "working"
    return line


def _draw(board: Board, today: date) -> None:
    """Work out where each bar lies between the first day and the last, of 1,000."""
    days = [board.dossier.starts_on]
    for line in board.lines:
        days += [line.bar.end, line.bar.plan_end]
        days += [line.item.planned_on] if line.item.planned_on else []
        days += [line.letter.valid_until] if line.letter else []
    first, last = min(days), max(days)
    span = max((last - first).days, 1)

    def at(day: date) -> int:
        return round(WIDTH * (day - first).days / span)

    def bar(kind: str, start: date, end: date) -> dict[str, Any]:
        return {"kind": kind, "x": at(start), "width": max(at(end) - at(start), 6)}

    for line in board.lines:
        end = line.item.planned_on or line.bar.plan_end
        line.shapes = [bar("plan", line.bar.plan_start, max(end, line.bar.plan_start))]
        kind = "late" if line.is_late else "done" if line.bar.is_done else "open"
        if line.item.submitted_on is not None or line.bar.is_done:
            until = line.bar.end if line.bar.is_done else max(today, line.bar.start)
            line.shapes.append(bar(kind, line.bar.start, min(until, last)))
        if line.letter is not None:
            line.shapes.append(bar("letter", line.letter.issued_on, line.letter.valid_until))
    board.months = [(at(day), f"{day.month}月") for day in _months(first, last)]
    board.today_at = at(today) if first <= today <= last else None


def _months(first: date, last: date) -> list[date]:
    """Return the first days of months between two days, at most fourteen."""
    count = first.year * 12 + first.month  # the month after the first
    days = []
    while (day := date(count // 12, count % 12 + 1, 1)) <= last:
        days.append(day)
        count += 1
    step = len(days) // 14 + 1
    return days[::step]


# Lead times side by side (S1.45).


Days = tuple[int | None, int | None, int | None]  # to begun, built, used


@dataclass(frozen=True)
class Lead:
    """The three dates of a subject: days from its start to each, planned and as it was."""

    dossier: Dossier
    planned: Days
    real: Days

    @property
    def ahead(self) -> int | None:
        """Days by which its last date reached was earlier than planned."""
        for plan, was in zip(reversed(self.planned), reversed(self.real), strict=True):
            if plan is not None and was is not None:
                return plan - was
        return None


DATES = ("begun", "built", "used")


def leads_of(dossiers: Iterable[Dossier]) -> tuple[list[Lead], dict[str, float | None]]:
    """Return the lead times of some subjects and the median to each date of those that reached it."""
    leads = [
        Lead(
            one,
            _days(one, one.plan_begun_on, one.plan_built_on, one.plan_used_on),
            _days(one, one.begun_on, one.built_on, one.used_on),
        )
        for one in dossiers
    ]
    middle: dict[str, float | None] = {}
    for n, name in enumerate(DATES):
        reached = [days for lead in leads if (days := lead.real[n]) is not None]
        middle[name] = median(reached) if reached else None
    return leads, middle


def _days(dossier: Dossier, begun: date | None, built: date | None, used: date | None) -> Days:
    def since(day: date | None) -> int | None:
        return (day - dossier.starts_on).days if day else None

    return since(begun), since(built), since(used)


def times_of(dossiers: Any) -> dict[str, dict[str, Any]]:
    """Return {code: {"n", "median"}}: the working days that granted approvals took. One query."""
    rows = ApprovalItem.objects.filter(
        dossier__in=dossiers.values("pk"), decided_on__isnull=False, submitted_on__isnull=False,
        state__in=(ApprovalItem.State.GRANTED, ApprovalItem.State.CONDITIONAL),
    )  # fmt: skip
    found: dict[str, list[int]] = {}
    columns = ("code", "submitted_on", "decided_on", "dossier__region__path")
    for code, start, end, path in rows.values_list(*columns):
        took = workdays_between(start, end, calendar_for(path).is_workday)
        found.setdefault(code, []).append(took)
    return {code: {"n": len(days), "median": median(days)} for code, days in found.items()}


def chain_in_force(code: str, *, on: date) -> ApprovalChain | None:
    """Return the version of a template that holds on a day; None for no code.

    :raises NotFound: if there is none of that code
    """
    if not code:
        return None
    rows = ApprovalChain.objects.filter(code=code, effective_from__lte=on)
    found = (
        rows.filter(Q(effective_to=None) | Q(effective_to__gt=on))
        .order_by("-effective_from")
        .first()
    )
    if found is None:
        raise NotFound(_("没有代码为“%s”的审批链模板。") % code, field="chain")
    return found
