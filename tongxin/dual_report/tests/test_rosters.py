"""Rosters: opened, joined as a “员”, planned fairly; turns signed, swapped, appraised."""

from __future__ import annotations

from collections import Counter
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.accounts.models import Notice, User
from tongxin.dual_report import actions
from tongxin.dual_report.actions import rosters as module
from tongxin.dual_report.actions import turns as turn_module
from tongxin.dual_report.actions.common import NotOnesOwn, NotYourCommunity
from tongxin.dual_report.actions.record import BadMinutes, CorrectedAlready
from tongxin.dual_report.actions.rosters import WeeklySlot
from tongxin.dual_report.models import DutyTurn, MemberReport, RosterPost, ServiceEntry, TurnSwap
from tongxin.dual_report.queries import turns as queries
from tongxin.kit.errors import Invalid
from tongxin.kit.text import Missing
from tongxin.orgs.models import Membership, Person, Post

from .conftest import DAY, HOUR, NOON, TODAY, a_roster, a_turn, fresh, on_roster, reported

EVENING = NOON + 9 * HOUR  # 19:00 in China
AT_THE_PLACE = {"lng": 117.6, "lat": 39.3, "accuracy": 20}


def as_user(client, user):
    client.force_login(user)
    return client


def members(world, count, **more):
    """Return the posts of so many further members in a roster of Pine."""
    roster = a_roster(world, **more)
    posts = []
    for n in range(count):
        user = User.objects.create(username=f"m{n}", name=f"党员{n}")
        person = Person.objects.create(name=user.name, user=user, home=world.pine)
        member = Membership.objects.create(
            person=person, unit=world.branch, stage="full", from_date=date(2020, 1, 1)
        )
        report = MemberReport.objects.create(
            person=person, membership=member, unit=world.branch, community=world.pine,
            state="confirmed", filed_at=NOON, filed_by=user, agreed_at=NOON,
            renew_by=date(2027, 1, 1),
        )  # fmt: skip
        posts.append(
            RosterPost.objects.create(
                roster=roster,
                report=report,
                person=person,
                role="patrol",
                joined_at=NOON,
                joined_by=user,
            )  # fmt: skip
        )
    return roster, posts


class TestOpening:
    FORM = {
        "community": "120116001001", "name": "早高峰引导", "role": "usher", "service": "civic",
        "place": "校门口", "lng": "117.6", "lat": "39.3", "weekdays": ["0", "4"], "starts": "07:00",
        "ends": "08:30", "wanted": "2",
    }  # fmt: skip

    def test_with_its_weekly_slots(self, client, world, clock):
        as_user(client, world.zhang)
        assert client.get("/report-in/rosters/new/").status_code == 200
        assert client.post("/report-in/rosters/new/", self.FORM).status_code == 302
        roster = world.pine.rosters.get()
        assert [(s.weekday, s.starts, s.wanted) for s in roster.slots.all()] == [
            (0, time(7), 2), (4, time(7), 2)
        ]  # fmt: skip
        assert "早高峰引导" in client.get("/report-in/rosters/").content.decode()

    def test_a_name_twice_is_refused_beside_its_field(self, client, world, clock):
        as_user(client, world.zhang).post("/report-in/rosters/new/", self.FORM)
        answer = client.post("/report-in/rosters/new/", self.FORM)
        assert answer.status_code == 409 and "已有名为“早高峰引导”" in answer.content.decode()

    def test_a_point_is_needed(self, client, world, clock):
        answer = as_user(client, world.zhang).post(
            "/report-in/rosters/new/", self.FORM | {"lng": ""}
        )
        assert answer.status_code == 422 and "请在地图上点出签到点" in answer.content.decode()

    @pytest.mark.parametrize("slots", [[], [WeeklySlot(0, time(9), time(8))], [WeeklySlot(7, time(8), time(9))],
                                       [WeeklySlot(0, time(8), time(9), 21)]])  # fmt: skip
    def test_a_slot_must_be_possible(self, world, slots):
        with pytest.raises(module.BadSlot):
            actions.open_roster(
                community=world.pine, name="巡逻", role="patrol", service="safety", place="门口",
                lng=117.6, lat=39.3, slots=slots, by=world.zhang, at=NOON,
            )  # fmt: skip

    def test_an_unknown_role_is_refused(self, world):
        with pytest.raises(Invalid, match="没有“队长”这一项"):
            actions.open_roster(
                community=world.pine, name="巡逻", role="队长", service="safety", place="门口",
                lng=117.6, lat=39.3, slots=[WeeklySlot(0, time(8), time(9))], by=world.zhang, at=NOON,
            )  # fmt: skip

    @pytest.mark.parametrize("who", ["wu", "wang", "qin", "mei", "ann"])
    def test_not_by_others(self, client, world, clock, who):
        answer = as_user(client, getattr(world, who)).post("/report-in/rosters/new/", self.FORM)
        assert answer.status_code in (403, 422) and not world.pine.rosters.exists()


