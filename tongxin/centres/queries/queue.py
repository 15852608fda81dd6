"""The hall of today: who waits, who is called, how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.timezone import localdate

from tongxin.places.models import Centre

from ..models import Ticket, Window

State = Ticket.State
ORDINARY_MINUTES = 8  # what a number takes where none was served yet today
LOOK_BACK = 20


@dataclass(frozen=True)
class Hall:
    """A hall at a moment: its windows with the number called, who waits, minutes a number takes."""

    windows: list[Window]
    called: dict[int, Ticket]
    waiting: list[Ticket]
    served: int
    minutes: int
    waited: int | None  # minutes people waited on average today

    @property
    def open_windows(self) -> int:
        return sum(one.clerk_id is not None for one in self.windows)

    def minutes_of(self, ahead: int) -> int:
        """Return how long the one behind `ahead` people is likely to wait."""
        return -(-ahead * self.minutes // max(1, self.open_windows))


def hall_of(centre: Centre, *, at: datetime) -> Hall:
    """Return the hall of a centre today; two queries."""
    tickets = list(
        Ticket.objects.filter(centre=centre, day=localdate(at)).order_by("-is_priority", "n")
    )
    windows = list(
        Window.objects.filter(centre=centre, ended_on__isnull=True).select_related("clerk")
    )
    served = [one for one in tickets if one.state == State.SERVED and one.called_at and one.done_at]
    last = sorted(served, key=lambda one: one.done_at)[-LOOK_BACK:]  # type: ignore[arg-type,return-value]
    took = [(one.done_at - one.called_at).total_seconds() / 60 for one in last]  # type: ignore[operator]
    stood = [
        (one.called_at - one.at).total_seconds() / 60
        for one in tickets
        if one.called_at is not None
    ]
    return Hall(
        windows=windows,
        called={
            one.window_id: one for one in tickets if one.state == State.CALLED and one.window_id
        },
        waiting=[one for one in tickets if one.state == State.WAITING],
        served=len(served),
        minutes=max(1, round(sum(took) / len(took))) if took else ORDINARY_MINUTES,
        waited=round(sum(stood) / len(stood)) if stood else None,
    )


def ahead_of(ticket: Ticket) -> int:
    """Return how many are called before a waiting number."""
    rows = Ticket.objects.filter(centre=ticket.centre_id, day=ticket.day, state=State.WAITING)
    before = Q(n__lt=ticket.n, is_priority=ticket.is_priority)
    if not ticket.is_priority:
        before |= Q(is_priority=True)
    return rows.filter(before).count()
