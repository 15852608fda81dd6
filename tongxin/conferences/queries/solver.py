"""The arithmetic of matching: which supplies go to which needs, proven best; reasons in sentences.

What may not be broken: the same kind of thing, no more than is offered on any day, windows that
overlap, land within reach, no unit its own customer, nothing that waits for what it shall serve.
What is weighed, in whole points: a need met (`MET` points of a thousand of it), nearness, shared
words of skill, how long it has waited; less for each supply beyond a unit's first (`AGAIN`), and
for each further supplier of one need (`SPLIT`). Plain Python but for the solver itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _

MET, NEAR, SKILL, WAITED = 1000, 200, 200, 100
AGAIN, SPLIT = 60, 40
FAR_M, LONG_DAYS = 10_000, 60
LIMIT = 30.0  # units of deterministic time, so that the same lists give the same plan


@dataclass(frozen=True)
class Want:
    """A need as the solver sees it; `left` is what is still wanted."""

    id: int
    matter: str
    left: int
    from_date: date
    to_date: date
    area: str
    at: tuple[float, float] | None
    words: frozenset[str]
    org: int | None
    waited: int  # days


@dataclass(frozen=True)
class Give:
    """A supply: `used` are (quantity, from, to) already promised; `reach` is a region's path."""

    id: int
    matter: str
    quantity: int
    from_date: date
    to_date: date
    reach: str
    at: tuple[float, float] | None
    words: frozenset[str]
    org: int | None
    giver: str
    is_consumed: bool
    used: tuple[tuple[int, date, date], ...] = ()
    requires: int | None = None

    def free(self, first: date, last: date) -> int:
        """Return how much of it nobody was promised in a window."""
        return max(0, self.quantity - taken(self.used, first, last, consumed=self.is_consumed))


def taken(
    used: Iterable[tuple[int, date, date]], first: date, last: date, *, consumed: bool
) -> int:
    """Return the most that is promised on any day of a window; all of it, if it is used up."""
    rows = list(used)
    if consumed:
        return sum(n for n, _a, _b in rows)
    days = {first, *(a for _n, a, _b in rows if first <= a <= last)}
    return max(sum(n for n, a, b in rows if a <= day <= b) for day in days)


class Pair(NamedTuple):
    """A supply that may serve a need, with its points for all of it and the window of both."""

    want: Want
    give: Give
    points: int
    first: date
    last: date
    metres: int | None
    shared: tuple[str, ...]
    most: int

    def gain(self, quantity: int) -> int:
        """Return the points of so much of the need."""
        return self.points * quantity // self.want.left


class Served(NamedTuple):
    pair: Pair
    quantity: int


@dataclass(frozen=True)
class Plan:
    served: tuple[Served, ...]
    value: int
    is_optimal: bool


def pairs_of(
    wants: Sequence[Want], gives: Sequence[Give], circles: frozenset = frozenset()
) -> list[Pair]:
    """Return every pair that nothing forbids. `circles` are (need, supply) that would close one."""
    by_matter: dict[str, list[Give]] = defaultdict(list)
    for give in gives:
        by_matter[give.matter].append(give)
    found = []
    for want in wants:
        for give in by_matter[want.matter]:
            if (want.id, give.id) in circles or (pair := pair_of(want, give)) is None:
                continue
            found.append(pair)
    return found


def why_not(want: Want, give: Give) -> str:
    """Say what forbids that a supply serves a need; "" if nothing does."""
    if want.matter != give.matter:
        return _("不是同一类内容")
    if want.org is not None and want.org == give.org:
        return _("不能用自己的供给满足自己的需求")
    if not want.area.startswith(give.reach):
        return _("需求不在供给的服务范围内")
    if max(want.from_date, give.from_date) > min(want.to_date, give.to_date):
        return _("时间对不上")
    return ""


def pair_of(want: Want, give: Give) -> Pair | None:
    if want.left <= 0 or why_not(want, give):
        return None
    first, last = max(want.from_date, give.from_date), min(want.to_date, give.to_date)
    most = min(want.left, give.free(first, last))
    if most <= 0:
        return None
    metres = _metres(want.at, give.at)
    shared = tuple(sorted(want.words & give.words))
    near = 0 if metres is None else NEAR * max(0, FAR_M - metres) // FAR_M
    skill = SKILL * len(shared) // max(1, len(want.words)) if want.words else 0
    waited = WAITED * min(want.waited, LONG_DAYS) // LONG_DAYS
    return Pair(want, give, MET + near + skill + waited, first, last, metres, shared, most)


def _metres(a: tuple[float, float] | None, b: tuple[float, float] | None) -> int | None:
    from tongxin.kit.geo import distance_m

    return None if a is None or b is None else int(distance_m(*a, *b))


def value_of(served: Iterable[Served]) -> int:
    """Return the points of a plan: what is gained, less what is spread or heaped."""
    rows = list(served)
    givers: dict[str, int] = defaultdict(int)
    suppliers: dict[int, int] = defaultdict(int)
    for one in rows:
        givers[one.pair.give.giver] += 1
        suppliers[one.pair.want.id] += 1
    heaped = sum(AGAIN * (n - 1) for n in givers.values())
    spread = sum(SPLIT * (n - 1) for n in suppliers.values())
    return sum(one.pair.gain(one.quantity) for one in rows) - heaped - spread


