"""A replayed year: the same world for every mode, what is conserved, what is known beforehand."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from tongxin.accounts.models import Notice
from tongxin.cli import main
from tongxin.dispatching.actions import ask_simulation, simulations_due
from tongxin.dispatching.models import Simulation
from tongxin.dispatching.simulating import (
    MODES,
    Assumptions,
    Town,
    answers,
    replay,
    sample_shape,
    shape_of_file,
)
from tongxin.dispatching.simulating.arrivals import NoTimes
from tongxin.dispatching.simulating.engine import Run
from tongxin.dispatching.simulating.figures import figures_of, gini, lorenz
from tongxin.kit.errors import Invalid, NotPermitted, TooMany
from tongxin.testing import NOON

SMALL = Assumptions(orders=400, volunteers=60, cells=5)


@pytest.fixture(scope="module")
def town():
    return Town(SMALL, sample_shape(), 1)


@pytest.fixture(scope="module")
def outcomes(town):
    return {mode: replay(town, mode) for mode in MODES}


class TestReplay:
    @pytest.mark.parametrize("mode", MODES)
    def test_every_order_is_somebodys_or_nobodys_and_nobody_starts_before_it_comes(
        self, outcomes, mode
    ):
        found = outcomes[mode]
        served = ~np.isnan(found.waited)
        assert found.count.sum() == served.sum()
        assert (found.waited[served] >= 0).all()
        assert served.mean() > 0.95

    @pytest.mark.parametrize("mode", MODES)
    def test_a_seed_gives_the_same_year_again(self, town, outcomes, mode):
        again = replay(Town(SMALL, sample_shape(), 1), mode)
        assert np.array_equal(again.waited, outcomes[mode].waited, equal_nan=True)
        assert (again.count == outcomes[mode].count).all()

    def test_a_batch_looks_at_the_same_people_as_one_order_after_the_other(self, town):
        run = Run(town)
        run.held[::3] = town.cap[::3]  # hands that are full
        run.refused[4] = set(run.able(4)[0][:2].tolist())
        rows, people, ways = run.able_of(np.arange(30))
        for order in range(30):
            who, way = run.able(order)
            assert people[rows == order].tolist() == who.tolist()
            assert ways[rows == order].tolist() == way.tolist()

    def test_the_ways_differ_as_they_must(self, town, outcomes):
        found = {mode: figures_of(town, one) for mode, one in outcomes.items()}
        assert found["nearest"]["way_mean_km"] == min(one["way_mean_km"] for one in found.values())
        assert found["nearest"]["gini"] > found["rules"]["gini"]
        assert found["grab"]["gini"] > found["batch"]["gini"]
        assert found["rules"]["waiting_median_h"] < found["nearest"]["waiting_median_h"]

    def test_nobody_holds_more_than_they_take_on(self, town):
        from tongxin.dispatching.simulating import engine

        most = np.zeros(SMALL.volunteers, np.int64)

        class Watched(engine.Run):
            def give(self, *args):
                super().give(*args)
                np.maximum(most, self.held, out=most)

        for mode in MODES:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(engine, "Run", Watched)
                replay(town, mode)
        assert (most <= town.cap).all()

    def test_somebody_serves_only_when_they_have_time(self, town):
        for who in range(20):
            moment = town.when_free(who, 1000.0)
            day, minute = int(moment // 1440), moment % 1440
            part = 0 if minute < 720 else 1 if minute < 1080 else 2
            assert town.free[who, (day + town.first_day) % 7, part]

    def test_an_order_for_a_skill_nobody_has_stays_with_nobody(self):
        alone = Town(
            Assumptions(orders=30, volunteers=3, cells=1, skills=40, skilled_share=1.0),
            sample_shape(),
            2,
        )
        for mode in MODES:
            assert np.isnan(replay(alone, mode).waited).any()


class TestFigures:
    def test_gini_and_lorenz_of_known_spreads(self, outcomes):
        assert gini(np.array([5, 5, 5, 5])) == pytest.approx(0)
        assert gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
        curve = lorenz(outcomes["rules"])
        assert curve[0] == 0
        assert curve[-1] == 1
        assert curve == sorted(curve)

    def test_several_seeds_give_a_range(self):
        found = answers.answer(SMALL, seeds=[1, 2], shape=sample_shape(), modes=("rules",))
        one = found["modes"]["rules"]["way_mean_km"]
        assert one["least"] < one["mean"] < one["most"]
        assert "（" in dict(answers.table_of(found)["rows"])["平均路程（公里）"][0]


class TestArrivals:
    def test_the_sample_peaks_in_the_morning(self):
        shape = sample_shape()
        moments = shape.draw(20_000, np.random.default_rng(0))
        hours = np.bincount((moments % 1440 // 60).astype(int), minlength=24)
        assert hours[9] > 5 * hours[3]
        assert (np.diff(moments) >= 0).all()

    def test_a_shape_is_estimated_from_a_file(self, tmp_path):
        file = tmp_path / "messages.csv"
        rows = [f"{n},2024-03-{1 + n % 28:02} 1{n % 2}:30:00,内容" for n in range(200)]
        file.write_text("编号,留言时间,内容\n" + "\n".join(rows), encoding="utf-8")
        shape = shape_of_file(file)
        assert shape.source == "messages.csv:留言时间"
        assert shape.hour[10] + shape.hour[11] > 0.85
        assert shape.month.argmax() == 2
        file.write_text("a,b\n1,2\n", encoding="utf-8")
        with pytest.raises(NoTimes):
            shape_of_file(file)


class TestCommand:
    def test_it_prints_json_and_writes_a_report_that_needs_nothing_else(self, tmp_path):
        page = tmp_path / "report.html"
        words = ["simulate", "--orders", "200", "--volunteers", "40", "--json", "--html", str(page)]
        answer = CliRunner().invoke(main, words)
        assert answer.exit_code == 0, answer.output
        found = json.loads(answer.stdout)
        assert set(found["modes"]) == set(MODES)
        assert found["assumptions"]["orders"] == 200
        html = page.read_text(encoding="utf-8")
        assert html.count("<svg") == 2
        assert "假设了什么" in html
        assert "http" not in html

    def test_a_table_is_printed_and_a_wrong_file_refused(self, tmp_path):
        words = ["simulate", "--orders", "150", "--volunteers", "20", "--mode", "rules"]
        answer = CliRunner().invoke(main, words)
        assert "按权重逐张派" in answer.stdout
        wrong = tmp_path / "wrong.csv"
        wrong.write_text("a\n1\n", encoding="utf-8")
        answer = CliRunner().invoke(main, [*words, "--arrivals", str(wrong)])
        assert answer.exit_code == 1


QUESTION = {"orders": 500, "volunteers": 60, "seeds": 1}


class TestRegister:
    def test_the_worker_computes_it_mode_by_mode_and_tells(self, world):
        asked = ask_simulation(region=world.tong, question=QUESTION, at=NOON, by=world.gao)
        assert simulations_due(at=NOON) == 1
        asked.refresh_from_db()
        assert (asked.state, len(asked.answer["runs"]["grab"])) == ("running", 1)
        while simulations_due(at=NOON):
            pass
        asked.refresh_from_db()
        assert asked.state == "done"
        assert set(asked.answer["modes"]) == set(MODES)
        assert Notice.objects.get(user=world.gao).url == f"/dispatching/simulations/{asked.pk}/"

    def test_what_is_in_anothers_hands_is_passed_over_until_it_is_lost(self, world):
        asked = ask_simulation(region=world.tong, question=QUESTION, at=NOON, by=world.gao)
        Simulation.objects.filter(pk=asked.pk).update(started_at=NOON, state="running")
        assert simulations_due(at=NOON) == 0
        from datetime import timedelta

        assert simulations_due(at=NOON + timedelta(hours=1)) == 1

    def test_who_may_not_and_what_is_too_much_is_refused(self, world):
        with pytest.raises(NotPermitted):
            ask_simulation(region=world.tong, question=QUESTION, at=NOON, by=world.zhang)
        with pytest.raises(Invalid):
            ask_simulation(
                region=world.tong, question=QUESTION | {"orders": 10**7}, at=NOON, by=world.gao
            )
        for _n in range(3):
            ask_simulation(region=world.tong, question=QUESTION, at=NOON, by=world.gao)
        with pytest.raises(TooMany):
            ask_simulation(region=world.tong, question=QUESTION, at=NOON, by=world.gao)

    def test_a_broken_one_says_so_and_is_not_tried_for_ever(self, world):
        Simulation.objects.create(
            region=world.tong, question={"orders": "x"}, at=NOON, by=world.gao
        )
        with pytest.raises(ValueError, match="invalid literal"):
            simulations_due(at=NOON)
        assert Simulation.objects.get().state == "failed"
        assert simulations_due(at=NOON) == 0
