"""How an app declares a register that goes in and out as a spreadsheet.

In its `sheets.py` an app writes a subclass of `Sheet` for each register and lists them in `SHEETS`;
`all_sheets` finds them. What a sheet says of many rows it says in bulk: a block of some hundred
rows costs it a handful of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from importlib import import_module
from typing import Any, ClassVar

from django.apps import apps
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _
from django.utils.translation import override

from tongxin.kit import cells
from tongxin.kit.errors import Refused
from tongxin.kit.identity import mask_id_number
from tongxin.kit.text import clean_text, mask_phone

SEALED = frozenset({"identity", "phone", "income"})
NEW, CHANGED, SAME, BAD = "new", "changed", "same", "bad"
VERDICTS = (BAD, NEW, CHANGED, SAME)


class _Clear:
    """What a cell that says （清空） asks for."""

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR = _Clear()


@dataclass(frozen=True)
class Column:
    """A column: `label` is the heading in files (Chinese), `kind` how its cells are read.

    kinds: text, lines (text of several), code, identity, phone, date, choice, flag, int, money, words (a list), and income:
    money that leaves masked, as numbers of people do.
    `choices` are (value, label) pairs; `aliases` other headings under which offices keep it,
    `synonyms` other words for a choice, with its value.
    An empty cell leaves what the register has; （清空） clears it.
    """

    name: str
    label: Any
    kind: str = "text"
    required: bool = False
    help: Any = ""
    choices: Any = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    limit: int = 100
    width: int = 0
    example: str = ""

    @cached_property
    def heading(self) -> str:
        with override("zh-hans"):
            return str(self.label)

    @property
    def is_sealed(self) -> bool:
        return self.kind in SEALED

    @cached_property
    def labels(self) -> dict[str, str]:
        """The words of the choices by value, in Chinese."""
        with override("zh-hans"):
            return {value: str(label) for value, label in self.choices if value}

    @cached_property
    def meanings(self) -> dict[str, str]:
        """The values of the choices by what may stand in a cell."""
        words = {label: value for value, label in self.labels.items()}
        return {value: value for value in self.labels} | words | dict(self.synonyms)

    def read(self, value: Any) -> Any:
        """Return what a cell means; None if it says nothing. Raises the refusals of `kit.cells`.

        A masked number (138****5678) says nothing: what was exported masked changes nothing.
        """
        if value == "" or value is None:
            return None
        if isinstance(value, str):
            if value in cells.CLEARS:
                return CLEAR
            if self.is_sealed and "**" in value:
                return None
        return READERS[self.kind](self, value)

    def show(self, value: Any) -> Any:
        """Return a value as a file holds it: words for choices and flags, days as days."""
        if value is None or value == "":
            return ""
        if self.kind == "choice":
            return self.labels.get(value, str(value))
        if self.kind == "flag":
            return "是" if value else "否"
        if self.kind == "words":
            return "、".join(value)
        return value

    def mask(self, value: Any) -> str:
        if self.kind == "income":
            return "****"
        return mask_phone(value) if self.kind == "phone" else mask_id_number(value)

    def spoken(self, value: Any) -> str:
        """Return a value as a page shows it: sealed ones masked."""
        shown = self.show(value)
        return self.mask(str(shown)) if self.is_sealed and shown else str(shown)


def _choice(column: Column, value: Any) -> str:
    text = cells.plain(value)
    found = column.meanings.get(text)
    if found is None:
        words = {"text": text[:20], "words": "、".join(column.labels.values())}
        raise cells.BadValue(_("“%(text)s”不在可选范围内，应是：%(words)s") % words)
    return found


def _lines(column: Column, value: Any) -> str:
    text = cells.plain(value)
    return clean_text(text, limit=column.limit, field_label=column.heading, multiline=True)


def _split(column: Column, value: Any) -> list[str]:
    text = cells.read_text(value, label=column.heading, limit=column.limit)
    for mark in "，,；;/ ":
        text = text.replace(mark, "、")
    return list(dict.fromkeys(word for word in text.split("、") if word))


READERS: dict[str, Callable[[Column, Any], Any]] = {
    "text": lambda column, value: cells.read_text(value, label=column.heading, limit=column.limit),
    "lines": _lines,
    "code": lambda column, value: cells.read_code(value, label=column.heading, limit=column.limit),
    "identity": lambda column, value: cells.read_identity(value),
    "phone": lambda column, value: cells.read_phone(value),
    "date": lambda column, value: cells.read_day(value),
    "choice": _choice,
    "flag": lambda column, value: cells.read_flag(value),
    "int": lambda column, value: cells.read_int(value),
    "money": lambda column, value: cells.read_money(value),
    "income": lambda column, value: cells.read_money(value),
    "words": _split,
}


@dataclass(slots=True)
class Row:
    """A row on its way in: what it says (by column), what is wrong, what would become of it.

    `ref` is the primary key of what the register has, if it has it; `plan` is for the sheet, from
    `prepare` to `apply`, and not kept; `before` and `after` are what undoing needs, as JSON.
    """

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    verdict: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    ref: Any = None
    plan: Any = None
    before: Any = None
    after: Any = None

    def refuse(self, column: str, sentence: Any) -> None:
        """Say what is wrong with a cell, by the name of its column; "" for the whole row."""
        self.problems.append((column, str(sentence)))
        self.verdict = BAD

    def get(self, name: str) -> Any:
        """Return what the row says of a column; None if nothing, or that it be cleared."""
        value = self.values.get(name)
        return None if value is CLEAR else value


@dataclass(frozen=True)
class Entry:
    """What was done with a row, as kept for undoing: None `before` for what was created."""

    line: int
    ref: Any
    before: Any
    after: Any


@dataclass
class Job:
    """For whom and when rows are checked or applied.

    `arriving` are the keys of rows further up in the same file (only for sheets that look back).
    """

    actor: Any
    at: datetime
    source: str = ""
    arriving: dict[Any, int] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Narrowed:
    """What of a register leaves: as its list was narrowed by the words of its address, on a day."""

    words: dict[str, str]
    on: date


class Sheet:
    """A register as a spreadsheet. `keys` are the columns that tell its rows apart, best first."""

    code: ClassVar[str]
    title: ClassVar[Any]
    about: ClassVar[Any] = ""
    icon: ClassVar[str] = "table"
    columns: ClassVar[tuple[Column, ...]]
    keys: ClassVar[tuple[tuple[str, ...], ...]]
    shown: ClassVar[tuple[str, ...]]  # the columns by which people know a row
    looks_back: ClassVar[bool] = False  # a row may name another of the same file, above it
    is_sensitive: ClassVar[bool] = False  # leaving with whole numbers needs a reason
    # Words of its list's address that narrow the export too; `export` then takes `narrowed`.
    filters: ClassVar[tuple[str, ...]] = ()

    def may(self, actor) -> bool:
        """Say whether somebody may import into this register."""
        raise NotImplementedError

    def may_export(self, actor) -> bool:
        return self.may(actor)

    def office(self, actor) -> str:
        """Return whose form of sheet the actor uses: mappings are remembered for it."""
        return f"user:{actor.pk}"

    def check(self, row: Row) -> None:
        """Refuse what is wrong with a row by itself; called when the file is read."""

    def prepare(self, rows: list[Row], job: Job) -> None:
        """Give each row a verdict, and what would change, with as few queries as can be."""
        raise NotImplementedError

    def apply(self, rows: list[Row], job: Job) -> None:
        """Write prepared rows (new and changed); set `ref`, `before` and `after` of each."""
        raise NotImplementedError

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose rows in the register are no longer as the import left them."""
        raise NotImplementedError

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take back what was done, last first. Raises `Refused` if something holds on to it."""
        raise NotImplementedError

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the rows the actor may see, by column; sealed ones masked unless `whole`."""
        raise NotImplementedError

    # what follows is the same for all

    def column(self, name: str) -> Column:
        return self.by_name()[name]

    @classmethod
    @cache
    def by_name(cls) -> dict[str, Column]:
        return {column.name: column for column in cls.columns}

    def key_of(self, row: Row) -> tuple | None:
        """Return the first key of which the row says everything."""
        for names in self.keys:
            values = tuple(row.get(name) for name in names)
            if all(value not in (None, "") for value in values):
                return (names, *values)
        return None

    def compare(self, row: Row, current: dict[str, Any]) -> None:
        """Set verdict and changes of a row whose register's values are `current` (by column)."""
        for name, value in row.values.items():
            if name not in current:
                continue
            said = None if value is CLEAR else value
            known = current[name]
            if (said or None) != (known or None):
                column = self.column(name)
                row.changes.append((name, column.spoken(known), column.spoken(said)))
        if row.verdict != BAD:
            row.verdict = CHANGED if row.changes else SAME


