"""The demo's life of units: firms and their branches, joint committees, temporary units, ratings.

Done by the actions themselves, by the street's organiser, in the order in which it would happen.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.orgs import actions
from tongxin.orgs.actions import Measure, Paper
from tongxin.orgs.models import Membership, Org, RatingLabel, Sector, UnitKind
from tongxin.orgs.queries import labels_on
from tongxin.regions.models import Region

from .cast import home_of, places_below

FIRMS = (
    "海悦餐饮", "津港物流", "滨达建材", "晨光印务", "瑞海食品", "同创软件", "蓝湾物业", "新航商贸",
    "博远教育", "康宁药房", "顺丰达快运", "绿源环保", "鼎盛汽修", "华美广告", "天和家政", "安居装饰",
)  # fmt: skip
SOCIETIES = (
    "阳光为老服务中心", "邻里社会工作服务社", "滨海摄影协会", "社区书画社", "爱心救助站", "青少年科普中心",
    "太极拳协会", "广场舞联合会",
)  # fmt: skip
SEATS = (
    ("津港物流", "郑立", "总经理", "联系商户，协调停车"), ("康宁药房", "吴静", "店长", "为老送药"),
    ("阳光为老服务中心", "宋梅", "主任", "助餐助浴"), ("博远教育", "田野", "校长", "四点半课堂"),
)  # fmt: skip
METHODS = (
    ("三敲三问工作法", "敲一次门，问三件事，当天有回音",
     "一敲：每周二、四下午入户，党小组长带队。\n二问：问安全、问困难、问建议，记在走访本上。\n"
     "三回：当天在群里回复办理人，三天内回访。", "走访 走动 回访"),
    ("板凳议事会", "一张板凳一圈人，小事楼下商量着办",
     "楼下放板凳，党员召集，物业和居民都来。\n一次只议一件事，议完当场定谁办、哪天办完。\n"
     "下次先说上次的事办得怎样。", "协商 议事"),
)  # fmt: skip


def make_units(district: Region, dice: Random, *, at: datetime) -> int:
    """Make what units live through, around the home street; return how many units came to be."""
    home = home_of(district)
    street = home.parent
    by = User.objects.filter(username="organiser").first()
    above = Org.objects.units().filter(region=street).order_by("path").first()
    if by is None or above is None or street is None:
        return 0
    before = Org.objects.units().count()
    today = localdate(at)
    actions.load_unit_rules()
    communities = [place for place in places_below(street) if _committee(place)]
    firms = _firms(communities, dice)
    _firm_branches(communities, firms, today, at=at, by=by)
    _joint(above, home, firms, today, at=at, by=by)
    _temporary(above, home, today, at=at, by=by)
    _rated(above, today, at=at, by=by)
    _taught(home, at=at, by=by)
    _changes(communities, today, at=at, by=by)
    _draft(above, today, at=at, by=by)
    return Org.objects.units().count() - before


def _committee(place: Region) -> Org | None:
    rows = Org.objects.units().filter(region=place, unit_kind=UnitKind.COMMITTEE)
    return rows.order_by("path").first()


def _firms(communities: list[Region], dice: Random) -> dict[str, Org]:
    """Register firms, social organisations and a shared space with 42 of them (S4.77)."""
    named = [(name, Sector.PRIVATE_FIRM) for name in FIRMS]
    named += [(name, Sector.SOCIAL_ORG) for name in SOCIETIES]
    rows = [
        Org(name=name, kind=Org.Kind.UNIT, sector=sector, headcount=dice.randrange(6, 90),
            region=communities[n % len(communities)])
        for n, (name, sector) in enumerate(named)
    ]  # fmt: skip
    space = Org.objects.create(name="海创空间", kind=Org.Kind.UNIT, region=communities[0])
    rows += [
        Org(name=f"海创空间入驻企业{n:02d}", kind=Org.Kind.UNIT, sector=Sector.PRIVATE_FIRM,
            region=communities[0], parent=space, headcount=3 if n <= 36 else 2)
        for n in range(1, 43)
    ]  # fmt: skip
    Org.objects.bulk_create(rows, 100, ignore_conflicts=True)
    actions.place_orgs()
    names = [org.name for org in (*rows, space)]
    return {org.name: org for org in Org.objects.filter(region__in=communities, name__in=names)}


def _firm_branches(
    communities: list[Region], firms: dict[str, Org], today: date, *, at: datetime, by: User
) -> None:
    """Found branches in firms: of their own, joint ones, and one in the shared space."""
    groups = [
        ("海创空间联合党支部", ["海创空间"], Sector.PRIVATE_FIRM),
        ("津港物流党支部", ["津港物流"], Sector.PRIVATE_FIRM),
        ("同创软件党支部", ["同创软件"], Sector.PRIVATE_FIRM),
        ("沿街商户联合党支部", ["海悦餐饮", "康宁药房", "天和家政"], Sector.PRIVATE_FIRM),
        ("社会组织联合党支部", ["阳光为老服务中心", "邻里社会工作服务社"], Sector.SOCIAL_ORG),
    ]
    for n, (name, names, sector) in enumerate(groups):
        place = communities[n % len(communities)]
        parent = _committee(place)
        if parent is None:
            continue
        paper = Paper(today - timedelta(days=300 - 40 * n), f"滨组发〔{today.year}〕{n + 3}号",
                      "扩大两新组织党的组织覆盖")  # fmt: skip
        actions.found_unit(
            name=name, unit_kind=UnitKind.BRANCH, parent=parent, sector=sector, expected=3,
            covers=[firms[one] for one in names], paper=paper, at=at, by=by,
        )  # fmt: skip


def _joint(
    above: Org, home: Region, firms: dict[str, Org], today: date, *, at: datetime, by: User
) -> None:
    """Found the street's joint committee with its seats, and that of the home community."""
    since = today - timedelta(days=260)
    paper = Paper(since, f"滨组发〔{since.year}〕11号", "推进区域化党建")
    committee = actions.found_joint_committee(parent=above, paper=paper, at=at, by=by).unit
    actions.give_seat(
        committee=committee, origin=above, name="唐颖", duty="chair", title="党工委书记", on=since,
        at=at, by=by,
    )  # fmt: skip
    for origin, name, title, task in SEATS:
        actions.give_seat(
            committee=committee, origin=firms[origin], name=name, title=title, task=task, on=since,
            at=at, by=by,
        )  # fmt: skip
    community = _committee(home)
    if community is not None:
        actions.found_joint_committee(parent=community, paper=paper, at=at, by=by)


