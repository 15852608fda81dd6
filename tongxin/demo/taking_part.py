"""The demo's deliberations: motions at every stage, a poll to vote in, one that is decided, surveys in
waves, groups, a convention, a matter of three lines, a campaign of items. Everything goes through the
actions; questions, answers and names are made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.orgs.models import Membership, Org
from tongxin.regions.models import Region
from tongxin.taking_part import actions
from tongxin.taking_part.models import Invite, Motion, Poll
from tongxin.taking_part.queries.surveys import token_of

from .cast import home_of, places_below
from .names import a_name

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SAID = (
    ("for", "早该装了，晚上回来找不到地方充电。"), ("for", "支持，希望装在东侧，离消防通道远一点。"),
    ("other", "收费标准要先公示，最好有夜间优惠。"), ("against", "车位本来就紧，装了会不会又少几个？"),
)  # fmt: skip
GROUPS = (
    ("mass", "社区妇联", "妇女儿童维权和关爱", 9), ("mass", "社区团支部", "青年志愿服务", 26),
    ("association", "邻里帮扶协会", "代买代办和陪伴独居老人", 34),
    ("self", "楼院议事会", "停车、环境等楼院事务自己商量", 15), ("interest", "海河合唱队", "每周二、四排练", 42),
)  # fmt: skip
CONVENTION = (
    "一、不高空抛物，不占消防通道。\n二、垃圾分类投放，大件垃圾先预约。\n三、养犬牵绳，及时清理。\n"
    "四、晚上十点后不大声喧哗。\n五、邻里有难互相帮，有事先商量。"
)


@dataclass
class Cast:
    place: Region
    clerk: User
    second: User
    officer: User
    resident: User
    others: list[User]
    dice: Random
    at: datetime


def make_taking_part(district: Region, dice: Random, *, at: datetime) -> int:
    """Make a community's deliberations and a street's surveys; return how many motions."""
    users = {u.username: u for u in User.objects.filter(username__in=("dispatcher", "verifier", "officer", "resident"))}  # fmt: skip
    if len(users) < 4:
        return 0
    actions.load_rules(at=at - 300 * DAY, by=None)
    home = home_of(district)
    others = list(User.objects.filter(username__startswith="volunteer").order_by("pk")[:12])
    cast = Cast(
        home, users["dispatcher"], users["verifier"], users["officer"], users["resident"], others,
        dice, at,
    )  # fmt: skip
    _motions(cast)
    _groups(cast)
    _surveys(cast)
    _members(cast)
    return Motion.objects.count()


def _raise(cast: Cast, title: str, text: str, back: int, by: User, supporters: int) -> Motion:
    at = cast.at - back * DAY
    motion = actions.raise_motion(
        community=cast.place, raiser="residents", title=title, text=text, by=by, at=at,
        hides_name=True,
    )  # fmt: skip
    for n, user in enumerate([one for one in cast.others if one.pk != by.pk][:supporters]):
        motion = actions.support_motion(motion, by=user, at=at + (n + 1) * HOUR)
    return motion


def _move(cast: Cast, motion: Motion, name: str, back: float, note: str) -> None:
    actions.move_motion(motion, name, by=cast.clerk, at=cast.at - back * DAY, note=note)


def _motions(cast: Cast) -> None:
    one = _raise(
        cast,
        "三号楼东侧加装充电桩",
        "地面停车位加装两处公用充电桩，费用由运营方承担。",
        30,
        cast.resident,
        4,
    )
    _move(cast, one, "admit", 29, "受理，请大家讨论十天。")
    for n, (stance, text) in enumerate(SAID):
        actions.speak(one, text=text, stance=stance, hides_name=n % 2 == 0, by=cast.others[n % len(cast.others)], at=cast.at - (28 - n) * DAY)  # fmt: skip
    _move(cast, one, "draft", 17, "在三号楼东侧加装两处公用充电桩，不占消防通道，收费标准先公示。")
    _vote(cast, one, opens=10, closes=3)
    running = _raise(
        cast, "小广场夜间照明", "小广场南侧加两盏灯，晚上九点半以后调暗。", 24, cast.others[0], 4
    )
    _move(cast, running, "admit", 23, "受理，请大家讨论。")
    _move(cast, running, "draft", 11, "小广场南侧加装两盏灯，晚上九点半以后调暗。")
    _vote(cast, running, opens=4, closes=-5)
    talking = _raise(
        cast, "电动车棚改到北门", "东门车棚挡了无障碍通道，建议改到北门。", 6, cast.others[1], 4
    )
    _move(cast, talking, "admit", 5, "受理，请大家说说改到北门方便不方便。")
    actions.speak(talking, text="北门离我们楼远，能不能留一半在东门？", by=cast.resident, at=cast.at - 4 * DAY)  # fmt: skip
    _raise(cast, "亲子阅读角周末开放", "党群服务中心的阅读角周末也开放。", 3, cast.others[2], 2)
    done = _raise(cast, "清理楼道堆物", "每季度统一清理一次楼道堆物。", 70, cast.others[3], 4)
    _move(cast, done, "admit", 68, "受理。")
    _move(cast, done, "agree", 55, "楼长会上大家一致同意，每季度第一个周六清理。")
    _move(cast, done, "carry", 40, "第一次清理已完成，清出堆物三车。")
    _move(cast, done, "report", 38, "第一次清理已完成，下一次在下季度第一个周六，欢迎监督。")
    asked = _raise(
        cast, "北侧围墙开便民小门", "方便老人买菜，早六点到晚九点开。", 2, cast.others[4], 4
    )
    assert asked.case.step == "supported"  # noqa: S101 (it waits on the desk)


def _vote(cast: Cast, motion: Motion, *, opens: float, closes: float) -> None:
    """A poll of sixty households: the resident's among them, most of them on paper."""
    at = cast.at - (opens + 5) * DAY
    poll = actions.set_poll(
        community=cast.place, title="", text="", motion=motion, rule="community_households",
        is_secret=True, opens_at=cast.at - opens * DAY, closes_at=cast.at - closes * DAY,
        by=cast.clerk, at=at,
    )  # fmt: skip
    rows = [{"name": "孙桂芳", "place": "3-1-101", "phone": "13900000001"}]
    rows += [
        {"name": a_name(cast.dice), "place": f"3-{1 + n // 20}-{2 + n % 20 // 4}0{1 + n % 4}"}
        for n in range(60)
    ]
    actions.add_to_roll(poll, rows, by=cast.clerk, at=at)
    actions.post_roll(poll, by=cast.clerk, at=at + HOUR)
    actions.open_poll(poll, at=poll.opens_at)
    papers = list(poll.roll.exclude(place="3-1-101").order_by("pk").values_list("pk", flat=True))
    counts = {"yes": 31, "no": 7, "abstain": 2} if closes > 0 else {"yes": 14, "no": 4}
    given: dict[str, Any] = {"counts": counts, "at": poll.opens_at + DAY}
    batch = actions.count_papers(
        poll, entries=papers[: sum(counts.values())], by=cast.clerk, **given
    )
    actions.confirm_papers(batch, by=cast.second, **given)
    if closes > 0:
        actions.close_poll(poll, at=poll.closes_at)
        actions.publish_poll(Poll.objects.get(pk=poll.pk), by=cast.clerk, at=poll.closes_at + HOUR)


