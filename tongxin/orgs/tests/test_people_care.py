"""Members away, lost, in pairs, growing; volunteers' times; what the rules make of dates."""

from datetime import date, time, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.orgs import actions, queries
from tongxin.orgs.models import GrowthEntry, Membership, MobileStay, Person, VolunteerTime
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)


def away(world, **more):
    given = {"membership": world.wang_member, "since": date(2025, 8, 1), "place": "广东省东莞市"}
    return actions.mark_mobile(at=NOON, by=world.qin, why="work", **(given | more))


def codes(membership, on=TODAY):
    membership = Membership.objects.get(pk=membership.pk)
    stay = queries.stays_of([membership]).get(membership.pk)
    return [hint.code for hint in queries.hints_of(membership, stay, on)]


class TestMobile:
    @pytest.mark.mission("S3.43")
    def test_a_mobile_member_reports_where_they_are_and_is_looked_after_there(self, world):
        person = world.wang_member.person
        stay = away(world)
        assert person not in Person.objects.visible_to(world.yue)
        actions.report_here(
            stay=stay, host=world.salt_branch, on=date(2025, 9, 1), at=NOON, by=world.wang
        )
        assert person in Person.objects.visible_to(world.yue)
        assert [one.membership for one in queries.guests_of(world.yue)] == [world.wang_member]
        assert Notice.objects.filter(user=world.qin, title="流动党员已报到：王芳").exists()
        actions.keep_contact(stay=stay, on=TODAY, note="电话", at=NOON, by=world.yue)
        assert MobileStay.objects.get().last_contact_on == TODAY
        # The membership stays where it is, and so does what is done with it.
        assert Membership.objects.standing().get(person=person).unit == world.branch
        with pytest.raises(actions.NotRegistrar):
            actions.set_flags(membership=world.wang_member, is_hardship=True, at=NOON, by=world.yue)

    def test_back_home_the_host_sees_them_no_more(self, world):
        stay = away(world)
        actions.report_here(stay=stay, host=world.salt_branch, on=TODAY, at=NOON, by=world.yue)
        actions.mark_back(stay=stay, on=TODAY, at=NOON, by=world.qin)
        assert world.wang_member.person not in Person.objects.visible_to(world.yue)
        assert not Membership.objects.get(pk=world.wang_member.pk).is_mobile

    def test_one_stay_at_a_time(self, world):
        away(world)
        with pytest.raises(actions.AlreadySo):
            away(world)

    def test_nobody_else_reports_for_them(self, world):
        with pytest.raises(actions.NotRegistrar):
            actions.report_here(
                stay=away(world), host=world.salt_branch, on=TODAY, at=NOON, by=world.zhao
            )

    def test_days_must_follow(self, world):
        with pytest.raises(actions.BadMemberDates):
            away(world, since=TODAY + timedelta(days=1))
        stay = away(world)
        with pytest.raises(actions.BadMemberDates):
            actions.mark_back(stay=stay, on=date(2025, 7, 31), at=NOON, by=world.qin)

    def test_after_six_months_a_transfer_is_suggested(self, world):
        away(world, since=date(2025, 9, 2))
        assert "transfer" not in codes(world.wang_member, date(2026, 3, 1))
        assert "transfer" in codes(world.wang_member, date(2026, 3, 2))

    def test_after_three_months_without_a_word_a_call_is_due(self, world):
        stay = away(world, since=date(2026, 1, 1))
        assert "call" not in codes(world.wang_member, date(2026, 4, 1))
        assert "call" in codes(world.wang_member, date(2026, 4, 2))
        actions.keep_contact(stay=stay, on=TODAY, at=NOON, by=world.qin)
        assert "call" not in codes(world.wang_member, date(2026, 4, 2))


