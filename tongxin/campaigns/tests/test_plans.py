"""Plans of visits that burden communities wait until they are admitted; each turn is counted (S4.65)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from tongxin.campaigns import actions, queries
from tongxin.campaigns.models import AdmissionItem, Approval, Burden
from tongxin.fieldwork import actions as fieldwork
from tongxin.fieldwork.models import Plan, Visit
from tongxin.kit.errors import NotPermitted
from tongxin.regions.queries import get_land
from tongxin.testing import NOON

from .conftest import DAY

WEEK = timedelta(days=7)
pytestmark = pytest.mark.mission("S4.65")


def make(world, **changes) -> Plan:
    """A check of every community of North, twice a year, ordered by the street."""
    given = {
        "kind": "inspection", "name": "安全生产督查", "region": world.north, "assign": "named",
        "target_kind": "community", "every": "times", "times": 2, "period": "year", "by": world.liu,
        "people": [world.liu], "starts_on": DAY, "at": NOON,
    } | changes  # fmt: skip
    return fieldwork.make_plan(**given)


def test_a_check_of_communities_waits_and_makes_no_visits(world, listed):
    plan = make(world, admission_code="")
    assert plan.state == "waiting"
    note = plan.changes.order_by("-pk")[0].text
    assert note == "待准入，暂不安排走访：要社区承担检查考核，不在社区事务准入目录内"
    assert fieldwork.visits_due(at=NOON) == 0 and not Burden.objects.exists()
    with pytest.raises(fieldwork.PlanOver, match="等准入"):
        fieldwork.resume_plan(plan=plan, reason="开始", by=world.liu, at=NOON)


def test_as_an_item_of_the_list_it_begins_and_each_turn_is_counted(world, listed):
    plan = make(world, admission_code="A20")
    assert plan.state == "active"
    assert fieldwork.visits_due(at=NOON) == 2 and fieldwork.visits_due(at=NOON) == 0
    found = Burden.objects.order_by("community__path")
    assert [(one.community, one.kind, one.is_admitted) for one in found] == [
        (world.pine, "check", True), (world.reed, "check", True),
    ]  # fmt: skip
    assert {(one.plan, one.item.code, one.on) for one in found} == {(plan, "A20", DAY)}
    month = DAY.replace(day=1)
    counted = queries.burdens_of(get_land(world.north.code), world.liu, since=month, until=month)
    assert (counted.total, counted.outside) == (2, 0)


@pytest.mark.parametrize(
    ("code", "changes", "why"),
    [
        ("A04", {}, "准入的是任务"),
        ("Z99", {}, "不在现行的准入目录里"),
        ("A20", {"every": "monthly"}, "每年最多 2 次，这个计划今年 9 次"),
        ("", {"target_kind": "org", "org_kind": "community", "kind": "style"}, "检查考核"),
        ("", {"target_kind": "grid", "assign": "crew", "kind": "household"}, "社区承担任务"),
    ],
)
def test_what_does_not_fit_waits_with_the_reason(world, listed, code, changes, why):
    plan = make(world, admission_code=code, **changes)
    assert plan.state == "waiting"
    assert why in plan.changes.order_by("-pk")[0].text


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "contact", "assign": "each"},  # officers go and listen
        {"kind": "patrol", "target_kind": "grid", "assign": "crew"},  # the crew's own round
        {"kind": "unannounced", "unannounced": True},  # asks nothing; to count it would announce it
        {
            "kind": "household",
            "target_kind": "grid",
            "assign": "crew",
            "pine": True,
        },  # its own plan
    ],
)
def test_what_asks_nothing_of_communities_begins_at_once(world, listed, changes):
    if changes.pop("pine", False):
        changes = {**changes, "region": world.pine, "by": world.zhang}
    plan = make(world, **changes)
    assert plan.state == "active" and fieldwork.visits_due(at=NOON) > 0
    assert not Burden.objects.exists()


def test_a_second_plan_and_a_campaign_share_the_times_of_a_year(world, listed, propose):
    make(world, admission_code="A20")
    again = make(world, name="再查一遍", admission_code="A20", region=world.tong, by=world.gao)
    assert again.state == "waiting"
    campaign = propose(burden="check", admitted_by=listed.items.get(code="A20"))
    with pytest.raises(actions.NotAdmitted, match="每年最多 2 次"):
        actions.issue_campaign(campaign, at=NOON, by=world.liu)


def test_another_of_the_district_lets_it_begin_until_a_day(world, listed):
    plan = make(world, name="台账检查", every="monthly", month_day=2)
    with pytest.raises(NotPermitted):
        actions.ask_for_plan(plan, reason="要查", at=NOON, by=world.wu)
    asked = actions.ask_for_plan(plan, reason="巡视整改要求", at=NOON, by=world.liu)
    with pytest.raises(actions.BadApproval, match="等待审批"):
        actions.ask_for_plan(plan, reason="巡视整改要求", at=NOON, by=world.liu)
    until = DAY + 5 * WEEK
    actions.decide_approval(asked, approve=True, expires_on=until, at=NOON, by=world.gao)
    plan.refresh_from_db()
    assert plan.state == "active"
    assert "经高峰审批同意" in plan.changes.order_by("-pk")[0].text
    assert fieldwork.visits_due(at=NOON) == 2
    late = NOON + 9 * WEEK  # the leave has run out: no more is made, who planned is told
    assert fieldwork.visits_due(at=late) == 0
    plan.refresh_from_db()
    assert plan.state == "waiting" and Visit.objects.count() == 2
    assert world.liu.notices.filter(title="走访计划待准入：台账检查").count() == 1


def test_a_refusal_lets_nothing_begin(world, listed):
    plan = make(world, name="台账检查")
    asked = actions.ask_for_plan(plan, reason="要查", at=NOON, by=world.liu)
    actions.decide_approval(asked, approve=False, decision="没有依据", at=NOON, by=world.gao)
    plan.refresh_from_db()
    assert plan.state == "waiting" and fieldwork.visits_due(at=NOON) == 0
    with pytest.raises(fieldwork.NotAdmittedYet, match="准入的是任务"):
        actions.name_plan_item(plan, code="A04", at=NOON, by=world.liu)
    actions.name_plan_item(plan, code="A20", at=NOON + WEEK, by=world.liu)
    plan.refresh_from_db()
    assert (plan.state, plan.starts_on) == ("active", DAY + WEEK)  # not made up for


def test_a_rhythm_that_no_longer_fits_sends_it_back(world, listed):
    plan = make(world, admission_code="A20")
    fieldwork.change_plan(plan=plan, reason="加密", every="weekly", by=world.liu, at=NOON)
    plan.refresh_from_db()
    assert plan.state == "waiting"


def test_by_pages_the_reason_is_shown_and_mended(world, as_):
    actions.load_sample(region=world.tong, at=now(), by=world.gao)
    today = localdate()
    plan = make(world, starts_on=today, at=now(), every="once", days=30, name="督查")
    url = reverse("fieldwork:plan", args=[plan.pk])
    page = as_(world.liu).get(url).content.decode()
    assert "待准入，准入前不安排走访：要社区承担检查考核" in page and "办理准入" in page
    mend = reverse("campaigns:plan", args=[plan.pk])
    form = as_(world.liu).get(mend).content.decode()
    assert "A20" in form and "A04" not in form and "目录里没有，申请准入" in form
    assert as_(world.wu).get(mend).status_code == 404
    ask = reverse("campaigns:ask-plan", args=[plan.pk])
    assert as_(world.liu).post(ask, {"reason": "巡视整改"}).url == url
    approval = Approval.objects.get()
    listed = as_(world.gao).get("/campaigns/approvals/").content.decode()
    assert url in listed
    assert (approval.kind, approval.plan) == ("check", plan)
    item = AdmissionItem.objects.get(code="A20")
    assert as_(world.liu).post(mend, {"item": item.pk}).url == url
    assert "已准入：在准入目录内：A20" in as_(world.liu).get(url).content.decode()


def test_by_the_api_a_plan_says_whether_it_is_admitted(world, listed, api):
    body = {
        "kind": "inspection", "name": "督查", "region": world.north.code, "assign": "named",
        "target_kind": "community", "every": "once", "days": 9, "people": [world.liu.pk],
        "starts_on": str(localdate()),
    }  # fmt: skip
    made = api("liu", "POST", "/fieldwork/plans", body, key="a").json()
    assert made["state"] == "waiting" and "准入" in made["admission"]
