"""The clocks that have run out are rung here, each once, however many workers there are."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import cast

from django.db import connection, transaction

from ..clocks import next_clock, set_times
from ..flow import Clock
from ..models import Case
from ..store import update_with_event
from .moves import MOVED, _event, _seal, system_move

log = logging.getLogger(__name__)
LATER = timedelta(minutes=10)  # a clock that cannot be rung is tried again after this


def ring_clocks(*, at: datetime, limit: int = 500) -> int:
    """Ring every clock that has run out by `at`; return how many rang.

    Workers take turns by row locks: a row another worker holds is skipped, and a row it has
    finished no longer rings.
    """
    rung = 0
    for pk in Case.objects.ringing(at).values_list("pk", flat=True)[:limit]:
        try:
            rung += _ring_one(pk, at)
        except Exception:
            # One broken case must not silence all other clocks; it is tried again later.
            log.exception("clock of case %s could not be rung", pk)
            Case.objects.filter(pk=pk, rings_at__lte=at).update(rings_at=at + LATER)
    return rung


@transaction.atomic
def _ring_one(pk, at: datetime) -> int:
    rows = Case.objects.select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    )
    case = rows.select_related("topic").filter(pk=pk, rings_at__lte=at).first()
    if case is None or case.rings_at is None:
        return 0
    rang_at = case.rings_at
    if case.flow.step_of[case.step].pauses:
        system_move(case, "resume", at=rang_at, note="")
        return 1
    clock = cast(Clock, next_clock(case))  # a case that rings has one
    case.rung += 1
    if clock.then in case.flow.move_of:
        system_move(case, clock.then, at=rang_at)
    else:
        _write_card(case, clock, rang_at)
    return 1


def _write_card(case: Case, clock: Clock, at: datetime) -> None:
    """Note a card on the timeline and set the next clock of the step."""
    if clock.then in ("yellow", "red"):
        case.card = clock.then
    if clock.then == "red":
        case.is_late = True
    set_times(case)
    case.length += 1
    data = {"tells": clock.tells, "norm": case.norm, "share": round(clock.at * 100)}
    event = _event(case, clock.then, source=case.step, at=at, actor=None, data=data)
    _seal(case, event, [])
    case.is_counted = False
    update_with_event(case, MOVED, event)
