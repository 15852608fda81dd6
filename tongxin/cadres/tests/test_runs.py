"""The pool, the needs, the allocation in one run, its price by hand, its confirmation."""

from datetime import date

import pytest

from tongxin.accounts.models import Notice
from tongxin.cadres import actions
from tongxin.cadres.models import AllocationRun, Need, PoolEntry, Secondment
from tongxin.cadres.queries.needs import apportion
from tongxin.cadres.queries.runs import lines_of, price_of, proof_of, totals_of
from tongxin.orgs.models import LogEntry, Membership, Org, Post

from .cast import FIRST, LAST, NOON, draft, later, need, offer, send


class TestPool:
    @pytest.mark.mission("S0.17")
    def test_the_unit_that_sends_is_written_down(self, cadres, operation):
        offer(cadres, operation)
        assert PoolEntry.objects.filter(unit=cadres.roads).count() == 3

    def test_somebody_is_offered_once(self, cadres, operation):
        offer(cadres, operation, "bo")
        with pytest.raises(actions.InPool, match="薄海"):
            offer(cadres, operation, "dai", "bo")
        with pytest.raises(actions.InPool):
            offer(cadres, operation, "fang", "fang")
        assert PoolEntry.objects.count() == 1

    def test_after_withdrawing_they_can_be_offered_again(self, cadres, operation):
        entry = offer(cadres, operation, "bo")[0]
        with pytest.raises(actions.NotYours):
            actions.withdraw_cadre(entry=entry, at=NOON, by=cadres.zhang)
        actions.withdraw_cadre(entry=entry, at=NOON, by=cadres.gao)
        assert offer(cadres, operation, "bo")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"to_date": date(2026, 3, 1)}, "to_date"),
            ({"most_km": 0}, "most_km"),
            ({"most_km": 9999}, "most_km"),
        ],
    )
    def test_bad_offers_are_refused_by_field(self, cadres, operation, changes, field):
        with pytest.raises(actions.BadOffer) as refusal:
            offer(cadres, operation, "bo", **changes)
        assert refusal.value.field == field

    def test_a_home_without_a_place_on_the_map_is_named(self, cadres, operation):
        with pytest.raises(actions.BadOffer, match="薄海"):
            offer(cadres, operation, "bo", home=cadres.north)

    def test_who_sees_the_pool(self, cadres, operation):
        offer(cadres, operation)
        count = {
            who: PoolEntry.objects.visible_to(getattr(cadres, who)).count()
            for who in ("gao", "he", "liu", "zhang", "bo", "ann", "sun")
        }
        assert count == {"gao": 4, "he": 4, "liu": 0, "zhang": 0, "bo": 1, "ann": 0, "sun": 0}


class TestNeed:
    def test_the_suggestion_counts_grids_and_keeps_what_was_set_by_hand(self, cadres, operation):
        offer(cadres, operation)
        need(cadres, operation, salt=(1, 2))
        assert actions.suggest_needs(operation=operation, at=NOON, by=cadres.gao) == 2
        pine = Need.objects.get(community=cadres.pine)
        assert (pine.minimum, pine.wish) == (1, 2)
        assert "2 个网格" in pine.basis
        assert Need.objects.get(community=cadres.salt).by_hand

    def test_shares_sum_to_the_whole(self):
        assert apportion(7, [2, 1, 1]) == [3, 2, 2]
        assert apportion(5, []) == []
        assert sum(apportion(6000, [3, 5, 9, 2] * 75)) == 6000

    @pytest.mark.parametrize(("minimum", "wish"), [(3, 2), (-1, 2), (1, 501)])
    def test_bad_numbers_are_refused(self, cadres, operation, minimum, wish):
        with pytest.raises(actions.BadNeed):
            need(cadres, operation, pine=(minimum, wish))

    def test_a_need_lies_in_the_land_of_the_operation(self, cadres, operation):
        with pytest.raises(actions.BadNeed):
            need(cadres, operation, north=(1, 1))
        with pytest.raises(actions.NotYours):
            actions.set_need(
                operation=operation, community=cadres.pine, minimum=1, wish=1, basis="",
                at=NOON, by=cadres.zhang,
            )  # fmt: skip


