"""Opening cases and moving them: what is written, what is refused, what a retry does."""

import uuid
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.cases.actions import (
    FromTheFuture,
    KeyReused,
    NotAskedFor,
    SomethingMissing,
    make_move,
    open_case,
)
from tongxin.cases.models import Case, Event
from tongxin.cases.queries import Guarded, NoSuchMove, moves_open_to
from tongxin.kit.chain import GENESIS
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Stale
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore

HOUR = timedelta(hours=1)


@pytest.fixture
def chore(world) -> Case:
    return open_case(
        kind="chore", title="扫雪", region=world.p1, at=NOON, actor=world.sun, reporter=world.sun
    )


class TestOpen:
    def test_it_stands_in_the_first_step_with_a_number_and_a_clock(self, world, chore):
        assert (chore.step, chore.number) == ("open", "120116-20260302-0001")
        assert (chore.street, chore.community) == (world.north, world.pine)
        assert chore.due_at == NOON + 2 * HOUR
        assert Event.objects.get(case=chore).prev == GENESIS

    def test_numbers_count_up_within_a_day(self, world, chore):
        other = open_case(kind="chore", title="除草", region=world.salt, at=NOON, actor=None)
        assert other.number.endswith("-0002")

    @pytest.mark.parametrize(
        ("title", "text"),
        [("", ""), ("字" * 121, ""), ("扫\x07雪", ""), ("扫雪", "字" * 10_001), ("扫\u202e雪", "")],
        ids=["empty", "long", "control", "long text", "bidi"],
    )
    def test_it_refuses_a_bad_title_or_text(self, world, title, text):
        with pytest.raises(Invalid):
            open_case(kind="chore", title=title, text=text, region=world.p1, at=NOON, actor=None)
        assert not Case.objects.exists()

    def test_a_retried_key_opens_once(self, world, chore):
        asked = {"kind": "chore", "title": "扫雪", "region": world.p1, "actor": world.sun}
        first = open_case(**asked, at=NOON, key="abc")
        again = open_case(**asked, at=NOON + HOUR, key="abc")
        assert first.pk == again.pk
        assert Case.objects.count() == 2

    def test_a_key_cannot_be_used_for_something_else(self, world, chore):
        asked = {"kind": "chore", "region": world.p1, "actor": world.sun, "at": NOON, "key": "abc"}
        open_case(title="扫雪", **asked)
        with pytest.raises(KeyReused):
            open_case(title="除草", **asked)

    def test_two_callers_may_use_the_same_key(self, world, chore):
        asked = {"kind": "chore", "title": "扫雪", "region": world.p1, "at": NOON, "key": "abc"}
        assert open_case(actor=world.sun, **asked).pk != open_case(actor=world.ma, **asked).pk

    def test_an_id_made_by_the_phone_opens_once(self, world):
        asked = {"kind": "chore", "title": "扫雪", "region": world.p1, "actor": world.sun}
        made = uuid.uuid4()
        assert open_case(**asked, at=NOON, id=made).pk == open_case(**asked, at=NOON, id=made).pk


