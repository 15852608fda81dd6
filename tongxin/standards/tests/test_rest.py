"""The API of standards: what it answers, once for a key, and what is not there for others."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.standards import actions
from tongxin.standards.models import Assessment, GoalEntry

from .conftest import AFTER, YEAR, assess, row, rule_all

THIS_YEAR = date.today().year  # noqa: DTZ011


@pytest.fixture
def programme(world):
    return actions.make_programme(
        unit=world.tong_party, name="北疆先锋", from_year=2025, to_year=THIS_YEAR + 1, by=world.he,
        at=AFTER,
    )  # fmt: skip


def goal_body(world, **changes):
    return {
        "sector": "community", "year": THIS_YEAR, "title": "规范组织生活", "measure": "按期召开率",
        "target": "90", "owner": world.north_party.pk, "due": f"{THIS_YEAR}-12-31",
    } | changes  # fmt: skip


def test_a_goal_is_set_and_driven_once_for_a_key(world, api, programme):
    made = api("he", "POST", f"/standards/programmes/{programme.pk}/goals", goal_body(world))
    assert made.status_code == 201, made.content
    goal = made.json()
    assert (goal["state"], goal["words"]) == ("waiting", "还没有数，目标 90%")
    entry = {"on": "2026-03-01", "text": "排查", "done": 19, "total": 20}
    url = f"/standards/goals/{goal['id']}/entries"
    answers = [api("tang", "POST", url, entry, key="e1") for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert GoalEntry.objects.count() == 1
    assert api("tang", "GET", f"/standards/goals/{goal['id']}").json()["state"] == "done"
    assert api("he", "GET", url).json()["items"][0]["by"] == "唐颖"
    listed = api("qin", "GET", f"/standards/programmes/{programme.pk}/goals").json()["items"]
    assert [one["figure"] for one in listed] == [95]
    assert api("qin", "GET", "/standards/programmes").json()["items"][0]["name"] == "北疆先锋"


def test_refusals_are_problems(world, api, programme):
    url = f"/standards/programmes/{programme.pk}/goals"
    assert api("tang", "POST", url, goal_body(world)).status_code == 403
    wrong = api("he", "POST", url, goal_body(world, target="101"))
    assert (wrong.status_code, wrong.json()["field"]) == (422, "target")
    assert api("wang", "GET", f"/standards/programmes/{programme.pk}/goals").status_code == 404
    assert api("wang", "GET", "/standards/programmes").json()["items"] == []


def test_a_branch_is_computed_ruled_and_confirmed(world, api, branch):
    found = api("qin", "POST", f"/standards/units/{branch.pk}/assessments", {"year": YEAR}).json()
    assert found["passed"] is None
    assert found["open"] == 3
    place = next(one for one in found["judged"] if one["code"] == "S1")
    url = f"/standards/assessment-items/{place['id']}/rulings"
    said = api("qin", "POST", url, {"verdict": "met", "reason": "照片存档"})
    assert (said.status_code, said.json()["from_above"]) == (201, False)
    assessment = Assessment.objects.get()
    rule_all(world, assessment)
    url = f"/standards/assessments/{assessment.pk}/confirm"
    assert api("qin", "POST", url).status_code == 403
    assert api("tang", "POST", url).json()["passed"] is True
    assert api("tang", "POST", url).json()["code"] == "already_confirmed"
    rate = api("he", "GET", f"/standards/rate?year={YEAR}").json()
    assert (rate["whole"]["passed"], rate["whole"]["total"], rate["whole"]["rate"]) == (1, 2, 50.0)
    listed = api("he", "GET", f"/standards/assessments?year={YEAR}&state=passed").json()["items"]
    assert [one["id"] for one in listed] == [assessment.pk]
    again = api(
        "tang", "POST", f"/standards/assessments/{assessment.pk}/reopen", {"reason": "复核"}
    )
    assert again.json()["passed"] is None


def test_what_is_not_yours_is_not_there(world, api, branch):
    found = assess(world, branch)
    item = row(found, "S1").pk
    for method, url, body in (
        ("GET", f"/standards/assessments/{found.pk}", None),
        ("POST", f"/standards/assessments/{found.pk}/confirm", None),
        ("POST", f"/standards/units/{branch.pk}/assessments", {"year": YEAR}),
        ("POST", f"/standards/assessment-items/{item}/rulings", {"verdict": "met", "reason": "照片存档"}),
        ("GET", f"/standards/rate?year={YEAR}&unit={branch.pk}", None),
        ("GET", f"/standards/indicators?region={world.north.code}", None),
    ):  # fmt: skip
        assert api("yue", method, url, body).status_code == 404, url
    assert api("yue", "GET", f"/standards/assessments?year={YEAR}").json()["items"] == []


def test_the_frame_says_how_it_judges(world, api, frame):
    found = api("qin", "GET", "/standards/frame").json()
    by_code = {one["code"]: one for one in found["items"]}
    assert by_code["M5"]["words"] == "看全程纪实：每月至少 1 条“组织生活”记录"
    assert found["is_sample"] is True


def test_buildings_by_cursor_and_a_duty_once(world, api, building):
    world.branch.grids.add(building)
    url = f"/standards/buildings?region={world.north.code}&year=2026"
    assert api("liu", "GET", url).json()["items"][0]["units"][0]["name"] == "松社区第一党支部"
    body = {"unit": world.branch.pk, "duty": "policy", "on": "2026-03-01", "text": "发放明白纸"}
    made = [
        api("qin", "POST", f"/standards/buildings/{building.code}/records", body, key="d1")
        for _ in range(2)
    ]
    assert made[0].json() == made[1].json()
    assert api("liu", "GET", url).json()["items"][0]["policy"] == 1
    assert api("liu", "GET", f"{url}&show=uncovered").json() == {"items": [], "next": None}
    wrong = api("yue", "POST", f"/standards/buildings/{building.code}/records", body)
    assert wrong.status_code == 404


@pytest.mark.mission("S0.44")
def test_indicators_show_base_and_formula(world, api):
    found = api("liu", "GET", f"/standards/indicators?region={world.north.code}").json()["items"]
    by_code = {one["code"]: one for one in found}
    # Pine has party units, an office, a grid worker, volunteers and a team; Reed has nothing.
    assert (by_code["kinds"]["have"], by_code["kinds"]["total"]) == (5, 14)
    assert (by_code["grids_staffed"]["have"], by_code["grids_staffed"]["total"]) == (1, 2)
    assert by_code["posts_low"]["share"] == round(
        100 * by_code["posts_low"]["have"] / by_code["posts_low"]["total"], 1
    )
    assert all(one["formula"] for one in found)
