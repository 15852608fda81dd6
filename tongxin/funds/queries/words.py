"""How money is said: yuan with two places, and in tens of thousands where it is much."""

from __future__ import annotations

from django.utils.translation import gettext as _

WAN = 1_000_000  # fen in ten thousand yuan


def yuan(fen: int | None) -> str:
    """Write fen as yuan to the fen: 800000 is "8,000.00", -5 is "-0.05"; None is ""."""
    if fen is None:
        return ""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def wan(fen: int) -> str:
    """Write fen in 万元 where that is whole to a fen's hundredth: 1730000000 is "1,730 万元"."""
    if fen % 10_000 or abs(fen) < WAN:
        return _("%s 元") % yuan(fen)
    return _("%s 万元") % f"{fen / WAN:,.2f}".rstrip("0").rstrip(".")
