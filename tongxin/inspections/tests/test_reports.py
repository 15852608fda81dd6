"""Findings of an operation, its report, letters on what is common; reopening; the sheet of sites."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.documents.models import Document
from tongxin.findings import actions as findings
from tongxin.findings.models import Finding
from tongxin.inspections import actions
from tongxin.inspections.models import Condition, Resumption, Site
from tongxin.inspections.queries import conditions_for, figures_of, findings_of, per_hundred
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401

from .conftest import DAY, NOON, at, begin, finish, plan, run, send, visit_all


def record(land, operation, *names, text="扫码登记不完整", kind="F02", on=DAY) -> list[Finding]:
    """Visit sites, find the same at each, finish the visits."""
    dispatch = send(land, operation, *names, on=on)
    made = []
    for stop in dispatch.visits.select_related("dispatch").order_by("order"):
        open_ = begin(land, stop)
        made.append(
            actions.record_at_site(stop=open_, text=text, kind=kind, by=land.ji, at=at(on, 10))
        )
        finish(land, open_)
    return made


@pytest.fixture
def kinds(db):
    findings.load_kinds()


class TestFindings:
    def test_a_finding_belongs_to_its_operation_until_it_is_void(self, land, running, kinds):
        other = run(land, plan(land, name="另一项"))
        made = record(land, running, "fresh", "green")
        record(land, other, "reed")
        assert set(findings_of(running)) == set(made)
        findings.void_finding(made[0], reason="重复登记", by=land.gao, at=NOON)
        assert set(findings_of(running)) == {made[1]}

    def test_tags_of_the_policy_go_with_it(self, land, running, kinds):
        assert record(land, running, "fresh")[0].tags == ["六稳", "六保"]

    @pytest.mark.mission("S0.71")
    def test_the_rate_has_its_base(self):
        assert per_hundred(86, 249) == 34.5
        assert per_hundred(0, 10) == 0
        assert per_hundred(3, 0) is None

    def test_none_after_the_end_and_none_before_the_beginning(self, land, running, kinds):
        stop = send(land, running, "fresh").visits.get()
        with pytest.raises(actions.NotBegun):
            actions.record_at_site(stop=stop, text="有问题", by=land.ji, at=NOON)
        stop = begin(land, stop)
        with pytest.raises(actions.NotThere):
            actions.record_at_site(stop=stop, text="有问题", by=land.liu, at=NOON)
        finish(land, stop)
        actions.close_operation(operation=running, by=land.ji, at=NOON + timedelta(hours=8))
        stop.dispatch.team.operation.refresh_from_db()
        with pytest.raises(actions.OperationOver):
            actions.record_at_site(stop=stop, text="有问题", by=land.ji, at=NOON)


class TestClosing:
    def test_the_report_is_kept_and_drafted_as_a_document(self, land, running, kinds):
        record(land, running, "fresh", "green", "reed")
        waits = send(land, running, "sea", on=DAY + timedelta(days=2))
        row = actions.close_operation(operation=running, by=land.ji, at=NOON + timedelta(days=1))
        assert row.state == "closed"
        assert waits.visits.get().visit.state == "cancelled"
        document = Document.objects.get(pk=row.report_ref)
        assert (document.kind.code, document.source_kind) == ("inspection_report", "inspection")
        assert "出动1组2人次，监督检查3个点位" in document.body
        assert "健康登记不规范，在3处发现" in document.body
        assert "覆盖街镇 1/2" in document.body
        assert row.result["figures"]["findings"]["value"] == 3

    def test_later_corrections_do_not_change_what_it_said(self, land, running, kinds):
        made = record(land, running, "fresh", "green")
        row = actions.close_operation(operation=running, by=land.ji, at=NOON + timedelta(days=1))
        findings.void_finding(made[0], reason="重复登记", by=land.gao, at=NOON)
        row.refresh_from_db()
        assert row.result["figures"]["findings"]["value"] == 2
        assert next(f for f in figures_of(row) if f.code == "findings").value == 1

    def test_who_closes_and_when(self, land, running):
        stop = begin(land, send(land, running, "fresh").visits.get())
        with pytest.raises(actions.NotYours):
            actions.close_operation(operation=running, by=land.gao, at=NOON)
        with pytest.raises(actions.StillOut, match="1 个点位"):
            actions.close_operation(operation=running, by=land.ji, at=NOON)
        finish(land, stop)
        actions.close_operation(operation=running, by=land.ji, at=at(DAY, 18))
        with pytest.raises(actions.WrongState):
            actions.close_operation(operation=running, by=land.ji, at=at(DAY, 18))
        with pytest.raises(actions.WrongState):
            send(land, running, "green")


@pytest.mark.mission("S0.74")
class TestLetters:
    def given(self, land, running, **more):
        made = record(land, running, "fresh", "green", "reed")
        group = findings.make_group(
            findings=made, title="扫码登记不规范", why="同一类问题", by=land.gao, at=NOON
        )
        return {
            "operation": running, "group": group, "kind": "advice_letter", "by": land.ji, "at": NOON,
            "recipients": [land.market], "requirements": ["逐项整改", " ", "全面自查"],
            "reply_by": DAY + timedelta(days=15),
        } | more  # fmt: skip

    def test_a_letter_names_places_and_problems_and_the_day_of_the_reply(
        self, land, running, kinds
    ):
        letter = actions.draft_letter(**self.given(land, running))
        assert (letter.kind.name, letter.org) == ("建议书", land.commission)
        assert letter.reply_by == DAY + timedelta(days=15)
        assert [one.name for one in letter.recipients.all()] == ["市场监管局"]
        assert "松鲜超市：扫码登记不完整" in letter.body
        assert "3 处发现同类问题" in letter.body
        assert "全面自查" in letter.body

    def test_a_reminder_is_a_letter_of_its_own_kind(self, land, running, kinds):
        letter = actions.draft_letter(**self.given(land, running, kind="reminder_letter"))
        assert letter.kind.name == "提示函"

    def test_who_answers_is_proposed_the_department_first(self, land, running, kinds):
        group = self.given(land, running)["group"]
        assert actions.units_of(running, group)[0] == land.market

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"kind": "plan"}, "kind"),
            ({"recipients": []}, "recipients"),
            ({"requirements": [" "]}, "requirements"),
            ({"reply_by": DAY}, "reply_by"),
        ],
    )
    def test_what_a_letter_needs(self, land, running, kinds, wrong, field):
        with pytest.raises(actions.BadLetter) as caught:
            actions.draft_letter(**self.given(land, running, **wrong))
        assert caught.value.field == field
        assert not Document.objects.filter(source_kind="finding_group").exists()

    def test_of_its_own_findings_and_by_its_own_people(self, land, running, kinds):
        given = self.given(land, running)
        other = run(land, plan(land, name="另一项"))
        with pytest.raises(actions.NoFindings):
            actions.draft_letter(**given | {"operation": other})
        with pytest.raises(actions.NotYours):
            actions.draft_letter(**given | {"by": land.gao})


@pytest.mark.mission("S0.62")
class TestReopening:
    @pytest.fixture
    def batch(self, land):
        actions.load_conditions()
        return actions.make_batch(
            region=land.tong, firm_class="trade", planned_on=DAY, by=land.gao, at=NOON
        )

    def apply(self, land, batch, name="fresh", met=True, **more) -> Resumption:
        asked = conditions_for(batch.firm_class, DAY)
        declared = {one.code: met for one in asked}
        return actions.apply_to_resume(
            batch=batch, site=land.sites[name], declared=declared, people=30, by=land.ji, at=NOON,
            **more,
        )  # fmt: skip

    def check(self, land, firm, *missing, by=None) -> Resumption:
        codes = [one.condition.code for one in firm.answers.select_related("condition")]
        found = {code: (code not in missing, "缺" if code in missing else "") for code in codes}
        return actions.check_resumption(resumption=firm, found=found, by=by or land.ji, at=NOON)

    def test_conditions_are_by_class_and_version(self, land, batch):
        trade = {one.code for one in conditions_for("trade", DAY)}
        building = {one.code for one in conditions_for("building", DAY)}
        assert "F6" in trade and "F6" not in building and "S5" in building
        old = Condition.objects.get(code="F3")
        Condition.objects.create(
            code="F3", version=2, group="epidemic", text="储备满足十四天用量",
            effective_from=date(2026, 2, 1), source="样例",
        )  # fmt: skip
        by_code = {one.code: one for one in conditions_for("trade", DAY)}
        assert by_code["F3"].version == 2
        before = {one.code: one for one in conditions_for("trade", date(2026, 1, 1))}
        assert before["F3"] == old

    def test_batches_of_a_class_are_numbered(self, land, batch):
        second = actions.make_batch(
            region=land.tong, firm_class="trade", planned_on=DAY, by=land.gao, at=NOON
        )
        assert (batch.number, second.number) == (1, 2)
        with pytest.raises(actions.NotYourFirms):
            actions.make_batch(
                region=land.tong, firm_class="trade", planned_on=DAY, by=land.liu, at=NOON
            )
        with pytest.raises(actions.BadBatch):
            actions.make_batch(
                region=land.tong, firm_class="x", planned_on=DAY, by=land.gao, at=NOON
            )

    def test_only_those_with_all_conditions_reopen(self, land, batch):
        ready = self.check(land, self.apply(land, batch))
        unmet = self.check(land, self.apply(land, batch, "green"), "S4")
        waits = self.apply(land, batch, "reed")
        assert actions.approve_batch(batch=batch, by=land.gao, at=NOON) == (1, 2)
        for firm, state in ((ready, "approved"), (unmet, "unmet"), (waits, "applied")):
            firm.refresh_from_db()
            assert firm.state == state
        with pytest.raises(actions.BatchDecided):
            self.check(land, waits)
        with pytest.raises(actions.BatchDecided):
            self.apply(land, batch, "sea")

    def test_who_checked_does_not_approve(self, land, batch):
        self.check(land, self.apply(land, batch), by=land.gao)
        with pytest.raises(actions.OwnCheck):
            actions.approve_batch(batch=batch, by=land.gao, at=NOON)

    def test_nothing_ready_nothing_approved(self, land, batch):
        self.apply(land, batch)
        with pytest.raises(actions.NothingReady):
            actions.approve_batch(batch=batch, by=land.gao, at=NOON)

    def test_every_condition_is_answered_and_what_is_missing_is_named(self, land, batch):
        with pytest.raises(actions.Unanswered):
            actions.apply_to_resume(
                batch=batch, site=land.sites["fresh"], declared={"F1": True}, people=1, by=land.ji,
                at=NOON,
            )  # fmt: skip
        firm = self.apply(land, batch)
        with pytest.raises(actions.Unanswered):
            actions.check_resumption(resumption=firm, found={"F1": (True, "")}, by=land.ji, at=NOON)
        codes = [one.condition.code for one in firm.answers.select_related("condition")]
        silent = {code: (code != "F1", "") for code in codes}
        with pytest.raises(actions.Unanswered, match="缺什么"):
            actions.check_resumption(resumption=firm, found=silent, by=land.ji, at=NOON)
        with pytest.raises(actions.AppliedAlready):
            self.apply(land, batch)

    def test_a_retry_applies_once_and_strangers_do_not(self, land, batch):
        assert self.apply(land, batch, key="k") == self.apply(land, batch, key="k")
        for who in (land.wu, land.mei, land.sun):
            assert not Resumption.objects.visible_to(who).exists()
        with pytest.raises(actions.NotYourFirms):
            self.check(land, Resumption.objects.get(), by=land.wu)


HEADER = ["点位编号", "名称", "类型", "社区（村）或街镇", "责任单位", "监管部门", "经度", "纬度"]


@pytest.mark.mission("S0.67")
class TestSheet:
    def test_sites_come_in_are_changed_and_taken_back(self, land):
        rows = [
            [
                "",
                "北塘码头",
                "车站码头检测点",
                "北塘街道",
                "码头公司",
                "市场监管局",
                "117.7",
                "39.3",
            ],
            [land.sites["fresh"].code, "松鲜生活超市", "商超", "松社区", "", "", "", ""],
        ]
        taken = take_in("inspection-sites", [HEADER, *rows], land.ji)
        assert taken.outcome == {"new": 1, "changed": 1}
        pier = Site.objects.get(name="北塘码头")
        assert (pier.kind, pier.regulator, pier.lng) == ("station", land.market, 117.7)
        assert Site.objects.get(pk=land.sites["fresh"].pk).name == "松鲜生活超市"
        sheets.undo_import(taken=taken, by=land.ji, at=NOON)
        taken.refresh_from_db()
        sheets.work_off(taken=taken, at=NOON)
        assert not Site.objects.filter(name="北塘码头").exists()
        assert Site.objects.get(pk=land.sites["fresh"].pk).name == "松鲜超市"

    def test_rows_that_cannot_be_are_refused_in_words(self, land):
        rows = [
            ["", "甲", "商超", "没有的社区", "", "", "", ""],
            ["", "乙", "商超", "松社区", "", "没有的局", "", ""],
            ["", "丙", "商超", "松社区", "", "", "117.7", ""],
            ["", "丁", "飞船", "松社区", "", "", "", ""],
            ["", "戊", "商超", "松社区", "", "", "东经", "39"],
        ]
        assert check("inspection-sites", [HEADER, *rows], land.ji).counts == {"bad": 5}
        far = ["", "远处", "商超", "盐社区", "", "", "", ""]
        assert check("inspection-sites", [HEADER, far], land.liu).counts == {"bad": 1}

    def test_what_goes_out_comes_in_again_unchanged(self, land):
        sheet = all_sheets()["inspection-sites"]
        rows = list(sheet.export(land.ji, whole=True))
        lines = [[sheet.column(name).show(row[name]) for name in row] for row in rows]
        header = [sheet.column(name).heading for name in rows[0]]
        assert len(rows) == 4
        assert check("inspection-sites", [header, *lines], land.ji).counts == {"same": 4}
        assert not sheet.may(land.mei)


def test_a_visit_counts_where_it_was(land, running):
    visit_all(land, send(land, running, "sea"))
    assert {f.code: f.words for f in figures_of(running)}["covered_street"] == "1/2"
