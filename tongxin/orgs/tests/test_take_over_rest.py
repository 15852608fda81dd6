"""Lists of units through the API: judged, carried out whole, undone, confirmed; a retry acts once."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.orgs.models import LogEntry, Org, TakeOver

GOOD = [
    {"name": "新局党委", "unit_kind": "党委", "sector": "机关", "source": "新局"},
    {"name": "新局第一党支部", "unit_kind": "branch", "sector": "organ", "above": "新局党委"},
]


def wish(into: Org, rows=None, **more) -> dict:
    given = {"into": into.pk, "title": "机构改革接收", "on": date(2026, 3, 1).isoformat()}
    return given | {"rows": GOOD if rows is None else rows} | more


@pytest.mark.mission("S2.20")
def test_a_list_is_judged_carried_out_taken_back_and_made_final(world, api):
    made = api("tang", "POST", "/take-overs", wish(world.north_party), key="t")
    again = api("tang", "POST", "/take-overs", wish(world.north_party), key="t")
    assert (made.status_code, made.content) == (201, again.content)
    batch = made.json()
    assert (batch["state"], batch["found"], batch["move"], batch["bad"]) == ("draft", 2, 0, 0)
    assert TakeOver.objects.count() == 1
    assert not Org.objects.filter(name="新局党委").exists()  # shown, not done
    path = f"/take-overs/{batch['id']}"
    rows = api("tang", "GET", f"{path}/rows?limit=1").json()
    assert [(one["line"], one["verdict"], one["why"]) for one in rows["items"]] == [
        (1, "found", "新接收")
    ]
    rest = api("tang", "GET", f"{path}/rows?cursor={rows['next']}").json()
    assert [one["name"] for one in rest["items"]] == ["新局第一党支部"] and rest["next"] is None

    assert api("tang", "POST", f"{path}/confirm").status_code == 409  # nothing was done yet
    assert api("tang", "POST", f"{path}/undo").json()["code"] == "not_applied"
    assert api("tang", "POST", f"{path}/apply", {}).json()["state"] == "applied"
    assert api("tang", "POST", f"{path}/apply", {}).json()["code"] == "not_draft"
    branch = Org.objects.get(name="新局第一党支部")
    assert branch.parent.name == "新局党委" and branch.unit_kind == "branch"
    assert api("tang", "POST", f"{path}/undo").json()["state"] == "undone"
    assert not Org.objects.filter(name="新局党委").exists()

    new = api("tang", "POST", "/take-overs", wish(world.north_party)).json()
    path = f"/take-overs/{new['id']}"
    api("tang", "POST", f"{path}/apply", {})
    assert not LogEntry.objects.filter(unit__name="新局党委").exists()
    final = api("tang", "POST", f"{path}/confirm").json()
    assert final["state"] == "confirmed" and final["settled_at"]
    assert LogEntry.objects.filter(unit__name="新局党委").count() == 1
    assert api("tang", "POST", f"{path}/undo").status_code == 409
    listed = api("tang", "GET", "/take-overs").json()["items"]
    assert [one["state"] for one in listed] == ["confirmed", "undone"]


def test_bad_rows_say_why_and_are_left_out_only_when_asked(world, api):
    rows = [*GOOD, {"name": "甲", "unit_kind": "公司"}]
    batch = api("tang", "POST", "/take-overs", wish(world.north_party, rows)).json()
    assert (batch["found"], batch["bad"]) == (2, 1)
    path = f"/take-overs/{batch['id']}"
    bad = api("tang", "GET", f"{path}/rows?verdict=bad").json()["items"]
    assert [(one["line"], one["why"]) for one in bad] == [(3, "没有“公司”这个类型")]
    refused = api("tang", "POST", f"{path}/apply", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "bad_rows")
    assert not Org.objects.filter(name="新局党委").exists()
    assert api("tang", "POST", f"{path}/apply", {"skip_bad": True}).json()["state"] == "applied"
    assert Org.objects.filter(name="新局党委").exists()
    assert api("tang", "POST", "/take-overs", wish(world.north_party, [])).status_code == 422


def test_who_keeps_no_register_there_sees_and_does_nothing(world, api):
    own = api("tang", "POST", "/take-overs", wish(world.north_party)).json()
    path = f"/take-overs/{own['id']}"
    for who in ("qin", "yue", "liu", "sun"):
        assert api(who, "GET", "/take-overs").json()["items"] == []
        assert api(who, "GET", path).status_code == 404
        assert api(who, "GET", f"{path}/rows").status_code == 404
        for verb in ("apply", "undo", "confirm"):
            assert api(who, "POST", f"{path}/{verb}", {}).status_code == 404
    assert api("", "GET", "/take-overs").status_code == 401
    looks = api("liu", "POST", "/take-overs", wish(world.north_party))
    assert (looks.status_code, looks.json()["code"]) == (403, "not_your_unit")
    far = api("yue", "POST", "/take-overs", wish(world.north_party))
    assert (far.status_code, far.json()["field"]) == (404, "into")
    assert TakeOver.objects.get().state == "draft"
    assert api("he", "GET", path).status_code == 200  # who keeps the register above


def test_lists_cost_few_queries(world, api, django_assert_max_num_queries):
    rows = [{"name": f"支部{n}", "unit_kind": "branch"} for n in range(40)]
    for _n in range(3):
        path = api("tang", "POST", "/take-overs", wish(world.north_party, rows)).json()["id"]
    with django_assert_max_num_queries(3):
        assert len(api("tang", "GET", "/take-overs").json()["items"]) == 3
    with django_assert_max_num_queries(4):
        assert len(api("tang", "GET", f"/take-overs/{path}/rows").json()["items"]) == 40
