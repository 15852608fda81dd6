"""Which line of a sheet is its header, and which of its columns is which of the register's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.books import Book
from tongxin.kit.cells import plain
from tongxin.kit.errors import Invalid

from .declaring import Sheet

LOOKED_AT = 40  # lines from the top in which a header is looked for
LIKE = 0.66
MOST_COLUMNS = 200


class NoHeader(Invalid):
    """No line names the columns."""


def normal(label: Any) -> str:
    """Return a heading without what offices put around it: blanks, stars, （必填）, units."""
    text = unicodedata.normalize("NFKC", plain(label))
    text = re.sub(r"\((?:必填|选填|可选)\)", "", text)
    return re.sub(r"[\s*:：_\-/、。]", "", text).lower()


def names_of(sheet: Sheet) -> dict[str, str]:
    """Return the column a heading means, by normalised heading."""
    found: dict[str, str] = {}
    for column in sheet.columns:
        for label in (column.heading, *column.aliases):
            found.setdefault(normal(label), column.name)
    return found


def find_header(book: Book, page: str, sheet: Sheet) -> tuple[int, list[str]]:
    """Return line and labels of the header: the line near the top that names most columns.

    :raises NoHeader: if the page is empty
    """
    known = names_of(sheet)
    best: tuple[int, int, list[str]] | None = None
    for line, values in islice(book.lines(page), LOOKED_AT):
        labels = [plain(value) for value in values[:MOST_COLUMNS]]
        score = len({known[key] for label in labels if (key := normal(label)) in known})
        filled = sum(1 for label in labels if label)
        # Where nothing is known, a line of several words is a header rather than a title.
        rank = score * 100 + (1 if filled > 1 else 0)
        if best is None or rank > best[0]:
            best = (rank, line, labels)
    if best is None:
        raise NoHeader(_("“%s”是空的，第一行应是各列的名称") % page)
    return best[1], _trimmed(best[2])


def header_at(book: Book, page: str, line: int) -> list[str]:
    """Return the labels of a line. Raises NoHeader if it is empty."""
    for number, values in islice(book.lines(page), LOOKED_AT * 5):
        if number == line:
            return _trimmed([plain(value) for value in values[:MOST_COLUMNS]])
        if number > line:
            break
    raise NoHeader(_("第 %d 行是空的，不能作表头") % line, field="header_line")


def _trimmed(labels: list[str]) -> list[str]:
    while labels and not labels[-1]:
        labels.pop()
    return [label[:60] for label in labels]


def fingerprint(header: Sequence[str]) -> str:
    """Return what tells one form of an office from another: its headings in their order."""
    return sha256("\n".join(normal(label) for label in header).encode()).hexdigest()


def guess(
    sheet: Sheet, header: Sequence[str], saved: dict[str, str] | None = None
) -> dict[str, int]:
    """Return the place of each column (from 0) as far as it can be told.

    By what the office chose last time, by heading or alias, then by likeness.
    """
    labels = [normal(label) for label in header]
    taken: dict[str, int] = {}
    for name, label in (saved or {}).items():
        if name in sheet.by_name() and normal(label) in labels:
            taken[name] = labels.index(normal(label))
    for place, label in enumerate(labels):
        known = names_of(sheet).get(label)
        if known and known not in taken and place not in taken.values():
            taken[known] = place
    if saved is None:
        _guess_by_likeness(sheet, labels, taken)
    return taken


def _guess_by_likeness(sheet: Sheet, labels: list[str], taken: dict[str, int]) -> None:
    """Add the closest pairs of what is left, best first."""
    pairs = []
    for column in sheet.columns:
        if column.name in taken:
            continue
        words = [normal(label) for label in (column.heading, *column.aliases)]
        for place, label in enumerate(labels):
            if label and place not in taken.values():
                like = max(SequenceMatcher(None, label, word).ratio() for word in words)
                if like >= LIKE:
                    pairs.append((like, column.name, place))
    for _like, name, place in sorted(pairs, reverse=True):
        if name not in taken and place not in taken.values():
            taken[name] = place
