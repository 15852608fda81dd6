"""The demo's supervision: one operation that is over with its report, one that runs, one that nobody
outside may know of; sites of every street, draws, firms that reopen. Everything goes through the
actions; names of sites are composed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import User
from tongxin.documents.actions import load_kinds as load_document_kinds
from tongxin.fieldwork import actions as fieldwork
from tongxin.findings import actions as findings
from tongxin.findings.models import Finding
from tongxin.inspections import actions
from tongxin.inspections.models import Operation, Site, SiteVisit, Team
from tongxin.inspections.queries import conditions_for
from tongxin.orgs.models import Org, Post
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .cast import places_below
from .names import a_name
from .pictures import draw
from .replay import told

COMMISSION = "滨海新区纪委监委"
NOBODY = "!"  # no password: the demo's visitor signs in as `inspector`
TITLES = ("区纪委副书记、监委副主任", "区纪委常委、监委委员", "区纪委常委、监委委员")
SCOPE = (
    "属地责任、监管责任、主体责任是否落实到具体人、具体事；疫情防控、安全生产、物资保障和复工复产各项措施"
    "是否到位；对发现的问题是否立行立改。"
)
REQUIREMENTS = (
    "不发通知、不打招呼、不听汇报、不用陪同接待，直奔基层、直插现场。能当场纠正的当场纠正。"
)
# Kind of site, what follows the place's name, which department regulates it.
KINDS = (
    ("market", "生鲜超市", "市场监督管理局"),
    ("wholesale", "农贸市场", "市场监督管理局"),
    ("health", "社区卫生服务站", "卫生健康委员会"),
    ("station", "公交枢纽检测点", "交通运输局"),
    ("seafood", "沿街水产店", "市场监督管理局"),
    ("rural", "便民服务点", "民政局"),
    ("office", "物业服务中心", "住房和建设委员会"),
)
PROBLEMS = (
    ("F02", "进出人员登记不完整，台账有半天没有记录"),
    ("F01", "公共区域消毒记录缺失，消毒液配比不符合要求"),
    ("F12", "两具灭火器压力不足，应急灯不亮"),
    ("F11", "安全出口堆放纸箱，通道变窄"),
    ("F21", "值班表上的带班领导不在岗，电话联系不上"),
    ("F14", "冷柜里有三袋超过保质期的水产品"),
)
# What is put right while the team looks on.
MENDED = {
    "F11": "当场清走纸箱，划线恢复通道。", "F14": "当场下架封存，冷柜其余商品逐件核对。",
    "F01": "当场重新配比、补做消毒并登记。",
}  # fmt: skip
FIRMS = (
    ("large", "海工装备一厂", 260), ("large", "轨道配件二厂", 140), ("large", "食品加工厂", 95),
    ("trade", "港湾商贸中心", 60), ("trade", "沿河家居城", 45), ("building", "北侧安置房工地", 180),
)  # fmt: skip


def make_inspections(district: Region, dice: Random, *, at: datetime) -> int:
    """Make sites, three operations and a few firms; return how many visits were made."""
    party = Org.objects.units().filter(region=district).order_by("path").first()
    if party is None:
        return 0
    load_document_kinds(at=at)
    findings.load_kinds()
    people = _people(district, party, dice)
    sites = _sites(district, people[0], dice, noon(localdate(at) - timedelta(days=120)))
    _over(district, people, sites, dice, at)
    _running(district, people, sites, dice, at)
    _firms(district, people[0], at)
    return SiteVisit.objects.begun().count()


def noon(day: date, hour: int = 12) -> datetime:
    return make_aware(datetime.combine(day, time(hour)))


def _people(district: Region, party: Org, dice: Random) -> list[User]:
    """Return the commission's people: the demo's inspector, ten more, and three who lead."""
    office = Org.objects.create(
        name=COMMISSION, kind=Org.Kind.DEPARTMENT, region=district, parent=party
    )
    names = [f"inspector-{n:02d}" for n in range(1, 11)]
    names += [f"inspection-leader-{n}" for n in (1, 2, 3)]
    made = [User(username=one, name=a_name(dice), password=NOBODY) for one in names]
    User.objects.bulk_create(made)
    people = list(User.objects.filter(username="inspector")) + made
    since = date(2024, 1, 1)
    Post.objects.bulk_create(
        Post(
            user=one, org=office, region=district, from_date=since,
            role="leader" if one.username.startswith("inspection-leader") else "inspector",
        )
        for one in people
    )  # fmt: skip
    return people


def _sites(district: Region, by: User, dice: Random, at: datetime) -> dict[str, list[Site]]:
    """Register three or four sites in every street, by the path of the street."""
    offices = {
        name: Org.objects.filter(name__endswith=name, kind=Org.Kind.DEPARTMENT).first()
        for _kind, _title, name in KINDS
    }
    found: dict[str, list[Site]] = {}
    for n, street in enumerate(places_below(district)):
        places = [one for one in places_below(street) if one.lng is not None][:4] or [street]
        for k in range(2 + n % 2):
            place = places[k % len(places)]
            kind, title, office = KINDS[(n + k * 2) % len(KINDS)]
            lng, lat = place.lng, place.lat
            site = actions.register_site(
                name=f"{place.short_name.removesuffix('社区')}{title}", kind=kind, region=place,
                lng=None if lng is None else round(lng + dice.uniform(-0.004, 0.004), 6),
                lat=None if lat is None else round(lat + dice.uniform(-0.003, 0.003), 6),
                owner=f"{place.short_name.removesuffix('社区')}{title}（样例）",
                regulator=offices[office], by=by, at=at,
            )  # fmt: skip
            found.setdefault(street.path, []).append(site)
    return found


def _operation(
    district: Region, people: list[User], name: str, first: date, last: date, **more
) -> Operation:
    """Draft, approve and begin an operation with three teams led by the leading body."""
    by, leaders = people[0], people[-3:]
    office = Org.objects.get(name=COMMISSION)
    made = actions.draft_operation(
        org=office, region=district, name=name, number=f"样例〔{first.year}〕{first.month}号",
        scope=SCOPE, requirements=REQUIREMENTS, starts_on=first, ends_on=last, by=by,
        at=noon(first - timedelta(days=5)), **more,
    )  # fmt: skip
    streets = places_below(district)
    actions.add_land(operation=made, regions=streets, by=by)
    for kind, office_name in (
        ("market", "市场监督管理局"), ("health", "卫生健康委员会"), ("transport", "交通运输局"),
        ("civil", "民政局"),
    ):  # fmt: skip
        org = Org.objects.filter(name__endswith=office_name, kind=Org.Kind.DEPARTMENT).first()
        if org:
            actions.add_department(operation=made, kind=kind, name=org.name, org=org, by=by)
    for n, leader in enumerate(leaders):
        actions.make_team(
            operation=made, name=f"第{'一二三'[n]}监督组", leader=leader, leader_title=TITLES[n],
            is_class_led=True, members=[people[0], *people[1 + 3 * n : 4 + 3 * n]],
            areas=streets[n::3], by=by, at=noon(first - timedelta(days=4)),
        )  # fmt: skip
    made = actions.approve_operation(
        operation=made, by=leaders[0], at=noon(first - timedelta(days=3))
    )
    return actions.begin_operation(operation=made, by=by, at=noon(first - timedelta(days=2)))


def _go(
    team: Team, on: date, crew: list[User], sites: list[Site], dice: Random, *, done: int,
    problems: int = 0,
) -> list[Finding]:  # fmt: skip
    """Send a team to sites; visit the first `done` of them, with problems at the first few."""
    dispatch = actions.plan_dispatch(
        team=team, on=on, members=crew, stops=[{"site": site} for site in sites], by=crew[0],
        at=noon(on, 8),
    )  # fmt: skip
    stops = dispatch.visits.select_related(
        "visit", "site__region", "site__org", "site__regulator", "dispatch__team__operation__org"
    )
    found = []
    for n, stop in enumerate(stops.order_by("order")[:done]):
        begun = noon(on, 9) + timedelta(minutes=40 * n + dice.randrange(15))
        place = {"lng": stop.site.lng, "lat": stop.site.lat, "accuracy": 12}
        stop.visit = fieldwork.begin_visit(
            stop.visit, at=begun, by=crew[0], place=place if stop.site.lng is not None else None
        )
        if n < problems:
            kind, text = PROBLEMS[dice.choice((0, 0, 0, 1, 2, 2, 3, 4, 5))]
            mended = MENDED.get(kind, "")
            after = [_photo(crew[0], begun, n)] if mended else []
            found.append(
                actions.record_at_site(
                    stop=stop,
                    text=text,
                    kind=kind,
                    by=crew[0],
                    at=begun + timedelta(minutes=10),
                    mended=mended,
                    after=after,
                )
            )
        fieldwork.finish_visit(
            stop.visit, answers={}, note="查看现场和台账，询问值守人员。", by=crew[0],
            at=begun + timedelta(minutes=25),
        )  # fmt: skip
    return found


def _photo(by: User, at: datetime, variant: int) -> Photo:
    return keep_photo(data=draw("corridor", variant, done=True), by=by, at=at)


def _crew(team: Team, dice: Random) -> list[User]:
    """Return three or four of a team, the leader first."""
    others = [
        one.user
        for one in team.members.select_related("user").order_by("pk")
        if one.user_id != team.leader_id
    ]
    return [team.leader, *dice.sample(others, dice.choice((2, 3)))]


def _of_team(team: Team, sites: dict[str, list[Site]]) -> list[Site]:
    """Return the sites of a team's streets, one of each street after the other."""
    lists = [sites[path] for path in team.areas.order_by("code").values_list("path", flat=True)]
    return [rows[k] for k in range(4) for rows in lists if k < len(rows)]


