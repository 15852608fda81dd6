"""Three ledgers, the second look, rooms matched to places."""

from __future__ import annotations

import threading
from itertools import product
from random import Random

import pytest
from django.db import IntegrityError, connection, connections, transaction

from tongxin.kit.errors import NotPermitted
from tongxin.renovation import actions
from tongxin.renovation.models import Holding, Match, Site
from tongxin.renovation.queries import Gap, Room, covered_of, pairs_of, solve
from tongxin.testing import NOON

from .conftest import fresh


@pytest.fixture
def add(world):
    def make(**changes) -> Holding:
        given = {"ledger": "stock", "region": world.pine, "name": "底商 3 号", "area_m2": 120,
                 "by": world.zhang, "at": NOON, "lng": 117.6, "lat": 39.3} | changes  # fmt: skip
        return actions.add_holding(**given)

    return make


@pytest.fixture
def room(add, world):
    """A stock room in Pine that both saw alike."""
    holding = add()
    actions.check_holding(holding, area_m2=120, by=world.liu, at=NOON)
    return holding


class TestInventory:
    @pytest.mark.mission("S1.26")
    def test_a_second_person_looks_again_and_what_differs_is_shown_and_settled(self, add, world):
        holding = add(address="和平路 1 号")
        with pytest.raises(actions.SameEyes):
            actions.check_holding(holding, area_m2=120, by=world.zhang, at=NOON)
        check = actions.check_holding(holding, area_m2=104, by=world.chen, at=NOON)
        assert check.differences == {"area_m2": [120, 104]}
        holding.refresh_from_db()
        assert holding.state == "disputed"
        with pytest.raises(NotPermitted):
            actions.settle(holding, take_second=True, reason="复测", by=world.chen, at=NOON)
        actions.settle(holding, take_second=True, reason="复测为准", by=world.liu, at=NOON)
        holding.refresh_from_db()
        assert (holding.state, holding.area_m2) == ("checked", 104)
        change = holding.changes.get()
        assert (change.before, change.after, change.reason) == ("120", "104", "复测为准")

    @pytest.mark.mission("S1.31", "S1.27")
    def test_three_ledgers_keep_their_codes_and_history(self, add, world):
        rows = [add(ledger=ledger, name=ledger) for ledger in ("centre", "stock", "ancillary")]
        assert len({row.code[0] for row in rows}) == 3
        with pytest.raises(actions.CodeTaken):
            add(code=rows[1].code)
        actions.change_holding(
            rows[1], reason="门牌改了", address="新华路 2 号", by=world.zhang, at=NOON
        )
        actions.strike_off(rows[1], reason="已拍卖", by=world.liu, at=NOON)
        assert rows[1].changes.count() == 2
        with pytest.raises(actions.HoldingFixed):
            actions.change_holding(rows[1], reason="又改", address="x", by=world.zhang, at=NOON)

    @pytest.mark.parametrize(
        "changes",
        [{"ledger": "other"}, {"area_m2": 0}, {"area_m2": -3}, {"lng": None}, {"cost_fen": -1}],
    )
    def test_what_cannot_be_is_refused(self, add, changes):
        with pytest.raises(actions.BadHolding):
            add(**changes)
        assert not Holding.objects.exists()

    def test_an_area_that_changed_is_looked_at_again(self, room, world):
        actions.change_holding(room, reason="拆了一间", area_m2=90, by=world.zhang, at=NOON)
        room.refresh_from_db()
        assert room.state == "found"


