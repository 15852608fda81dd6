"""Every read of the library that has more than one user."""

from .contests import (
    blind_title,
    hidden,
    judge_of,
    people_around,
    ranking,
    related_units,
    to_mark,
    why,
)
from .exemplars import (
    counts,
    desks_for,
    kinds,
    may_write,
    neighbours,
    own_units,
    parts_in,
    reads_of,
    search,
    sees_photo,
    told_of,
    waiting_for,
)

__all__ = [
    "blind_title", "counts", "desks_for", "hidden", "judge_of", "kinds", "may_write", "neighbours",
    "own_units", "parts_in", "people_around", "ranking", "reads_of", "related_units", "search", "sees_photo",
    "to_mark", "told_of", "waiting_for", "why",
]  # fmt: skip
