"""The pages: who opens which, what they show before and after a reason, how many questions they ask."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tongxin.care import actions
from tongxin.care.models import (
    Aid,
    AidRound,
    CareFile,
    CareVisit,
    Fund,
    RightsRequest,
    Stay,
)
from tongxin.testing import NOON

from .conftest import BODY, DAY, DOOR, NAME, TODAY, a_file, a_picture, an_impact, phone_of

MASKED = f"{NAME[0]}*{NAME[-1]}"
MODULES = ("files", "visits", "mine", "desk", "rounds", "errands", "stays", "common")


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """The pages think it is NOON."""
    for name in MODULES:
        module = f"tongxin.care.views.{name}"
        monkeypatch.setattr(f"{module}.now", lambda: NOON, raising=False)
        monkeypatch.setattr(
            f"{module}.localdate", lambda *given: (given[0].date() if given else TODAY),
            raising=False,
        )  # fmt: skip


def door(user) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def text_of(answer) -> str:
    return answer.content.decode()


def opened(care, file, who="mei"):
    actions.look(file=file, reason="上门走访前核对", by=getattr(care, who), at=NOON)
    return door(getattr(care, who))


@pytest.mark.mission("S0.36")
def test_a_file_is_masked_until_a_reason_is_given(care):
    file = a_file(care)
    client, here = door(care.mei), reverse("care:file", args=[file.pk])
    for url in (reverse("care:home"), here):
        said = text_of(client.get(url))
        assert MASKED in said and NAME not in said and DOOR not in said
    assert client.post(here, {"reason": "看"}).status_code == 422
    assert client.post(here, {"reason": "上门走访前核对门牌"}).status_code == 302
    said = text_of(client.get(here))
    assert NAME in said and DOOR in said and BODY["phone"] in said


@pytest.mark.mission("S0.36")
def test_who_reads_not_by_need_gets_the_same_404_everywhere(care):
    file = a_file(care)
    leader = care.person("lead", "领导", care.north_office, "leader")
    urls = [
        reverse(f"care:{name}", args=[file.pk])
        for name in (
            *("file", "change", "renew", "close", "withdraw", "add-carer", "visit", "aid", "pair"),
            "mine-file", "copy",
        )
    ]  # fmt: skip
    for user in (care.liu, care.gao, care.zhang, care.wang, care.sun, care.ann, care.wu, leader):
        client = door(user)
        for url in urls:
            assert client.get(url).status_code == 404, (user, url)


def test_change_asks_that_the_file_was_opened(care):
    file = a_file(care)
    url = reverse("care:change", args=[file.pk])
    assert door(care.mei).get(url).status_code == 404
    client = opened(care, file)
    assert DOOR in text_of(client.get(url))
    sent = {"name": NAME, "building": "9号楼", "kind": "elder", "expect": 1, "door": "9-1"}
    assert client.post(url, sent).status_code == 302
    assert CareFile.objects.get().building == "9号楼"
    assert client.post(url, sent).status_code == 409  # it has moved on since


def test_a_file_is_opened_on_the_page_with_its_consent(care):
    client, url = door(care.mei), reverse("care:new-file")
    assert client.get(url).status_code == 200
    sent = {
        "grid": care.p1.code, "kind": "elder", "name": "示例老人", "impact": care.impact.pk,
        "basis": "consent", "consented_by": "self", "consented_how": "paper",
        "consented_on": "2026-03-02", "building": "3号楼", "key": "k",
    }  # fmt: skip
    answer = client.post(url, sent)
    assert answer.status_code == 422 and "纸质同意书请拍照上传" in text_of(answer)
    paper = SimpleUploadedFile("p.jpg", a_picture(), "image/jpeg")
    assert client.post(url, sent | {"paper": paper}).status_code == 302
    assert CareFile.objects.get().paper_id
    for who in (care.liu, care.wang, care.sun):
        assert door(who).get(url).status_code == 404


def test_visits_help_carers_pairings_from_the_file(care):
    file = a_file(care)
    client = opened(care, file, "chen")
    here = reverse("care:file", args=[file.pk])

    def post(name, sent, *args):
        answer = client.post(reverse(f"care:{name}", args=args or [file.pk]), sent)
        assert answer.status_code == 302, text_of(answer)

    post("visit", {"how": "home", "on": "2026-03-02", "condition": "很好", "promised": "修灯",
                   "promise_due_on": "2026-03-05", "key": "v"})  # fmt: skip
    post("kept", {}, CareVisit.objects.get().pk)
    post("aid", {"kind": "goods", "what": "棉被", "yuan": "99.99", "org": care.roads.pk,
                 "on": "2026-03-02", "key": "a"})  # fmt: skip
    post("correct", {"note": "数量写错"}, Aid.objects.get().pk)
    post("add-carer", {"user": care.wang.pk})
    post("hand-over", {"user": care.zhao.pk, "note": "每周三送药"}, file.carers.get().pk)
    post("pair", {"org": care.roads.pk, "helper": care.wang.pk, "aim": "每月看望一次"})
    pairing = file.pairings.get()
    post("measure", {"text": "申请无障碍改造", "due_on": "2026-04-01"}, pairing.pk)
    post("measure-done", {"note": "已装扶手"}, pairing.measures.get().pk)
    post("quarter", {"note": "出行方便了"}, pairing.pk)
    said = text_of(client.get(here))
    for word in (
        "修灯",
        "已兑现",
        "棉被",
        "-99.99",
        "赵磊",
        "申请无障碍改造",
        "出行方便了",
        "走访 1 次",
    ):
        assert word in said
    post("end-pairing", {"note": "已改善"}, pairing.pk)
    post("renew", {"consented_on": "2026-03-02"})
    post("withdraw", {"note": "电话里说不用了"})
    assert CareFile.objects.get().end == "withdrawn"


@pytest.mark.parametrize("who", ["liu", "gao"])
def test_who_oversees_sees_figures_and_no_name(care, who):
    file = a_file(care)
    actions.give_aid(
        file=file,
        kind="goods",
        what="棉被",
        fen=12_345,
        org=care.roads,
        on=TODAY,
        by=care.mei,
        at=NOON,
    )
    client = door(getattr(care, who))
    assert "123.45" not in text_of(client.get(reverse("care:figures")))  # it would tell one
    assert client.get(reverse("care:home")).url == reverse("care:figures")
    said = text_of(client.get(reverse("care:figures")))
    assert NAME not in said and MASKED not in said and "少于 5" in said
    for name in ("rounds", "funds", "impacts", "errands", "officers"):
        assert client.get(reverse(f"care:{name}")).status_code == 200
    for name in ("stays", "rights", "new-file", "register-stay"):
        assert client.get(reverse(f"care:{name}")).status_code == 404


def test_figures_of_another_street_are_not_shown(care):
    client = door(care.liu)
    assert client.get(reverse("care:figures"), {"region": care.pine.code}).status_code == 200
    assert client.get(reverse("care:figures"), {"region": care.salt.code}).status_code == 404
    assert door(care.sun).get(reverse("care:figures")).status_code == 404


@pytest.mark.mission("S0.36")
def test_a_person_sees_their_own_sheet_takes_a_copy_and_withdraws(care):
    phone_of(care.sun, BODY["phone"])
    file = a_file(care)
    actions.look(file=file, reason="上门走访前核对门牌", by=care.mei, at=NOON)
    client = door(care.sun)
    assert "独居（空巢）老人" in text_of(client.get(reverse("care:mine")))
    url = reverse("care:mine-file", args=[file.pk])
    said = text_of(client.get(url))
    assert NAME in said and DOOR in said and "上门走访前核对门牌" in said
    sheet = client.get(reverse("care:copy", args=[file.pk]))
    cells = {row[2] for row in openpyxl.load_workbook(io.BytesIO(sheet.content)).active.values}
    assert {NAME, DOOR, BODY["needs"]} <= cells
    assert client.post(url, {"kind": "correct"}).status_code == 422
    assert client.post(url, {"kind": "correct", "text": "门牌是 502"}).status_code == 302
    officer, asked = door(care.chen), RightsRequest.objects.get()
    assert "更正" in text_of(officer.get(reverse("care:rights")))
    answer = reverse("care:right", args=[asked.pk])
    assert "门牌是 502" in text_of(officer.get(answer))
    assert officer.post(answer, {"accept": "yes", "note": "已改"}).status_code == 302
    assert client.post(url, {"kind": "withdraw"}).status_code == 302
    assert CareFile.objects.get().end == "withdrawn"
    assert "清除全部内容" in text_of(client.get(url))


def test_officers_and_assessments_are_kept_at_the_street(care):
    client = door(care.liu)
    url = reverse("care:officers")
    said = text_of(client.get(url, {"region": care.pine.code}))
    assert "陈建国" in said and "还有 1 个社区" in said
    sent = {"region": care.pine.code, "user": care.zhang.pk}
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 409
    assert client.post(reverse("care:end-officer", args=[care.duty.pk])).status_code == 302
    assert door(care.zhang).get(url).status_code == 404
    texts = dict.fromkeys(("legality", "data", "risks", "measures"), "写明")
    sent = {"region": care.north.code, "purpose": "儿童关爱", "valid_until": "2027-01-01", **texts}
    answer = client.post(reverse("care:new-impact"), sent)
    assert answer.status_code == 302
    assert client.post(answer.url, {"accept": "yes"}).status_code == 403  # one's own
    other = door(care.gao)
    assert "儿童关爱" in text_of(other.get(answer.url))
    assert other.post(answer.url, {"accept": "yes", "note": ""}).status_code == 302


@pytest.mark.mission("S2.43")
def test_a_round_of_greetings_from_the_list_to_the_door(care):
    a_file(care)
    client = door(care.chen)
    assert client.post(
        reverse("care:funds"), {"name": "慰问金", "source": "dues", "region": care.pine.code}
    ).status_code == 302  # fmt: skip
    fund = Fund.objects.get()
    paid = client.post(
        reverse("care:fund", args=[fund.pk]), {"yuan": "1000", "text": "下拨", "key": "p"}
    )
    assert paid.status_code == 302
    sent = {
        "name": "春节慰问", "region": care.pine.code, "starts_on": "2026-03-01",
        "ends_on": "2026-03-09", "goods": "米面油", "yuan": "120.50", "fund": fund.pk,
    }  # fmt: skip
    assert client.post(reverse("care:new-round"), sent).status_code == 302
    found = AidRound.objects.get()
    add = reverse("care:add-households", args=[found.pk])
    assert client.post(add, {}).status_code == 422
    lines = {"kinds_of": ["elder"], "grid": care.p2.code, "lines": "示例甲，5号楼，101\n示例乙"}
    assert client.post(add, lines).status_code == 302
    url = reverse("care:round", args=[found.pk])
    said = text_of(client.get(url))
    assert MASKED in said and NAME not in said and DOOR not in said
    assert client.post(url, {"reason": "送慰问品上门"}).status_code == 302
    assert NAME in text_of(client.get(url))
    row = found.households.get(file__isnull=False)
    reach = reverse("care:household", args=[row.pk])
    assert client.post(reach, {"state": "done"}).status_code == 422
    photo = SimpleUploadedFile("p.jpg", a_picture(), "image/jpeg")
    assert client.post(reach, {"state": "done", "photo": photo}).status_code == 302
    assert "879.50" in text_of(client.get(reverse("care:fund", args=[fund.pk])))
    actions.look(file=row.file, reason="核对慰问情况", by=care.chen, at=NOON)
    said = text_of(client.get(reverse("care:file", args=[row.file_id])))
    assert "米面油" in said and "120.50" in said and "慰问金" in said
    street = text_of(door(care.liu).get(url))
    assert NAME not in street and MASKED not in street and "完成 33%" in street


@pytest.mark.mission("S0.33")
def test_somebody_registers_by_the_poster_and_is_confirmed(care):
    an_impact(care, purpose="流动人口服务管理")
    client, url = door(care.sun), reverse("care:ask-stay", args=[care.pine.code])
    assert "不登记身份证号" in text_of(client.get(url))
    sent = {
        "grid": care.p1.code, "name": "车大志", "phone": "137 1111 2222", "why": "work",
        "since": "2026-03-01", "until": "2026-08-01", "building": "7号楼", "key": "s",
    }  # fmt: skip
    assert client.post(url, sent).status_code == 422  # not agreed
    assert client.post(url, sent | {"agreed": "on"}).status_code == 302
    stay = Stay.objects.get()
    assert "7号楼" in text_of(client.get(reverse("care:mine")))
    worker, here = door(care.mei), reverse("care:stay", args=[stay.pk])
    said = text_of(worker.get(reverse("care:stays"))) + text_of(worker.get(here))
    assert "车大志" not in said and "13711112222" not in said
    assert worker.post(here, {"reason": "上门核对住处"}).status_code == 302
    assert "13711112222" in text_of(worker.get(here))
    assert worker.post(reverse("care:judge-stay", args=[stay.pk]), {"accept": "yes"}).status_code == 302  # fmt: skip
    assert client.post(reverse("care:mine-service", args=[stay.pk]), {"kind": "school"}).status_code == 302  # fmt: skip
    service = stay.services.get()
    assert worker.post(reverse("care:served", args=[service.pk]), {"note": "已报名"}).status_code == 302  # fmt: skip
    extend = {"until": "2026-12-01"}
    assert client.post(reverse("care:mine-extend", args=[stay.pk]), extend).status_code == 302
    for who in (care.liu, care.zhang, care.ma):
        assert door(who).get(here).status_code == 404
    assert client.post(reverse("care:mine-end", args=[stay.pk])).status_code == 302
    assert Stay.objects.get().state == "ended"


def test_no_registration_where_nothing_was_assessed(care):
    care.impact.__class__.objects.update(is_accepted=False)
    url = reverse("care:ask-stay", args=[care.pine.code])
    assert door(care.sun).get(url).status_code == 404


def test_an_extra_round_is_called_from_the_page(care):
    file = a_file(care)
    sent = {
        "region": care.pine.code, "why": "cold", "kinds_of": ["elder"], "every_days": 1,
        "starts_on": "2026-03-02", "ends_on": "2026-03-06",
    }  # fmt: skip
    assert door(care.chen).post(reverse("care:extra"), sent).status_code == 302
    assert CareFile.objects.get(pk=file.pk).next_due_on == TODAY + DAY
    assert door(care.mei).get(reverse("care:extra")).status_code == 404


def test_the_list_asks_few_questions_whatever_its_length(care, django_assert_max_num_queries):
    for n in range(30):
        a_file(care, name=f"示例{n}", building=f"{n}号楼")
    client = door(care.chen)
    client.get(reverse("care:home"))  # land and rules are remembered by the process
    for url in ("", "?view=late", "?view=ending", "?kind=elder", f"?q={NAME}"):
        with django_assert_max_num_queries(8):
            assert client.get(reverse("care:home") + url).status_code == 200
    with django_assert_max_num_queries(8):
        assert client.get(reverse("care:figures")).status_code == 200


def test_a_closed_list_and_a_bad_cursor(care):
    file = a_file(care)
    actions.close_file(file=file, end="moved", by=care.mei, at=NOON)
    client = door(care.mei)
    assert "迁出" in text_of(client.get(reverse("care:home"), {"view": "closed"}))
    assert client.get(reverse("care:home"), {"cursor": "x"}).status_code == 422


def test_nobody_unknown_opens_a_page(care):
    file = a_file(care)
    for url in (reverse("care:home"), reverse("care:file", args=[file.pk]), reverse("care:mine")):
        assert Client().get(url).status_code == 302
