"""The words of a rating: short tags and sentences, by the number of stars that they fit.

All of them stand in data/rating_words.csv, and this is its only reader.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "data" / "rating_words.csv"
TAG, SENTENCE = "tag", "text"


@cache
def _words(kind: str) -> dict[str, frozenset[int]]:
    with WORDS.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["text"]: frozenset(map(int, row["stars"].split()))
            for row in csv.DictReader(file)
            if row["kind"] == kind
        }


def all_tags() -> list[str]:
    return list(_words(TAG))


def tags_for(stars: int) -> list[str]:
    """Return the tags that people who give so many stars mean."""
    return [tag for tag, fits in _words(TAG).items() if stars in fits]


def sentences_for(stars: int) -> list[str]:
    """Return what people who give so many stars may say: composed, for the demonstration."""
    return [said for said, fits in _words(SENTENCE).items() if stars in fits]


def tags_with_stars() -> list[tuple[str, str]]:
    """Return (tag, "4 5") for the page, which shows a tag where it fits."""
    return [(tag, " ".join(map(str, sorted(fits)))) for tag, fits in _words(TAG).items()]
