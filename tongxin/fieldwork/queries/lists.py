"""Lists of visits: filtered, by pages of their key, with counts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate, make_aware

from tongxin.ui.paging import bad_cursor

from ..models import RivalAnswers, Visit

State = Visit.State
OPEN = (State.PLANNED, State.BEGUN)
FIRST, LAST = date(2000, 1, 1), date(2200, 1, 1)
LOOKS = ("bad", "marks", "rivals", "late")


def filtered(
    rows: QuerySet[Visit], *, kind: str = "", state: str = "", area: str = "", look: str = "",
    first: date | None = None, last: date | None = None, today: date | None = None,
) -> QuerySet[Visit]:  # fmt: skip
    """Return the visits that fit; of a period as `within` says.

    `look`: "bad" with troubles, "marks" with something to look at, "rivals" undecided, "late" open
    or missed after their day.
    """
    exact = {"kind": kind, "state": state, "area__under": area}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if first or last:
        rows = rows.filter(within(first or FIRST, last or LAST))
    return _looked(rows, look, today)


def _looked(rows: QuerySet[Visit], look: str, today: date | None) -> QuerySet[Visit]:
    if look == "bad":
        return rows.filter(bad_count__gt=0)
    if look == "marks":
        return rows.exclude(marks=[])
    if look == "rivals":
        return rows.filter(pk__in=_undecided())
    if look == "late" and today:
        return rows.filter(Q(state=State.MISSED) | Q(state__in=OPEN, due_on__lt=today))
    return rows


def _undecided() -> QuerySet:
    return RivalAnswers.objects.filter(decision="").values("visit")


def within(first: date, last: date) -> Q:
    """Return the visits of a period: done in it, missed or called off in it, or open during it."""
    start = make_aware(datetime.combine(first, time()))
    end = make_aware(datetime.combine(last, time())) + timedelta(days=1)
    done = Q(state=State.DONE, finished_at__gte=start, finished_at__lt=end)
    over = Q(state__in=(State.MISSED, State.CANCELLED), due_on__range=(first, last))
    still = Q(due_on=None) | Q(due_on__gte=first)
    already = Q(due_from=None) | Q(due_from__lte=last)
    return done | over | Q(still, already, state__in=OPEN)


def page_of_visits(rows: QuerySet[Visit], cursor: str, size: int) -> tuple[list[Visit], str]:
    """Return a page, newest arranged first, and the cursor of the next ("" at the end).

    :raises BadCursor: for a cursor that no page gave
    """
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError as error:
            raise bad_cursor() from error
    wanted = rows.select_related("region", "checklist", "plan").prefetch_related("team__user")
    found = list(wanted.order_by("-pk")[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""


def counts_of(rows: QuerySet[Visit], today: date) -> dict[str, int]:
    """Return what the tiles over a list say, in one query."""
    late = Q(state=State.MISSED) | Q(state__in=OPEN, due_on__lt=today)
    return rows.aggregate(
        all=Count("pk"),
        open=Count("pk", filter=Q(state__in=OPEN)),
        done=Count("pk", filter=Q(state=State.DONE)),
        late=Count("pk", filter=late),
        bad=Count("pk", filter=Q(bad_count__gt=0)),
    )


def state_tone(visit: Visit, today: date | None = None) -> str:
    """Return the tone of a visit's state in the palette of the house."""
    if visit.state in OPEN and visit.due_on and today and visit.due_on < today:
        return "late"
    return {
        State.PLANNED: "waiting", State.BEGUN: "working", State.DONE: "done",
        State.MISSED: "late", State.CANCELLED: "idle",
    }[State(visit.state)]  # fmt: skip


def rows_of(visits: list[Visit], at: Any) -> list[dict[str, Any]]:
    """Return visits as a table shows them."""
    today = localdate(at)
    return [
        {
            "visit": visit,
            "tone": state_tone(visit, today),
            "who": "、".join(str(one.user) for one in visit.team.all()),
        }
        for visit in visits
    ]
