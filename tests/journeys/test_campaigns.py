"""专项任务与减负: an officer's pages at the desk, a plan that waits until it is admitted, a task on the phone."""

from __future__ import annotations

import pytest
from django.utils.timezone import localdate, now

from tongxin.campaigns import actions
from tongxin.campaigns.models import CampaignTask
from tongxin.fieldwork.actions import make_plan
from tongxin.fieldwork.models import Plan

pytestmark = pytest.mark.browser


@pytest.fixture
def listed(world):
    return actions.load_sample(region=world.tong, at=now(), by=world.gao)


@pytest.mark.mission("S4.65")
@pytest.mark.parametrize("width", [390, 1440], indirect=True)
def test_a_plan_that_burdens_communities_is_admitted_by_pages(visit, world, listed):
    plan = make_plan(
        kind="inspection", name="安全生产督查", region=world.north, target_kind="community",
        every="once", days=20, starts_on=localdate(), assign="named", people=[world.liu],
        by=world.liu, at=now(),
    )  # fmt: skip
    officer = visit(world.liu)
    page = officer.go(f"/fieldwork/plans/{plan.pk}/")
    officer.sees("待准入，准入前不安排走访")
    page.get_by_role("link", name="办理准入").click()
    officer.sees("要社区承担检查考核")
    officer.look()
    page.get_by_label("准入目录里的事项").select_option(
        label="A20 安全生产督查（检查考核，每年 2 次）"
    )
    officer.press("按这一项准入")
    officer.sees("已准入：在准入目录内：A20")
    officer.look()
    assert Plan.objects.get(pk=plan.pk).state == "active"
    for part in ("", "admission/", "approvals/", "burdens/", "plates/"):
        officer.go(f"/campaigns/{part}")


@pytest.mark.parametrize("width", [390], indirect=True)
def test_a_grid_worker_finds_the_task_of_the_grid(visit, world, listed):
    today = localdate()
    campaign = actions.propose_campaign(
        kind="safety", name="消防安全排查", region=world.north, org=world.north_office, from_on=today,
        due_on=today, at=now(), by=world.liu, needs_photo=False,
        items=[{"text": "排查场所", "kind": "number", "unit": "处"}],
        admitted_by=listed.items.get(code="A04"),
    )  # fmt: skip
    actions.issue_campaign(campaign, at=now(), by=world.liu)
    while actions.campaigns_due(at=now()):
        pass
    worker = visit(world.mei)
    worker.go("/campaigns/")
    worker.sees("消防安全排查")
    task = CampaignTask.objects.get(campaign=campaign, region=world.p1)
    worker.go(f"/cases/{task.pk}/")
    worker.sees("排查场所")