class TestMatching:
    @pytest.mark.mission("S1.32")
    def test_a_room_is_suggested_with_its_reason_and_a_person_gives_it(
        self, campaign, pine, room, world
    ):
        pine_short = fresh(pine).short_m2
        run = actions.suggest_matches(
            campaign, region=world.north, by=world.liu, at=NOON, most_m=20_000
        )
        match = run.matches.get()
        assert run.is_optimal and (run.short_before - run.short_after) == 120
        assert "同社区" in match.why and "300" in match.why
        assert fresh(pine).area_m2 == 0  # nothing is given by a machine
        actions.confirm_match(match, by=world.liu, at=NOON)
        room.refresh_from_db()
        assert room.state == "given" and fresh(pine).short_m2 == pine_short - 120
        with pytest.raises(actions.AlreadyDecided):
            actions.confirm_match(match, by=world.liu, at=NOON)

    def test_a_room_given_twice_is_refused_and_the_database_holds_it(
        self, campaign, pine, room, world
    ):
        reed = campaign.sites.get(region=world.reed)
        actions.give_room(room, site=pine, reason="街道会商", by=world.liu, at=NOON)
        with pytest.raises(actions.RoomGiven, match="松社区"):
            actions.give_room(room, site=reed, reason="也要", by=world.liu, at=NOON)
        with pytest.raises(IntegrityError), transaction.atomic():
            Match.objects.create(holding=room, site=reed, state="confirmed", decided_by=world.liu)

    def test_a_person_may_give_it_elsewhere_or_drop_it(self, campaign, pine, room, world):
        reed = campaign.sites.get(region=world.reed)
        match = actions.suggest_matches(
            campaign, region=world.north, by=world.liu, at=NOON, most_m=20_000
        ).matches.get()
        made = actions.confirm_match(match, site=reed, by=world.liu, at=NOON)
        assert made.site == reed and fresh(pine).area_m2 == 0
        assert Match.objects.get(pk=match.pk).state == "dropped"

    def test_only_checked_stock_and_ancillary_rooms_are_given(self, campaign, pine, add, world):
        unchecked, centre = add(), add(ledger="centre", name="旧中心")
        actions.check_holding(centre, area_m2=120, by=world.liu, at=NOON)
        assert not actions.suggest_matches(
            campaign, region=world.north, by=world.liu, at=NOON
        ).matches.exists()
        for holding in (unchecked, centre):
            with pytest.raises(actions.BadMatch):
                actions.give_room(holding, site=pine, reason="会商", by=world.liu, at=NOON)
        with pytest.raises(NotPermitted):
            actions.give_room(unchecked, site=pine, reason="会商", by=world.zhang, at=NOON)

    def test_a_second_run_drops_what_nobody_decided(self, campaign, room, world):
        for _run in range(2):
            actions.suggest_matches(
                campaign, region=world.north, by=world.liu, at=NOON, most_m=20_000
            )
        assert list(Match.objects.order_by("pk").values_list("state", flat=True)) == [
            "dropped",
            "suggested",
        ]

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_once_one_gets_the_room(self, campaign, pine, room, world):
        reed = campaign.sites.get(region=world.reed)
        start, answers = threading.Barrier(2), []

        def give(site):
            try:
                start.wait()
                actions.give_room(room, site=site, reason="会商", by=world.liu, at=NOON)
                answers.append("given")
            except actions.RoomGiven:
                answers.append("refused")
            finally:
                connections["default"].close()

        threads = [threading.Thread(target=give, args=[site]) for site in (pine, reed)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["given", "refused"] and connection.vendor == "postgresql"
        assert sum(Site.objects.values_list("area_m2", flat=True)) == 120


class TestSolver:
    @pytest.mark.mission("S1.32")
    @pytest.mark.parametrize("seed", range(4))
    def test_it_finds_what_trying_everything_finds(self, seed):
        dice = Random(seed)  # noqa: S311
        gaps = [
            Gap(n, n, dice.randint(40, 200), 117 + dice.random() / 60, 39 + dice.random() / 60)
            for n in range(3)
        ]
        rooms = [
            Room(
                n,
                dice.randrange(4),
                dice.randint(20, 150),
                dice.randrange(10**8),
                117 + dice.random() / 60,
                39 + dice.random() / 60,
            )
            for n in range(5)
        ]
        found = solve(rooms, gaps, 1500)
        assert found.is_optimal
        assert (found.covered_m2, -found.weight) == best_by_trying(rooms, gaps, 1500)

    def test_rooms_are_whole_near_and_each_goes_once(self):
        far = Room(9, 1, 500, 0, 118.0, 39.0)
        rooms = [Room(1, 1, 60, 0, 117.0, 39.0), Room(2, 2, 60, 0, 117.001, 39.0), far]
        found = solve(rooms, [Gap(1, 1, 100, 117.0, 39.0), Gap(2, 2, 10, 117.0, 39.0)], 800)
        assert (
            {pair.room.id for pair in found.pairs} == {1, 2}
            and found.covered_m2 == 100 + 0
            or found.covered_m2 == 100
        )
        assert solve([], [], 800).covered_m2 == 0

    def test_of_two_alike_the_room_of_the_same_community_is_taken(self):
        rooms = [Room(1, 5, 60, 0, 117.0, 39.0), Room(2, 1, 60, 0, 117.003, 39.0)]
        pair = solve(rooms, [Gap(1, 1, 60, 117.0, 39.0)], 800).pairs[0]
        assert pair.room.id == 2


def best_by_trying(rooms, gaps, most_m):
    by_room: dict[int, list] = {room.id: [None] for room in rooms}
    for pair in pairs_of(rooms, gaps, most_m):
        by_room[pair.room.id].append(pair)
    answers = []
    for choice in product(*by_room.values()):
        chosen = [pair for pair in choice if pair]
        answers.append((covered_of(chosen), -sum(pair.weight for pair in chosen)))
    return max(answers)
