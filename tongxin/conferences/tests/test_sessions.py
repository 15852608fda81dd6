"""Sessions: planned under their chair, agenda picked and ordered, seats, quorum, decisions."""

import pytest

from tongxin.conferences import actions, queries
from tongxin.conferences.models import AgendaItem, Session
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.meetings import actions as meetings
from tongxin.meetings.models import Meeting
from tongxin.meetings.queries import gathers, parts_of
from tongxin.orgs.models import Post
from tongxin.testing import NOON

from .scenes import DAY, HOUR, announced, body_of, browser, came, held, item, planned, seat, street


@pytest.mark.mission("S3.28")
def test_a_session_is_chaired_by_the_secretary_and_asks_every_seat(bodies):
    session = planned(bodies)
    assert session.meeting.chair == "唐颖"
    assert (session.seq, session.meeting.kind, session.meeting.is_gathering) == (1, "joint", True)
    assert [row.agency for row in session.meeting.attendances.order_by("pk")] == [
        "北塘街道党工委", "城市管理委", "水务局",
    ]  # fmt: skip
    assert planned(bodies, starts_at=NOON + 3 * DAY).seq == 2


def test_without_a_convener_or_a_secretary_there_is_no_session(bodies):
    with pytest.raises(actions.NoConvener):
        planned(bodies, body_of(bodies.south), by=bodies.he)
    with pytest.raises(actions.NoChair, match="没有在任书记"):
        planned(bodies, body_of(bodies.pine), by=bodies.tang)
    with pytest.raises(actions.NotYourBody):
        planned(bodies, by=bodies.yue)
    assert not Session.objects.exists()
    assert not Meeting.objects.exists()


@pytest.mark.mission("S3.21")
def test_members_propose_the_chair_picks_and_orders(bodies):
    body = street(bodies)
    one = item(bodies, body, by=bodies.li)
    two = item(bodies, body, title="二号路积水", by=bodies.zhou)
    three = item(bodies, body, title="更换路牌", by=bodies.zhou)
    assert one.proposed_for == "城市管理委"
    with pytest.raises(actions.NotYourSeat):
        item(bodies, body, by=bodies.sun)
    session = planned(bodies, body)
    given = {"session": session, "by": bodies.tang, "at": NOON}
    assert actions.set_agenda(items=[two, one], **given) == 2
    assert list(session.items.order_by("seq")) == [two, one]
    session.meeting.refresh_from_db()
    assert session.meeting.agenda.splitlines()[0] == "1. 【公共服务】二号路积水（水务局）"
    actions.set_agenda(items=[one], **given)
    two.refresh_from_db()
    assert (two.state, two.session) == ("proposed", None)
    actions.decline_item(item=three, reason="已由区里统一更换", by=bodies.tang, at=NOON)
    assert bodies.zhou.notices.filter(title__contains="更换路牌").exists()
    with pytest.raises(actions.ItemTaken):
        actions.set_agenda(items=[three], **given)
    with pytest.raises(actions.ItemTaken):
        actions.set_agenda(
            session=planned(bodies, body, starts_at=NOON + 4 * DAY), items=[one], by=bodies.tang,
            at=NOON,
        )  # fmt: skip


def test_an_empty_agenda_is_not_announced_and_a_held_one_not_changed(bodies):
    session = planned(bodies)
    with pytest.raises(Refused, match="议程还是空的"):
        actions.announce_session(session=session, by=bodies.tang, at=NOON)
    session = held(bodies, starts_at=NOON + 2 * DAY)
    with pytest.raises(actions.AgendaClosed):
        actions.set_agenda(session=session, items=[], by=bodies.tang, at=NOON)
    assert session.items.count() == 1


@pytest.mark.mission("S3.1")
def test_a_seat_on_leave_with_a_substitute_counts_for_the_quorum(bodies):
    session = announced(bodies)
    meetings.send_substitute(
        meeting=session.meeting, user=bodies.li, name="钱进", reason="出差", at=NOON
    )
    row = session.meeting.attendances.get(name="钱进")
    meetings.mark_attendance(
        meeting=session.meeting, statuses={row.pk: ("present", "")}, by=bodies.tang,
        at=session.meeting.starts_at,
    )  # fmt: skip
    seats = {seat.member.name: seat for seat in queries.attendance_of(session)}
    assert (seats["城市管理委"].state, seats["城市管理委"].name) == ("substitute", "钱进")
    assert seats["水务局"].state == "expected"
    quorum = queries.quorum_of(session)
    assert (quorum.seats, quorum.here, quorum.needed, quorum.is_met) == (2, 1, 1, True)


