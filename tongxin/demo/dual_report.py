"""The demo's double report-in: units and members of the home street, pacts, rosters, posts, visits.

Everybody and every unit is made up. What is told is done by the actions of the pages; how turns of
the last weeks went is written down at once.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils.timezone import get_current_timezone, localdate

from tongxin.accounts.models import Delivery, Notice, User
from tongxin.dual_report import actions
from tongxin.dual_report.actions.rosters import WeeklySlot
from tongxin.dual_report.models import DutyTurn, MemberReport, Roster, WalkTarget
from tongxin.orgs.models import Membership, Org, Post, UnitKind
from tongxin.regions.models import Region

from .cast import Roster as Cast
from .cast import home_of, places_below

DAY = timedelta(days=1)
PLACES = 6  # communities of the home street in which units sit
# Units of one community each; how far each has come: 0 not reported, 1 reported, 2 with a pact.
UNITS = (
    ("第一小学党支部", "education", 2), ("社区卫生服务中心党支部", "health", 2),
    ("供电所党支部", "state_firm", 2), ("税务所党支部", "organ", 2),
    ("中心幼儿园党支部", "education", 2), ("恒达物业公司党支部", "private_firm", 2),
    ("派出所党支部", "organ", 2), ("为民社工服务中心党支部", "social_org", 1),
    ("农商银行支行党支部", "state_firm", 1), ("信达科技公司党支部", "private_firm", 0),
    ("中学党总支", "education", 2), ("自来水营业所党支部", "state_firm", 0),
)  # fmt: skip
OFFERS = (
    "会议室和停车位",
    "每月两名志愿者",
    "法律咨询",
    "义诊和健康讲座",
    "暑期托管教室",
    "应急物资",
)
TASKS = ("开放停车位", "义务维修日", "暑期托管班", "反诈宣传进小区", "楼道堆物清理")
PROOFS = ("在小区广场开展，12 人参加", "每晚开放 20 个车位", "服务居民 46 人次")
SKILLS = ("会修家电", "懂法律", "会理发", "会急救", "写毛笔字", "开过面包车")
POSTS = (  # title, service, days from now, wanted, claimed
    ("周末楼道清理", "environment", -9, 6, 5), ("社区食堂送餐", "elders", -5, 4, 4),
    ("文明路口劝导", "civic", -1, 6, 4), ("反诈宣传进小区", "policy", 2, 8, 3),
    ("冬至探望老人", "elders", 4, 4, 4), ("冬季扫雪突击队", "emergency", 6, 20, 7),
    ("困难家庭搬家帮忙", "relief", 3, 5, 2),
)  # fmt: skip
PLEDGES = (
    "一次告知，材料齐全当场办结",
    "老人来办事，全程陪着办",
    "电话响三声内有人接",
    "下班前的事不拖到明天",
)
WORDS = ("到岗准时，巡查认真", "劝导有礼，居民认可", "")


def make_dual_report(district: Region, dice: Random, *, at: datetime) -> int:
    """Let units and members of the home street report in; return how many members did."""
    home = home_of(district)
    street = home.parent
    assert street is not None  # noqa: S101 (a community stands in a street)
    places = sorted(places_below(street), key=lambda one: one.pk != home.pk)[:PLACES]
    staff = _staff(places)
    _units(places, staff, dice, at)
    reported = _members(places, staff, dice, at)
    _rosters(home, staff[home.pk], dice, at)
    _posts(home, staff[home.pk], at)
    _visits(home, at)
    _honours(home, staff[home.pk], at)
    # What was told weeks ago has been read since.
    old = {"key__contains": "report-in.", "at__lt": at - 3 * DAY}
    Notice.objects.filter(**old).delete()
    Delivery.objects.filter(key__contains="report-in.", created_at__lt=at - 3 * DAY).delete()
    return reported


def _staff(places: list[Region]) -> dict[int, User]:
    """Return the dispatcher of each community."""
    posts = Post.objects.filter(region__in=places, role=Post.Role.DISPATCHER).select_related("user")
    return {post.region_id: post.user for post in posts.order_by("-pk")}


# Units and pacts.


def _units(places: list[Region], staff: dict[int, User], dice: Random, at: datetime) -> None:
    above = Org.objects.filter(region=places[0].parent, kind=Org.Kind.PARTY).order_by("pk").first()
    cast, made = Cast(dice, at - 600 * DAY), []
    for n, (name, sector, stage) in enumerate(UNITS):
        place = places[0] if n < 5 else places[n % len(places)]
        unit = Org.objects.create(
            name=f"{place.short_name}{name}", kind=Org.Kind.PARTY, sector=sector, region=place,
            parent=above,
            unit_kind=UnitKind.GENERAL_BRANCH if name.endswith("总支") else UnitKind.BRANCH,
        )  # fmt: skip
        secretary = cast.add(f"unit-{n:02d}", is_staff=False)
        cast.post(secretary, unit.pk, Post.Role.SECRETARY, place.pk)
        made.append((unit, place, stage, secretary))
    cast.write()
    for n, (unit, place, stage, secretary) in enumerate(made):
        if stage:
            _unit_reports(
                unit=unit, place=place, stage=stage, secretary=secretary, desk=staff[place.pk], n=n,
                dice=dice, at=at,
            )  # fmt: skip


def _unit_reports(
    *,
    unit: Org,
    place: Region,
    stage: int,
    secretary: User,
    desk: User,
    n: int,
    dice: Random,
    at: datetime,
) -> None:
    then = at - (300 - 20 * n) * DAY
    report = actions.report_unit(
        unit=unit, community=place, contact=secretary.name, by=secretary, at=then,
        phone=f"1390003{n:04d}", offers=dice.choice(OFFERS),
    )  # fmt: skip
    if stage == 1 and n % 2:
        return  # waits to be confirmed
    report = actions.confirm_unit(report=report, by=desk, at=then + DAY)
    if stage < 2:
        return
    since = localdate(then) + 2 * DAY
    # One runs out soon, the others in the year to come.
    until = localdate(at) + (20 if n == 1 else 90 + 15 * n) * DAY
    pact = actions.draft_pact(
        report=report, title=f"{unit.name}与{place.name}共建协议",
        text="（样例）一、共同开展党建和为民服务。\n二、单位每季度至少参加一次社区活动。\n"
        "三、社区提出需求，安排活动，反馈情况。",
        from_date=since, to_date=until, by=desk, at=then + 2 * DAY,
    )  # fmt: skip
    actions.sign_pact(pact=pact, side="community", by=desk, at=then + 2 * DAY)
    if n != 4:  # one still waits for the unit's signature
        actions.sign_pact(pact=pact, side="unit", by=secretary, at=then + 3 * DAY)
        for k, title in enumerate(dice.sample(TASKS, 2)):
            due = since + (40 + 60 * k) * DAY
            task = actions.add_task(pact=pact, title=title, due_on=due, by=desk, at=then + 4 * DAY)
            if k == 0:
                done = min(then + 30 * DAY, at - DAY)
                actions.report_task(task=task, proof=dice.choice(PROOFS), by=secretary, at=done)
                if n % 3:
                    actions.check_task(task=task, accepted=True, by=desk, at=done)


# Members.


def _members(places: list[Region], staff: dict[int, User], dice: Random, at: datetime) -> int:
    """Report in-service members of the street's branches, three in four of them; Wang herself, too."""
    rows = Membership.objects.members().filter(unit__region__in=places, unit__unit_kind="branch")
    wang = rows.filter(person__user__username="volunteer").first()
    if wang is not None:
        Membership.objects.filter(pk=wang.pk).update(in_service=True)
    secretaries = {
        post.org_id: post.user
        for post in Post.objects.filter(role="secretary", org__region__in=places).select_related(
            "user"
        )
    }
    services = ("relief", "epidemic", "civic", "environment", "safety", "elders", "policy")
    count = 0
    chosen = rows.filter(in_service=True).select_related("person__user", "person__home")
    for n, member in enumerate(chosen.order_by("pk")):
        home, then = member.person.home, at - dice.randrange(40, 250) * DAY
        by = member.person.user or secretaries.get(member.unit_id)
        desk = staff.get(home.pk) if home else None
        is_wang = wang is not None and member.pk == wang.pk
        if home is None or by is None or desk is None or (n % 4 == 3 and not is_wang):
            continue
        waits = n % 9 == 4 and not is_wang
        then = at - dice.randrange(2, 50) * timedelta(hours=1) if waits else then
        report = actions.report_member(
            person=member.person, community=home, by=by, at=then, agreed=True,
            wants=dice.sample(services, 2), times=dice.choice((["evening"], ["evening", "weekend"], [])),
            note=dice.choice(SKILLS) if dice.random() < 0.4 else "",
        )  # fmt: skip
        if not waits and desk.pk != member.person.user_id:
            actions.confirm_member(report=report, by=desk, at=then + DAY)
            count += 1
    return count


