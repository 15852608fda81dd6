"""Packages with their money, activities shared by units, the series of practical deeds."""

import pytest

from tongxin.conferences import actions, queries
from tongxin.conferences.models import ListItem, Package, PackageItem
from tongxin.funds import actions as funds
from tongxin.funds.models import Allocation, Source
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.testing import NOON

from .scenes import DAY

ON = NOON.date()


@pytest.fixture
def account(world):
    source, _made = Source.objects.get_or_create(
        code="F01", defaults={"name": "区级财政", "kind": "fiscal", "level": "district"}
    )
    made = funds.open_account(
        org=world.district_office, region=world.tong, name="社区专项", by=world.gao, at=NOON
    )
    funds.receive(account=made, source=source, amount_fen=100_000_00, on=ON, by=world.gao, at=NOON)
    return made, source


def draft(world):
    package = actions.draft_package(
        street=world.north, org=world.district_office, year=2026, name="医疗下沉包",
        policy="街镇自主安排家庭医生签约服务。", by=world.gao, at=NOON,
    )  # fmt: skip
    for kind, title, fen in (("medical", "家庭医生签约", 60_000_00), ("legal", "法律援助点", 0)):
        actions.add_package_item(
            package=package, kind=kind, title=title, amount_fen=fen, due_on=ON + 100 * DAY,
            by=world.gao, at=NOON,
        )  # fmt: skip
    return package


def test_what_does_not_stand_above_a_street_hands_nothing_down_to_it(world):
    given = {"year": 2026, "name": "包", "policy": "政策", "at": NOON}
    for street in (world.north, world.south):
        with pytest.raises(Invalid, match="不管"):
            actions.draft_package(street=street, org=world.north_party, by=world.tang, **given)
    assert not Package.objects.exists()


@pytest.mark.mission("S3.16")
def test_policy_project_and_money_go_down_together(world, account):
    package = draft(world)
    with pytest.raises(actions.PackageEmpty, match="哪个账户"):
        actions.issue_package(package=package, by=world.gao, at=NOON)
    with pytest.raises(actions.NotYourOffice):
        actions.issue_package(package=package, by=world.liu, at=NOON)
    assert not Allocation.objects.exists()
    made, source = account
    actions.issue_package(package=package, account=made, source=source, by=world.gao, at=NOON)
    rows = {row["item"].title: row for row in queries.items_of(package)}
    assert rows["家庭医生签约"]["allocated"] == 60_000_00
    assert rows["法律援助点"]["allocated"] == 0
    assert Allocation.objects.get().region == world.north
    assert world.liu.notices.filter(title="打包下放：医疗下沉包").exists()
    with pytest.raises(actions.PackageFixed):
        actions.issue_package(package=package, account=made, source=source, by=world.gao, at=NOON)
    one, two = package.items.order_by("pk")
    given = {"note": "签约 300 户", "served": 300, "at": NOON + DAY}
    actions.report_package_item(item=one, by=world.liu, **given)
    with pytest.raises(actions.WrongTurn):
        actions.confirm_package_item(item=two, accept=True, by=world.gao, at=NOON + DAY)
    with pytest.raises(NotPermitted):
        actions.confirm_package_item(item=one, accept=True, by=world.liu, at=NOON + DAY)
    actions.confirm_package_item(item=one, accept=True, by=world.gao, at=NOON + 2 * DAY)
    actions.report_package_item(item=two, by=world.liu, **given)
    actions.confirm_package_item(
        item=two, accept=False, note="缺服务记录", by=world.gao, at=NOON + 2 * DAY
    )
    assert PackageItem.objects.get(pk=two.pk).state == "running"
    actions.report_package_item(item=two, by=world.liu, **given)
    actions.confirm_package_item(item=two, accept=True, by=world.gao, at=NOON + 3 * DAY)
    package.refresh_from_db()
    assert package.state == "closed"


def test_a_package_whose_money_is_refused_is_not_handed_down(world, account):
    package = draft(world)
    made, source = account
    type(made).objects.filter(pk=made.pk).update(closed_on=ON)
    with pytest.raises(Refused):
        actions.issue_package(package=package, account=made, source=source, by=world.gao, at=NOON)
    package.refresh_from_db()
    assert package.state == "draft"
    assert not Allocation.objects.exists()


@pytest.mark.mission("S2.35")
def test_an_activity_is_shared_answered_and_in_the_books_of_all(world):
    given = {
        "title": "清洁家园", "region": world.pine, "place": "松社区广场", "host": world.pine_party,
        "starts_at": NOON + DAY, "ends_at": NOON + 2 * DAY, "at": NOON,
    }  # fmt: skip
    with pytest.raises(Refused, match="至少还要有一家"):
        actions.plan_activity(orgs=[world.pine_party], by=world.tang, **given)
    made = actions.plan_activity(orgs=[world.salt_branch, world.roads], by=world.tang, **given)
    part = made.parts.get(org=world.salt_branch)
    with pytest.raises(actions.NotYourOffice):
        actions.answer_activity(part=part, joins=True, people=3, by=world.li, at=NOON)
    with pytest.raises(Refused, match="人数"):
        actions.answer_activity(part=part, joins=True, by=world.yue, at=NOON)
    actions.answer_activity(part=part, joins=True, people=3, by=world.yue, at=NOON)
    with pytest.raises(actions.ActivityOver):
        actions.hold_activity(activity=made, residents=40, result="清", by=world.tang, at=NOON)
    actions.hold_activity(
        activity=made, residents=40, result="清理楼道 12 处", by=world.tang, at=NOON + 2 * DAY
    )
    for unit in (world.pine_party, world.salt_branch):
        assert "居民 40 人" in unit.log.get(key=f"activity:{made.pk}").text


@pytest.mark.mission("S2.46", "S2.47")
def test_projects_stand_in_three_series_from_streets_and_zones(world):
    for series, origin in (("people", "street"), ("firms", "zone"), ("firms", "street")):
        actions.add_to_list(
            kind="project", region=world.north, matter="service", title="上门办证", quantity=1,
            from_date=ON, to_date=ON + 200 * DAY, series=series, origin=origin, by=world.liu,
            at=NOON,
        )  # fmt: skip
    told = {
        one["series"]: one["total"]
        for one in queries.series_board(ListItem.objects.visible_to(world.gao))
    }
    assert told == {"people": 1, "grassroots": 0, "firms": 2}
