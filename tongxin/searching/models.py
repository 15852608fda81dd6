"""What is searched: one row for each case and document, with its words; how far the reading has come.

The words are made by us (`grams`): every two neighbouring characters, and marks of what a search
is narrowed by. PostgreSQL finds them through GIN over a tsvector, SQLite through FTS5. Nothing
sealed and no membership is in here, and nobody reads a row whose original they do not see.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from tongxin.affairs.models import Disclosure
from tongxin.cases.models import Case, Topic
from tongxin.library.models import Exemplar
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import LogEntry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID_BITS = 20  # of an id, below the milliseconds of its time


class Words(models.Field):
    """A list of words: a tsvector without positions, or text with blanks that FTS5 reads."""

    def db_type(self, connection) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value, compiler, connection) -> str:
        return "array_to_tsvector(%s::text[])" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(self, value, connection, prepared=False) -> Any:
        return list(value) if connection.vendor == "postgresql" else " ".join(value)


class WordsIndex(models.Index):
    """The full-text index: GIN on PostgreSQL, an FTS5 table beside the rows on SQLite."""

    # Without the waiting list of GIN: a search would have to read all of it.
    gin = "CREATE INDEX {name} ON {table} USING gin (words) WITH (fastupdate = off)"
    # Words are ours, so each is looked for whole; without places, which `text` itself tells.
    fts = (
        "CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5(words, content='{table}', "
        "content_rowid='id', detail=none, columnsize=0, tokenize=\"ascii tokenchars '_'\")"
    )

    def create_sql(self, model, schema_editor, using="", **kwargs) -> Any:
        on_postgres = schema_editor.connection.vendor == "postgresql"
        template = self.gin if on_postgres else self.fts
        return template.format(name=self.name, table=model._meta.db_table)

    def remove_sql(self, model, schema_editor, **kwargs) -> str:
        what = "INDEX" if schema_editor.connection.vendor == "postgresql" else "TABLE"
        return f"DROP {what} IF EXISTS {self.name}"


class WordsTrigger(models.Index):
    """Keeps FTS5 in step with the rows; on PostgreSQL the index does that by itself."""

    steps = {
        "added": "AFTER INSERT ON {table} BEGIN {add} END",
        "gone": "AFTER DELETE ON {table} BEGIN {drop} END",
        "changed": "AFTER UPDATE OF words ON {table} BEGIN {drop} {add} END",
    }
    add = "INSERT INTO entry_words(rowid, words) VALUES (new.id, new.words);"
    drop = (
        "INSERT INTO entry_words(entry_words, rowid, words) VALUES ('delete', old.id, old.words);"
    )

    def create_sql(self, model, schema_editor, using="", **kwargs) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return "SELECT 1"
        step = self.steps[self.name.rpartition("_")[2]]
        body = step.format(table=model._meta.db_table, add=self.add, drop=self.drop)
        return f"CREATE TRIGGER IF NOT EXISTS {self.name} {body}"

    def remove_sql(self, model, schema_editor, **kwargs) -> str:
        on_postgres = schema_editor.connection.vendor == "postgresql"
        return "SELECT 1" if on_postgres else f"DROP TRIGGER IF EXISTS {self.name}"


def visible(kind: str, actor) -> Q:
    """Return the entries of a kind whose original the actor may see: the original's own rule."""
    if kind == Entry.Kind.CASE:
        return _among(Case.objects.visible_to(actor), "case")
    if kind == Entry.Kind.LOG:
        return _among(LogEntry.objects.visible_to(actor))
    if kind == Entry.Kind.MEETING:
        return _among(Meeting.objects.visible_to(actor))
    if kind == Entry.Kind.EXEMPLAR:
        return _among(Exemplar.objects.public())
    if kind == Entry.Kind.DISCLOSURE:
        return _among(Disclosure.objects.visible_to(actor)) | _among(Disclosure.objects.public())
    return _among(Topic.objects.filter(is_active=True))


def _among(originals: models.QuerySet, key: str = "object") -> Q:
    # A value and no EXISTS, which PostgreSQL may turn into a join that reads all originals.
    one = originals.filter(pk=OuterRef(key)).order_by().values("pk")[:1]
    return Q(IsNull(Subquery(one), False))


class EntryRows(models.QuerySet["Entry"]):
    def visible_to(self, actor, kinds: tuple[str, ...] = ()) -> EntryRows:
        """Return the entries of these kinds (of all) whose original the actor may see now."""
        if not actor.is_authenticated:
            return self.none()
        each = (Q(kind=kind) & visible(kind, actor) for kind in kinds or Entry.Kind.values)
        return self.filter(reduce(or_, each))


class Entry(models.Model):
    """One case or document as it is searched. Its id begins with its time: newest first is by id."""

    class Kind(models.TextChoices):
        CASE = "case", _("办件")
        LOG = "log", _("全程纪实")
        MEETING = "meeting", _("会议记录")
        DISCLOSURE = "disclosure", _("党务公开")
        EXEMPLAR = "exemplar", _("案例")
        TOPIC = "topic", _("事项")

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind)
    case = models.UUIDField(null=True)  # of a case
    object = models.BigIntegerField(null=True)  # of all others
    flow = models.CharField(max_length=20, blank=True, default="")  # of a case; kind of a log line
    step = models.CharField(max_length=20, blank=True, default="")
    topic = models.BigIntegerField(null=True)
    area = models.CharField(max_length=40, blank=True, default="")
    unit = models.BigIntegerField(null=True)
    label = models.CharField(max_length=60, blank=True, default="")  # number of a case; unit's name
    title = models.CharField(max_length=160)
    text = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=0)  # of the original, as it was read
    mark = models.CharField(max_length=16, blank=True, default="")  # of the words
    words = Words()

    objects = EntryRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("检索条目")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(case__isnull=False), name="one_entry_of_a_case"
            ),
            models.UniqueConstraint(
                fields=["kind", "object"],
                condition=Q(object__isnull=False),
                name="one_entry_of_an_object",
            ),
        ]
        indexes = [
            WordsIndex(fields=["words"], name="entry_words"),
            WordsTrigger(fields=["words"], name="entry_words_added"),
            WordsTrigger(fields=["words"], name="entry_words_gone"),
            WordsTrigger(fields=["words"], name="entry_words_changed"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def at(self) -> datetime:
        return time_of(self.id)

    @property
    def key(self) -> Any:
        return self.case or self.object


def first_id(at: datetime) -> int:
    """Return the smallest id an entry of a moment may have."""
    return (at - EPOCH) // timedelta(milliseconds=1) << ID_BITS


def time_of(pk: int) -> datetime:
    return EPOCH + timedelta(milliseconds=pk >> ID_BITS)


class Reading(models.Model):
    """How far one source has been read: `upto` is the last row, `walk` where the patrol stands."""

    name = models.CharField(_("来源"), max_length=20, primary_key=True)
    upto = models.BigIntegerField(_("读到"), default=0)
    again = models.BigIntegerField(default=0)  # the second reading, which lags behind
    walk = models.CharField(max_length=40, blank=True, default="")
    walked_at = models.DateTimeField(_("上次巡查"), null=True)
    read_at = models.DateTimeField(_("上次读取"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("检索进度")

    def __str__(self) -> str:
        return self.name
