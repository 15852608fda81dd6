"""Whatever people try, in whatever order: the table holds, the chain verifies, clocks make sense."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tongxin.cases.actions import make_move, open_case, ring_clocks
from tongxin.cases.actions.moves import payload_of
from tongxin.cases.models import Case, Event
from tongxin.cases.queries import moves_open_to
from tongxin.kit.chain import verify
from tongxin.kit.errors import Refused
from tongxin.regions.queries import forget
from tongxin.testing import NOON, World

from .flows import CHORE

WHO = ["mei", "zhang", "liu", "sun", "wu"]
steps = st.lists(
    st.tuples(
        st.sampled_from([*CHORE.move_of, "ring"]), st.sampled_from(WHO), st.integers(1, 3000)
    ),
    max_size=14,
)


class EngineProperties(TestCase):
    def setUp(self):
        forget()
        self.world = World().build()

    def attempt(self, case, name, who, at) -> None:
        actor = getattr(self.world, who)
        move = CHORE.move_of[name]
        words = set(f"{move.needs}".replace("|", " ").split())
        given = {"until": at + timedelta(days=3)} if "until" in words else {}
        before = Case.objects.get(pk=case.pk)
        open_names = [m.name for m in moves_open_to(actor, before)]
        try:
            make_move(case, name, at=at, actor=actor, note="好" if "note" in words else "", **given)
        except Refused:
            after = Case.objects.get(pk=case.pk)
            assert (after.step, after.length, after.head) == (
                before.step,
                before.length,
                before.head,
            )
        else:
            assert name in open_names, "what is done was offered"
            after = Case.objects.get(pk=case.pk)
            assert after.step in {*move.targets} or (
                move.target == "=" and after.step == before.step
            )
            assert after.length == before.length + 1

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps)
    def test_no_sequence_leaves_the_table(self, plan):
        case = open_case(
            kind="chore", title="扫雪", region=self.world.p1, at=NOON, actor=self.world.sun,
            reporter=self.world.sun,
        )  # fmt: skip
        at = NOON
        for name, who, minutes in plan:
            at += timedelta(minutes=minutes)
            if name == "ring":
                ring_clocks(at=at)
            else:
                self.attempt(case, name, who, at)
            self.check(case)

    def check(self, case) -> None:
        case = Case.objects.get(pk=case.pk)
        events = list(Event.objects.filter(case=case).order_by("seq"))
        assert case.step in CHORE.step_of
        assert (case.closed_at is None) == (case.step not in CHORE.finals)
        assert [event.seq for event in events] == list(range(1, case.length + 1))
        assert verify((e.hash, e.prev, payload_of(e)) for e in events) is None
        assert case.head == events[-1].hash
        assert all(a.target == b.source for a, b in zip(events, events[1:], strict=False))
        if case.step in CHORE.finals:
            assert case.rings_at is None
        if CHORE.step_of[case.step].pauses:
            assert case.rings_at == case.until
