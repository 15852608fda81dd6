"""The chain is looked over: broken links, land without cover; coverage in figures with bases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.orgs import actions, queries
from tongxin.orgs.actions import Paper
from tongxin.orgs.models import Membership, Org, OrgChange, Person, UnitCover
from tongxin.regions.models import Region
from tongxin.regions.queries import forget, get_land
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)


def findings(land: str, actor, kind: str = "", on: date = TODAY) -> list[tuple[str, str]]:
    found = queries.Survey(get_land(land), actor, on=on).findings()
    return [(one.kind, one.what) for one in found if not kind or one.kind == kind]


def building(world, grid, n: int) -> Region:
    one = Region.objects.create(
        code=f"{grid.code}{n:03d}", name=f"{n}号楼", short_name=f"{n}号楼", level="building",
        parent=grid, path=f"{grid.path}{n:03d}/", lng=117.55, lat=39.25,
    )  # fmt: skip
    forget()
    return one


@pytest.mark.mission("S0.21", "S3.2")
def test_broken_links_of_the_chain_are_found_each_with_what_mends_it(world, client):
    assert ("no_committee", "苇社区") in findings("120116", world.he)
    assert ("no_committee", "南港街道") in findings("120116", world.he)
    # A community's committee that hangs on the district passes its street by.
    Org.objects.filter(pk=world.pine_party.pk).update(parent=world.tong_party)
    world.pine_party.refresh_from_db()
    actions.units.move_subtree(world.pine_party, world.tong_party)
    assert ("broken", "松社区党委") in findings("120116", world.he)
    client.force_login(world.he)
    page = client.get("/orgs/units/check/?region=120116&kind=broken").content.decode()
    assert "街道到社区的链条断开" in page and "请调整隶属关系" in page
    actions.change_affiliation(
        unit=world.pine_party, parent=world.north_party, paper=Paper(TODAY), at=NOON, by=world.he
    )
    assert findings("120116", world.he, "broken") == []


@pytest.mark.mission("S0.26", "S4.37", "S4.70")
def test_a_grid_without_a_unit_is_a_gap_in_the_list_and_on_the_map(world, client):
    assert findings("120116001001", world.he, "grid_gap") == [
        ("grid_gap", "第一网格"), ("grid_gap", "第二网格"),
    ]  # fmt: skip
    client.force_login(world.tang)
    url = f"/orgs/units/{world.branch.pk}/do/grids/"
    given = {"grids": [world.p1.pk], "on": "2026-03-02", "key": "g"}
    assert "新覆盖“第一网格”" in client.post(url, given).content.decode()
    client.post(url, given | {"do": "1"})
    assert findings("120116001001", world.he, "grid_gap") == [("grid_gap", "第二网格")]
    areas = client.get("/orgs/units/check/areas/?region=120116001001").json()["features"]
    assert {one["properties"]["gaps"] for one in areas} == {None, 1}
    client.force_login(world.he)
    above = client.get("/orgs/units/check/areas/?region=120116").json()["features"]
    gaps = {one["properties"]["name"]: one["properties"]["gaps"] for one in above}
    assert gaps == {"北塘街道": 1, "南港街道": 0}
    figure = next(
        one for one in queries.coverage(get_land("120116001"), on=TODAY) if one.code == "grid"
    )
    assert (figure.have, figure.total, figure.share, figure.gaps) == (1, 2, 50.0, ("第二网格",))


def test_a_grid_is_covered_once_and_only_at_home(world):
    bind = {"grids": [world.p1], "paper": Paper(TODAY), "at": NOON, "by": world.he}
    actions.bind_land(unit=world.branch, **bind)
    with pytest.raises(actions.BadGrid):
        actions.bind_land(unit=world.pine_party, **bind)
    with pytest.raises(actions.BadGrid):
        actions.bind_land(unit=world.salt_branch, **bind)
    with pytest.raises(actions.BadCover):
        actions.bind_land(unit=world.branch, **bind)  # nothing would change


@pytest.mark.mission("S3.38", "S3.39")
def test_a_building_has_a_group_headed_by_a_retired_veteran(world, client):
    eight = building(world, world.p1, 8)
    group = actions.found_unit(
        name="8号楼党小组", unit_kind="group", parent=world.branch, paper=Paper(TODAY), at=NOON,
        by=world.qin,
    ).unit  # fmt: skip
    with pytest.raises(actions.BadGrid):  # a committee does not cover a building
        actions.bind_land(
            unit=world.pine_party, grids=[eight], paper=Paper(TODAY), at=NOON, by=world.he
        )
    assert findings("120116001001", world.he, "building_gap") == [("building_gap", "8号楼")]
    actions.bind_land(unit=group, grids=[eight], paper=Paper(TODAY), at=NOON, by=world.qin)
    assert findings("120116001001", world.he, "building_gap") == []

    head = {"unit": group, "on": TODAY, "at": NOON, "by": world.qin}
    busy = world.zhao_member
    busy.in_service = True
    busy.save()
    for person in (busy.person, Person.objects.create(name="群众")):
        with pytest.raises(actions.NotEligible):
            actions.set_head(person=person, **head)
    with pytest.raises(actions.NotEligible):  # neither marked a veteran nor of the age
        actions.set_head(person=world.wang_member.person, **head)
    world.wang_member.is_veteran = True
    world.wang_member.save()
    client.force_login(world.qin)
    client.post(f"/orgs/units/{group.pk}/head/", {"person": "王芳", "on": "2026-03-02"})
    row = group.people.get()
    assert (row.duty, row.ground) == ("head", "离退休老党员，党龄 24 年")
    figure = {one.code: one for one in queries.coverage(get_land("120116001"), on=TODAY)}[
        "building"
    ]
    assert (figure.have, figure.total) == (1, 1)


def test_on_trial_only_buildings_of_the_trial_are_asked_for(world):
    building(world, world.p1, 8)
    actions.start_pilot(
        feature="building_group", regions=[world.reed], on=TODAY, at=NOON, by=world.he
    )
    assert findings("120116001001", world.he, "building_gap") == []
    group = Org.objects.create(name="楼组", kind="party", unit_kind="group", region=world.pine,
                               parent=world.branch)  # fmt: skip
    with pytest.raises(actions.PilotOff):
        actions.bind_land(
            unit=group, grids=[Region.objects.get(level="building")], paper=Paper(TODAY), at=NOON,
            by=world.qin,
        )  # fmt: skip


def test_vacancies_overdue_units_and_small_branches_are_found(world):
    assert ("no_lead", "松社区党委") in findings("120116", world.he)
    assert ("no_lead", "松社区第一党支部") not in findings("120116", world.he)
    assert ("small", "松社区第一党支部") in findings("120116", world.he)  # Wang and Zhao
    Membership.objects.create(
        person=Person.objects.create(name="某"), unit=world.branch, stage="full",
        from_date=TODAY,
    )  # fmt: skip
    assert ("small", "松社区第一党支部") not in findings("120116", world.he)
    Org.objects.create(
        name="临时", kind="party", unit_kind="branch", region=world.pine, parent=world.pine_party,
        is_temporary=True, expires_on=TODAY - timedelta(days=1),
    )  # fmt: skip
    assert ("expired", "临时") in findings("120116", world.he)


def test_an_officer_sees_the_land_but_not_how_many_members_a_branch_has(world):
    assert findings("120116001", world.liu, "small") == []
    assert findings("120116001", world.liu, "grid_gap")


def test_one_looks_only_over_ones_own_land(world, client):
    client.force_login(world.tang)
    assert client.get("/orgs/units/check/?region=120116002").status_code == 404
    assert client.get("/orgs/units/check/").context["land"].code == "120116001"


@pytest.mark.mission("S4.75")
def test_firms_and_social_organisations_covered_are_shares_of_those_registered(world, client):
    def firm(name, sector="private_firm", **more):
        return Org.objects.create(name=name, kind="unit", region=world.pine, sector=sector, **more)

    firms = [firm(f"公司{n}") for n in range(26)]
    social = [firm(f"协会{n}", "social_org") for n in range(26)]
    for org in (*firms[:17], *social[:15]):
        UnitCover.objects.create(unit=world.branch, org=org, from_date=TODAY)
    found = {one.code: one for one in queries.coverage(get_land("120116"), on=TODAY)}
    assert (found["private_firm"].have, found["private_firm"].total) == (17, 26)
    assert (found["private_firm"].share, found["social_org"].share) == (65.4, 57.7)
    client.force_login(world.he)
    page = client.get("/orgs/units/coverage/").content.decode()
    assert "65.4%" in page and "57.7%" in page


@pytest.mark.mission("S4.74")
def test_five_figures_must_be_a_hundred_per_cent(world, client):
    client.force_login(world.he)
    page = client.get("/orgs/units/coverage/?region=120116001")
    assert [one.code for one in page.context["five"]] == list(queries.FIVE)
    assert page.context["full"] == 2  # nothing to cover among firms and social organisations
    assert "苇社区" in page.content.decode()


@pytest.mark.mission("S4.77")
def test_a_space_of_makers_is_covered_with_its_firms(world, client):
    space = Org.objects.create(name="创客空间", kind="unit", region=world.pine, headcount=8)
    for n in range(42):
        Org.objects.create(
            name=f"创客{n}", kind="unit", region=world.pine, parent=space, sector="private_firm",
            headcount=3 if n < 28 else 2,
        )  # fmt: skip
    assert queries.parks_in(get_land("120116"))[0].unit is None
    actions.cover_orgs(unit=world.branch, orgs=[space], paper=Paper(TODAY), at=NOON, by=world.tang)
    park = queries.parks_in(get_land("120116"))[0]
    assert (park.firms, park.people, park.unit) == (42, 120, world.branch)
    figure = {one.code: one for one in queries.coverage(get_land("120116"), on=TODAY)}
    assert figure["private_firm"].have == 42  # by their space
    client.force_login(world.liu)
    assert "企业 42 家，从业 120 人" in client.get("/orgs/units/coverage/").content.decode()
    with pytest.raises(actions.BadCover):  # one unit covers it
        actions.cover_orgs(
            unit=world.salt_branch, orgs=[space], paper=Paper(TODAY), at=NOON, by=world.he
        )


@pytest.mark.mission("S4.73")
def test_new_units_of_a_year_are_counted_by_sector(world):
    for n in range(32):
        actions.found_unit(
            name=f"企业党支部{n}", unit_kind="branch", parent=world.pine_party, expected=3,
            sector="private_firm", paper=Paper(TODAY), at=NOON, by=world.tang,
        )  # fmt: skip
    growth = queries.growth_of(2026, world.he)
    assert growth.new_by_sector == {"private_firm": 32}
    assert growth.by_kind == {OrgChange.Kind.FOUND: 32}
    assert queries.growth_of(2025, world.he).new_by_sector == {}


@pytest.mark.slow
def test_1919_units_are_listed_drawn_and_checked_in_a_breath(
    world, client, django_assert_max_num_queries
):
    """S4.2: the register of a district; its 35,000 members are measured by `tongxin bench orgs`."""
    import time

    Org.objects.bulk_create(
        (
            Org(name=f"支部{n:04d}", kind="party", unit_kind="branch", region=world.pine,
                parent=world.pine_party, path=f"{world.pine_party.path}{90000 + n}/")
            for n in range(1914)
        ),
        batch_size=500,
    )  # fmt: skip
    client.force_login(world.he)
    client.get("/orgs/units/")
    began = time.process_time()
    with django_assert_max_num_queries(8):
        page = client.get("/orgs/units/?q=支部1913")
    assert [row[0].name for row in page.context["rows"]] == ["支部1913"]
    with django_assert_max_num_queries(8):
        assert client.get("/orgs/units/tree/").context["total"] == 1919
    with django_assert_max_num_queries(8):
        assert client.get("/orgs/units/check/").context["total"] > 1914
    assert time.process_time() - began < 3
