"""The offices of a street: set up, reformed without losing a duty, read by whom their land reaches."""

from __future__ import annotations

from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection

from tongxin.kit.errors import NotPermitted
from tongxin.orgs import actions
from tongxin.orgs.actions import NewOffice, OfficePaper
from tongxin.orgs.models import OfficeChange, OfficeDuty, OfficeSeat, Post, StreetOffice
from tongxin.testing import NOON

ON = date(2026, 3, 1)
PAPER = OfficePaper(ON, "津滨编〔2026〕1 号")


def set_up(world, name: str, *duties: str, by=None, **more) -> StreetOffice:
    return actions.set_up_office(
        street=world.north_office, new=NewOffice(name, duties=duties, **more), paper=PAPER,
        at=NOON, by=by or world.liu,
    )  # fmt: skip


def reform(world, closing, **more) -> OfficeChange:
    return actions.reform_offices(
        street=world.north_office, closing=closing, paper=PAPER, at=NOON, by=world.liu, **more
    )


@pytest.fixture
def three(world) -> list[StreetOffice]:
    """Return three offices of North: 党政 with the seated head Liu, 督查, 服务."""
    first = set_up(world, "党政办公室", "文电会务", approved=6, departments=[world.roads])
    second = set_up(world, "督查办公室", "督查督办", "信访", approved=3, departments=[world.water])
    third = set_up(world, "公共服务办公室", "民政救助", approved=5)
    post = Post.objects.get(user=world.liu)
    actions.seat_in_office(office=first, post=post, is_head=True, at=NOON, by=world.liu)
    return [first, second, third]


def duties_of(office: StreetOffice) -> list[str]:
    return [duty.text for duty in office.duties.order_by("number")]


@pytest.mark.mission("S4.64")
def test_offices_merge_into_a_new_one_and_nothing_is_lost(world, three):
    new = NewOffice("党政综合办公室", approved=8)
    change = reform(world, three[:2], into=new)
    one = StreetOffice.objects.get(name="党政综合办公室")
    assert duties_of(one) == ["文电会务", "督查督办", "信访"]
    assert {org.name for org in one.departments.all()} == {"城市管理委", "水务局"}
    seat = OfficeSeat.objects.get(office=one)
    assert (seat.post.user, seat.is_head, seat.to_date) == (world.liu, False, None)
    for old in three[:2]:
        old.refresh_from_db()
        assert (old.ended_on, old.end, old.successor) == (ON, "merged", one)
    assert change.moves.count() == 3
    assert str(change) == "“党政办公室”、“督查办公室”并入“党政综合办公室”；划转职责 3 项"
    assert change.basis == PAPER.basis
    with pytest.raises(actions.OfficeGone):
        reform(world, three[:1], into=three[2])


@pytest.mark.mission("S4.64")
def test_a_duty_without_an_office_stops_the_reform(world, three):
    with pytest.raises(actions.DutyLeft, match="还有 1 项职责没有去处：信访"):
        reform(world, [three[1]], moves={three[1].duties.get(text="督查督办").pk: three[0]})
    assert StreetOffice.objects.standing().count() == 3
    assert duties_of(three[1]) == ["督查督办", "信访"]
    assert not OfficeChange.objects.filter(kind="reform").exists()
    places = dict(
        zip(three[1].duties.values_list("pk", flat=True), [three[0], three[2]], strict=True)
    )
    reform(world, [three[1]], moves=places)
    assert duties_of(three[2]) == ["民政救助", "信访"]
    three[1].refresh_from_db()
    assert (three[1].end, three[1].successor) == ("dissolved", None)


@pytest.mark.mission("S4.64")
def test_a_duty_has_one_office(world, three):
    for again in (["民政救助"], ["养老助残", "养老助残"]):
        with pytest.raises(actions.DutyTaken):
            actions.add_duties(office=three[0], duties=again, paper=PAPER, at=NOON, by=world.liu)
    with pytest.raises(actions.DutyTaken, match="已在“公共服务办公室”"):
        set_up(world, "民政办公室", "民政救助")
    assert not StreetOffice.objects.filter(name="民政办公室").exists()
    actions.add_duties(office=three[2], duties=["养老助残"], paper=PAPER, at=NOON, by=world.liu)
    assert duties_of(three[2]) == ["民政救助", "养老助残"]


def test_an_office_that_stays_takes_the_posts_too(world, three):
    moved = three[2].duties.get()
    reform(world, [three[1]], into=three[0], moves={moved.pk: three[0]})
    three[0].refresh_from_db()
    assert three[0].approved == 9
    assert sorted(duties_of(three[0])) == sorted(["文电会务", "督查督办", "信访", "民政救助"])
    assert OfficeSeat.objects.get(office=three[0], to_date=None).is_head  # nobody moved there


