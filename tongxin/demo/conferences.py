"""The demo's joint conferences: a body everywhere, a year of the home street, its resolutions at
every step, lists that met, a package, an activity. People and words are made up; all by the actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.contrib.auth.hashers import make_password
from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import Notice, User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.conferences import actions
from tongxin.conferences.models import ConferenceBody, MemberKind, Resolution, Session
from tongxin.meetings import actions as meetings
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from .cast import PASSWORD, home_of
from .pictures import photo
from .replay import told

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MINUTES = (
    "主持人通报上次会议决议的办理情况，成员单位逐项核对。\n"
    "会议逐项研究议题：有关部门说明现场情况和办理条件，驻区单位提出可以提供的场地和人员。\n"
    "议定事项见决议，由街道党政办跟踪，下次会议通报。"
)
# Title, work, place, kind of scene, how far: closed · reported · doing · late.
RESOLVED = (
    ("学校门口加装护栏", "机非隔离护栏约 300 米，路口加密", "杭州道小学门前", "0501", "closed"),
    ("补划消防通道标线", "三个小区消防通道标线和禁停标志", "北塘片区老旧小区", "0703", "closed"),
    ("路灯修复", "背街小巷路灯 26 盏", "河南路背街", "0401", "reported"),
    ("雨水井清掏", "汛期前清掏雨水井 120 处", "杭州道沿线", "0402", "doing"),
    ("非机动车棚改造", "加装棚顶和充电桩 4 处", "贻成里小区", "0404", "late"),
)  # fmt: skip
NEEDS = (
    ("清理楼道杂物", "people", 12, "搬运 保洁"), ("周末课业辅导教室", "room", 1, ""),
    ("独居老人助浴", "service", 8, "养老 护理"), ("反诈宣讲", "service", 4, "法律 宣讲"),
    ("社区食堂桌椅", "goods", 30, ""), ("困难学生助学金", "money", 2_000_000, ""),
    ("义诊", "service", 2, "医疗"), ("台风前树枝修剪", "people", 6, "园林"),
)  # fmt: skip
SUPPLIES = (
    ("党员先锋队", "people", 20, "搬运 保洁"), ("会议室和教室（工作日晚上）", "room", 2, ""),
    ("医护志愿服务", "service", 6, "医疗 护理 养老"), ("公益法律服务", "service", 6, "法律 宣讲"),
    ("闲置桌椅", "goods", 40, ""), ("助学捐款", "money", 3_000_000, ""),
)  # fmt: skip
PROJECTS = (
    "上门办证", "家电维修日", "暑期托管", "企业用工对接", "楼宇食堂", "政策上门讲", "适老化改造",
    "一刻钟便民圈", "招商服务专班", "证照代办",
)  # fmt: skip

PACKAGES = (
    ("民生服务下沉包（示例）", "医疗、法律、就业服务下沉到街道，由街道统一安排场次，区里按月确认。样例，供参考。"),
    ("社区减负赋权包（示例）", "把便民服务的安排权交给街道，减少重复报表。样例，供参考。"),
)  # fmt: skip
BROUGHT = ("组织居民骨干", "垃圾清运车一辆", "消防讲解员两名", "")


@dataclass(frozen=True)
class Scene:
    """The home street and community with who runs their bodies, and chance."""

    street: ConferenceBody
    home: ConferenceBody
    secretary: User
    host: User
    desk: User
    organiser: User
    dice: Random


def make_conferences(district: Region, dice: Random, *, at: datetime) -> int:
    """Make bodies, sessions, resolutions and lists; return how many bodies."""
    founder = User.objects.filter(username="district").first()
    home = home_of(district)
    desk = User.objects.filter(username="dispatcher").first()
    organiser = User.objects.filter(username="organiser").first()
    if founder is None or desk is None or organiser is None or home.parent is None:
        return 0
    since = at - 380 * DAY
    made = actions.found_bodies(district=district, by=founder, at=since)
    street = ConferenceBody.objects.select_related("org", "region").get(region=home.parent)
    body = ConferenceBody.objects.select_related("org", "region").get(region=home)
    if street.org is None or body.org is None:
        return made
    scene = Scene(
        street, body, _secretary(street, "street_secretary", "唐颖"),
        _secretary(body, "community_secretary", "周岚"), desk, organiser, dice,
    )  # fmt: skip
    _seats(scene, since)
    sessions = _sessions(scene, at)
    _resolutions(scene, sessions, at)
    _ahead(scene, at)
    _lists(scene, at)
    _activity(scene, at)
    _packages(scene, founder, at)
    Notice.objects.filter(url__startswith="/conferences/", at__lt=at - 4 * DAY).delete()
    return made


def _secretary(body: ConferenceBody, username: str, name: str) -> User:
    user, _made = User.objects.get_or_create(
        username=username, defaults={"name": name, "password": make_password(PASSWORD)}
    )
    Post.objects.get_or_create(user=user, org=body.org, role="secretary", region=body.region)
    return user


def _seats(scene: Scene, since: datetime) -> None:
    """Seat departments in the street's body; branches and the office in the community's."""
    kinds = {kind.code: kind for kind in MemberKind.objects.all()}
    district = scene.street.region.parent
    departments = Org.objects.filter(
        kind=Org.Kind.DEPARTMENT, region=district, posts__role="handler"
    ).distinct()
    units = Org.objects.filter(kind="unit", region__path__under=scene.street.region.path)
    office = Org.objects.filter(region=scene.home.region, kind=Org.Kind.COMMUNITY).first()
    wanted = [(scene.street, org, "district_unit", "承担辖区城市治理职能")
              for org in departments.order_by("pk")[:4]]  # fmt: skip
    wanted += [(scene.street, org, "resident_unit", "辖区重点单位，职工多、场地足")
               for org in units.order_by("pk")[:3]]  # fmt: skip
    if office is not None:
        wanted.append((scene.home, office, "resident_unit", "熟悉情况，负责日常"))
    for body, org, kind, why in wanted:
        user = User.objects.filter(posts__org=org, posts__to_date=None).order_by("pk").first()
        actions.seat_member(
            body=body, kind=kinds[kind], org=org, representative=user,
            rep_name=user.name if user else "代表", why=why, from_date=localdate(since),
            by=scene.organiser, at=since,
        )  # fmt: skip
    for name, kind in (("好邻居物业公司", "property"), ("贻成里业委会", "owners")):
        actions.seat_member(
            body=scene.home, kind=kinds[kind], name=name, rep_name="负责人",
            why="管着小区里的日常事务", from_date=localdate(since), by=scene.organiser, at=since,
        )  # fmt: skip


def _moment(day: date) -> datetime:
    return make_aware(datetime.combine(day, time(14, 30)))


def _sessions(scene: Scene, at: datetime) -> list[Session]:
    """Hold three sessions of the street and two of the community, the last without its minutes."""
    made = []
    plan = [(scene.street, scene.secretary, days) for days in (250, 160, 70)]
    plan += [(scene.home, scene.host, days) for days in (48, 12)]
    for n, (body, by, days) in enumerate(plan):
        starts = _moment(localdate(at) - days * DAY)
        session = _hold(scene, body, by, starts, f"{n}")
        if days != 12:
            _record(session, by, scene.organiser, starts)
        made.append(session)
    return made


def _hold(scene: Scene, body: ConferenceBody, by: User, starts: datetime, key: str) -> Session:
    before = starts - 6 * DAY
    titles = ("道路和停车", "汛期和安全", "楼道和环境") if body is scene.street else ("楼道和环境",)
    items = [
        actions.propose_item(
            body=body, kind=kind, title=f"{title}问题", by=by, at=before,
            text="居民反映较多，请有关单位现场核实。",
        )
        for title, kind in zip(titles, ("major", "service", "deliberation"), strict=False)
    ]  # fmt: skip
    session = actions.plan_session(
        body=body, starts_at=starts, ends_at=starts + 2 * HOUR, venue="党群服务中心会议室", by=by,
        at=before, key=key,
    )  # fmt: skip
    actions.set_agenda(session=session, items=items, by=by, at=before)
    actions.announce_session(session=session, by=by, at=before)
    rows = list(session.meeting.attendances.order_by("pk"))
    statuses = {row.pk: ("present", "") for row in rows}
    if len(rows) > 3:
        statuses[rows[-1].pk] = ("leave", "出差")
    meetings.mark_attendance(meeting=session.meeting, statuses=statuses, by=by, at=starts)
    meetings.hold_meeting(meeting=session.meeting, by=by, at=starts)
    session.refresh_from_db()
    for item in items:
        actions.decide_item(
            item=item, decision="同意，由责任单位限期办理，下次会议通报。", by=by, at=starts + HOUR
        )
    return session


def _record(session: Session, by: User, organiser: User, starts: datetime) -> None:
    at = starts + 3 * HOUR
    meetings.record_minutes(meeting=session.meeting, minutes=MINUTES, by=by, at=at)
    meetings.approve(meeting=session.meeting, by=organiser, at=at + HOUR)


def _resolutions(scene: Scene, sessions: list[Session], at: datetime) -> None:
    """Resolve at the street's sessions; carry some out, let one run late."""
    street = [one for one in sessions if one.body_id == scene.street.pk]
    seats = list(scene.street.members.filter(org__kind="department").select_related("org"))
    for n, (title, work, place, scene_of, far) in enumerate(RESOLVED):
        session = street[min(n, len(street) - 1)] if n else street[0]
        made_at = session.meeting.starts_at + 2 * HOUR
        due = localdate(made_at) + timedelta(days=40 if far in ("closed", "late") else 100)
        one = told(
            actions.resolve, session=session, title=title, work=work, place=place, due_on=due,
            units=[seats[n % len(seats)].org], item=session.items.order_by("seq").first(),
            by=scene.secretary, at=made_at,
        )  # fmt: skip
        _carry_out(scene, one, scene_of, far, made_at)