def fits(served: Sequence[Served]) -> bool:
    """Say whether a plan breaks nothing: no need gets too much, no supply gives too much on a day."""
    got: dict[int, int] = defaultdict(int)
    given: dict[int, list[Served]] = defaultdict(list)
    for one in served:
        got[one.pair.want.id] += one.quantity
        given[one.pair.give.id].append(one)
        if got[one.pair.want.id] > one.pair.want.left:
            return False
    return all(_carries(rows) for rows in given.values())


def _carries(rows: Sequence[Served]) -> bool:
    give = rows[0].pair.give
    promised = [(one.quantity, one.pair.first, one.pair.last) for one in rows]
    both = [*give.used, *promised]
    return all(
        taken(both, first, last, consumed=give.is_consumed) <= give.quantity
        for _n, first, last in promised
    )


def solve(pairs: Sequence[Pair]) -> Plan:
    """Return the plan of most points, proven, or the best found within the limit.

    One worker and deterministic time: the same lists give the same plan.
    """
    if not pairs:
        return Plan((), 0, is_optimal=True)
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    amounts = [model.new_int_var(0, pair.most, f"x{n}") for n, pair in enumerate(pairs)]
    chosen = [model.new_bool_var(f"y{n}") for n, _pair in enumerate(pairs)]
    gains = []
    for n, pair in enumerate(pairs):
        model.add(amounts[n] >= chosen[n])
        model.add(amounts[n] <= pair.most * chosen[n])
        gain = model.new_int_var(0, pair.points, f"g{n}")
        model.add(gain * pair.want.left <= pair.points * amounts[n])  # rounded down, as `gain`
        gains.append(gain)
    _limit(model, pairs, amounts)
    costs = _extra(model, pairs, chosen)
    model.maximize(sum(gains) - sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = LIMIT
    status = solver.solve(model)
    served = tuple(
        Served(pair, solver.value(amounts[n]))
        for n, pair in enumerate(pairs)
        if solver.value(amounts[n])
    )
    return Plan(served, value_of(served), status == cp_model.OPTIMAL)


def _limit(model, pairs: Sequence[Pair], amounts: Sequence) -> None:
    """No need gets more than it wants, no supply gives more than it has on any day."""
    wants: dict[int, list[int]] = defaultdict(list)
    gives: dict[int, list[int]] = defaultdict(list)
    for n, pair in enumerate(pairs):
        wants[pair.want.id].append(n)
        gives[pair.give.id].append(n)
    for rows in wants.values():
        model.add(sum(amounts[n] for n in rows) <= pairs[rows[0]].want.left)
    for rows in gives.values():
        give = pairs[rows[0]].give
        if give.is_consumed:
            model.add(sum(amounts[n] for n in rows) <= give.free(give.from_date, give.to_date))
            continue
        # A day on which the most is taken is one on which something begins.
        days = {pairs[n].first for n in rows} | {a for _q, a, _b in give.used}
        for day in sorted(days):
            here = [n for n in rows if pairs[n].first <= day <= pairs[n].last]
            if here:
                model.add(sum(amounts[n] for n in here) <= give.free(day, day))


def _extra(model, pairs: Sequence[Pair], chosen: Sequence) -> list:
    """Return what each further supply of a unit, and each further supplier of a need, costs."""
    costs = []
    for points, key in ((AGAIN, lambda p: p.give.giver), (SPLIT, lambda p: p.want.id)):
        groups: dict = defaultdict(list)
        for n, pair in enumerate(pairs):
            groups[key(pair)].append(chosen[n])
        for name, rows in groups.items():
            if len(rows) > 1:
                over = model.new_int_var(0, len(rows) - 1, f"over_{points}_{name}")
                model.add(over >= sum(rows) - 1)
                costs.append(points * over)
    return costs


def reasons(served: Served, *, matter_unit: str, all_of_it: bool) -> str:
    """Say in a sentence what speaks for a supply."""
    pair = served.pair
    said = [_("满足全部需求") if all_of_it else _("满足一部分需求")]
    if pair.metres is not None:
        said.append(
            _("距离约 %.1f 公里") % (pair.metres / 1000) if pair.metres >= 100 else _("就在本社区")
        )
    if pair.shared:
        said.append(_("专长相符：%s") % "、".join(pair.shared))
    if pair.want.waited >= 7:
        said.append(_("已等待 %d 天") % pair.want.waited)
    window = f"{pair.first:%m-%d}" + (f" 至 {pair.last:%m-%d}" if pair.last != pair.first else "")
    said.append(_("时间 %s") % window)
    return "，".join(said) + "。"


def circles_in(requires: Iterable[tuple[int, int]], served: Iterable[tuple[int, int]]) -> frozenset:
    """Return the (need, supply) that would close a circle.

    `requires` are (supply, the need it waits for), `served` (need, supply) agreed or chosen. A
    supply may not serve a need if what it waits for is served, at last, by what waits for that need.
    """
    waits = dict(requires)
    by_need: dict[int, set[int]] = defaultdict(set)
    for need, supply in served:
        by_need[need].add(supply)
    found = set()
    for supply in waits:
        for need in _above(supply, waits, by_need):
            found.add((need, supply))
    return frozenset(found)


def _above(supply: int, waits: dict[int, int], by_need: dict[int, set[int]]) -> set[int]:
    """Return the needs that must be met before a supply can be given."""
    seen: set[int] = set()
    ahead = [waits[supply]]
    while ahead:
        need = ahead.pop()
        if need in seen:
            continue
        seen.add(need)
        ahead += [waits[one] for one in by_need.get(need, ()) if one in waits]
    return seen
