"""Words a text is found by: each character, every two neighbouring ones, words of letters and digits.

Chinese has no blanks between words, and a dictionary misses 松花江路 where it knows 松花. Pairs of
characters find any part of a text, in both databases by the same column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 40  # characters of one word
_WIDE = {0xFF01 + n: 0x21 + n for n in range(94) if chr(0x21 + n).isalnum()}
# A run of ASCII letters and digits, or of letters, signs and pictures of any other script.
_RUNS = re.compile(r"[a-z0-9]+|(?:(?![a-z0-9_])[\w\u2600-\u27bf\U0001f000-\U0001faff])+")


def tidy(text: str) -> str:
    """Return a text as it is kept: composed, ２号 as 2号, without NUL."""
    return unicodedata.normalize("NFC", text).translate(_WIDE).replace("\x00", "")


def words_of(text: str) -> set[str]:
    """Return every word a (tidy) text can be found by."""
    found: set[str] = set()
    for run in _RUNS.findall(text.lower()):
        if run.isascii():
            found.add(run[:LONGEST])
        else:
            found.update(run[n : n + 2] for n in range(len(run) - 1))
            found.update(run)
    return found


def words_to_find(part: str) -> Iterator[str]:
    """Yield the words that every text with this part in it has.

    >>> list(words_to_find("3号楼灯"))
    ['3', '号楼', '楼灯']
    >>> list(words_to_find("灯"))
    ['灯']
    """
    for run in _RUNS.findall(part.lower()):
        if run.isascii() or len(run) == 1:
            yield run[:LONGEST]
        else:
            yield from (run[n : n + 2] for n in range(len(run) - 1))
