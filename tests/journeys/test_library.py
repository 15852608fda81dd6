"""The library in a browser: written on a phone, checked and signed at desks, read by anybody; a rule's basis."""

from datetime import UTC, date, datetime

import pytest

from tongxin.campaigns.actions import load_sample
from tongxin.library import actions
from tongxin.library.models import Exemplar

pytestmark = pytest.mark.browser
DESK_ONLY = pytest.mark.parametrize("width", [1440], indirect=True)
PHONE_ONLY = pytest.mark.parametrize("width", [390], indirect=True)


@pytest.fixture
def desk(world):
    """The street's committee: Bai checks, Tang signs."""
    actions.load_kinds()
    world.bai = world.person("bai", "白洁", world.north_party, "organiser")
    return world


@PHONE_ONLY
def test_written_on_a_phone_signed_by_another_and_read_by_anybody(visit, desk):
    author = visit(desk.qin)
    page = author.go("/library/new/?kind=experience")
    page.get_by_label("标题").fill("先敲门再派单")
    for name, words in (
        ("为什么", "派单快，到场才知道不是一回事。"),
        ("是什么", "先上门看一眼。"),
        ("做什么", "带着照片派单。"),
    ):
        page.get_by_label(name, exact=False).first.fill(words)
    author.press("保存草稿")
    author.lands_on("/library/exemplars/")
    author.press("送审")
    author.lands_on("/do/submit/")
    author.press("送审")
    author.sees("已送审")
    one = Exemplar.objects.get()
    checker = visit(desk.bai)
    checker.go(f"/library/exemplars/{one.pk}/")
    checker.press("审核通过")
    checker.lands_on("/do/review/")
    checker.press("审核通过")
    checker.sees("等待签发")
    signer = visit(desk.tang)
    signer.go(f"/library/exemplars/{one.pk}/")
    signer.press("签发")
    signer.lands_on("/do/sign/")
    signer.press("签发")
    signer.sees("已签发")
    signer.press("发布")
    signer.lands_on("/do/publish/")
    signer.press("发布")
    signer.sees("已发布")
    reader = visit(None)
    reader.go("/library/public/")
    reader.press("先敲门再派单")
    reader.lands_on(f"/library/public/{one.pk}/")
    reader.sees("带着照片派单")


@DESK_ONLY
def test_a_rule_leads_to_the_clause_it_rests_on_and_back(visit, desk):
    at = datetime.now(UTC)
    load_sample(region=desk.tong, at=at, by=desk.gao)
    given = {"by": desk.bai, "at": at}
    made = actions.begin_set(org=desk.north_party, name="基层党建“1+1”制度", **given)
    document = actions.add_document(
        made, role="main", title="减负若干规定", issuer="北塘街道", issued_on=date(2026, 1, 1),
        effective_from=date(2026, 1, 1), text="第一条 实行准入制度。\n第二条 减少台账。", **given,
    )  # fmt: skip
    actions.link_clause(
        document.clauses.first(), what="rule", kind="admission_list", ref=desk.tong.code,
        label="准入目录", url="/campaigns/admission/", **given,
    )  # fmt: skip
    actions.publish_set(made, **given)
    reader = visit(desk.liu)
    reader.go("/campaigns/admission/")
    reader.sees("文件依据")
    reader.press("减负若干规定 第一条")
    reader.lands_on(f"/library/policies/{document.pk}/")
    reader.press("准入目录")
    reader.lands_on("/campaigns/admission/")
    reader.go("/library/")
    reader.go(f"/library/policies/sets/{made.pk}/")
