"""Advice and plans over HTTP."""

import pytest

from tongxin.cases.models import Case
from tongxin.dispatching.models import Plan
from tongxin.requests.actions import file_request
from tongxin.testing import NOON


@pytest.fixture
def taps(world):
    return [
        file_request(
            text=f"水管漏水{n}", topic=world.tap, region=world.pine, at=NOON, actor=world.sun
        )
        for n in range(2)
    ]


class TestAdvice:
    def test_people_units_marks_and_the_chain(self, world, taps, api):
        found = api("zhang", "GET", f"/dispatching/cases/{taps[0].pk}/candidates").json()
        assert {one["name"] for one in found["people"]} == {"王芳", "赵磊", "梅雪"}
        first = found["people"][0]
        assert first["score"] == pytest.approx(sum(m["points"] for m in first["marks"]), abs=0.1)
        assert found["units"]
        assert (found["asked"], found["weights_from"]) == ([], None)

    @pytest.mark.parametrize(("who", "status"), [("", 401), ("wu", 404), ("sun", 403)])
    def test_nobody_else(self, world, taps, api, who, status):
        answer = api(who, "GET", f"/dispatching/cases/{taps[0].pk}/candidates")
        assert answer.status_code == status


class TestPlans:
    def test_made_changed_and_confirmed(self, world, taps, api):
        body = {"region": world.pine.code}
        made = api("zhang", "POST", "/dispatching/plans", body, key="k")
        assert made.status_code == 201
        plan = made.json()
        assert plan["cost"] == plan["bound"] == plan["cost_now"]
        assert api("zhang", "POST", "/dispatching/plans", body, key="k").json()["id"] == plan["id"]
        path = f"/dispatching/plans/{plan['id']}"
        assert api("zhang", "GET", path).json() == plan
        out = api("zhang", "POST", f"{path}/lines/1", {"user_id": None}).json()
        assert out["more"] < 0
        assert api("zhang", "POST", f"{path}/lines/0", {"user_id": world.qin.pk}).status_code == 422
        states = [line["state"] for line in api("zhang", "POST", f"{path}/confirm").json()["lines"]]
        assert states == ["done", "out"]
        assert Case.objects.filter(step="dispatched").count() == 1
        assert api("zhang", "POST", f"{path}/drop").status_code == 409
        assert [one["id"] for one in api("zhang", "GET", "/dispatching/plans").json()["items"]] == [
            plan["id"]
        ]

    def test_not_yours_and_not_there_are_alike(self, world, taps, api):
        made = api("zhang", "POST", "/dispatching/plans", {"region": world.pine.code}).json()
        for who in ("wu", "sun"):
            for method, path in (("GET", ""), ("POST", "/confirm"), ("POST", "/drop")):
                answer = api(who, method, f"/dispatching/plans/{made['id']}{path}")
                assert answer.status_code == 404
        assert api("wu", "GET", "/dispatching/plans").json() == {"items": [], "next": None}
        assert (
            api("wu", "POST", "/dispatching/plans", {"region": world.pine.code}).status_code == 403
        )
        assert api("zhang", "POST", "/dispatching/plans", {"region": "999"}).status_code == 404
        assert Plan.objects.count() == 1
