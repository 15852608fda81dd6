"""The words on the screen: which there are, and what they are in other languages.

    python -m tools.words update    write new words into the catalogues, drop those that are gone
    python -m tools.words fill F …  take English from JSON files {"中文": "English"}; a plural is ["one", "many"]
    python -m tools.words compile   make .mo files of them, which is what Django reads

Chinese is the source. `en` holds every word; `zh_Hans` only those that come in English from
packages (unfold). Nothing but Python is needed: no gettext tools.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tongxin"
LOCALE = PACKAGE / "locale"
CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "ngettext": 2, "ngettext_lazy": 2}
STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(rf"\b(?:_|n?gettext)\(({STRING})(?:,\s*({STRING}))?")
PLACEHOLDER = re.compile(r"%\(\w+\)[-\d.]*[a-z]|%%|%[-\d.]*[a-z]")


@dataclass(frozen=True)
class Word:
    """What is wrapped for translation, and the file it is in; `plural` may be empty."""

    text: str
    plural: str
    file: str


def words() -> list[Word]:
    """Return every text of ours that is wrapped for translation, by file."""
    return list(words_in(PACKAGE, PACKAGE.rglob("*")))


def words_in(root: Path, files: Iterable[Path]) -> Iterator[Word]:
    """Yield the wrapped texts of Python files and templates; other files are passed over."""
    for path in sorted(files):
        inside = path.relative_to(root)
        if {"tests", "migrations", "static"} & set(inside.parts):
            continue
        if path.suffix == ".py":
            pairs = _of_python(path.read_text())
        elif path.suffix in {".html", ".js"} and "templates" in inside.parts:
            pairs = _of_template(path.read_text())
        else:
            continue
        yield from (Word(text, plural, f"{root.name}/{inside}") for text, plural in pairs)


def _of_python(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        size = CALLS.get(node.func.id, 0)
        texts = [
            arg.value
            for arg in node.args[:size]
            if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if size and len(texts) == size:
            yield texts[0], texts[1] if size == 2 else ""


def _of_template(source: str) -> Iterator[tuple[str, str]]:
    for text, plural in TEMPLATE_CALL.findall(templatize(source)):
        yield ast.literal_eval(text), ast.literal_eval(plural) if plural else ""


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"), wrapwidth=100)


def placeholders(text: str) -> list[str]:
    """Return what a text leaves open: ["%(name)s", "%d"], sorted; "%%" is a percent sign."""
    return sorted(set(PLACEHOLDER.findall(text)) - {"%%"})


def update() -> None:
    """Bring the English catalogue to the words that are there now; keep what is translated."""
    known = {(entry.msgid, entry.msgid_plural): entry for entry in catalogue("en")}
    entries: dict[tuple[str, str], polib.POEntry] = {}
    for word in words():
        key = word.text, word.plural
        if key not in entries:
            entry = entries[key] = known.get(key) or _blank(word)
            entry.occurrences, entry.comment = [], ""
        if (word.file, "") not in entries[key].occurrences:
            entries[key].occurrences.append((word.file, ""))
    book = catalogue("en")
    book[:] = entries.values()
    book.save()
    missing = [entry.msgid for entry in book if not entry.translated()]
    sys.stdout.write(f"{len(book)} texts, {len(missing)} without English\n")


def _blank(word: Word) -> polib.POEntry:
    if word.plural:
        return polib.POEntry(
            msgid=word.text, msgid_plural=word.plural, msgstr_plural={0: "", 1: ""}
        )
    return polib.POEntry(msgid=word.text)


def fill(files: list[str]) -> None:
    """Put the English of the files beside the words that have none; print what is still left."""
    english: dict[str, str | list[str]] = {}
    for file in files:
        english |= json.loads(Path(file).read_text())
    book = catalogue("en")
    for entry in book:
        given = english.get(entry.msgid)
        if entry.translated() or not given:
            continue
        one, many = (given, given) if isinstance(given, str) else given
        if entry.msgid_plural:
            entry.msgstr_plural = {0: one, 1: many}
        else:
            entry.msgstr = one
    book.save()
    left = [entry.msgid for entry in book if not entry.translated()]
    json.dump(left, sys.stdout, ensure_ascii=False, indent=0)
    sys.stdout.write(f"\n{len(left)} without English\n")


def compile_all() -> None:
    for file in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        polib.pofile(str(file)).save_as_mofile(str(file.with_suffix(".mo")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=["update", "fill", "compile"])
    parser.add_argument("files", nargs="*", help="JSON files to fill from")
    given = parser.parse_args()
    if given.verb == "fill":
        fill(given.files)
    else:
        {"update": update, "compile": compile_all}[given.verb]()