@pytest.mark.mission("S0.14")
class TestAllocate:
    def test_everybody_goes_near_home(self, cadres, operation):
        offer(cadres, operation)
        need(cadres, operation, pine=(1, 2), reed=(1, 1), salt=(1, 1))
        run = draft(cadres, operation)
        where = {p.entry.person.name: p.community for p in run.placements.all()}
        assert where == {
            "薄海": cadres.pine, "戴宁": cadres.pine, "方圆": cadres.reed, "顾城": cadres.salt,
        }  # fmt: skip
        assert (run.objective, run.gap) == (0, 0)
        assert proof_of(run) == {"bound": 0, "agrees": True, "gap": 0}

    def test_the_minimum_of_a_far_place_comes_before_a_short_way(self, cadres, operation):
        offer(cadres, operation, "bo", "dai")
        need(cadres, operation, pine=(1, 2), salt=(1, 1))
        run = draft(cadres, operation)
        lines = {line.land.id: line for line in lines_of(run)}
        assert lines[cadres.salt.pk].placed == lines[cadres.pine.pk].placed == 1
        totals = totals_of(run, list(lines.values()))
        assert (totals["short"], totals["missing"], totals["reserve"]) == (0, 1, 0)
        assert 44 < totals["km"] < 45

    def test_a_unit_that_asked_stays_together(self, cadres, operation):
        offer(cadres, operation, "bo", "dai", "fang")
        need(cadres, operation, pine=(0, 2), reed=(0, 1), salt=(0, 3))
        apart = draft(cadres, operation)
        assert {p.community for p in apart.placements.all()} == {cadres.pine, cadres.reed}
        actions.keep_together(
            operation=operation, unit=cadres.roads, level="community", at=NOON, by=cadres.gao
        )
        run = draft(cadres, operation)
        sent = {p.community_id for p in run.placements.all() if p.community_id}
        assert len(sent) == 1
        assert run.bound <= run.objective
        apart.refresh_from_db()
        assert apart.state == "dropped"

    def test_who_may_not_go_far_stays_near(self, cadres, operation):
        offer(cadres, operation, "bo", most_km=10)
        need(cadres, operation, salt=(1, 1))
        run = draft(cadres, operation)
        assert run.placements.get().community is None

    def test_who_serves_already_fills_a_place_and_is_not_sent_again(self, cadres, operation):
        offer(cadres, operation, "bo", "dai")
        need(cadres, operation, pine=(1, 1), reed=(1, 1))
        send(cadres, operation, "bo", cadres.pine)
        run = draft(cadres, operation)
        assert run.needs[str(cadres.pine.pk)] == [0, 0]
        assert run.placements.get().community == cadres.reed

    def test_what_is_missing_is_said(self, cadres, operation):
        with pytest.raises(actions.NoNeeds):
            draft(cadres, operation)
        need(cadres, operation, pine=(1, 1))
        with pytest.raises(actions.EmptyPool):
            draft(cadres, operation)
        offer(cadres, operation, "bo")
        with pytest.raises(actions.NotYours):
            draft(cadres, operation, by=cadres.zhang)
        for first, last in ((date(2026, 3, 1), LAST), (FIRST, FIRST), (FIRST, date(2028, 1, 1))):
            with pytest.raises(actions.BadDays):
                draft(cadres, operation, first=first, last=last)
        assert not AllocationRun.objects.exists()


class TestByHand:
    @pytest.fixture
    def run(self, cadres, operation):
        offer(cadres, operation)
        need(cadres, operation, pine=(1, 2), reed=(1, 1), salt=(1, 1))
        return draft(cadres, operation)

    def placed(self, run, world, who):
        return run.placements.get(entry__person=getattr(world, f"{who}_person"))

    @pytest.mark.mission("S0.14")
    def test_a_change_has_its_price_in_a_sentence(self, cadres, run):
        placement = self.placed(run, cadres, "gu")
        shown = price_of(run, placement, cadres.pine.pk, look_further=True)
        # Salt has nobody (400 km), the way is 44.5 km; nothing is won beyond Pine's wish.
        assert 444_000 < shown.cost < 445_000
        assert "多走 44.5 公里" in shown.why
        assert "盐社区缺 1 人才到至少人数" in shown.why
        assert "松社区超出期望 1 人" in shown.why
        # At best somebody of Pine goes to Salt in turn: two ways and nobody lacks.
        assert 88_000 < shown.best < 90_000
        price = actions.move_placement(
            placement=placement, community=cadres.pine, note="家属在松社区", at=NOON,
            by=cadres.gao, expect=shown.cost,
        )  # fmt: skip
        run.refresh_from_db()
        assert run.objective == run.changes_cost == price.cost == run.gap
        assert run.changes.get().why == shown.why

    def test_the_rest_is_arranged_anew_around_what_was_changed(self, cadres, operation, run):
        placement = self.placed(run, cadres, "gu")
        best = price_of(run, placement, cadres.pine.pk, look_further=True).best
        actions.move_placement(
            placement=placement, community=cadres.pine, note="", at=NOON, by=cadres.gao
        )
        run.refresh_from_db()
        anew = draft(cadres, operation, keep=run)
        assert self.placed(anew, cadres, "gu").community == cadres.pine
        assert anew.objective == best
        assert anew.gap == 0
        assert proof_of(anew)["agrees"]

    def test_into_the_reserve_and_back_costs_nothing(self, cadres, run):
        for place in (None, cadres.salt):
            actions.move_placement(
                placement=self.placed(run, cadres, "gu"), community=place, note="", at=NOON,
                by=cadres.gao,
            )  # fmt: skip
        run.refresh_from_db()
        assert run.changes_cost == 0
        assert run.changes.count() == 2

    def test_refusals(self, cadres, run):
        placement = self.placed(run, cadres, "gu")
        given = {"placement": placement, "note": "", "at": NOON, "by": cadres.gao}
        with pytest.raises(actions.BadTarget):
            actions.move_placement(community=cadres.salt, **given)
        with pytest.raises(actions.BadTarget):
            actions.move_placement(community=cadres.north, **given)
        with pytest.raises(actions.OutOfDate):
            actions.move_placement(community=cadres.pine, expect=1, **given)
        with pytest.raises(actions.NotYours):
            actions.move_placement(community=cadres.pine, **given | {"by": cadres.zhang})
        actions.drop_run(run=run, at=NOON, by=cadres.gao)
        with pytest.raises(actions.NotDraft):
            actions.move_placement(community=cadres.pine, **given)


