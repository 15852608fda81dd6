"""Campaigns and the admission list through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.campaigns import actions
from tongxin.campaigns.models import Burden, Campaign, CampaignTask
from tongxin.cases.actions import make_move

NORTH = "120116001"


@pytest.fixture
def today_list(world):
    return actions.load_sample(region=world.tong, at=now(), by=world.gao)


def body(world, **changes):
    today = localdate()
    return {
        "kind": "safety", "name": "消防安全排查", "region": NORTH, "org": world.north_office.pk,
        "from_on": str(today), "due_on": str(today + timedelta(days=9)), "needs_photo": False,
        "items": [{"text": "排查场所", "kind": "number", "unit": "处"}],
    } | changes  # fmt: skip


@pytest.mark.mission("S0.34", "S4.65")
def test_from_the_draft_to_the_report(world, api, today_list):
    listed = api("liu", "GET", f"/campaigns/admission?region={NORTH}").json()
    item = next(one for one in listed["items"] if one["code"] == "A04")
    sent = body(world, admitted_by=item["id"])
    made = api("liu", "POST", "/campaigns", sent, key="c")
    assert made.status_code == 201
    assert api("liu", "POST", "/campaigns", sent, key="c").json()["id"] == made.json()["id"]
    path = f"/campaigns/{made.json()['id']}"
    assert api("liu", "POST", f"{path}/issue").json()["state"] == "issuing"
    while actions.campaigns_due(at=now()):
        pass
    assert [one["region"] for one in api("mei", "GET", f"{path}/tasks").json()["items"]] == [
        world.p1.code
    ]
    task = CampaignTask.objects.get(region=world.p1)
    make_move(task.case, "accept", at=now(), actor=world.mei)
    report = {"answers": {"q1": 6}, "note": "看过了"}
    bad = api("mei", "POST", f"/campaigns/tasks/{task.pk}/report", {"note": "x"})
    assert bad.status_code == 422 and bad.json()["field"] == "q1"
    done = api("mei", "POST", f"/campaigns/tasks/{task.pk}/report", report, key="r").json()
    assert done["step"] == "done" and done["answers"] == {"q1": 6}
    assert (
        api("mei", "POST", f"/campaigns/tasks/{task.pk}/report", report, key="r").status_code == 200
    )
    assert task.case.events.filter(name="finish").count() == 1
    told = api("liu", "GET", path).json()
    assert (told["total"], told["reported"]) == (2, 1)
    assert told["places"][0]["region"] == world.pine.code


@pytest.mark.mission("S4.65")
def test_what_is_not_admitted_is_a_problem_with_a_remedy(world, api, today_list):
    made = api("liu", "POST", "/campaigns", body(world, name="统计花盆")).json()
    refused = api("liu", "POST", f"/campaigns/{made['id']}/issue")
    assert refused.status_code == 409 and refused.json()["code"] == "not_admitted"
    assert "申请准入" in refused.json()["remedy"]
    asked = api("liu", "POST", f"/campaigns/{made['id']}/ask", {"reason": "台风前要清"}).json()
    until = str(localdate() + timedelta(days=5))
    decide = f"/campaigns/approvals/{asked['id']}/decide"
    assert api("liu", "POST", decide, {"approve": True, "expires_on": until}).status_code == 403
    assert (
        api("gao", "POST", decide, {"approve": True, "expires_on": until}).json()["verdict"]
        == "approved"
    )
    assert api("liu", "POST", f"/campaigns/{made['id']}/issue").json()["state"] == "issuing"


def test_strangers_see_none_of_it(world, api, running):
    assert api("wu", "GET", f"/campaigns/{running.pk}").status_code == 404
    assert api("wu", "GET", "/campaigns").json()["items"] == []
    assert api("wu", "POST", f"/campaigns/{running.pk}/issue").status_code == 404
    assert api("sun", "GET", f"/campaigns/admission?region={NORTH}").status_code == 404
    assert Campaign.objects.get().state == "running"


def test_burdens_and_plates(world, api, today_list):
    today = localdate()
    sent = {
        "community": world.pine.code,
        "kind": "form",
        "title": "统计表",
        "from_name": "某局",
        "on": str(today),
    }
    assert api("zhang", "POST", "/campaigns/burdens", sent, key="b").json()["is_admitted"] is False
    api("zhang", "POST", "/campaigns/burdens", sent, key="b")
    assert Burden.objects.count() == 1
    told = api("liu", "GET", f"/campaigns/burdens?region={NORTH}&month={today:%Y-%m}").json()
    assert (told["total"], told["outside"]) == (1, 1)
    assert api("zhang", "GET", f"/campaigns/plates?region={world.pine.code}").json()["items"] == []
    assert api("wu", "GET", f"/campaigns/burdens?region={NORTH}&month=2026-01").status_code == 404
