"""Clocks: cards, time-outs, pauses, adjustments, and the arithmetic shown to people."""

from datetime import UTC, datetime, timedelta

import pytest

from tongxin.cases.actions import make_move, open_case, ring_clocks
from tongxin.cases.actions.adjustments import CeilingReached
from tongxin.cases.clocks import arithmetic, left_in_words
from tongxin.cases.models import Adjustment, Case
from tongxin.cases.queries import Guarded, dot_line
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FRIDAY_1420 = datetime(2026, 3, 6, 6, 20, tzinfo=UTC)


def a_chore(world, at=NOON, **fields) -> Case:
    return open_case(
        kind="chore",
        title="扫雪",
        region=world.p1,
        at=at,
        actor=world.sun,
        reporter=world.sun,
        **fields,
    )


def names(case) -> list[str]:
    return list(case.events.order_by("seq").values_list("name", flat=True))


def fresh(case) -> Case:
    return Case.objects.select_related("topic").get(pk=case.pk)


class TestCards:
    def test_yellow_at_80_percent_red_at_100_then_up_level_by_level(self, world):
        case = a_chore(world)
        assert ring_clocks(at=NOON + 95 * MINUTE) == 0
        assert ring_clocks(at=NOON + 96 * MINUTE) == 1
        assert (fresh(case).card, fresh(case).is_late) == ("yellow", False)
        ring_clocks(at=NOON + 120 * MINUTE)
        assert (fresh(case).card, fresh(case).is_late) == ("red", True)
        ring_clocks(at=NOON + 2 * DAY)
        assert names(case) == ["open", "yellow", "red", "escalate"]
        assert case.events.get(name="red").data["tells"] == "dispatcher officer@street"
        assert case.events.get(name="escalate").data["tells"] == "dispatcher officer@district"

    def test_a_clock_rings_at_its_own_time_however_late_the_worker_comes(self, world):
        case = a_chore(world)
        while ring_clocks(at=NOON + DAY):
            pass
        assert case.events.get(name="yellow").at == NOON + 96 * MINUTE

    def test_a_move_after_the_norm_marks_the_case_late_for_good(self, world):
        case = a_chore(world)
        make_move(case, "take", at=NOON + 5 * HOUR, actor=world.mei)
        assert fresh(case).is_late
        assert fresh(case).card == ""

    def test_a_time_out_makes_its_move(self, world):
        case = a_chore(world)
        make_move(case, "take", at=NOON, actor=world.mei)
        make_move(case, "ask", at=NOON, actor=world.mei, note="几点")
        assert ring_clocks(at=NOON + 29 * MINUTE) == 0
        assert ring_clocks(at=NOON + 30 * MINUTE) == 1
        assert fresh(case).step == "open"
        assert case.events.get(name="give_up").actor is None

    def test_a_case_that_cannot_ring_does_not_silence_the_others(self, world, monkeypatch):
        broken, sound = a_chore(world), a_chore(world)
        Case.objects.filter(pk=broken.pk).update(kind="nonsense")
        assert ring_clocks(at=NOON + 96 * MINUTE) == 1
        assert fresh(sound).card == "yellow"
        assert Case.objects.get(pk=broken.pk).rings_at == NOON + 106 * MINUTE


class TestPause:
    def test_the_clock_stands_still_and_goes_on_where_it_stopped(self, world):
        case = a_chore(world)
        make_move(case, "take", at=NOON, actor=world.mei)
        whole = fresh(case).due_at
        make_move(case, "wait", at=NOON + HOUR, actor=world.mei, until=NOON + 5 * DAY)
        assert fresh(case).due_at == NOON + 5 * DAY
        make_move(case, "resume", at=NOON + DAY, actor=world.mei)
        assert fresh(case).due_at == whole + DAY - HOUR
        assert fresh(case).clock_used == HOUR

    def test_it_goes_on_by_itself_on_the_day(self, world):
        case = a_chore(world)
        make_move(case, "take", at=NOON, actor=world.mei)
        make_move(case, "wait", at=NOON, actor=world.mei, until=NOON + DAY)
        assert ring_clocks(at=NOON + DAY - MINUTE) == 0
        assert ring_clocks(at=NOON + DAY + HOUR) == 1
        assert (fresh(case).step, fresh(case).clock_from) == ("taken", NOON + DAY)

    def test_a_paused_case_is_never_late(self, world):
        case = a_chore(world)
        make_move(case, "take", at=NOON, actor=world.mei)
        make_move(case, "wait", at=NOON, actor=world.mei, until=NOON + 20 * DAY)
        make_move(case, "resume", at=NOON + 15 * DAY, actor=world.mei)
        assert not fresh(case).is_late


