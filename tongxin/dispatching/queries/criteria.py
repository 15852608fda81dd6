"""The criteria by which people are proposed: of each its value between 0 and 1, and the sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tongxin.requests.queries import way_words

from . import crowd
from .crowd import Somebody

if TYPE_CHECKING:
    from .advice import Setting

BUSY = 10  # open orders of a grid worker beyond which more makes no difference
PRACTISED = 5  # orders of a topic beyond which more makes no difference
RESTED_DAYS = 30
NEUTRAL = 0.5


@dataclass(frozen=True)
class Criterion:
    value: Callable[[Somebody, Setting], float]
    why: Callable[[Somebody, Setting], str]


def _skill(one: Somebody, setting: Setting) -> float:
    if not setting.asked:
        return 1.0
    if one.kind == "grid_worker":
        return NEUTRAL
    return len(one.skills) / len(setting.asked)


def _why_skill(one: Somebody, setting: Setting) -> str:
    if not setting.asked:
        return _("不需要专门技能")
    if one.kind == "grid_worker":
        return _("按岗位负责，不看技能")
    return _("会%s") % "、".join(sorted(one.skills))


def _way(one: Somebody, setting: Setting) -> float:
    if one.kind == "grid_worker":
        return 1.0
    return max(1 - one.metres / setting.weights.far_m, 0.0) if one.metres is not None else 0.0


def _why_way(one: Somebody, setting: Setting) -> str:
    place = one.home.short_name if one.home else ""
    if one.kind == "grid_worker":
        return _("负责%s") % place if place else _("网格员")
    if one.metres is None:
        return _("距离不详")
    return _("住%s") % place + way_words(one.metres)


def _load(one: Somebody, setting: Setting) -> float:
    return max(1 - one.held / (BUSY if one.cap is None else one.cap or 1), 0.0)


def _why_load(one: Somebody, setting: Setting) -> str:
    held = _("手上 %d 单") % one.held if one.held else _("手上没有单")
    return held if one.cap is None else held + _("（上限 %d）") % one.cap


def _time(one: Somebody, setting: Setting) -> float:
    if one.kind == "grid_worker" or not one.times:
        return NEUTRAL
    return min(crowd.free_minutes(one.times, setting.spans) / crowd.ENOUGH_MINUTES, 1.0)


def _why_time(one: Somebody, setting: Setting) -> str:
    if one.kind == "grid_worker":
        return _("按岗位值守")
    if not one.times:
        return _("没有登记空闲时间")
    slot = crowd.free_slot(one.times, setting.spans)
    if slot is None:
        return _("办理时限内没有空")
    names = [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]
    weekday, since, until = slot
    return _("%(day)s %(since)s–%(until)s 有空") % {
        "day": names[weekday - 1],
        "since": f"{since // 60}:{since % 60:02}",
        "until": f"{until // 60}:{until % 60:02}",
    }


def _done(one: Somebody, setting: Setting) -> float:
    return min(one.done / PRACTISED, 1.0)


def _why_done(one: Somebody, setting: Setting) -> str:
    return _("一年内办过同类 %d 件") % one.done if one.done else _("还没办过同类")


def _rating(one: Somebody, setting: Setting) -> float:
    """Share of four and five stars over the topic's ratings; under the floor it says nothing."""
    return one.good / one.rated if one.rated >= setting.weights.floor else NEUTRAL


def _why_rating(one: Somebody, setting: Setting) -> str:
    if one.rated < setting.weights.floor:
        words = _("同类评单 %(n)d 件，不足 %(floor)d 件，不计好差")
        return words % {"n": one.rated, "floor": setting.weights.floor}
    return _("同类评单 %(n)d 件，四星以上 %(good)d 件") % {"n": one.rated, "good": one.good}


def _fair(one: Somebody, setting: Setting) -> float:
    """One for no orders in a month, none for twice what peers take (at least two)."""
    return max(1 - one.month / max(2 * setting.peers, 2), 0.0)


def _why_fair(one: Somebody, setting: Setting) -> str:
    words = _("近 30 天接 %(n)d 单，同街镇志愿者人均 %(mean).1f 单")
    return words % {"n": one.month, "mean": setting.peers}


def _rest(one: Somebody, setting: Setting) -> float:
    if one.last is None:
        return 1.0
    return min(max((setting.at - one.last).days, 0) / RESTED_DAYS, 1.0)


def _why_rest(one: Somebody, setting: Setting) -> str:
    if one.last is None:
        return _("一年内还没接过单")
    return _("上次接单在 %d 天前") % max((setting.at - one.last).days, 0)


CRITERIA = {
    "skill": Criterion(_skill, _why_skill),
    "way": Criterion(_way, _why_way),
    "time": Criterion(_time, _why_time),
    "load": Criterion(_load, _why_load),
    "done": Criterion(_done, _why_done),
    "rating": Criterion(_rating, _why_rating),
    "fair": Criterion(_fair, _why_fair),
    "rest": Criterion(_rest, _why_rest),
}
