"""Pages of cases: what they hold, in which order, and along which index they are read."""

from datetime import timedelta

import pytest
from django.db import connection

from tongxin.cases.actions import make_move, open_case
from tongxin.cases.lists import Wanted, _looks, page_of
from tongxin.cases.models import Case
from tongxin.kit.errors import BadCursor
from tongxin.regions.queries import get_land
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore

MINUTE = timedelta(minutes=1)


def chore(world, n=0, region=None, reporter=None, **more) -> Case:
    return open_case(
        kind="chore", title=f"杂务{n}", region=region or world.p1, at=NOON + n * MINUTE,
        actor=world.sun, reporter=reporter or world.sun, **more,
    )  # fmt: skip


@pytest.fixture
def some(world) -> list[Case]:
    """Five chores in Pine, two in Reed, one in Salt, oldest first."""
    places = [
        world.p1,
        world.p2,
        world.pine,
        world.p1,
        world.p1,
        world.reed,
        world.reed,
        world.salt,
    ]
    return [chore(world, n, region) for n, region in enumerate(places)]


def titles(actor, **wanted) -> list[str]:
    return [row["title"] for row in page_of(actor, Wanted(**wanted))[0]]


class TestFilters:
    def test_by_region(self, world, some):
        at = {code: get_land(getattr(world, code).code) for code in ("north", "reed", "p1", "salt")}
        assert len(titles(world.gao, land=at["north"])) == 7
        assert titles(world.gao, land=at["reed"]) == ["杂务6", "杂务5"]
        assert titles(world.gao, land=at["p1"]) == ["杂务4", "杂务3", "杂务0"]
        assert titles(world.liu, land=at["salt"]) == []
        assert len(titles(world.zhang, land=at["north"])) == 5

    def test_by_state_and_step(self, world, some):
        make_move(some[0], "take", at=NOON, actor=world.mei)
        make_move(some[0], "close", at=NOON, actor=world.mei, note="好")
        assert (
            titles(world.zhang, state="closed") == titles(world.zhang, step="closed") == ["杂务0"]
        )
        assert len(titles(world.zhang, state="open")) == len(titles(world.zhang, step="open")) == 4
        assert titles(world.zhang, kind="request") == []

    def test_by_card_and_lateness(self, world, some):
        Case.objects.filter(pk=some[1].pk).update(card="red", is_late=True)
        assert titles(world.zhang, card="red") == titles(world.zhang, late=True) == ["杂务1"]
        assert len(titles(world.zhang, late=False)) == 4

    def test_by_topic(self, world, some):
        chore(world, 9, topic=world.tap)
        assert titles(world.zhang, topic="0101") == ["杂务9"]

    def test_by_time(self, world, some):
        between = {"since": NOON + 1 * MINUTE, "until": NOON + 3 * MINUTE}
        assert titles(world.zhang, **between) == ["杂务2", "杂务1"]

    def test_by_number_and_by_words(self, world, some):
        assert titles(world.zhang, q=some[2].number) == ["杂务2"]
        assert titles(world.zhang, q="杂务3") == ["杂务3"]
        assert titles(world.zhang, q="杂 4") == ["杂务4"]
        assert titles(world.zhang, q="没有") == []
        assert titles(world.wu, q=some[2].number) == []

    def test_words_are_sought_among_the_newest_only(self, world, some, monkeypatch):
        monkeypatch.setattr("tongxin.cases.lists.SEARCHED", 2)
        assert titles(world.zhang, q="杂务4") == ["杂务4"]
        assert titles(world.zhang, q="杂务1") == []
        assert titles(world.zhang, q="杂务1", until=NOON + 2 * MINUTE) == ["杂务1"]

    def test_by_parent(self, world, some):
        child = chore(world, 20, parent=some[0])
        assert titles(world.zhang, parent=some[0].pk) == [child.title]


