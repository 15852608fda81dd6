"""What must be published, by when, for how long, with what proof."""

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.affairs import actions
from tongxin.affairs.actions import (
    NoProof,
    NothingToSay,
    NotKeeper,
    NotPublic,
    PersonalData,
    PublishedAlready,
    TooShort,
)
from tongxin.affairs.models import Disclosure
from tongxin.affairs.queries import expected, gaps

from .helpers import PAPERS, fresh, noon

DAY = date(2026, 4, 10)
AT = noon(DAY)


def publish(world, **given):
    given = {
        "code": "dues", "period": "2026Q1", "title": "一季度党费收缴情况", "content": "应交、实交合计。",
        "place": "both", "public_from": DAY, "public_to": DAY + timedelta(days=6), **given,
    }  # fmt: skip
    return actions.publish(unit=world.branch, at=AT, by=world.qin, **given)


@pytest.mark.mission("S4.18")
def test_what_a_quarter_wants(world):
    wanted = {(one.item.code, one.period): one.due_on for one in expected(DAY)}
    assert wanted["dues", "2026Q1"] == date(2026, 4, 15)
    assert wanted["tasks", "2026"] == date(2026, 2, 1)
    assert ("dues", "2026Q2") not in wanted
    assert len(wanted) == len(expected(DAY))


def test_a_gap_until_it_is_published(world):
    def missing():
        return {(gap.code, gap.period) for gap in gaps([world.branch], DAY)}

    assert ("dues", "2026Q1") in missing()
    publish(world)
    assert ("dues", "2026Q1") not in missing()


def test_nothing_is_asked_from_before_a_unit_was_founded(world):
    world.branch.founded_on = date(2026, 4, 1)
    assert all(gap.due_on >= date(2026, 4, 1) for gap in gaps([world.branch], DAY))


class TestPublishing:
    def test_once_a_period(self, world):
        publish(world)
        with pytest.raises(PublishedAlready):
            publish(world)

    def test_for_so_many_days(self, world):
        with pytest.raises(TooShort, match="公开 6 天，不少于 7 天"):
            publish(world, public_to=DAY + timedelta(days=5))

    @pytest.mark.parametrize("words", ["联系 13812345678", "120116199001011234 同志"])
    def test_no_personal_data(self, world, words):
        with pytest.raises(PersonalData) as refusal:
            publish(world, content=words)
        assert words[-8:] not in str(refusal.value)
        assert not Disclosure.objects.exists()

    def test_something_is_said(self, world):
        with pytest.raises(NothingToSay):
            publish(world, content="  ")

    def test_by_keepers(self, world):
        with pytest.raises(NotKeeper):
            actions.publish(
                unit=world.branch, code="other", period="x", title="题", content="文",
                place="board", public_from=DAY, public_to=DAY, at=AT, by=world.yue,
            )  # fmt: skip


class TestProof:
    def test_a_board_is_proved_before_it_is_done(self, world):
        row = publish(world)
        with pytest.raises(NotPublic, match="2026-04-16"):
            actions.finish_disclosure(disclosure=row, papers=PAPERS, at=AT, by=world.qin)
        over = noon(row.public_to)
        with pytest.raises(NoProof):
            actions.finish_disclosure(disclosure=row, papers=(), at=over, by=world.qin)
        actions.add_proof(disclosure=row, papers=PAPERS, at=AT, by=world.qin)
        done = actions.finish_disclosure(disclosure=row, papers=(), at=over, by=world.qin)
        assert done.state == "done"

    def test_what_is_online_proves_itself(self, world):
        row = publish(world, place="online")
        done = actions.finish_disclosure(
            disclosure=row, papers=(), at=noon(row.public_to), by=world.qin
        )
        assert done.state == "done"

    def test_what_is_taken_down_is_due_again(self, world):
        row = publish(world)
        actions.withdraw_disclosure(disclosure=row, reason="数字有误", at=AT, by=world.qin)
        assert [gap.row for gap in gaps([world.branch], DAY) if gap.row] == [row]
        assert publish(world).pk == row.pk
        with pytest.raises(NotPublic):
            row.refresh_from_db()
            actions.finish_disclosure(disclosure=row, papers=PAPERS, at=AT, by=world.qin)


@pytest.mark.mission("S4.18")
def test_a_unit_is_told_once_of_what_is_late(world):
    late = noon(date(2026, 4, 16))
    assert actions.remind_disclosures(at=late) == 0  # it keeps no registers yet
    actions.begin_term(
        unit=world.branch, number=1, from_date=date(2022, 1, 1), seats=1, at=AT, by=world.qin
    )
    assert actions.remind_disclosures(at=late) > 0
    assert actions.remind_disclosures(at=late) == 0
    assert Notice.objects.filter(user=world.qin, text__contains="党费收缴情况").exists()


def test_who_sees_what(world):
    row = publish(world, place="board")
    for who in (world.qin, world.he):
        assert Disclosure.objects.visible_to(fresh(who)).exists()
    assert not Disclosure.objects.visible_to(fresh(world.yue)).exists()
    assert row not in Disclosure.objects.public()
