"""The API of supervision, as programs use it."""

from __future__ import annotations

import pytest

from tongxin.inspections import actions
from tongxin.inspections.models import Dispatch, Operation, SamplingPlan, Site

from .conftest import DAY, at, begin, plan, run, send, visit_all


@pytest.fixture(autouse=True)
def monday(monkeypatch):
    for name in ("operations", "dispatches", "sites", "resuming"):
        monkeypatch.setattr(f"tongxin.inspections.rest.{name}.now", lambda: at(DAY, 15))


class TestOperations:
    def body(self, land, **more):
        return {
            "org": land.commission.pk, "region": "120116", "name": "专项", "scope": "防控责任",
            "starts_on": "2026-03-02", "ends_on": "2026-03-31",
        } | more  # fmt: skip

    def test_from_the_draft_to_the_report(self, land, api):
        made = api("ji", "POST", "/inspections/operations", self.body(land), key="k").json()
        again = api("ji", "POST", "/inspections/operations", self.body(land), key="k")
        assert (again.status_code, again.json()["id"]) == (201, made["id"])
        here = f"/inspections/operations/{made['id']}"
        assert api("ji", "POST", f"{here}/approve").status_code == 403
        assert api("qiao", "POST", f"{here}/approve").json()["state"] == "approved"
        assert api("ji", "POST", f"{here}/begin").status_code == 409
        team = {"leader": land.ji.pk, "members": [land.kang.pk], "areas": ["120116001"]}
        assert api("ji", "POST", f"{here}/teams", team).status_code == 201
        covers = api("ji", "POST", f"{here}/subjects", {"regions": ["120116001"]}).json()["items"]
        assert [(one["name"], one["visits"]) for one in covers] == [("北塘街道", 0)]
        assert api("ji", "POST", f"{here}/begin").json()["state"] == "running"
        assert api("ji", "GET", f"{here}/report").status_code == 404
        operation = Operation.objects.get()
        visit_all(land, send(land, operation, "fresh", "green"))
        figures = {
            one["code"]: one["value"] for one in api("ji", "GET", f"{here}/figures").json()["items"]
        }
        assert (figures["dispatches"], figures["person_times"], figures["visits"]) == (1, 2, 2)
        assert all(one["definition"] for one in api("ji", "GET", f"{here}/figures").json()["items"])
        assert api("ji", "POST", f"{here}/close").json()["state"] == "closed"
        report = api("ji", "GET", f"{here}/report").json()
        assert "出动1组2人次" in report["paragraphs"][0][1]
        teams = api("ji", "GET", f"{here}/teams").json()["items"]
        assert (teams[0]["dispatches"], teams[0]["visits"]) == (1, 2)

    def test_what_is_wrong_is_a_problem(self, land, api):
        wrong = api("ji", "POST", "/inspections/operations", self.body(land, ends_on="2026-03-01"))
        assert (wrong.status_code, wrong.json()["field"]) == (422, "ends_on")
        assert (
            api("ji", "POST", "/inspections/operations", self.body(land, more=1)).status_code == 422
        )
        assert api("gao", "POST", "/inspections/operations", self.body(land)).status_code == 403

    def test_draws_are_for_insiders(self, land, running, api):
        body = {"seed": "s", "kinds": ["market"], "reason": "随机抽查"}
        here = f"/inspections/operations/{running.pk}/draws"
        assert api("gao", "POST", here, body).status_code == 404
        made = api("ji", "POST", here, body).json()
        assert made["is_reproduced"] and len(made["sites"][0]["people"]) == 2
        assert api("gao", "GET", f"/inspections/draws/{made['id']}").status_code == 404
        again = body | {"seed": "t", "redraws": made["id"], "redraw_reason": "点位停业"}
        assert api("ji", "POST", here, again).json()["redraws"] == made["id"]
        assert SamplingPlan.objects.count() == 2


