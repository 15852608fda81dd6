"""Meetings across units: who calls them, who sees them, and that no rule counts them."""

from __future__ import annotations

import pytest
from django.utils.timezone import now

from tongxin.kit.errors import Invalid
from tongxin.meetings import actions, queries
from tongxin.meetings.models import Attendance, Meeting, StudyHour
from tongxin.meetings.queries import Invitee
from tongxin.orgs.models import Org
from tongxin.testing import NOON

from .people import DAY, HOUR, MINUTES, browser, came

pytestmark = pytest.mark.usefixtures("rules")


def guests(world) -> list[Invitee]:
    part = Attendance.Part
    return [
        Invitee("李强", None, world.li.pk, votes=True, part=part.DEPARTMENT, agency="城市管理委"),
        Invitee("吴评", None, None, votes=False, part=part.AGENCY, agency="某环评公司"),
    ]


def gathering(world, *, unit=None, by=None, **more) -> Meeting:
    given = {
        "kind": "joint", "title": "第一季度联席会议", "starts_at": NOON + DAY, "venue": "街道会议室",
        "ends_at": NOON + DAY + 2 * HOUR, "chair": "唐颖", "at": NOON, "invited": guests(world),
    }  # fmt: skip
    return actions.plan_gathering(
        unit=unit or world.north_party, by=by or world.tang, **given | more
    )


def noticed(world, **more) -> Meeting:
    made = gathering(world, **more)
    return actions.send_notice(meeting=made, by=more.get("by") or world.tang, at=NOON)


@pytest.mark.mission("S0.8")
def test_it_goes_the_way_of_every_meeting_and_the_book_counts_all_who_came(world):
    meeting = noticed(world)
    assert [row.agency for row in meeting.attendances.order_by("pk")] == [
        "城市管理委",
        "某环评公司",
    ]
    came(meeting, world.li, by=world.tang)
    meeting = actions.hold_meeting(meeting=meeting, by=world.tang, at=meeting.starts_at)
    meeting = actions.record_minutes(
        meeting=meeting, minutes=MINUTES, by=world.tang, at=meeting.ends_at
    )
    actions.approve(meeting=meeting, by=world.he, at=meeting.ends_at)
    log = world.north_party.log.get(key=f"meeting:{meeting.pk}")
    assert "联席会议：第一季度联席会议。应到 2 人，实到 1 人" in log.text
    assert not StudyHour.objects.exists()


def test_no_rule_of_organisation_life_counts_one(world):
    units = Org.objects.filter(pk=world.branch.pk)
    on = (NOON + DAY).date()
    before = queries.rule_check(units, on)
    made = gathering(world, unit=world.branch, by=world.qin, kind="coordination")
    # Even one whose kind had a rule would not count.
    Meeting.objects.filter(pk=made.pk).update(kind="theme_day", state="held")
    assert queries.rule_check(units, on) == before
    Meeting.objects.filter(pk=made.pk).update(is_gathering=False)
    assert queries.rule_check(units, on) != before


def test_who_calls_it_and_who_does_not(world):
    gathering(world, unit=world.north_office, by=world.liu, kind="regular")
    gathering(world, unit=world.roads, by=world.li, kind="push")
    for unit, by in ((world.north_office, world.li), (world.roads, world.zhou),
                     (world.north_party, world.qin)):  # fmt: skip
        with pytest.raises(actions.NotYours):
            gathering(world, unit=unit, by=by)
    with pytest.raises(Invalid):
        gathering(world, kind="theme_day")
    with pytest.raises(Invalid):
        actions.plan_meeting(
            unit=world.branch, kind="joint", starts_at=NOON + DAY, ends_at=NOON + DAY + HOUR,
            by=world.qin, at=NOON, title="会", venue="室", chair="秦岚",
        )  # fmt: skip
    assert Meeting.objects.count() == 2


