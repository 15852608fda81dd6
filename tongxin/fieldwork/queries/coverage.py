"""How much of what was to be visited has been: targets by time, people by targets, land by land."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from tongxin.accounts.models import User
from tongxin.regions.queries import Land, world

from ..models import Plan, Target, Visit
from .lists import within

State = Visit.State
WORST = (State.MISSED, State.BEGUN, State.PLANNED, State.DONE)


@dataclass
class Share:
    """So many of so many, with the per cent people read: "26/26", 100."""

    done: int = 0
    total: int = 0

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def percent(self) -> int | None:
        return self.done * 100 // self.total if self.total else None

    @property
    def percent_words(self) -> str:
        return "–" if self.percent is None else f"{self.percent}%"

    @property
    def words(self) -> str:
        return f"{self.done}/{self.total}"


@dataclass
class Row:
    """A target with a cell for each column, and what it sums to."""

    target: Target
    cells: list[dict[str, Any] | None] = field(default_factory=list)
    share: Share = field(default_factory=Share)


@dataclass
class Matrix:
    """Targets by columns (days of a plan, or people), and the share of targets that were visited."""

    columns: list[str]
    rows: list[Row]
    sums: list[Share]
    visits: Share
    targets: Share


def named_in(plan: Plan) -> list[User]:
    """Return who is named to go, in their order."""
    return [one.user for one in plan.named.select_related("user")]


def coverage(plan: Plan, first: date, last: date, *, people: list[User] | None = None) -> Matrix:
    """Return the matrix of a plan in a period: by people if each walks all, else by the days due.

    A target counts as visited once one of its visits is done; a visit called off does not count.
    """
    targets = list(plan.targets.select_related("region"))
    found = plan.visits.exclude(state=State.CANCELLED).filter(within(first, last))
    each = plan.assign == Plan.Assign.EACH
    wanted = found.prefetch_related("team") if each else found
    visits = list(wanted.order_by("due_from", "pk"))
    heads = _heads(named_in(plan) if people is None else people) if each else _days(visits)
    cells: dict[tuple[int, Any], list[Visit]] = {}
    for visit in visits:
        if visit.target_id is not None:
            for head in _heads_of(visit, each):
                cells.setdefault((visit.target_id, head), []).append(visit)
    rows = [_row(target, heads, cells) for target in targets]
    kept = [row for row in rows if row.target.dropped_on is None or row.share.total]
    sums = [_sum(row.cells[n] for row in kept) for n in range(len(heads))]
    all_visits = Share(sum(one.done for one in sums), sum(one.total for one in sums))
    reached = Share(sum(row.share.done > 0 for row in kept), len(kept))
    return Matrix([str(words) for _head, words in heads], kept, sums, all_visits, reached)


def _heads(people: list[User]) -> list[tuple[Any, str]]:
    return [(user.pk, str(user)) for user in people]


def _days(visits: list[Visit]) -> list[tuple[Any, str]]:
    days = sorted({visit.due_from for visit in visits if visit.due_from})
    return [(day, f"{day:%m-%d}") for day in days]


def _heads_of(visit: Visit, each: bool) -> list[Any]:
    return [one.user_id for one in visit.team.all()] if each else [visit.due_from]


def _row(target: Target, heads: list[tuple[Any, str]], cells: dict[Any, list[Visit]]) -> Row:
    row = Row(target)
    for head, _words in heads:
        here = cells.get((target.pk, head))
        if not here:
            row.cells.append(None)
            continue
        worst = min(here, key=lambda one: WORST.index(State(one.state)))
        share = Share(sum(one.state == State.DONE for one in here), len(here))
        row.cells.append({"visit": worst, "state": worst.state, "share": share})
        row.share.done += share.done
        row.share.total += share.total
    return row


def _sum(cells: Iterable[dict[str, Any] | None]) -> Share:
    there = [cell["share"] for cell in cells if cell]
    return Share(sum(one.done for one in there), sum(one.total for one in there))


def share_of(rows: QuerySet[Visit]) -> Share:
    """Return how many of some visits are done; those called off are not counted."""
    counts = rows.exclude(state=State.CANCELLED).aggregate(
        done=Count("pk", filter=Q(state=State.DONE)), total=Count("pk")
    )
    return Share(counts["done"], counts["total"])


def coverage_of_source(kind: str, id: str, first: date, last: date) -> Share:
    """Return how many visits that another register asked for are done in a period."""
    return share_of(Visit.objects.filter(within(first, last), source_kind=kind, source_id=str(id)))


FIGURES = ("total", "done", "missed", "open", "bad", "on_spot")


def figures_by_land(rows: QuerySet[Visit], land: Land) -> list[dict[str, Any]]:
    """Return the figures of each region right below a land, and of what lies in none of them.

    Each row: {"land", total, done, missed, open, bad (visits with troubles), on_spot (checked in at
    the place)}. Visits are those the reader may see, so that a secret one counts nowhere.
    """
    below = world().children_of(land)
    found = {one.path: dict.fromkeys(FIGURES, 0) for one in below}
    rest = dict.fromkeys(FIGURES, 0)
    depth = land.path.count("/") + 1
    for one in _grouped(rows, "area"):
        head = "/".join(one["area"].split("/")[:depth]) + "/"
        target = found.get(head, rest)
        for name in FIGURES:
            target[name] += one[name]
    told = [{"land": one, **found[one.path]} for one in below if found[one.path]["total"]]
    if rest["total"]:
        told.append({"land": None, **rest})
    return told


def figures_by_kind(rows: QuerySet[Visit]) -> list[dict[str, Any]]:
    """Return the figures of each kind of visit, most frequent first."""
    return sorted(_grouped(rows, "kind"), key=lambda one: -one["total"])


def _grouped(rows: QuerySet[Visit], column: str) -> list[dict[str, Any]]:
    there = (
        Q(check_lng__isnull=False) & ~Q(marks__icontains='"outside"') & ~Q(marks__icontains='"far"')
    )
    counted = rows.exclude(state=State.CANCELLED).order_by().values(column)
    return list(
        counted.annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(state=State.DONE)),
            missed=Count("pk", filter=Q(state=State.MISSED)),
            open=Count("pk", filter=Q(state__in=(State.PLANNED, State.BEGUN))),
            bad=Count("pk", filter=Q(bad_count__gt=0)),
            on_spot=Count("pk", filter=Q(there, state=State.DONE)),
        )
    )


def shares_of_plans(plans: list[int], first: date, last: date) -> dict[int, Share]:
    """Return how many visits of each plan are done in a period, in one query."""
    rows = Visit.objects.filter(within(first, last), plan__in=plans)
    counted = rows.exclude(state=State.CANCELLED).order_by().values("plan")
    found = counted.annotate(done=Count("pk", filter=Q(state=State.DONE)), total=Count("pk"))
    return {one["plan"]: Share(one["done"], one["total"]) for one in found}
