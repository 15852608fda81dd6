"""How a review stands: whom it waits for, how many may be excellent."""

from __future__ import annotations

from fractions import Fraction

from ..models import Review


def excellent_share(review: Review) -> Fraction:
    """Return the share of the excellent that the review's own version of the rules allows."""
    return Fraction(review.rule_set.numbers.get(name="excellent_share").value)


def most_excellent(review: Review, members: int) -> int:
    """Return how many may be excellent: the share, rounded down."""
    return int(members * excellent_share(review))


def waiting_for(review: Review) -> list[str]:
    """Return the names of those who have neither appraised themselves nor are excused."""
    rows = review.results.filter(self_at=None, excused="")
    return list(rows.values_list("membership__person__name", flat=True).order_by("pk"))
