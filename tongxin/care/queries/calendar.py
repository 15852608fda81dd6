"""Quarters and months."""

from __future__ import annotations

from datetime import date


def quarter_of(day: date) -> tuple[int, int, date, date]:
    """Return (year, quarter, its first day, the first day of the next)."""
    n = (day.month - 1) // 3
    first = date(day.year, n * 3 + 1, 1)
    after = date(day.year + 1, 1, 1) if n == 3 else date(day.year, n * 3 + 4, 1)
    return day.year, n + 1, first, after


def month_of(day: date, back: int = 0) -> tuple[date, date]:
    """Return the first day of a month, so many before that of a day, and of the next."""
    n = day.year * 12 + day.month - 1 - back
    year, month = divmod(n, 12)
    after_year, after_month = divmod(n + 1, 12)
    return date(year, month + 1, 1), date(after_year, after_month + 1, 1)
