"""The best people for one order, with the arithmetic of each.

Points of 100: each criterion gives between none and all of its weight, and says so in a sentence.
Volunteers are judged by what an order needs (skill, way, time, hands), by how many orders of the
topic they did, and by fairness; residents not at all. Stars count only as a share over at least
`floor` ratings of that topic, and are shown as two numbers, never as a rank.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from django.utils.timezone import localdate

from tongxin.cases.models import Case

from . import crowd
from .chain import Asked, chain_of, said_no
from .criteria import CRITERIA
from .crowd import Somebody
from .weights import PEOPLE, Weights, weights_on

ENOUGH = 2  # times as many as are asked for: fewer, and the streets around are asked as well
FIRST_LOOK = 80  # people whose history is read first
PLAIN, READ = ("skill", "way", "load"), ("time", "done", "rating", "fair", "rest")
MAY_TAKE = {"volunteer", "grid_worker"}


@dataclass(frozen=True)
class Mark:
    """What one criterion gives: `value` of 0..1 of its `weight`, with the reason."""

    code: str
    label: str
    value: float
    weight: int
    why: str

    @property
    def points(self) -> float:
        return self.value * self.weight


@dataclass(frozen=True)
class Advised:
    """Somebody proposed, with every mark; `score` of 100."""

    who: Somebody
    marks: list[Mark]

    @property
    def id(self) -> int:
        return self.who.id

    @property
    def name(self) -> str:
        return self.who.name

    @property
    def score(self) -> float:
        return sum(mark.points for mark in self.marks)

    @property
    def why(self) -> str:
        """The reason in a sentence: skill or post, way, hands, time."""
        by_code = {mark.code: mark.why for mark in self.marks}
        return "，".join(
            by_code[code] for code in ("skill", "way", "load", "time") if by_code[code]
        )


@dataclass(frozen=True)
class Advice:
    """Who is proposed, best first; how many there were to choose from; who was asked already."""

    people: list[Advised]
    considered: int
    widened: bool  # too few in the street: neighbouring streets were looked at as well
    chain: list[Asked]
    weights: Weights


@dataclass(frozen=True)
class Setting:
    """What the values of all people of one order are judged against."""

    case: Case
    at: datetime
    weights: Weights
    spans: list[crowd.Span]  # from now to when it would have to be done
    asked: list[str]
    peers: float


def advise(case: Case, *, at: datetime, limit: int = 10) -> Advice:
    """Return the best people for an order, exactly: nobody left out would have more points.

    Seven queries, whatever the number of volunteers: weights, events, grid workers, those of the
    street, what all hold, and of those who can still be among the best history and times. More only
    where there are too few (the streets around, ring by ring) or very many (a second look).
    """
    weights, chain = weights_on(case.area, localdate(at)), chain_of(case)
    takers = set(case.topic.takers.split()) if case.topic else MAY_TAKE
    people, widened = _people(case, at, takers, weights, limit)
    asked = {*said_no(chain), case.holder_id, case.offeree_id}
    street = crowd.street_of(case.area)
    district = crowd.district_of(case.area)
    around = district if widened and district else street or district
    if people and around:
        peers = crowd.read_loads(people, around.path, case, at)
    else:
        peers = crowd.peers_month(case, at)
    free = [
        one for one in people if (one.cap is None or one.held < one.cap) and one.id not in asked
    ]
    setting = setting_of(case, at, weights, peers)
    best = _best(free, setting, limit)
    return Advice(best, len(free), widened, chain, weights)


def _people(
    case: Case, at: datetime, takers: set[str], weights: Weights, limit: int
) -> tuple[list[Somebody], bool]:
    """Return who may take the order, and whether the streets around had to be asked too."""
    people = crowd.grid_workers(case, localdate(at)) if "grid_worker" in takers else []
    if "volunteer" not in takers:
        return people, False
    own, rings = crowd.communities_near(case, weights.limit_m)
    found, widened = crowd.volunteers(case, own), False
    for ring in rings:
        if len(found) >= ENOUGH * limit:
            break
        found, widened = found + crowd.volunteers(case, ring), True
    known = {one.id for one in found}
    return found + [one for one in people if one.id not in known], widened


def setting_of(case: Case, at: datetime, weights: Weights, peers: float) -> Setting:
    asked = case.topic.skills.split() if case.topic else []
    spans = crowd.spans_of(crowd.window_of(case, at))
    return Setting(case, at, weights, spans, asked, peers)


def _best(people: list[Somebody], setting: Setting, limit: int) -> list[Advised]:
    """Return the best, reading the history of no more people than can be among them."""
    weight = setting.weights.of
    unread = sum(weight[code] for code in READ)
    known = {one.id: _points(PLAIN, one, setting) for one in people}
    first = nlargest(max(FIRST_LOOK, limit), people, key=lambda one: (known[one.id], -one.id))
    scores = _read_scores(first, known, setting)
    if len(first) < len(people):
        least = sorted(scores.values(), reverse=True)[limit - 1]
        rest = [one for one in people if one.id not in scores and known[one.id] + unread > least]
        scores |= _read_scores(rest, known, setting)
        first += rest
    found = sorted(first, key=lambda one: (-round(scores[one.id], 6), one.id))[:limit]
    return [judge(one, setting) for one in found]


def _read_scores(
    people: list[Somebody], known: dict[int, float], setting: Setting
) -> dict[int, float]:
    """Return the points of these people, having read what they did and when they are free."""
    if not people:
        return {}
    crowd.read_history(people, setting.case, setting.at)
    crowd.read_times(people)
    return {one.id: known[one.id] + _points(READ, one, setting) for one in people}


def _points(codes: Iterable[str], one: Somebody, setting: Setting) -> float:
    weight = setting.weights.of
    return sum(weight[code] * CRITERIA[code].value(one, setting) for code in codes)


def judge(one: Somebody, setting: Setting) -> Advised:
    """Return somebody with every mark; what is known of them must have been read."""
    weight = setting.weights.of
    marks = [
        Mark(
            code,
            str(PEOPLE[code]),
            criterion.value(one, setting),
            weight[code],
            criterion.why(one, setting),
        )
        for code, criterion in CRITERIA.items()
    ]
    return Advised(one, marks)