# Rosters.


def _rosters(home: Region, desk: User, dice: Random, at: datetime) -> None:
    lng, lat = home.lng or 117.65, home.lat or 39.02
    opened = at - 36 * DAY
    for name, role, service, place, slots in (
        ("夜间平安巡逻", "patrol", "safety", "社区服务站门口",
         [WeeklySlot(day, time(19), time(21), 2) for day in (0, 2, 4)]),
        ("周末政策宣传", "herald", "policy", "小区中心广场", [WeeklySlot(5, time(9), time(11), 2)]),
    ):  # fmt: skip
        roster = actions.open_roster(
            community=home, name=name, role=role, service=service, place=place, lng=lng, lat=lat,
            slots=slots, by=desk, at=opened,
        )  # fmt: skip
        reports = MemberReport.objects.filter(
            community=home, state="confirmed", confirmed_at__lt=opened
        )
        for report in reports.select_related("person").order_by("pk")[:12]:
            actions.join_roster(
                roster=roster, report=report, by=desk, at=opened, times=report.times
            )
        if roster.posts.exists():
            _play_turns(roster, desk, dice, opened, at)


def _play_turns(roster: Roster, desk: User, dice: Random, opened: datetime, at: datetime) -> None:
    """Plan the weeks gone by and three to come; most were good, the last few wait for a verdict."""
    actions.plan_turns(
        roster=roster, since=localdate(opened), until=localdate(at) + 20 * DAY, by=desk, at=opened
    )
    gone = list(roster.turns.filter(ends_at__lt=at).order_by("starts_at", "pk"))
    for n, turn in enumerate(gone):
        turn.reminded_at = turn.starts_at - DAY
        if n % 13 == 5:
            turn.state = DutyTurn.State.MISSED
            continue
        turn.state = DutyTurn.State.SERVED
        turn.signed_in_at = turn.starts_at - timedelta(minutes=dice.randrange(12))
        turn.signed_out_at = turn.ends_at + timedelta(minutes=dice.randrange(9))
        turn.distance, turn.accuracy = dice.randrange(6, 120), dice.randrange(8, 40)
    fields = ["state", "signed_in_at", "signed_out_at", "distance", "accuracy", "reminded_at"]
    DutyTurn.objects.bulk_update(gone, fields)
    served = [turn for turn in gone if turn.state == DutyTurn.State.SERVED]
    for n, turn in enumerate(served[:-3]):
        verdict = "fair" if n == 7 and roster.role == "patrol" else "good"
        note = "中途接电话离岗较久" if verdict == "fair" else dice.choice(WORDS)
        actions.appraise(
            turn=turn, verdict=verdict, note=note, by=desk, at=min(turn.ends_at + DAY, at)
        )


