"""Bodies founded from the tree, their chairs, charters and seats."""

from datetime import date

import pytest

from tongxin.conferences import actions, queries
from tongxin.conferences.models import Charter, ConferenceBody
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region
from tongxin.testing import NOON, square

from .scenes import DAY, body_of, kind, seat, street

ON = NOON.date()


@pytest.mark.mission("S3.36", "S3.1")
def test_one_act_founds_a_body_for_every_street_and_community(bodies):
    world = bodies
    assert ConferenceBody.objects.count() == 5
    assert actions.found_bodies(district=world.tong, by=world.he, at=NOON) == 0
    told = queries.coverage(world.tong.path)
    assert (told["street_bodies"], told["community_bodies"], told["missing"]) == (2, 3, [])
    assert told["without_convener"] == 2  # South has no committee, Reed neither
    body = body_of(world.north)
    assert body.org == world.north_party
    charter = queries.charter_on(body, ON)
    assert "每季度召开1次" in charter.text
    # A convener that was founded later is given to the body that waits for it.
    Org.objects.create(
        name="南港街道党工委", kind="party", unit_kind="work_committee", region=world.south,
        parent=world.tong_party,
    )  # fmt: skip
    assert actions.found_bodies(district=world.tong, by=world.he, at=NOON) == 0
    assert body_of(world.south).org.name == "南港街道党工委"


@pytest.mark.mission("S3.36")
def test_ninety_bodies_of_a_district_in_one_act_and_few_statements(
    world, django_assert_max_num_queries
):
    district = Region.objects.create(
        code="120199", name="样例区", short_name="样例区", level="district", parent=world.city,
        path="1201/99/", polygon=square(116, 39, 0.5),
    )  # fmt: skip
    top = Org.objects.create(name="样例区委", kind="party", unit_kind="committee", region=district)
    Post.objects.create(user=world.gao, org=top, role="organiser", region=district)
    lands, units = [], []
    for s in range(9):
        street_ = Region(
            code=f"120199{s:03d}", name=f"样例{s}街道", short_name="", level="street",
            parent=district, path=f"1201/99/{s:03d}/",
        )  # fmt: skip
        lands.append(street_)
        lands += [
            Region(
                code=f"120199{s:03d}{c:03d}",
                name=f"样例{s}{c}社区",
                short_name="",
                level="community",
                path=f"1201/99/{s:03d}/{c:03d}/",
            )
            for c in range(9)
        ]
    Region.objects.bulk_create(lands)
    for land in Region.objects.filter(path__under=district.path, level__in=("street", "community")):
        committee = "work_committee" if land.level == "street" else "committee"
        units.append(Org(name=f"{land.name}党组织", kind="party", unit_kind=committee, region=land,
                         path=f"{top.path}{land.pk}/"))  # fmt: skip
    Org.objects.bulk_create(units)
    with django_assert_max_num_queries(45):
        assert actions.found_bodies(district=district, by=world.gao, at=NOON) == 90
    mine = ConferenceBody.objects.filter(region__path__under=district.path)
    assert (mine.filter(level="street").count(), mine.filter(level="community").count()) == (9, 81)
    assert not mine.filter(org=None).exists()
    assert Charter.objects.filter(body__in=mine).count() == 90


@pytest.mark.mission("S3.28", "S3.33")
def test_the_secretary_of_the_committee_chairs_and_a_missing_one_is_said(bodies):
    rows = list(ConferenceBody.objects.select_related("org").order_by("region__path"))
    chairs = {body.region_id: queries.chairs_of(rows, ON)[body.pk] for body in rows}
    assert chairs[bodies.north.pk].user == bodies.tang
    assert chairs[bodies.pine.pk].user is None
    assert "没有在任书记" in chairs[bodies.pine.pk].why
    assert "没有可以召集" in chairs[bodies.south.pk].why
    Post.objects.create(
        user=bodies.qin, org=bodies.pine_party, role="secretary", region=bodies.pine
    )
    assert queries.chairs_of(rows, ON)[body_of(bodies.pine).pk].user == bodies.qin


def test_who_may_found_them(world):
    for who in (world.qin, world.li, world.sun, world.yue):
        with pytest.raises(NotPermitted):
            actions.found_bodies(district=world.tong, by=who, at=NOON)
    assert not ConferenceBody.objects.exists()


@pytest.mark.mission("S3.1")
def test_a_charter_has_a_day_and_the_old_one_stays(bodies):
    body = body_of(bodies.north)
    made = actions.adopt_charter(
        body=body,
        text="一、每两个月召开1次。",
        effective_from=ON + 30 * DAY,
        by=bodies.tang,
        at=NOON,
    )
    assert queries.charter_on(body, ON) != made
    assert queries.charter_on(body, ON + 31 * DAY) == made
    with pytest.raises(actions.BadCharter):
        actions.adopt_charter(body=body, text="x", effective_from=ON, by=bodies.tang, at=NOON)
    with pytest.raises(actions.NotYourBody):
        actions.adopt_charter(
            body=body, text="x", effective_from=ON + 60 * DAY, by=bodies.yue, at=NOON
        )
    assert body.charters.count() == 2


@pytest.mark.mission("S3.29")
def test_a_seat_has_a_kind_of_its_level_and_a_reason(bodies):
    body = street(bodies)
    assert [one.name for one in queries.seats_on(body, ON)] == ["城市管理委", "水务局"]
    assert bodies.li.notices.filter(title__contains="城市管理委").exists()
    given = {"body": body, "rep_name": "甲", "from_date": ON, "by": bodies.tang, "at": NOON}
    with pytest.raises(Invalid, match="业主委员会"):
        actions.seat_member(kind=kind("owners"), name="三号院业委会", why="有代表性", **given)
    with pytest.raises(Invalid, match="推选理由"):
        actions.seat_member(kind=kind("new_sector"), name="某公司", why="", **given)
    with pytest.raises(actions.SeatTaken):
        seat(bodies, body, org=bodies.roads)
    with pytest.raises(actions.NotYourBody):
        seat(bodies, body, name="某公司", by=bodies.yue)
    assert body.members.count() == 2
    left = actions.end_seat(seat=body.members.first(), on=ON, by=bodies.tang, at=NOON)
    assert left.to_date == ON
    seat(bodies, body, org=bodies.roads)  # it may come back


@pytest.mark.mission("S3.29", "S3.35")
def test_units_that_could_sit_there_are_named_with_what_speaks_for_them(bodies):
    from tongxin.dual_report.models import UnitReport

    UnitReport.objects.create(
        unit=bodies.salt_branch, community=bodies.pine, contact="岳峰", filed_at=NOON,
        filed_by=bodies.yue, renew_by=date(2027, 1, 1), state="confirmed",
    )  # fmt: skip
    found = queries.candidates(body_of(bodies.pine), ON)
    assert [(one.org.name, one.why) for one in found] == [
        ("盐社区党支部", "已向 1 个社区报到"), ("松社区第一党支部", "辖区党支部"),
    ]  # fmt: skip
    assert queries.linked_units(bodies.tong.path)["reported"] == 1


def test_who_reads_a_body(bodies):
    body = street(bodies)
    seen = {
        who: ConferenceBody.objects.visible_to(getattr(bodies, who)).filter(pk=body.pk).exists()
        for who in ("tang", "he", "li", "liu", "gao", "zhang", "wu", "yue", "sun", "wang")
    }
    assert {who for who, may in seen.items() if may} == {"tang", "he", "li", "liu", "gao"}