def test_too_few_units_decide_nothing(bodies):
    session = held(bodies, users=[bodies.tang])
    one = session.items.get()
    with pytest.raises(actions.NoQuorumOfUnits, match="成员单位 2 家，到会 0 家"):
        actions.decide_item(item=one, decision="加装护栏", by=bodies.tang, at=NOON + DAY)
    one.refresh_from_db()
    assert one.state == "picked"


@pytest.mark.mission("S3.21")
def test_an_item_ends_in_a_decision_or_comes_again(bodies):
    session = announced(bodies, items=[item(bodies), item(bodies, title="二号路积水")])
    one, two = session.items.order_by("seq")
    with pytest.raises(actions.NotHeld):
        actions.decide_item(item=one, decision="加装", by=bodies.tang, at=NOON)
    came(session, bodies.tang, bodies.li, by=bodies.tang)
    meetings.hold_meeting(meeting=session.meeting, by=bodies.tang, at=session.meeting.starts_at)
    at = session.meeting.ends_at
    with pytest.raises(Invalid, match="议定意见"):
        actions.decide_item(item=one, decision="", by=bodies.tang, at=at)
    actions.decide_item(item=one, decision="同意加装护栏，由城市管理委实施", by=bodies.tang, at=at)
    actions.decide_item(item=two, decision="补充勘察", defer=True, by=bodies.tang, at=at)
    states = dict(session.items.values_list("title", "state"))
    assert states == {"朝阳路人车混行，请加装护栏": "decided", "二号路积水": "deferred"}
    assert queries.waiting_items(session.body)[0].title == "二号路积水"


def test_a_community_refers_what_it_cannot_settle_to_the_street(bodies):
    Post.objects.create(
        user=bodies.qin, org=bodies.pine_party, role="secretary", region=bodies.pine
    )
    low, high = body_of(bodies.pine), street(bodies)
    one = item(bodies, low, by=bodies.qin)
    made = actions.refer_item(item=one, to=high, by=bodies.qin, at=NOON)
    assert (made.body, made.proposed_for, made.source_kind) == (high, "松社区", "agenda")
    assert bodies.tang.notices.filter(title="松社区报来议题").exists()
    with pytest.raises(actions.AskedTwice):
        actions.refer_item(item=one, to=high, by=bodies.qin, at=NOON)
    with pytest.raises(Invalid, match="上一级"):
        actions.refer_item(item=one, to=low, by=bodies.qin, at=NOON)
    with pytest.raises(actions.NotYourBody):
        actions.refer_item(item=one, to=high, by=bodies.yue, at=NOON)
    assert AgendaItem.objects.filter(body=high).count() == 1


def test_what_cases_say_is_proposed_without_what_is_private(bodies):
    from tongxin.requests.actions import blow_whistle, file_request

    file_request(
        topic=bodies.tap, region=bodies.pine, title="水管漏水", text="电话 13800138000",
        reporter=bodies.sun, actor=bodies.sun, at=NOON, channel="web",
    )  # fmt: skip
    private = file_request(
        topic=bodies.tap, region=bodies.pine, title="家庭纠纷", text="请调解", reporter=bodies.sun,
        actor=bodies.sun, at=NOON, channel="web", is_private=True,
    )  # fmt: skip
    assert private.is_private
    blow_whistle(
        title="朝阳路积水", text="", region=bodies.north, street_org=bodies.north_office,
        departments=[bodies.roads], at=NOON, actor=bodies.liu,
    )  # fmt: skip
    body = street(bodies)
    found = {one.title: one for one in queries.proposals(body, NOON + DAY)}
    assert set(found) == {"朝阳路积水", "水管漏水"}
    assert found["朝阳路积水"].group == "whistle"
    one = found["水管漏水"]
    actions.propose_item(
        body=body, kind=one.kind, title=one.title, by=bodies.tang, at=NOON,
        source=(one.source_kind, one.source_id, "", one.source_url),
    )  # fmt: skip
    assert {p.title for p in queries.proposals(body, NOON + DAY)} == {"朝阳路积水"}


