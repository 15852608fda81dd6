"""How a case or a document becomes an entry: what of it is searched, and what it may be narrowed by.

Left out on purpose: everything sealed, what people were told, and the lines of the life log that
are about single members (people, development, dues): who is a member stands in no index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zlib import crc32

from django.db.models import Model, QuerySet
from django.utils.timezone import get_default_timezone, localtime

from tongxin.affairs.models import Disclosure
from tongxin.cases.models import Case, Topic
from tongxin.cases.sight import HALL
from tongxin.library.models import Exemplar
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import LogEntry

from .grams import tidy, words_of
from .models import ID_BITS, Entry, first_id

MOST_TEXT = 8_000  # characters of one text that are searched
SENSITIVE = (LogEntry.Kind.PEOPLE, LogEntry.Kind.DEVELOPMENT, LogEntry.Kind.DUES)
# Marks begin with what no word of a text has in it.
# No mark stands in most entries: such a one would only be walked along.
DOCUMENTS = "_gdoc"
ORDINARY = "request"  # the kind of most cases
EVERYBODY, OPEN_TO_ALL, IN_THE_HALL = "_p", "_n", "_w"


@dataclass(frozen=True)
class Source:
    """Rows of one kind: how to read them and how to write an entry of each."""

    kind: str
    rows: Callable[[], QuerySet]  # those that are searched, with what `write` needs
    write: Callable[[Any], Entry]
    key: str  # the column of Entry that holds the original's key
    version: str = ""  # the column that counts the changes of the original

    def entries(self, keys: Iterable[Any]) -> dict[Any, Entry]:
        """Return {key: entry} of the originals there are, not saved."""
        return {row.pk: self.write(row) for row in self.rows().filter(pk__in=list(keys))}


def area_marks(path: str, letter: str = "a") -> list[str]:
    """Return a mark for each level of a path: 1201/16/001/ gives _a1201, _a120116, _a120116001."""
    parts = [part for part in path.split("/") if part]
    return [area_mark("/".join(parts[: n + 1]), letter) for n in range(len(parts))]


def area_mark(path: str, letter: str = "a") -> str:
    return f"_{letter}{path.strip('/').replace('/', 'x')}"


def month_mark(year: int, month: int) -> str:
    return f"_m{year:04d}{month:02d}"


def _entry(kind: str, at: datetime, marks: list[str], **values: Any) -> Entry:
    """Return an entry with its words; `case` or `object` is the original's key."""
    title, text = tidy(values.pop("title"))[:160], tidy(values.pop("text", ""))[:MOST_TEXT]
    local = localtime(at)
    group = [] if kind == Entry.Kind.CASE else [DOCUMENTS, f"_k{kind}"]
    marks = [*group, month_mark(local.year, local.month), *marks]
    marks += area_marks(values.get("area", ""))
    words = sorted(words_of(f"{values.get('label', '')} {title} {text}") | set(marks))
    key = f"{kind}:{values.get('case') or values.get('object')}"
    return Entry(
        id=first_id(at) | (crc32(key.encode()) & ((1 << ID_BITS) - 1)),
        kind=kind,
        title=title,
        text=text,
        words=words,
        mark=hashlib.sha256(f"{title}\n{text}\n{' '.join(words)}".encode()).hexdigest()[:16],
        **values,
    )


def write_case(case: Case) -> Entry:
    people = {pk for pk in (case.reporter_id, case.holder_id, case.offeree_id) if pk}
    marks = [f"_u{pk}" for pk in sorted(people)]
    marks += [f"_f{case.kind}"] if case.kind != ORDINARY else []
    marks += [f"_h{case.handler_id}"] if case.handler_id else []
    marks += [f"_t{case.topic_id}"] if case.topic_id else []
    marks += [] if case.is_private else [OPEN_TO_ALL]
    marks += [IN_THE_HALL] if case.step in HALL and not case.is_private else []
    # The title is mostly the beginning of the text: said once.
    text = f"{case.text}\n{case.address}" if case.address else case.text
    return _entry(
        Entry.Kind.CASE, case.opened_at, marks, case=case.pk, flow=case.kind, step=case.step,
        topic=case.topic_id, area=case.area, label=case.number, title=case.title, text=text,
        version=case.length,
    )  # fmt: skip


