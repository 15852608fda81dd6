"""Templates as words with places to fill: {{问题清单}}, by its name or its code ({{findings}})."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid

from .markup import label_of

DATA = Path(__file__).parent / "data"
PLACE = re.compile(r"\{\{\s*([^{}]{0,60}?)\s*\}\}")
# What stands where nothing was known: a person fills it before the draft goes on.
BLANK = re.compile(r"〔待填：([^〕]{1,60})〕")


class UnknownField(Invalid):
    """The template names a place that nothing can fill."""


class BrokenField(Invalid):
    """A brace without its other half: the place would be printed as it stands."""


@dataclass(frozen=True)
class Field:
    code: str
    name: str
    many: bool  # a list: each item a paragraph of its own, numbered
    meaning: str


@cache
def fields() -> dict[str, Field]:
    """Return what a template may name, by code and by name."""
    with (DATA / "fields.csv").open(encoding="utf-8") as file:
        rows = [Field(r["code"], r["name"], r["many"] == "1", r["meaning"]) for r in csv.DictReader(file)]  # fmt: skip
    kind = Field("kind", "文种", False, "公文的文种")
    return {name: row for row in [*rows, kind] for name in (row.code, row.name)}


def all_fields() -> list[Field]:
    return list(dict.fromkeys(fields().values()))


def check_places(text: str, *, more: Iterable[str] = ()) -> list[str]:
    """Return the places a text names, each once; `more` are names that a caller fills beside ours.

    :raises UnknownField: naming the first that nobody fills
    :raises BrokenField: if braces stand alone
    """
    known = {*fields(), *more}
    names = list(dict.fromkeys(PLACE.findall(text)))
    for name in names:
        if name not in known:
            raise UnknownField(
                _("模板里的“{{%(name)s}}”没有对应的内容，请改为可用的字段。")
                % {"name": name or " "},
                field="file",
                remedy=_("可用的字段有：%s。") % "、".join(row.name for row in all_fields()),
                name=name,
            )
    rest = PLACE.sub("", text)
    if "{{" in rest or "}}" in rest:
        near = rest[max(rest.find("{{"), rest.find("}}"), 0) :][:20].split("\n")[0]
        raise BrokenField(_("模板里“%s”处的花括号没有成对，请写成 {{字段}}。") % near, field="file")
    return names


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with its places filled; what is missing becomes 〔待填：…〕.

    A list that has a paragraph to itself becomes one paragraph an item, numbered （一）…, or 1. under
    a heading of that level; in the middle of a sentence its items are joined.
    """
    return "\n".join(_filled(line, values) for line in text.split("\n"))


def _filled(line: str, values: Mapping[str, Any]) -> str:
    alone = PLACE.fullmatch(line.strip())
    value = _value(alone[1], values) if alone else None
    if isinstance(value, list):
        level = 2 if _is_long(value) else 3
        return "\n".join(label_of(level, n) + item for n, item in enumerate(value, 1))
    return PLACE.sub(lambda place: _word(place[1], values), line)


def _is_long(items: list[str]) -> bool:
    """Say whether every item is a heading sentence with more behind it: then （一） suits it."""
    return all("。" in item[:-1] for item in items)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    field = fields().get(name)
    keys = [field.code, field.name] if field else [name]
    found = next((values[key] for key in keys if values.get(key) not in (None, "", [])), None)
    if isinstance(found, list | tuple):
        return [_plain(item) for item in found]
    return None if found is None else _plain(found)


def _word(name: str, values: Mapping[str, Any]) -> str:
    value = _value(name, values)
    if value is None:
        field = fields().get(name)
        return f"〔待填：{field.name if field else name}〕"
    return "；".join(item.rstrip("。；") for item in value) if isinstance(value, list) else value


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return chinese_date(value)
    # Braces in what is filled in must not become places of a second filling.
    return str(value).replace("{{", "{ {").replace("}}", "} }").strip()


def chinese_date(day: date) -> str:
    """Return a date as papers write it: 2026年3月2日, no zeroes before (GB/T 9704-2012, 7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"


def blanks(text: str) -> list[str]:
    """Return what is still to be filled in, each once."""
    return list(dict.fromkeys(BLANK.findall(text)))


def sample_text(kind: str) -> tuple[str, str]:
    """Return title and body of the sample that a kind begins with, places unfilled."""
    path = DATA / "samples" / f"{kind}.txt"
    if not path.exists():
        path = DATA / "samples" / "other.txt"
    title, _nothing, body = path.read_text(encoding="utf-8").partition("\n")
    return title.strip(), body.strip()
