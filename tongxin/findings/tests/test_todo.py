"""What party units owe stands in their to-do; the navigation leads to the ledger."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.timezone import localdate

from tongxin.findings import actions
from tongxin.orgs.models import Org
from tongxin.portal.actions import refresh_due
from tongxin.portal.models import DueItem
from tongxin.testing import NOON

from .conftest import again

TODAY = localdate(NOON)


def test_rectifications_and_self_checks_are_in_the_to_do_of_a_party_unit(cast, record, walk):
    finding = record(units=[(cast.branch, "", "main")])
    case = actions.order_rectification(
        finding, org=cast.branch, deadline=TODAY + timedelta(days=5), note="", at=NOON, by=cast.shen
    )
    rows = [record(text=f"问题{n}", units=[(cast.roads, "", "main")]) for n in range(2)]
    group = actions.make_group(title="记录不全", findings=rows, at=NOON, by=cast.shen)
    actions.start_self_check(
        group, region=cast.tong, org_kind="party", text="查记录", at=NOON, by=cast.shen,
        due_on=TODAY + timedelta(days=3),
    )  # fmt: skip
    Org.objects.exclude(pk=cast.branch.pk).filter(kind="party").update(dissolved_on=TODAY)
    refresh_due(at=NOON)
    mine = DueItem.objects.filter(unit=cast.branch, source="findings").order_by("due")
    assert [one.kind for one in mine] == ["self_check", "rectification"]
    assert mine[1].due == TODAY + timedelta(days=5) and finding.number in mine[1].sentence
    assert mine[1].url == reverse("findings:finding", args=[finding.pk])
    walk(case, "accept plan carry_out", who=cast.qin)
    refresh_due(at=NOON + timedelta(days=1))
    assert [one.kind for one in mine.all()] == ["self_check"]


def test_the_navigation_leads_to_the_ledger(cast, client):
    for who in (cast.shen, cast.liu, cast.li, cast.zhang, cast.mei, cast.qin):
        client.force_login(again(who))
        page = client.get("/findings/").content.decode()
        assert 'aria-current="page"' in page and "问题整改" in page, who