class TestJoining:
    @pytest.mark.mission("S2.40")
    def test_a_member_joins_as_a_patroller(self, client, world, clock):
        roster = a_roster(world)
        reported(world)
        as_user(client, world.wang)
        assert "巡查小区安全隐患" in client.get("/report-in/join/").content.decode()
        client.post("/report-in/join/", {"roster": roster.pk, "times": ["evening"]})
        post = RosterPost.objects.get()
        assert (post.person.name, post.role, post.times) == ("王芳", "patrol", ["evening"])

    def test_the_desk_puts_in_who_reported(self, client, world, clock):
        roster, report = a_roster(world), reported(world)
        as_user(client, world.zhang)
        assert "王芳" in client.get(f"/report-in/rosters/{roster.pk}/invite/").content.decode()
        client.post(f"/report-in/rosters/{roster.pk}/invite/", {"report": report.pk})
        assert roster.posts.get().report == report

    def test_only_after_the_community_confirmed(self, world):
        with pytest.raises(module.NotReportedHere):
            actions.join_roster(
                roster=a_roster(world),
                report=reported(world, confirmed=False),
                by=world.wang,
                at=NOON,
            )

    def test_only_where_one_reported(self, world):
        with pytest.raises(module.NotReportedHere):
            actions.join_roster(
                roster=a_roster(world), report=reported(world, community=world.salt), by=world.wang,
                at=NOON,
            )  # fmt: skip

    def test_not_twice(self, world):
        roster, (post,) = on_roster(world, "wang")
        with pytest.raises(module.JoinedAlready):
            actions.join_roster(roster=roster, report=post.report, by=world.wang, at=NOON)

    def test_not_for_others(self, world):
        roster, report = a_roster(world), reported(world)
        with pytest.raises(module.NotYourPost):
            actions.join_roster(roster=roster, report=report, by=world.zhao, at=NOON)

    def test_leaving_cancels_turns_to_come(self, client, world, clock):
        turn = a_turn(world)
        as_user(client, world.wang).post(f"/report-in/joined/{turn.post_id}/leave/")
        assert fresh(turn).state == "cancelled" and fresh(turn.post).left_on == TODAY

    def test_closing_a_roster_ends_all(self, client, world, clock):
        turn = a_turn(world)
        as_user(client, world.zhang).post(f"/report-in/rosters/{turn.roster_id}/close/")
        assert fresh(turn).state == "cancelled" and fresh(turn.roster).closed_on == TODAY