# Posts to claim.


def _posts(home: Region, desk: User, at: datetime) -> None:
    people = list(User.objects.filter(volunteer__home=home).order_by("pk")[:12])
    people += list(User.objects.filter(volunteer__home__parent=home.parent).exclude(pk__in=[one.pk for one in people]).order_by("pk")[:12])  # fmt: skip
    for k, (title, service, days, wanted, claimed) in enumerate(POSTS):
        day = localdate(at) + days * DAY
        starts = datetime.combine(day, time(9), get_current_timezone())
        then = starts - 8 * DAY
        post = actions.offer_post(
            community=home, title=title, service=service, place="社区党群服务中心",
            starts_at=starts, ends_at=starts + timedelta(hours=2), wanted=wanted, by=desk,
            at=then, key=f"demo:{k}", text="统一发马甲和工具，穿方便活动的鞋。",
        )  # fmt: skip
        takers = [*people[:1], *people[1 + k :]] if k % 2 == 0 else people[1 + k :]
        for user in takers[:claimed]:
            claim = actions.claim_post(post=post, by=user, at=then + DAY)
            if days < -1 and starts < at:
                actions.confirm_claim(claim=claim, minutes=120, by=desk, at=starts + DAY / 4)
        if claimed == wanted and days > 0:
            actions.claim_post(post=post, by=takers[claimed], at=then + DAY, wait=True)