def _of_unit(kind: str, at: datetime, unit: Any, marks: tuple[str, ...] = (), **values) -> Entry:
    return _entry(
        kind, at, [*marks, *area_marks(unit.path, "o")], area=unit.region.path, unit=unit.pk,
        label=unit.name[:60], **values,
    )  # fmt: skip


def write_log_line(line: LogEntry) -> Entry:
    return _of_unit(
        Entry.Kind.LOG, line.at, line.unit, object=line.pk, flow=line.kind, title=line.text,
        text=line.text if len(line.text) > 160 else "",
    )  # fmt: skip


def write_meeting(meeting: Meeting) -> Entry:
    text = "\n".join(filter(None, (meeting.agenda, meeting.minutes)))
    return _of_unit(
        Entry.Kind.MEETING, meeting.starts_at, meeting.unit, object=meeting.pk,
        flow=meeting.kind, title=meeting.title, text=text,
    )  # fmt: skip


def write_disclosure(row: Disclosure) -> Entry:
    day = row.public_from or row.due_on
    since = datetime.combine(day, time(12), get_default_timezone())
    online = row.place in (Disclosure.Place.ONLINE, Disclosure.Place.BOTH)
    marks = (EVERYBODY,) if online else ()
    return _of_unit(
        Entry.Kind.DISCLOSURE, since, row.unit, marks, object=row.pk, flow=row.code,
        title=row.title, text=row.content,
    )  # fmt: skip


def write_exemplar(row: Exemplar) -> Entry:
    text = "\n".join(filter(None, (row.summary, *(words for _head, words in row.parts))))
    since = row.published_at or row.at
    return _of_unit(
        Entry.Kind.EXEMPLAR, since, row.org, (EVERYBODY,), object=row.pk, flow=row.kind.code,
        title=row.title, text=text,
    )  # fmt: skip


def write_topic(topic: Topic) -> Entry:
    # A page of the catalogue has no day: it stands behind everything that has one.
    at = datetime(2000, 1, 1, 12, tzinfo=get_default_timezone())
    return _entry(
        Entry.Kind.TOPIC, at, [EVERYBODY], object=topic.pk, flow=topic.code,
        topic=topic.pk, label=topic.category.name, title=topic.name,
        text="\n".join(filter(None, (topic.summary, topic.keywords))),
    )  # fmt: skip


def _rows(model: type[Model], *related: str, **rules: Any) -> Callable[[], QuerySet]:
    return lambda: model._default_manager.filter(**rules).select_related(*related)


MINUTED = (Meeting.State.HELD, Meeting.State.RECORDED, Meeting.State.APPROVED)
SOURCES = {
    source.kind: source
    for source in (
        Source(Entry.Kind.CASE, _rows(Case), write_case, "case", "length"),
        Source(
            Entry.Kind.LOG,
            lambda: LogEntry.objects.exclude(kind__in=SENSITIVE).select_related("unit__region"),
            write_log_line,
            "object",
        ),
        Source(
            Entry.Kind.MEETING,
            _rows(Meeting, "unit__region", state__in=MINUTED),
            write_meeting,
            "object",
        ),
        Source(
            Entry.Kind.DISCLOSURE,
            _rows(Disclosure, "unit__region", public_from__isnull=False),
            write_disclosure,
            "object",
        ),
        Source(
            Entry.Kind.EXEMPLAR,
            _rows(Exemplar, "org__region", "kind", state=Exemplar.State.PUBLISHED),
            write_exemplar,
            "object",
        ),
        Source(Entry.Kind.TOPIC, _rows(Topic, "category", is_active=True), write_topic, "object"),
    )
}
# What the life log tells of: a line with this source makes the document read anew.
TOLD_BY_LOG = {
    "meetings.meeting": Entry.Kind.MEETING,
    "affairs.disclosure": Entry.Kind.DISCLOSURE,
    "library.exemplar": Entry.Kind.EXEMPLAR,
}
