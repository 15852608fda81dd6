"""The demo's alliance of the approving departments with its projects; a park, a makers' space and a home
for builders. Firms and people are made up; whatever happens goes through the actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.alliances import actions
from tongxin.alliances.models import (
    Alliance,
    AllianceProject,
    ApprovalChain,
    ApprovalItem,
    Enterprise,
    EnterpriseProblem,
    Park,
    ProblemType,
)
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.meetings.actions import answer_point, raise_point, send_notice
from tongxin.meetings.models import RuleSet
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from .cast import PASSWORD, home_of, places_below
from .names import a_name
from .pictures import photo
from .replay import as_it_happens, stopped

DAY = timedelta(days=1)
YI = 10_000_000_000
SOLVED, FIRMS, STAFF = 107, 42, 126
PROJECTS = (
    # name, owner, industry, 亿元, desk, days ago, approvals granted
    ("天津科学试验基地", "示例化工研究院", "research", 18, 1, 130, 4),
    ("智能装备总装厂房", "示例重工", "equipment", 42, 1, 90, 2),
    ("国产信息产业基地", "示例信息集团", "information", 280, 2, 300, 8),
    ("生物疫苗车间扩建", "示例生物制药", "medicine", 9, 2, 45, 1),
    ("港口冷链中心", "示例港航物流", "logistics", 15, 3, 60, 1),
)
ORDER = (
    "filed planning_opinion land eia energy planning_permit drawing build_permit acceptance".split()
)
WORDS = (
    ("dust", "隔壁工地扬尘大，生产线要停机清灰"), ("dispute", "与运输队的装卸费纠纷"), ("traffic", "早高峰公交不到园区"),
    ("canteen", "夜班工人没有地方吃饭"), ("hiring", "数控技工招不到"), ("finance", "想办知识产权质押贷款"),
    ("policy", "首台套补贴不知道怎么申报"), ("facility", "三号楼电压不稳"), ("security", "厂区北门夜间没有照明"),
    ("schooling", "引进人才的孩子入学"),
)  # fmt: skip


@dataclass
class Cast:
    """Who plays: the district's officer, the street's, some handlers of a department."""

    judge: User
    officer: User
    doers: list[tuple[Org, User]]
    dice: Random
    at: datetime
    password: str

    def person(self, username: str, org: Org) -> User:
        """Make somebody who speaks for a firm."""
        user = User.objects.create(
            username=username,
            name=a_name(self.dice),
            password=self.password,
            joined_at=self.at - 300 * DAY,
        )
        Post.objects.create(user=user, org=org, role="handler", region=org.region)
        return user

    def move(self, case: Case, name: str, at: datetime, actor: User | None, **given: Any) -> None:
        if at > self.at:
            return
        with as_it_happens(stopped(at)):
            make_move(case, name, at=at, actor=actor, **given)

    def proof(self, at: datetime, by: User) -> list[Any]:
        return [photo("0401", "photo", actor=by, at=at, dice=self.dice)]


def make_alliances(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the alliance, five projects, a park, a makers' space, a home; return how many projects."""
    judge = User.objects.filter(username="district").first()
    officer = User.objects.filter(username="officer").first()
    handlers = Post.objects.filter(role="handler", org__kind="department", region=district)
    doers = [
        (post.org, post.user) for post in handlers.select_related("org", "user").order_by("pk")
    ]
    if judge is None or officer is None or not doers:
        return 0
    cast = Cast(judge, officer, doers, dice, at, make_password(PASSWORD))
    actions.load_samples()
    alliance = _alliance(district, cast)
    projects = [_project(alliance, n, cast) for n in range(len(PROJECTS))]
    _story(projects[0], cast)
    _late(projects[1], cast)
    _together(projects[4], cast)
    _park(home_of(district), projects[2], cast)
    return AllianceProject.objects.count()


def _alliance(district: Region, cast: Cast) -> Alliance:
    convenor = cast.judge.posts.select_related("org")[0].org
    orgs = list({org.pk: org for org, _user in cast.doers}.values())[:12]
    begun = cast.at - 400 * DAY
    alliance = actions.found_alliance(
        name="区政务服务中心党建联盟", convenor=convenor, region=district, founded_on=localdate(begun),
        purpose="审批部门结成联盟，一个项目归一个工作部，到现场梳理问题，办到项目单位确认。", desks=3,
        members=tuple((org, "approval") for org in orgs), by=cast.judge, at=begun,
    )  # fmt: skip
    for desk in alliance.desks.order_by("number"):
        org, head = cast.doers[3 * (desk.number - 1)]
        lead = cast.judge if desk.number == 1 else head
        actions.set_desk(alliance, number=desk.number, head=lead, by=cast.judge, at=begun)
        actions.sit_at_desk(
            desk, user=cast.doers[3 * desk.number + 1][1], org=org, on=localdate(begun), by=cast.judge, at=begun
        )  # fmt: skip
    return alliance