def _over(
    district: Region, people: list[User], sites: dict[str, list[Site]], dice: Random, at: datetime
) -> None:
    """An operation of two months ago: all streets reached, common problems grouped, letters drafted."""
    first = localdate(at) - timedelta(days=70)
    operation = _operation(
        district, people, "疫情防控和复工复产专项监督（样例）", first, first + timedelta(days=20),
        tags=["六稳", "六保", "疫情防控"],
    )  # fmt: skip
    found: list[Finding] = []
    for team in operation.teams.select_related("operation__org", "leader").order_by("number"):
        rows = _of_team(team, sites)
        for k in range(0, min(len(rows), 10), 5):
            stops = rows[k : k + 5]
            found += _go(
                team, first + timedelta(days=k + team.number), _crew(team, dice), stops, dice,
                done=len(stops), problems=3,
            )  # fmt: skip
    same = [one for one in found if one.kind and one.kind.code == "F02"]
    end = noon(first + timedelta(days=18))
    if len(same) > 1:
        group = findings.make_group(
            title="进出人员登记不规范", findings=same, at=end, by=people[0],
            text="登记不连续、不完整，查不到人员去向。", why="多个街镇重复出现，问题表现一致",
        )  # fmt: skip
        units = actions.units_of(operation, group)
        if units:
            told(
                actions.draft_letter, operation=operation, group=group, kind="advice_letter", recipients=units[:1],
                requirements=["逐点核对登记台账，补齐缺项。", "对同类场所全面自查，建立抽查制度。"],
                reply_by=localdate(end) + timedelta(days=15), by=people[0], at=end,
            )  # fmt: skip
    told(
        actions.close_operation,
        operation=operation,
        by=people[0],
        at=noon(first + timedelta(days=20), 17),
    )