def test_what_does_not_fit_is_refused(world, three):
    late = OfficePaper(date(2026, 4, 1), "x")
    with pytest.raises(actions.BadOffice, match="不能晚于今天"):
        actions.reform_offices(street=world.north_office, closing=three[:1], into=three[1], paper=late,
                               at=NOON, by=world.liu)  # fmt: skip
    with pytest.raises(actions.BadOffice, match="不能承接"):
        reform(world, three[:1], into=three[0])
    with pytest.raises(actions.BadOffice, match="没有要撤并"):
        reform(world, [])
    with pytest.raises(actions.OfficeTaken):
        set_up(world, "督查办公室")
    with pytest.raises(actions.BadOffice, match="核定数"):
        set_up(world, "新办公室", approved=-1)
    with pytest.raises(actions.BadOffice, match="不是职能部门"):
        set_up(world, "新办公室", departments=[world.pine_office])
    for who in (world.wu, world.zhang, world.tang, world.ann):
        with pytest.raises(NotPermitted):
            set_up(world, "新办公室", by=who)
    assert set_up(world, "区里设的", by=world.gao).org == world.north_office
    assert OfficeDuty.objects.count() == 4


def test_an_office_is_amended_and_says_what_changed(world, three):
    change = actions.amend_office(
        office=three[2], name="民生服务办公室", approved=7, departments=[world.water], paper=PAPER,
        at=NOON, by=world.liu,
    )  # fmt: skip
    assert str(change) == (
        "“公共服务办公室”更名为“民生服务办公室”；核定数由 5 改为 7；对口部门改为水务局"
    )
    three[2].refresh_from_db()
    same = {"name": three[2].name, "approved": 7, "departments": [world.water]}
    assert actions.amend_office(office=three[2], **same, paper=PAPER, at=NOON, by=world.liu) is None


def test_a_post_sits_in_one_office_and_an_office_has_one_head(world, three):
    post = Post.objects.get(user=world.liu)
    seat = {"at": NOON, "by": world.liu}
    with pytest.raises(actions.SeatOfAnother, match="已在“党政办公室”"):
        actions.seat_in_office(office=three[1], post=post, **seat)
    with pytest.raises(actions.BadOffice, match="不在“北塘街道办事处”"):
        foreign = Post.objects.get(user=world.wu)
        actions.seat_in_office(office=three[1], post=foreign, **seat)
    han = Post.objects.get(user=world.person("han", "韩雪", world.north_office, "leader"))
    actions.seat_in_office(office=three[0], post=han, is_head=True, **seat)
    now = OfficeSeat.objects.filter(office=three[0], to_date=None)
    assert {one.post.user.name: one.is_head for one in now} == {"刘洋": False, "韩雪": True}
    actions.leave_office(seat=now.get(post=han), **seat)
    actions.seat_in_office(office=three[1], post=han, **seat)
    with pytest.raises(actions.SeatOfAnother, match="已经调出"):
        actions.leave_office(seat=OfficeSeat.objects.filter(post=han).earliest("pk"), **seat)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_hands_give_the_same_duty_to_two_offices_and_one_wins(world):
    offices = [set_up(world, "甲办公室"), set_up(world, "乙办公室")]
    gate, said = Barrier(2), []

    def give(office: StreetOffice) -> None:
        gate.wait()
        try:
            actions.add_duties(office=office, duties=["信访"], paper=PAPER, at=NOON, by=world.liu)
            said.append("done")
        except actions.DutyTaken:
            said.append("taken")
        finally:
            connection.close()

    hands = [Thread(target=give, args=[office]) for office in offices]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(said) == ["done", "taken"]
    assert OfficeDuty.objects.count() == 1


def test_standards_are_brought_in_once(db):
    assert actions.load_office_standards() == 9
    assert actions.load_office_standards() == 0


PAPER_FIELDS = {"on": ON.isoformat(), "basis": PAPER.basis}


def of(world, tail: str = "") -> str:
    return f"/orgs/offices/{world.north_office.pk}/{tail}"


