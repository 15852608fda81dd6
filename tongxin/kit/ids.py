"""Identifiers: UUIDs that sort by time, and the case numbers that people read out on the phone."""

import re
import secrets
import uuid
from datetime import date, datetime
from typing import NamedTuple

import uuid6

from tongxin.kit.errors import Invalid

_RANDOM_BITS = 62
_CASE_NUMBER = re.compile(r"(\d{6})-(\d{8})-(\d{4,})", re.ASCII)


class NotACaseNumber(Invalid):
    """The text is no case number."""


class CaseNumber(NamedTuple):
    """District code (GB/T 2260), day of filing, running number of that day."""

    district_code: str
    day: date
    n: int


def uuid7(at: datetime | None = None) -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): ordered by time, with a random tail.

    With `at` (aware) the id carries that moment, to the quarter of a microsecond, so that
    imported cases sort by their own time. Raises ValueError for a naive `at`.
    """
    if at is None:
        return uuid.UUID(int=uuid6.uuid7().int)
    if at.tzinfo is None:
        raise ValueError("at must be aware")
    seconds = int(at.replace(microsecond=0).timestamp())
    milliseconds, microseconds = divmod(at.microsecond, 1000)
    stamp = seconds * 1000 + milliseconds
    # RFC 9562, method 3: the twelve bits after the version hold the fraction of a millisecond.
    fraction = microseconds * 4096 // 1000
    return uuid.UUID(
        int=stamp << 80
        | 7 << 76
        | fraction << 64
        | 2 << _RANDOM_BITS
        | secrets.randbits(_RANDOM_BITS)
    )


def case_number(district_code: str, day: date, n: int) -> str:
    """The number people use: case_number("120116", date(2026, 11, 22), 42) is "120116-20261122-0042"."""
    if not re.fullmatch(r"\d{6}", district_code, re.ASCII) or n < 1:
        raise ValueError(f"no case number from {district_code!r} and {n!r}")
    return f"{district_code}-{day:%Y%m%d}-{n:04d}"


def parse_case_number(text: str) -> CaseNumber:
    """The parts of a case number. Raises NotACaseNumber."""
    match = _CASE_NUMBER.fullmatch(text.strip())
    try:
        return CaseNumber(match[1], date.fromisoformat(match[2]), int(match[3]))  # type: ignore[index]
    except (TypeError, ValueError):
        raise NotACaseNumber(
            f"“{text[:40]}”不是订单编号，编号的样子是 120116-20261122-0042"
        ) from None