def _temporary(above: Org, home: Region, today: date, *, at: datetime, by: User) -> None:
    """A temporary branch with a group in every community, and a task force about to end."""
    rows = Membership.objects.members().filter(unit__region__path__under=above.region.path)
    people = [row.person for row in rows.select_related("person").order_by("pk")[3:12]]
    if len(people) < 4:
        return
    since = today - timedelta(days=75)
    branch = actions.found_temporary(
        name=f"{above.region.name}防汛临时党支部", unit_kind=UnitKind.BRANCH, parent=above,
        purpose="汛期值守、转移群众、排涝抢险", expires_on=today + timedelta(days=95),
        people=people[:6], lead=people[0],
        paper=Paper(since, "", "汛期"), at=at, by=by,
    ).unit  # fmt: skip
    actions.found_in_each(
        branch=branch, purpose="汛期值守，联系独居老人", paper=Paper(since), at=at, by=by
    )
    own = _committee(home)
    if own is not None:
        actions.found_temporary(
            name="老旧管网改造党员突击队", unit_kind=UnitKind.TASK_FORCE, parent=own,
            purpose="入户协调、看护工地、安置行动不便的居民", expires_on=today + timedelta(days=9),
            people=people[6:8], lead=people[8] if len(people) > 8 else people[6],
            paper=Paper(since + timedelta(days=20), "", "改造工程"), at=at, by=by,
        )  # fmt: skip


