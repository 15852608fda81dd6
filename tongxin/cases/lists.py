"""Pages of cases: filters, cursors, and one short look through each window of the reader.

An OR over several columns makes a database read everything; one limited look along an index for
each window does not. A page costs two queries, however many cases there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from tongxin.kit.ids import NotACaseNumber, parse_case_number
from tongxin.language.private import mask
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, place_name, world
from tongxin.ui.paging import bad_cursor

from .flow import all_flows, get_flow
from .models import Case, CaseQuerySet
from .sight import HALL, Window, windows_of

BOXES = ("mine", "held", "offered", "handled", "hall", "to_verify")
OWN = {"mine": "reporter_id", "held": "holder_id", "offered": "offeree_id", "handled": "handler_id"}
# No index finds words within a title, so this many are read at most for each window.
SEARCHED = 20_000
# An id carries the time it was made; a phone may send its case this much later.
ID_SLACK = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a page of cases shall hold; everything left out filters nothing."""

    kind: str = ""
    step: str = ""
    state: str = "all"  # open | closed | all
    box: str = ""
    land: Land | None = None
    topic: str = ""  # its code
    card: str = ""
    late: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    parent: uuid.UUID | None = None
    q: str = ""  # a number, or words of the title
    sort: str = "new"  # new | due (of open cases: what runs out first)
    cursor: str = ""
    limit: int = 50

    @property
    def is_open(self) -> bool:
        steps = {step for flow in all_flows() for step in flow.finals}
        return self.state == "open" or bool(self.step and self.step not in steps)


def page_of(actor, wanted: Wanted) -> tuple[list[dict[str, Any]], str | None]:
    """Return one page of what the actor may see, and the cursor of the next (None at the end).

    :raises BadCursor: for a cursor that no page gave
    """
    looks = list(_looks(actor, wanted))
    if len(looks) > 1:
        ids = _ids_of(looks, wanted.limit + 1)
        looks = [_ordered(Case.objects.filter(pk__in=ids), wanted)]
    size = wanted.limit + 1
    found = [_row(values) for rows in looks for values in rows.values_list(*COLUMNS)[:size]]
    page = [_outlined(actor, row) for row in found[: wanted.limit]]
    return page, _cursor_after(page[-1], wanted) if len(found) == size else None


def _outlined(actor, row: dict[str, Any]) -> dict[str, Any]:
    """Hide what is private in the words of what only hangs out for the reader to take."""
    if row["step"] in HALL and not _overlooks(actor):
        row["title"], row["address"] = mask(row["title"]), mask(row["address"])
    return row


def _overlooks(actor) -> bool:
    return actor.is_superuser or any(w.column == "area" and not w.steps for w in windows_of(actor))


def _looks(actor, wanted: Wanted) -> Iterator[QuerySet]:
    """Yield a query for each window; each follows one index, in order, and stops at a page."""
    filtered: Any = _after(_filtered(wanted), wanted)
    for rows in _through_windows(actor, wanted, filtered):
        yield _ordered(_searched(rows, wanted), wanted)


def _through_windows(actor, wanted: Wanted, rows: CaseQuerySet) -> Iterator[QuerySet]:
    windows = windows_of(actor)
    if wanted.box:
        yield from _box(actor, wanted.box, windows, rows)
    elif actor.is_superuser or _covers(windows, wanted.land):
        yield _inside(rows, wanted)
    else:
        if wanted.land is not None:
            rows = rows.filter(area__under=wanted.land.path)
        for window in windows:
            yield rows.filter(window.as_q(by_path=wanted.is_open))


def _covers(windows: list[Window], land: Land | None) -> bool:
    """Return whether all of a place lies in one window that shows everything."""
    return land is not None and any(
        w.column == "area"
        and w.shows_private
        and not w.steps
        and land.path.startswith(str(w.value))
        for w in windows
    )


def _inside(rows: CaseQuerySet, wanted: Wanted) -> QuerySet:
    """Open cases are few and lie together by path; all others are found by street or community."""
    land = wanted.land
    if land is None:
        return rows
    return rows.filter(area__under=land.path) if wanted.is_open else rows.in_area(land)


def _box(actor, box: str, windows: list[Window], rows: QuerySet) -> Iterator[QuerySet]:
    if column := OWN.get(box):
        for window in windows:
            if window.column == column:
                yield rows.filter(window.as_q())
    elif box == "hall":
        areas = (w for w in windows if w.column == "area" and (not w.steps or "hall" in w.steps))
        for window in areas:
            yield rows.filter(window.as_q(), step__in=HALL, closed_at__isnull=True)
    else:
        for kind, step, path in _to_verify(actor):
            yield rows.filter(kind=kind, step=step, area__under=path, closed_at__isnull=True)


def _to_verify(actor) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, step, path) of what waits for the actor's verdict, out of the flow tables."""
    for flow in all_flows():
        for move in flow.moves:
            if move.name in ("verify", "confirm"):
                for path in {post.path for post in posts_of(actor) if post.role in move.parts}:
                    for step in move.sources:
                        yield flow.kind, step, path


