"""Searching: a question becomes one statement for each tab, which stops as soon as it has enough.

What is newest comes first, because an entry's id begins with its time. SQLite walks its index in
that order. PostgreSQL's GIN knows no order, so time is cut into slices, newest first, and joined by
UNION ALL under a LIMIT: the older slices are looked into only if the newer ones did not suffice. A
common word is found in the first few thousand rows without any index, a rare one in the last slice
costs as little as in the first. Everything found is checked against its original in the same
statement, so that nothing is shown or counted that the reader does not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils.timezone import get_default_timezone, localtime

from tongxin.cases.models import Case, Event
from tongxin.cases.sight import Window, windows_of
from tongxin.orgs.models import LogEntry
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import world
from tongxin.ui.paging import bad_cursor

from .asking import Question, understand
from .grams import words_to_find
from .models import Entry, EntryRows, Reading, first_id, time_of
from .sources import (
    DOCUMENTS,
    EVERYBODY,
    IN_THE_HALL,
    OPEN_TO_ALL,
    ORDINARY,
    area_mark,
    area_marks,
    month_mark,
)

CASE_TAB, DOCUMENT_TAB, PEOPLE_TAB = "cases", "documents", "people"
PAGE = 30
MOST_COUNTED = 100
LAST_ID = 2**62
NEWEST = 3_000  # so many newest rows are looked through before any index is asked
SLICES = (1, 1, 2, 4, 8)  # months, counted backwards; what is older is the last slice
COLUMNS = tuple(f.attname for f in Entry._meta.concrete_fields if f.attname != "words")
DOCUMENT_KINDS = ("log", "meeting", "disclosure", "exemplar", "topic")
# Posts whose land is so wide that the newest rows are mostly theirs.
WIDE = ("city", "district")


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """What a search is narrowed by; everything left out narrows nothing."""

    flow: str = ""  # of cases: request, wish, …; of documents: one of Entry.Kind
    step: str = ""
    topic: int | None = None
    area: str = ""  # a region's path
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Found:
    """A page of entries, newest first; how many there are, up to MOST_COUNTED; the next cursor."""

    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    is_more: bool = False  # than were counted
    cursor: str = ""

    @property
    def counted(self) -> str:
        return f"{MOST_COUNTED}+" if self.is_more else str(self.count)


def find_cases(
    actor,
    asked: Question,
    wanted: Narrowed,
    *,
    cursor: str = "",
    size: int = PAGE,
    ends: Ends | None = None,
) -> Found:
    """Return the cases that hold all of what is asked and that the actor may see. One statement."""
    # No mark that most entries have: the index would walk along it for nothing.
    marks = [f"_f{wanted.flow}"] if wanted.flow not in ("", ORDINARY) else []
    rows = _narrowed(Entry.objects.filter(kind="case"), wanted)
    if wanted.flow:
        rows = rows.filter(flow=wanted.flow)
    seen = Entry.objects.visible_to(actor, ("case",))
    look = _Look(asked, wanted, marks, _sight_of_cases(actor), _sees_wide(actor), seen)
    return _page(look.entries(rows, before_of(cursor, wanted), ends), size)


def find_documents(
    actor,
    asked: Question,
    wanted: Narrowed,
    *,
    cursor: str = "",
    size: int = PAGE,
    ends: Ends | None = None,
) -> Found:
    """Return the documents that hold all of what is asked and that the actor may see. One statement."""
    kinds = tuple(kind for kind in DOCUMENT_KINDS if wanted.flow in ("", kind))
    if not kinds or wanted.step:
        return Found()
    marks = [DOCUMENTS, *([f"_k{wanted.flow}"] if wanted.flow else [])]
    rows = _narrowed(Entry.objects.filter(kind__in=kinds), wanted)
    seen = Entry.objects.visible_to(actor, kinds)
    look = _Look(asked, wanted, marks, _sight_of_documents(actor), False, seen)
    return _page(look.entries(rows, before_of(cursor, wanted), ends), size)


def search(
    actor, asked: Question, wanted: Narrowed, *, tab: str = CASE_TAB, cursor: str = ""
) -> dict[str, Found]:
    """Return a page of one tab; without a cursor, also what the other one would count.

    Two statements, three on PostgreSQL. Raises BadCursor.
    """
    before = before_of(cursor, wanted)
    ends = ends_below(before) if connection.vendor == "postgresql" else None
    finders = {CASE_TAB: find_cases, DOCUMENT_TAB: find_documents}
    return {
        name: find(actor, asked, wanted, cursor=cursor, ends=ends)
        for name, find in finders.items()
        if name == tab or not cursor
    }


def search_for(actor, typed: str, wanted: Narrowed) -> dict[str, Found]:
    """Return the first page of what somebody types, as `search` does. Raises BadQuestion."""
    return search(actor, understand(typed), wanted)


def case_of_number(actor, number: str) -> Case | None:
    """Return the case of a number, if the actor may see it."""
    return Case.objects.visible_to(actor).filter(number=number).only("pk").first()


def _narrowed(rows, wanted: Narrowed):
    if wanted.step:
        rows = rows.filter(step=wanted.step)
    if wanted.topic:
        rows = rows.filter(topic=wanted.topic)
    if wanted.area:
        rows = rows.filter(area__startswith=wanted.area)
    if wanted.since:
        rows = rows.filter(pk__gte=first_id(wanted.since))
    return rows


def before_of(cursor: str, wanted: Narrowed) -> int:
    """Return the id below which the page lies.

    :raises BadCursor: for a cursor that no page gave
    """
    if cursor:
        digits = cursor.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            raise bad_cursor()
    most = first_id(wanted.until) if wanted.until else LAST_ID
    return max(min(int(cursor), most), -most) if cursor else most


def _page(entries: list[Entry], size: int) -> Found:
    page = entries[:size]
    return Found(
        entries=page,
        count=min(len(entries), MOST_COUNTED),
        is_more=len(entries) > MOST_COUNTED,
        cursor=str(page[-1].pk) if len(entries) > size else "",
    )


@dataclass(frozen=True)
class Ends:
    """Of the newest entries below an id: the first, and the last of NEWEST."""

    newest: int | None
    floor: int


def ends_below(before: int) -> Ends:
    """Return where the slices of time begin. One statement, along the ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(id), min(id) FROM (SELECT id FROM searching_entry WHERE id < %s "
            "ORDER BY id DESC LIMIT %s) AS newest",
            [before, NEWEST],
        )
        newest, floor = cursor.fetchone()
    return Ends(newest, floor or 0)


