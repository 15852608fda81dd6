"""The demo's visits: two weeks of rounds in the home community, a round to all communities, style checks,
an unannounced plan half made, office points, a three-stage acceptance. Everything goes through the actions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import User
from tongxin.campaigns.actions import ask_for_plan
from tongxin.fieldwork import actions, queries
from tongxin.fieldwork.models import Checklist, Item, Plan, Visit
from tongxin.fieldwork.queries.asking import is_bad
from tongxin.findings.actions import load_kinds
from tongxin.orgs.models import Org
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region

from .campaigns import admission_list
from .cast import home_of
from .pictures import draw

DAY = timedelta(days=1)
DAYS = 10  # of rounds before the visitor comes
MOST_PHOTOS = 6  # decoding a photo takes a while
SCENES = ("bins", "corridor", "road")
NOTES = (
    ("转了一圈，秩序正常。", "calm"),
    ("提醒两家商户不要把货摆到盲道上。", "calm"),
    ("居民问加装电梯什么时候开工，已记下。", "worried"),
    ("楼下停车挤，有住户意见很大，约好周五一起商量。", "upset"),
    ("老人说楼道灯换好了，挺满意。", "calm"),
)
SAID = ("想多一排路灯", "快递柜不够用", "希望周末也能办证", "健身器材松了")
HOMES = ("3号楼2门", "5号楼1门", "8号楼4门", "11号楼2门", "14号楼3门", "17号楼1门")
MATTERS = (
    ("补办老年证", True), ("医保缴费咨询", True), ("楼道灯不亮", False), ("流动党员转关系咨询", True),
)  # fmt: skip


class Walk:
    """Those who walk, and what they find; chance is the demo's own."""

    def __init__(self, dice: Random, at: datetime) -> None:
        self.dice, self.at = dice, at
        self.photos = 0
        self.items: dict[int, list[Item]] = {}

    def make(
        self, visit: Visit, when: datetime, *, answers: dict | None = None, **more: Any
    ) -> None:
        """Begin a visit near its place and finish it a while later."""
        worker = visit.team.select_related("user").order_by("-is_lead", "pk").first()
        if worker is None:
            return
        by = worker.user
        place = queries.place_of(visit)
        off = self.dice.choice((0.0002, 0.0004, 0.0006, 0.0003, 0.02))
        where = (
            {"lng": place[0] + off, "lat": place[1] + off / 2, "accuracy": 18} if place else None
        )
        actions.begin_visit(visit, at=when, by=by, place=where)
        after = when + timedelta(minutes=self.dice.randint(8, 35))
        note, mood = self.dice.choice(NOTES)
        actions.finish_visit(
            visit, answers=answers or self.answers(visit, by, after), at=after, by=by,
            **{"note": note, "mood": mood, "key": f"demo:{visit.number}"} | more,
        )  # fmt: skip

    def answers(self, visit: Visit, by: User, at: datetime) -> dict[str, dict[str, Any]]:
        if visit.checklist is None:
            return {}
        items = self.items.setdefault(
            visit.checklist.pk, list(visit.checklist.items.order_by("number"))
        )
        found: dict[str, dict[str, Any]] = {}
        for item in items:
            values = {code: one["value"] for code, one in found.items()}
            if item not in queries.asked_items(items, values):
                continue
            value = self.value(item)
            found[item.code] = {"value": value, "photos": self.proof(item, value, by, at)}
        return found

    def value(self, item: Item) -> Any:
        rare = self.dice.random() < 0.06 and (
            item.needs_photo == Item.Photos.NO or self.photos < MOST_PHOTOS
        )
        if item.type == Item.Type.YES_NO:
            good = "no" if item.bad_when == "yes" else "yes"
            return item.bad_when if rare and item.bad_when else good
        if item.type == Item.Type.CHOICE:
            options = [one["value"] for one in item.options]
            bad = item.bad_when.split("|") if item.bad_when else []
            return self.dice.choice(bad if rare and bad else [o for o in options if o not in bad])
        if item.type == Item.Type.SCORE:
            most = float(item.max_score)
            return round(most * self.dice.choice((0.5,) if rare else (0.8, 0.9, 0.9, 1.0)), 1)
        if item.type == Item.Type.NUMBER:
            return self.dice.randint(4, 12)
        return self.dice.choice(SAID)

    def proof(self, item: Item, value: Any, by: User, at: datetime) -> list[str]:
        bad = is_bad(item, value)
        if not (item.needs_photo == Item.Photos.ALWAYS or (bad and item.needs_photo != "no")):
            return []
        self.photos += 1
        return [
            str(
                keep_photo(
                    data=draw(SCENES[self.photos % 3], self.photos % 2, done=False), by=by, at=at
                ).pk
            )
        ]


