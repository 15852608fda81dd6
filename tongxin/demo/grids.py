"""The demo's grids at work: how large each is, who heads it, components around the home community,
hard problems. Everything is made up and marked so; it goes through the actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.grids import actions
from tongxin.grids.models import CatalogueItem, Component, GridProfile, Kind, State
from tongxin.grids.queries import nearest
from tongxin.kit.geo import bbox
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.regions.queries import locate, region_of

from .cast import home_of, places_below

# (code of the kind, how many in a grid, who owns it)
STANDING = (
    ("01001", 5, "滨海供水公司（样例）"), ("01002", 5, "排水管理所（样例）"), ("01003", 4, "排水管理所（样例）"),
    ("01004", 3, "排水管理所（样例）"), ("01037", 8, "路灯管理处（样例）"), ("03005", 4, "环卫公司（样例）"),
    ("01046", 2, "街道文体中心（样例）"), ("04002", 6, "园林绿化所（样例）"), ("02017", 2, "交通设施所（样例）"),
    ("04007", 2, "街道办事处（样例）"), ("01054", 1, "充电运营公司（样例）"), ("02021", 3, "道路养护队（样例）"),
)  # fmt: skip
PROBLEMS = (
    ("老楼污水主管二十年反复堵", "雨天一楼返水，涉及 4 个门 48 户，产权单位已改制。", "更换主管，费用从维修资金和街道共担。", "hard", 45, ("查清管网图，产权单位确认移交", "维修资金征求意见过半，报街道")),
    ("小区北门占道早市扰民", "每天 5 点开市，堵住消防通道。", "疏导到便民市场，城管和网格员轮值。", "key", 20, ("与 31 户摊主签了搬迁意向",)),
    ("无物业小区的公共照明", "6 栋楼没有物业，公共照明欠费停电。", "引入公益物业，分摊电费。", "hard", -6, ("召开两次居民会议，意见还不一致",)),
    ("电动车进楼充电", "楼下充电桩只有 12 个，飞线充电屡禁不止。", "增设充电棚两处。", "key", 60, ()),
)  # fmt: skip
SERVICES = (
    ("党群服务站", "社区一楼", "每天 8:30—20:00"), ("“歇歇脚”驿站", "小区南门", "每天 9:00—18:00"),
    ("长者助餐点", "居委会旁", "每天 11:00—12:30"), ("居民议事角", "小花园", "周三 14:00"),
)  # fmt: skip


def make_grids(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the register of the district's grids and the components of the home community; return how many."""
    actions.load_samples(at=at)
    home = home_of(district)
    _profiles(district, dice)
    by = User.objects.filter(username="dispatcher").first()
    if by is None:
        return 0
    grids = places_below(home)
    _heads(grids, by, at)
    n = _components(grids, dice, at)
    _problems(home, by, at)
    return n


def _profiles(district: Region, dice: Random) -> None:
    """Every grid has its size; one in nine is larger than the norm."""
    today_rows = Region.objects.filter(
        path__under=district.path, level=Region.Level.GRID, valid_to=None
    )
    heads = dict(
        Post.objects.filter(role="grid_worker", to_date=None)
        .order_by("-pk")
        .values_list("region", "user")
    )
    rows = []
    for n, grid in enumerate(today_rows.order_by("path").values_list("pk", flat=True)):
        households = dice.randint(505, 680) if n % 9 == 4 else dice.randint(280, 495)
        rows.append(
            GridProfile(
                region_id=grid, households=households, population=round(households * dice.uniform(2.1, 2.9)),
                head_id=heads.get(grid) if n % 7 != 3 else None,
            )
        )  # fmt: skip
    GridProfile.objects.bulk_create(rows, 500, ignore_conflicts=True)


def _heads(grids: list[Region], by: User, at: datetime) -> None:
    """Each grid of the home community has its head and what residents find there."""
    for n, grid in enumerate(grids):
        worker = (
            Post.objects.filter(role="grid_worker", region=grid, to_date=None)
            .order_by("pk")
            .first()
        )
        if worker is not None:
            actions.set_head(
                region=grid, head=worker.user, on=localdate(at) - timedelta(days=400), at=at, by=by
            )
        name, place, hours = SERVICES[n % len(SERVICES)]
        actions.add_service(region=grid, name=name, place=place, hours=hours, at=at, by=by)


def _components(grids: list[Region], dice: Random, at: datetime) -> int:
    """Scatter components over the grids of the home community; some are broken."""
    items = {
        item.code: item
        for item in CatalogueItem.objects.filter(kind=Kind.COMPONENT, region=None).select_related(
            "topic"
        )
    }
    made = []
    entered = localdate(at) - timedelta(days=600)
    for grid in grids:
        polygon = Region.objects.values_list("polygon", flat=True).get(pk=grid.pk)
        if not polygon:
            continue
        west, south, east, north = bbox(polygon)
        for code, count, owner in STANDING:
            if code not in items:
                continue
            for _n in range(count):
                lng, lat = dice.uniform(west, east), dice.uniform(south, north)
                land = locate(lng, lat)
                if land.id == grid.pk:
                    made.append(
                        _component(items[code], region_of(land), (lng, lat), owner, entered, dice)
                    )
    actions.enter_components(made, at=at - timedelta(days=600), by=None)
    return len(made)


def _component(
    item: CatalogueItem, grid: Region, place: tuple[float, float], owner: str, entered, dice: Random
) -> Component:
    broken = dice.random() < 0.04
    return Component(
        item=item, name=item.name, grid=grid, area=grid.path, lng=round(place[0], 6),
        lat=round(place[1], 6), accuracy="B", owner=owner, maintainer=owner,
        department=item.department, from_date=entered, source="样例普查", is_sample=True,
        state=State.BROKEN if broken else State.GOOD,
    )  # fmt: skip


def _problems(home: Region, by: User, at: datetime) -> None:
    """The list of the home community: one is late, one is new, with what was done so far."""
    street = (
        Org.objects.filter(region=home.parent_id, kind=Org.Kind.GOVERNMENT).order_by("pk").first()
    )
    office = Org.objects.filter(region=home, kind=Org.Kind.COMMUNITY).order_by("pk").first()
    if street is None or office is None:
        return
    for n, (title, text, measures, urgency, days, notes) in enumerate(PROBLEMS):
        listed = at - timedelta(days=60 - 9 * n)
        problem = actions.list_problem(
            region=home, title=title, text=text, measures=measures, urgency=urgency,
            lead=street if n % 2 == 0 else office, due_on=localdate(at) + timedelta(days=days),
            at=listed, by=by,
        )  # fmt: skip
        for k, words in enumerate(notes, start=1):
            actions.note_problem(
                problem=problem, text=words, at=listed + timedelta(days=12 * k), by=by
            )


def report_some(district: Region, *, at: datetime) -> int:
    """Bind open requests about things in the home community to the components beside them."""
    n = 0
    home = home_of(district)
    cases = Case.objects.filter(
        kind="request", closed_at=None, area__under=home.path, lng__isnull=False
    )
    for case in cases.filter(topic__isnull=False).order_by("pk")[:40]:
        found = nearest(case.lng or 0, case.lat or 0, within_m=300, limit=1, topic=case.topic_id)
        if found and actions.may_report(found[0].component):
            actions.report_component(
                found[0].component, case=case, at=case.opened_at, by=case.reporter
            )
            n += 1
    return n