class TestDispatches:
    def test_planned_looked_at_added_to_and_called_off(self, land, running, api):
        team = running.teams.get()
        body = {
            "on": "2026-03-02", "members": [land.ji.pk, land.kang.pk],
            "stops": [{"site": land.sites["fresh"].pk, "mode": "whole"}],
        }  # fmt: skip
        here = f"/inspections/teams/{team.pk}/dispatches"
        made = api("kang", "POST", here, body, key="k").json()
        assert api("kang", "POST", here, body, key="k").json()["id"] == made["id"]
        assert Dispatch.objects.count() == 1
        assert made["stops"][0]["mode"] == "whole"
        one = f"/inspections/dispatches/{made['id']}"
        more = api(
            "ji", "POST", f"{one}/stops", {"stops": [{"site": land.sites["green"].pk}]}
        ).json()
        assert [stop["order"] for stop in more["stops"]] == [1, 2]
        crew = api("ji", "POST", f"{one}/crew", {"there": [land.ji.pk]}).json()["members"]
        assert [one["was_there"] for one in crew] == [True, False]
        assert api("ji", "POST", f"{one}/cancel", {"reason": "台风"}).json()["cancelled_at"]
        assert api("ji", "POST", f"{one}/cancel", {"reason": "台风"}).status_code == 409

    def test_a_finding_names_its_number_and_is_kept_once(self, land, running, api):
        stop = begin(land, send(land, running, "fresh").visits.get())
        here = f"/inspections/stops/{stop.pk}/findings"
        body = {"text": "扫码登记不完整", "named": "丁某"}
        made = api("ji", "POST", here, body, key="k")
        assert made.status_code == 201
        assert api("ji", "POST", here, body, key="k").json() == made.json()
        assert api("gao", "POST", here, body).status_code == 404

    def test_conflicts_are_said(self, land, api):
        operation = run(land, plan(land), members=[land.kang, land.rao])
        body = {
            "on": "2026-03-02", "members": [land.ji.pk, land.rao.pk],
            "stops": [{"site": land.sites["fresh"].pk}],
        }  # fmt: skip
        here = f"/inspections/teams/{operation.teams.get().pk}/dispatches"
        answer = api("ji", "POST", here, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_impartial")


class TestSites:
    def test_registered_read_changed_struck_off(self, land, api):
        body = {"name": "北塘码头", "kind": "station", "region": "120116001"}
        made = api("liu", "POST", "/inspections/sites", body).json()
        here = f"/inspections/sites/{made['id']}"
        assert api("liu", "PUT", here, body | {"address": "码头路"}).json()["address"] == "码头路"
        assert api("wu", "GET", here).status_code == 404
        assert api("liu", "POST", "/inspections/sites", body).status_code == 409
        listed = api("liu", "GET", "/inspections/sites?kind=station").json()
        assert [one["id"] for one in listed["items"]] == [made["id"]]
        assert api("liu", "POST", f"{here}/close", {"on": "2026-03-02"}).json()["closed_on"]
        assert Site.objects.open().filter(pk=made["id"]).count() == 0
        assert api("mei", "POST", "/inspections/sites", body).status_code == 403

    def test_pages_by_cursor(self, land, api):
        first = api("ji", "GET", "/inspections/sites?limit=3").json()
        rest = api("ji", "GET", f"/inspections/sites?limit=3&cursor={first['next']}").json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)


@pytest.mark.mission("S0.62")
def test_reopening(land, api):
    actions.load_conditions()
    batch = api(
        "gao", "POST", "/inspections/resuming/batches",
        {"region": "120116", "firm_class": "trade", "planned_on": "2026-03-10"},
    ).json()  # fmt: skip
    here = f"/inspections/resuming/batches/{batch['id']}"
    codes = ["F1", "F2", "F3", "F4", "F6", "S1", "S2", "S4"]
    firm = {"site": land.sites["fresh"].pk, "people": 40, "declared": dict.fromkeys(codes, True)}
    short = firm | {"declared": {"F1": True}}
    assert api("liu", "POST", f"{here}/firms", short).status_code == 404  # not the street's batch
    assert api("ji", "POST", f"{here}/firms", short).status_code == 422
    made = api("ji", "POST", f"{here}/firms", firm, key="k").json()
    found = {code: {"met": True} for code in codes}
    check = f"/inspections/resuming/firms/{made['id']}/check"
    bad = found | {"S4": {"met": False, "note": "消防通道堆物"}}
    assert api("ji", "POST", check, {"found": bad}).json()["state"] == "unmet"
    assert api("gao", "POST", f"{here}/approve").status_code == 409
    assert api("ji", "POST", check, {"found": found}).json()["state"] == "checked"
    assert api("ji", "POST", f"{here}/approve").status_code == 403
    assert api("gao", "POST", f"{here}/approve").json() == {"reopened": 1, "left": 0}
    lines = {
        one["firm_class"]: one
        for one in api("gao", "GET", "/inspections/resuming/classes").json()["items"]
    }
    assert (lines["trade"]["states"]["approved"], lines["trade"]["people"]) == (1, 40)