def _running(
    district: Region, people: list[User], sites: dict[str, list[Site]], dice: Random, at: datetime
) -> None:
    """One that runs, with today's dispatch in the middle of its round; and an unannounced one."""
    today = localdate(at)
    first = today - timedelta(days=9)
    operation = _operation(
        district, people, "安全生产责任落实专项监督（样例）", first, today + timedelta(days=20),
        tags=["两个维护", "安全生产"],
    )  # fmt: skip
    for team in operation.teams.select_related("operation__org", "leader").order_by("number"):
        rows = _of_team(team, sites)
        if not rows:
            continue
        day = today - timedelta(days=5 - team.number)
        _go(team, day, _crew(team, dice), rows[:5], dice, done=5, problems=2)
        if team.number == 1:
            crew = [people[0], team.leader]
            _go(
                team,
                today,
                crew,
                rows[5:9] or rows[:2],
                dice,
                done=2 if at > noon(today, 11) else 0,
            )
    actions.draw_sample(
        operation=operation, seed=f"{first:%Y%m%d}-035172", kinds=["market", "wholesale"],
        per_stratum=1, reason="对商超和农贸市场按街镇随机抽查（样例）", by=people[0],
        at=noon(first, 9),
    )  # fmt: skip
    secret = _operation(
        district, people, "周末正风肃纪暗访（样例）", today - timedelta(days=1),
        today + timedelta(days=13), is_unannounced=True,
    )  # fmt: skip
    team = secret.teams.select_related("operation__org", "leader").order_by("number")[0]
    ahead = today + timedelta(days=(5 - today.weekday()) % 7 or 7)
    _go(team, ahead, [team.leader, people[0]], _of_team(team, sites)[:3], dice, done=0)


def _firms(district: Region, by: User, at: datetime) -> None:
    """Firms of three classes: one batch reopened, one checked in part, one waiting."""
    actions.load_conditions()
    officer = User.objects.filter(posts__role="officer", posts__region=district).first()
    if officer is None:
        return
    streets = places_below(district)
    begun = noon(localdate(at) - timedelta(days=30))
    batches = {
        kind: actions.make_batch(
            region=district, firm_class=kind, planned_on=localdate(begun) + timedelta(days=7),
            by=officer, at=begun,
        )
        for kind in ("large", "trade", "building")
    }  # fmt: skip
    for n, (kind, title, heads) in enumerate(FIRMS):
        street = streets[n % len(streets)]
        site = actions.register_site(
            name=f"{street.short_name.removesuffix('街道')}{title}", kind="office", region=street, by=by,
            owner=f"{title}（样例）", lng=street.lng, lat=street.lat, at=begun,
        )  # fmt: skip
        codes = [one.code for one in conditions_for(kind, localdate(begun))]
        firm = actions.apply_to_resume(
            batch=batches[kind], site=site, declared=dict.fromkeys(codes, True), people=heads,
            by=by, at=begun,
        )  # fmt: skip
        if kind == "building":
            continue
        short = title == "沿河家居城"
        result = {
            code: (
                not (short and code == "S4"),
                "消防通道堆放家具" if short and code == "S4" else "",
            )
            for code in codes
        }
        actions.check_resumption(resumption=firm, found=result, by=by, at=begun + timedelta(days=2))
    actions.approve_batch(batch=batches["large"], by=officer, at=begun + timedelta(days=4))