def _project(alliance: Alliance, n: int, cast: Cast) -> AllianceProject:
    name, firm, industry, yi, desk, ago, granted = PROJECTS[n]
    streets = places_below(alliance.region)
    region = streets[n % len(streets)]
    owner = Org.objects.create(name=firm, kind="unit", region=region)
    contact = cast.person("owner" if n == 0 else f"owner-{n}", owner)
    begun = cast.at - ago * DAY
    project = actions.take_on(
        desk=alliance.desks.get(number=desk), name=name, owner=owner, region=region, contact=contact,
        starts_on=localdate(begun), industry=industry, investment_fen=yi * YI, is_major=yi > 100,
        chain=ApprovalChain.objects.filter(code="industrial").order_by("-version")[0],
        about="示例项目，数据为样例。", by=cast.judge, at=begun, lng=region.lng, lat=region.lat,
    )  # fmt: skip
    day = localdate(begun)
    for k, code in enumerate(ORDER):
        item = project.dossier.items.get(code=code)
        planned = day + timedelta(days=6 + 13 * k)
        if k >= granted and n != 1:  # one project is behind its plan, the others are on it
            planned = max(planned, localdate(cast.at) + timedelta(days=5 + 13 * (k - granted)))
        actions.plan_approval(item, on=planned, by=cast.judge, at=begun)
        if k < granted:
            _grant(
                item,
                min(planned, localdate(cast.at) - 2 * DAY) - DAY * cast.dice.randint(0, 3),
                cast,
            )
    if granted >= 8:
        _dates(project, cast)
    return project


def _grant(item: ApprovalItem, on: date, cast: Cast) -> None:
    start = max(on - DAY * (item.days + cast.dice.randint(-1, 2)), item.dossier.starts_on)
    for link in item.needs.select_related("needed"):
        start = max(start, link.needed.decided_on or start)
    on = max(on, start)
    moment = _noon(on, cast)
    actions.submit_approval(item, on=start, by=cast.judge, at=moment)
    actions.decide_approval(
        item,
        state="granted",
        on=on,
        document=f"示例批〔{on.year}〕{item.pk}号",
        by=cast.judge,
        at=moment,
    )


def _noon(day: date, cast: Cast) -> datetime:
    return cast.at - DAY * (localdate(cast.at) - day).days


def _dates(project: AllianceProject, cast: Cast) -> None:
    """The big one: begun ahead of its plan."""
    dossier, today = project.dossier, localdate(cast.at)
    planned = (today - 80 * DAY, today + 200 * DAY, today + 260 * DAY)
    actions.plan_dates(
        dossier, begun=planned[0], built=planned[1], used=planned[2], by=cast.judge, at=cast.at
    )
    permit = dossier.items.get(code="build_permit").decided_on or today
    actions.mark_date(
        dossier, which="begun", on=max(permit, today - 150 * DAY), by=cast.judge, at=cast.at
    )


def _story(project: AllianceProject, cast: Cast) -> None:
    """The worked example of the article: filed on time, EIA and land discussed on the site, a letter."""
    dossier, at, contact = project.dossier, cast.at, project.contact
    assert contact is not None  # noqa: S101 (each was taken on with one)
    types = {one.code: one for one in ProblemType.objects.all()}
    _raise(project, types["eia"], "环评报告书审批要补测大气数据", cast, days=70, steps=6)
    _raise(project, types["land"], "试验基地用地红线与规划道路重叠", cast, days=52, steps=6)
    _raise(project, types["indicator"], "绿地率达不到规划条件", cast, days=20, steps=3)
    _raise(project, types["period"], "施工图审查排期太长", cast, days=4, steps=1)
    one = actions.set_indicator(
        project, name="绿地率", needed=Decimal(20), unit="%", due_on=localdate(at + 30 * DAY),
        basis="规划条件通知书", by=cast.judge, at=at - 60 * DAY,
    )  # fmt: skip
    for ago, value in ((50, "16.5"), (15, "18.8")):
        actions.read_indicator(
            one,
            value=Decimal(value),
            on=localdate(at - ago * DAY),
            by=cast.judge,
            at=at - ago * DAY,
        )
    item = dossier.items.get(code="energy")
    actions.issue_letter(
        item, number="示例函〔2026〕12号", conditions="能耗指标落实前不得投产", issued_on=localdate(at - 20 * DAY),
        valid_until=localdate(at + 6 * DAY), by=cast.judge, at=at - 20 * DAY,
    )  # fmt: skip
    for row in project.satisfactions.order_by("pk")[:2]:
        actions.answer_as_owner(
            row,
            stars=5,
            words="到现场帮我们梳理问题，办得快。",
            by=contact,
            at=at - 30 * DAY,
        )
    actions.mark_example(
        project, label="联盟到现场服务重大项目", url="", by=cast.judge, at=at - 10 * DAY
    )
    if RuleSet.objects.exists():
        _meetings(project, cast)