def _groups(cast: Cast) -> None:
    given: dict[str, Any] = {"by": cast.clerk, "at": cast.at - 120 * DAY}
    for kind, name, purpose, people in GROUPS:
        one = actions.register_group(
            community=cast.place, kind=kind, name=name, purpose=purpose, people=people,
            leader=a_name(cast.dice), **given,
        )  # fmt: skip
        for back, title in ((60, "重阳节慰问"), (20, "周末义诊引导")):
            actions.record_activity(
                one, title=title, on=localdate(cast.at - back * DAY), place="党群服务中心",
                people=cast.dice.randint(8, 40), by=cast.clerk, at=cast.at - back * DAY,
            )  # fmt: skip
    draft = actions.draft_convention(
        community=cast.place, name="居民公约", text=CONVENTION, **given
    )
    opens, closes = cast.at - 100 * DAY, cast.at - 95 * DAY
    poll = actions.vote_on_convention(draft, rule="community_households", is_secret=True, opens_at=opens, closes_at=closes, **given)  # fmt: skip
    rows = [{"name": a_name(cast.dice), "place": f"5-1-{n}01"} for n in range(1, 31)]
    made = actions.add_to_roll(poll, rows, **given)
    actions.post_roll(poll, **given)
    actions.open_poll(poll, at=opens)
    papers: dict[str, Any] = {"counts": {"yes": 24, "no": 2}, "at": opens + DAY}
    batch = actions.count_papers(
        poll, entries=[row.pk for row in made[:26]], by=cast.clerk, **papers
    )
    actions.confirm_papers(batch, by=cast.second, **papers)
    actions.close_poll(poll, at=closes)
    actions.publish_poll(Poll.objects.get(pk=poll.pk), by=cast.clerk, at=closes + HOUR)
    parties = [
        {"line": "community", "name": f"{cast.place.name}居委会", "task": "摸底登记，张贴告知"},
        {"line": "unit", "name": "街道卫生服务中心", "task": "每月一次上门义诊"},
        {"line": "sector", "name": "物业行业党委", "task": "督促物业加装扶手"},
        {"line": "residents", "name": "邻里帮扶协会", "task": "每周电话问候"},
    ]
    matter = actions.open_matter(
        community=cast.place, title="独居老人居家安全", parties=parties, by=cast.clerk,
        at=cast.at - 30 * DAY, text="六十户独居老人，逐户排查、加装、问候。",
    )  # fmt: skip
    actions.finish_part(matter.parties.order_by("pk")[0], by=cast.clerk, at=cast.at - 12 * DAY)


