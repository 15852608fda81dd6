"""Care over HTTP: masked until a reason is given, the same 404, retries act once."""

from __future__ import annotations

import pytest

from tongxin.care.models import Aid, CareVisit, Errand
from tongxin.cases.actions import open_case
from tongxin.testing import NOON

from .conftest import DOOR, NAME, TODAY, a_file


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("tongxin.care.rest.now", lambda: NOON)
    monkeypatch.setattr("tongxin.care.rest.localdate", lambda *given: TODAY)


def test_a_file_is_told_after_a_reason_only(care, api):
    file = a_file(care)
    for path in ("/care/files", f"/care/files/{file.pk}"):
        answer = api("mei", "GET", path)
        assert answer.status_code == 200
        assert NAME not in answer.content.decode() and DOOR not in answer.content.decode()
    assert api("mei", "POST", f"/care/files/{file.pk}/open", {"reason": "看"}).status_code == 422
    told = api("mei", "POST", f"/care/files/{file.pk}/open", {"reason": "上门走访前核对"}).json()
    assert told["contents"]["name"] == NAME and told["is_open_today"]
    assert api("mei", "GET", "/care/files").json()["items"][0]["is_open_today"]


@pytest.mark.parametrize("who", ["liu", "gao", "zhang", "wang", "sun", "ann", "wu"])
def test_not_by_need_is_not_there(care, api, who):
    file = a_file(care)
    assert api(who, "GET", "/care/files").json() == {"items": [], "next": None}
    assert api(who, "GET", f"/care/files/{file.pk}").status_code == 404
    body = {"reason": "想看一看内容"}
    assert api(who, "POST", f"/care/files/{file.pk}/open", body).status_code == 404
    visit = {"how": "home", "on": "2026-03-02", "condition": "好"}
    assert api(who, "POST", f"/care/files/{file.pk}/visits", visit).status_code == 404


def test_a_visit_and_help_are_written_once(care, api):
    file = a_file(care)
    visit = {"how": "home", "on": "2026-03-02", "condition": "精神好"}
    path = f"/care/files/{file.pk}/visits"
    for _retry in range(2):
        assert api("mei", "POST", path, visit, key="v-1").status_code == 201
    assert CareVisit.objects.count() == 1
    aid = {"kind": "service", "what": "理发", "on": "2026-03-02"}
    for _retry in range(2):
        assert api("mei", "POST", f"/care/files/{file.pk}/aid", aid, key="a-1").status_code == 201
    assert Aid.objects.count() == 1
    unknown = aid | {"fund": 999999, "fen": 5}
    assert api("mei", "POST", f"/care/files/{file.pk}/aid", unknown).status_code == 404
    wrong = visit | {"on": "2026-03-03"}
    assert api("mei", "POST", path, wrong).json()["field"] == "on"


def test_errands_are_confirmed_by_who_asked(care, api):
    case = open_case(
        kind="request", title="买药", region=care.p1, at=NOON, actor=care.sun, reporter=care.sun
    )
    Errand.objects.create(
        case=case, area=case.area, volunteer=care.wang, resident=care.sun, spent_fen=4200,
        ceiling_fen=50_000, receipts=1, state="to_confirm", at=NOON, finished_at=NOON,
    )  # fmt: skip
    assert api("wang", "GET", "/care/errands").json()["items"][0]["difference_fen"] == 4200
    assert api("wang", "POST", f"/care/errands/{case.pk}/confirm").status_code == 403
    assert api("ma", "POST", f"/care/errands/{case.pk}/confirm").status_code == 404
    assert api("sun", "POST", f"/care/errands/{case.pk}/confirm").json()["state"] == "settled"
    again = api("sun", "POST", f"/care/errands/{case.pk}/dispute", {"text": "不对"})
    assert again.status_code == 409 and again.json()["code"] == "settled_already"


def test_figures_hide_the_few(care, api):
    a_file(care)
    told = api("liu", "GET", f"/care/figures?region={care.pine.code}").json()
    assert told["parts"][0]["counts"]["elder"] is None and told["least"] == 5
    assert NAME not in str(told)
    assert api("liu", "GET", f"/care/figures?region={care.salt.code}").status_code == 404
    assert api("sun", "GET", "/care/figures").status_code == 404
    assert api("mei", "GET", "/care/stays").json()["items"] == []


def test_lists_ask_few_questions(care, api, django_assert_max_num_queries):
    for n in range(20):
        a_file(care, name=f"示例{n}", building=f"{n}号楼")
    api("chen", "GET", "/care/files")
    with django_assert_max_num_queries(8):
        api("chen", "GET", "/care/files")
