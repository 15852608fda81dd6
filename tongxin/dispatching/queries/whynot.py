"""Why somebody looked for by name is not proposed for an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.orgs.models import Post, Skill, Volunteer
from tongxin.regions.queries import world

from . import crowd
from .advice import MAY_TAKE, Setting, judge, setting_of
from .chain import Asked, chain_of, said_no
from .crowd import Somebody
from .weights import Weights, weights_on

FOUND_BY_NAME = 10


@dataclass(frozen=True)
class NotProposed:
    """Somebody looked for by name: proposed or not, and every reason why not."""

    id: int
    name: str
    place: str
    reasons: list[str]
    score: float | None = None  # of 100, where nothing speaks against them


def why_not(case: Case, *, name: str, at: datetime) -> list[NotProposed]:
    """Return up to ten volunteers and grid workers of the district by name, with what is against them.

    An order can still be given to somebody whose hands are full; only a person may decide that.
    """
    district = crowd.district_of(case.area)
    if not name or district is None:
        return []
    posts = Post.objects.held_on(localdate(at)).filter(
        region__path__under=district.path, role__in=MAY_TAKE, user__name__contains=name
    )
    users = User.objects.filter(
        Q(pk__in=posts.values("user")) | Q(volunteer__isnull=False, name__contains=name)
    )
    near = users.filter(Q(volunteer__home__path__under=district.path) | Q(volunteer__isnull=True))
    found = list(near.select_related("volunteer").order_by("name", "pk")[:FOUND_BY_NAME])
    if not found:
        return []
    weights, asked = weights_on(case.area, localdate(at)), said_no(chain_of(case))
    free = {one.id: one for one in _with_history(case, found, at, weights, district.path)}
    setting = setting_of(case, at, weights, crowd.peers_month(case, at))
    skills = _skills_of(found)
    return [_answer(user, free[user.pk], setting, asked, skills) for user in found]


def _with_history(
    case: Case, users: list[User], at: datetime, weights: Weights, area: str
) -> list[Somebody]:
    """Return these people as candidates are read, whatever speaks against them."""
    here, by_id = crowd.point_of(case), world().by_id
    workers = {one.id: one for one in crowd.grid_workers(case, localdate(at))}
    people = []
    for user in users:
        volunteer = getattr(user, "volunteer", None)
        home = by_id.get(volunteer.home_id) if volunteer else None
        one = Somebody(user.pk, user.name, "volunteer", home, volunteer.cap if volunteer else 0)
        one.metres = crowd.metres_to(here, home)
        people.append(one if volunteer else workers.get(user.pk, one))
    crowd.held_by(people, area)
    crowd.read_history(people, case, at)
    crowd.read_times(people)
    return people


def _skills_of(users: list[User]) -> dict[int, set[str]]:
    rows = Skill.objects.filter(volunteer__in=[user.pk for user in users])
    found: dict[int, set[str]] = {}
    for user, name in rows.values_list("volunteer", "name"):
        found.setdefault(user, set()).add(name)
    return found


def _answer(
    user: User,
    one: Somebody,
    setting: Setting,
    asked: dict[int, Asked],
    skills: dict[int, set[str]],
) -> NotProposed:
    one.skills = skills.get(user.pk, set()) & set(setting.asked)
    volunteer = getattr(user, "volunteer", None)
    reasons = _against(user, volunteer, one, setting)
    if user.pk in asked:
        reasons.append(_("这张单子已经问过：%s") % asked[user.pk].words)
    if user.pk in (setting.case.holder_id, setting.case.offeree_id):
        reasons.append(_("这张单子正在等这个人应答"))
    place = one.home.short_name if one.home else ""
    score = None if reasons else judge(one, setting).score
    return NotProposed(user.pk, user.name, place, reasons, score)


def _against(user: User, volunteer: Volunteer | None, one: Somebody, setting: Setting) -> list[str]:
    case = setting.case
    takers = set(case.topic.takers.split()) if case.topic else MAY_TAKE
    kind = "volunteer" if volunteer else "grid_worker"
    topic = case.topic.name if case.topic else ""
    found = [
        (user.pk == case.reporter_id, _("这是本人提交的单子")),
        (not user.is_active, _("账号已停用")),
        (kind not in takers, _("“%s”不由这类人员承接") % topic),
    ]
    if volunteer is None:
        found.append((one.kind != "grid_worker", _("负责的网格不在这里")))
        return [words for holds, words in found if holds]
    hands = _("手上已有 %(held)d 单，上限 %(cap)d") % {"held": one.held, "cap": volunteer.cap}
    lacks = _("没有登记所需技能：%s") % "、".join(setting.asked)
    found += [
        (volunteer.is_paused, _("已暂停接单")),
        (one.held >= volunteer.cap, hands),
        (bool(setting.asked) and not one.skills, lacks),
    ]
    return [words for holds, words in found if holds] + _too_far(one, setting)


def _too_far(one: Somebody, setting: Setting) -> list[str]:
    street, limit = crowd.street_of(setting.case.area), setting.weights.limit_m
    if street and one.home and one.home.path.startswith(street.path):
        return []
    if one.metres is None or one.metres > limit:
        words = _("住%(place)s，超过最远推荐距离 %(km)g 公里")
        return [words % {"place": one.home.short_name if one.home else "", "km": limit / 1000}]
    return []
