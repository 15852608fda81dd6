"""What every story has: dice, delays that look like people's, and one next thing to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localtime

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Refused
from tongxin.regions.queries import calendar_for

from .company import Company
from .phrases import Phrases
from .replay import Stage, log

MOST_REFUSALS = 4
UP, ABED = 7, 21  # people ring doorbells between these hours


@dataclass
class World:
    """What all stories share."""

    stage: Stage
    company: Company
    phrases: Phrases
    seed: int


Do = Callable[[Case, datetime], object]


class Story:
    """One case from its opening on. `stop` names a step in which it is left for the visitor.

    A subclass says, for each step, when what happens next: `in_filed(case, at)` returns the time
    and what to do then, or None. With a `pace`, things follow each other by that much.
    """

    def __init__(self, world: World, key: str, *, stop: str = "", pace: timedelta | None = None):
        self.world, self.stage = world, world.stage
        self.company, self.phrases = world.company, world.phrases
        self.dice = Random(f"{world.seed}|{key}")  # noqa: S311 (a play, no secret)
        self.stop, self.pace = stop, pace
        self.case: Case | None = None
        self.refused = 0
        self._next: tuple[str, Do] | None = None

    def open(self, at: datetime) -> Case:
        raise NotImplementedError

    def go(self, at: datetime) -> datetime | None:
        """Do what is due, and return when to come again."""
        if self.case is None:
            self.case = self.open(at)
            self.stage.note_ring(self.case.rings_at)
            return self._plan(at)
        self._refresh(at)
        if self._next is not None:
            step, do = self._next
            self._next = None
            if self.case.step == step:
                self._try(do, at)
        return self._plan(at)

    def _refresh(self, at: datetime) -> None:
        """Look again at a case whose clock has rung meanwhile: the system may have moved it."""
        if self.case and self.case.rings_at is not None and self.case.rings_at <= at:
            self.look()

    def look(self) -> Case:
        rows: Any = Case.objects.select_related("topic", "region").defer("region__polygon")
        self.case = rows.get(pk=self.case.pk if self.case else None)
        self.stage.note_ring(self.case.rings_at)
        return self.case

    def _try(self, do: Do, at: datetime) -> None:
        try:
            do(self.case or self.look(), at)
        except Refused as error:
            self.refused += 1
            self.stage.refusals[type(error).__name__] += 1
            log.debug("%s: %s", self.case, error)
            self.look()

    def _plan(self, at: datetime) -> datetime | None:
        case = self.case
        if case is None or self.is_over(case):
            return None
        plan = getattr(self, f"in_{case.step}", None)
        planned = plan(case, at) if plan else None
        if planned is None:
            return None
        when, do = planned
        self._next = (case.step, do)
        return max(when, at + timedelta(minutes=1))

    def is_over(self, case: Case) -> bool:
        return case.step == self.stop or self.refused >= MOST_REFUSALS

    def move(self, case: Case, name: str, at: datetime, actor, **given) -> Event:
        event = make_move(case, name, at=at, actor=actor, **given)
        self.case = event.case
        self.stage.note_ring(event.case.rings_at)
        return event

    # Delays.

    def spell(self, minutes: float, spread: float = 0.6) -> timedelta:
        """Return about so many minutes: often fewer, at times many more."""
        return timedelta(minutes=math.exp(self.dice.gauss(math.log(minutes), spread)))

    def desk(self, case: Case, at: datetime, minutes: float) -> datetime:
        """Return when somebody at a desk gets to it: in working time, or at once if it is urgent."""
        if self.pace is not None:
            return at + self.pace
        if self.is_urgent:
            return at + self.spell(minutes / 6, 0.4)
        return calendar_for(case.area).add(at, self.spell(minutes))

    def people(self, at: datetime, minutes: float) -> datetime:
        """Return when somebody at home gets to it: not at night, unless it is urgent."""
        if self.pace is not None:
            return at + self.pace
        if self.is_urgent:
            return at + self.spell(minutes / 6, 0.4)
        when = at + self.spell(minutes)
        hour = localtime(when).hour
        if UP <= hour < ABED:
            return when
        morning = localtime(when) + timedelta(days=hour >= ABED)
        return morning.replace(hour=UP, minute=self.dice.randrange(60)) + self.spell(20)

    @property
    def is_urgent(self) -> bool:
        return bool(self.case and self.case.topic and self.case.topic.is_urgent)

    def chance(self, share: float) -> bool:
        return self.pace is None and self.dice.random() < share

    def say(self, part: str) -> str:
        topic = self.case.topic if self.case else None
        return self.phrases.say(part, topic.code if topic else "", self.dice)

    def spot(self, case: Case) -> dict[str, float]:
        """Return where somebody at the case's place stands, as their phone sees it."""
        lng = case.lng if case.lng is not None else case.region.lng or 0.0
        lat = case.lat if case.lat is not None else case.region.lat or 0.0
        off = [self.dice.uniform(-0.0003, 0.0003) for _n in range(2)]
        return {
            "lng": round(lng + off[0], 6),
            "lat": round(lat + off[1], 6),
            "accuracy": float(self.dice.randint(8, 45)),
        }