class TestAdjustments:
    @pytest.fixture
    def taken(self, world) -> Case:
        case = a_chore(world)
        make_move(case, "take", at=NOON, actor=world.mei)
        return case

    def ask(self, world, case, kind="extend", at=NOON + HOUR, **given):
        make_move(case, f"ask_{kind}", at=at, actor=world.mei, note="人手不够", **given)

    def test_an_extension_adds_one_norm_when_an_officer_agrees(self, world, taken):
        due = fresh(taken).due_at
        self.ask(world, taken)
        assert fresh(taken).due_at == due
        make_move(taken, "approve_extend", at=NOON + 2 * HOUR, actor=world.liu)
        assert fresh(taken).due_at == due + DAY
        ledger = Adjustment.objects.get(case=taken)
        assert (ledger.verdict, ledger.decided_by) == ("approved", world.liu)

    def test_nobody_decides_on_their_own(self, world, taken):
        self.ask(world, taken)
        with pytest.raises(NotPermitted):
            make_move(taken, "approve_extend", at=NOON + HOUR, actor=world.mei)

    def test_one_waits_at_a_time(self, world, taken):
        self.ask(world, taken)
        with pytest.raises(Guarded, match="等待审批"):
            self.ask(world, taken)

    def test_a_refusal_does_not_count_and_changes_nothing(self, world, taken):
        due = fresh(taken).due_at
        self.ask(world, taken)
        make_move(taken, "refuse", at=NOON + 2 * HOUR, actor=world.liu, note="再想办法")
        assert fresh(taken).due_at == due
        self.ask(world, taken)

    def test_a_third_extension_is_refused(self, world, taken):
        for _n in range(2):
            self.ask(world, taken)
            make_move(taken, "approve_extend", at=NOON + HOUR, actor=world.liu)
        with pytest.raises(CeilingReached, match="2 次"):
            self.ask(world, taken)

    def test_none_once_it_is_overdue(self, world, taken):
        with pytest.raises(CeilingReached, match="超过时限"):
            self.ask(world, taken, at=NOON + 5 * DAY)

    def test_a_suspension_stops_the_clock_and_ends_by_itself(self, world, taken):
        self.ask(world, taken, "suspend", until=NOON + 30 * DAY)
        assert fresh(taken).until is None
        make_move(taken, "approve_suspend", at=NOON + 2 * HOUR, actor=world.liu)
        assert (fresh(taken).step, fresh(taken).rings_at) == ("suspended", NOON + 30 * DAY)
        ring_clocks(at=NOON + 30 * DAY)
        assert fresh(taken).step == "taken"

    def test_a_suspension_is_a_year_at_most(self, world, taken):
        with pytest.raises(Invalid, match="一年"):
            self.ask(world, taken, "suspend", until=NOON + 400 * DAY)

    def test_a_return_and_a_void_lead_where_they_say(self, world, taken):
        self.ask(world, taken, "return")
        make_move(taken, "approve_return", at=NOON + HOUR, actor=world.liu)
        assert (fresh(taken).step, fresh(taken).holder) == ("open", None)
        make_move(taken, "take", at=NOON + HOUR, actor=world.mei)
        self.ask(world, taken, "void")
        make_move(taken, "approve_void", at=NOON + HOUR, actor=world.liu)
        assert not fresh(taken).is_open


class TestArithmetic:
    def test_it_says_how_the_time_came_about(self, world):
        case = a_chore(world, at=FRIDAY_1420)
        make_move(case, "take", at=FRIDAY_1420, actor=world.mei)
        why = arithmetic(fresh(case))
        assert why["norm"] == "1 工作日"
        assert "14:20" in why["sentence"]
        assert "周一" in why["sentence"]

    def test_what_is_left_is_said_in_words(self, world):
        case = a_chore(world)
        assert left_in_words(case, at=NOON + HOUR) == "还剩 1 工作时"
        assert "超时" in left_in_words(case, at=NOON + DAY)

    def test_the_line_of_dots_shows_where_it_stands(self, world):
        case = a_chore(world)
        line = dot_line(case, at=NOON)
        assert [dot["state"] for dot in line["dots"]] == ["done", "now", "todo"]
        assert dot_line(case, at=NOON + DAY)["dots"][1]["state"] == "late"
