"""A run as numbers for the solver, and as sentences for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from tongxin.regions.queries import Land, world

from .. import allocation
from ..models import AllocationRun, Operation, Placement, PoolEntry, Secondment, Together
from ..models.rules import WORTHS

EVERYWHERE_KM = 1000  # the limit of whoever named none


@dataclass(frozen=True)
class Problem:
    """A run's cadres and communities in the order in which the solver knows them."""

    entries: list[PoolEntry]
    lands: list[Land]
    instance: allocation.Instance

    def at(self, community_id: int | None) -> int:
        """Return the place of a community, or RESERVE."""
        if community_id is None:
            return allocation.RESERVE
        return next(i for i, land in enumerate(self.lands) if land.id == community_id)


def free_entries(operation: Operation, first: date, last: date) -> list[PoolEntry]:
    """Return those of the pool who are there in these days and do not serve already."""
    away = Secondment.objects.standing().values("person")
    rows = PoolEntry.objects.ready().filter(
        operation=operation, from_date__lte=last, to_date__gte=first
    )
    return list(rows.exclude(person__in=away).order_by("pk"))


def open_needs(operation: Operation, first: date, last: date) -> dict[int, list[int]]:
    """Return what each community still needs: {community id: [minimum, wish]}, less who serves."""
    standing = (
        Secondment.objects.standing()
        .filter(operation=operation, from_date__lte=last, to_date__gte=first)
        .values_list("community")
        .annotate(n=Count("pk"))
        .order_by()
    )
    there = dict(standing)
    return {
        place: [max(0, least - there.get(place, 0)), max(0, wish - there.get(place, 0))]
        for place, least, wish in operation.needs.values_list("community", "minimum", "wish")
    }


def problem_of(
    entries: list[PoolEntry],
    needs: dict[int, list[int]],
    together: dict[int, str],
    worth: dict[str, int],
) -> Problem:
    """Put entries, needs, units that stay together (unit id → level) and weights into numbers."""
    by_id = world().by_id
    lands = sorted((by_id[int(place)] for place in needs), key=lambda land: land.path)
    homes = [by_id[entry.home_id] for entry in entries]
    units = sorted(together)
    number = {unit: index for index, unit in enumerate(units)}
    streets = np.array([land.parent_id or 0 for land in lands], int)
    alone = np.array([land.id for land in lands], int)
    zones = [alone if together[unit] == Together.Level.COMMUNITY else streets for unit in units]
    wants = {int(place): pair for place, pair in needs.items()}
    instance = allocation.Instance(
        homes=np.array([[home.lng, home.lat] for home in homes], float).reshape(-1, 2),
        places=np.array([[land.lng, land.lat] for land in lands], float).reshape(-1, 2),
        minimum=np.array([wants[land.id][0] for land in lands], int),
        wish=np.array([wants[land.id][1] for land in lands], int),
        limit=np.array([1000 * (e.most_km or EVERYWHERE_KM) for e in entries], int),
        group=np.array([number.get(entry.unit_id, -1) for entry in entries], int),
        zone=np.array(zones, int).reshape(len(units), len(lands)),
        worth=allocation.Worth(**{name: 1000 * worth[f"{name}_km"] for name in WORTHS}),
    )
    return Problem(entries, lands, instance)


def problem_of_run(run: AllocationRun) -> tuple[Problem, np.ndarray, np.ndarray]:
    """Return a run as a problem, where each cadre stands now, and who was placed by hand."""
    placements = list(run.placements.select_related("entry").order_by("entry_id"))
    together = {int(unit): level for unit, level in run.parameters["together"].items()}
    problem = problem_of(
        [one.entry for one in placements], run.needs, together, run.parameters["worth"]
    )
    at = {land.id: index for index, land in enumerate(problem.lands)}
    where = [at.get(one.community_id or 0, allocation.RESERVE) for one in placements]
    place = np.array(where, np.int64)
    return problem, place, np.array([one.by_hand for one in placements], bool)


@dataclass(frozen=True)
class Price:
    """What moving one cadre costs, in metres; and at best, if the others were arranged anew."""

    cost: int
    why: str
    best: int | None = None
    best_why: str = ""


def price_of(
    run: AllocationRun, placement: Placement, community_id: int | None, *, look_further: bool
) -> Price:
    """Return what it costs to send somebody elsewhere, exactly, with the sum in words.

    `look_further` also solves the whole again with this one decided (and those moved by hand
    before): what the change costs at best.
    """
    problem, place, by_hand = problem_of_run(run)
    index = next(i for i, e in enumerate(problem.entries) if e.pk == placement.entry_id)
    before = allocation.cost_of(problem.instance, place)
    moved = place.copy()
    moved[index] = problem.at(community_id)
    cost = allocation.cost_of(problem.instance, moved) - before
    why = _words(problem, place, moved, index)
    if not look_further:
        return Price(cost, why)
    fixed = np.where(by_hand, place, allocation.NOBODY)
    fixed[index] = moved[index]
    best = allocation.solve(problem.instance, fixed)
    shifted = int((best.place != moved).sum())
    words = _("其余 %(n)d 人随之调整的话，全局代价变化 %(km)s") % {
        "n": shifted, "km": km(best.objective - before, signed=True),
    }  # fmt: skip
    return Price(cost, why, best.objective - before, words)


