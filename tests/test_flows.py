"""Every flow in the house is sound. A new flow is tested by being declared."""

import pytest

import tongxin.cases.tests.flows  # noqa: F401  the engine's own flow is one of them
from tongxin.cases.flow import NEEDS, STAY, all_flows
from tongxin.kit.worktime import parse_norm
from tongxin.orgs.models import Post
from tongxin.regions.models import Region

PARTS = {*Post.Role.values, "handler_org", "reporter", "holder", "offeree", "system"}
CARDS = {"yellow", "red", "escalate"}

each_flow = pytest.mark.parametrize("flow", all_flows(), ids=lambda flow: flow.kind)


def known_parts(flow, words: str) -> bool:
    known = {*PARTS, *flow.own_parts.split()}
    split = [word.partition("@") for word in words.split()]
    return all(r in known and (not level or level in Region.Level.values) for r, _, level in split)


@each_flow
def test_every_step_but_the_last_can_be_reached_and_left(flow):
    reached = {flow.first, *(target for move in flow.moves for target in move.targets)}
    assert set(flow.step_of) <= reached | {STAY}
    for step in flow.step_of:
        if step not in flow.finals:
            assert any(m.target != STAY for m in flow.moves_from(step)), f"nobody can leave {step}"


@each_flow
def test_every_step_leads_to_an_end(flow):
    ends = set(flow.finals)
    while more := {
        source
        for move in flow.moves
        for source in move.sources
        if source not in ends and set(move.targets) & ends
    }:
        ends |= more
    assert ends == set(flow.step_of)


@each_flow
def test_moves_start_and_end_in_steps_that_exist(flow):
    for move in flow.moves:
        assert move.sources <= set(flow.step_of), move.name
        assert set(move.targets) <= {*flow.step_of, STAY}, move.name
        assert (len(move.targets) > 1) == (move.name in flow.choose), move.name
    assert flow.first in flow.step_of
    assert flow.finals <= set(flow.step_of)


@each_flow
def test_every_word_is_known(flow):
    for move in flow.moves:
        assert known_parts(flow, f"{move.by} {move.tells}"), move.name
        words = {word for need in f"{move.needs} {move.takes}".split() for word in need.split("|")}
        assert words <= set(NEEDS), move.name
    assert known_parts(flow, flow.tells_opening)


@each_flow
def test_hooks_belong_to_moves(flow):
    assert {*flow.before, *flow.after, *flow.choose} <= set(flow.move_of)


@each_flow
def test_a_clock_runs_in_an_open_step_and_leads_somewhere(flow):
    for clock in flow.clocks:
        assert clock.step in set(flow.step_of) - flow.finals
        assert not flow.step_of[clock.step].pauses, "a paused step waits for `until`"
        assert clock.then in CARDS | set(flow.move_of)
        if clock.then in flow.move_of:
            assert "system" in flow.move_of[clock.then].parts
            assert clock.step in flow.move_of[clock.then].sources
        parse_norm(clock.norm.partition("|")[2] if clock.norm.startswith("topic.") else clock.norm)
        assert known_parts(flow, clock.tells)


@each_flow
def test_all_clocks_of_a_step_share_a_norm(flow):
    for step in flow.step_of:
        assert len({clock.norm for clock in flow.clocks_of(step)}) <= 1


@each_flow
def test_a_paused_step_can_be_left_by_the_clock(flow):
    for step in flow.steps:
        if step.pauses:
            assert "system" in flow.move_of["resume"].parts
            assert step.name in flow.move_of["resume"].sources


@each_flow
def test_names_are_unique_and_labels_are_there(flow):
    assert len(flow.move_of) == len(flow.moves)
    assert len(flow.step_of) == len(flow.steps)
    assert all(step.dot <= len(flow.dots) for step in flow.steps)
    assert all(str(item.label) for item in (*flow.steps, *flow.moves))
