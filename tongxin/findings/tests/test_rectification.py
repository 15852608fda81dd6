"""Ordered, taken over, planned, carried out, rechecked by another, written off."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from tongxin.cases.actions import make_move, ring_clocks
from tongxin.cases.actions.moves import SomethingMissing
from tongxin.cases.models import Case
from tongxin.cases.queries import Guarded, moves_open_to
from tongxin.findings import actions
from tongxin.findings.actions import Order
from tongxin.findings.models import Finding, FindingUnit, Rectification
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.orgs.models import LogEntry
from tongxin.testing import NOON

from .conftest import again

SOON = date(2026, 3, 12)


@pytest.fixture
def ordered(cast, record):
    finding = record()
    case = actions.order_rectification(
        finding, org=cast.roads, deadline=SOON, note="三日内清理", at=NOON, by=cast.shen
    )
    return finding, case


def now_of(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def test_from_the_order_to_the_write_off(cast, ordered, walk):
    finding, case = ordered
    walk(case, "accept plan carry_out recheck write_off")
    finding.refresh_from_db()
    row = finding.rectifications.get()
    assert (finding.step, finding.measures, finding.result) == (
        "closed", "增加一人每日清理", "已清理完毕",
    )  # fmt: skip
    assert finding.rechecked_by_name == "沈明" and finding.closed_at is not None
    assert (row.cause, row.planned_by, row.rechecked_by) == ("人手不足", cast.li, cast.shen)
    assert now_of(case).step == "closed"


def test_an_order_is_given_by_who_oversees_the_place(cast, record):
    finding = record()
    given = {"org": cast.roads, "deadline": SOON, "note": "", "at": NOON}
    for who in (cast.mei, cast.li, cast.wu, cast.ann):
        with pytest.raises(actions.NotOverseer):
            actions.order_rectification(finding, by=who, **given)
    with pytest.raises(actions.BadDeadline):
        actions.order_rectification(
            finding, by=cast.liu, **(given | {"deadline": date(2026, 3, 1)})
        )
    actions.order_rectification(finding, by=cast.liu, **given)
    with pytest.raises(actions.AlreadyOrdered):
        actions.order_rectification(finding, by=cast.liu, **given)
    with pytest.raises(actions.AlreadySettled):
        actions.correct_on_the_spot(finding, note="清走", photos=[object()], at=NOON, by=cast.shen)


def test_the_clock_of_the_work_ends_with_the_day_that_was_set(ordered, walk):
    _finding, case = ordered
    walk(case, "accept plan")
    case = now_of(case)
    assert localdate(case.due_at - timedelta(hours=1)) == SOON
    ring_clocks(at=NOON + timedelta(days=9))
    assert now_of(case).card == "yellow"
    ring_clocks(at=NOON + timedelta(days=12))
    assert now_of(case).card == "red" and now_of(case).is_late


def test_a_short_deadline_shortens_the_steps_before_it(cast, record, walk):
    case = actions.order_rectification(
        record(), org=cast.roads, deadline=date(2026, 3, 3), note="", at=NOON, by=cast.shen
    )
    walk(case, "accept")
    assert localdate(now_of(case).due_at - timedelta(hours=1)) == date(2026, 3, 3)


def test_the_plan_says_the_cause_and_what_will_be_done(ordered, walk, cast):
    _finding, case = ordered
    walk(case, "accept")
    with pytest.raises(SomethingMissing):
        make_move(case, "plan", at=NOON + timedelta(hours=1), actor=again(cast.li), plan="清理")
    walk(case, "plan", at=NOON + timedelta(hours=1))
    with pytest.raises(SomethingMissing):
        make_move(
            case, "carry_out", at=NOON + timedelta(hours=2), actor=again(cast.li), note="已清理"
        )


def test_the_recheck_is_by_another(cast, ordered, walk):
    """Neither who did it nor who planned it, nor anybody of their unit, whatever post they hold."""
    _finding, case = ordered
    cast.person("ren", "任工", cast.roads, "officer", cast.tong)
    walk(case, "accept plan carry_out")
    late = NOON + timedelta(hours=2)
    ren = again(cast.li).__class__.objects.get(username="ren")
    with pytest.raises(Guarded):
        make_move(case, "recheck", at=late, actor=ren, note="看过了")
    with pytest.raises(NotPermitted):
        make_move(case, "recheck", at=late, actor=again(cast.lin), note="看过了")
    assert "recheck" not in {move.name for move in moves_open_to(ren, now_of(case))}
    walk(case, "recheck", at=late)


def test_a_failed_recheck_is_counted_and_may_set_a_new_day(cast, ordered, walk):
    finding, case = ordered
    walk(case, "accept plan carry_out redo")
    row = Rectification.objects.get(case=case)
    assert (row.returns, row.done_at, now_of(case).step) == (1, None, "planned")
    walk(case, "carry_out", at=NOON + timedelta(hours=2))
    until = NOON + timedelta(days=20)
    walk(case, "redo", at=NOON + timedelta(hours=3), until=until)
    row.refresh_from_db()
    finding.refresh_from_db()
    assert (row.returns, row.deadline) == (2, localdate(until)) == (2, finding.deadline)
    assert now_of(case).due_at > until


def test_a_unit_may_give_it_back_and_another_takes_it(cast, ordered, walk):
    finding, case = ordered
    make_move(
        case, "decline", at=NOON + timedelta(hours=1), actor=again(cast.li), note="不属我委职责"
    )
    make_move(
        case, "assign", at=NOON + timedelta(hours=2), actor=again(cast.liu), note="请水务局办理",
        handler=cast.water,
    )  # fmt: skip
    row = Rectification.objects.get(case=case)
    assert row.unit.org == cast.water and row.unit.supervised
    assert not finding.units.get(org=cast.roads).supervised
    walk(case, "accept", at=NOON + timedelta(hours=3), who=cast.zhou)


def test_an_order_taken_back_frees_the_finding(cast, ordered):
    finding, case = ordered
    make_move(case, "withdraw", at=NOON + timedelta(hours=1), actor=again(cast.shen), note="误派")
    finding.refresh_from_db()
    assert (finding.step, finding.case, finding.deadline) == ("open", None, None)
    actions.order_rectification(
        finding, org=cast.roads, deadline=SOON, note="", at=NOON, by=cast.shen
    )


LATER = NOON + timedelta(days=30)


def test_what_was_written_off_wrongly_is_put_right_again(cast, record, walk):
    finding = record(units=[(cast.pine_party, "", "territory"), (cast.roads, "", "main"), (cast.water, "", "regulator")])  # fmt: skip
    case = actions.order_rectification(finding, org=cast.roads, deadline=SOON, note="", at=NOON, by=cast.shen, report_every=7)  # fmt: skip
    FindingUnit.objects.filter(finding=finding, org=cast.pine_party).update(supervised=True)
    walk(case, "accept plan carry_out recheck write_off")
    day, why = NOON + timedelta(days=5), {"note": "回访发现杂物又堆回原处"}
    for wrong in ({"until": LATER}, why, why | {"until": day - timedelta(days=1)}):
        with pytest.raises(Refused):  # without a reason, without a day, with one that is over
            make_move(case, "reopen", at=day, actor=again(cast.shen), **wrong)
    for who in (cast.li, cast.mei, cast.ann):  # the unit itself, and who does not watch over it
        with pytest.raises(Refused):
            make_move(case, "reopen", at=day, actor=again(who), until=LATER, **why)
    finding.refresh_from_db()
    assert finding.step == "closed" and now_of(case).step == "closed"
    make_move(case, "reopen", at=day, actor=again(cast.liu), until=LATER, **why)
    finding.refresh_from_db()
    row = Rectification.objects.get(case=case)
    assert (finding.step, finding.closed_at, finding.deadline) == (
        "ordered",
        None,
        localdate(LATER),
    )
    assert (row.returns, row.done_at, row.next_report_on) == (1, None, localdate(day) + timedelta(days=7))  # fmt: skip
    assert now_of(case).is_open and now_of(case).due_at > LATER
    walk(case, "carry_out recheck write_off", at=day)
    finding.refresh_from_db()
    assert finding.step == "closed"
    told = LogEntry.objects.filter(unit=cast.pine_party, source=f"findings.finding:{finding.pk}")
    assert [("有误" in one.text) for one in told.order_by("seq")] == [False, True, False]


def test_one_unit_reopened_opens_the_case_over_all(cast, record, walk):
    finding = record()
    orders = [Order(cast.roads, SOON, "清理"), Order(cast.water, SOON, "检修")]
    first, second = actions.press_on_units(finding, orders=orders, at=NOON, by=cast.shen)
    walk(first, "accept plan carry_out recheck write_off")
    walk(second, "accept plan carry_out", who=cast.zhou, at=NOON + timedelta(hours=1))
    walk(second, "recheck write_off", at=NOON + timedelta(hours=2))
    over, late = now_of(first).parent, NOON + timedelta(hours=3)
    make_move(over, "write_off", at=late, actor=again(cast.shen))
    with pytest.raises(Refused):  # the whole is opened by what is wrong in it, never alone
        make_move(over, "reopen", at=late, actor=again(cast.shen), note="错")
    make_move(second, "reopen", at=late, actor=again(cast.shen), note="水压仍不足", until=LATER)
    finding.refresh_from_db()
    assert (finding.step, now_of(over).step, now_of(over).open_children) == (
        "ordered",
        "pressed",
        1,
    )
    with pytest.raises(Guarded):
        make_move(over, "write_off", at=late + timedelta(hours=1), actor=again(cast.shen))
    assert now_of(first).step == "closed"


def test_an_order_taken_back_after_one_unit_was_done_is_not_reopened(cast, record, walk):
    finding = record()
    orders = [Order(cast.roads, SOON, "清理"), Order(cast.water, SOON, "检修")]
    first, second = actions.press_on_units(finding, orders=orders, at=NOON, by=cast.shen)
    walk(first, "accept plan carry_out recheck write_off")
    late = NOON + timedelta(hours=2)
    make_move(second, "withdraw", at=late, actor=again(cast.shen), note="撤")
    make_move(now_of(first).parent, "withdraw", at=late, actor=again(cast.shen), note="撤")
    with pytest.raises(Guarded, match="请重新交办"):
        make_move(first, "reopen", at=late, actor=again(cast.shen), note="错", until=LATER)
    assert now_of(first).step == "closed"


def test_an_extension_moves_the_deadline(cast, ordered, walk):
    finding, case = ordered
    walk(case, "accept plan")
    make_move(
        case, "ask_extend", at=NOON + timedelta(hours=1), actor=again(cast.li), note="雨天停工"
    )
    make_move(case, "approve_extend", at=NOON + timedelta(hours=2), actor=again(cast.liu))
    finding.refresh_from_db()
    assert finding.deadline > SOON
    assert Rectification.objects.get(case=case).deadline == finding.deadline


@pytest.mark.mission("S0.63")
def test_nothing_is_written_off_before_all_responsibilities_are_named(cast, record, walk):
    finding = record(units=[(cast.roads, "", "main")])
    case = actions.order_rectification(
        finding, org=cast.roads, deadline=SOON, note="", at=NOON, by=cast.shen
    )
    walk(case, "accept plan carry_out recheck")
    with pytest.raises(Guarded, match="监管责任"):
        walk(case, "write_off", at=NOON + timedelta(hours=2))
    units = [
        (cast.pine_office, "", "territory"), (cast.roads, "", "main"),
        (cast.water, "", "regulator"),
    ]  # fmt: skip
    actions.name_responsible(finding, units=units, at=NOON, by=cast.shen)
    walk(case, "write_off", at=NOON + timedelta(hours=2))


@pytest.mark.mission("S0.79")
def test_one_finding_is_pressed_on_several_units(cast, record, walk):
    """Each unit answers for itself; the whole is not written off before each of them is."""
    finding = record()
    orders = [Order(cast.roads, SOON, "清理"), Order(cast.water, SOON + timedelta(days=5), "检修")]
    first, second = actions.press_on_units(finding, orders=orders, at=NOON, by=cast.shen)
    finding.refresh_from_db()
    over = finding.case
    assert over.kind == "pressing" and over.open_children == 2
    assert finding.deadline == SOON + timedelta(days=5)
    walk(first, "accept plan carry_out recheck write_off")
    with pytest.raises(Guarded):
        make_move(over, "write_off", at=NOON + timedelta(hours=2), actor=again(cast.shen))
    walk(second, "accept plan carry_out", who=cast.zhou, at=NOON + timedelta(hours=1))
    walk(second, "recheck write_off", at=NOON + timedelta(hours=2))
    finding.refresh_from_db()
    assert finding.step == "ordered"  # a person writes the whole off
    assert finding.measures == "城市管理委：增加一人每日清理\n水务局：增加一人每日清理"
    make_move(over, "write_off", at=NOON + timedelta(hours=3), actor=again(cast.shen))
    finding.refresh_from_db()
    assert finding.step == "closed"


@pytest.mark.mission("S0.79")
def test_a_unit_pressed_later_comes_under_one_case_with_the_first(cast, ordered, walk):
    finding, first = ordered
    second = actions.order_rectification(
        finding, org=cast.water, deadline=SOON, note="", at=NOON, by=cast.shen
    )
    third = actions.order_rectification(
        finding, org=cast.north_office, deadline=SOON, note="", at=NOON, by=cast.shen
    )
    finding.refresh_from_db()
    assert {now_of(case).parent_id for case in (first, second, third)} == {finding.case_id}
    assert finding.case.open_children == 3
    for case in (first, second, third):
        make_move(case, "withdraw", at=NOON + timedelta(hours=1), actor=again(cast.shen), note="撤")
    assert now_of(finding.case).open_children == 0
    make_move(
        finding.case, "withdraw", at=NOON + timedelta(hours=2), actor=again(cast.shen), note="撤"
    )
    assert Finding.objects.get(pk=finding.pk).step == "open"


def test_the_unit_reads_the_matter_and_not_who_found_it(cast, record, client):
    finding = record(by=cast.mei, region=cast.p1)
    case = actions.order_rectification(
        finding, org=cast.roads, deadline=SOON, note="", at=NOON, by=cast.shen
    )
    client.force_login(cast.li)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "消防通道" in page and "梅雪" not in page
