"""Words a text is found by: every two neighbouring characters, every word of letters and digits.

Chinese has no blanks between words, and a dictionary misses 松花江路 where it knows 松花. Pairs of
characters find any part of a text, in both databases by the same column. A run's last character is
a word of its own, so that a single character is found as the beginning of a word, wherever it is.
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
            found.add(run[-1])
    return found


def words_to_find(part: str) -> Iterator[tuple[str, bool]]:
    """Yield (word, is_beginning) that every text with this part in it has.

    >>> list(words_to_find("3号楼灯"))
    [('3', False), ('号楼', False), ('楼灯', False)]
    >>> list(words_to_find("灯"))
    [('灯', True)]
    """
    for run in _RUNS.finditer(part.lower()):
        word = run[0]
        if word.isascii():
            yield word[:LONGEST], False
        elif len(word) > 1:
            yield from ((word[n : n + 2], False) for n in range(len(word) - 1))
        else:  # the text may go on after it, unless the part itself does
            yield word, run.end() == len(part)
