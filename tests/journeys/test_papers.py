"""问题整改、监督检查、公文、网格: each seen by who works with it, at both widths, with one act each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.documents import actions as documents
from tongxin.documents.models import Document
from tongxin.findings import actions as findings
from tongxin.findings.models import Finding
from tongxin.grids.actions import load_samples
from tongxin.inspections import actions as inspections
from tongxin.inspections.models import Operation
from tongxin.orgs.models import Org

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HOUR = timedelta(hours=1)


@pytest.fixture
def commission(world) -> Org:
    """The district's commission: Ji inspects, Lu checks drafts, Qiao leads."""
    unit = Org.objects.create(
        name="滨海新区纪委监委", kind="department", region=world.tong, parent=world.tong_party
    )
    for who, name, role in (("ji", "纪明", "inspector"), ("lu", "陆远", "officer"), ("qiao", "乔书文", "leader")):  # fmt: skip
        setattr(world, who, world.person(who, name, unit, role))
    return unit


def test_an_inspector_orders_a_finding_put_right(visit, world, commission):
    findings.load_kinds()
    finding = findings.record_finding(
        text="3号楼消防通道堆放杂物", region=world.pine, kind="F11", by=world.ji, at=now() - HOUR,
        found_at=now() - HOUR, units=[(world.roads, "", "main"), (world.water, "", "regulator")],
    )  # fmt: skip
    ji = visit(world.ji)
    page = ji.go("/findings/")
    ji.sees("消防通道堆放杂物")
    page.get_by_role("link", name=finding.number).first.click()
    page.wait_for_url(f"**/findings/{finding.pk}/")
    ji.look()
    page.get_by_role("link", name="交办整改").click()
    page.wait_for_url("**/order/")
    page.locator("input[type=date]").first.fill((localdate() + timedelta(days=7)).isoformat())
    ji.press("交办")
    ji.sees("已交办整改")
    ji.look()
    assert Finding.objects.get().step == "ordered"


def test_an_operation_is_approved(visit, world, commission):
    drafted = inspections.draft_operation(
        org=commission, region=world.tong, name="疫情防控专项监督", scope="防控责任落实", by=world.ji,
        starts_on=localdate(), ends_on=localdate() + timedelta(days=30), at=now() - HOUR,
    )  # fmt: skip
    inspections.add_land(operation=drafted, regions=[world.north, world.south], by=world.ji)
    qiao = visit(world.qiao)
    page = qiao.go("/inspections/")
    qiao.sees("疫情防控专项监督")
    page.get_by_role("link", name="疫情防控专项监督").first.click()
    page.wait_for_url(f"**/inspections/{drafted.pk}/")
    qiao.look()
    qiao.press("批准方案")
    qiao.sees("方案已批准")
    assert Operation.objects.get().state == "approved"


def test_a_paper_of_two_units_is_written_and_a_grid_read(visit, world, commission):
    documents.load_kinds(at=now() - HOUR)
    draft = documents.draft(
        kind="notice", org=commission, title="关于开展专项检查的通知", recipients=[world.north_office],
        context={"body": "现就有关事项通知如下。"}, by=world.ji, at=now() - HOUR,
    )  # fmt: skip
    world.person("jin", "金波", world.water, "leader")
    ji = visit(world.ji)
    page = ji.go(f"/documents/{draft.pk}/edit/")
    page.get_by_text("抄送、会签和版头").click()
    page.get_by_label("联合行文单位").fill("水务局")
    page.get_by_label("印制份数").fill("12")
    ji.look()
    ji.press("保存并送核稿")
    ji.sees("已送核稿")
    ji.look()
    assert [row.org.name for row in draft.joint_units()] == ["水务局"]
    assert Document.objects.get().step == "reviewing"
    ji.go("/documents/retention/")
    ji.sees("现在没有这样的公文")
    load_samples(at=now() - HOUR)
    liu = visit(world.liu)
    page = liu.go("/grids/")
    liu.sees("第一网格")
    page = liu.go(f"/grids/{world.p1.code}/")
    about = page.locator("section", has=page.locator("#about-title"))
    about.get_by_role("link", name="填写").click()
    page.get_by_label("户数").fill("280")
    page.get_by_label("人口").fill("760")
    liu.press("保存")
    liu.sees("网格情况已保存")
    liu.look()
