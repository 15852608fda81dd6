"""Draws: fair, kept, computed again from their seed, redrawn for a reason only."""

from __future__ import annotations

from collections import Counter

import pytest

from tongxin.accounts.models import AuditEntry
from tongxin.inspections import actions
from tongxin.inspections.models import SamplingPlan
from tongxin.inspections.queries import draw
from tongxin.inspections.queries.draws import recomputed

from .conftest import NOON, plan, run


def draw_it(land, operation, seed="20260302-开奖号", **more) -> SamplingPlan:
    given = {"kinds": ["market"], "per_stratum": 1, "reason": "按类型和街镇随机"} | more
    return actions.draw_sample(operation=operation, seed=seed, by=land.ji, at=NOON, **given)


class TestArithmetic:
    FRAME = [(f"{street}-{n:03d}", street) for street in "ABC" for n in range(40)]

    def test_each_stratum_gives_its_share_and_the_seed_decides(self):
        given = {
            "frame": self.FRAME,
            "per_stratum": 5,
            "pool": [1, 2, 3, 4],
            "barred": {},
            "per_site": 2,
        }
        one, again = draw(seed="a", **given), draw(seed="a", **given)
        assert one == again
        assert Counter(stratum for _code, stratum in one.sites) == {"A": 5, "B": 5, "C": 5}
        assert draw(seed="b", **given).sites != one.sites

    def test_the_order_in_which_sites_are_registered_does_not_matter(self):
        given = {"per_stratum": 5, "pool": [1, 2, 3], "barred": {}, "per_site": 2}
        turned = list(reversed(self.FRAME))
        assert draw(seed="a", frame=self.FRAME, **given) == draw(seed="a", frame=turned, **given)

    def test_over_many_seeds_every_site_is_as_likely(self):
        frame = [(f"S{n}", "A") for n in range(10)]
        hits = Counter(
            code
            for seed in range(2000)
            for code, _stratum in draw(
                seed=str(seed), frame=frame, per_stratum=3, pool=[1], barred={}, per_site=1
            ).sites
        )
        # 600 expected each; six standard deviations are 123, and the seeds are fixed.
        assert all(477 < hits[f"S{n}"] < 723 for n in range(10))

    def test_work_is_shared_and_who_is_barred_is_never_drawn(self):
        found = draw(
            seed="a", frame=self.FRAME, per_stratum=4, pool=[1, 2, 3, 4],
            barred={code: {"1": "在此任职"} for code, _stratum in self.FRAME[:60]}, per_site=2,
        )  # fmt: skip
        load = Counter(pk for people in found.people.values() for pk in people)
        assert sum(load.values()) == 24
        assert max(load.values()) - min(load.values()) <= 2
        assert all(1 not in found.people[c] for c, _s in self.FRAME[:60] if c in found.people)


class TestDrawing:
    def test_sites_by_kind_and_street_and_people_for_each(self, land, running):
        made = draw_it(land, running, kinds=["market", "seafood"])
        strata = list(made.sites.order_by("order").values_list("stratum", flat=True))
        assert strata == [
            f"market|{land.north.path}",
            f"seafood|{land.south.path}",
        ]
        assert all(row.people.count() == 2 for row in made.sites.all())
        assert AuditEntry.objects.get(action="inspection.draw").detail["sites"] == 2

    def test_anybody_can_compute_it_again(self, land, running):
        made = draw_it(land, running)
        assert recomputed(made)
        made.sites.update(site=land.sites["green"])
        assert not recomputed(made)

    def test_a_later_site_does_not_change_what_was_drawn(self, land, running):
        made = draw_it(land, running)
        actions.register_site(name="松南超市", kind="market", region=land.pine, by=land.ji, at=NOON)
        assert recomputed(made)

    def test_who_serves_in_the_street_is_not_drawn_for_it(self, land):
        made = run(land, plan(land), members=[land.kang, land.rao])
        for seed in "abcdef":
            found = draw_it(land, made, seed=seed)
            assert not found.sites.filter(people__user=land.rao).exists()
            code = found.sites.get().site.code
            assert found.barred[code][str(land.rao.pk)] == "在点位所在的北塘街道办事处任职"

    def test_too_few_people_is_said(self, land):
        made = run(land, plan(land), members=[land.rao])
        with pytest.raises(actions.NotEnoughPeople, match="1 人应当回避"):
            draw_it(land, made)
        assert not SamplingPlan.objects.exists()

    def test_nothing_to_draw_and_sizes(self, land, running):
        with pytest.raises(actions.NothingToDraw):
            draw_it(land, running, kinds=["station"])
        for wrong in ({"kinds": []}, {"kinds": ["x"]}, {"per_stratum": 0}, {"per_site": 11}):
            with pytest.raises(actions.BadDraw):
                draw_it(land, running, **wrong)
        with pytest.raises(actions.NotYours):
            actions.draw_sample(
                operation=running, seed="s", kinds=["market"], per_stratum=1, reason="抽样",
                by=land.gao, at=NOON,
            )  # fmt: skip

    def test_a_retry_draws_once(self, land, running):
        assert draw_it(land, running, key="k") == draw_it(land, running, key="k")


class TestRedrawing:
    def test_a_redraw_has_a_reason_another_seed_and_an_audit(self, land, running):
        first = draw_it(land, running)
        with pytest.raises(actions.BadDraw, match="重抽原因"):
            draw_it(land, running, seed="b", redraws=first, redraw_reason="嗯")
        with pytest.raises(actions.BadDraw, match="换一个"):
            draw_it(land, running, redraws=first, redraw_reason="点位停业装修")
        second = draw_it(land, running, seed="b", redraws=first, redraw_reason="点位停业装修")
        assert AuditEntry.objects.get(action="inspection.redraw").reason == "点位停业装修"
        with pytest.raises(actions.AlreadyRedrawn):
            draw_it(land, running, seed="c", redraws=first, redraw_reason="还想再抽")
        assert second.redraws == first
        assert SamplingPlan.objects.count() == 2

    def test_only_insiders_see_what_was_drawn(self, land, running):
        made = draw_it(land, running)
        assert made in SamplingPlan.objects.visible_to(land.kang)
        for who in (land.gao, land.liu, land.rao, land.ann):
            assert made not in SamplingPlan.objects.visible_to(who)