Compiled = tuple[str, tuple[Any, ...]]
# What the reader may see, as marks: a sieve before the rule itself, [[mark and mark] or …].
Sight = list[list[str]]


def _sight_of_cases(actor) -> Sight | None:
    """Return the windows of the reader as marks; None: everything, or nearly."""
    windows = windows_of(actor)
    if actor.is_superuser or any(_covers_all_land(window) for window in windows):
        return None
    letters = {"reporter_id": "_u", "holder_id": "_u", "offeree_id": "_u", "handler_id": "_h"}
    sight: Sight = []
    for window in windows:
        if window.column != "area":
            marks = [f"{letters[window.column]}{window.value}"]
        else:
            marks = [area_mark(str(window.value))]
            marks += [IN_THE_HALL] if window.steps else []
            marks += [] if window.shows_private else [OPEN_TO_ALL]
        if marks not in sight:
            sight.append(marks)
    return sight


def _covers_all_land(window: Window) -> bool:
    if window.column != "area" or window.steps:
        return False
    lands = world()
    districts = [one for city in lands.children_of(None) for one in lands.children_of(city)]
    return all(one.path.startswith(str(window.value)) for one in districts)


def _sight_of_documents(actor) -> Sight:
    """Return what may be read of documents as marks: public, of one's units, of one's land.

    Meetings are all let through, because who was asked to one is not written into any index.
    """
    posts = posts_of(actor)
    land = {area_mark(post.path) for post in posts if post.path}
    units = {area_marks(post.org_path, "o")[-1] for post in posts if post.org_path}
    return [[EVERYBODY], ["_kmeeting"], *([mark] for mark in sorted(land | units))]


def _sees_wide(actor) -> bool:
    return actor.is_superuser or any(post.level in WIDE for post in posts_of(actor))