@pytest.mark.mission("S4.64")
def test_an_officer_reforms_on_the_page_and_reads_it_in_the_history(world, three, client):
    client.force_login(world.liu)
    given = {**PAPER_FIELDS, "closing": [three[0].pk, three[1].pk], "into": ""}
    answer = client.post(of(world, "reform/"), given)
    assert answer.status_code == 409
    assert "还有 3 项职责没有去处" in answer.content.decode()
    given |= {"into": "new", "name": "综合办公室", "approved": 9}
    given |= {f"duty_{three[2].duties.get().pk}": "into"}  # also from an office that stays
    assert client.post(of(world, "reform/"), given).url == of(world)
    one = StreetOffice.objects.get(name="综合办公室")
    assert duties_of(one) == ["文电会务", "督查督办", "信访", "民政救助"]
    assert "并入“综合办公室”" in client.get(of(world)).content.decode()
    history = client.get(of(world, "history/")).content.decode()
    assert "公共服务办公室 → 综合办公室" in history
    assert PAPER.basis in history
    assert "督查督办" in client.get(of(world, "print/")).content.decode()


def test_an_office_is_set_up_from_the_standard_set_amended_staffed_and_given_duties(world, client):
    client.force_login(world.liu)
    client.post("/orgs/offices/standards/")
    page = client.get(of(world, "new/?standard=safety")).content.decode()
    assert "安全生产、消防和应急管理" in page
    given = {
        **PAPER_FIELDS,
        "name": "平安办公室",
        "kind": "office",
        "approved": 4,
        "duties": "信访\n消防",
    }
    more = {"departments": [world.roads.pk]}
    assert client.post(of(world, "new/?standard=safety"), given | more).status_code == 302
    one = StreetOffice.objects.get()
    assert (one.standard, duties_of(one)) == ("safety", ["信访", "消防"])
    again = client.post(of(world, "new/"), given)
    assert (again.status_code, "已经有这个机构" in again.content.decode()) == (409, True)
    path = f"/orgs/offices/one/{one.pk}/"
    assert client.post(path + "duties/", PAPER_FIELDS | {"duties": "应急"}).status_code == 302
    assert (
        client.post(path + "amend/", PAPER_FIELDS | {"name": "平安办", "approved": 5}).status_code
        == 302
    )
    post = Post.objects.get(user=world.liu)
    assert client.post(path + "seats/", {"post": post.pk, "is_head": "on"}).status_code == 302
    page = client.get(of(world)).content.decode()
    assert "1 / 5" in page
    assert "公共服务办公室" in page  # of the standard set, and lacking
    seat = OfficeSeat.objects.get()
    assert client.post(f"{path}seats/{seat.pk}/leave/").status_code == 302
    assert "还没有安排人员" in client.get(of(world)).content.decode()


def test_a_district_sees_which_street_lacks_what(
    world, three, client, django_assert_max_num_queries
):
    actions.load_office_standards()
    client.force_login(world.gao)
    client.get("/orgs/offices/")  # the land is read once, for all
    with django_assert_max_num_queries(8):
        page = client.get("/orgs/offices/").content.decode()
    row = page[page.index("北塘街道办事处") :].split("</tr>")[0]
    assert "基层党建办公室" in row
    assert "公共服务办公室" not in row  # the same name is the standard office
    with django_assert_max_num_queries(8):
        assert "督查督办" in client.get(of(world)).content.decode()
    with django_assert_max_num_queries(8):
        client.get(of(world, "history/"))


def test_whose_land_does_not_reach_finds_nothing(world, three, client):
    pages = ["/orgs/offices/", of(world), of(world, "history/"), of(world, "print/")]
    to_change = [of(world, "new/"), of(world, "reform/")]
    to_change += [
        f"/orgs/offices/one/{three[0].pk}/{what}/" for what in ("amend", "duties", "seats")
    ]
    for who in (world.sun, world.wu, world.qin):
        client.force_login(who)
        assert {client.get(page).status_code for page in pages + to_change} == {404}
    client.force_login(world.he)  # the organiser reads
    assert {client.get(page).status_code for page in pages} == {200}
    assert {client.get(page).status_code for page in to_change} == {404}
    assert client.post("/orgs/offices/standards/").status_code == 404


def test_programs_read_the_offices_of_their_land(world, three, api, django_assert_max_num_queries):
    reform(world, three[1:2], into=three[0])
    api("liu", "GET", "/offices")  # makes the token
    with django_assert_max_num_queries(8):
        items = api("liu", "GET", f"/offices?region={world.north.code}").json()["items"]
    assert [one["name"] for one in items] == ["党政办公室", "公共服务办公室"]
    assert items[0]["duties"] == ["文电会务", "督查督办", "信访"]
    assert (items[0]["head"], items[0]["filled"], items[0]["approved"]) == ("刘洋", 1, 9)
    old = api("gao", "GET", f"/offices/{three[1].pk}").json()
    assert (old["end"], old["successor_id"]) == ("merged", three[0].pk)
    assert api("wu", "GET", "/offices").json()["items"] == []
    assert api("wu", "GET", f"/offices/{three[0].pk}").status_code == 404
