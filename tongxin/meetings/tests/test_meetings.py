"""A meeting from its plan to approved minutes, each refusal beside its success."""

from datetime import timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.kit.errors import Invalid, KeyReused
from tongxin.meetings import actions, queries
from tongxin.meetings.models import Meeting, StudyHour
from tongxin.orgs.models import LogEntry, Org, Post
from tongxin.testing import NOON

from .people import DAY, HOUR, MINUTES, announced, approved, browser, came, held, plan, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


class TestPlanning:
    def test_the_list_is_drawn_up_from_the_register(self, world):
        meeting = plan(world)
        assert {row.name for row in meeting.attendances.all()} == {"王芳", "赵磊"}
        assert meeting.rule.norm.startswith("党支部每月")
        assert meeting.month == 202603

    def test_a_probationary_member_comes_without_a_vote(self, world):
        world.zhao_member.stage = "probationary"
        world.zhao_member.save()
        meeting = plan(world, kind="general_meeting")
        assert status_of(meeting, world.wang).votes
        assert not status_of(meeting, world.zhao).votes

    def test_the_committee_is_asked_to_its_meeting(self, world):
        Post.objects.create(
            user=world.zhao, org=world.branch, role="commissioner", region=world.pine
        )
        meeting = plan(world, kind="committee_meeting")
        assert {row.name for row in meeting.attendances.all()} == {"秦岚", "赵磊"}
        assert all(row.votes for row in meeting.attendances.all())

    def test_a_form_sent_twice_plans_once(self, world):
        assert plan(world, key="a") == plan(world, key="a")
        assert Meeting.objects.count() == 1

    def test_another_content_under_the_same_key_is_refused(self, world):
        plan(world, key="a")
        with pytest.raises(KeyReused, match="与上次不同"):
            plan(world, key="a", venue="别处")
        assert Meeting.objects.get().venue != "别处"
        assert plan(world, key="b", venue="别处").venue == "别处"

    @pytest.mark.parametrize("who", ["yue", "wang", "ann", "liu"])
    def test_only_by_who_keeps_the_register(self, world, who):
        with pytest.raises(actions.NotYours):
            plan(world, by=getattr(world, who))
        assert not Meeting.objects.exists()

    def test_it_ends_after_it_starts(self, world):
        with pytest.raises(actions.WrongTime) as refusal:
            plan(world, ends_at=NOON + DAY)
        assert refusal.value.field == "ends_at"

    def test_the_past_is_not_made_up(self, world):
        plan(world, starts_at=NOON - 2 * DAY)
        with pytest.raises(actions.WrongTime):
            plan(world, starts_at=NOON - 4 * DAY)

    def test_a_committee_of_a_street_holds_no_general_meeting_of_members(self, world):
        with pytest.raises(actions.NoSuchRule) as refusal:
            plan(world, kind="general_meeting", unit=world.north_party, by=world.tang)
        assert "党工委" in str(refusal.value)

    def test_a_group_asks_its_branch_where_the_register_knows_no_groups(self, world):
        group = Org.objects.create(
            name="第一党小组", kind="party", unit_kind="group", parent=world.branch,
            region=world.pine,
        )  # fmt: skip
        meeting = plan(world, kind="group_meeting", unit=group)
        assert meeting.attendances.count() == 2

    @pytest.mark.mission("S2.2")
    def test_what_a_meeting_serves_is_one_of_three(self, world):
        meeting = plan(world, aim="people")
        page = browser(world.qin).get(f"/meetings/{meeting.pk}/").content.decode()
        assert "服务群众" in page
        form = browser(world.qin).get("/meetings/new/?kind=theme_day").content.decode()
        assert all(words in form for words in ("围绕中心", "建设队伍", "服务群众"))