def make_fieldwork(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the plans and play the last two weeks; return how many visits were made."""
    people = {user.username: user for user in User.objects.filter(username__in=NAMED)}
    if len(people) < len(NAMED):
        return 0
    actions.load_samples(at=at)
    load_kinds()
    home, street = home_of(district), home_of(district).parent
    if street is None:
        return 0
    walk = Walk(dice, at)
    today = localdate(at)
    admission_list(district, at=at)
    _plans(home, street, people, today, at)
    _days(walk, today)
    _points(walk, home, people, today)
    _acceptance(walk, home, people, today)
    return Visit.objects.filter(state=Visit.State.DONE).count()


NAMED = ("dispatcher", "officer", "inspector", "district", "grid_worker")


def _list(code: str) -> Checklist:
    return Checklist.objects.get(code=code, version=1)


def _moment(day: date, hour: int, minute: int = 0) -> datetime:
    return make_aware(datetime.combine(day, time(hour, minute)))


def _plans(home: Region, street: Region, people: dict, today: date, at: datetime) -> None:
    since = today - DAYS * DAY
    made = _moment(since - DAY, 9)
    plan = actions.make_plan
    plan(
        kind="patrol", name="网格每日巡查", region=home, target_kind="grid", every="workdays",
        starts_on=since, by=people["dispatcher"], at=made, checklist=_list("daily-patrol"),
    )  # fmt: skip
    plan(
        kind="contact", name=f"{today.year}年走遍社区", region=street, target_kind="community",
        every="once", days=330, starts_on=since, assign="each", by=people["officer"], at=made,
        people=[people["officer"], people["inspector"]], checklist=_list("contact-visit"),
    )  # fmt: skip
    homes = [{"name": f"{home.short_name}{one}", "region": home, "lng": home.lng, "lat": home.lat} for one in HOMES]  # fmt: skip
    plan(
        kind="household", name="联点访户", region=home, target_kind="household", every="times",
        times=2, period="month", starts_on=since, assign="rotate", targets=homes,
        people=[people["dispatcher"], people["officer"]], by=people["dispatcher"], at=made,
        checklist=_list("household-visit"),
    )  # fmt: skip
    plan(
        kind="style", name="机关作风检查", region=street, target_kind="org", org_kind="community",
        every="monthly", month_day=max(1, (today - 5 * DAY).day), days=10, starts_on=since,
        assign="named", people=[people["inspector"]], by=people["district"], at=made,
        checklist=_list("style-check"), admission_code="A25",
    )  # fmt: skip
    asked = plan(
        kind="inspection", name="社区台账规范检查", region=street, target_kind="community",
        every="monthly", month_day=15, days=5, starts_on=today, assign="named", at=made,
        people=[people["officer"]], by=people["officer"],
    )  # fmt: skip
    ask_for_plan(
        asked, reason="年底考核前核对台账", at=at - timedelta(hours=3), by=people["officer"]
    )
    plan(
        kind="unannounced", name="党群服务中心周末暗访", region=street, target_kind="community",
        every="once", days=45, starts_on=since, assign="named", people=[people["inspector"]],
        unannounced=True, by=people["district"], at=made, checklist=_list("centre-visit"),
    )  # fmt: skip


def _days(walk: Walk, today: date) -> None:
    """Play the days: what falls due is made, most of it is walked, the rest is missed."""
    mine = Plan.objects.filter(source_kind="")
    for n in range(DAYS, -1, -1):
        day = today - n * DAY
        actions.visits_due(at=_moment(day, 0, 5))
        due = Visit.objects.filter(plan__in=mine, state=Visit.State.PLANNED, due_from__lte=day)
        for visit in list(due.select_related("region", "checklist", "plan").order_by("number")):
            chance = 0.88 if visit.due_on == day else 0.05
            hour = walk.dice.randint(8, 16)
            when = _moment(day, hour, walk.dice.randint(0, 59))
            if when < walk.at - timedelta(hours=2) and walk.dice.random() < chance:
                walk.make(visit, when)
        actions.missed_due(at=_moment(day, 0, 10))


def _points(walk: Walk, home: Region, people: dict, today: date) -> None:
    by, team = people["dispatcher"], [people["dispatcher"], people["grid_worker"]]
    for days, announce in ((-6, True), (1, True), (4, True), (9, False)):
        day = today + days * DAY
        point = actions.plan_point(
            title=f"{home.short_name}流动办公点", region=home, workers=team, by=by,
            place_name=f"{home.short_name}{('凉亭', '北门', '广场')[days % 3]}",
            opens_at=_moment(day, 9), closes_at=_moment(day, 11), announce=announce,
            services="医保缴费、老年证、居住证明、困难申请", at=_moment(min(day, today) - 3 * DAY, 10),
            lng=home.lng, lat=home.lat,
        )  # fmt: skip
        if days < 0:
            walk.make(point.visit, _moment(day, 9, 2), answers=_held(walk, point.visit, by, day))
            for text, settled in MATTERS:
                actions.take_matter(
                    visit=point.visit, text=text, is_settled=settled, by=by, at=_moment(day, 10)
                )
            actions.count_received(point=point, received=23, by=by, at=_moment(day, 11))


def _held(walk: Walk, visit: Visit, by: User, day: date) -> dict:
    return walk.answers(visit, by, _moment(day, 10))


def _acceptance(walk: Walk, home: Region, people: dict, today: date) -> None:
    """One branch through the three stages of acceptance: itself, the street, the district."""
    unit = Org.objects.units().filter(region=home).order_by("path").first()
    stages = (
        ("accept-self", "dispatcher", 12), ("accept-street", "officer", 8),
        ("accept-district", "inspector", 3),
    )  # fmt: skip
    for code, who, days in stages:
        checklist, day = _list(code), today - days * DAY
        visit = actions.plan_visit(
            kind="acceptance", title=f"{unit.name if unit else home.name} · {checklist.name}",
            region=home, by=people[who], at=_moment(day - DAY, 15), checklist=checklist,
            due_from=day, due_on=day + 2 * DAY, workers=[people[who]], visited=unit,
            lng=home.lng, lat=home.lat,
        )  # fmt: skip
        if queries.waits_for(visit):
            break  # the stage before was not passed
        walk.make(visit, _moment(day, 14))
