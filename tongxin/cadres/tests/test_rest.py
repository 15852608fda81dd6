"""The same verbs as JSON: who may, what is refused, and that a page of any size costs the same."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from tongxin.cadres.models import AllocationRun, DailyRating, PoolEntry, Secondment
from tongxin.cadres.tests.cast import send, start
from tongxin.cadres.tests.test_pages import run, running  # noqa: F401 (fixtures)
from tongxin.orgs.models import Org

TODAY = localdate()


def soon(days: int) -> str:
    return str(TODAY + timedelta(days=days))


class TestOperations:
    def body(self, world, **changes) -> dict:
        return {
            "name": "防汛应急行动", "region": world.tong.code, "ordered_by": world.tong_party.pk,
            "document_no": "滨防指〔2026〕1号", "reason": "台风", "ends_on": soon(30),
        } | changes  # fmt: skip

    @pytest.mark.mission("S0.12")
    def test_on_and_off(self, api, cadres):
        made = api("gao", "POST", "/cadres/operations", self.body(cadres))
        assert made.status_code == 201
        path = f"/cadres/operations/{made.json()['id']}"
        again = api("gao", "POST", "/cadres/operations", self.body(cadres))
        assert (again.status_code, again.json()["code"]) == (409, "already_running")
        assert api("zhang", "GET", path).json()["document_no"] == "滨防指〔2026〕1号"
        assert api("sun", "GET", path).status_code == 404
        phase = {"phase": "regular", "ends_on": soon(60)}
        assert api("zhang", "POST", f"{path}/phase", phase).status_code == 403
        assert api("gao", "POST", f"{path}/phase", phase).json() == {"number": 0}
        assert api("gao", "POST", f"{path}/end", {"reason": "解除"}).status_code == 200
        assert api("gao", "GET", path).json()["end_reason"] == "解除"

    def test_refusals(self, api, cadres):
        for who, changes, status in (
            ("zhang", {}, 403),
            ("gao", {"region": cadres.pine.code}, 422),
            ("gao", {"ends_on": soon(-1)}, 422),
            ("gao", {"name": ""}, 422),
            ("gao", {"ordered_by": 999999}, 404),
            ("gao", {"unknown": 1}, 422),
            ("", {}, 401),
        ):
            answer = api(who, "POST", "/cadres/operations", self.body(cadres, **changes))
            assert answer.status_code == status, (who, changes, answer.content)


class TestPool:
    def offer(self, world, **changes) -> dict:
        return {
            "name": "郝新", "phone": "13900001234", "unit": world.water.pk, "home": world.reed.code,
            "from_date": soon(0), "to_date": soon(30),
        } | changes  # fmt: skip

    @pytest.mark.mission("S0.18")
    def test_many_at_once_all_or_none(self, api, running):  # noqa: F811
        path = f"/cadres/operations/{running.operation.pk}/pool"
        offers = [self.offer(running, name=f"郝{n}", phone=f"1390000123{n}") for n in range(4)]
        bad = [*offers, self.offer(running, phone="13900001239", to_date=soon(-3))]
        refused = api("gao", "POST", path, {"items": bad})
        assert (refused.status_code, refused.json()["field"]) == (422, "to_date")
        assert PoolEntry.objects.count() == 3
        assert api("gao", "POST", path, {"items": offers}).status_code == 201
        assert api("gao", "POST", path, {"items": offers}).status_code == 409
        first = api("gao", "GET", f"{path}?limit=5").json()
        rest = api("gao", "GET", f"{path}?limit=5&cursor={first['next']}").json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (5, 2, None)
        assert api("zhang", "GET", path).json()["items"] == []

    def test_needs(self, api, running):  # noqa: F811
        path = f"/cadres/operations/{running.operation.pk}/needs"
        assert api("zhang", "GET", path).status_code == 404
        assert len(api("gao", "GET", path).json()["items"]) == 3
        url = f"{path}/{running.pine.code}"
        assert api("gao", "PUT", url, {"minimum": 3, "wish": 2}).status_code == 422
        assert api("gao", "PUT", url, {"minimum": 2, "wish": 3}).json()["by_hand"] is True


@pytest.mark.mission("S0.14")
class TestRuns:
    def test_from_the_draft_to_the_field(self, api, running):  # noqa: F811
        days = {"first": soon(1), "last": soon(40)}
        path = f"/cadres/operations/{running.operation.pk}/runs"
        assert api("zhang", "POST", path, days).status_code == 404
        draft = api("gao", "POST", path, days).json()
        assert draft["objective"] == draft["bound"] == 0
        assert draft["totals"]["placed"] == 3
        path = f"/cadres/runs/{draft['id']}"
        assert api("gao", "GET", f"{path}/proof").json()["agrees"] is True
        placed = api("gao", "GET", f"{path}/placements").json()["items"]
        gu = next(one for one in placed if one["person"]["name"] == "顾城")
        url = f"{path}/placements/{gu['id']}"
        price = api("gao", "GET", f"{url}/price?community={running.pine.code}").json()
        assert price["cost"] > price["best"] > 0
        body = {"community": running.pine.code, "expect": price["cost"] + 1}
        assert api("gao", "POST", url, body).status_code == 409
        assert (
            api("gao", "POST", url, body | {"expect": price["cost"]}).json()["why"] == price["why"]
        )
        assert api("gao", "GET", f"{url}/price?community={running.north.code}").status_code == 422
        anew = api(
            "gao",
            "POST",
            f"/cadres/operations/{running.operation.pk}/runs",
            days | {"keep_changes": True},
        )
        assert anew.json()["objective"] == price["best"]
        path = f"/cadres/runs/{anew.json()['id']}"
        assert api("gao", "POST", f"{path}/confirm").json() == {"number": 3}
        assert api("gao", "POST", f"{path}/confirm").status_code == 409
        assert Secondment.objects.standing().count() == 4

    def test_who_does_not_direct_sees_none(self, api, run, running):  # noqa: F811
        for who in ("zhang", "wu", "sun", "ann", "li"):
            assert api(who, "GET", f"/cadres/runs/{run.pk}").status_code == 404
        assert api("gao", "POST", f"/cadres/runs/{run.pk}/drop").json()["state"] == "dropped"
        assert AllocationRun.objects.get().decided_by == running.gao


class TestSecondments:
    def test_on_either_line(self, api, running):  # noqa: F811
        path = "/cadres/secondments"
        for who, number in (("gao", 1), ("zhang", 1), ("dai", 1), ("wu", 0), ("bo", 0), ("sun", 0)):
            assert len(api(who, "GET", path).json()["items"]) == number, who
        one = f"{path}/{running.row.pk}"
        assert api("wu", "GET", one).status_code == 404
        assert api("zhang", "POST", f"{one}/prolong", {"until": soon(55)}).status_code == 403
        assert api("gao", "POST", f"{one}/prolong", {"until": soon(55)}).json()["to_date"] == soon(
            55
        )
        new = api("gao", "POST", f"{one}/transfer", {"community": running.reed.code}).json()
        assert (new["community"]["name"], new["before"]) == ("苇社区", running.row.pk)
        assert (
            api("gao", "POST", f"{one}/transfer", {"community": running.reed.code}).status_code
            == 409
        )
        back = api("gao", "POST", f"{path}/{new['id']}/recall", {"reason": "单位急需"})
        assert back.json()["end"] == "recalled"

    @pytest.mark.mission("S0.24")
    def test_a_day_is_rated_once_and_corrected_with_a_reason(self, api, running):  # noqa: F811
        path = f"/cadres/secondments/{running.row.pk}"
        body = {"day": soon(0), "marks": {"publicity": 3, "work": 3}}
        assert api("dai", "POST", f"{path}/ratings", body).status_code == 409
        assert api("zhang", "POST", f"{path}/ratings", body).status_code == 201
        assert api("chen", "POST", f"{path}/ratings", body).status_code == 409
        assert api("wu", "POST", f"{path}/ratings", body).status_code == 404
        changed = body | {"marks": {"publicity": 3, "work": 2}, "reason": "记错"}
        assert api("chen", "POST", f"{path}/corrections", changed).json()["corrected"] is True
        assert api("dai", "GET", f"{path}/ratings").json()["items"][0]["marks"]["work"] == 2
        missing = changed | {"day": soon(-1)}
        assert api("chen", "POST", f"{path}/corrections", missing).status_code == 404
        assert DailyRating.objects.count() == 1

    def test_a_longer_list_costs_no_more(self, api, cadres, django_assert_max_num_queries):
        operation = start(cadres)
        Org.objects.create(name="苇社区居委会", kind="community", region=cadres.reed)
        for who in ("bo", "dai", "fang", "gu"):
            send(cadres, operation, who, cadres.reed)
        api("gao", "GET", "/cadres/secondments")
        with django_assert_max_num_queries(4):
            found = api("gao", "GET", "/cadres/secondments?on=2026-03-05").json()
        assert len(found["items"]) == 4