def _words(problem: Problem, place: np.ndarray, moved: np.ndarray, index: int) -> str:
    """Say a change in words: "多走 3.2 公里；松社区缺 1 人到至少人数"."""
    instance = problem.instance
    old, new = int(place[index]), int(moved[index])
    way = [
        int(allocation.ways(instance.homes[[index]], instance.places[[p]])[0, 0]) if p >= 0 else 0
        for p in (old, new)
    ]
    walk = way[1] - way[0]
    parts = [_("多走 %s") % km(walk) if walk >= 0 else _("少走 %s") % km(-walk)]
    filled = np.bincount(moved[moved >= 0], minlength=len(problem.lands))
    parts += [_standing(problem, p, int(filled[p])) for p in (old, new) if p >= 0]
    parts += [_("进入预备队")] if new < 0 else []
    limit = int(instance.limit[index])
    if new >= 0 and way[1] > limit:
        parts.append(_("超出本人最远 %s") % km(limit))
    group = int(instance.group[index])
    if group >= 0 and new >= 0:
        zone = instance.zone[group]
        others = moved[(instance.group == group) & (moved >= 0)]
        if len(set(zone[others])) > 1:
            parts.append(_("与同单位的人分开"))
    return "；".join(parts)


def _standing(problem: Problem, place: int, filled: int) -> str:
    name = problem.lands[place].short_name
    least, wish = int(problem.instance.minimum[place]), int(problem.instance.wish[place])
    if filled < least:
        return _("%(place)s缺 %(n)d 人才到至少人数") % {"place": name, "n": least - filled}
    if filled > wish:
        return _("%(place)s超出期望 %(n)d 人") % {"place": name, "n": filled - wish}
    return _("%(place)s有 %(n)d 人，期望 %(wish)d 人") % {"place": name, "n": filled, "wish": wish}


def km(metres: int, *, signed: bool = False) -> str:
    """Write metres as kilometres with one decimal: "3.2 公里"."""
    number = metres / 1000
    return _("%s 公里") % (f"{number:+,.1f}" if signed else f"{number:,.1f}")


@dataclass(frozen=True)
class Line:
    """One community of a run."""

    land: Land
    minimum: int
    wish: int
    placed: int
    metres: int
    farthest: int

    @property
    def short(self) -> int:
        """How many it lacks to its minimum."""
        return max(0, self.minimum - self.placed)

    @property
    def missing(self) -> int:
        """How many it lacks to its wish."""
        return max(0, self.wish - self.placed)

    @property
    def mean(self) -> float | None:
        """Kilometres from home on average."""
        return round(self.metres / self.placed / 1000, 1) if self.placed else None


def lines_of(run: AllocationRun) -> list[Line]:
    """Return a line for each community of a run, by path; two queries."""
    counted = (
        run.placements.values_list("community")
        .annotate(n=Count("pk"), whole=Sum("metres"), far=Max("metres"))
        .order_by()
    )
    found = {row[0]: row[1:] for row in counted}
    by_id = world().by_id
    lines = [
        Line(by_id[int(place)], least, wish, *found.get(int(place), (0, 0, 0)))
        for place, (least, wish) in run.needs.items()
    ]
    return sorted(lines, key=lambda line: line.land.path)


def totals_of(run: AllocationRun, lines: list[Line]) -> dict[str, Any]:
    """Return the figures of a run: how many placed and kept in reserve, ways, what is lacking.

    Two queries beside those of the lines.
    """
    whole = run.placements.count()
    placed = sum(line.placed for line in lines)
    metres = sum(line.metres for line in lines)
    return {
        "whole": whole,
        "placed": placed,
        "reserve": whole - placed,
        "km": round(metres / 1000, 1),
        "mean": round(metres / placed / 1000, 1) if placed else 0,
        "farthest": round(max((line.farthest for line in lines), default=0) / 1000, 1),
        "short": sum(line.short for line in lines),
        "missing": sum(line.missing for line in lines),
        "by_hand": run.changes.count(),
    }


def proof_of(run: AllocationRun) -> dict[str, Any]:
    """Recompute a run's bound from its stored prices: nothing is taken on trust.

    Only a run that nobody changed by hand can be checked against its objective.
    """
    problem, _place, _hand = problem_of_run(run)
    prices = np.array([run.prices.get(str(land.id), 0) for land in problem.lands], int)
    fixed = np.full(len(problem.entries), allocation.NOBODY)
    for pk, place in run.parameters.get("kept", {}).items():
        index = next(i for i, e in enumerate(problem.entries) if e.pk == int(pk))
        fixed[index] = problem.at(place)
    cuts = [np.array(one, np.int64) for one in run.cuts]
    bound = allocation.bound_of(problem.instance, prices, fixed, cuts, most=run.objective)
    return {"bound": bound, "agrees": bound >= run.bound, "gap": run.objective - bound}
