"""Into the register at once, with a number, with who answers, closed on the spot with proof."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.accounts.actions.auditing import NoReason
from tongxin.accounts.models import AuditEntry
from tongxin.findings import actions
from tongxin.findings.models import Finding, FindingPhoto
from tongxin.kit.errors import Invalid
from tongxin.testing import NOON

from .conftest import again


@pytest.mark.mission("S0.72")
def test_findings_of_a_district_are_numbered_by_the_year(cast, record):
    first, second = record(), record(region=cast.salt)
    later = record(at=NOON + timedelta(days=400), found_at=NOON + timedelta(days=400))
    assert [one.number for one in (first, second, later)] == ["2026-0001", "2026-0002", "2027-0001"]
    assert {one.register for one in (first, second, later)} == {"120116"}


def test_a_refused_finding_takes_no_number(record):
    with pytest.raises(Invalid):
        record(text=" ")
    assert record().number == "2026-0001"


def test_a_retry_records_once(record):
    assert record(key="a").pk == record(key="a").pk
    assert Finding.objects.count() == 1


@pytest.mark.mission("S0.63")
def test_a_finding_names_three_kinds_of_responsibility(cast, record):
    finding = record()
    named = {unit.responsibility: unit.name for unit in finding.units.all()}
    assert named == {"main": "城市管理委", "regulator": "水务局", "territory": "松社区居委会"}


def test_who_answers_may_be_named_anew(cast, record):
    finding = record(units=[])
    assert [unit.name for unit in finding.units.all()] == ["松社区居委会"]
    units = [(cast.north_office, "", "territory"), (None, "好邻居超市", "main")]
    actions.name_responsible(finding, units=units, at=NOON, by=cast.shen)
    assert {str(unit) for unit in finding.units.all()} == {
        "北塘街道办事处（属地责任）", "好邻居超市（主体责任）",
    }  # fmt: skip
    with pytest.raises(actions.NotOverseer):
        actions.name_responsible(finding, units=units, at=NOON, by=cast.mei)
    with pytest.raises(Invalid):
        actions.name_responsible(finding, units=[(None, "甲", "none")], at=NOON, by=cast.shen)


def test_who_has_no_post_there_puts_nothing_into_the_register(cast, record):
    with pytest.raises(actions.NotReporter):
        record(by=cast.wu)
    with pytest.raises(actions.NotReporter):
        record(by=cast.sun)
    vouched = record(by=cast.wang, source=("visit", "v1", "三月巡查", "/visits/v1/"))
    assert vouched.source_label == "三月巡查"


@pytest.mark.parametrize(
    "given", [{"kind": "X"}, {"severity": "x"}, {"due_fen": 0}, {"text": "字" * 2001}]
)
def test_what_is_wrong_in_itself_is_refused(record, given):
    with pytest.raises(Invalid):
        record(**given)
    assert not Finding.objects.exists()


@pytest.mark.mission("S0.73")
def test_closed_on_the_spot_with_proof(cast, record, shot):
    finding = record(photos=[shot(cast.shen)])
    with pytest.raises(actions.NoProof):
        actions.correct_on_the_spot(finding, note="已清走", photos=[], at=NOON, by=cast.shen)
    with pytest.raises(Invalid):
        actions.correct_on_the_spot(
            finding, note="", photos=[shot(cast.shen)], at=NOON, by=cast.shen
        )
    with pytest.raises(actions.NotYours):
        actions.correct_on_the_spot(
            finding, note="已清走", photos=[shot(cast.mei)], at=NOON, by=cast.mei
        )
    done = actions.correct_on_the_spot(
        finding, note="已清走", photos=[shot(cast.shen)], at=NOON, by=cast.shen
    )
    assert (done.step, done.is_on_the_spot, done.result) == ("corrected", True, "已清走")
    slots = finding.pictures.values_list("slot", flat=True)
    assert list(slots) == [FindingPhoto.Slot.BEFORE, FindingPhoto.Slot.AFTER]
    with pytest.raises(actions.AlreadySettled):
        actions.correct_on_the_spot(
            finding, note="再改", photos=[shot(cast.shen)], at=NOON, by=cast.shen
        )


def test_void_keeps_the_number_and_the_reason(cast, record):
    finding = record()
    with pytest.raises(actions.NotOverseer):
        actions.void_finding(finding, reason="重复登记", at=NOON, by=cast.mei)
    actions.void_finding(finding, reason="重复登记", at=NOON, by=cast.liu)
    finding.refresh_from_db()
    assert (finding.number, finding.step, finding.result) == ("2026-0001", "void", "重复登记")
    assert AuditEntry.objects.filter(action="finding.void", object="2026-0001").exists()


@pytest.mark.mission("S0.68")
def test_persons_named_are_sealed_and_opened_for_a_reason(cast, record):
    finding = record(named="赵某某")
    assert "赵某某" not in finding.named_sealed
    with pytest.raises(NoReason):
        actions.reveal_names(finding, reason="看", at=NOON, by=cast.shen)
    told = actions.reveal_names(finding, reason="约谈核实", at=NOON, by=cast.shen)
    assert told == "赵某某"
    entry = AuditEntry.objects.get(action="finding.names")
    assert (entry.actor, entry.reason) == (cast.shen, "约谈核实")
    for other in (cast.li, cast.mei, cast.ann):
        with pytest.raises(actions.NotOverseer):
            actions.reveal_names(finding, reason="想看看是谁", at=NOON, by=other)


def test_the_same_again_within_ninety_days_is_marked(cast, record):
    first = record(units=[(None, "好邻居超市", "main")])
    other = record(units=[(None, "别家超市", "main")])
    again_ = record(
        units=[(None, "好邻居超市", "main")], found_at=NOON + timedelta(days=80),
        at=NOON + timedelta(days=80),
    )  # fmt: skip
    late = record(
        units=[(None, "别家超市", "main")], found_at=NOON + timedelta(days=100),
        at=NOON + timedelta(days=100),
    )  # fmt: skip
    assert again_.repeat_of == first
    assert other.repeat_of is None and late.repeat_of is None


def test_the_same_site_again_is_marked_whoever_answers(cast, record):
    first = record(units=[(None, "甲", "main")], site="3号楼")
    second = record(units=[(None, "乙", "main")], site="3号楼")
    other_kind = record(units=[(None, "乙", "main")], site="3号楼", kind="F41")
    assert second.repeat_of == first and other_kind.repeat_of is None


def test_each_sees_what_is_theirs(cast, record):
    mine = record()
    theirs = record(region=cast.salt, units=[(cast.water, "", "main")])
    found = record(by=cast.mei, region=cast.p1)

    def seen(user):
        return {one.pk for one in Finding.objects.visible_to(again(user))}

    assert seen(cast.shen) == seen(cast.gao) == {mine.pk, theirs.pk, found.pk}
    assert seen(cast.liu) == {mine.pk, found.pk}
    assert seen(cast.li) == {mine.pk, found.pk}  # its unit is named
    assert seen(cast.zhou) == {mine.pk, theirs.pk, found.pk}
    assert seen(cast.mei) == {found.pk}
    assert seen(cast.zhang) == {mine.pk, found.pk}  # territory
    assert seen(cast.wu) == {theirs.pk}
    assert seen(cast.wang) == seen(cast.sun) == seen(cast.ann) == set()


def test_photos_are_shown_with_their_finding(cast, record, shot, client):
    photo = shot(cast.shen)
    record(photos=[photo])
    for who, status in ((cast.li, 200), (cast.liu, 200), (cast.wu, 404), (cast.ann, 404)):
        client.force_login(again(who))
        answer = client.get(f"/photos/{photo.pk}/thumb/")
        assert answer.status_code == status, who
        if status == 200:
            assert b"".join(answer.streaming_content)