class TestTheYear:
    def test_one_session_in_each_quarter_that_has_none(self, bodies):
        body = street(bodies)
        held(bodies, body)  # the first quarter has its session
        assert actions.plan_year(body=body, year=2026, by=bodies.tang, at=NOON) == 3
        assert actions.plan_year(body=body, year=2026, by=bodies.tang, at=NOON) == 0
        days = body.sessions.order_by("meeting__starts_at").values_list(
            "meeting__starts_at", flat=True
        )
        assert [f"{day:%m-%d}" for day in days][1:] == ["06-18", "09-17", "12-17"]

    def test_the_rule_of_the_day_is_that_of_data(self, bodies):
        from tongxin.conferences.models import BodyRule

        old = BodyRule.objects.get(level="street")
        BodyRule.objects.create(
            level="street", version="2027", effective_from=NOON.date() + 300 * DAY, per="month",
            chair=old.chair, norm="每月", charter=old.charter, source="样例",
        )  # fmt: skip
        body = street(bodies)
        keys = [span.key for span in queries.periods_of(body, 2027)]
        assert len(keys) == 12
        assert [s.key for s in queries.periods_of(body, 2026)][:2] == ["2026Q1", "2026Q2"]


@pytest.mark.mission("S0.3")
def test_the_same_form_sent_twice_plans_one_session(bodies):
    body = street(bodies)
    given = {
        "body": body, "starts_at": NOON + DAY, "ends_at": NOON + DAY + HOUR, "venue": "室",
        "by": bodies.tang, "at": NOON, "key": "a", "title": "临时会议",
    }  # fmt: skip
    assert actions.plan_session(**given) == actions.plan_session(**given)
    assert Session.objects.count() == 1


@pytest.mark.mission("S3.33")
def test_a_communitys_desk_prepares_what_its_secretary_chairs(bodies):
    world = bodies
    body, begins = body_of(world.pine), NOON + DAY
    given = {"body": body, "starts_at": begins, "ends_at": begins + HOUR, "venue": "居委会会议室",
             "at": NOON}  # fmt: skip
    with pytest.raises(actions.NoChair):  # no secretary, no session, whoever prepares it
        actions.plan_session(by=world.zhang, **given)
    secretary = world.person("lan", "周岚", world.pine_party, "secretary")
    session = actions.plan_session(by=world.zhang, **given)
    assert session.meeting.chair == "周岚" and session.meeting.unit == world.pine_party
    zhang, url = browser(world.zhang), f"/conferences/sessions/{session.pk}/"
    assert "选定议题" in zhang.get(url).content.decode()
    raised = actions.propose_item(
        body=body, kind="service", title="东门装路灯", by=world.zhang, at=NOON
    )
    actions.set_agenda(session=session, items=[raised], by=world.zhang, at=NOON)
    actions.announce_session(session=session, by=world.zhang, at=NOON)
    assert secretary.notices.filter(title__startswith="会议通知").exists()
    came(session, secretary, by=world.zhang)
    meetings.hold_meeting(meeting=session.meeting, by=world.zhang, at=begins)
    # What was decided, who sits there, and the minutes' approval stay with the committee.
    for refused in (
        lambda: actions.decide_item(item=raised, decision="装", by=world.zhang, at=begins),
        lambda: seat(world, body, name="物业公司", code="property", by=world.zhang),
        lambda: actions.adopt_charter(
            body=body, text="章程", effective_from=begins.date(), by=world.zhang, at=NOON
        ),
    ):
        with pytest.raises(NotPermitted):
            refused()
    assert parts_of(world.zhang, session.meeting) == {"runs"}
    assert zhang.get(f"/conferences/bodies/{body.pk}/charter/").status_code == 404


def test_a_desk_calls_nothing_of_other_land_nor_of_a_branch(bodies):
    world = bodies
    world.person("lan", "周岚", world.pine_party, "secretary")
    other = world.person("salt-desk", "盐社区派单员", world.salt_office, "dispatcher")
    begins = NOON + DAY
    for who, region in ((other, world.pine), (world.zhang, world.north), (world.mei, world.pine)):
        with pytest.raises(actions.NotYourBody):
            actions.plan_session(
                body=body_of(region), starts_at=begins, ends_at=begins + HOUR, venue="室", by=who,
                at=NOON,
            )  # fmt: skip
    assert not gathers(world.zhang, world.branch) and not gathers(other, world.salt_branch)
    assert not Session.objects.exists()
    session = planned(bodies, body_of(world.pine), by=world.tang)
    assert Meeting.objects.visible_to(world.zhang).filter(pk=session.meeting_id).exists()
    assert not Meeting.objects.visible_to(other).filter(pk=session.meeting_id).exists()
    assert not Meeting.objects.visible_to(world.mei).filter(pk=session.meeting_id).exists()