def _carry_out(scene: Scene, one: Resolution, item: str, far: str, since: datetime) -> None:
    task = one.tasks.select_related("org", "case").get()
    doer = User.objects.filter(posts__org=task.org, posts__to_date=None).order_by("pk").first()
    if doer is None:
        return

    def move(name: str, at: datetime, actor: User, **given) -> None:
        told(make_move, Case.objects.get(pk=task.pk), name, at=at, actor=actor, **given)

    move("accept", since + DAY, doer)
    move("progress", since + 8 * DAY, doer, note="已到现场勘察，材料和施工队落实")
    if far not in ("closed", "reported"):
        return
    at = since + 24 * DAY
    shown = [photo(item, kind, actor=doer, at=at, dice=scene.dice) for kind in ("photo",)]
    move("report", at, doer, note=f"{one.place}：{one.work}，已完工，现场清理完毕", evidence=shown)
    if far == "closed":
        move("confirm", at + 2 * DAY, scene.secretary)


def _ahead(scene: Scene, at: datetime) -> None:
    """Plan the street's next session, with matters that wait for it."""
    starts = _moment(localdate(at) + 9 * DAY)
    actions.plan_session(
        body=scene.street, starts_at=starts, ends_at=starts + 2 * HOUR, by=scene.secretary,
        venue="党群服务中心会议室", at=at - 3 * DAY, key="next",
    )  # fmt: skip
    raised = actions.propose_item(
        body=scene.home, kind="service", title="菜市场门口乱停车", by=scene.host, at=at - 5 * DAY,
        text="早高峰堵住消防通道，社区协调不了，报街道联席会议。",
    )  # fmt: skip
    actions.refer_item(item=raised, to=scene.street, by=scene.host, at=at - 4 * DAY)
    seat = scene.street.members.filter(representative__isnull=False).order_by("pk").first()
    if seat is not None and seat.representative is not None:
        actions.propose_item(
            body=scene.street, kind="deliberation", title="施工围挡绕行方案", at=at - 2 * DAY,
            by=seat.representative, text="管网施工两个月，请街道和社区协助告知居民。",
        )  # fmt: skip