class TestMove:
    def test_it_writes_one_event_and_sets_the_step(self, world, chore):
        event = make_move(chore, "take", at=NOON + HOUR, actor=world.mei, note="我来")
        chore.refresh_from_db()
        assert (chore.step, chore.holder, chore.length) == ("taken", world.mei, 2)
        assert (event.source, event.target, event.seq, event.hash) == (
            "open",
            "taken",
            2,
            chore.head,
        )

    def test_it_offers_each_person_their_own_moves(self, world, chore):
        assert [m.name for m in moves_open_to(world.mei, chore)] == ["take"]
        assert [m.name for m in moves_open_to(world.sun, chore)] == ["ping"]
        assert moves_open_to(world.wu, chore) == []

    def test_it_refuses_an_unknown_move(self, world, chore):
        with pytest.raises(NoSuchMove, match="没有“fly”这个操作"):
            make_move(chore, "fly", at=NOON, actor=world.mei)

    def test_it_refuses_who_has_no_part(self, world, chore):
        with pytest.raises(NotPermitted):
            make_move(chore, "take", at=NOON, actor=world.sun)

    def test_it_knows_nothing_of_a_case_for_who_does_not_see_it(self, world, chore):
        with pytest.raises(NotFound):
            make_move(chore, "take", at=NOON, actor=world.wu)

    def test_a_stale_page_hears_who_moved_it(self, world, chore):
        make_move(chore, "take", at=NOON, actor=world.mei)
        with pytest.raises(NoSuchMove, match="梅雪.*在做"):
            make_move(chore, "take", at=NOON, actor=world.zhang)

    def test_it_refuses_a_page_that_is_behind(self, world, chore):
        make_move(chore, "ping", at=NOON, actor=world.sun)
        with pytest.raises(Stale):
            make_move(chore, "take", at=NOON, actor=world.mei, expect=1)
        make_move(chore, "take", at=NOON, actor=world.mei, expect=2)

    def test_it_refuses_what_is_missing_by_name(self, world, chore):
        make_move(chore, "take", at=NOON, actor=world.mei)
        with pytest.raises(SomethingMissing, match="说明") as refusal:
            make_move(chore, "close", at=NOON, actor=world.mei)
        assert refusal.value.extra["missing"] == ["note"]
        make_move(chore, "close", at=NOON, actor=world.mei, note="扫完了")

    def test_it_refuses_what_the_move_does_not_take(self, world, chore):
        with pytest.raises(NotAskedFor):
            make_move(chore, "take", at=NOON, actor=world.mei, holder=world.zhang)
        chore.refresh_from_db()
        assert (chore.step, chore.length) == ("open", 1)

    def test_it_refuses_a_time_after_now(self, world, chore):
        with pytest.raises(FromTheFuture):
            make_move(chore, "take", at=now() + HOUR, actor=world.mei)

    def test_a_retried_move_happens_once(self, world, chore):
        first = make_move(chore, "take", at=NOON, actor=world.mei, key="k")
        assert make_move(chore, "take", at=NOON, actor=world.mei, key="k").pk == first.pk
        chore.refresh_from_db()
        assert chore.length == 2

    def test_a_retried_move_that_stays_happens_once(self, world, chore):
        first = make_move(chore, "ping", at=NOON, actor=world.sun, key="k")
        assert make_move(chore, "ping", at=NOON, actor=world.sun, key="k").pk == first.pk
        assert Event.objects.filter(case=chore, name="ping").count() == 1

    def test_a_key_of_another_move_is_refused(self, world, chore):
        make_move(chore, "ping", at=NOON, actor=world.sun, key="k")
        with pytest.raises(KeyReused):
            make_move(chore, "ping", at=NOON, actor=world.sun, key="k", note="快点")

    def test_a_move_that_stays_leaves_the_clock_running(self, world, chore):
        due = chore.due_at
        make_move(chore, "ping", at=NOON + HOUR, actor=world.sun)
        chore.refresh_from_db()
        assert chore.due_at == due


class TestChildren:
    def test_a_parent_waits_for_its_children(self, world, chore):
        child = open_case(
            kind="chore", title="铲冰", region=world.p1, at=NOON, actor=None, parent=chore
        )
        make_move(chore, "take", at=NOON, actor=world.mei)
        with pytest.raises(Guarded, match="子事项"):
            make_move(chore, "close", at=NOON, actor=world.mei, note="好了")
        make_move(child, "take", at=NOON, actor=world.mei)
        make_move(child, "close", at=NOON, actor=world.mei, note="好了")
        make_move(chore, "close", at=NOON, actor=world.mei, note="好了")

    def test_a_child_that_is_reopened_counts_again(self, world, chore):
        child = open_case(
            kind="chore", title="铲冰", region=world.p1, at=NOON, actor=None, parent=chore
        )
        make_move(child, "take", at=NOON, actor=world.mei)
        make_move(child, "close", at=NOON, actor=world.mei, note="好了")
        make_move(child, "redo", at=NOON, actor=world.zhang, note="没铲净")
        chore.refresh_from_db()
        assert chore.open_children == 1


class TestVisible:
    def test_each_sees_their_own_area_and_their_own_cases(self, world, chore):
        for user in (world.zhang, world.mei, world.liu, world.gao, world.sun, world.ann):
            assert Case.objects.visible_to(user).filter(pk=chore.pk).exists(), user

    def test_others_see_nothing(self, world, chore):
        for user in (world.wu, world.ma, world.wang, world.li):
            assert not Case.objects.visible_to(user).filter(pk=chore.pk).exists(), user

    def test_a_private_case_is_hidden_from_the_grid_worker(self, world):
        case = open_case(
            kind="chore", title="家事", region=world.p1, at=NOON, actor=world.sun,
            reporter=world.sun, is_private=True,
        )  # fmt: skip
        seen = Case.objects.visible_to
        assert seen(world.zhang).filter(pk=case.pk).exists()
        assert not seen(world.mei).filter(pk=case.pk).exists()
