"""The arithmetic of a case's clock: when it runs out, what rings next, and how to say so.

A clock runs from `clock_from` for its norm times `norms`, less what was used before a pause, in
working time or round the clock as the norm says.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils.timezone import get_current_timezone

from tongxin.kit.worktime import parse_norm, remaining_words
from tongxin.regions.queries import calendar_for

from .flow import Clock
from .models import Case

ZERO = timedelta()
SHORTEST = timedelta(hours=1)  # a deadline of today or before still leaves so much


def norm_words(case: Case, written: str) -> str:
    """Resolve a norm as a flow table writes it: "topic.accept|2wh" takes the topic's or "2wh"."""
    if not written.startswith("topic."):
        return written
    name, _, otherwise = written.partition("|")
    topic = case.topic
    if topic is None:
        return otherwise
    return {"accept": topic.accept_norm, "norm": topic.norm, "verify": topic.verify_norm}[name[6:]]


def start_clock(case: Case, at: datetime) -> None:
    """Start the clocks of the step the case has just entered."""
    case.rung, case.card, case.norms = 0, "", 1
    case.clock_from, case.clock_used = at, ZERO
    clocks = case.flow.clocks_of(case.step)
    case.norm = norm_words(case, clocks[0].norm) if clocks else ""
    set_times(case)


def end_of(day: date) -> datetime:
    """Return the moment at which a day is over in China."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=get_current_timezone())


def run_until(case: Case, deadline: date, *, since: datetime) -> None:
    """Let the clock of the present step run by the calendar, from a moment to the end of a day."""
    hours = max(end_of(deadline) - since, SHORTEST) // timedelta(hours=1)
    case.norm, case.norms, case.rung, case.card = f"{hours}h", 1, 0, ""
    case.clock_from, case.clock_used = since, ZERO
    set_times(case)


def pause_clock(case: Case, at: datetime) -> None:
    """Stop the clock, remembering how much was used, until `case.until`, when it goes on by itself."""
    if case.norm and case.clock_from:
        clock, _ = parse_norm(case.norm).resolve(calendar_for(case.area))
        case.clock_used = (case.clock_used or ZERO) + clock.between(case.clock_from, at)
    case.rung, case.clock_from, case.due_at = 0, None, case.until
    case.rings_at = case.until


def resume_clock(case: Case, at: datetime) -> None:
    case.clock_from, case.until = at, None
    set_times(case)


def set_times(case: Case) -> None:
    """Set `due_at` and `rings_at` from the clock's state. No clock: both None."""
    case.due_at = case.rings_at = None
    clocks = case.flow.clocks_of(case.step)
    if not clocks or case.clock_from is None:
        return
    clock, norm = parse_norm(case.norm).resolve(calendar_for(case.area))
    used = case.clock_used or ZERO
    case.due_at = clock.add(case.clock_from, max(norm * case.norms - used, ZERO))
    if case.rung < len(clocks):
        share = norm * case.norms * clocks[case.rung].at
        case.rings_at = clock.add(case.clock_from, max(share - used, ZERO))


def next_clock(case: Case) -> Clock | None:
    clocks = case.flow.clocks_of(case.step)
    return clocks[case.rung] if case.rung < len(clocks) else None


def left_in_words(case: Case, *, at: datetime) -> str:
    if case.due_at is None or not case.is_open:
        return ""
    if case.clock_from is None:  # paused until a day
        return remaining_words(case.due_at - at, working=False)
    norm = parse_norm(case.norm)
    clock, _ = norm.resolve(calendar_for(case.area))
    if case.due_at >= at:
        left = clock.between(at, case.due_at)
    else:
        left = -clock.between(case.due_at, at)
    return remaining_words(left, working=norm.is_working)


def arithmetic(case: Case) -> dict:
    """Return how `due_at` came about: {"sentence", "steps", "norm", "norms", "used"}; {} without.

    The sentence is the one people read: "14:20 周五 + 4 工作时 = 周一 09:50".
    """
    if case.due_at is None or case.clock_from is None:
        return {}
    norm = parse_norm(case.norm)
    clock, amount = norm.resolve(calendar_for(case.area))
    left = max(amount * case.norms - (case.clock_used or ZERO), ZERO)
    return {
        "sentence": clock.sentence(case.clock_from, left),
        "steps": clock.explain(case.clock_from, left),
        "norm": norm.label(),
        "norms": case.norms,
        "used": case.clock_used or ZERO,
    }
