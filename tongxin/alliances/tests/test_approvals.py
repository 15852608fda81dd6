"""Approvals: the chain, its circle, the critical path, joint reviews, letters, the three dates."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from hashlib import sha256

import pytest
from django.db import connection

from tongxin.alliances import actions, queries
from tongxin.alliances.models import ApprovalFile, ApprovalItem, Letter
from tongxin.alliances.queries.paths import Node, schedule
from tongxin.documents.actions.files import Upload
from tongxin.kit.errors import Invalid, Refused
from tongxin.testing import NOON

from .conftest import DAY


def ago(n: int) -> date:
    return DAY - timedelta(days=n)


def grant(world, one, on=None, **given):
    given = {"state": "granted", "by": world.gao, "at": NOON} | given
    return actions.decide_approval(one, on=on or DAY, **given)


def letter(world, one, issued=30, until=-30, **given):
    given = {
        "number": "津滨函〔2026〕1号",
        "conditions": "开工前补齐图纸",
        "by": world.gao,
        "at": NOON,
    } | given
    return actions.issue_letter(one, issued_on=ago(issued), valid_until=ago(until), **given)


def upto(world, item, *codes, on=None):
    for code in codes:
        grant(world, item(code), on or ago(40))


class TestArithmetic:
    def test_the_longest_chain_decides_and_a_fact_moves_what_follows(self):
        nodes = [Node("a", 2), Node("b", 5, ("a",)), Node("c", 1, ("a",)), Node("d", 1, ("b", "c"))]
        every = schedule(
            nodes, starts_on=date(2026, 3, 1), today=date(2026, 3, 1), is_workday=lambda _: True
        )
        assert {code for code, bar in every.items() if bar.is_critical} == {"a", "b", "d"}
        assert every["d"].end == date(2026, 3, 9)
        nodes[0] = Node("a", 2, (), date(2026, 3, 1), date(2026, 3, 8), date(2026, 3, 8))
        later = schedule(
            nodes, starts_on=date(2026, 3, 1), today=date(2026, 3, 8), is_workday=lambda _: True
        )
        assert later["d"].end == date(2026, 3, 14) and later["a"].late == 5
        assert later["d"].plan_end == date(2026, 3, 9)

    def test_a_letter_lets_the_next_begin_before_the_permit(self):
        nodes = [Node("a", 20, (), date(2026, 3, 1), None, date(2026, 3, 3)), Node("b", 2, ("a",))]
        bars = schedule(
            nodes, starts_on=date(2026, 3, 1), today=date(2026, 3, 3), is_workday=lambda _: True
        )
        assert bars["b"].end == date(2026, 3, 5) and bars["a"].end == date(2026, 3, 21)


@pytest.mark.mission("S0.7")
class TestMilestones:
    def test_filing_is_a_milestone_with_its_planned_and_real_day(self, world, project, item):
        actions.plan_approval(item("filed"), on=ago(55), by=world.gao, at=NOON)
        done = grant(world, item("filed"), ago(57), document="津滨备〔2026〕8号")
        assert (done.planned_on, done.decided_on, done.state) == (ago(55), ago(57), "granted")
        assert project.satisfactions.get().label == "项目备案"

    def test_nothing_happens_before_the_project_starts(self, world, project, item):
        with pytest.raises(actions.BadDay, match="启动日期"):
            actions.plan_approval(item("filed"), on=ago(61), by=world.gao, at=NOON)
        with pytest.raises(actions.BadDay, match="启动日期"):
            grant(world, item("filed"), ago(61))
        with pytest.raises(actions.BadDay, match="今天"):
            grant(world, item("filed"), ago(-1))
        assert item("filed").state == "todo"

    def test_it_waits_for_what_comes_before(self, world, project, item):
        with pytest.raises(actions.MustWait, match="项目备案"):
            actions.submit_approval(item("eia"), on=DAY, by=world.gao, at=NOON)
        grant(world, item("filed"))
        actions.submit_approval(item("eia"), on=DAY, by=world.gao, at=NOON)
        with pytest.raises(Refused, match="已批准"):
            grant(world, item("filed"))

    def test_conditions_are_written_down(self, world, project, item):
        with pytest.raises(Invalid, match="条件"):
            grant(world, item("filed"), state="conditional")
        assert grant(world, item("filed"), state="conditional", conditions="补节能报告").is_granted

    def test_a_circle_is_refused_with_its_names(self, world, project, item):
        with pytest.raises(actions.Circular, match="施工图审查"):
            actions.link_approvals(item("land"), needed=item("drawing"), by=world.gao, at=NOON)
        assert not item("land").needs.filter(needed__code="drawing").exists()

    def test_by_the_department_or_the_desk_only(self, world, project, item):
        with pytest.raises(actions.NotYours):
            grant(world, item("filed"), by=world.zhou)
        ApprovalItem.objects.filter(pk=item("filed").pk).update(department=world.water)
        assert grant(world, item("filed"), by=world.zhou).is_granted

    def test_the_critical_path_and_the_lead_time(self, world, project, item):
        grant(world, item("filed"), ago(50))
        board = queries.board_of(project.dossier, today=DAY)
        assert [line.item.code for line in board.critical] == [
            "filed", "planning_opinion", "land", "planning_permit", "drawing", "build_permit", "acceptance",
        ]  # fmt: skip
        assert board.granted == 1 and board.norm_days == 47 and board.lead_days > board.norm_days


@pytest.mark.mission("S1.43")
class TestJointReview:
    def test_each_approval_has_its_own_result(self, world, project, item):
        review = actions.decide_jointly(
            project.dossier, held_on=DAY, place="项目现场", chair="高峰", by=world.gao, at=NOON, key="k",
            verdicts=[
                actions.Verdict(item("eia"), "conditional", "补充大气监测", "津滨环〔2026〕3号"),
                actions.Verdict(item("filed"), "granted"),
                actions.Verdict(item("energy"), "refused", "能耗指标未落实"),
            ],
        )  # fmt: skip
        assert {one.item.code: one.state for one in review.verdicts.select_related("item")} == {
            "filed": "granted", "eia": "conditional", "energy": "refused",
        }  # fmt: skip
        assert item("eia").conditions == "补充大气监测" and item("energy").state == "refused"

    def test_all_or_nothing_and_never_one_twice(self, world, project, item):
        given = {"held_on": DAY, "place": "大厅", "chair": "高峰", "by": world.gao, "at": NOON}
        with pytest.raises(actions.MustWait):
            two = [
                actions.Verdict(item("filed"), "granted"),
                actions.Verdict(item("land"), "granted"),
            ]
            actions.decide_jointly(project.dossier, verdicts=two, **given)
        assert item("filed").state == "todo" and not project.dossier.reviews.exists()
        with pytest.raises(Invalid, match="至少"):
            actions.decide_jointly(project.dossier, verdicts=two[:1] * 2, **given)


@pytest.mark.mission("S1.44")
class TestLetters:
    def test_it_stands_until_the_permit_replaces_it(self, world, project, item):
        upto(world, item, "filed")
        one = letter(world, item("eia"))
        assert queries.covered_on(item("eia"), DAY) and not item("eia").is_granted
        with pytest.raises(actions.BeforeItsLetter, match="函"):
            grant(world, item("eia"), ago(31))
        grant(world, item("eia"), DAY)
        one.refresh_from_db()
        assert one.replaced_on == DAY

    def test_nothing_rests_on_one_that_ran_out(self, world, project, item):
        upto(world, item, "filed", "planning_opinion")
        letter(world, item("land"), issued=30, until=1)
        with pytest.raises(actions.MustWait, match="到期"):
            actions.submit_approval(item("planning_permit"), on=DAY, by=world.gao, at=NOON)
        actions.submit_approval(item("planning_permit"), on=ago(5), by=world.gao, at=NOON)

    def test_it_is_renewed_in_time_or_not_at_all(self, world, project, item):
        upto(world, item, "filed")
        one = letter(world, item("eia"), until=0)
        again = actions.renew_letter(
            one, number="2号", issued_on=DAY, valid_until=ago(-60), by=world.gao, at=NOON
        )
        assert again.renews == one and again.conditions == one.conditions
        two = letter(world, item("energy"), until=1)
        with pytest.raises(actions.LetterExpired):
            actions.renew_letter(
                two, number="3号", issued_on=ago(2), valid_until=ago(-60), by=world.gao, at=NOON
            )
        with pytest.raises(actions.LetterStands):
            letter(world, item("eia"), issued=1)
        with pytest.raises(actions.BadDay, match="一年"):
            letter(world, item("planning_opinion"), until=-500)

    def test_it_rings_before_and_once_when_it_has_run_out(self, world, project, item, guo):
        upto(world, item, "filed")
        letter(world, item("eia"), until=-6)
        assert actions.letters_due(at=NOON) == 1 and actions.letters_due(at=NOON) == 0
        assert guo.notices.filter(title__contains="6 天到期").exists()
        assert actions.letters_due(at=NOON + timedelta(days=6)) == 1
        assert actions.letters_due(at=NOON + timedelta(days=8)) == 1
        assert world.gao.notices.filter(title="以函代证已到期").exists()
        assert actions.letters_due(at=NOON + timedelta(days=30)) == 0

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_give_one_letter(self, world, project, item):
        upto(world, item, "filed")
        barrier, won = threading.Barrier(2), []

        def go():
            try:
                barrier.wait()
                won.append(letter(world, item("eia")))
            except Refused:
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=go) for _ in range(2)]
        [one.start() for one in threads]
        [one.join() for one in threads]
        assert len(won) == 1 and Letter.objects.filter(item__code="eia").count() == 1


@pytest.mark.mission("S1.45")
class TestThreeDates:
    def mark(self, world, project, which, on=DAY):
        return actions.mark_date(project.dossier, which=which, on=on, by=world.gao, at=NOON)

    def test_begun_only_behind_its_gate_then_built_then_used(self, world, project, item):
        with pytest.raises(actions.MustWait, match="施工许可"):
            self.mark(world, project, "begun")
        codes = "filed planning_opinion land eia energy planning_permit drawing"
        upto(world, item, *codes.split())
        letter(world, item("build_permit"), issued=20, until=-20)
        with pytest.raises(actions.BadDay, match="先开工"):
            self.mark(world, project, "built")
        self.mark(world, project, "begun", ago(10))
        with pytest.raises(actions.BadDay):
            self.mark(world, project, "built", ago(11))
        self.mark(world, project, "built", ago(2))
        with pytest.raises(actions.MustWait, match="联合竣工验收"):
            self.mark(world, project, "used")

    def test_an_expired_letter_stops_the_next_date(self, world, project, item):
        upto(world, item, *"filed planning_opinion land eia energy planning_permit drawing".split())
        letter(world, item("build_permit"), issued=20, until=5)
        self.mark(world, project, "begun", ago(10))
        with pytest.raises(actions.MustWait, match="到期"):
            self.mark(world, project, "built", ago(2))

    def test_sites_are_compared(self, world, project, chains):
        def site(n, begun):
            one = actions.open_dossier(
                subject=("site_plan", str(n), f"站点{n}", ""), region=world.north, keeper=world.north_office,
                starts_on=ago(100), by=world.liu, at=NOON, planned=(ago(60), None, None),
            )  # fmt: skip
            return actions.mark_date(one, which="begun", on=ago(begun), by=world.liu, at=NOON)

        leads, middle = queries.leads_of([site(1, 70), site(2, 50)])
        assert [one.real[0] for one in leads] == [30, 50] and middle["begun"] == 40
        assert [one.ahead for one in leads] == [10, -10]
        with pytest.raises(actions.DossierThere):
            site(1, 70)


class TestPlannedDays:
    def test_it_rings_at_seven_days_at_one_and_once_passed(self, world, project, item):
        filed = item("filed")
        actions.plan_approval(filed, on=DAY + timedelta(days=20), by=world.gao, at=NOON)
        assert actions.approvals_due(at=NOON) == 0
        actions.plan_approval(filed, on=DAY + timedelta(days=7), by=world.gao, at=NOON)
        assert actions.approvals_due(at=NOON) == 1
        assert actions.approvals_due(at=NOON) == 0
        told = world.gao.notices.get(title__startswith="离计划办结还有 7 天")
        assert "天津科学试验基地 · " in told.text and "未申报" in told.text
        assert actions.approvals_due(at=NOON + timedelta(days=6)) == 1
        assert actions.approvals_due(at=NOON + timedelta(days=9)) == 1
        assert world.gao.notices.filter(title__startswith="审批超过计划日期").count() == 1
        assert actions.approvals_due(at=NOON + timedelta(days=30)) == 0

    def test_another_day_rings_anew_and_what_is_granted_or_gone_does_not(
        self, world, project, item
    ):
        filed, eia = item("filed"), item("eia")
        actions.plan_approval(filed, on=DAY + timedelta(days=1), by=world.gao, at=NOON)
        assert actions.approvals_due(at=NOON) == 1
        actions.plan_approval(filed, on=DAY + timedelta(days=5), by=world.gao, at=NOON)
        assert actions.approvals_due(at=NOON) == 1
        actions.decide_approval(filed, state="granted", on=DAY, by=world.gao, at=NOON)
        assert actions.approvals_due(at=NOON + timedelta(days=4)) == 0
        actions.plan_approval(eia, on=DAY + timedelta(days=1), by=world.gao, at=NOON)
        actions.withdraw_project(project, reason="停建", by=world.gao, at=NOON)
        assert actions.approvals_due(at=NOON) == 0


class TestFiles:
    PDF = Upload("批文.pdf", b"%PDF-1.7 permit")

    def test_kept_once_by_the_department_or_the_keeper(self, world, project, item):
        filed = item("filed")
        filed.department = world.roads
        filed.save(update_fields=["department"])
        given = {"kind": "permit", "upload": self.PDF, "at": NOON}
        one = actions.attach_file(filed, by=world.li, **given)
        assert actions.attach_file(filed, by=world.gao, **given) == one
        assert (one.size, one.sha256) == (15, sha256(self.PDF.data).hexdigest())
        assert ApprovalFile.objects.visible_to(world.liu).filter(pk=one.pk).exists()
        assert not ApprovalFile.objects.visible_to(world.yue).exists()
        with pytest.raises(actions.NotYours):
            actions.attach_file(filed, by=world.zhou, **given)
        for upload in (Upload("宏.docm", b"PK\x03\x04"), Upload("假.pdf", b"MZ")):
            with pytest.raises(Invalid):
                actions.attach_file(filed, kind="permit", upload=upload, by=world.gao, at=NOON)
        assert filed.files.count() == 1
        actions.remove_file(one, by=world.li, at=NOON)
        again = actions.attach_file(filed, by=world.li, **given)
        actions.decide_approval(filed, state="granted", on=DAY, by=world.gao, at=NOON)
        with pytest.raises(actions.FileFixed):
            actions.remove_file(again, by=world.li, at=NOON)
        assert filed.files.get() == again

    def test_no_more_than_twenty(self, world, project, item, monkeypatch):
        monkeypatch.setattr("tongxin.alliances.actions.files.MOST_FILES", 1)
        given = {"kind": "other", "by": world.gao, "at": NOON}
        actions.attach_file(item("eia"), upload=self.PDF, **given)
        with pytest.raises(actions.TooManyFiles):
            actions.attach_file(item("eia"), upload=Upload("b.pdf", b"%PDF-b"), **given)
