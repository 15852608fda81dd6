"""The pages of plans and simulations: who sees them, what they show, what they do."""

import pytest

from tongxin.cases.models import Case
from tongxin.dispatching.actions import make_plan, simulations_due
from tongxin.dispatching.models import Plan, Simulation
from tongxin.requests.actions import file_request
from tongxin.testing import NOON


@pytest.fixture
def taps(world):
    return [
        file_request(
            text=f"水管漏水{n}", topic=world.tap, lng=117.55, lat=39.25, at=NOON, actor=world.sun
        )
        for n in range(3)
    ]


@pytest.fixture
def plan(world, taps):
    return make_plan(region=world.pine, at=NOON, by=world.zhang)


class TestPlans:
    def test_from_the_form_to_the_orders_given_away(self, world, taps, client):
        client.force_login(world.zhang)
        page = client.get("/dispatching/plans/").content.decode()
        assert "等着派的单子" in page
        form = {"region": world.pine.code, "way": "dispatch", "key": "abc"}
        answer = client.post("/dispatching/plans/", form)
        plan = Plan.objects.get()
        assert answer["Location"] == f"/dispatching/plans/{plan.pk}/"
        page = client.get(answer["Location"]).content.decode()
        assert "已证明没有更好的方案" in page
        assert "确认，派出 3 张" in page
        assert "逐张派单" in page
        assert "梅雪" in page
        line = plan.lines.filter(person=world.mei).first()
        other = client.get(f"/dispatching/plans/{plan.pk}/lines/{line.row}/").content.decode()
        assert "赵磊" in other
        change = f"/dispatching/plans/{plan.pk}/lines/{line.row}/change/"
        client.post(change, {"person": world.zhao.pk})
        page = client.get(f"/dispatching/plans/{plan.pk}/").content.decode()
        assert "（原为梅雪）" in page
        assert "按改动重算其余" in page
        client.post(f"/dispatching/plans/{plan.pk}/act/", {"verb": "replan"})
        client.post(f"/dispatching/plans/{plan.pk}/act/", {"verb": "confirm"})
        page = client.get(f"/dispatching/plans/{plan.pk}/").content.decode()
        assert "3 张已派出" in page
        assert Case.objects.filter(step="dispatched").count() == 3

    def test_a_line_is_taken_out_and_a_plan_put_away(self, world, plan, client):
        client.force_login(world.zhang)
        client.post(f"/dispatching/plans/{plan.pk}/lines/0/change/", {"person": ""})
        assert "不派，留在原处" in client.get(f"/dispatching/plans/{plan.pk}/").content.decode()
        client.post(f"/dispatching/plans/{plan.pk}/act/", {"verb": "drop"})
        assert "已作废" in client.get(f"/dispatching/plans/{plan.pk}/").content.decode()
        assert not Case.objects.filter(step="dispatched").exists()

    def test_a_refusal_stands_in_the_form(self, world, client):
        client.force_login(world.zhang)
        form = {"region": world.pine.code, "way": "dispatch"}
        answer = client.post("/dispatching/plans/", form)
        assert answer.status_code == 422
        assert "没有等着派的单子" in answer.content.decode()
        form["region"] = world.salt.code
        assert client.post("/dispatching/plans/", form).status_code == 422

    @pytest.mark.parametrize("who", ["wu", "sun", "wang"])
    def test_nobody_else_sees_or_touches_it(self, world, plan, client, who):
        client.force_login(getattr(world, who))
        for path in ("", "lines/0/"):
            assert client.get(f"/dispatching/plans/{plan.pk}/{path}").status_code == 404
        for path in ("act/", "lines/0/change/"):
            assert client.post(f"/dispatching/plans/{plan.pk}/{path}").status_code == 404
        if who != "wu":
            assert client.get("/dispatching/plans/").status_code == 404

    def test_the_queries_of_a_plan(self, world, plan, client, django_assert_max_num_queries):
        client.force_login(world.zhang)
        client.get(f"/dispatching/plans/{plan.pk}/")
        with django_assert_max_num_queries(8):
            client.get(f"/dispatching/plans/{plan.pk}/")
        with django_assert_max_num_queries(8):
            client.get("/dispatching/plans/")


class TestSimulations:
    def test_from_the_form_to_the_report(self, world, client):
        client.force_login(world.gao)
        form = {
            "orders": 500, "volunteers": 60, "slot_share": 0.3, "says_yes": 0.8,
            "norm_min": 1440, "batch_hours": 2, "seeds": 1,
        }  # fmt: skip
        answer = client.post("/dispatching/simulations/", form)
        path = answer["Location"]
        assert "等后台计算" in client.get(path).content.decode()
        assert client.get(f"{path}report/").status_code == 404
        simulations_due(at=NOON)
        assert "已算完 1 / 4 遍" in client.get(path).content.decode()
        while simulations_due(at=NOON):
            pass
        page = client.get(path).content.decode()
        assert "按权重逐张派" in page
        assert "假设了什么" in page
        report = client.get(f"{path}report/")
        assert report["Content-Type"].startswith("text/html")
        assert "<svg" in report.content.decode()
        assert "500 张单子" in client.get("/dispatching/simulations/").content.decode()

    def test_an_assumption_out_of_its_limits_is_refused_in_the_form(self, world, client):
        client.force_login(world.gao)
        form = {
            "orders": 10**7, "volunteers": 60, "slot_share": 0.3, "says_yes": 0.8,
            "norm_min": 1440, "batch_hours": 2, "seeds": 1,
        }  # fmt: skip
        answer = client.post("/dispatching/simulations/", form)
        assert answer.status_code == 422
        assert "应在 500 到 50000 之间" in answer.content.decode()

    def test_who_dispatches_in_the_district_reads_them_and_asks_for_none(self, world, client):
        asked = Simulation.objects.create(region=world.tong, question={}, at=NOON, by=world.gao)
        client.force_login(world.zhang)
        assert client.get(f"/dispatching/simulations/{asked.pk}/").status_code == 200
        page = client.get("/dispatching/simulations/").content.decode()
        assert "做过的模拟" in page
        assert "开始模拟" not in page

    @pytest.mark.parametrize("who", ["sun", "wang", "chen"])
    def test_nobody_else_sees_one(self, world, client, who):
        asked = Simulation.objects.create(region=world.tong, question={}, at=NOON, by=world.gao)
        client.force_login(getattr(world, who))
        assert client.get(f"/dispatching/simulations/{asked.pk}/").status_code == 404
        assert client.get(f"/dispatching/simulations/{asked.pk}/report/").status_code == 404
        assert client.get("/dispatching/simulations/").status_code == 404