class TestNotice:
    @pytest.mark.mission("S4.43")
    def test_who_is_asked_is_told_once(self, world):
        meeting = announced(world)
        told = Notice.objects.filter(title__contains="会议通知")
        assert {one.user for one in told} == {world.wang, world.zhao}
        assert told.first().url == f"/meetings/{meeting.pk}/"
        with pytest.raises(actions.NotOpen):
            actions.send_notice(meeting=meeting, by=world.qin, at=NOON)
        assert told.count() == 2

    def test_there_is_somebody_to_tell(self, world):
        meeting = plan(world)
        meeting.attendances.all().delete()
        with pytest.raises(actions.NobodyAsked) as refusal:
            actions.send_notice(meeting=meeting, by=world.qin, at=NOON)
        assert "登记" in refusal.value.remedy

    def test_a_change_is_told_again(self, world):
        meeting = announced(world)
        later = meeting.starts_at + HOUR
        actions.change_meeting(
            meeting=meeting, by=world.qin, at=NOON + HOUR, starts_at=later, ends_at=later + HOUR
        )
        assert Notice.objects.filter(title__contains="变动", user=world.wang).count() == 1

    def test_calling_off_needs_a_reason_and_is_told(self, world):
        meeting = announced(world)
        actions.cancel_meeting(meeting=meeting, by=world.qin, at=NOON, reason="防汛值守")
        assert "防汛值守" in Notice.objects.get(title__contains="取消", user=world.zhao).text
        with pytest.raises(actions.NotOpen):
            actions.change_meeting(meeting=meeting, by=world.qin, at=NOON, title="另一个主题")


class TestSigningIn:
    def test_by_the_code_on_the_screen(self, world):
        meeting = announced(world)
        at = meeting.starts_at
        code = actions.sign_code(meeting=meeting, at=at)
        row = actions.sign_in(meeting=meeting, user=world.wang, code=code, at=at)
        assert (row.status, row.how, row.is_late) == ("present", "qr", False)
        again = actions.sign_in(meeting=meeting, user=world.wang, at=at + HOUR)
        assert again.at == at

    def test_a_code_lives_until_the_next_but_one(self, world):
        meeting = announced(world)
        at = meeting.starts_at
        code = actions.sign_code(meeting=meeting, at=at)
        assert actions.meeting_of_code(code=code, at=at + timedelta(seconds=29)) == meeting
        with pytest.raises(actions.CodeExpired) as refusal:
            actions.meeting_of_code(code=code, at=at + timedelta(seconds=60))
        assert "过期" in str(refusal.value)

    @pytest.mark.parametrize("code", ["", "1.2:abc", "x", "1.1.1"])
    def test_a_made_up_code_is_refused(self, world, code):
        with pytest.raises(actions.CodeExpired):
            actions.meeting_of_code(code=code, at=NOON)

    def test_a_code_of_another_meeting_is_refused(self, world):
        one, other = announced(world), announced(world, starts_at=NOON + 2 * DAY)
        code = actions.sign_code(meeting=other, at=one.starts_at)
        with pytest.raises(Invalid):
            actions.sign_in(meeting=one, user=world.wang, code=code, at=one.starts_at)
        assert status_of(one, world.wang).status == "expected"

    def test_late_is_marked(self, world):
        meeting = announced(world)
        at = meeting.starts_at + timedelta(minutes=11)
        assert actions.sign_in(meeting=meeting, user=world.wang, at=at).is_late

    def test_not_before_the_window_nor_after_it(self, world):
        meeting = announced(world)
        with pytest.raises(actions.TooEarly) as early:
            actions.sign_in(meeting=meeting, user=world.wang, at=meeting.starts_at - HOUR)
        assert "09:30" in str(early.value)
        with pytest.raises(actions.TooLate):
            actions.sign_in(
                meeting=meeting, user=world.wang, at=meeting.ends_at + timedelta(minutes=1)
            )
        assert status_of(meeting, world.wang).status == "expected"

    def test_who_is_not_on_the_list_is_told_so(self, world):
        meeting = announced(world)
        with pytest.raises(actions.NotInvited) as refusal:
            actions.sign_in(meeting=meeting, user=world.sun, at=meeting.starts_at)
        assert "不在" in str(refusal.value)

    def test_leave_needs_its_reason(self, world):
        meeting = announced(world)
        row = status_of(meeting, world.zhao)
        with pytest.raises(Exception, match="事由"):
            actions.mark_attendance(
                meeting=meeting, statuses={row.pk: ("leave", "")}, by=world.qin, at=NOON
            )
        actions.ask_leave(meeting=meeting, user=world.zhao, reason="出差", at=NOON)
        row.refresh_from_db()
        assert (row.status, row.reason) == ("leave", "出差")

    def test_nobody_is_marked_present_beforehand(self, world):
        meeting = announced(world)
        with pytest.raises(actions.TooEarly):
            came(meeting, world.wang, by=world.qin, at=NOON)

    def test_holding_marks_the_absent(self, world):
        meeting = held(world, world.wang)
        assert status_of(meeting, world.zhao).status == "absent"

    def test_a_meeting_nobody_came_to_was_not_held(self, world):
        meeting = announced(world)
        with pytest.raises(actions.NobodyCame):
            actions.hold_meeting(meeting=meeting, by=world.qin, at=meeting.starts_at)
        with pytest.raises(actions.TooEarly):
            actions.hold_meeting(meeting=meeting, by=world.qin, at=NOON)
        assert Meeting.objects.get(pk=meeting.pk).state == "noticed"