@dataclass(frozen=True)
class _Look:
    """One tab of a search on its way to the database."""

    asked: Question
    wanted: Narrowed
    marks: list[str]
    sight: Sight | None
    is_wide: bool
    seen: EntryRows  # what the originals' own rule lets the reader see

    def entries(self, rows, before: int, ends: Ends | None) -> list[Entry]:
        """Return at most MOST_COUNTED + 1 entries of `rows` below an id, newest first."""
        if self.sight == []:
            return []
        rows = self._holding(rows)
        if connection.vendor == "postgresql":
            found = self._postgres(rows, before, ends or ends_below(before))
        else:
            found = self._sqlite(rows & self.seen, before)
        return sorted(found, key=lambda entry: -entry.pk)

    def _holding(self, rows):
        """Say in full what the words only suggest: every part stands in the text as it was typed."""
        for part in self.asked.parts:
            rows = rows.filter(_has(part))
        for part in self.asked.without:
            rows = rows.exclude(_has(part))
        return rows

    def _words(self) -> Iterator[str]:
        """Yield every word and mark that an entry must have."""
        for part in self.asked.parts:
            yield from words_to_find(part)
        marks = list(self.marks)
        marks += [f"_t{self.wanted.topic}"] if self.wanted.topic else []
        marks += [area_mark(self.wanted.area)] if self.wanted.area else []
        yield from marks

    def _sqlite(self, rows, before: int) -> list[Entry]:
        match = " AND ".join(f'"{word}"' for word in self._words())
        if self.sight is not None:
            windows = (" AND ".join(f'"{mark}"' for mark in marks) for marks in self.sight)
            match += " AND (" + " OR ".join(f"({window})" for window in windows) + ")"
        # The plus keeps SQLite from looking up each row's words instead of each word's rows.
        rows = rows.extra(  # noqa: S610 (fixed words; what was typed is a value)
            tables=["entry_words"],
            where=["searching_entry.id = +entry_words.rowid", "entry_words MATCH %s",
                   "entry_words.rowid < %s"],
            params=[match, before],
        ).extra(order_by=["-entry_words.rowid"])  # noqa: S610  # fmt: skip
        return list(rows.defer("words")[: MOST_COUNTED + 1])

    def _postgres(self, rows, before: int, ends: Ends) -> list[Entry]:
        if ends.newest is None:
            return []
        sql, seen = self.seen.defer("words").query.sql_with_params()
        parts: list[str] = []
        params: list[Any] = []
        for part, values in self._slices(
            rows.values(*COLUMNS).query.sql_with_params(), before, ends
        ):
            parts.append(f"({part})")
            params += values
        # What is seen is asked of what was found, row by row in its order, until there is enough.
        together = f'({" UNION ALL ".join(parts)}) AS "searching_entry"'
        sql = sql.replace('FROM "searching_entry"', f"FROM {together}", 1)
        return list(Entry.objects.raw(f"{sql} LIMIT {MOST_COUNTED + 1}", (*params, *seen)))

    def _slices(self, rows: Compiled, before: int, ends: Ends) -> Iterator[Compiled]:
        """Yield a statement for each slice of time, newest first; none overlaps another."""
        if self.is_wide:
            yield _walk(rows, ends.floor, before)
            before = ends.floor
        at = localtime(time_of(ends.newest or 0))
        month = at.year * 12 + at.month - 1
        for length in SLICES:
            spans = [divmod(month - n, 12) for n in range(length)]
            yield self._indexed(rows, before, [month_mark(y, m + 1) for y, m in spans])
            month -= length
            begin = datetime(spans[-1][0], spans[-1][1] + 1, 1, tzinfo=get_default_timezone())
            if self.wanted.since and begin <= self.wanted.since:
                return
        yield self._indexed(rows, min(before, first_id(begin)), [])

    def _indexed(self, rows: Compiled, before: int, months: list[str]) -> Compiled:
        """Look through the index of words. "+ 0" keeps PostgreSQL from walking along the ids."""
        match = " & ".join(f"'{word}'" for word in self._words())
        if self.sight is not None:
            match += f" & ({_any_of(self.sight)})"
        if months:
            match += f" & ({_any_of([[month] for month in months])})"
        sql, params = rows
        pk = '"searching_entry"."id" + 0'
        sql += (
            f' AND "searching_entry"."words" @@ %s::tsquery AND {pk} < %s'
            f" ORDER BY {pk} DESC OFFSET 0"  # a fence: what is outside stays there
        )
        return sql, (*params, match, before)


def _any_of(ways: Sight) -> str:
    return " | ".join("(" + " & ".join(f"'{mark}'" for mark in marks) + ")" for marks in ways)


def _walk(rows: Compiled, floor: int, before: int) -> Compiled:
    """Read the newest rows as they are: quicker than any index for what stands in many."""
    sql, params = rows
    newest = f"""(
        SELECT * FROM "searching_entry" WHERE id < %s AND id >= %s ORDER BY id DESC LIMIT {NEWEST}
    ) AS "searching_entry" """  # noqa: S608 (fixed words)
    sql = sql.replace('FROM "searching_entry"', f"FROM {newest}", 1)
    sql += ' ORDER BY "searching_entry"."id" DESC OFFSET 0'
    return sql, (before, floor, *params)


def _has(part: str) -> Q:
    """Return the entries with exactly this in them; ASCII letters in either case."""
    how = "icontains" if part.lower() != part.upper() else "contains"
    return Q(**{f"text__{how}": part}) | Q(**{f"title__{how}": part}) | Q(**{f"label__{how}": part})


@dataclass(frozen=True)
class Lag:
    """How far the entries are behind: lines of the logs not read yet, and since when."""

    waiting: int
    since: datetime | None


def lag() -> Lag:
    """Return what the worker has still to read. Four short statements."""
    waiting, oldest = 0, []
    upto = dict(Reading.objects.values_list("name", "upto"))
    for name, model in (("events", Event), ("log", LogEntry)):
        rows = model._default_manager.filter(pk__gt=upto.get(name, 0))
        first = rows.order_by("pk").values_list("pk", "recorded_at").first()
        if first:
            last = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
            waiting += (last or first[0]) - first[0] + 1
            oldest.append(first[1])
    return Lag(waiting=waiting, since=min(oldest) if oldest else None)


def standing() -> list[tuple[str, int]]:
    """Return how many entries there are of each kind, by its label."""
    counted = dict(Entry.objects.order_by().values_list("kind").annotate(n=Count("pk")))
    return [(str(label), counted.get(kind, 0)) for kind, label in Entry.Kind.choices]