# Visits, honours, pledges.


def _visits(home: Region, at: datetime) -> None:
    officer = User.objects.filter(username="officer").first()
    leader = User.objects.filter(username="leader").first()
    walker = User.objects.filter(username="secretary").first()
    if officer is None or leader is None or walker is None:
        return
    year = localdate(at).year
    point = actions.set_contact_point(
        leader=leader, region=home, wanted=12, by=officer, at=at - 90 * DAY
    )
    for n in range(5):
        visit = actions.plan_visit(
            point=point, household=f"{n + 1} 号楼 {n + 2}01", by=officer, at=at - 80 * DAY,
            planned_on=localdate(at) + (9 * n - 30) * DAY,
        )  # fmt: skip
        if n < 3:
            actions.record_visit(
                visit=visit, by=leader, at=at - (30 - 9 * n) * DAY, note="谈了停车和楼道照明",
                needs=("加装充电桩", "", "楼道灯更换")[n],
            )  # fmt: skip
    labels = [f"{n + 1} 号楼 {k}01" for n in range(4) for k in (1, 3)]
    for kind in ("branches", "grids", "residents", "households"):
        if (
            kind == "residents"
            and not Org.objects.filter(region__path__under=home.path, kind="unit").exists()
        ):
            Org.objects.bulk_create(
                Org(name=f"{home.short_name}{name}", kind=Org.Kind.UNIT, region=home)
                for name in ("第一小学", "供电所", "农商银行支行")
            )
        walk = actions.set_walk(
            walker=walker,
            region=home,
            kind=kind,
            year=year,
            by=officer,
            at=at - 80 * DAY,
            labels=labels,
        )
        targets = list(WalkTarget.objects.filter(walk=walk))
        for target in targets[: max(len(targets) * 2 // 3, 1)]:
            if (at - 20 * DAY).year == year:
                actions.tick_target(target=target, by=walker, at=at - 20 * DAY)


def _honours(home: Region, desk: User, at: datetime) -> None:
    secretary = User.objects.filter(username="secretary").first()
    post = Post.objects.filter(user=secretary, role="secretary").select_related("org").first()
    if post is not None and secretary is not None:
        rows = Membership.objects.members().filter(unit=post.org).select_related("person")
        people = [member.person for member in rows.order_by("pk")[:8]]
        for n, person in enumerate(people[:5]):
            actions.set_duty_area(
                kind="pioneer" if n == 4 else "area", unit=post.org, person=person, region=home,
                place="便民服务窗口" if n == 4 else f"{n + 1} 号楼",
                duty="带头亮身份、作承诺" if n == 4 else "联系住户，收集诉求，报告隐患",
                by=secretary, at=at - 100 * DAY,
            )  # fmt: skip
        scores = {person: Decimal(98 - 3 * n) for n, person in enumerate(people)}
        actions.hold_contest(
            unit=post.org, title="网格业务比武", subject="政策问答和入户实操",
            held_on=localdate(at) - 25 * DAY, scores=scores, by=secretary, at=at - 24 * DAY,
        )  # fmt: skip
    office = Org.objects.filter(region=home, kind=Org.Kind.COMMUNITY).order_by("pk").first()
    if office is None:
        return
    held = Post.objects.filter(org=office).select_related("user").order_by("pk")
    users = list({post.user_id: post.user for post in held}.values())
    for user, words in zip(users[:4], PLEDGES, strict=False):
        actions.make_pledge(
            window=office,
            user=user,
            post="便民服务窗口",
            text=words,
            by=user,
            at=at - 60 * DAY,
            agreed=True,
        )