class TestPlanning:
    def test_slots_are_filled_round_robin_and_people_told(self, client, world, clock):
        roster, _posts = on_roster(world, "wang", "zhao")
        as_user(client, world.zhang)
        answer = client.post(
            f"/report-in/rosters/{roster.pk}/", {"since": "2026-03-02", "until": "2026-03-15"}
        )
        assert answer.status_code == 302
        names = [t.post.person.name for t in DutyTurn.objects.order_by("starts_at")]
        assert names == ["王芳", "赵磊"] * 3
        assert Notice.objects.filter(user=world.wang, title__startswith="轮值排班").count() == 1
        assert (
            "王芳" in client.get(f"/report-in/rosters/{roster.pk}/?month=2026-03").content.decode()
        )

    def test_planned_again_it_changes_nothing(self, world):
        roster, _posts = on_roster(world, "wang", "zhao")
        period = {"since": TODAY, "until": TODAY + 13 * DAY, "by": world.zhang, "at": NOON}
        assert len(actions.plan_turns(roster=roster, **period).made) == 6
        assert actions.plan_turns(roster=roster, **period).made == []

    def test_a_gap_is_filled_by_who_is_free(self, world):
        roster, _posts = on_roster(world, "wang", "zhao")
        period = {"since": TODAY, "until": TODAY, "by": world.zhang, "at": NOON}
        (turn,) = actions.plan_turns(roster=roster, **period).made
        actions.leave_roster(post=turn.post, by=world.wang, at=NOON)
        (again,) = actions.plan_turns(roster=roster, **period).made
        assert (turn.post.person.name, again.post.person.name) == ("王芳", "赵磊")

    def test_nobody_is_planned_when_they_cannot(self, world):
        roster, _posts = on_roster(world, "wang", times=["weekend"])
        plan = actions.plan_turns(
            roster=roster, since=TODAY, until=TODAY + 6 * DAY, by=world.zhang, at=NOON
        )
        assert plan.made == [] and [n for _day, _slot, n in plan.unfilled] == [1, 1, 1]

    def test_nobody_serves_two_rosters_on_one_day(self, world):
        turn = a_turn(world)
        other = a_roster(world, name="早间巡逻", starts=time(12), ends=time(13))
        actions.join_roster(roster=other, report=turn.post.report, by=world.wang, at=NOON)
        plan = actions.plan_turns(roster=other, since=TODAY, until=TODAY, by=world.zhang, at=NOON)
        assert plan.made == [] and len(plan.unfilled) == 1

    @settings(
        max_examples=15, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )  # fmt: skip
    @given(count=st.integers(1, 7), wanted=st.integers(1, 3), days=st.integers(1, 40))
    def test_it_is_fair(self, world, count, wanted, days):
        """However many can, and however long: nobody serves more than one turn more than another."""
        from django.db import transaction

        with transaction.atomic():
            roster, _posts = members(world, count, wanted=wanted)
            plan = actions.plan_turns(
                roster=roster, since=TODAY, until=TODAY + (days - 1) * DAY, by=world.zhang, at=NOON
            )
            turns = Counter(turn.post_id for turn in plan.made)
            loads = [turns[post.pk] for post in _posts]
            assert max(loads) - min(loads) <= 1
            slots = sum((TODAY + n * DAY).weekday() in (0, 2, 4) for n in range(days))
            assert len(plan.made) == slots * min(wanted, count)
            transaction.set_rollback(True)

    @pytest.mark.parametrize("since,until", [(TODAY, TODAY - DAY), (TODAY - 9 * DAY, TODAY - DAY),
                                             (TODAY, TODAY + 62 * DAY)])  # fmt: skip
    def test_a_period_must_be_to_come_and_short(self, world, since, until):
        roster, _posts = on_roster(world, "wang")
        with pytest.raises(module.BadPeriod):
            actions.plan_turns(roster=roster, since=since, until=until, by=world.zhang, at=NOON)

    def test_without_people_there_is_no_plan(self, world):
        with pytest.raises(module.NobodyThere):
            actions.plan_turns(
                roster=a_roster(world), since=TODAY, until=TODAY, by=world.zhang, at=NOON
            )

    def test_not_by_another_community(self, world):
        roster, _posts = on_roster(world, "wang")
        with pytest.raises(NotYourCommunity):
            actions.plan_turns(roster=roster, since=TODAY, until=TODAY, by=world.wu, at=NOON)