def _lists(scene: Scene, at: datetime) -> None:
    """Ask residents, keep the lists, match, and deliver one."""
    region, today = scene.home.region, localdate(at)
    asked = actions.open_round(
        region=region, title="今年您最想社区办哪件事", from_date=today - 20 * DAY,
        to_date=today + 10 * DAY, by=scene.desk, at=at - 20 * DAY,
    )  # fmt: skip
    resident = User.objects.filter(username="resident").first()
    if resident is not None:
        actions.give_opinion(
            consultation=asked, text="门口晚上太黑，想多装两盏路灯", by=resident, at=at - 3 * DAY
        )
        actions.add_to_list(
            kind="need", region=region, matter="service", title="给老人教智能手机", quantity=1,
            from_date=today, to_date=today + 60 * DAY, by=resident, at=at - DAY,
        )  # fmt: skip
    for n, (title, matter, quantity, words) in enumerate(NEEDS):
        then = at - (30 - 3 * n) * DAY
        actions.add_to_list(
            kind="need", region=region, matter=matter, title=title, quantity=quantity, words=words,
            from_date=localdate(then), to_date=today + (20 + 3 * n) * DAY, by=scene.desk, at=then,
        )  # fmt: skip
    seats = list(scene.street.members.select_related("org").order_by("pk"))
    for n, (title, matter, quantity, words) in enumerate(SUPPLIES):
        seat = seats[n % len(seats)]
        actions.add_to_list(
            kind=("supply", "resource", "service")[n % 3], region=scene.street.region, matter=matter,
            title=title, quantity=quantity, words=words, org=seat.org, party=seat.name, home=region,
            from_date=today - 30 * DAY, to_date=today + 90 * DAY, by=scene.secretary,
            at=at - 20 * DAY,
        )  # fmt: skip
    _projects(scene, at)
    run = actions.run_matching(region=region, by=scene.desk, at=at - 5 * DAY)
    for n, match in enumerate(run.matches.order_by("-gain", "pk")[:2]):
        made = actions.accept_match(match=match, by=scene.desk, at=at - 4 * DAY)
        giver = User.objects.filter(posts__org=made.supply.org).order_by("pk").first()
        if n == 0 and giver is not None:
            told(make_move, made.case, "deliver", at=at - 2 * DAY, actor=giver, minutes=120,
                 note="按约定到场，居民在场见证")  # fmt: skip
            case = Case.objects.get(pk=made.pk)
            told(make_move, case, "confirm", at=at - DAY, actor=scene.desk)
    actions.run_matching(region=region, by=scene.desk, at=at - 3 * HOUR)


