"""The best people for one order, with the arithmetic of each.

Points of 100: each criterion gives between none and all of its weight, and says so in a sentence.
Volunteers are judged by what an order needs (skill, way, time, hands), by how many orders of the
topic they did, and by fairness; residents not at all. Stars count only as a share over at least
`floor` ratings of that topic, and are shown as two numbers, never as a rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.cases.models import Case
from tongxin.requests.queries import way_words

from . import crowd
from .chain import Asked, chain_of, said_no
from .crowd import Somebody
from .weights import PEOPLE, Weights, weights_on

FIRST_LOOK = 80  # people whose history is read first
BUSY = 10  # open orders of a grid worker beyond which more makes no difference
PRACTISED = 5  # orders of a topic beyond which more makes no difference
RESTED_DAYS = 30
NEUTRAL = 0.5
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
    """What the marks of all people of one order are judged against."""

    case: Case
    at: datetime
    weights: Weights
    window: tuple[datetime, datetime]
    asked: list[str]
    peers: float


def advise(case: Case, *, at: datetime, limit: int = 10) -> Advice:
    """Return the best people for an order, exactly: nobody left out would have more points.

    At most 14 queries, whatever the number of volunteers: those of the street, of the streets
    around only where there are too few, and the history of those who can still be among the best.
    """
    weights, chain = weights_on(case.area, localdate(at)), chain_of(case)
    takers = set(case.topic.takers.split()) if case.topic else MAY_TAKE
    people, widened = _people(case, at, takers, weights, limit)
    refused = said_no(chain)
    street = crowd.street_of(case.area)
    district = crowd.district_of(case.area)
    around = district if widened and district else street or district
    if people and around:
        crowd.held_by(people, around.path)
    free = [
        one for one in people if (one.cap is None or one.held < one.cap) and one.id not in refused
    ]
    setting = setting_of(case, at, weights)
    best = _best(free, setting, limit)
    return Advice(best, len(free), widened, chain, weights)


def _people(
    case: Case, at: datetime, takers: set[str], weights: Weights, limit: int
) -> tuple[list[Somebody], bool]:
    """Return who may take the order, and whether the streets around had to be asked too."""
    people = crowd.grid_workers(case, localdate(at)) if "grid_worker" in takers else []
    if "volunteer" not in takers:
        return people, False
    own, others = crowd.communities_near(case, weights.limit_m)
    found = crowd.volunteers(case, own)
    widened = len(found) < limit and bool(others)
    if widened:
        found += crowd.volunteers(case, others)
    known = {one.id for one in found}
    return found + [one for one in people if one.id not in known], widened


def setting_of(case: Case, at: datetime, weights: Weights) -> Setting:
    asked = case.topic.skills.split() if case.topic else []
    window = crowd.window_of(case, at)
    return Setting(case, at, weights, window, asked, crowd.peers_month(case, at))


def _best(people: list[Somebody], setting: Setting, limit: int) -> list[Advised]:
    """Return the best, reading the history of no more people than can be among them."""
    weight = setting.weights.of
    unread = sum(weight[code] for code in ("time", "done", "rating", "fair", "rest"))
    known = {one.id: sum(mark.points for mark in _plain_marks(one, setting)) for one in people}
    first = nlargest(max(FIRST_LOOK, limit), people, key=lambda one: (known[one.id], -one.id))
    judged = _judged(first, setting)
    if len(first) < len(people):
        least = sorted((one.score for one in judged), reverse=True)[limit - 1]
        looked = {one.id for one in first}
        rest = [one for one in people if one.id not in looked and known[one.id] + unread > least]
        judged += _judged(rest, setting)
    return sorted(judged, key=lambda one: (-round(one.score, 6), one.id))[:limit]


def _judged(people: list[Somebody], setting: Setting) -> list[Advised]:
    if not people:
        return []
    crowd.read_history(people, setting.case, setting.at)
    crowd.read_times(people)
    return [judge(one, setting) for one in people]


def judge(one: Somebody, setting: Setting) -> Advised:
    """Return somebody with every mark; what is known of them must have been read."""
    return Advised(one, [*_plain_marks(one, setting), *_read_marks(one, setting)])


def _mark(code: str, value: float, setting: Setting, why: str) -> Mark:
    return Mark(code, str(PEOPLE[code]), min(max(value, 0.0), 1.0), setting.weights.of[code], why)


def _plain_marks(one: Somebody, setting: Setting) -> list[Mark]:
    return [_skill(one, setting), _way(one, setting), _load(one, setting)]


def _read_marks(one: Somebody, setting: Setting) -> list[Mark]:
    return [
        _time(one, setting),
        _done(one, setting),
        _rating(one, setting),
        _fair(one, setting),
        _rest(one, setting),
    ]


def _skill(one: Somebody, setting: Setting) -> Mark:
    if not setting.asked:
        return _mark("skill", 1, setting, _("不需要专门技能"))
    if one.kind == "grid_worker":
        return _mark("skill", NEUTRAL, setting, _("按岗位负责，不看技能"))
    share = len(one.skills & set(setting.asked)) / len(setting.asked)
    return _mark("skill", share, setting, _("会%s") % "、".join(sorted(one.skills)))


def _way(one: Somebody, setting: Setting) -> Mark:
    if one.kind == "grid_worker":
        place = one.home.short_name if one.home else ""
        return _mark("way", 1, setting, _("负责%s") % place if place else _("网格员"))
    if one.metres is None:
        return _mark("way", 0, setting, _("距离不详"))
    place = one.home.short_name if one.home else ""
    value = 1 - one.metres / setting.weights.far_m
    return _mark("way", value, setting, _("住%s") % place + way_words(one.metres))


def _load(one: Somebody, setting: Setting) -> Mark:
    held = _("手上 %d 单") % one.held if one.held else _("手上没有单")
    if one.cap is None:
        return _mark("load", 1 - one.held / BUSY, setting, held)
    value = 1 - one.held / one.cap
    return _mark("load", value, setting, held + _("（上限 %d）") % one.cap)


def _time(one: Somebody, setting: Setting) -> Mark:
    if one.kind == "grid_worker":
        return _mark("time", NEUTRAL, setting, _("按岗位值守"))
    if not one.times:
        return _mark("time", NEUTRAL, setting, _("没有登记空闲时间"))
    slot = crowd.free_slot(one.times, setting.window)
    if slot is None:
        return _mark("time", 0, setting, _("办理时限内没有空"))
    start, stop, total = slot
    words = _("%(day)s %(since)s–%(until)s 有空") % {
        "day": _weekday(start),
        "since": f"{localtime(start):%H:%M}",
        "until": f"{localtime(stop):%H:%M}",
    }
    return _mark("time", total / crowd.ENOUGH, setting, words)


def _weekday(moment: datetime) -> str:
    names = [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]
    return names[localtime(moment).weekday()]


def _done(one: Somebody, setting: Setting) -> Mark:
    words = _("一年内办过同类 %d 件") % one.done if one.done else _("还没办过同类")
    return _mark("done", one.done / PRACTISED, setting, words)


def _rating(one: Somebody, setting: Setting) -> Mark:
    """Share of four and five stars over the topic's ratings; under the floor it says nothing."""
    if one.rated < setting.weights.floor:
        words = _("同类评单 %(n)d 件，不足 %(floor)d 件，不计好差")
        words %= {"n": one.rated, "floor": setting.weights.floor}
        return _mark("rating", NEUTRAL, setting, words)
    words = _("同类评单 %(n)d 件，四星以上 %(good)d 件") % {"n": one.rated, "good": one.good}
    return _mark("rating", one.good / one.rated, setting, words)


def _fair(one: Somebody, setting: Setting) -> Mark:
    """All points for nobody's orders in a month, none for twice what peers take (at least two)."""
    value = 1 - one.month / max(2 * setting.peers, 2)
    words = _("近 30 天接 %(n)d 单，同街镇志愿者人均 %(mean).1f 单")
    return _mark("fair", value, setting, words % {"n": one.month, "mean": setting.peers})


def _rest(one: Somebody, setting: Setting) -> Mark:
    if one.last is None:
        return _mark("rest", 1, setting, _("一年内还没接过单"))
    days = max((setting.at - one.last).days, 0)
    return _mark("rest", days / RESTED_DAYS, setting, _("上次接单在 %d 天前") % days)