def test_those_invited_see_it_once_told_and_strangers_never(world):
    made = gathering(world)
    address = f"/meetings/{made.pk}/"
    seen = {who: browser(getattr(world, who)).get(address).status_code
            for who in ("tang", "he", "li", "yue", "qin")}  # fmt: skip
    assert seen == {"tang": 200, "he": 200, "li": 404, "yue": 404, "qin": 404}
    actions.send_notice(meeting=made, by=world.tang, at=NOON)
    assert browser(world.li).get(address).status_code == 200
    office = gathering(world, unit=world.north_office, by=world.liu)
    page = browser(world.liu).get(f"/meetings/{office.pk}/")
    assert page.status_code == 200
    assert "/meetings/year/" not in page.content.decode()
    assert browser(world.tang).get(f"/meetings/{office.pk}/").status_code == 404


def test_a_key_plans_once_and_who_is_named_twice_sits_once(world):
    twice = [*guests(world), Invitee("李强", None, world.li.pk, votes=False, agency="物业联盟")]
    made = gathering(world, key="a", invited=twice)
    assert gathering(world, key="a", invited=twice) == made
    assert made.attendances.get(user=world.li).agency == "城市管理委、物业联盟"
    assert made.attendances.count() == 2
    with pytest.raises(Invalid, match="来自哪个单位"):
        gathering(world, invited=[Invitee("某人", None, None, votes=False, part="agency")])


def test_the_list_is_written_anew_until_it_is_announced(world):
    made = gathering(world)
    kept = guests(world)[:1]
    assert actions.set_invited(meeting=made, invited=kept, by=world.tang, at=NOON) == 1
    assert made.attendances.get().user == world.li
    actions.send_notice(meeting=made, by=world.tang, at=NOON)
    with pytest.raises(actions.NotOpen):
        actions.set_invited(meeting=made, invited=guests(world), by=world.tang, at=NOON)
    with pytest.raises(Invalid, match="姓名"):
        gathering(world, invited=[Invitee("", None, None, votes=False)])
    assert made.attendances.count() == 1


class TestSubstitutes:
    def test_one_on_leave_sends_another_with_the_seat(self, world):
        meeting = noticed(world)
        row = actions.send_substitute(
            meeting=meeting, user=world.li, name="", stand_in=world.zhou, reason="出差", at=NOON
        )
        assert (row.agency, row.votes, row.stands_for.status) == ("城市管理委", True, "leave")
        assert not meeting.attendances.get(user=world.li).votes
        assert world.zhou.notices.filter(url=f"/meetings/{meeting.pk}/").exists()
        with pytest.raises(Invalid):
            actions.send_substitute(
                meeting=meeting, user=world.li, name="某人", reason="出差", at=NOON
            )

    def test_not_of_organisation_life_nor_by_a_stranger_nor_too_late(self, world):
        meeting = noticed(world)
        given = {"name": "某人", "reason": "出差"}
        with pytest.raises(actions.NotInvited):
            actions.send_substitute(meeting=meeting, user=world.wang, at=NOON, **given)
        with pytest.raises(actions.TooLate):
            actions.send_substitute(meeting=meeting, user=world.li, at=meeting.starts_at, **given)
        Meeting.objects.filter(pk=meeting.pk).update(is_gathering=False)
        with pytest.raises(actions.NotOpen):
            actions.send_substitute(meeting=meeting, user=world.li, at=NOON, **given)
        assert meeting.attendances.filter(status="expected").count() == 2

    def test_on_the_phone_of_who_is_asked(self, world):
        meeting = noticed(world)
        at = now() + DAY  # the page asks the clock
        Meeting.objects.filter(pk=meeting.pk).update(starts_at=at, ends_at=at + HOUR)
        li = browser(world.li)
        assert "委托代会" in li.get(f"/meetings/{meeting.pk}/").content.decode()
        sent = {"name": "钱进", "reason": "出差"}
        li.post(f"/meetings/{meeting.pk}/substitute/", sent)
        assert meeting.attendances.get(name="钱进").stands_for.user == world.li
        assert "代会" in browser(world.tang).get(f"/meetings/{meeting.pk}/").content.decode()