def _meetings(project: AllianceProject, cast: Cast) -> None:
    first, second = cast.at - 40 * DAY, cast.at + 2 * DAY
    given: dict[str, Any] = {
        "chair": cast.judge.name,
        "by": cast.judge,
        "agencies": ["示例环评公司"],
    }
    held = actions.plan_coordination(
        project, title="环评和用地问题现场协调", starts_at=first, ends_at=first + timedelta(hours=2),
        venue="项目现场", on_site=True, at=first - 2 * DAY, **given,
    )  # fmt: skip
    send_notice(meeting=held, by=cast.judge, at=first - DAY)
    due = localdate(first + 10 * DAY)
    points = [
        raise_point(meeting=held, text=text, owner=owner, due_on=due, by=cast.judge, at=first)
        for text, owner in (
            ("补测大气环境数据", "示例环评公司"),
            ("核定绿地率计算口径", "规划部门"),
        )
    ]
    answer_point(point=points[0], answer="已补测并提交", by=cast.judge, at=first + 8 * DAY)
    actions.plan_coordination(
        project, title="规划指标落实协调", starts_at=second, ends_at=second + timedelta(hours=1),
        venue="政务服务中心三楼会议室", at=cast.at - DAY, **given,
    )  # fmt: skip


def _raise(
    project: AllianceProject, kind: ProblemType, title: str, cast: Cast, *, days: int, steps: int
) -> None:
    """Bring up a problem and take it so many steps on: assign, propose, agree, finish, confirm, close."""
    at, contact, desk = cast.at - days * DAY, project.contact, project.desk.head or cast.judge
    org, doer = cast.dice.choice(cast.doers)
    with as_it_happens(stopped(at)):
        case = actions.raise_problem(project, type_=kind, title=title, by=contact, at=at)  # type: ignore[arg-type]
    moves: list[tuple[str, User | None, dict[str, Any]]] = [
        ("assign", desk, {"handler": org, "until": at + 14 * DAY}),
        ("propose", doer, {"note": "会同相关单位到现场核实，三日内给出书面意见。"}),
        ("agree", desk, {"note": "同意，按此办理"}),
        ("finish", doer, {"note": "已办结并书面告知项目单位", "evidence": cast.proof(at, doer)}),
        ("confirm", contact, {"note": "解决了，谢谢"}),
        ("close", desk, {}),
    ]
    for n, (name, actor, given) in enumerate(moves[:steps]):
        cast.move(case, name, at + (n + 1) * DAY, actor, **given)


def _late(project: AllianceProject, cast: Cast) -> None:
    """One in trouble: a problem past its day, a letter that ran out."""
    kind = ProblemType.objects.get(code="utility")
    _raise(project, kind, "厂区供电专线未接通", cast, days=25, steps=3)
    item, at = project.dossier.items.get(code="eia"), cast.at
    if item.state == "todo":
        actions.issue_letter(
            item, number="示例函〔2026〕7号", conditions="补齐公众参与说明", issued_on=localdate(at - 40 * DAY),
            valid_until=localdate(at - 5 * DAY), by=cast.judge, at=at - 40 * DAY,
        )  # fmt: skip


def _together(project: AllianceProject, cast: Cast) -> None:
    """One whose next approvals were decided in a single session on the site (S1.43)."""
    dossier = project.dossier
    opinion, energy = (dossier.items.get(code=code) for code in ("planning_opinion", "energy"))
    if opinion.is_granted or energy.is_granted or not dossier.items.get(code="filed").is_granted:
        return
    actions.decide_jointly(
        dossier, held_on=localdate(cast.at - DAY), place="港口冷链中心项目现场", chair=cast.judge.name,
        verdicts=(
            actions.Verdict(opinion, "conditional", "冷库退道路红线不少于 5 米", "示例规〔2026〕21号"),
            actions.Verdict(energy, "granted", "", "示例能〔2026〕8号"),
        ),
        summary="两个事项同场会审，项目单位到会说明。", by=cast.judge, at=cast.at, key="demo-joint",
    )  # fmt: skip


# Parks.


