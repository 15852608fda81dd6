"""The shape of a lifecycle: its steps, the moves between them, the clocks that run in a step.

A flow is a table that people read, so it is written as one: a move is a line, and a list of words
is a string ("note photo"). Shape is code; numbers (norms per topic) are data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .models import Case, Event

Words = str | Promise  # what people read: translated when it is shown

STAY = "="  # a move that stays in its step, and leaves its clocks running

# What a move may need or take, and the words people see for it. `|` in a table means "one of".
NEEDS = {
    "note": _("说明"),
    "photo": _("照片"),
    "before_after": _("办理前、办理后照片"),
    "place": _("现场位置"),
    "signature": _("签字"),
    "holder": _("承办人"),
    "handler": _("承办单位"),
    "queue": _("推荐名单"),
    "until": _("截止时间"),
    "topic": _("事项"),
    "region": _("所在区域"),
    "stars": _("星级"),
    "tags": _("评价标签"),
    "minutes": _("服务时长（分钟）"),
    "amount": _("代买金额（元）"),
    "receipt": _("票据照片"),
    "reached": _("是否联系上"),
    "solved": _("是否解决"),
    "leader": _("牵头的单子"),
    "cause": _("原因说明"),
    "plan": _("整改方案"),
}
# Needs that are met by evidence of that kind, not by a value.
EVIDENCE_NEEDS = {"photo": {"photo", "after"}, "signature": {"signature"}, "receipt": {"receipt"}}
# Values that are kept on the case itself; all others live in the event.
CASE_FIELDS = ("holder", "handler", "until")


@dataclass(frozen=True)
class Option:
    """Something a move may be given, with what speaks for it."""

    value: Any
    label: Words
    why: str = ""


@dataclass(frozen=True)
class Step:
    name: str
    label: Words  # what people call this state
    dot: int  # how many dots of the line are done
    tone: str = "working"  # waiting working verify done late: the palette
    pauses: bool = False  # the clock of the step before stands still here, until `case.until`


@dataclass(frozen=True)
class Move:
    name: str
    label: Words  # the verb on the button
    source: str  # the steps it may start from
    target: str  # the step it leads to, or STAY; "done|verified": `Flow.choose` picks one
    by: str  # the parts that may make it; "system": clocks and hooks
    needs: str = ""  # what must be handed in
    takes: str = ""  # what may be handed in as well
    tells: str = ""  # the parts that get a notice
    guard: Callable[[Case, object], Words | None] | None = None  # why not, as a sentence; None: go

    @cached_property
    def sources(self) -> frozenset[str]:
        return frozenset(self.source.split())

    @cached_property
    def targets(self) -> tuple[str, ...]:
        return tuple(self.target.split("|"))

    @cached_property
    def parts(self) -> frozenset[str]:
        return frozenset(self.by.split())


@dataclass(frozen=True)
class Clock:
    step: str
    norm: str  # "30m" "4wh" "2wd" "14d", or "topic.accept|2wh": the topic's, or else
    then: str  # a move the system makes; "yellow" "red" "escalate" are only written down
    at: float = 1.0  # the share of the norm at which it rings
    tells: str = ""


def cards(step: str, norm: str, *, tells: str, up: str = "officer@street officer@district"):
    """Return the usual clocks of a step: yellow card at 80 %, red at 100 %, then up, level by level.

    Source: shared practice of 督办 in city management; percentages as the issue of the loop asks.
    """
    first, *higher = up.split()
    ladder = [
        Clock(step, norm, "yellow", 0.8, tells),
        Clock(step, norm, "red", 1.0, f"{tells} {first}"),
    ]
    ladder += [
        Clock(step, norm, "escalate", 1.5 + 0.5 * n, f"{tells} {part}")
        for n, part in enumerate(higher)
    ]
    return tuple(ladder)


@dataclass(frozen=True, kw_only=True)
class Flow:
    kind: str
    label: Words
    first: str
    final: str  # in these steps the case is closed
    dots: str  # the characters of the line: "点派接验评"
    dot_words: Words = ""  # what each of them stands for: "点单 派单 …"
    steps: tuple[Step, ...]
    moves: tuple[Move, ...]
    clocks: tuple[Clock, ...] = ()
    choose: Mapping[str, Callable] = field(default_factory=dict)  # move -> (case) -> target
    # Hooks by move, in the same transaction: `before` sets fields of the case that the event then
    # covers, `after` writes the domain's own rows. Both take (case, event, given).
    before: Mapping[str, Callable] = field(default_factory=dict)
    after: Mapping[str, Callable] = field(default_factory=dict)
    also_needs: Callable[[Case, Move], str] | None = None  # what this case's topic asks on top
    tells_opening: str = ""  # the parts told that a case was opened
    # What the domain's own row adds to the case in the API: (case) -> {name: value}
    details: Callable[[Case], dict[str, Any]] | None = None
    # Where a notice leads: (case, event, user id) -> a path; "" for the page of the case.
    link: Callable[[Case, Event, int], str] | None = None
    # How the page shows it.
    # Parts that only the domain can tell; its actions hand them to `make_move` as `parts`.
    own_parts: str = ""
    ahead: str = ""  # the moves that carry the case on: the first open one is the primary button
    undo: Mapping[str, str] = field(default_factory=dict)  # move -> the move that takes it back
    # need -> what to choose from: (case, at=, text=, chosen=) -> [Option]; `text` is what was
    # searched for, `chosen` the values handed in: those that may be chosen are among the options.
    options: Mapping[str, Callable[..., list[Option]]] = field(default_factory=dict)
    # What the domain adds to the page: (case, actor, at, open moves) -> [{"template", …}]
    panels: Callable[..., list[dict[str, Any]]] | None = None

    @cached_property
    def finals(self) -> frozenset[str]:
        return frozenset(self.final.split())

    @property
    def dot_titles(self) -> list[str]:
        return str(self.dot_words).split() or [*self.dots]

    @cached_property
    def step_of(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    @cached_property
    def move_of(self) -> dict[str, Move]:
        return {move.name: move for move in self.moves}

    @cached_property
    def _moves_from(self) -> dict[str, tuple[Move, ...]]:
        return {
            step.name: tuple(move for move in self.moves if step.name in move.sources)
            for step in self.steps
        }

    @cached_property
    def _clocks_of(self) -> dict[str, tuple[Clock, ...]]:
        return {
            step.name: tuple(
                sorted((c for c in self.clocks if c.step == step.name), key=lambda c: c.at)
            )
            for step in self.steps
        }

    def moves_from(self, step: str) -> tuple[Move, ...]:
        return self._moves_from[step]

    def clocks_of(self, step: str) -> tuple[Clock, ...]:
        """Return the clocks of a step in the order in which they ring."""
        return self._clocks_of[step]


_flows: dict[str, Flow] = {}


def register(flow: Flow) -> Flow:
    if flow.kind in _flows:
        raise ValueError(f"two flows are called {flow.kind!r}")
    _flows[flow.kind] = flow
    return flow


def get_flow(kind: str) -> Flow:
    return _flows[kind]


def all_flows() -> list[Flow]:
    return list(_flows.values())
