"""Transfers: both sides confirm, then the membership moves; every way that is not one is refused."""

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice, User
from tongxin.kit.errors import Refused
from tongxin.orgs import actions
from tongxin.orgs.models import LogEntry, Membership, Org, Post, Transfer
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)


@pytest.fixture
def other(world):
    """Another branch under Pine's committee, with a secretary of its own."""
    unit = Org.objects.create(
        name="松社区第二党支部", kind="party", unit_kind="branch", region=world.pine,
        parent=world.pine_party,
    )  # fmt: skip
    world.fan = world.person("fan", "樊宁", unit, "secretary")
    return unit


def start(world, unit, by=None, **more):
    return actions.start_transfer(
        membership=world.wang_member,
        to_unit=unit,
        reason="迁居",
        at=NOON,
        by=by or world.qin,
        **more,
    )


class TestStart:
    def test_the_home_branch_starts_and_has_confirmed(self, world, other):
        found = start(world, other)
        assert (found.home_by, found.host_by) == (world.qin, None)
        assert found.number == "〔2026〕1号"
        assert found.valid_until == TODAY + timedelta(days=30)
        assert Notice.objects.get(user=world.fan).title == "组织关系转接待确认：王芳"

    def test_each_branch_counts_its_own_slips(self, world, other):
        first = start(world, other)
        actions.withdraw_transfer(transfer=first, reason="填错了", at=NOON, by=world.qin)
        assert start(world, other).number == "〔2026〕2号"

    def test_the_receiving_branch_starts(self, world, other):
        found = start(world, other, by=world.fan)
        assert (found.home_by, found.host_by) == (None, world.fan)
        assert Notice.objects.filter(user=world.qin).exists()

    def test_by_name_and_number(self, world, other):
        actions.change_person(
            person=world.wang_member.person, identity="11010519491231002X", at=NOON, by=world.qin
        )
        given = {"identity": "11010519491231002x", "to_unit": other, "reason": "迁居", "at": NOON}
        with pytest.raises(actions.NobodySo):
            actions.ask_in(name="王芬", by=world.fan, **given)
        with pytest.raises(actions.NotRegistrar):
            actions.ask_in(name="王芳", by=world.yue, **given)
        found = actions.ask_in(name="王芳", by=world.fan, **given)
        assert (found.membership, found.host_by) == (world.wang_member, world.fan)

    @pytest.mark.parametrize("who", ["yue", "ann", "wang", "liu"])
    def test_a_stranger_may_not(self, world, other, who):
        with pytest.raises(actions.NotRegistrar):
            start(world, other, by=getattr(world, who))

    def test_to_the_same_branch_is_none(self, world):
        with pytest.raises(actions.SameBranch) as caught:
            start(world, world.branch)
        assert caught.value.field == "to_unit"

    def test_one_at_a_time(self, world, other):
        start(world, other)
        with pytest.raises(actions.TransferOpen):
            start(world, world.salt_branch)

    def test_a_temporary_unit_cannot_receive(self, world, other):
        other.is_temporary, other.expires_on = True, date(2026, 9, 1)
        other.save()
        with pytest.raises(actions.CannotHoldMembers) as caught:
            start(world, other)
        assert "临时" in caught.value.message

    def test_a_dissolved_unit_cannot_receive(self, world, other):
        other.dissolved_on = date(2026, 1, 1)
        other.save()
        with pytest.raises(actions.CannotHoldMembers):
            start(world, other)

    def test_who_is_lost_does_not_move(self, world, other):
        actions.mark_lost(
            membership=world.wang_member, since=date(2026, 1, 1), at=NOON, by=world.qin
        )
        with pytest.raises(actions.LostCannotMove):
            start(world, other)

    def test_an_applicant_has_nothing_to_transfer(self, world, other):
        Membership.objects.filter(pk=world.wang_member.pk).update(stage="activist")
        with pytest.raises(actions.NotYetAMember):
            start(world, other)

    @pytest.mark.parametrize("days", [0, 91])
    def test_the_term_has_limits(self, world, other, days):
        with pytest.raises(actions.BadTerm):
            start(world, other, days=days)
        assert not Transfer.objects.exists()