def _park(home: Region, big: AllianceProject, cast: Cast) -> None:
    street = home.parent
    assert street is not None  # noqa: S101 (a community stands in a street)
    office = Org.objects.filter(region=street, kind=Org.Kind.GOVERNMENT).order_by("pk")[0]
    above = Org.objects.filter(region=home, kind=Org.Kind.PARTY).order_by("pk").first()
    opened = cast.at - 500 * DAY

    def branch(name: str) -> Org:
        return Org.objects.create(
            name=name, kind="party", unit_kind="branch", region=home, parent=above, sector="private_firm",
            founded_on=localdate(opened),
        )  # fmt: skip

    given: dict[str, Any] = {
        "operator": office,
        "manager": cast.officer,
        "by": cast.officer,
        "at": opened,
    }
    park = actions.found_park(
        kind="park", name="装备制造产业园（示例）", region=home, branch=branch("产业园党支部（示例）"),
        opened_on=localdate(opened), address="园区一路 1 号", lng=home.lng, lat=home.lat, **given,
    )  # fmt: skip
    space = actions.found_park(
        kind="space", name="红色创客空间（示例）", region=home, branch=branch("创客空间党支部（示例）"),
        opened_on=localdate(opened + 60 * DAY), **(given | {"at": opened + 60 * DAY}),
    )  # fmt: skip
    builders = actions.found_park(
        kind="home", name="建设者之家（示例）", region=home, branch=branch("建设者之家党支部（示例）"), project=big,
        opened_on=localdate(cast.at - 120 * DAY), **(given | {"at": cast.at - 120 * DAY}),
    )  # fmt: skip
    _firms(park, 8, cast)
    _firms(space, FIRMS, cast, staff=STAFF)
    _solve(park, cast)
    _figures(space, builders, cast)


def _firms(park: Park, n: int, cast: Cast, *, staff: int = 0) -> None:
    for k in range(n):
        people = staff // n if staff else cast.dice.randint(30, 260)
        actions.admit_enterprise(
            park, name=f"示例企业{k + 1:02d}", staff=people, members=min(people, cast.dice.randint(0, 6)),
            industry=cast.dice.choice(("装备制造", "软件", "新材料", "检测服务")), room=f"{1 + k % 4}号楼{k + 1:02d}室",
            moved_in_on=localdate(cast.at - 400 * DAY + 3 * k * DAY), by=cast.officer, at=cast.at,
            contact=cast.officer if k == 0 and not staff else None,
        )  # fmt: skip


def _solve(park: Park, cast: Cast) -> None:
    """A hundred and seven solved, a few still open, counted from rows."""
    firms = list(
        Enterprise.objects.filter(park=park).select_related("park__manager").order_by("pk")
    )
    types = {one.code: one for one in ProblemType.objects.filter(scope="enterprise")}
    for n in range(SOLVED + 4):
        at = cast.at - (330 - 2.9 * n) * DAY
        code, title = WORDS[n % len(WORDS)]
        with as_it_happens(stopped(at)):
            case = actions.raise_enterprise_problem(
                firms[n % len(firms)], type_=types[code], title=title, by=cast.officer, at=at
            )
        if n >= SOLVED:
            continue
        later = at + timedelta(hours=cast.dice.randint(4, 30))
        if n % 4:
            cast.move(
                case, "solve", later, cast.officer, note="园区当天协调解决", evidence=cast.proof(later, cast.officer)
            )  # fmt: skip
        else:
            org, doer = cast.doers[n % len(cast.doers)]
            cast.move(case, "assign", later, cast.officer, handler=org)
            cast.move(case, "accept", later + timedelta(hours=1), doer)
            later += timedelta(hours=20)
            cast.move(
                case, "finish", later, doer, note="已到现场处理", evidence=cast.proof(later, doer)
            )
        actions.answer_by_token(
            actions.owner_token(case), "rate", at=later, stars=5 if n % 5 else 4
        )
    assert EnterpriseProblem.objects.filter(park=park, solved_at__isnull=False).count() >= SOLVED  # noqa: S101


def _figures(space: Park, builders: Park, cast: Cast) -> None:
    for ago in range(1, 15):
        for facility, most in (("云医院", 18), ("洗衣房", 65), ("图书室", 32)):
            actions.record_use(
                builders, facility=facility, on=localdate(cast.at - ago * DAY),
                people=cast.dice.randint(most // 3, most), by=cast.officer, at=cast.at,
            )  # fmt: skip
    for kind, people in (("gathered", 26), ("recruited", 14), ("trained", 48)):
        actions.record_talent(
            space, kind=kind, month=localdate(cast.at), people=people, by=cast.officer, at=cast.at
        )