class TestSigning:
    def test_in_and_out_on_the_spot(self, client, world, clock):
        turn = a_turn(world)
        as_user(client, world.wang)
        assert "到岗签到" not in client.get("/report-in/turns/").content.decode()
        clock(EVENING - 5 * timedelta(minutes=1))
        assert "到岗签到" in client.get("/report-in/turns/").content.decode()
        client.post(
            f"/report-in/turns/{turn.pk}/in/", {"lng": "117.6005", "lat": "39.3", "accuracy": "15"}
        )
        turn = fresh(turn)
        assert (turn.state, turn.distance, turn.accuracy) == ("on_duty", 43, 15)
        assert "约 43 米" in client.get("/report-in/turns/").content.decode()
        clock(EVENING + 2 * HOUR)
        client.post(f"/report-in/turns/{turn.pk}/out/")
        assert fresh(turn).state == "served"

    def test_too_far_away_says_how_far_and_how_exact(self, world):
        turn = a_turn(world)
        with pytest.raises(turn_module.TooFar) as refused:
            actions.sign_in(turn=turn, lng=117.61, lat=39.3, accuracy=30, by=world.wang, at=EVENING)
        assert "约 860 米（定位误差约 30 米），300 米以内才能签到" in str(refused.value)
        assert "代签" in str(refused.value.remedy) and fresh(turn).state == "planned"

    def test_a_phone_that_may_be_there_is_believed(self, world):
        """860 m away by its own word, but give or take 600 m would be too vague; 400 m is not."""
        turn = a_turn(world)
        near = {"lng": 117.607, "lat": 39.3, "by": world.wang, "at": EVENING}  # 602 m
        with pytest.raises(turn_module.TooFar):
            actions.sign_in(turn=turn, accuracy=300, **near)
        assert actions.sign_in(turn=turn, accuracy=400, **near).distance == 602

    def test_a_vague_phone_is_not(self, world):
        with pytest.raises(turn_module.TooVague, match="误差约 2000 米"):
            actions.sign_in(
                turn=a_turn(world), lng=117.6, lat=39.3, accuracy=2000, by=world.wang, at=EVENING
            )

    def test_a_phone_without_place_is_told_what_to_do(self, client, world, clock):
        turn = a_turn(world)
        clock(EVENING)
        answer = as_user(client, world.wang).post(f"/report-in/turns/{turn.pk}/in/", follow=True)
        assert "没有收到手机位置" in answer.content.decode() and fresh(turn).state == "planned"

    @pytest.mark.parametrize("hours,words", [(-1, "还没到签到时间，03-02 18:30"), (3, "已经结束")])
    def test_only_around_the_hour(self, world, hours, words):
        with pytest.raises(turn_module.NotTheHour, match=words):
            actions.sign_in(
                turn=a_turn(world), by=world.wang, at=EVENING + hours * HOUR, **AT_THE_PLACE
            )

    def test_only_for_oneself(self, client, world, clock):
        turn = a_turn(world)
        with pytest.raises(turn_module.NotYourTurn):
            actions.sign_in(turn=turn, by=world.zhao, at=EVENING, **AT_THE_PLACE)
        for who in (world.zhao, world.zhang):
            as_user(client, who)
            assert client.post(f"/report-in/turns/{turn.pk}/in/").status_code == 404

    def test_out_only_after_in_and_not_long_after(self, world):
        turn = a_turn(world)
        with pytest.raises(turn_module.TurnNotSo):
            actions.sign_out(turn=turn, by=world.wang, at=EVENING + HOUR)
        actions.sign_in(turn=turn, by=world.wang, at=EVENING, **AT_THE_PLACE)
        with pytest.raises(turn_module.NotTheHour):
            actions.sign_out(turn=turn, by=world.wang, at=EVENING + 5 * HOUR)

    def test_the_community_signs_for_who_was_there(self, client, world, clock):
        turn = a_turn(world)
        clock(EVENING + 3 * HOUR)
        as_user(client, world.zhang)
        assert client.post(f"/report-in/turns/{turn.pk}/sign-for/", {"note": ""}).status_code == 422
        client.post(f"/report-in/turns/{turn.pk}/sign-for/", {"note": "手机没电"})
        turn = fresh(turn)
        assert (turn.state, turn.signed_by, turn.sign_note) == ("served", world.zhang, "手机没电")

    def test_not_for_oneself_nor_before_the_end(self, world):
        turn = a_turn(world)
        with pytest.raises(turn_module.NotYetOver):
            actions.sign_for(turn=turn, note="在岗", by=world.zhang, at=EVENING)
        Post.objects.create(
            user=world.wang, org=world.pine_office, role="dispatcher", region=world.pine
        )
        with pytest.raises(NotOnesOwn):
            actions.sign_for(turn=turn, note="在岗", by=fresh(world.wang), at=EVENING + 3 * HOUR)


