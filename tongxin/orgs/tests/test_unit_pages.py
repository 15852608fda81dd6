"""Every page of the register of units opens for who may, and for nobody else; each costs little."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.orgs import actions
from tongxin.orgs.models import Org, Pilot, UnitRating, WorkMethod
from tongxin.testing import NOON

KEEPERS = ["qin", "tang", "he"]
PAGES = [
    "/orgs/units/", "/orgs/units/tree/", "/orgs/units/check/", "/orgs/units/check/areas/",
    "/orgs/units/coverage/", "/orgs/units/temporary/", "/orgs/take-overs/",
    "/orgs/take-overs/new/", "/orgs/take-overs/template.csv", "/orgs/ratings/",
    "/orgs/ratings/new/", "/orgs/ratings/pairings/", "/orgs/ratings/pairings/new/",
    "/orgs/methods/", "/orgs/methods/new/", "/orgs/pilots/", "/orgs/pilots/new/",
]  # fmt: skip
FOR_READERS = [page for page in PAGES if "new" not in page and "take-overs" not in page]


@pytest.mark.parametrize("page", PAGES)
def test_who_keeps_a_register_opens_every_page(world, client, page):
    for who in KEEPERS:
        client.force_login(getattr(world, who))
        assert client.get(page).status_code == 200, who


@pytest.mark.parametrize("page", PAGES)
def test_an_officer_reads_and_changes_nothing(world, client, page):
    client.force_login(world.liu)
    assert client.get(page).status_code == (200 if page in FOR_READERS else 404)


@pytest.mark.parametrize("page", PAGES)
def test_a_resident_finds_none_of_them(world, client, page):
    client.force_login(world.sun)
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in(world, client, page):
    assert client.get(page).status_code == 302


@pytest.mark.parametrize("page", [p for p in FOR_READERS if "areas" not in p])
def test_no_page_costs_more_as_the_register_grows(
    world, client, page, django_assert_max_num_queries
):
    actions.load_unit_rules()
    label = actions_label("five_good")
    units = Org.objects.bulk_create(
        Org(name=f"支部{n:03d}", kind="party", unit_kind="branch", region=world.pine,
            parent=world.pine_party, path=f"{world.pine_party.path}9{n}/", is_temporary=n % 2 == 0,
            expires_on=date(2026, 12, 31) if n % 2 == 0 else None)
        for n in range(40)
    )  # fmt: skip
    UnitRating.objects.bulk_create(
        UnitRating(unit=unit, year=2026, label=label, reason="好", on=date(2026, 3, 1), at=NOON,
                   decided_by=world.he)
        for unit in units
    )  # fmt: skip
    client.force_login(world.he)
    client.get(page)  # the land is known
    with django_assert_max_num_queries(8):
        client.get(page)


def actions_label(code):
    from tongxin.orgs.models import RatingLabel

    return RatingLabel.objects.get(code=code)


class TestSeats:
    """S0.39, S0.40: joint committees with part-time members from units of the area."""

    @pytest.fixture
    def committee(self, world) -> Org:
        done = actions.found_joint_committee(
            parent=world.north_party, paper=actions.Paper(date(2026, 3, 2)), at=NOON, by=world.tang
        )
        return done.unit

    @pytest.mark.mission("S0.39")
    def test_a_street_founds_one_and_gives_seats(self, world, client, committee):
        assert committee.name == "北塘街道大工委"
        firm = Org.objects.create(name="海天公司", kind="unit", region=world.pine)
        client.force_login(world.tang)
        url = f"/orgs/units/{committee.pk}/seats/new/"
        seat = {"duty": "member", "origin": f"海天公司 #{firm.pk}", "name": "郑经理",
                "task": "联系商户", "on": "2026-03-02"}  # fmt: skip
        assert client.post(url, seat).status_code == 302
        assert client.post(url, seat).status_code == 409  # a seat is given once
        page = client.get(f"/orgs/units/{committee.pk}/").content.decode()
        assert "郑经理" in page and "海天公司" in page and "还没有主任委员" in page
        row = committee.joint_members.get()
        client.post(f"/orgs/seats/{row.pk}/end/")
        row.refresh_from_db()
        assert row.to_date is not None
        assert client.post(f"/orgs/seats/{row.pk}/end/").status_code == 409
        assert committee.joint_members.count() == 1  # the row stays

    def test_the_chair_comes_from_the_committee_above_and_members_from_the_area(
        self, world, committee
    ):
        give = {"committee": committee, "on": date(2026, 3, 2), "at": NOON, "by": world.tang}
        firm = Org.objects.create(name="海天公司", kind="unit", region=world.pine)
        far = Org.objects.create(name="南港公司", kind="unit", region=world.salt)
        with pytest.raises(actions.ChairFirst):
            actions.give_seat(origin=firm, name="郑", duty="chair", **give)
        with pytest.raises(actions.NotOfTheArea):
            actions.give_seat(origin=far, name="郑", **give)
        actions.give_seat(
            origin=world.north_party, name="唐颖", duty="chair", user=world.tang, **give
        )
        with pytest.raises(actions.SeatTaken):  # one chair
            actions.give_seat(origin=world.north_party, name="别人", duty="chair", **give)
        with pytest.raises(actions.NotJoint):
            actions.give_seat(**give | {"committee": world.pine_party}, origin=firm, name="郑")
        with pytest.raises(actions.NotYourUnit):
            actions.give_seat(**give | {"by": world.qin}, origin=firm, name="郑")

    @pytest.mark.mission("S0.40")
    def test_one_for_each_street_and_community(self, world, committee):
        paper = actions.Paper(date(2026, 3, 2))
        with pytest.raises(actions.SeatTaken):
            actions.found_joint_committee(
                parent=world.north_party, paper=paper, at=NOON, by=world.tang
            )
        done = actions.found_joint_committee(
            parent=world.pine_party, paper=paper, at=NOON, by=world.tang
        )
        assert done.unit.name == "松社区大党委"


class TestPilots:
    """S0.27: a feature on for some communities only."""

    @pytest.mark.mission("S0.27")
    def test_a_feature_on_trial_is_off_elsewhere(self, world, client):
        client.force_login(world.he)
        answer = client.post("/orgs/pilots/new/", {
            "feature": "joint_committee", "regions": [world.pine.pk], "on": "2026-03-01",
        })  # fmt: skip
        assert answer.status_code == 302
        paper = actions.Paper(date(2026, 3, 2))
        reed = Org.objects.create(name="苇社区党委", kind="party", unit_kind="committee",
                                  region=world.reed, parent=world.north_party)  # fmt: skip
        with pytest.raises(actions.PilotOff) as refused:
            actions.found_joint_committee(parent=reed, paper=paper, at=NOON, by=world.tang)
        assert "试点" in str(refused.value)
        actions.found_joint_committee(parent=world.pine_party, paper=paper, at=NOON, by=world.tang)
        pilot = Pilot.objects.get()
        client.post(f"/orgs/pilots/{pilot.pk}/", {"end": "1"})
        pilot.refresh_from_db()
        assert pilot.to_date is not None
        assert actions.is_on("joint_committee", world.reed.path, on=pilot.to_date)

    def test_only_who_overlooks_the_land_decides(self, world, client):
        client.force_login(world.tang)  # keeps North; Salt is not hers
        answer = client.post("/orgs/pilots/new/", {
            "feature": "task_force", "regions": [world.salt.pk], "on": "2026-03-01",
        })  # fmt: skip
        assert answer.status_code == 422 and not Pilot.objects.exists()
        given = {"feature": "task_force", "on": date(2026, 3, 1), "at": NOON, "by": world.tang}
        from tongxin.kit.errors import NotPermitted

        with pytest.raises(NotPermitted):
            actions.start_pilot(regions=[world.salt], **given)
        pilot = actions.start_pilot(regions=[world.pine], **given)
        with pytest.raises(actions.BadPilot):
            actions.start_pilot(regions=[world.pine], **given)  # it runs already
        with pytest.raises(actions.BadPilot):
            actions.change_pilot(pilot=pilot, regions=[world.p1], at=NOON, by=world.tang)
        actions.change_pilot(pilot=pilot, regions=[world.reed], at=NOON, by=world.tang)
        assert not actions.is_on("task_force", world.pine.path, on=date(2026, 3, 2))


class TestMethods:
    @pytest.mark.mission("S2.27")
    def test_a_method_is_handed_in_published_and_learnt(self, world, client):
        client.force_login(world.qin)
        method = {"unit": f"x #{world.branch.pk}", "title": "五步敲门法", "summary": "敲一次门问五件事",
                  "steps": "一敲二问三记四办五回", "tags": "走访"}  # fmt: skip
        assert client.post("/orgs/methods/new/", method).status_code == 302
        assert client.post("/orgs/methods/new/", method).status_code == 409
        one = WorkMethod.objects.get()
        assert client.post(f"/orgs/methods/{one.pk}/publish/").status_code != 200
        one.refresh_from_db()
        assert one.published_on is None  # not by the unit itself
        client.force_login(world.yue)
        assert client.get(f"/orgs/methods/{one.pk}/").status_code == 404
        client.force_login(world.tang)
        assert "等待发布" in client.get("/orgs/methods/").content.decode()
        client.post(f"/orgs/methods/{one.pk}/publish/")
        client.force_login(world.yue)
        assert "五步敲门法" in client.get("/orgs/methods/?q=走访").content.decode()
        use = {"unit": f"x #{world.salt_branch.pk}", "note": "先在一号楼试"}
        assert client.post(f"/orgs/methods/{one.pk}/use/", use).status_code == 302
        assert client.post(f"/orgs/methods/{one.pk}/use/", use).status_code == 409
        assert "先在一号楼试" in client.get(f"/orgs/methods/{one.pk}/").content.decode()
        client.force_login(world.tang)
        client.post(f"/orgs/methods/{one.pk}/publish/")  # taken out again
        client.force_login(world.yue)
        assert client.get(f"/orgs/methods/{one.pk}/").status_code == 404


class TestRequirements:
    @pytest.mark.mission("S2.28")
    def test_each_sector_has_its_own_and_units_say_how_they_stand(self, world, client):
        actions.load_unit_rules()
        assert actions.load_unit_rules() == 0  # once
        client.force_login(world.qin)
        url = f"/orgs/units/{world.branch.pk}/requirements/"
        rows = client.get(url).context["rows"]
        assert {one.sector for one, _mark in rows} == {"community"}
        asked = rows[0][0]
        bad = client.post(url, {"requirement": asked.pk, "state": "unmet"})
        assert bad.status_code == 422 and "请写明原因" in bad.content.decode()
        client.post(url, {"requirement": asked.pk, "state": "unmet", "note": "楼栋还在摸底"})
        assert "楼栋还在摸底" in client.get(url).content.decode()
        client.post(url, {"requirement": asked.pk, "state": "met"})
        marks = [mark for _one, mark in client.get(url).context["rows"] if mark]
        assert [mark.state for mark in marks] == ["met"]
        client.force_login(world.yue)
        assert client.get(url).status_code == 404

    def test_a_requirement_of_another_sector_is_not_asked(self, world):
        actions.load_unit_rules()
        from tongxin.orgs.models import Requirement

        village = Requirement.objects.filter(sector="village").first()
        with pytest.raises(actions.BadMark):
            actions.mark_requirement(
                unit=world.branch, requirement=village, year=2026, state="met", at=NOON,
                by=world.qin,
            )  # fmt: skip
