"""The words of a message: one spelling, bounded length, cut the same way however it came.

Some files hold messages as people wrote them, others already cut into words with blanks between.
Both are joined and cut again by the same cutter, so that a model trained on one reads the other.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

MOST_CHARACTERS = (
    3000  # of a message that are read: what matters comes first, and work stays bounded
)
_READ = 4 * MOST_CHARACTERS  # raw characters looked at, markup and blanks among them

_MARKUP = re.compile(r"<[a-z/!][^<>]*>")
_ADDRESS = re.compile(r"(?:https?://|www\.)[\x21-\x7e]+")
_DIGITS = re.compile(r"\d{3,}")
# A blank beside a character that is no ASCII letter or digit divides nothing.
_IDLE_BLANK = re.compile(r"(?<![\x21-\x7e])\s+|\s+(?![\x21-\x7e])")
_NO_WORD = re.compile(r"[^\w\s]|_")


def normal(text: str) -> str:
    """Return the text in one spelling: half width, small letters, no markup, no addresses of pages.

    Only letters, digits and the blanks between foreign words stay. Numbers of three and more
    digits become 0, so that no telephone number ever enters a model. At most `MOST_CHARACTERS`.
    """
    text = unicodedata.normalize("NFKC", text[:_READ])[:_READ].lower()
    text = _ADDRESS.sub(" ", _MARKUP.sub(" ", text))
    text = _IDLE_BLANK.sub("", _NO_WORD.sub(" ", text))
    return _DIGITS.sub("0", " ".join(text.split()))[:MOST_CHARACTERS]


def words_of(plain: str) -> list[str]:
    """Return the words of a text that `normal` has been through."""
    return [word for word in _cutter()(plain) if not word.isspace()]


@lru_cache(maxsize=1)
def _cutter() -> Any:
    import rjieba  # a dictionary of 5 MB: only for who needs it

    return rjieba.cut
