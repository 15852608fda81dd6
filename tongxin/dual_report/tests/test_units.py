"""Units report to the community where they sit; pacts signed by both sides; tasks with proof."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.dual_report import actions
from tongxin.dual_report.actions import pacts as pact_module
from tongxin.dual_report.actions import units as module
from tongxin.dual_report.actions.common import NotOnesOwn, NotYourCommunity
from tongxin.dual_report.models import Pact, PactTask, UnitReport
from tongxin.kit.text import Missing
from tongxin.orgs.models import LogEntry

from .conftest import DAY, NOON, TODAY, a_unit, fresh

PACT = {
    "title": "共建协议", "text": "一、共同开展活动。", "from_date": TODAY,
    "to_date": date(2027, 3, 1),
}  # fmt: skip


def as_user(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def plant(world):
    """A power plant in Pine, and Fang, its secretary."""
    unit = a_unit(world)
    world.fang = world.person("fang", "方圆", unit, "secretary")
    return unit


def filed(world, plant, by="fang", **more):
    return actions.report_unit(
        unit=plant, community=world.pine, contact="方圆", by=getattr(world, by), at=NOON, **more
    )


def confirmed(world, plant):
    return filed(world, plant, by="zhang")


def signed(world, plant, **more):
    """Return a pact that Fang and Zhang have signed."""
    pact = actions.draft_pact(
        report=confirmed(world, plant), by=world.zhang, at=NOON, **(PACT | more)
    )
    actions.sign_pact(pact=pact, side="community", by=world.zhang, at=NOON)
    return actions.sign_pact(pact=pact, side="unit", by=world.fang, at=NOON)


class TestReporting:
    def test_the_unit_files_and_the_community_confirms(self, client, world, plant, clock):
        as_user(client, world.fang)
        assert "北塘电厂党委" in client.get("/report-in/units/new/").content.decode()
        form = {"unit": plant.pk, "community": world.pine.code, "contact": "方圆",
                "phone": "138 0000 0000", "offers": "会议室"}  # fmt: skip
        assert client.post("/report-in/units/new/", form).status_code == 302
        report = UnitReport.objects.get()
        assert report.state == "filed" and "13800000000" not in report.phone_sealed
        assert Notice.objects.filter(user=world.zhang, title="有单位报到，等您确认").exists()

        as_user(client, world.zhang)
        page = client.get(f"/report-in/units/{report.pk}/").content.decode()
        assert "138****0000" in page and "13800000000" not in page
        client.post(f"/report-in/units/{report.pk}/confirm/")
        assert fresh(report).state == "confirmed" and fresh(report).renew_by == date(2027, 3, 2)
        assert LogEntry.objects.get(unit=plant).text == "到松社区报到"
        assert "北塘电厂党委" in client.get("/report-in/units/").content.decode()

    def test_what_the_community_files_is_confirmed(self, client, world, plant, clock):
        as_user(client, world.zhang)
        form = {"unit": plant.pk, "community": world.pine.code, "contact": "方圆"}
        client.post("/report-in/units/new/", form)
        assert UnitReport.objects.get().state == "confirmed"

    def test_not_outside_the_area(self, client, world, plant, clock):
        with pytest.raises(module.OutsideArea, match="不在盐社区"):
            actions.report_unit(
                unit=plant, community=world.salt, contact="方圆", by=world.fang, at=NOON
            )

    def test_a_unit_of_the_street_may_choose_its_community(self, world):
        unit = a_unit(world, "北塘中学党支部", region=world.north, sector="education")
        assert filed(world, unit, by="zhang").community == world.pine

    def test_not_twice(self, client, world, plant, clock):
        confirmed(world, plant)
        as_user(client, world.zhang)
        form = {"unit": plant.pk, "community": world.pine.code, "contact": "方圆"}
        answer = client.post("/report-in/units/new/", form)
        assert answer.status_code == 409 and "已经在这个社区报到" in answer.content.decode()

    def test_not_by_others_nor_for_what_is_no_party_unit(self, world, plant):
        with pytest.raises(module.NotYourUnit):
            filed(world, plant, by="qin")
        with pytest.raises(module.NotAPartyUnit):
            filed(world, world.roads, by="zhang")

    @pytest.mark.parametrize("who", ["wu", "qin", "wang", "ann", "mei"])
    def test_others_do_not_see_it(self, client, world, plant, clock, who):
        report = confirmed(world, plant)
        as_user(client, getattr(world, who))
        assert client.get(f"/report-in/units/{report.pk}/").status_code == 404

    def test_renewed_ended_and_not_by_others(self, client, world, plant, clock):
        report = confirmed(world, plant)
        with pytest.raises(module.NotYourUnit):
            actions.renew_unit(report=report, by=world.qin, at=NOON)
        clock(NOON + 300 * DAY)
        as_user(client, world.fang).post(f"/report-in/units/{report.pk}/renew/")
        assert fresh(report).renew_by == date(2027, 12, 27)
        with pytest.raises(NotYourCommunity):
            actions.end_unit(report=report, note="搬离", by=world.fang, at=NOON)
        with pytest.raises(Missing):
            actions.end_unit(report=report, note="", by=world.zhang, at=NOON)
        as_user(client, world.zhang).post(f"/report-in/units/{report.pk}/end/", {"note": "搬离"})
        assert fresh(report).state == "ended"
        with pytest.raises(module.UnitNotWaiting):
            actions.renew_unit(report=report, by=world.zhang, at=NOON)


class TestPacts:
    @pytest.mark.mission("S2.36")
    def test_both_sides_sign_and_it_counts(self, client, world, plant, clock):
        report = confirmed(world, plant)
        as_user(client, world.zhang)
        draft = client.get(f"/report-in/units/{report.pk}/pact/").content.decode()
        assert "北塘电厂党委与松社区共建协议" in draft and "样例" in draft
        client.post(f"/report-in/units/{report.pk}/pact/", PACT)
        pact = Pact.objects.get()
        assert not Pact.objects.in_force(TODAY).exists()
        client.post(f"/report-in/pacts/{pact.pk}/sign/community/")
        as_user(client, world.fang).post(f"/report-in/pacts/{pact.pk}/sign/unit/")
        pact = fresh(pact)
        assert (pact.unit_signed_by, pact.community_signed_by) == (world.fang, world.zhang)
        assert Pact.objects.in_force(TODAY).get() == pact
        assert not Pact.objects.in_force(date(2027, 3, 2)).exists()
        assert "签订共建协议《共建协议》" in LogEntry.objects.latest("pk").text
        paper = client.get(f"/report-in/pacts/{pact.pk}/print/").content.decode()
        assert "甲方" in paper and "共同开展活动" in paper and "方圆 2026-03-02" in paper

    def test_nobody_signs_for_the_other_side_or_twice(self, world, plant):
        pact = actions.draft_pact(report=confirmed(world, plant), by=world.zhang, at=NOON, **PACT)
        with pytest.raises(module.NotYourUnit):
            actions.sign_pact(pact=pact, side="unit", by=world.zhang, at=NOON)
        with pytest.raises(NotYourCommunity):
            actions.sign_pact(pact=pact, side="community", by=world.fang, at=NOON)
        actions.sign_pact(pact=pact, side="unit", by=world.fang, at=NOON)
        with pytest.raises(pact_module.SignedAlready):
            actions.sign_pact(pact=pact, side="unit", by=world.fang, at=NOON)

    def test_one_person_is_not_both_sides(self, world, plant):
        """He keeps every register of the district and acts for all its land."""
        pact = actions.draft_pact(report=confirmed(world, plant), by=world.zhang, at=NOON, **PACT)
        actions.sign_pact(pact=pact, side="unit", by=world.he, at=NOON)
        with pytest.raises(NotOnesOwn):
            actions.sign_pact(pact=pact, side="community", by=world.he, at=NOON)

    def test_not_before_the_report_is_confirmed(self, world, plant):
        with pytest.raises(pact_module.NotReported):
            actions.draft_pact(report=filed(world, plant), by=world.zhang, at=NOON, **PACT)

    @pytest.mark.parametrize("days", [0, -1, 365 * 7])
    def test_its_term_must_be_possible(self, world, plant, days):
        with pytest.raises(pact_module.BadTerm):
            actions.draft_pact(
                report=confirmed(world, plant), by=world.zhang, at=NOON,
                **(PACT | {"to_date": TODAY + timedelta(days=days)}),
            )  # fmt: skip

    def test_an_expired_pact_is_renewed_not_signed_or_filled_up(self, client, world, plant, clock):
        pact = signed(world, plant)
        later = NOON + 400 * DAY
        with pytest.raises(pact_module.PactOver, match="已于 2027-03-01 到期，请续签"):
            actions.add_task(pact=pact, title="义诊", due_on=TODAY, by=world.zhang, at=later)
        unsigned = actions.draft_pact(report=pact.report, by=world.zhang, at=NOON, **PACT)
        with pytest.raises(pact_module.PactOver):
            actions.sign_pact(pact=unsigned, side="unit", by=world.fang, at=later)
        clock(later)
        as_user(client, world.zhang)
        page = client.get(
            f"/report-in/units/{pact.report_id}/pact/?from={pact.pk}"
        ).content.decode()
        assert "共同开展活动" in page and "2027-04-06" in page
        form = PACT | {"from_date": "2027-04-06", "to_date": "2028-04-05"}
        client.post(f"/report-in/units/{pact.report_id}/pact/?from={pact.pk}", form)
        assert fresh(pact).renewal.from_date == date(2027, 4, 6)

    @pytest.mark.mission("S3.22")
    def test_the_worker_reminds_both_sides_once_before_it_ends(self, world, plant):
        pact = signed(world, plant, to_date=TODAY + 40 * DAY)
        assert actions.report_in_due(at=NOON) == 0
        assert actions.report_in_due(at=NOON + 11 * DAY) == 1
        assert actions.report_in_due(at=NOON + 12 * DAY) == 0
        assert Notice.objects.filter(user=world.zhang, title="共建协议快到期：共建协议").exists()
        assert fresh(pact).reminded_at == NOON + 11 * DAY


class TestTasks:
    def test_done_with_proof_and_checked_by_the_community(self, client, world, plant, clock):
        pact = signed(world, plant)
        as_user(client, world.zhang).post(
            f"/report-in/pacts/{pact.pk}/tasks/", {"title": "义务维修日", "due_on": "2026-06-30"}
        )
        task = PactTask.objects.get()
        as_user(client, world.fang)
        client.post(f"/report-in/tasks/{task.pk}/done/", {"proof": "3月2日在广场，12人参加"})
        assert fresh(task).done_on == TODAY and "12人参加" in fresh(task).proof
        as_user(client, world.zhang).post(f"/report-in/tasks/{task.pk}/accept/")
        assert fresh(task).checked_by == world.zhang

    def test_handed_back_with_a_sentence(self, client, world, plant, clock):
        pact = signed(world, plant)
        task = actions.add_task(
            pact=pact, title="义诊", due_on=date(2026, 6, 1), by=world.zhang, at=NOON
        )
        actions.report_task(task=task, proof="做了", by=world.fang, at=NOON)
        as_user(client, world.zhang).post(f"/report-in/tasks/{task.pk}/back/", {"note": "写清人数"})
        assert fresh(task).done_on is None and fresh(task).proof == "退回：写清人数"

    def test_refused(self, world, plant):
        pact = actions.draft_pact(report=confirmed(world, plant), by=world.zhang, at=NOON, **PACT)
        with pytest.raises(pact_module.TaskElsewhen):
            actions.add_task(
                pact=pact, title="义诊", due_on=date(2028, 1, 1), by=world.zhang, at=NOON
            )
        with pytest.raises(module.NotYourUnit):
            actions.add_task(pact=pact, title="义诊", due_on=TODAY, by=world.qin, at=NOON)
        task = actions.add_task(pact=pact, title="义诊", due_on=TODAY, by=world.zhang, at=NOON)
        with pytest.raises(pact_module.PactNotSigned):
            actions.report_task(task=task, proof="做了", by=world.fang, at=NOON)
        actions.sign_pact(pact=pact, side="unit", by=world.fang, at=NOON)
        actions.sign_pact(pact=pact, side="community", by=world.zhang, at=NOON)
        with pytest.raises(pact_module.TaskDone):
            actions.check_task(task=task, accepted=True, by=world.zhang, at=NOON)
        actions.report_task(task=task, proof="做了", by=world.zhang, at=NOON)
        with pytest.raises(pact_module.TaskDone):
            actions.report_task(task=task, proof="又做了", by=world.fang, at=NOON)
        with pytest.raises(NotOnesOwn):
            actions.check_task(task=task, accepted=True, by=world.zhang, at=NOON)
        with pytest.raises(NotYourCommunity):
            actions.check_task(task=task, accepted=True, by=world.wu, at=NOON)
        with pytest.raises(Missing):
            actions.check_task(task=task, accepted=False, by=world.chen, at=NOON)
