"""The same by the API: who may, who may not, the stranger; retries act once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.findings import actions
from tongxin.findings.models import Finding, FindingGroup
from tongxin.photos.actions import keep_photo

from .conftest import picture


@pytest.fixture
def call(cast, api):
    return api


def days(n: int) -> str:
    return str(localdate() + timedelta(days=n))


def a_photo(user) -> str:
    return str(keep_photo(data=picture(), by=user, at=now()).pk)


def recorded(call, who="shen", **more):
    world = call.world
    given = {
        "region": world.pine.code, "text": "楼道堆放杂物", "kind": "F11",
        "units": [{"org": world.roads.pk, "responsibility": "main"}],
    } | more  # fmt: skip
    return call(who, "POST", "/findings", given, key=more.get("text", "k"))


def test_recorded_once_and_read_by_each_as_they_may(call, cast):
    photo = a_photo(cast.shen)
    first = recorded(call, named="赵某某", photos=[photo])
    assert first.status_code == 201, first.content
    body = first.json()
    assert body["number"].endswith("-0001") and body["region"] == cast.pine.code
    assert body["photos"][0]["slot"] == "before" and body["has_names"]
    assert recorded(call, named="赵某某", photos=[photo]).json()["id"] == body["id"]
    assert "赵某某" not in first.content.decode()
    seen = call("li", "GET", f"/findings/{body['id']}").json()
    assert seen["found_by"] == "" and not seen["has_names"]
    assert call("shen", "GET", f"/findings/{body['id']}").json()["found_by"] == "沈明"
    assert call("wu", "GET", f"/findings/{body['id']}").status_code == 404
    assert call("wu", "GET", "/findings").json()["items"] == []
    page = call("liu", "GET", "/findings?kind=F11&step=unsettled&limit=1").json()
    assert [one["id"] for one in page["items"]] == [body["id"]] and page["next"] is None
    assert call("liu", "GET", "/findings?kind=F12").json()["items"] == []
    told = call("shen", "POST", f"/findings/{body['id']}/names", {"reason": "核实谈话"})
    assert told.json() == {"named": "赵某某"} and told["Cache-Control"] == "no-store"
    assert (
        call("li", "POST", f"/findings/{body['id']}/names", {"reason": "核实谈话"}).status_code
        == 403
    )
    assert recorded(call, "sun", text="路人").status_code == 403
    assert recorded(call, text="坏照片", photos=[a_photo(cast.mei)]).status_code == 422


def test_pages_follow_one_another(call):
    for n in range(3):
        recorded(call, text=f"问题{n}")
    first = call("shen", "GET", "/findings?limit=2").json()
    second = call("shen", "GET", f"/findings?limit=2&cursor={first['next']}").json()
    numbers = [one["text"] for one in (*first["items"], *second["items"])]
    assert numbers == ["问题2", "问题1", "问题0"] and second["next"] is None
    assert call("shen", "GET", "/findings?cursor=x").status_code == 422


def test_corrected_void_and_named_anew(call, cast):
    one, two = (recorded(call, text=text).json()["id"] for text in "甲乙")
    done = call("shen", "POST", f"/findings/{one}/correct", {"note": "清走", "photos": [a_photo(cast.shen)]})  # fmt: skip
    assert done.json()["step"] == "corrected"
    again = call("shen", "POST", f"/findings/{one}/correct", {"note": "清走", "photos": [a_photo(cast.shen)]})  # fmt: skip
    assert again.status_code == 409
    units = [{"name": "好邻居超市", "responsibility": "main"}]
    named = call("shen", "POST", f"/findings/{two}/responsible", {"units": units}).json()
    assert [unit["name"] for unit in named["units"]] == ["好邻居超市"]
    assert "监管责任" in named["lacks"]
    bad = [{"org": 10**9, "responsibility": "main"}]
    assert call("shen", "POST", f"/findings/{two}/responsible", {"units": bad}).status_code == 422
    assert call("mei", "POST", f"/findings/{two}/void", {"reason": "重复"}).status_code == 404
    assert (
        call("shen", "POST", f"/findings/{two}/void", {"reason": "重复"}).json()["step"] == "void"
    )


def test_ordered_answered_paid_and_called(call, cast):
    id = recorded(call, due_fen=1000, fund="甲村项目", kind="F31").json()["id"]
    orders = [
        {"org": org.pk, "deadline": days(9), "report_every": 3} for org in (cast.roads, cast.water)
    ]
    body = call("shen", "POST", f"/findings/{id}/orders", {"orders": orders}).json()
    assert [one["unit"] for one in body["answers"]] == ["城市管理委", "水务局"]
    again = call("shen", "POST", f"/findings/{id}/orders", {"orders": orders})
    assert again.status_code == 409
    case = body["answers"][0]["case"]
    assert call("li", "POST", f"/cases/{case}/moves/accept", {}).status_code == 200
    planned = call("li", "POST", f"/cases/{case}/moves/plan", {"cause": "人手不足", "plan": "增人"})
    assert planned.status_code == 200, planned.content
    assert planned.json()["case"]["step"] == "planned"
    told = call("li", "GET", f"/findings/{id}").json()["answers"]
    assert told[0]["cause"] == "人手不足" and told[0]["plan"] == "增人"
    report = {"on": days(0), "text": "已拨三成"}
    url = f"/findings/rectifications/{case}/reports"
    assert call("li", "POST", url, report).status_code == 201
    assert call("zhou", "POST", url, report).status_code in (403, 404)
    paid = {"fen": 600, "on": days(0), "receipt": a_photo(cast.li)}
    url = f"/findings/{id}/payments"
    first = call("li", "POST", url, paid, key="p")
    assert first.status_code == 201 and first.json()["has_receipt"]
    assert call("li", "POST", url, paid, key="p").json()["id"] == first.json()["id"]
    assert call("li", "POST", url, {"fen": 600, "on": days(0)}).status_code == 422
    money = call("gao", "GET", url).json()
    assert (money["due_fen"], money["paid_fen"], len(money["items"])) == (1000, 600, 1)
    url = f"/findings/{id}/calls"
    said = {"at": now().isoformat(), "spoke_to": "王科长", "text": "本周拨付", "next_on": days(2)}
    assert call("shen", "POST", url, said).status_code == 201
    assert call("shen", "GET", url).json()["items"][0]["spoke_to"] == "王科长"
    assert call("li", "GET", url).status_code == 404
    assert call("li", "POST", url, said).status_code == 403


def test_common_findings_and_self_checks(call, cast):
    main = [{"org": cast.pine_office.pk, "responsibility": "main"}]
    ids = [recorded(call, text=f"{n}号楼堆物", units=main).json()["id"] for n in (1, 2)]
    given = {"title": "通道堵塞", "findings": ids}
    group = call("shen", "POST", "/findings/groups", given)
    assert group.status_code == 201 and group.json()["findings"] == 2
    assert call("shen", "POST", "/findings/groups", given).status_code == 409
    assert call("wu", "POST", "/findings/groups", given).status_code == 404
    url = f"/findings/groups/{group.json()['id']}/self-checks"
    asked = {"region": cast.tong.code, "org_kind": "community", "text": "查通道", "due_on": days(5)}
    started = call("shen", "POST", url, asked, key="r")
    assert started.json()["asked"] == 1
    assert call("shen", "POST", url, asked, key="r").json()["id"] == started.json()["id"]
    assert call("li", "POST", url, asked).status_code == 404
    (check,) = call("wu", "GET", "/findings/self-checks").json()["items"]
    answer = {"has": True, "text": "2号楼有", "checked_on": days(0), "photos": [a_photo(cast.wu)]}
    url = f"/findings/self-checks/{check['id']}/answer"
    assert call("zhang", "POST", url, answer).status_code == 404
    done = call("wu", "POST", url, answer).json()
    assert done["answer"] == "has"
    assert Finding.objects.get(pk=done["finding"]).group_id == FindingGroup.objects.get().pk
    page = call("shen", "GET", "/findings/groups").json()["items"]
    assert (page[0]["asked"], page[0]["answered"], page[0]["findings"]) == (1, 1, 3)


def test_kinds_say_what_is_a_sample(call):
    items = call("shen", "GET", "/findings/kinds").json()["items"]
    assert items and all(one["is_sample"] for one in items)
    assert {"code", "name", "category", "duties", "days"} <= items[0].keys()
    assert actions.load_kinds() == 0