def _rated(above: Org, today: date, *, at: datetime, by: User) -> None:
    """Rate a few branches; a lagging one has its plan and a good one beside it."""
    labels = {label.code: label for label in labels_on(today)}
    rows = Org.objects.units().filter(
        path__under=above.path, unit_kind=UnitKind.BRANCH, is_temporary=False
    )
    plain = [unit for unit in rows.order_by("path") if unit.sector in ("community", "village")]
    firms = [unit for unit in rows.order_by("path") if unit.sector == Sector.PRIVATE_FIRM]
    if len(plain) < 5:
        return
    _rate(plain[0], labels["five_good"], "三会一课按月开展，全年走访 620 户", today, at, by)
    _rate(plain[1], labels["five_good"], "为老助餐每天不断，群众评价好", today, at, by)
    _rate(plain[2], labels["lagging"], "上半年两个月没有开支委会，党费收缴不及时", today, at, by)
    _rate(plain[3], labels["lagging"], "书记长期空缺，党员大会少开一次", today, at, by)
    for unit in firms[:2]:
        _rate(unit, labels["dual_strong"], "党员带头攻关，企业纳税信用 A 级", today, at, by)
    rating = plain[2].ratings.get()
    plan = actions.make_plan(
        rating=rating, causes="支委分工不清，没有固定的会议日。", due=today + timedelta(days=60),
        measures=[
            Measure("每月 5 日开支委会，提前三天通知", today + timedelta(days=30), "支部书记"),
            Measure("补收党费，建立按月提醒", today + timedelta(days=20), "组织委员"),
            Measure("由上级派联系人列席三个月", today + timedelta(days=60), "党建办"),
        ],
        at=at, by=by,
    )  # fmt: skip
    first = plan.measures.order_by("pk").first()
    if first is not None:
        actions.finish_measure(
            measure=first, on=today, note="已定会议日，本月按时召开", at=at, by=by
        )
    actions.pair_units(
        good=plain[0], lagging=plain[2], goals="带三会一课规范，帮建党费台账，扶一项为老服务",
        on=today - timedelta(days=45), at=at, by=by,
    )  # fmt: skip


def _rate(unit: Org, label: RatingLabel, reason: str, today: date, at: datetime, by: User) -> None:
    actions.rate_unit(
        unit=unit, year=today.year, label=label, reason=reason, on=today, at=at, by=by
    )


def _taught(home: Region, *, at: datetime, by: User) -> None:
    """Two methods in the library, one more waiting."""
    rows = Org.objects.units().filter(region=home, unit_kind=UnitKind.BRANCH, is_temporary=False)
    units = list(rows.order_by("path")[:2])
    for unit, (title, summary, steps, tags) in zip(units, METHODS, strict=False):
        method = actions.write_method(
            unit=unit, title=title, summary=summary, steps=steps, tags=tags, at=at, by=by,
            effect="居民反映的小事大多在楼里解决。",
        )  # fmt: skip
        actions.publish_method(method=method, at=at, by=by)


def _changes(communities: list[Region], today: date, *, at: datetime, by: User) -> None:
    """Some history: a branch renamed, a group founded in it."""
    rows = Org.objects.units().filter(
        region__in=communities, unit_kind=UnitKind.BRANCH, is_temporary=False, sector="community"
    )
    unit = rows.order_by("-path").first()
    if unit is None:
        return
    actions.rebuild_unit(
        unit=unit, name=f"{unit.region.short_name}银龄党支部",
        paper=Paper(today - timedelta(days=120), "", "支部以退休党员为主"), at=at, by=by,
    )  # fmt: skip
    actions.found_unit(
        name="东片党小组", unit_kind=UnitKind.GROUP, parent=unit,
        paper=Paper(today - timedelta(days=100), "", "党员按楼片分组"), at=at, by=by,
    )  # fmt: skip


def _draft(above: Org, today: date, *, at: datetime, by: User) -> None:
    """A list of units to be taken over that waits to be looked at, with one bad row."""
    rows = []
    for name, branches in (("水务管理站", 4), ("园林绿化所", 3), ("市场服务中心", 5)):
        rows.append(
            {"原单位": name, "党组织名称": f"{name}党总支", "类型": "党总支", "领域": "机关"}
        )
        rows += [
            {"原单位": name, "党组织名称": f"{name}第{n}党支部", "类型": "党支部", "领域": "机关",
             "上级党组织": f"{name}党总支"}
            for n in range(1, branches + 1)
        ]  # fmt: skip
    rows.append({"原单位": "市场服务中心", "党组织名称": "早市党小组", "类型": "党小组"})
    actions.draft_take_over(
        into=above, title="机构改革：接收 3 个单位党组织", on=today, rows=enumerate(rows, 2),
        document=f"津滨编发〔{today.year}〕6号", reason="机构改革，管理体制调整", at=at, by=by,
    )  # fmt: skip