class TestBoxes:
    def test_each_box_holds_its_own(self, world, some):
        Case.objects.filter(pk=some[0].pk).update(holder=world.wang)
        Case.objects.filter(pk=some[1].pk).update(offeree=world.wang)
        Case.objects.filter(pk=some[2].pk).update(handler=world.roads)
        Case.objects.filter(pk=some[3].pk).update(step="hall", kind="request")
        assert titles(world.wang, box="held") == ["杂务0"]
        assert titles(world.wang, box="offered") == ["杂务1"]
        assert titles(world.li, box="handled") == ["杂务2"]
        assert titles(world.wang, box="hall") == titles(world.mei, box="hall") == ["杂务3"]
        assert len(titles(world.sun, box="mine")) == 8
        assert titles(world.ma, box="mine") == titles(world.wu, box="hall") == []

    def test_what_waits_for_a_verdict(self, world, some):
        Case.objects.filter(pk=some[4].pk).update(step="done", kind="request", is_private=True)
        assert titles(world.chen, box="to_verify") == ["杂务4"]
        assert titles(world.zhang, box="to_verify") == []


class TestPages:
    @pytest.mark.parametrize("who", ["liu", "zhang", "sun", "ann"])
    @pytest.mark.parametrize("sort", ["new", "due"])
    def test_leafing_through_shows_each_once(self, world, some, who, sort):
        Case.objects.filter(pk=some[3].pk).update(due_at=None)
        Case.objects.filter(pk=some[4].pk).update(due_at=some[0].due_at)
        actor, seen, cursor = getattr(world, who), [], ""
        while cursor is not None:
            wanted = Wanted(limit=2, cursor=cursor, sort=sort, state="open")
            page, cursor = page_of(actor, wanted)
            seen += page
        assert len(seen) == len({row["id"] for row in seen})
        assert {row["id"] for row in seen} == {c.pk for c in Case.objects.visible_to(actor)}
        if sort == "new":
            assert [row["id"] for row in seen] == sorted((row["id"] for row in seen), reverse=True)
        else:
            dues = [row["due_at"] for row in seen if row["due_at"]]
            assert dues == sorted(dues)
            assert seen[-1]["due_at"] is None

    def test_what_came_meanwhile_shifts_nothing(self, world, some):
        _page, cursor = page_of(world.zhang, Wanted(limit=2))
        chore(world, 30)
        assert titles(world.zhang, limit=2, cursor=cursor) == ["杂务2", "杂务1"]

    @pytest.mark.parametrize(
        "cursor", ["x", "_", "abc_def", "nan_" + "0" * 32, "inf_" + "0" * 32, "1e99_"]
    )
    def test_a_cursor_of_no_page_is_refused(self, world, cursor):
        with pytest.raises(BadCursor):
            page_of(world.zhang, Wanted(cursor=cursor))


def plans(actor, **wanted) -> list[str]:
    """Return how the database would read a page: the lines about the table of cases."""
    lines = []
    for look in _looks(actor, Wanted(**wanted)):
        sql, params = look.values_list("pk")[:51].query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            lines += [row[3] for row in cursor.fetchall() if "cases_case" in row[3]]
    return lines


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the words of SQLite's planner")
class TestIndexes:
    @pytest.mark.parametrize(
        ("who", "wanted"),
        [
            ("zhang", {}),
            ("zhang", {"state": "open"}),
            ("zhang", {"state": "open", "sort": "due"}),
            ("wang", {"box": "hall"}),
            ("wang", {"box": "held"}),
            ("wang", {"box": "offered"}),
            ("sun", {"box": "mine"}),
            ("li", {"box": "handled"}),
            ("chen", {"box": "to_verify"}),
            ("liu", {"land": "north"}),
            ("liu", {"land": "pine", "state": "open"}),
            ("liu", {"land": "pine", "step": "closed", "topic": "0101"}),
        ],
    )
    def test_no_page_reads_the_whole_table(self, world, some, who, wanted):
        if "land" in wanted:
            wanted = wanted | {"land": get_land(getattr(world, wanted["land"]).code)}
        found = plans(getattr(world, who), **wanted)
        assert found
        assert all(line.startswith("SEARCH") for line in found), found

    def test_a_street_is_read_along_its_own_index_in_order(self, world, some):
        [line] = plans(world.liu, land=get_land(world.north.code))
        assert "case_street" in line

    def test_open_cases_are_read_along_theirs(self, world, some):
        [line] = plans(world.liu, land=get_land(world.north.code), state="open")
        assert "case_open" in line
