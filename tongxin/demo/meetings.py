"""The demo's organisation life: the rules, a year of the home branch with two gaps, a few months of
its neighbours, a review on its way, study, a hard task. Everything goes through the actions, as
people would have done it; people and words are made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import Notice, User
from tongxin.meetings import actions
from tongxin.meetings.models import Attendance, Decision, Meeting, StudyGroup
from tongxin.orgs.models import Membership, Org, Post

NEIGHBOURS = 3  # branches beside the home branch that hold meetings too
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THEMES = (
    ("学党章，讲身边事", "room"), ("清洁家园，美化楼道", "site"), ("走访独居老人", "site"),
    ("红色遗址现场课", "red_site"), ("反诈宣传进楼栋", "site"), ("与驻区单位共学共建", "alliance"),
)  # fmt: skip
LECTURES = (
    "支部工作条例怎么用",
    "网格里的党员怎么当",
    "从老旧小区改造看群众路线",
    "新时代的志愿精神",
)
PLACES = {
    "room": "社区党群服务中心二楼", "site": "三号楼前小广场", "red_site": "大沽口炮台遗址",
    "alliance": "港务公司党员活动室",
}  # fmt: skip
MINUTES = (
    "书记主持，清点人数后开会。集中学习《中国共产党章程》有关章节，逐条对照。\n"
    "发言：楼道堆物要先从党员家门口清起；建议每月第一个周六集中清理。\n"
    "议定：先整治三号楼，责任到人，下次主题党日通报进展。"
)
Part, Status = Attendance.Part, Attendance.Status


@dataclass(frozen=True)
class Cast:
    """Whose meetings they are, who records and who approves them, and chance."""

    unit: Org
    by: User
    organiser: User
    dice: Random


def make_meetings(dice: Random, *, at: datetime) -> int:
    """Make the organisation life of a few branches; return how many meetings."""
    actions.load_rules(at=at - 400 * DAY, by=None)
    posts = Post.objects.filter(role="secretary", org__unit_kind="branch", to_date=None)
    over = Post.objects.filter(user__username="organiser", role="organiser")
    if (office := over.select_related("org", "user").first()) is None:
        return 0
    posts = posts.filter(org__path__under=office.org.path)
    secretaries = list(posts.select_related("org__parent", "user").order_by("pk")[: 1 + NEIGHBOURS])
    if not secretaries:
        return 0
    today, organiser = localdate(at), office.user
    home, others = secretaries[0], secretaries[1:]
    _year(Cast(home.org, home.user, organiser, dice), today)
    for post in others:
        cast = Cast(post.org, post.user, organiser, dice)
        _hold(cast, "theme_day", 0, today - 12 * DAY)
    _now(home.org, home.user, dice, at)
    _study(home.org, home.user, organiser, today, at)
    _review(home.org, home.user, today, at)
    _talks(home.org, home.user, today, at)
    _series(home.org, home.user, dice, at)
    # What was told weeks ago has been read since.
    old = Notice.objects.filter(key__startswith="meeting:", at__lt=at - 4 * DAY)
    old.delete()
    return Meeting.objects.count()


def _when(day: date, hour: int = 14) -> datetime:
    return make_aware(datetime.combine(day, time(hour, 30)))


def _year(cast: Cast, today: date) -> None:
    """Twelve theme days but two, general meetings, lectures: so the year has something missing."""
    for month in range(1, today.month):
        day = date(today.year, month, 8 + month % 5)
        if month not in (2, 7):
            _hold(cast, "theme_day", month, day)
        if month % 3 == 2:
            _hold(cast, "general_meeting", month, day + 6 * DAY, votes=True)
        if month % 3 == 0:
            _hold(cast, "lecture", month, day + 4 * DAY)


def _title(kind: str, n: int) -> tuple[str, str]:
    if kind == "theme_day":
        return THEMES[n % len(THEMES)]
    if kind == "lecture":
        return LECTURES[n % len(LECTURES)], ("site" if n % 2 else "room")
    return "讨论决定支部重要事项", "room"


def _plan(unit: Org, by: User, kind: str, n: int, day: date, at: datetime, **more) -> Meeting:
    title, venue = _title(kind, n)
    starts = more.pop("starts_at", None) or _when(day)
    return actions.plan_meeting(
        unit=unit, kind=kind, title=more.pop("title", title), starts_at=starts,
        ends_at=starts + 2 * HOUR, venue=PLACES[venue], venue_kind=venue, chair=by.name,
        speaker=by.name if kind == "lecture" else "", by=by, at=at,
        agenda="1. 集中学习\n2. 通报情况\n3. 讨论表决", **more,
    )  # fmt: skip


def _come(meeting: Meeting, by: User, dice: Random) -> Meeting:
    """Let nearly all come; one asks leave."""
    rows = list(meeting.attendances.filter(part=Part.MEMBER).order_by("pk"))
    away = set(dice.sample([row.pk for row in rows], len(rows) // 10))
    marked = {row.pk: ("leave", "外出") if row.pk in away else ("present", "") for row in rows}
    actions.mark_attendance(meeting=meeting, statuses=marked, by=by, at=meeting.starts_at)
    return actions.hold_meeting(meeting=meeting, by=by, at=meeting.starts_at)


def _hold(cast: Cast, kind: str, n: int, day: date, *, votes: bool = False) -> Meeting:
    """Plan, announce, hold, record and approve a meeting of the past."""
    by = cast.by
    meeting = _plan(cast.unit, by, kind, n, day, _when(day, 9) - 4 * DAY)
    meeting = actions.send_notice(meeting=meeting, by=by, at=_when(day, 9) - 3 * DAY)
    meeting = _come(meeting, by, cast.dice)
    if votes:
        _vote(meeting, by)
    steps = [step.title for step in meeting.rule.steps.all()] if meeting.rule else []
    meeting = actions.record_minutes(
        meeting=meeting, minutes=MINUTES, by=by, at=meeting.ends_at, steps=steps
    )
    return actions.approve(meeting=meeting, by=cast.organiser, at=meeting.ends_at + 20 * HOUR)


def _vote(meeting: Meeting, by: User) -> Decision:
    here = meeting.attendances.filter(votes=True, status=Status.PRESENT).count()
    return actions.decide(
        meeting=meeting, text="同意三号楼楼道整治方案，党员带头清理。", method="hands",
        in_favour=here - 1, against=0, abstain=1, by=by, at=meeting.ends_at,
    )  # fmt: skip


def _now(unit: Org, by: User, dice: Random, at: datetime) -> None:
    """What a visitor finds: one to be recorded, one that begins now, one announced, one planned."""
    today = localdate(at)
    waits = actions.send_notice(
        meeting=_plan(unit, by, "general_meeting", 0, today - 2 * DAY, at - 6 * DAY),
        by=by, at=at - 5 * DAY,
    )  # fmt: skip
    _come(waits, by, dice)
    soon = at + timedelta(minutes=20)
    here = _plan(
        unit,
        by,
        "study_session",
        0,
        today,
        at - 3 * DAY,
        starts_at=soon,
        title="集中学习：全会精神",
    )
    actions.send_notice(meeting=here, by=by, at=at - 2 * DAY)
    week = _plan(unit, by, "life_meeting", 0, today + 6 * DAY, at - DAY, title="年度组织生活会")
    actions.send_notice(meeting=week, by=by, at=at - 5 * HOUR)
    _plan(unit, by, "theme_day", 1, today + 9 * DAY, at - HOUR)


def _study(unit: Org, by: User, organiser: User, today: date, at: datetime) -> None:
    """The street's plan of the quarter, a youth group, a hard task it took, the learning app."""
    street = Org.objects.get(pk=Post.objects.get(user=organiser, role="organiser").org_id)
    quarter = (today.month + 2) // 3
    plan = actions.draft_plan(
        unit=street, year=today.year, quarter=quarter, by=organiser, at=at - 20 * DAY
    )
    actions.issue_plan(plan=plan, by=organiser, at=at - 3 * DAY)
    first = plan.lessons.order_by("seq").first()
    if first is not None:
        actions.finish_lesson(
            lesson=first, unit=unit, by=by, at=at - 9 * DAY, note="主题党日集中学习"
        )
    rows = Membership.objects.members().filter(unit=unit).select_related("person").order_by("pk")
    people = [row.person for row in rows[:8]]
    group = actions.found_group(
        unit=unit, kind=StudyGroup.Kind.YOUTH, name=f"{unit.name}青年理论学习小组",
        leader=people[0], members=people, founded_on=today - 300 * DAY, by=by, at=at - 30 * DAY,
    )  # fmt: skip
    task = actions.post_task(
        unit=street, tag="emergency", title="强降雨前低洼小区排查", by=organiser, at=at - 2 * DAY,
        text="走访全部地下车库和低层住户，登记隐患。", due_on=today + 2 * DAY,
    )  # fmt: skip
    actions.take_up(task=task, group=group, by=by, at=at - DAY)
    members = rows.count()
    actions.count_app(unit=unit, registered=members * 9 // 10, on=today, by=by, at=at)


def _review(unit: Org, by: User, today: date, at: datetime) -> None:
    """This year's review, open for the members' own appraisals; a few are in on paper."""
    review = actions.open_review(unit=unit, year=today.year, by=by, at=at - 3 * DAY)
    rows = list(review.results.exclude(membership__person__user__username="volunteer"))
    for row in rows[: len(rows) // 2]:
        actions.paper_self(result=row, by=by, at=at - 2 * DAY, grade="qualified")


def _talks(unit: Org, by: User, today: date, at: datetime) -> None:
    rows = Membership.objects.members().filter(unit=unit).select_related("person").order_by("pk")
    mine = next((row.person for row in rows if row.person.user_id == by.pk), None)
    if mine is None:
        return
    for n, person in enumerate([row.person for row in rows if row.person != mine][:5]):
        on = today - (10 + 9 * n) * DAY
        actions.record_talk(unit=unit, who=mine, whom=person, on=on, by=by, at=at)


def _series(unit: Org, by: User, dice: Random, at: datetime) -> None:
    """A matter that needs several meetings: departments and an agency at the table (S0.3, S0.8)."""
    series = actions.open_series(unit=unit, subject="三号楼加装电梯", by=by, at=at - 20 * DAY)
    day = localdate(at) - 15 * DAY
    meeting = _plan(
        unit, by, "coordination", 0, day, at - 18 * DAY, title="加装电梯第一次协调会", series=series
    )
    for name, part, agency in (("周工", "department", "水务局"), ("吴评", "agency", "某检测公司")):
        actions.invite(
            meeting=meeting, by=by, at=at - 17 * DAY, name=name, part=part, agency=agency
        )
    _come(actions.send_notice(meeting=meeting, by=by, at=at - 17 * DAY), by, dice)
    actions.raise_point(
        meeting=meeting, text="出具地下管线图", owner="水务局", due_on=localdate(at) + 5 * DAY, by=by,
        at=at - 14 * DAY,
    )  # fmt: skip
