"""How money is written on pages: `{% load funds %}`."""

from __future__ import annotations

from typing import Any

from django import template

from .. import queries

register = template.Library()

TONES = {
    "waiting": "waiting", "paid": "done", "refused": "idle",
    "proper": "done", "flawed": "waiting", "misused": "late",
    "income": "done", "allocate": "waiting", "pay": "working", "reverse": "idle",
}  # fmt: skip


@register.filter
def yuan(fen: int | None) -> str:
    """Write fen as yuan to the fen: 1234550 is 12,345.50."""
    return queries.yuan(fen)


@register.filter
def wan(fen: int) -> str:
    """Write fen in words: 1730000000 is 1,730 万元."""
    return queries.wan(fen or 0)


@register.filter
def in_wan(fen: int) -> str:
    """Write fen as a number of 万元: 1730000000 is 1,730."""
    return f"{(fen or 0) / 1_000_000:,.2f}".rstrip("0").rstrip(".")


@register.filter
def percent_of(part: int, whole: int) -> int:
    """Return how much of a hundred a part is; 0 of nothing."""
    return min(100, 100 * part // whole) if whole else 0


@register.filter
def tone(state: Any) -> str:
    """Return the look of a state of an order, a check, a line."""
    return TONES.get(str(state), "idle")