class TestLost:
    def test_the_terms_are_told_and_nothing_happens_by_itself(self, world):
        member = actions.mark_lost(
            membership=world.wang_member, since=date(2025, 1, 31), at=NOON, by=world.qin
        )
        assert codes(member, date(2025, 7, 30)) == ["search"]
        assert codes(member, date(2025, 7, 31)) == ["suspend"]
        hint = queries.hints_of(member, None, TODAY)[0]
        assert "停止党籍" in hint.text
        assert "党员教育管理工作条例" in hint.source
        assert Membership.objects.get(pk=member.pk).to_date is None

    def test_suspension_is_recorded_after_the_term(self, world):
        member = world.wang_member
        given = {"membership": member, "at": NOON, "by": world.qin}
        with pytest.raises(actions.BadMemberDates):
            actions.suspend_membership(on=TODAY, document="北党发〔2026〕3号", **given)
        actions.mark_lost(since=date(2025, 10, 1), **given)
        with pytest.raises(actions.BadMemberDates) as caught:
            actions.suspend_membership(on=TODAY, document="北党发〔2026〕3号", **given)
        assert "6 个月" in caught.value.message
        actions.mark_found(**given)
        actions.mark_lost(since=date(2024, 1, 1), **given)
        actions.suspend_membership(on=date(2024, 7, 1), document="北党发〔2024〕3号", **given)
        assert codes(member, date(2026, 6, 30)) == ["suspended"]
        assert codes(member, date(2026, 7, 1)) == ["remove"]
        assert Membership.objects.get(pk=member.pk).to_date is None

    def test_found_again_ends_both(self, world):
        given = {"membership": world.wang_member, "at": NOON, "by": world.qin}
        actions.mark_lost(since=date(2024, 1, 1), **given)
        actions.suspend_membership(on=date(2024, 8, 1), document="北党发〔2024〕3号", **given)
        found = actions.mark_found(**given)
        assert (found.lost_since, found.suspended_on) == (None, None)
        with pytest.raises(actions.AlreadySo):
            actions.mark_found(**given)

    def test_it_is_for_the_register(self, world):
        with pytest.raises(actions.NotRegistrar):
            actions.mark_lost(membership=world.wang_member, since=TODAY, at=NOON, by=world.yue)


class TestYears:
    def test_they_count_from_full_membership(self, world):
        member = world.wang_member  # full on 2001-07-01
        assert queries.party_age(member, date(2026, 6, 30)) == 24
        assert queries.party_age(member, date(2026, 7, 1)) == 25
        member.full_on = None
        assert queries.party_age(member, TODAY) is None

    def test_fifty_years_are_computed(self, world):
        given = {"stage": "full", "full_on": date(1976, 7, 1), "admitted_on": date(1975, 7, 1)}
        Membership.objects.filter(pk=world.wang_member.pk).update(**given)
        reached = Membership.objects.filter(queries.reached_medal(date(2026, 6, 30)))
        assert not reached.exists()
        reached = Membership.objects.filter(queries.reached_medal(date(2026, 7, 1)))
        assert reached.get() == world.wang_member
        assert codes(world.wang_member, date(2026, 7, 1)) == ["medal"]

    def test_a_year_of_probation_asks_for_the_next_step(self, world):
        Membership.objects.filter(pk=world.wang_member.pk).update(
            stage="probationary", full_on=None, admitted_on=date(2025, 3, 2)
        )
        assert codes(world.wang_member, date(2026, 3, 1)) == []
        assert codes(world.wang_member, TODAY) == ["full"]


@pytest.fixture
def zhao_in_need(world):
    actions.set_flags(membership=world.zhao_member, is_hardship=True, at=NOON, by=world.qin)
    return world.zhao_member.person


def pair(world, helped, helper=None, by=None):
    return actions.pair_members(
        helper=helper or world.wang_member.person,
        helped=helped,
        aim="每月上门一次，代买药品",
        since=date(2026, 1, 1),
        at=NOON,
        by=by or world.qin,
    )


