"""Everything on the screen has its English; what packages say in English has its Chinese."""

import gettext
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import polib
import pytest

from tools.words import LOCALE, catalogue, compile_all, placeholders, words, words_in

HAN = re.compile(r"[\u4e00-\u9fff]")
TAG = re.compile(r"</?\w+")
LOADED = ("conf", *(f"contrib/{app}" for app in ("admin", "auth", "contenttypes", "sessions")))
FOREIGN = ("unfold", "unfold.contrib.filters")  # the packages whose pages people see


@pytest.fixture(scope="module")
def english() -> polib.POFile:
    return catalogue("en")


def said(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def folder_of(package: str) -> Path:
    return Path(find_spec(package).submodule_search_locations[0])


def test_every_text_is_in_the_english_catalogue_and_no_other(english):
    """If this fails: python -m tools.words update, then translate what is empty."""
    here = {(word.text, word.plural) for word in words()}
    known = {(entry.msgid, entry.msgid_plural) for entry in english}
    assert here - known == set()
    assert known - here == set()


def test_every_text_has_its_english(english):
    assert [entry.msgid for entry in english if not all(said(entry)) or entry.fuzzy] == []
    same = [
        entry.msgid for entry in english if HAN.search(entry.msgid) and entry.msgid in said(entry)
    ]
    assert same == []


def test_no_text_is_there_twice(english):
    assert [text for text, n in Counter(entry.msgid for entry in english).items() if n > 1] == []


def test_what_a_text_leaves_open_its_translation_leaves_open(english):
    for entry in english:
        for text in said(entry):
            assert placeholders(text) == placeholders(entry.msgid), entry.msgid
            assert Counter(TAG.findall(text)) == Counter(TAG.findall(entry.msgid)), entry.msgid


def test_texts_of_packages_are_in_chinese():
    chinese = {entry.msgid for entry in catalogue("zh_Hans") if all(said(entry))}
    for part in LOADED:
        file = folder_of("django") / part / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
        chinese |= {entry.msgid for entry in polib.pofile(str(file)) if entry.translated()}
    for package in FOREIGN:
        folder = folder_of(package)
        files = [
            path for path in folder.rglob("*") if "contrib" not in path.relative_to(folder).parts
        ]
        assert {word.text for word in words_in(folder, files)} - chinese == set()


def test_texts_are_whole_when_they_are_translated():
    """A text is a constant: what is put together before it is looked up cannot be found."""
    source = "\n".join(path.read_text() for path in LOCALE.parent.rglob("*.py"))
    assert re.findall(r"""\b(?:_|gettext|gettext_lazy)\(\s*f["'].*""", source) == []


def test_the_compiled_catalogue_speaks(tmp_path, monkeypatch):
    for file in LOCALE.glob("*/LC_MESSAGES/django.po"):
        copy = tmp_path / file.relative_to(LOCALE)
        copy.parent.mkdir(parents=True)
        copy.write_text(file.read_text())
    monkeypatch.setattr("tools.words.LOCALE", tmp_path)
    compile_all()
    english = gettext.translation("django", tmp_path, ["en"])
    assert english.gettext("抢单") == "Grab"
    assert english.ngettext("%(n)s 条未读", "%(n)s 条未读", 2) == "%(n)s unread"