class TestConfirm:
    def test_with_the_second_it_moves_at_once(self, world, other):
        Membership.objects.filter(pk=world.wang_member.pk).update(
            is_veteran=True, in_service=True, is_mobile=True
        )
        found = start(world, other)
        found = actions.confirm_transfer(transfer=found, at=NOON, by=world.fan)
        old, new = Membership.objects.get(pk=world.wang_member.pk), found.arrived
        assert (old.to_date, old.end) == (TODAY, "transfer")
        assert (new.unit, new.stage, new.from_date) == (other, "full", TODAY)
        assert (new.full_on, new.admitted_on) == (old.full_on, old.admitted_on)
        assert (new.is_veteran, new.in_service, new.is_mobile) == (True, True, False)
        assert Membership.objects.standing().get(person=old.person) == new

    def test_both_books_tell_of_it(self, world, other):
        actions.confirm_transfer(transfer=start(world, other), at=NOON, by=world.fan)
        told = {one.unit: one.text for one in LogEntry.objects.filter(source__startswith="orgs.tr")}
        assert told == {
            world.branch: "转出正式党员 1 名（〔2026〕1号）",
            other: "转入正式党员 1 名（〔2026〕1号）",
        }

    def test_everybody_is_told(self, world, other):
        actions.confirm_transfer(transfer=start(world, other), at=NOON, by=world.fan)
        for who in (world.qin, world.fan):
            assert Notice.objects.filter(user=who, title="组织关系已转接：王芳").count() == 1
        assert Notice.objects.get(user=world.wang).title == "您的组织关系已转接"

    def test_nobody_confirms_for_both(self, world, other):
        found = start(world, other, by=world.tang)  # keeps both registers
        assert found.home_by == world.tang
        with pytest.raises(actions.OtherSide) as caught:
            actions.confirm_transfer(transfer=found, at=NOON, by=world.tang)
        assert "双方" in caught.value.message
        assert actions.confirm_transfer(transfer=found, at=NOON, by=world.fan).state == "done"

    def test_ones_own_side_confirms_once(self, world, other):
        found = start(world, other)
        with pytest.raises(actions.OtherSide):
            actions.confirm_transfer(transfer=found, at=NOON, by=world.qin)
        assert not Transfer.objects.get().host_at

    def test_a_stranger_may_not(self, world, other):
        with pytest.raises(actions.NotRegistrar):
            actions.confirm_transfer(transfer=start(world, other), at=NOON, by=world.yue)

    def test_not_after_the_term(self, world, other):
        found = start(world, other, days=3)
        with pytest.raises(actions.TransferOver) as caught:
            actions.confirm_transfer(transfer=found, at=NOON + timedelta(days=4), by=world.fan)
        assert "重新发起" in caught.value.remedy
        actions.confirm_transfer(transfer=found, at=NOON + timedelta(days=3), by=world.fan)

    def test_not_into_a_branch_dissolved_meanwhile(self, world, other):
        found = start(world, other)
        Org.objects.filter(pk=other.pk).update(dissolved_on=TODAY)
        with pytest.raises(actions.CannotHoldMembers):
            actions.confirm_transfer(transfer=found, at=NOON, by=world.fan)
        assert Membership.objects.standing().filter(pk=world.wang_member.pk).exists()
        assert Transfer.objects.get().host_at is None

    def test_once(self, world, other):
        found = start(world, other)
        actions.confirm_transfer(transfer=found, at=NOON, by=world.fan)
        with pytest.raises(actions.TransferOver):
            actions.confirm_transfer(transfer=found, at=NOON, by=world.fan)
        assert Membership.objects.filter(person=world.wang_member.person).count() == 2


class TestClose:
    def test_the_other_side_refuses_with_a_reason(self, world, other):
        found = actions.refuse_transfer(
            transfer=start(world, other), reason="100% 不在本社区居住", at=NOON, by=world.fan
        )
        assert (found.state, found.closed_by) == ("refused", world.fan)
        assert Notice.objects.get(user=world.wang).text == "100% 不在本社区居住"
        assert Membership.objects.standing().filter(pk=world.wang_member.pk).exists()

    def test_a_reason_is_needed(self, world, other):
        with pytest.raises(Refused):
            actions.refuse_transfer(transfer=start(world, other), reason=" ", at=NOON, by=world.fan)

    def test_ones_own_side_withdraws(self, world, other):
        found = start(world, other)
        with pytest.raises(actions.OtherSide):
            actions.refuse_transfer(transfer=found, reason="不转了", at=NOON, by=world.qin)
        with pytest.raises(actions.OtherSide):
            actions.withdraw_transfer(transfer=found, reason="不转了", at=NOON, by=world.fan)
        found = actions.withdraw_transfer(transfer=found, reason="不转了", at=NOON, by=world.qin)
        assert found.state == "withdrawn"


class TestDue:
    def test_slips_are_reminded_of_once_and_expire_once(self, world, other):
        start(world, other, days=10)
        assert actions.transfers_due(at=NOON) == 0
        soon = NOON + timedelta(days=5)
        assert actions.transfers_due(at=soon) == 1
        assert actions.transfers_due(at=soon) == 0
        title = "组织关系转接快到期：王芳"
        assert [one.user for one in Notice.objects.filter(title=title)] == [world.fan]
        assert actions.transfers_due(at=NOON + timedelta(days=10)) == 0
        late = NOON + timedelta(days=11)
        assert actions.transfers_due(at=late) == 1
        assert actions.transfers_due(at=late) == 0
        found = Transfer.objects.get()
        assert (found.state, found.closed_by) == ("expired", None)
        assert Notice.objects.filter(title="组织关系转接已逾期失效：王芳").count() == 3
        assert Membership.objects.standing().filter(pk=world.wang_member.pk).exists()

    def test_the_worker_does_it(self, world, other):
        from tongxin.portal.worker import JOBS

        start(world, other, days=1)
        job = next(job for job in JOBS if job.name == "transfers_due")
        assert job.run(NOON + timedelta(days=2)) == 1


class TestSight:
    def test_both_sides_and_the_member_see_it(self, world, other):
        found = start(world, other)
        for who in ("qin", "fan", "tang", "he", "wang"):
            assert found in Transfer.objects.visible_to(getattr(world, who)), who
        for who in ("yue", "zhao", "ann", "liu", "zhang"):
            assert found not in Transfer.objects.visible_to(getattr(world, who)), who


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_one_moves_it():
    from threading import Thread

    from django.db import connection

    from tongxin.testing import World

    world = World().build()
    unit = Org.objects.create(
        name="松社区第二党支部", kind="party", unit_kind="branch", region=world.pine,
        parent=world.pine_party,
    )  # fmt: skip
    people = [User.objects.create(username=f"fan{n}", name="樊宁") for n in range(4)]
    for user in people:
        Post.objects.create(user=user, org=unit, role="secretary", region=unit.region)
    found, answers = start(world, unit), []

    def confirm(user):
        try:
            answers.append(actions.confirm_transfer(transfer=found, at=NOON, by=user).state)
        except Refused as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=confirm, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["done", *["transfer_over"] * 3]
    assert Membership.objects.filter(person=world.wang_member.person).count() == 2
