"""One matter, many requests: composed neighbours of one community, some merged, some for the visitor."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.kit.ids import uuid7
from tongxin.matters.actions import find_hot_topics, index_cases, join_matter, merge_cases
from tongxin.orgs.models import Post, Volunteer
from tongxin.regions.models import Region
from tongxin.requests.actions import file_request

from .cast import home_of
from .replay import as_it_happens, seeded_id, stopped

# 样例: composed, about no real place. How many hours ago, and what was said.
HEAT = (
    (27, "5号楼三单元暖气不热，家里只有十五度"),
    (25, "5号楼的暖气一点都不热，老人孩子受不了"),
    (22, "反映5号楼暖气不热的问题，管道也有响声"),
    (3, "五号楼暖气还是不热，什么时候能修好"),
    (2, "5号楼二单元也没暖气，请尽快来看看"),
)
DOGS = (
    (20, "晚上小广场有人遛狗不牵绳，吓到孩子"),
    (6, "小广场遛狗不牵绳，昨天差点咬到老人"),
    (1, "遛狗不牵绳的人太多，小广场没法带孩子玩"),
)
MERGED = 2  # of the first matter, by the desk; the later ones wait for the visitor
RECENT = timedelta(days=28)


def make_matters(district: Region, dice: Random, *, at: datetime) -> None:
    """File the requests of two matters, merge some of one, have neighbours join, find what is hot."""
    home = home_of(district)
    residents = _neighbours(home)
    if residents:
        heat = [
            _file(home, dice, text, residents[n % len(residents)], at - timedelta(hours=ago))
            for n, (ago, text) in enumerate(HEAT)
        ]
        dogs = [
            _file(home, dice, text, residents[-1 - n % len(residents)], at - timedelta(hours=ago))
            for n, (ago, text) in enumerate(DOGS)
        ]
        _merge(home, heat[: MERGED + 1], at)
        for case, ago in ((heat[0], 20), (heat[0], 12), (dogs[0], 5)):
            free = [one for one in residents if one.pk != case.reporter_id]
            join_matter(case=case, actor=dice.choice(free), at=at - timedelta(hours=ago))
    open_ones = Case.objects.open().filter(kind="request", id__gte=uuid7(at - RECENT))
    index_cases(list(open_ones.order_by("id")[:500]), at=at)
    today = localdate(at)
    find_hot_topics(
        region=district,
        since=today - RECENT + timedelta(days=1),
        until=today + timedelta(days=1),
        at=at,
    )


def _neighbours(home: Region) -> list[User]:
    """Return people who live there: the demo's resident and the volunteers of the community."""
    rows = Volunteer.objects.filter(home__path__under=home.path).order_by("user")
    users = [row.user for row in rows.select_related("user")[:9]]
    resident = User.objects.filter(username="resident").first()
    found = [*users, *([resident] if resident else [])]
    return found if len(found) > len(HEAT) else _anybody(found)


def _anybody(found: list[User]) -> list[User]:
    more = Volunteer.objects.exclude(user__in=found).order_by("user").select_related("user")
    return [*found, *(row.user for row in more[: len(HEAT) + len(DOGS)])]


def _file(home: Region, dice: Random, text: str, who: User, at: datetime) -> Case:
    spread = dice.uniform(-0.0006, 0.0006), dice.uniform(-0.0006, 0.0006)
    with as_it_happens(stopped(at)):
        return file_request(
            text=text, region=home, at=at, actor=who, id=seeded_id(at, dice),
            lng=(home.lng or 0) + spread[0], lat=(home.lat or 0) + spread[1],
        )  # fmt: skip


def _merge(home: Region, cases: list[Case], at: datetime) -> None:
    """Let the desk take the matter up: the first leads and is under way, the others follow."""
    desk = _holder("dispatcher", home)
    doer = _holder("grid_worker", home)
    if desk is None:
        return
    leader, *others = cases
    when = at - timedelta(hours=19)
    with as_it_happens(stopped(when)):
        merge_cases(leader=leader, others=others, at=when, actor=desk, note="同一栋楼，一起处理")
        if doer is not None:
            make_move(leader, "dispatch", at=when, actor=desk, holder=doer)
            make_move(leader, "accept", at=when + timedelta(minutes=1), actor=doer)


def _holder(role: str, home: Region) -> User | None:
    posts = Post.objects.filter(role=role, region__path__under=home.path).order_by("pk")
    post = posts.select_related("user").first()
    return post.user if post else None
