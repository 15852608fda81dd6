"""A chain of hashes over an append-only log: whoever changes one row breaks every later one."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

GENESIS = "0" * 64


def event_hash(prev: str, payload: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the previous hash and the canonical JSON of `payload`.

    Canonical: sorted keys, UTF-8, no spaces, moments in UTC with microseconds. Raises
    ValueError for a naive datetime or NaN, TypeError for a value JSON cannot say.
    """
    return hashlib.sha256(f"{prev}\n{_encode(payload)}".encode()).hexdigest()


def verify(rows: Iterable[tuple[str, str, Mapping[str, Any]]]) -> int | None:
    """The index of the first row (hash, prev, payload) that breaks the chain, or None."""
    expected = GENESIS
    for index, (digest, prev, payload) in enumerate(rows):
        if prev != expected or digest != event_hash(prev, payload):
            return index
        expected = digest
    return None


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a hashed moment must be aware")
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be hashed")


_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
).encode