class TestPairing:
    @pytest.mark.mission("S2.48")
    def test_a_member_stands_by_one_in_need_and_it_is_followed(self, world, zhao_in_need):
        pairing = pair(world, zhao_in_need)
        assert Notice.objects.get(user=world.wang).title == "您与赵磊结对"
        actions.write_visit(
            pairing=pairing,
            on=date(2026, 2, 1),
            text="身体平稳，代买降压药。",
            at=NOON,
            by=world.wang,
        )
        actions.write_visit(
            pairing=pairing, on=date(2026, 1, 15), text="帮忙修灯。", at=NOON, by=world.qin
        )
        pairing.refresh_from_db()
        assert (pairing.visits_made, pairing.last_visit_on) == (2, date(2026, 2, 1))
        assert queries.paired_members(world.qin) == {"helpers": 1, "helped": 1, "in_need": 1}
        assert queries.paired_members(world.yue) == {"helpers": 0, "helped": 0, "in_need": 0}
        actions.end_pairing(
            pairing=pairing, on=TODAY, outcome="生活已有保障", at=NOON, by=world.qin
        )
        assert queries.paired_members(world.qin)["helped"] == 0

    def test_only_for_those_in_need(self, world):
        with pytest.raises(actions.NotInNeed) as caught:
            pair(world, world.zhao_member.person)
        assert caught.value.field == "helped"

    def test_not_with_oneself(self, world, zhao_in_need):
        with pytest.raises(actions.BadPairing):
            pair(world, zhao_in_need, helper=zhao_in_need)

    def test_once(self, world, zhao_in_need):
        pair(world, zhao_in_need)
        with pytest.raises(actions.AlreadySo):
            pair(world, zhao_in_need)

    def test_one_stands_by_a_few(self, world, zhao_in_need):
        pair(world, zhao_in_need)
        for n in range(3):
            person = Person.objects.create(name=f"老人{n}")
            Membership.objects.create(
                person=person, unit=world.branch, stage="full", from_date=date(2000, 1, 1),
                is_veteran=True,
            )  # fmt: skip
            if n < 2:
                pair(world, person)
        with pytest.raises(actions.TooManyPairings) as caught:
            pair(world, person)
        assert "3 人" in caught.value.message

    def test_helpers_are_members(self, world, zhao_in_need):
        with pytest.raises(actions.NotYetAMember):
            pair(world, zhao_in_need, helper=Person.objects.create(name="某人"))

    def test_strangers_neither_pair_nor_visit(self, world, zhao_in_need):
        with pytest.raises(actions.NotRegistrar):
            pair(world, zhao_in_need, by=world.yue)
        pairing = pair(world, zhao_in_need)
        with pytest.raises(actions.NotYours):
            actions.write_visit(pairing=pairing, on=TODAY, text="看过", at=NOON, by=world.yue)
        with pytest.raises(actions.NotYours):
            actions.end_pairing(pairing=pairing, on=TODAY, outcome="好", at=NOON, by=world.wang)

    def test_one_visit_a_day(self, world, zhao_in_need):
        given = {"pairing": pair(world, zhao_in_need), "on": TODAY, "at": NOON, "by": world.wang}
        actions.write_visit(text="上午去过", **given)
        with pytest.raises(actions.AlreadySo):
            actions.write_visit(text="下午去过", **given)
        assert given["pairing"].visits.count() == 1


class TestGrowth:
    @pytest.mark.mission("S4.78")
    def test_hiring_and_training_are_tied_to_members(self, world):
        person = world.zhao_member.person
        for kind, text in (("hired", "录用为社区工作者"), ("backbone", "任网格长")):
            actions.add_growth(person=person, kind=kind, on=TODAY, text=text, at=NOON, by=world.qin)
        assert [one.unit for one in GrowthEntry.objects.all()] == [world.branch] * 2
        assert queries.growth_below(world.qin, world.branch) == {
            "hired": 1,
            "trained": 0,
            "backbone": 1,
        }
        assert queries.growth_below(world.yue, world.branch)["hired"] == 0

    def test_once_and_by_the_register(self, world):
        given = {"person": world.zhao_member.person, "kind": "trained", "on": TODAY, "at": NOON}
        with pytest.raises(actions.NotRegistrar):
            actions.add_growth(text="培训", by=world.yue, **given)
        actions.add_growth(text="培训", by=world.qin, **given)
        with pytest.raises(actions.AlreadySo):
            actions.add_growth(text="培训", by=world.qin, **given)


class TestTimes:
    def test_they_are_set_whole(self, world):
        given = {"volunteer": world.wang.volunteer, "by": world.wang, "at": NOON}
        actions.set_volunteer_times(
            times=[(6, time(8), time(12)), (6, time(14), time(18))], **given
        )
        actions.set_volunteer_times(times=[(7, time(9), time(11))], **given)
        found = VolunteerTime.objects.get()
        assert (found.weekday, found.since, found.until) == (7, time(9), time(11))

    @pytest.mark.parametrize(
        "times",
        [
            [(1, time(12), time(8))],
            [(8, time(8), time(9))],
            [(1, time(8), time(12)), (1, time(11), time(13))],
        ],
    )
    def test_bad_ones_are_refused(self, world, times):
        given = {"volunteer": world.wang.volunteer, "by": world.wang, "at": NOON}
        actions.set_volunteer_times(times=[(2, time(8), time(9))], **given)
        with pytest.raises(actions.BadTimes):
            actions.set_volunteer_times(times=times, **given)
        assert VolunteerTime.objects.get().weekday == 2