@pytest.mark.mission("S0.8")
def test_departments_and_outside_agencies_stand_apart(world):
    meeting = plan(world)
    invite = actions.invite
    invite(meeting=meeting, by=world.qin, at=NOON, name="周工", part="department", agency="水务局")
    invite(meeting=meeting, by=world.qin, at=NOON, name="吴评", part="agency", agency="某环评公司")
    with pytest.raises(Exception, match="哪个部门或机构"):
        invite(meeting=meeting, by=world.qin, at=NOON, name="郑工", part="agency")
    roll = queries.roll_of(meeting)
    assert [(row.part, row.agency, row.votes) for row in roll["guests"]] == [
        ("department", "水务局", False), ("agency", "某环评公司", False),
    ]  # fmt: skip
    assert roll["counts"]["asked"] == 2
    page = browser(world.qin).get(f"/meetings/{meeting.pk}/").content.decode()
    assert "外部机构 · 某环评公司" in page
    assert "职能部门 · 水务局" in page


class TestVotes:
    def vote(self, world, meeting, a=2, b=0, c=0, method="hands", **more):
        return actions.decide(
            meeting=meeting, text="先整治三号楼", method=method, in_favour=a, against=b,
            abstain=c, by=world.qin, at=NOON + DAY, **more,
        )  # fmt: skip

    def test_passed_by_more_than_half_of_those_entitled(self, world):
        made = self.vote(world, held(world, kind="general_meeting"))
        assert made.is_passed
        assert "超过" in made.why

    def test_half_is_not_more_than_half(self, world):
        made = self.vote(world, held(world, world.wang, kind="general_meeting"), a=1)
        assert (made.entitled, made.present, made.is_passed) == (2, 1, False)

    @pytest.mark.parametrize(("a", "b", "c"), [(1, 0, 0), (2, 1, 0), (0, 0, 0), (1, 1, 1)])
    def test_figures_that_do_not_add_up_are_refused(self, world, a, b, c):
        meeting = held(world, kind="general_meeting")
        with pytest.raises(actions.VotesDoNotAddUp) as refusal:
            self.vote(world, meeting, a, b, c)
        assert f"= {a + b + c}" in str(refusal.value)
        assert not meeting.decisions.exists()

    def test_too_few_are_there(self, world):
        world.member(world.chen, world.branch, full_on=NOON.date() - 3000 * DAY)
        meeting = held(world, world.wang, kind="general_meeting")
        with pytest.raises(actions.NoQuorum) as refusal:
            self.vote(world, meeting, a=1)
        assert "应到 3 人" in str(refusal.value)

    def test_ballots(self, world):
        meeting = held(world, kind="general_meeting")
        ballot = {"method": "ballot", "issued": 2, "returned": 2}
        made = self.vote(world, meeting, a=1, invalid=1, **ballot)
        assert (made.invalid, made.is_passed) == (1, False)
        for wrong in (
            {"issued": 3}, {"returned": 3}, {"issued": None}, {"returned": 1}
        ):  # fmt: skip
            with pytest.raises(Exception, match="票"):
                self.vote(world, meeting, a=2, **ballot | wrong)
        with pytest.raises(Exception, match="无记名"):
            self.vote(world, meeting, a=2, issued=2, returned=2)
        assert meeting.decisions.count() == 1

    def test_the_list_is_closed_once_there_was_a_vote(self, world):
        meeting = held(world, kind="general_meeting")
        self.vote(world, meeting)
        with pytest.raises(actions.NotOpen):
            came(meeting, world.zhao, by=world.qin)


