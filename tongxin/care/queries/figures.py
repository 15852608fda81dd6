"""Figures without names: by grid and kind, small ones hidden; help to the fen; households reached."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import CharField, Count, F, Q, Sum, Value

from tongxin.cases.models import Event
from tongxin.regions.queries import Land, world

from ..models import Aid, CareFile, RoundHousehold, Stay
from .rules import number


def hidden(counts: list[int], least: int) -> list[int | None]:
    """Return counts of a row with the small ones hidden (None); zero may be shown.

    If one alone is hidden, the sum of the row would tell it: the next smallest is hidden too.
    """
    shown: list[int | None] = [None if 0 < one < least else one for one in counts]
    if shown.count(None) == 1:
        rest = [(one, n) for n, one in enumerate(shown) if one]
        if rest:
            shown[min(rest)[1]] = None
    return shown


def guarded(table: list[list[int]], least: int) -> list[list[int | None]]:
    """Return a table, its sums in the last row and column, with what would tell a small one hidden.

    A line with one hidden cell alone would tell it by subtraction: its next smallest is hidden too,
    until no line has one alone.
    """
    hide = {
        (row, column)
        for row, cells in enumerate(table)
        for column, n in enumerate(cells)
        if 0 < n < least
    }
    height, width = len(table), len(table[0]) if table else 0
    lines = [[(row, column) for column in range(width)] for row in range(height)]
    lines += [[(row, column) for row in range(height)] for column in range(width)]
    while alone := [line for line in lines if sum(cell in hide for cell in line) == 1]:
        before = len(hide)
        for line in alone:
            rest = [cell for cell in line if cell not in hide and table[cell[0]][cell[1]]]
            if rest and sum(cell in hide for cell in line) == 1:
                hide.add(min(rest, key=lambda cell: table[cell[0]][cell[1]]))
        if len(hide) == before:
            break
    return [
        [None if (row, column) in hide else n for column, n in enumerate(cells)]
        for row, cells in enumerate(table)
    ]


@dataclass(frozen=True)
class Row:
    land: Land
    cells: list[int | None]
    total: int | None


Counted = list[tuple[str, str, int]]


def counts_in(path: str) -> Counted:
    """Return (area, kind, how many) of standing files, and of stays with the kind "", in one question."""
    files = CareFile.objects.standing().filter(area__under=path).order_by()
    stays = Stay.objects.standing().filter(state=Stay.State.CONFIRMED, area__under=path).order_by()
    told = stays.annotate(what=Value("", CharField())).values_list("area", "what")
    return list(
        files.annotate(what=F("kind"))
        .values_list("area", "what")
        .annotate(n=Count("pk"))
        .union(told.annotate(n=Count("pk")), all=True)
    )


def grid_figures(
    path: str, codes: list[str], on: date, counted: Counted | None = None
) -> tuple[list[Row], Row]:
    """Return how many are looked after in each part of the land of `path`, by kind, and the sum.

    Parts are what lies right below: the grids of a community, the communities of a street. Small
    numbers are hidden, and what would tell them by subtraction.
    """
    land = world().by_path[path]
    parts = world().children_of(land) or [land]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for area, kind, n in counts_in(path) if counted is None else counted:
        part = next((one.path for one in parts if area.startswith(one.path)), None)
        if part and kind:
            counts[part][kind] += n
    matrix = [[counts[part.path][code] for code in codes] for part in parts]
    table = [[*cells, sum(cells)] for cells in matrix]
    table.append([sum(column) for column in zip(*table, strict=True)])
    shown = guarded(table, number("small_cell", on, path))
    found = [Row(part, cells[:-1], cells[-1]) for part, cells in zip(parts, shown, strict=False)]
    return found, Row(land, shown[-1][:-1], shown[-1][-1])


def stay_figures(
    path: str, on: date, counted: Counted | None = None
) -> list[tuple[Land, int | None]]:
    """Return how many live for a time in each part of the land, small numbers hidden."""
    land = world().by_path[path]
    parts = world().children_of(land) or [land]
    counts: Counter[str] = Counter()
    for area, kind, n in counts_in(path) if counted is None else counted:
        part = next((one.path for one in parts if area.startswith(one.path)), None)
        if part and not kind:
            counts[part] += n
    least = number("small_cell", on, path)
    shown = hidden([counts[part.path] for part in parts], least)
    return list(zip(parts, shown, strict=True))


@dataclass(frozen=True)
class Sums:
    """Help of a time, in fen: by way of helping, and by where it came from."""

    fen: int
    households: int
    times: int
    by_kind: dict[str, int]
    by_fund: list[tuple[str, int]]

    def tells_one(self, least: int) -> bool:
        """Say whether so few were helped that a sum would tell what one household got."""
        return 0 < self.households < least


def aid_sums(path: str, since: date, until: date) -> Sums:
    """Return what was given on the land from a day to a day; corrections are counted against it."""
    rows = Aid.objects.filter(area__under=path, on__gte=since, on__lte=until)
    by_kind: Counter[str] = Counter()
    by_fund: Counter[str] = Counter()
    summed = rows.values_list("kind", "fund__name", "org__name").annotate(s=Sum("fen")).order_by()
    for kind, fund, org, fen in summed:
        by_kind[kind] += fen
        by_fund[fund or org or ""] += fen
    counted = _standing(path, since, until)
    return Sums(
        fen=sum(by_kind.values()),
        households=counted["files"] + counted["stamps"],
        times=counted["times"],
        by_kind=dict(by_kind),
        by_fund=sorted(by_fund.items(), key=lambda pair: (-pair[1], pair[0])),
    )


def _standing(path: str, since: date, until: date) -> dict[str, int]:
    rows = Aid.objects.filter(
        area__under=path, on__gte=since, on__lte=until,
        corrects__isnull=True, corrected_by__isnull=True,
    )  # fmt: skip
    of_round = Q(file__isnull=True, household__isnull=False)
    return rows.aggregate(
        times=Count("pk"),
        files=Count("file", distinct=True),
        stamps=Count("household__stamp", distinct=True, filter=of_round),
    )


def household_count(path: str, since: date, until: date) -> int:
    """Return how many households were helped in a time, each counted once (走访慰问…户, S2.43).

    Households of a round by their stamp, the others by their file.
    """
    counted = _standing(path, since, until)
    return counted["files"] + counted["stamps"]


def round_counts(round_ids: list[int]) -> dict[int, dict[str, int]]:
    """Return for each round how many households are on the list and how many were reached."""
    rows = RoundHousehold.objects.filter(round__in=round_ids).values_list("round")
    done = Count("pk", filter=Q(state="done"))
    left = Count("pk", filter=Q(state="todo"))
    return {
        pk: {"total": total, "done": n, "left": m}
        for pk, total, n, m in rows.annotate(t=Count("pk"), d=done, l=left).order_by()
    }


def wish_count(path: str, since: date, until: date) -> int:
    """Return how many wishes of the land came true in a time (微心愿, S2.44), each once."""
    told = Event.objects.filter(
        name="fulfil", case__kind="wish", case__area__under=path,
        case__step__in=("fulfilled", "closed"), at__date__gte=since, at__date__lte=until,
    )  # fmt: skip
    return told.values("case").distinct().count()
