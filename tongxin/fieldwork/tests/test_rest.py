"""The API of visits: what a phone and another system may do, once for a key, and what is not theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.fieldwork import actions
from tongxin.fieldwork.models import Checklist, OfficePoint, Plan, Visit

from .conftest import GOOD, begin, finish, photo, plan, publish

PLACE = {"lng": 117.55, "lat": 39.25, "accuracy": 12}


@pytest.fixture
def today(world, checklist):
    day = localdate()
    return plan(world, checklist=checklist, due_from=day, due_on=day, at=now() - timedelta(hours=1))


def test_a_phone_takes_its_round_begins_and_finishes_once(world, api, today):
    bundle = api("mei", "GET", "/fieldwork/round").json()
    assert [one["id"] for one in bundle["visits"]] == [str(today.pk)]
    assert bundle["checklists"][0]["items"][0]["code"] == "road"
    path = f"/fieldwork/visits/{today.pk}"
    for _again in range(2):
        begun = api("mei", "POST", f"{path}/begin", {"place": PLACE}, key="b")
        assert begun.json()["state"] == "begun", begun.content
    body = {"answers": {"road": {"value": "yes"}, "moon": {"value": "yes"}}}
    refused = api("mei", "POST", f"{path}/finish", body, key="f0")
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        422, "unknown_item", "moon",
    )  # fmt: skip
    mine = photo(world.mei)
    body = {"answers": {"road": {"value": "yes"}}, "note": "好", "photos": [str(mine.pk)],
            "checklist_version": 1}  # fmt: skip
    answers = [api("mei", "POST", f"{path}/finish", body, key="f") for _ in range(2)]
    assert [one.json()["state"] for one in answers] == ["done", "done"]
    whole = api("liu", "GET", path).json()
    assert (whole["note"], whole["answers"][0]["words"], whole["rivals"]) == ("好", "是", [])


def test_a_visit_is_arranged_listed_and_called_off(world, api, norms):
    body = {"kind": "patrol", "title": "巡查", "region": world.p1.code, "workers": [world.mei.pk],
            "due_from": str(localdate()), "due_on": str(localdate())}  # fmt: skip
    made = [api("zhang", "POST", "/fieldwork/visits", body, key="k") for _ in range(2)]
    assert {one.status_code for one in made} == {201}, made[0].content
    assert Visit.objects.count() == 1
    listed = api("liu", "GET", f"/fieldwork/visits?region={world.pine.code}&state=planned").json()
    assert [one["title"] for one in listed["items"]] == ["巡查"]
    assert api("wu", "GET", "/fieldwork/visits").json()["items"] == []
    refused = api("zhang", "POST", "/fieldwork/visits", body | {"workers": [world.wu.pk]})
    assert (refused.status_code, refused.json()["field"]) == (422, "workers")
    path = f"/fieldwork/visits/{Visit.objects.get().pk}"
    assert api("wu", "POST", f"{path}/cancel", {"reason": "x"}).status_code == 404
    team = api("zhang", "POST", f"{path}/team", {"workers": [world.zhang.pk, world.mei.pk]}).json()
    assert {one["id"] for one in team["workers"]} == {world.zhang.pk, world.mei.pk}
    assert api("zhang", "POST", f"{path}/cancel", {"reason": "下雨"}).json()["state"] == "cancelled"


def test_pages_of_a_list_follow_their_key(world, api, norms):
    for n in range(3):
        plan(world, title=f"巡查{n}", due_on=localdate(), due_from=localdate())
    first = api("liu", "GET", "/fieldwork/visits?limit=2").json()
    second = api("liu", "GET", f"/fieldwork/visits?limit=2&cursor={first['next']}").json()
    assert len({one["id"] for one in first["items"] + second["items"]}) == 3
    assert second["next"] is None
    assert api("liu", "GET", "/fieldwork/visits?cursor=abc").status_code == 422


def test_rivals_are_shown_and_decided(world, api, checklist):
    one = plan(world, checklist=checklist, workers=[world.mei, world.zhang])
    begin(world, one)
    finish(world, one, key="a")
    finish(world, one, GOOD | {"quarrel": {"value": "有"}}, by=world.zhang, key="b")
    path = f"/fieldwork/visits/{one.pk}"
    (rival,) = api("liu", "GET", f"{path}/rivals").json()["items"]
    assert rival["differs"] == [
        {"item": "quarrel", "text": "邻里有无纠纷", "first": "无", "second": "有"}
    ]
    body = {"decision": "first", "reason": "当场核实过"}
    assert api("liu", "POST", f"{path}/rivals/{rival['id']}/decide", body).status_code == 200
    again = api("liu", "POST", f"{path}/rivals/{rival['id']}/decide", body)
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert api("liu", "POST", f"{path}/reopen", {"reason": "补照片"}).json()["state"] == "begun"


def test_a_plan_is_made_covered_changed_and_ended(world, api, norms):
    body = {"kind": "contact", "name": "走遍社区", "region": world.north.code,
            "target_kind": "community", "every": "once", "days": 30, "assign": "each",
            "people": [world.tang.pk], "starts_on": str(localdate())}  # fmt: skip
    made = [api("liu", "POST", "/fieldwork/plans", body, key="p") for _ in range(2)]
    assert (made[0].status_code, made[0].json()["targets"]) == (201, 2), made[0].content
    assert Plan.objects.count() == 1
    path = f"/fieldwork/plans/{made[0].json()['id']}"
    assert made[0].json()["next"][0]["why"] == "计划期内一次"
    actions.visits_due(at=now())
    shown = api("liu", "GET", f"{path}/coverage").json()
    assert (shown["columns"], shown["targets"]["words"], shown["visits"]["percent"]) == (
        ["唐颖"], "0/2", 0,
    )  # fmt: skip
    changed = api("liu", "POST", f"{path}/change", {"name": "走遍", "reason": "改名"})
    assert changed.json()["name"] == "走遍"
    for verb, state in (("stop", "stopped"), ("resume", "active"), ("end", "ended")):
        assert api("liu", "POST", f"{path}/{verb}", {"reason": "调整"}).json()["state"] == state
    assert api("liu", "POST", f"{path}/stop", {"reason": "x"}).status_code == 409
    assert api("wu", "GET", path).status_code == 404
    assert [one["name"] for one in api("liu", "GET", "/fieldwork/plans").json()["items"]] == [
        "走遍"
    ]
    places = body | {
        "target_kind": "site",
        "targets": [{"name": "市场", "region": world.pine.code}],
    }
    assert api("liu", "POST", "/fieldwork/plans", places).json()["targets"] == 1


def test_a_checklist_is_written_and_published(world, api, norms):
    body = {"code": "shop", "name": "商户", "kind": "inspection", "region": world.north.code}
    made = api("liu", "POST", "/fieldwork/checklists", body)
    assert made.status_code == 201, made.content
    path = f"/fieldwork/checklists/{made.json()['id']}"
    item = {"code": "clean", "text": "卫生", "type": "choice", "bad_when": "差",
            "options": [{"value": "好"}, {"value": "差"}]}  # fmt: skip
    assert len(api("liu", "POST", f"{path}/items", item).json()["items"]) == 1
    assert api("liu", "POST", f"{path}/items", item | {"bad_when": "坏"}).status_code == 422
    on = {"effective_from": str(localdate())}
    assert api("liu", "POST", f"{path}/publish", on).json()["is_draft"] is False
    assert api("liu", "POST", f"{path}/items", item).json()["code"] == "in_use"
    assert api("liu", "POST", f"{path}/copy", {}).json()["version"] == 2
    assert api("wu", "GET", path).status_code == 404
    sample = publish(code="sample")
    own = {"region": world.north.code, "code": "mine"}
    assert api("liu", "POST", f"/fieldwork/checklists/{sample.pk}/copy", own).status_code == 201
    assert Checklist.objects.filter(code="mine").exists()
    assert len(api("liu", "GET", "/fieldwork/checklists").json()["items"]) == 4


def test_figures_and_points_over_the_api(world, api, norms, today):
    figures = api("liu", "GET", f"/fieldwork/figures?region={world.north.code}").json()
    assert [(one["name"], one["total"], one["done"]) for one in figures["lands"]] == [
        ("松社区", 1, 0)
    ]
    assert api("wu", "GET", f"/fieldwork/figures?region={world.north.code}").status_code == 404
    day = localdate() + timedelta(days=1)
    body = {"title": "办公点", "region": world.pine.code, "place_name": "凉亭", "services": "医保",
            "opens_at": f"{day}T09:00:00+08:00", "closes_at": f"{day}T11:00:00+08:00"}  # fmt: skip
    for _again in range(2):
        made = api("zhang", "POST", "/fieldwork/points", body, key="o")
        assert made.status_code == 201, made.content
    assert OfficePoint.objects.count() == 1
    public = api("", "GET", f"/fieldwork/points?region={world.pine.code}").json()["items"]
    assert [one["place"] for one in public] == ["凉亭"]
    assert api("zhang", "POST", "/fieldwork/points", body | {"closes_at": body["opens_at"]}).status_code == 422  # fmt: skip


@pytest.mark.parametrize("path", ["/fieldwork/visits", "/fieldwork/round", "/fieldwork/plans"])
def test_a_list_costs_the_same_for_many(world, api, checklist, path, django_assert_max_num_queries):
    for n in range(10):
        plan(world, title=f"巡查{n}", checklist=checklist, due_on=localdate(), due_from=localdate())
    api("mei" if "round" in path else "liu", "GET", path)
    with django_assert_max_num_queries(8):
        api("mei" if "round" in path else "liu", "GET", path)