class TestSwapping:
    def asked(self, world):
        roster, (mine, other) = on_roster(world, "wang", "zhao")
        (turn,) = actions.plan_turns(
            roster=roster, since=TODAY, until=TODAY, by=world.zhang, at=NOON
        ).made
        return turn, other

    def test_it_needs_the_others_consent(self, client, world, clock):
        turn, other = self.asked(world)
        as_user(client, world.wang)
        assert "赵磊" in client.get(f"/report-in/turns/{turn.pk}/swap/").content.decode()
        client.post(f"/report-in/turns/{turn.pk}/swap/", {"taker": other.pk})
        assert fresh(turn).post != other
        swap = TurnSwap.objects.get()
        as_user(client, world.zhao)
        assert "王芳想请您值这一班" in client.get("/report-in/turns/").content.decode()
        client.post(f"/report-in/swaps/{swap.pk}/answer/", {"agreed": "1"})
        assert fresh(turn).post == other and fresh(swap).state == "agreed"
        assert Notice.objects.filter(user=world.wang, title="赵磊同意换班").exists()

    def test_who_cannot_says_so(self, client, world, clock):
        turn, other = self.asked(world)
        swap = actions.ask_swap(turn=turn, taker=other, by=world.wang, at=NOON)
        as_user(client, world.zhao).post(f"/report-in/swaps/{swap.pk}/answer/", {"agreed": "0"})
        assert fresh(swap).state == "declined" and fresh(turn).post != other

    def test_refused(self, world):
        turn, other = self.asked(world)
        with pytest.raises(turn_module.NotYourTurn):
            actions.ask_swap(turn=turn, taker=other, by=world.zhao, at=NOON)
        with pytest.raises(turn_module.CannotSwap):
            actions.ask_swap(turn=turn, taker=turn.post, by=world.wang, at=NOON)
        with pytest.raises(turn_module.NotTheHour):
            actions.ask_swap(turn=turn, taker=other, by=world.wang, at=EVENING)
        swap = actions.ask_swap(turn=turn, taker=other, by=world.wang, at=NOON)
        with pytest.raises(turn_module.CannotSwap, match="已经请人换班"):
            actions.ask_swap(turn=turn, taker=other, by=world.wang, at=NOON)
        with pytest.raises(turn_module.NotAsked):
            actions.answer_swap(swap=swap, agreed=True, by=world.wang, at=NOON)
        actions.answer_swap(swap=swap, agreed=False, by=world.zhao, at=NOON)
        with pytest.raises(turn_module.TurnNotSo):
            actions.answer_swap(swap=swap, agreed=True, by=world.zhao, at=NOON)

    def test_who_has_duty_that_day_cannot_take_it(self, world):
        roster, (mine, other) = on_roster(world, "wang", "zhao", roster=a_roster(world, wanted=2))
        made = actions.plan_turns(
            roster=roster, since=TODAY, until=TODAY, by=world.zhang, at=NOON
        ).made
        turn = next(one for one in made if one.post_id == mine.pk)
        with pytest.raises(turn_module.CannotSwap, match="对方当天已有班次"):
            actions.ask_swap(turn=turn, taker=other, by=world.wang, at=NOON)
        assert queries.takers_for(turn) == []