class TestMinutes:
    def test_approved_they_are_locked_and_in_the_life_log(self, world):
        meeting = approved(world)
        entry = LogEntry.objects.get(unit=world.branch, key=f"meeting:{meeting.pk}")
        assert "应到 2 人，实到 2 人" in entry.text
        assert "王芳" not in entry.text
        with pytest.raises(actions.NotOpen):
            actions.record_minutes(meeting=meeting, minutes=MINUTES, by=world.qin, at=NOON)
        actions.correct(meeting=meeting, text="实到人数应为 1 人", by=world.qin, at=NOON + 3 * DAY)
        assert Meeting.objects.get(pk=meeting.pk).minutes == MINUTES

    def test_hours_are_credited_once_to_those_present(self, world):
        meeting = held(world, world.wang)
        meeting = actions.record_minutes(
            meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at
        )
        assert not StudyHour.objects.exists()
        actions.approve(meeting=meeting, by=world.tang, at=meeting.ends_at)
        assert [(h.person.name, h.hours) for h in StudyHour.objects.all()] == [("王芳", 2)]

    def test_the_recorder_does_not_approve(self, world):
        meeting = held(world)
        meeting = actions.record_minutes(
            meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at
        )
        with pytest.raises(actions.NotYours) as refusal:
            actions.approve(meeting=meeting, by=world.qin, at=meeting.ends_at)
        assert "记录人" in str(refusal.value)
        assert not LogEntry.objects.exists()

    def test_a_title_is_no_record(self, world):
        with pytest.raises(Exception, match="太短"):
            actions.record_minutes(
                meeting=held(world), minutes="学习党章", by=world.qin, at=NOON + 2 * DAY
            )

    def test_sent_back_they_are_written_again(self, world):
        meeting = held(world)
        meeting = actions.record_minutes(
            meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at
        )
        meeting = actions.send_back(
            meeting=meeting, by=world.tang, at=meeting.ends_at, note="补写发言要点"
        )
        assert (meeting.state, meeting.returned) == ("held", "补写发言要点")
        meeting = actions.record_minutes(
            meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at
        )
        assert meeting.returned == ""

    def test_steps_are_those_of_the_procedure(self, world):
        meeting = held(world)
        with pytest.raises(Exception, match="没有这一步"):
            actions.record_minutes(
                meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at, steps=["聚餐"]
            )
        meeting = actions.record_minutes(
            meeting=meeting, minutes=MINUTES, by=world.qin, at=meeting.ends_at,
            steps=["重温入党誓词"],
        )  # fmt: skip
        assert meeting.steps_done == ["重温入党誓词"]


def test_every_state_is_reachable_and_only_the_end_states_are_left_by_nothing():
    moves = queries.MOVES.values()
    reached = {"planned"} | {move.to for move in moves if move.to}
    assert reached == set(Meeting.State.values)
    left = {state for move in moves if move.to for state in move.frm}
    assert set(Meeting.State.values) - left == {"approved", "cancelled"}
