"""The named world with a discipline commission: Ji and Kang inspect, Qiao leads, Rao serves in North.

Two markets of Pine and one of Reed, a seafood shop of Salt. `running` is an open operation with one
team (Ji, Kang); `hidden` an unannounced one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tongxin.documents.actions import load_kinds
from tongxin.fieldwork import actions as fieldwork
from tongxin.inspections import actions
from tongxin.inspections.models import Dispatch, Operation, Site, SiteVisit
from tongxin.orgs.models import Org

CHINA = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 10, tzinfo=CHINA)  # a Monday
DAY = NOON.date()
SATURDAY = date(2026, 3, 7)
SCOPE = "防控责任落实、物资保障、复工复产"


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


@pytest.fixture
def land(world):
    """The world with the commission, its people and four sites; `land.sites` by a short name."""
    load_kinds(at=NOON)
    world.commission = Org.objects.create(
        name="滨海新区纪委监委", kind="department", region=world.tong, parent=world.tong_party
    )
    world.ji = world.person("ji", "纪明", world.commission, "inspector")
    world.kang = world.person("kang", "康宁", world.commission, "inspector")
    world.qiao = world.person("qiao", "乔书文", world.commission, "leader")
    world.rao = world.person("rao", "饶平", world.north_office, "inspector")
    world.market = Org.objects.create(name="市场监管局", kind="department", region=world.tong)
    world.sites = {}
    for name, title, kind, region, more in (
        ("fresh", "松鲜超市", "market", world.pine, {"regulator": world.market}),
        ("green", "松园菜市场", "wholesale", world.pine, {}),
        ("reed", "苇岸超市", "market", world.reed, {}),
        ("sea", "盐港水产店", "seafood", world.salt, {"owner": "盐港水产有限公司"}),
    ):
        world.sites[name] = actions.register_site(
            name=title, kind=kind, region=region, lng=region.lng, lat=region.lat, by=world.ji,
            at=NOON, **more,
        )  # fmt: skip
    return world


def plan(land, *, name="疫情防控专项监督", start=DAY, days=30, **more) -> Operation:
    return actions.draft_operation(
        org=land.commission, region=land.tong, name=name, scope=SCOPE, starts_on=start,
        ends_on=start + timedelta(days=days), tags=["六稳", "六保"], by=land.ji, at=at(start, 8),
        **more,
    )  # fmt: skip


def run(land, operation, **team) -> Operation:
    """Approve and begin an operation with one team and the streets as subjects."""
    moment = at(operation.starts_on, 9)
    operation = actions.approve_operation(operation=operation, by=land.qiao, at=moment)
    actions.add_land(operation=operation, regions=[land.north, land.south], by=land.ji)
    given = {"name": "第一监督组", "leader": land.ji, "members": [land.kang]} | team
    actions.make_team(operation=operation, by=land.ji, at=moment, **given)
    return actions.begin_operation(operation=operation, by=land.ji, at=moment)


@pytest.fixture
def running(land) -> Operation:
    return run(land, plan(land))


@pytest.fixture
def hidden(land) -> Operation:
    return run(land, plan(land, name="节日正风肃纪", is_unannounced=True))


def send(land, operation, *sites, on=DAY, members=None, team=None, **more) -> Dispatch:
    return actions.plan_dispatch(
        team=team or operation.teams.get(), on=on, members=members or [land.ji, land.kang],
        stops=[{"site": land.sites.get(one, one)} for one in sites], by=land.ji, at=at(on, 8),
        **more,
    )  # fmt: skip


def begin(land, stop: SiteVisit, *, by=None, hour=10) -> SiteVisit:
    moment = at(stop.dispatch.on, hour)
    fieldwork.begin_visit(stop.visit, at=moment, by=by or land.ji)
    return SiteVisit.objects.select_related(
        "visit", "site__region", "site__org", "site__regulator", "dispatch__team__operation__org"
    ).get(pk=stop.pk)


def finish(land, stop: SiteVisit, *, by=None, hour=11) -> SiteVisit:
    moment = at(stop.dispatch.on, hour)
    fieldwork.finish_visit(stop.visit, answers={}, at=moment, by=by or land.ji)
    return SiteVisit.objects.select_related("visit").get(pk=stop.pk)


def visit_all(land, dispatch: Dispatch, by=None) -> list[SiteVisit]:
    stops = dispatch.visits.select_related("visit", "dispatch").order_by("order")
    return [finish(land, begin(land, stop, by=by), by=by) for stop in stops]


def shut(name: str, land) -> Site:
    return actions.close_site(site=land.sites[name], on=DAY, by=land.ji, at=NOON)