def served(world, who="wang", *, minutes=110):
    """Return a turn signed in on time and out after so many minutes."""
    turn = a_turn(world, who)
    user = getattr(world, who)
    actions.sign_in(turn=turn, by=user, at=EVENING - 10 * timedelta(minutes=1), **AT_THE_PLACE)
    return actions.sign_out(turn=turn, by=user, at=EVENING + timedelta(minutes=minutes))


class TestAppraising:
    @pytest.mark.mission("S2.45")
    def test_a_verdict_gives_hours_and_the_share_of_good_ones(self, client, world, clock):
        turn = served(world)
        as_user(client, world.zhang)
        clock(EVENING + 3 * HOUR)
        assert "王芳" in client.get("/report-in/appraisals/").content.decode()
        client.post(f"/report-in/turns/{turn.pk}/appraise/", {"verdict": "good"})
        assert fresh(turn).verdict == "good" and fresh(turn).appraised_by == world.zhang
        entry = ServiceEntry.objects.get()
        assert (entry.minutes, entry.user, entry.unit) == (110, world.wang, world.branch)
        assert entry.what == "轮值：夜间巡逻（巡逻员）"
        found = queries.verdicts(world.north.path, TODAY, TODAY)
        assert (found.share, found.base) == (100.0, 1)
        assert "已鉴定 1 班中，“好” 1 班" in client.get("/report-in/rosters/").content.decode()

    def test_the_share_has_its_base_and_leaves_out_what_has_no_verdict(self, world):
        roster, posts = members(world, 1)
        for n, verdict in enumerate(["good"] * 197 + ["fair"] * 3 + [""] * 2):
            start = NOON + n * DAY
            DutyTurn.objects.create(
                roster=roster, post=posts[0], starts_at=start, ends_at=start + HOUR,
                verdict=verdict, state="appraised" if verdict else ("served" if n % 2 else "missed"),
            )  # fmt: skip
        found = queries.verdicts(world.pine.path, TODAY, TODAY + 400 * DAY)
        assert (found.share, found.base, found.waiting, found.missed) == (98.5, 200, 1, 1)
        assert "197 ÷ 200" in found.why
        assert queries.verdicts(world.salt.path, TODAY, TODAY + 400 * DAY).share is None

    @pytest.mark.parametrize("verdict", ["fair", "poor"])
    def test_a_low_verdict_needs_a_sentence(self, world, verdict):
        turn = served(world)
        with pytest.raises(Missing):
            actions.appraise(turn=turn, verdict=verdict, by=world.zhang, at=EVENING + 3 * HOUR)
        actions.appraise(
            turn=turn, verdict=verdict, note="中途离岗", by=world.zhang, at=EVENING + 3 * HOUR
        )
        assert fresh(turn).verdict_note == "中途离岗"

    def test_never_of_ones_own_turn(self, client, world, clock):
        turn = served(world)
        Post.objects.create(
            user=world.wang, org=world.pine_office, role="dispatcher", region=world.pine
        )
        with pytest.raises(NotOnesOwn):
            actions.appraise(turn=turn, verdict="good", by=fresh(world.wang), at=EVENING + 3 * HOUR)
        as_user(client, world.wang)
        assert "没有等待鉴定的轮值" in client.get("/report-in/appraisals/").content.decode()

    def test_not_by_another_community_nor_before_serving_nor_twice(self, world):
        turn = served(world)
        with pytest.raises(NotYourCommunity):
            actions.appraise(turn=turn, verdict="good", by=world.wu, at=EVENING)
        with pytest.raises(Invalid, match="请选择鉴定结果"):
            actions.appraise(turn=turn, verdict="优", by=world.zhang, at=EVENING)
        actions.appraise(turn=turn, verdict="good", by=world.zhang, at=EVENING)
        with pytest.raises(turn_module.TurnNotSo):
            actions.appraise(turn=turn, verdict="good", by=world.chen, at=EVENING)

    def test_minutes_lie_within_the_turn(self, world):
        """Ten minutes early and twenty late are nobody's service."""
        turn = served(world, minutes=140)
        assert (
            actions.appraise(turn=turn, verdict="good", by=world.zhang, at=EVENING).minutes == 120
        )

    def test_a_correction_is_a_counter_entry(self, world):
        entry = actions.appraise(turn=served(world), verdict="good", by=world.zhang, at=EVENING)
        right = actions.correct_service(
            entry=entry, minutes=60, reason="提前离岗", by=world.chen, at=EVENING
        )
        assert right.minutes == -50 and right.corrects == entry and fresh(entry).minutes == 110
        for one in (entry, right):
            with pytest.raises(CorrectedAlready):
                actions.correct_service(
                    entry=one, minutes=1, reason="再改", by=world.chen, at=EVENING
                )

    def test_the_desk_corrects_on_its_page(self, client, world, clock):
        entry = actions.appraise(turn=served(world), verdict="good", by=world.zhang, at=EVENING)
        clock(EVENING + 3 * HOUR)
        as_user(client, world.zhang)
        assert "王芳 · 轮值" in client.get("/report-in/record/").content.decode()
        page = f"/report-in/record/{entry.pk}/correct/"
        wrong = client.post(page, {"minutes": "110", "reason": "写错"})
        assert wrong.status_code == 422 and "请填写更正后的分钟数" in wrong.content.decode()
        assert client.post(page, {"minutes": "60", "reason": "提前离岗"}).status_code == 302
        listed = client.get("/report-in/record/").content.decode()
        assert "更正：提前离岗" in listed and "-50 分钟" in listed and "已更正" in listed
        as_user(client, world.wu)
        assert client.get(page).status_code == 404
        assert "王芳" not in client.get("/report-in/record/").content.decode()

    def test_whoever_acts_for_a_place_has_only_their_own_record(self, api, world):
        """Zhang sees Wang's entry at the desk; it is not in Zhang's own record."""
        actions.appraise(turn=served(world), verdict="good", by=world.zhang, at=EVENING)
        assert ServiceEntry.objects.visible_to(fresh(world.zhang)).count() == 1
        assert api("zhang", "GET", "/report-in/record").json()["items"] == []

    def test_a_correction_that_corrects_nothing(self, world):
        entry = actions.appraise(turn=served(world), verdict="good", by=world.zhang, at=EVENING)
        for minutes in (-1, 110):
            with pytest.raises(BadMinutes):
                actions.correct_service(
                    entry=entry, minutes=minutes, reason="错", by=world.chen, at=EVENING
                )
        with pytest.raises(NotYourCommunity):
            actions.correct_service(entry=entry, minutes=1, reason="错", by=world.wu, at=EVENING)