def _surveys(cast: Cast) -> None:
    street = cast.place.parent
    assert street is not None  # noqa: S101 (a community stands in a street)
    places = places_below(street)[:6]
    people = {place.pk: 700 + 90 * n for n, place in enumerate(places)}
    for wave, back, good in (("2025 年下半年", 210, 3.6), ("2026 年上半年", 60, 4.0)):
        at = cast.at - back * DAY
        one = actions.make_survey(
            region=street, title="社区服务满意度", wave=wave, opens_on=localdate(at),
            closes_on=localdate(at + 20 * DAY), template="satisfaction", by=cast.officer, at=at,
            intro="五道打分题，两分钟。不问姓名。",
        )  # fmt: skip
        actions.draw_sample(one, populations=people, total=90, by=cast.officer, at=at)
        actions.open_survey(one, by=cast.officer, at=at)
        for invite in Invite.objects.filter(stratum__questionnaire=one).order_by("pk"):
            if cast.dice.random() < 0.78:
                actions.answer_by_token(
                    token_of(invite.pk), _an_answer(cast.dice, good), at=at + DAY
                )
        one = actions.close_survey(one, at=at + 21 * DAY, by=cast.officer)
        actions.publish_survey(one, by=cast.officer, at=at + 22 * DAY)
    at = cast.at - 2 * DAY
    now = actions.make_survey(
        region=street, title="幸福指数", wave="2026 年", opens_on=localdate(at),
        closes_on=localdate(cast.at + 12 * DAY), template="wellbeing", by=cast.officer, at=at,
        takes_open=True, intro="说说您在这里住得怎么样。不问姓名。",
    )  # fmt: skip
    actions.draw_sample(now, populations=people, total=60, by=cast.officer, at=at)
    actions.open_survey(now, by=cast.officer, at=at)


def _an_answer(dice: Random, good: float) -> dict[str, str]:
    def score() -> str:
        return str(min(5, max(1, round(dice.gauss(good, 0.9)))))

    found = {f"q{n}": score() for n in range(1, 6)}
    return found | {"q6": f"a{dice.choice((1, 1, 2, 2, 3, 4, 5, 6))}", "q7": ""}


def _members(cast: Cast) -> None:
    """A campaign of items and a discussion of the street's committee."""
    secretary = User.objects.filter(username="secretary").first()
    unit = Org.objects.filter(posts__user=secretary, posts__role="secretary").first() if secretary else None  # fmt: skip
    if secretary is None or unit is None:
        return
    at = cast.at - 40 * DAY
    one = actions.start_item_campaign(
        org=unit, name="十联十送十带头", from_on=localdate(at), due_on=localdate(cast.at + 50 * DAY),
        least=2, by=secretary, at=at, text="每人认领两项以上，做一项填一项。",
    )  # fmt: skip
    items = list(one.items.order_by("pk"))
    members = Membership.objects.members().filter(unit__path__under=unit.path, person__user__isnull=False)  # fmt: skip
    for member in members.select_related("person__user").order_by("pk")[:12]:
        user = member.person.user
        assert user is not None  # noqa: S101 (only who has an account was looked for)
        for item in cast.dice.sample(items, 2):
            pick = actions.pick_item(item, by=user, at=at + 3 * DAY)
            if cast.dice.random() < 0.6:
                actions.finish_item(pick, note="已完成，对方表示满意。", on=localdate(at + 20 * DAY), by=user, at=at + 20 * DAY)  # fmt: skip
    talk = actions.start_discussion(
        org=unit, topic="提升服务效能，我能做什么", by=secretary, at=at,
        rounds=[("居民办事最烦的是哪一步", localdate(at + 10 * DAY)), ("能减掉什么", localdate(cast.at + 5 * DAY))],
    )  # fmt: skip
    first, second = talk.rounds.order_by("n")
    actions.contribute(first, text="同一份材料交三遍，能不能共享。", by=secretary, at=at + DAY)
    actions.contribute(
        second, text="先把打印件减掉，手机上看就行。", by=secretary, at=cast.at - DAY
    )
    actions.adopt_action(talk, text="窗口不再收身份证复印件", doer="一窗受理组", due_on=localdate(cast.at + 20 * DAY), by=secretary, at=cast.at - DAY)  # fmt: skip
