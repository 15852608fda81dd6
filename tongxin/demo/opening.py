"""What the visitor finds on the desks: scenes of the last hours, each left in a step of its own.

They are letters of the home street, written again just now, and stopped on the way: something to
dispatch, to grab, to answer, to finish, to verify and to rate for each of the demo's people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tongxin.cases.models import Topic

from .letters import Letter


@dataclass(frozen=True)
class Opening:
    """One scene: the step it stops in, when it was filed, how it went."""

    stop: str
    minutes: int  # ago
    way: str = ""
    doer: str = ""
    turns: tuple[str, ...] = ()
    by: str = ""  # the username of who filed it
    quick: bool = False  # done at once, then nothing for a long time: its clock runs out


OPENINGS = (
    Opening("filed", 3),
    Opening("filed", 12, turns=("photo",)),
    Opening("filed", 27, by="resident"),
    Opening("filed", 58, turns=("photo", "urge")),
    Opening("filed", 95),
    Opening("filed", 2900, turns=("urge",)),
    Opening("hall", 20, "grab"),
    Opening("hall", 48, "grab", turns=("photo",)),
    Opening("hall", 85, "grab"),
    Opening("hall", 130, "grab"),
    Opening("offered", 24, "offer", "volunteer"),
    Opening("dispatched", 42, "assign", "volunteer"),
    Opening("dispatched", 50, "grid_worker", "grid_worker"),
    Opening("dispatched", 65, "department", "handler"),
    Opening("dispatched", 1500, "department", quick=True),
    Opening("accepted", 190, "assign", "volunteer", ("photo", "answer"), "resident"),
    Opening("accepted", 240, "grid_worker", "grid_worker"),
    Opening("accepted", 400, "department", "handler", ("answer",)),
    Opening("accepted", 7200, "department", "handler", quick=True),
    Opening("accepted", 9000, "grid_worker", "grid_worker", ("photo",), quick=True),
    Opening("waiting", 500, "grid_worker", "grid_worker", ("wait",), "resident"),
    Opening("accepted", 800, "department", "handler", ("ask",)),
    Opening("suspended", 3000, "department", "handler", ("suspend",)),
    Opening("done", 260, "assign", "volunteer", ("photo", "check_in")),
    Opening("done", 330, "grid_worker", "grid_worker", ("photo",)),
    Opening("done", 700, "department", "handler", ("photo",)),
    Opening("done", 460, "assign", "", ("check_in",)),
    Opening("done", 5000, "department", "", quick=True),
    Opening("verified", 900, "assign", "volunteer", ("photo",), "resident"),
    Opening("verified", 1800, "grid_worker", "grid_worker", (), "resident"),
    Opening("verified", 2600, "department", "handler", (), "resident"),
    Opening("closed", 4200, "assign", "volunteer", ("check_in",), "resident"),
    Opening("closed", 8600, "department", "handler", ("redo",), "resident"),
)  # fmt: skip
STEPS_TO = {
    "filed": 1, "hall": 1, "offered": 1, "dispatched": 1, "accepted": 2, "waiting": 3, "suspended": 4,
    "done": 3, "verified": 4, "closed": 5,
}  # fmt: skip


def fits(opening: Opening, topic: Topic | None, skills: set[str]) -> bool:
    """Return whether a topic can go the way of the scene."""
    if topic is None:
        return not opening.way
    takers, modes = topic.takers.split(), topic.modes.split()
    if opening.stop == "done" and topic.verify != Topic.Verify.ALL:
        return False  # it might go on unverified
    if not opening.way:
        return True
    if opening.way in ("department", "grid_worker"):
        office_ok = opening.way != "department" or opening.doer != "handler" or topic.code in CITY
        return opening.way in takers and office_ok
    skilled = not topic.skills or bool(set(topic.skills.split()) & skills)
    return "volunteer" in takers and opening.way in modes and skilled


CITY = frozenset("0302 0303 0304 0501 0502 0504 0601 0602 0603 0701".split())


def choose(
    letters: Iterable[tuple[Letter, Topic | None]], skills: set[str], *, until: datetime
) -> tuple[list[tuple[Opening, Letter]], list[Letter]]:
    """Give each scene a letter that fits, latest first; return them and the letters left over."""
    left = sorted(letters, key=lambda pair: pair[0].at, reverse=True)
    chosen = []
    for opening in OPENINGS:
        pair = next((pair for pair in left if fits(opening, pair[1], skills)), None)
        if pair is not None:
            left.remove(pair)
            at = until - timedelta(minutes=opening.minutes)
            chosen.append((opening, replace(pair[0], at=at)))
    return chosen, [letter for letter, _topic in left]


def pace_of(opening: Opening) -> timedelta:
    if opening.quick:
        return timedelta(minutes=20)
    acts = STEPS_TO[opening.stop] + len(set(opening.turns) & {"urge", "answer", "ask"}) + 1
    acts += 2 * ("check_in" in opening.turns) + 2 * ("redo" in opening.turns)
    return timedelta(minutes=opening.minutes / (acts + 1))