def _filtered(wanted: Wanted) -> QuerySet:
    rules: dict[str, Any] = {
        "kind": wanted.kind,
        "step": wanted.step,
        "topic__code": wanted.topic,
        "card": wanted.card,
        "parent": wanted.parent,
        "opened_at__gte": wanted.since,
        "opened_at__lt": wanted.until,
        "id__gte": wanted.since and _first_id(wanted.since - ID_SLACK),
        "id__lt": wanted.until and _first_id(wanted.until + ID_SLACK),
    }
    rows = Case.objects.filter(**{name: value for name, value in rules.items() if value})
    if wanted.late is not None:
        rows = rows.filter(is_late=wanted.late)
    if wanted.is_open or wanted.state == "closed":
        rows = rows.filter(closed_at__isnull=wanted.is_open)
    return rows


def _searched(rows: QuerySet, wanted: Wanted) -> QuerySet:
    """Look for a number, or for words in the titles of the newest cases that are left."""
    try:
        parse_case_number(wanted.q)
        return rows.filter(number=wanted.q.strip())
    except NotACaseNumber:
        pass
    if words := wanted.q.split():
        rows = Case.objects.filter(pk__in=_ordered(rows, wanted).values("pk")[:SEARCHED])
        for word in words:
            rows = rows.filter(title__contains=word)
    return rows


def _first_id(at: datetime) -> uuid.UUID:
    return uuid.UUID(int=max(int(at.timestamp() * 1000), 0) << 80)


DUE = F("due_at").asc(nulls_last=True)


def _ordered(rows: QuerySet, wanted: Wanted) -> QuerySet:
    return rows.order_by(DUE, "id") if wanted.sort == "due" else rows.order_by("-id")


def _after(rows: QuerySet, wanted: Wanted) -> QuerySet:
    """Leave out what the pages before have shown."""
    if not wanted.cursor:
        return rows
    due, last = _read_cursor(wanted.cursor)
    if wanted.sort != "due":
        return rows.filter(id__lt=last)
    if due is None:
        return rows.filter(due_at__isnull=True, id__gt=last)
    return rows.filter(Q(due_at__gt=due) | Q(due_at=due, id__gt=last) | Q(due_at__isnull=True))


def _cursor_after(row: dict[str, Any], wanted: Wanted) -> str:
    due = row["due_at"] if wanted.sort == "due" else None
    return f"{due.timestamp() if due else ''}_{row['id'].hex}"


def _read_cursor(cursor: str) -> tuple[datetime | None, uuid.UUID]:
    try:
        due, _sep, last = cursor.partition("_")
        return (datetime.fromtimestamp(float(due), UTC) if due else None), uuid.UUID(last)
    except (ValueError, OverflowError, OSError):
        raise bad_cursor() from None


def _ids_of(looks: list[QuerySet], size: int) -> list[Any]:
    """Return the ids that any of the looks finds, by one statement.

    Written out, because Django knows no limited parts of a UNION on SQLite.
    """
    parts: list[str] = []
    params: list[Any] = []
    for n, look in enumerate(looks):
        sql, values = look.values_list("pk")[:size].query.sql_with_params()
        parts.append(f"SELECT * FROM ({sql}) AS look{n}")  # noqa: S608 (Django's own SQL)
        params += values
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join(parts), params)
        return [row[0] for row in cursor.fetchall()]


COLUMNS = (
    *("id", "number", "kind", "step", "title", "topic__code", "topic__name", "region_id", "area"),
    *("address", "lng", "lat", "handler_id", "handler__name", "holder_id", "holder__name"),
    *("is_private", "is_fast", "is_late", "card", "opened_at", "stepped_at", "closed_at", "due_at"),
    "length",
)


def _row(values: tuple) -> dict[str, Any]:
    """Return a line of the page; by hand, because fifty models cost more than the query."""
    id_, number, kind, step, title, topic, topic_name, region, area, address, lng, lat, *rest = (
        values
    )
    handler, handler_name, holder, holder_name, *rest = rest
    private, fast, late, card, opened_at, stepped_at, closed_at, due_at, length = rest
    land = world().by_id.get(region)
    return {
        "id": id_,
        "number": number,
        "kind": kind,
        "step": step,
        "step_label": get_flow(kind).step_of[step].label,
        "title": title,
        "topic": {"code": topic, "name": topic_name} if topic else None,
        "region": {"code": land.code if land else "", "name": place_name(area)},
        "address": address,
        "lng": lng,
        "lat": lat,
        "handler": {"id": handler, "name": handler_name} if handler else None,
        "holder": {"id": holder, "name": holder_name} if holder else None,
        "is_private": private,
        "is_fast": fast,
        "is_late": late,
        "card": card,
        "opened_at": opened_at,
        "stepped_at": stepped_at,
        "closed_at": closed_at,
        "due_at": due_at,
        "length": length,
    }