class TestTheWorker:
    def test_reminds_the_day_before_and_notes_who_did_not_come(self, world):
        turn = a_turn(world)
        actions.report_in_due(at=NOON)
        assert Notice.objects.filter(user=world.wang, title="明天轮到您值守").count() == 1
        actions.report_in_due(at=EVENING + 5 * HOUR)
        assert fresh(turn).state == "missed"
        actions.sign_for(turn=turn, note="在岗，手机没电", by=world.zhang, at=EVENING + 6 * HOUR)
        assert fresh(turn).state == "served"

    def test_signs_out_who_forgot(self, world):
        turn = a_turn(world)
        actions.sign_in(turn=turn, by=world.wang, at=EVENING, **AT_THE_PLACE)
        actions.report_in_due(at=EVENING + 5 * HOUR)
        assert fresh(turn).state == "served" and "没有签退" in fresh(turn).sign_note

    def test_chases_a_missing_verdict_once(self, world):
        served(world)
        later = EVENING + 5 * DAY
        actions.report_in_due(at=EVENING + 2 * DAY)
        assert not Notice.objects.filter(title__endswith="还没有鉴定").exists()
        actions.report_in_due(at=later)
        actions.report_in_due(at=later + DAY)
        assert Notice.objects.filter(user=world.zhang, title="1 个轮值还没有鉴定").count() == 1
