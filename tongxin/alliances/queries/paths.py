"""The arithmetic of approvals that wait for each other: when each may begin and end, what decides.

Plain Python over plain rows: no table is asked. Days are working days of the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

Workday = Callable[[date], bool]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Node:
    """An approval as the arithmetic sees it.

    `opens` is the day from which others may rest on it: its permit's, or that of a letter that
    stands for it; None while neither is there.
    """

    code: str
    days: int
    needs: tuple[str, ...] = ()
    submitted: date | None = None
    decided: date | None = None
    opens: date | None = None


@dataclass(frozen=True)
class Bar:
    """When an approval begins and ends, as far as it is known and then as it is expected."""

    code: str
    start: date
    end: date
    plan_start: date
    plan_end: date
    is_done: bool
    is_critical: bool = False
    late: int = 0  # working days behind its norm, once handed in


def circle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the codes of a circle in the order in which they wait for each other; [] if none."""
    done: set[str] = set()
    for start in needs:
        trail: list[str] = []
        if found := _walk(start, needs, trail, done):
            return found
    return []


def _walk(
    code: str, needs: Mapping[str, Iterable[str]], trail: list[str], done: set[str]
) -> list[str]:
    if code in trail:
        return trail[trail.index(code) :]
    if code in done:
        return []
    trail.append(code)
    for other in needs.get(code, ()):
        if found := _walk(other, needs, trail, done):
            return found
    trail.pop()
    done.add(code)
    return []


def add_workdays(day: date, n: int, is_workday: Workday) -> date:
    """Return the n-th working day after a day (the day itself for 0)."""
    while n > 0:
        day += DAY
        if is_workday(day):
            n -= 1
    return day


def workdays_between(first: date, last: date, is_workday: Workday) -> int:
    """Return how many working days lie after `first` up to and with `last`; 0 if it is not later."""
    return sum(is_workday(first + DAY * n) for n in range(1, max(0, (last - first).days) + 1))


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes so that each comes after what it waits for; the order given breaks ties."""
    known, left, found = {node.code for node in nodes}, list(nodes), []
    placed: set[str] = set()
    while left:
        ready = [node for node in left if set(node.needs) & known <= placed]
        if not ready:
            raise ValueError("the approvals wait for each other in a circle")
        found += ready
        placed |= {node.code for node in ready}
        left = [node for node in left if node.code not in placed]
    return found


def schedule(
    nodes: Sequence[Node], *, starts_on: date, today: date, is_workday: Workday
) -> dict[str, Bar]:
    """Return a bar for each approval, by code; those on the critical path are marked.

    What was decided stands as it was; what runs ends by its norm, not before today; the rest begins
    when all it waits for is there. The plan is the same by the norms alone, from the first day.
    """
    plan: dict[str, tuple[date, date]] = {}
    real: dict[str, tuple[date, date]] = {}
    opens: dict[str, date] = {}
    late: dict[str, int] = {}
    for node in in_order(nodes):
        needs = [code for code in node.needs if code in plan]
        begin = max([plan[code][1] for code in needs], default=starts_on)
        plan[node.code] = (begin, add_workdays(begin, node.days, is_workday))
        ready = max([opens[code] for code in needs], default=starts_on)
        if node.decided is not None:
            start, end = node.submitted or ready, node.decided
        elif node.submitted is not None:
            start = node.submitted
            end = max(add_workdays(start, node.days, is_workday), today)
        else:
            start = max(ready, today)
            end = add_workdays(start, node.days, is_workday)
        real[node.code] = (start, end)
        opens[node.code] = node.opens or end
        if node.submitted is not None:
            due = add_workdays(node.submitted, node.days, is_workday)
            late[node.code] = workdays_between(due, node.decided or today, is_workday)
    critical = _critical(nodes, {code: end for code, (_start, end) in real.items()}, opens)
    return {
        node.code: Bar(
            node.code, *real[node.code], *plan[node.code], node.decided is not None,
            node.code in critical, late.get(node.code, 0),
        )
        for node in nodes
    }  # fmt: skip


def _critical(
    nodes: Sequence[Node], ends: Mapping[str, date], opens: Mapping[str, date]
) -> set[str]:
    """Walk back from what ends last to what each one waited for longest."""
    by_code = {node.code: node for node in nodes}
    if not by_code:
        return set()
    code: str | None = max(reversed([node.code for node in nodes]), key=lambda c: ends[c])
    found: set[str] = set()
    while code is not None:
        found.add(code)
        needs = [other for other in by_code[code].needs if other in by_code]
        code = max(needs, key=lambda other: opens[other]) if needs else None
    return found
