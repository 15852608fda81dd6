"""Filters of this app's pages: `{% load alliances %}`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

register = template.Library()
YI_FEN = 10_000_000_000


@register.filter
def yi(fen: int | None) -> str:
    """Write an amount in fen as 亿元, to two places at most: 28000000000000 gives "280"."""
    if not fen:
        return "0"
    return f"{fen / YI_FEN:,.2f}".rstrip("0").rstrip(".")


@register.filter
def permille(n: int) -> str:
    """Write a thousandth part as SVG reads it: 125 gives "12.5%"."""
    return f"{n / 10:g}%"


@register.filter
def plain(value: Decimal | None) -> str:
    """Write a figure without the noughts that only its column has: 18.80 gives "18.8"."""
    return "—" if value is None else f"{value.normalize():f}"


@register.filter
def at_key(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    return mapping.get(key) if mapping else None


@register.filter
def people(rows: list[tuple[str, int, int]]) -> int:
    """Add up who used some facilities."""
    return sum(row[1] for row in rows)