def _projects(scene: Scene, at: datetime) -> None:
    """Gather more than sixty projects of service from streets and zones, in three series (S2.47)."""
    today, series = localdate(at), ("people", "grassroots", "firms")
    streets = Region.objects.filter(parent=scene.street.region.parent, valid_to=None)
    founder = User.objects.get(username="district")
    n = 0
    for street in streets.order_by("path").defer("polygon"):
        for _k in range(4):
            name = PROJECTS[n % len(PROJECTS)]
            actions.add_to_list(
                kind="project", region=street, matter="service", title=f"{street.short_name}{name}",
                quantity=1 + n % 5, from_date=today - 60 * DAY, to_date=today + 180 * DAY,
                series=series[n % 3], origin="zone" if street.kind == "zone" else "street",
                party=street.name, by=founder, at=at - 60 * DAY,
            )  # fmt: skip
            n += 1


def _packages(scene: Scene, founder: User, at: datetime) -> None:
    """Hand two packages down to the street: one is being carried out, one is still a draft."""
    org, street = founder.posts.select_related("org")[0].org, scene.street.region
    begun, due = at - 60 * DAY, localdate(at) + 90 * DAY
    items = (
        ("medical", "家庭医生上门签约", "签约 320 户，老年人优先", 320, True),
        ("legal", "社区法律援助点", "每周三下午坐班，已接待", 46, True),
        ("jobs", "家门口就业驿站", "两处已选址", 0, False),
    )
    for n, (name, policy) in enumerate(PACKAGES):
        made = actions.draft_package(
            street=street, org=org, year=localdate(begun).year, name=name, policy=policy,
            by=founder, at=begun,
        )  # fmt: skip
        rows = [
            actions.add_package_item(
                package=made, kind=kind, title=title, due_on=due, by=founder, at=begun
            )
            for kind, title, _note, _served, _is_done in items
        ]
        if n:
            continue
        actions.issue_package(package=made, by=founder, at=begun + DAY)
        told_of = {title: (note, served, done) for _kind, title, note, served, done in items}
        for k, row in enumerate(rows):
            note, served, is_done = told_of[row.title]
            reported = actions.report_package_item(
                item=row, note=note, served=served, is_done=is_done, by=scene.secretary,
                at=at - 10 * DAY,
            )  # fmt: skip
            if k == 0:
                actions.confirm_package_item(
                    item=reported, accept=True, by=founder, at=at - 8 * DAY
                )


def _activity(scene: Scene, at: datetime) -> None:
    if scene.home.org is None or scene.street.org is None:
        return
    others = [seat.org for seat in scene.street.members.select_related("org")[:3] if seat.org]
    done = _moment(localdate(at) - 21 * DAY)
    held = actions.plan_activity(
        title="楼道清障一小时", region=scene.home.region, place="弘泽城一至四号楼",
        host=scene.home.org, orgs=[scene.street.org, *others],
        starts_at=done, ends_at=done + 2 * HOUR, by=scene.host, at=done - 9 * DAY, series="people",
        text="清理楼道杂物，贴好充电须知。",
    )  # fmt: skip
    for n, (part, brings) in enumerate(zip(held.parts.order_by("pk"), BROUGHT, strict=False)):
        who = User.objects.filter(posts__org=part.org, posts__to_date=None).order_by("pk").first()
        if who is not None:
            actions.answer_activity(
                part=part, joins=n < 3, people=4 + 2 * n, brings=brings, by=who, at=done - 5 * DAY
            )
    actions.hold_activity(
        activity=held, residents=63, result="清出杂物两车，更换充电插座提示 24 处", by=scene.host,
        at=done + 3 * HOUR,
    )  # fmt: skip
    starts = _moment(localdate(at) + 5 * DAY)
    actions.plan_activity(
        title="共同缔造：美化楼道", region=scene.home.region, place="贻成里三号楼",
        host=scene.home.org, orgs=[scene.street.org, *others], starts_at=starts,
        ends_at=starts + 3 * HOUR, by=scene.host, at=at - 2 * DAY, series="people",
        text="居民、物业、驻区单位一起刷墙、种花、清杂物。",
    )  # fmt: skip
