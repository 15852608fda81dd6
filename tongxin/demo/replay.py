"""Plays stories on one stage, in the order of their time; rings the clocks in between.

All writes go through the actions that people's clicks go through, with the time of the story.
"""

from __future__ import annotations

import heapq
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from django.db.models import F, Min

from tongxin.accounts.models import Notice
from tongxin.cases.actions import moves, ring_clocks, ringing, settle_events
from tongxin.cases.models import Case, Event

if TYPE_CHECKING:
    from .story import Story

log = logging.getLogger(__name__)
NEWS = timedelta(days=3)  # who was told what is kept for so long; older notices nobody would read
TOLD_EVERY = timedelta(minutes=30)
READ_AFTER = timedelta(hours=20)


class Stage:
    """The clock of the play, and what waits to happen."""

    def __init__(self, *, until: datetime, progress: Callable[[int], None] | None = None) -> None:
        self.until, self.at = until, until - timedelta(days=3650)
        self.refusals: Counter[str] = Counter()
        self._progress = progress or (lambda done: None)
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._order = count()
        self._soonest: datetime | None = None  # when a clock rings next
        self._told_at: datetime | None = None

    def wait_for(self, story: Story, at: datetime) -> None:
        heapq.heappush(self._waiting, (at, next(self._order), story))

    def note_ring(self, at: datetime | None) -> None:
        """Remember that a clock rings then."""
        if at is not None and (self._soonest is None or at < self._soonest):
            self._soonest = at

    def play(self) -> None:
        """Play everything that happens up to `until`; what comes later stays as it is now."""
        with self._as_it_happens():
            while self._waiting and self._waiting[0][0] <= self.until:
                at, _order, story = heapq.heappop(self._waiting)
                self._ring(at)
                self._tell(at)
                self.at = at
                if (later := story.go(at)) is not None:
                    self.wait_for(story, later)
                self._progress(1)
            self._ring(self.until)
            self.at = self.until
            self._tell(self.until, force=True)
        Notice.objects.filter(at__lt=self.until - READ_AFTER).update(
            read_at=F("at") + timedelta(hours=1)
        )

    def _ring(self, at: datetime) -> None:
        while self._soonest is not None and self._soonest <= at:
            self.at = self._soonest
            ring_clocks(at=self.at)
            ringing = Case.objects.filter(rings_at__isnull=False)
            self._soonest = ringing.aggregate(soonest=Min("rings_at"))["soonest"]

    def _tell(self, at: datetime, *, force: bool = False) -> None:
        """Send the notices of the last days when they were due; let older ones go untold."""
        if at < self.until - NEWS:
            return
        if self._told_at is None:
            Event.objects.filter(settled_at=None).update(settled_at=F("at"))
            self._told_at = at
        if force or at - self._told_at >= TOLD_EVERY:
            while settle_events(at=at):
                pass
            self._told_at = at

    def _as_it_happens(self) -> AbstractContextManager[None]:
        return as_it_happens(lambda: self.at)


@contextmanager
def as_it_happens(clock: Callable[[], datetime]) -> Iterator[None]:
    """The demo's people write things down at once: `recorded_at` is the time of the story."""
    real = moves.now
    moves.now = clock
    try:
        yield
    finally:
        moves.now = real


@contextmanager
def written_at_once() -> Iterator[None]:
    """What the demo's people do is recorded at the moment it happened, whenever they do it."""
    real = moves._event

    def at_once(*given: Any, **more: Any) -> Event:
        event = real(*given, **more)
        event.recorded_at = event.at
        return event

    moves._event = ringing._event = at_once
    try:
        yield
    finally:
        moves._event = ringing._event = real


def stopped(at: datetime) -> Callable[[], datetime]:
    """Return a clock that stands still."""
    return lambda: at


def told(act: Callable[..., Any], *given: Any, at: datetime, **more: Any) -> Any:
    """Do something of the past as it was done then: written down at once."""
    with as_it_happens(stopped(at)):
        return act(*given, at=at, **more)


def seeded_id(at: datetime, dice: Random) -> uuid.UUID:
    """Return a UUID of version 7 whose random part is the dice's."""
    stamp = int(at.timestamp() * 1000)
    tail = dice.getrandbits(62)
    return uuid.UUID(int=stamp << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | tail)
