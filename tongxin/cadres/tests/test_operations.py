"""Emergency mode on, through its phases, and off."""

from datetime import date

import pytest

from tongxin.accounts.models import AuditEntry
from tongxin.cadres import actions
from tongxin.cadres.models import Operation, Secondment
from tongxin.orgs.models import LogEntry

from .cast import LAST, NOON, later, send, start


@pytest.mark.mission("S0.12")
class TestStart:
    def test_it_is_on_by_an_order_with_a_reason(self, cadres):
        operation = start(cadres)
        assert operation.phase == "initial"
        assert operation.ordered_by == cadres.tong_party
        assert operation.phases.count() == 1
        line = LogEntry.objects.get(unit=cadres.tong_party)
        assert "滨党发〔2026〕3号" in line.text
        assert AuditEntry.objects.filter(action="operation.start").exists()

    def test_who_keeps_the_registers_of_the_ordering_unit_may(self, cadres):
        assert start(cadres, by=cadres.he)

    @pytest.mark.parametrize("who", ["zhang", "qin", "wu", "sun", "ann", "tang"])
    def test_others_may_not(self, cadres, who):
        with pytest.raises(actions.NotYours):
            start(cadres, by=getattr(cadres, who))
        assert not Operation.objects.exists()

    def test_one_runs_in_a_region(self, cadres):
        start(cadres)
        with pytest.raises(actions.AlreadyRunning) as refusal:
            start(cadres, name="另一项")
        assert refusal.value.remedy
        assert start(cadres, region=cadres.north, ordered_by=cadres.north_party)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"region": "pine"}, "region"),
            ({"ordered_by": "north_party"}, "ordered_by"),
            ({"ends_on": date(2026, 3, 2)}, "ends_on"),
            ({"ends_on": date(2028, 3, 2)}, "ends_on"),
        ],
    )
    def test_a_bad_order_is_refused(self, cadres, changes, field):
        given = {
            name: getattr(cadres, value) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        with pytest.raises(actions.BadOrder) as refusal:
            start(cadres, **given)
        assert refusal.value.field == field


@pytest.mark.mission("S0.22")
class TestPhase:
    def test_the_regular_phase_keeps_those_who_serve(self, cadres, operation):
        row = send(cadres, operation, "bo", cadres.pine)
        kept = actions.enter_phase(
            operation=operation, phase="regular", ends_on=date(2026, 8, 31), note="转入常态",
            at=later(30), by=cadres.gao, keep=True,
        )  # fmt: skip
        row.refresh_from_db()
        operation.refresh_from_db()
        assert (kept, operation.phase, row.to_date) == (1, "regular", date(2026, 8, 31))
        assert row.post.to_date == date(2026, 9, 1)
        assert [p.phase for p in operation.phases.all()] == ["initial", "regular"]

    def test_without_keeping_they_end_as_they_were_to(self, cadres, operation):
        row = send(cadres, operation, "bo", cadres.pine)
        actions.enter_phase(
            operation=operation, phase="regular", ends_on=date(2026, 8, 31), note="",
            at=later(1), by=cadres.gao,
        )  # fmt: skip
        row.refresh_from_db()
        assert row.to_date == LAST

    def test_it_does_not_go_back(self, cadres, operation):
        given = {"operation": operation, "note": "", "at": later(1), "by": cadres.gao}
        actions.enter_phase(phase="regular", ends_on=date(2026, 8, 31), **given)
        with pytest.raises(actions.BadPhase):
            actions.enter_phase(phase="initial", ends_on=date(2026, 8, 31), **given)

    def test_a_day_that_is_over_is_refused(self, cadres, operation):
        with pytest.raises(actions.BadOrder):
            actions.enter_phase(
                operation=operation, phase="regular", ends_on=date(2026, 3, 2), note="",
                at=NOON, by=cadres.gao,
            )  # fmt: skip


class TestEnd:
    def test_it_must_be_said_what_becomes_of_those_who_serve(self, cadres, operation):
        send(cadres, operation, "bo", cadres.pine)
        with pytest.raises(actions.Undecided):
            actions.end_operation(operation=operation, reason="解除", at=later(9), by=cadres.gao)
        operation.refresh_from_db()
        assert operation.ended_at is None

    def test_closing_ends_their_posts(self, cadres, operation):
        row = send(cadres, operation, "bo", cadres.pine)
        actions.end_operation(
            operation=operation, reason="解除", at=later(9), by=cadres.gao, then="close"
        )
        row.refresh_from_db()
        assert (row.end, row.ended_on) == ("closed", date(2026, 3, 11))
        assert row.post.to_date == date(2026, 3, 12)
        assert LogEntry.objects.filter(unit=cadres.roads, text__contains="结束驻守").exists()

    @pytest.mark.mission("S0.22")
    def test_keeping_prolongs_them_beyond_the_operation(self, cadres, operation):
        row = send(cadres, operation, "bo", cadres.pine)
        given = {"operation": operation, "reason": "解除", "at": later(9), "by": cadres.gao}
        with pytest.raises(actions.BadOrder):
            actions.end_operation(then="keep", **given)
        actions.end_operation(then="keep", keep_until=date(2026, 9, 30), **given)
        row.refresh_from_db()
        assert row.to_date == date(2026, 9, 30)
        assert Secondment.objects.standing().count() == 1

    def test_it_ends_once_and_by_who_directs(self, cadres, operation):
        with pytest.raises(actions.NotYours):
            actions.end_operation(operation=operation, reason="x", at=later(1), by=cadres.liu)
        actions.end_operation(operation=operation, reason="x", at=later(1), by=cadres.gao)
        with pytest.raises(actions.NotRunning):
            actions.end_operation(operation=operation, reason="x", at=later(1), by=cadres.gao)
        assert start(cadres, at=later(2))


class TestSight:
    @pytest.mark.parametrize("who", ["gao", "liu", "zhang", "qin", "he", "wu", "li"])
    def test_who_works_there_sees_it(self, cadres, operation, who):
        assert Operation.objects.visible_to(getattr(cadres, who)).exists()

    @pytest.mark.parametrize("who", ["sun", "wang", "ann", "bo"])
    def test_residents_and_volunteers_do_not(self, cadres, operation, who):
        assert not Operation.objects.visible_to(getattr(cadres, who)).exists()

    def test_one_of_another_street_is_not_seen(self, cadres):
        start(cadres, region=cadres.north, ordered_by=cadres.north_party)
        assert not Operation.objects.visible_to(cadres.wu).exists()
        assert Operation.objects.visible_to(cadres.gao).exists()