@cache
def all_sheets() -> dict[str, Sheet]:
    """Return the sheets that the installed apps declare, by code, in the order of the apps."""
    found: dict[str, Sheet] = {}
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "sheets"):
            for sheet in getattr(import_module(f"{app.name}.sheets"), "SHEETS", ()):
                if sheet.code in found:
                    raise ValueError(f"two sheets are called {sheet.code}")
                found[sheet.code] = sheet
    return found


def sheets_for(actor) -> list[Sheet]:
    """Return the sheets somebody may import or export."""
    return [sheet for sheet, _may, _may_export in rights_of(actor)]


def rights_of(actor) -> list[tuple[Sheet, bool, bool]]:
    """Return (sheet, may import, may export) of every sheet somebody may do one of with, asked once."""
    asked = [(one, one.may(actor), one.may_export(actor)) for one in all_sheets().values()]
    return [(sheet, may, export) for sheet, may, export in asked if may or export]


def model_facts(instance: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return fields of a model as JSON keeps them, for `before` and `after`."""
    facts = {name: getattr(instance, name) for name in names}
    return {name: str(v) if isinstance(v, date | datetime) else v for name, v in facts.items()}


def changed_lines(model: Any, entries: Iterable[Entry], names: Iterable[str]) -> list[int]:
    """Return the lines whose row is gone, or is no longer as they left it in the fields named."""
    entries, names = list(entries), tuple(names)
    rows = model.objects.in_bulk([entry.ref for entry in entries])
    return [
        entry.line
        for entry in entries
        if entry.ref not in rows or model_facts(rows[entry.ref], names) != entry.after
    ]


def read_cell(row: Row, column: Column, value: Any) -> None:
    """Put what a cell means into its row, or what is wrong with it."""
    try:
        said = column.read(value)
    except Refused as refusal:
        row.refuse(column.name, refusal.message)
        return
    if said is not None and said != "":
        row.values[column.name] = said