class TestConfirm:
    @pytest.fixture
    def run(self, cadres, operation):
        offer(cadres, operation)
        need(cadres, operation, pine=(1, 2), reed=(1, 1), salt=(1, 1))
        Org.objects.create(name="苇社区居委会", kind="community", region=cadres.reed)
        return draft(cadres, operation)

    @pytest.mark.mission("S0.13", "S0.18", "S3.13")
    def test_both_lines_hold_at_once(self, cadres, run):
        Membership.objects.create(
            person=cadres.bo_person, unit=cadres.branch, stage="full", from_date=date(2010, 7, 1)
        )
        Post.objects.create(user=cadres.bo, org=cadres.roads, role="handler", region=cadres.tong)
        assert len(actions.confirm_run(run=run, at=NOON, by=cadres.gao)) == 4
        row = Secondment.objects.get(person=cadres.bo_person)
        assert (row.from_unit, row.office) == (cadres.roads, cadres.pine_office)
        assert cadres.bo_person.memberships.get().to_date is None
        posts = Post.objects.held_on(FIRST).filter(user=cadres.bo)
        assert {(post.role, post.region) for post in posts} == {
            ("handler", cadres.tong), ("cadre", cadres.pine),
        }  # fmt: skip
        assert row.post.to_date == date(2026, 5, 1)
        for unit in (cadres.roads, cadres.pine_office):
            assert LogEntry.objects.filter(unit=unit, kind="cadre").count() == 1
        assert "3 名" in LogEntry.objects.get(unit=cadres.roads).text
        assert Notice.objects.filter(user=cadres.bo, title="下沉通知").exists()
        run.refresh_from_db()
        assert (run.state, run.decided_by) == ("confirmed", cadres.gao)

    def test_once(self, cadres, run):
        actions.confirm_run(run=run, at=NOON, by=cadres.gao)
        with pytest.raises(actions.NotDraft):
            actions.confirm_run(run=run, at=NOON, by=cadres.gao)
        assert Secondment.objects.count() == 4

    def test_who_was_withdrawn_or_sent_since_is_named(self, cadres, operation, run):
        send(cadres, operation, "dai", cadres.pine)
        with pytest.raises(actions.AlreadyAway, match="戴宁"):
            actions.confirm_run(run=run, at=NOON, by=cadres.gao)
        entry = PoolEntry.objects.get(person=cadres.bo_person)
        actions.withdraw_cadre(entry=entry, at=NOON, by=cadres.gao)
        with pytest.raises(actions.OutOfDate, match="薄海"):
            actions.confirm_run(run=run, at=NOON, by=cadres.gao)
        assert Secondment.objects.count() == 1

    def test_a_community_that_nobody_answers_for_is_named(self, cadres, operation, run):
        Org.objects.filter(region=cadres.reed).delete()
        with pytest.raises(actions.NoOffice, match="苇社区"):
            actions.confirm_run(run=run, at=NOON, by=cadres.gao)

    def test_a_first_day_that_is_over_is_refused(self, cadres, run):
        with pytest.raises(actions.OutOfDate):
            actions.confirm_run(run=run, at=later(5), by=cadres.gao)
