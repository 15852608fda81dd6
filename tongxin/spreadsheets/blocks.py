"""The rows of an import as sealed text: some hundred together, packed, so that a file is few rows."""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from tongxin.accounts.queries import sealer

from .declaring import CLEAR, Entry, Row, Sheet

SIZE = 500
_CLEAR = {"clear": True}


def lock(data: bytes) -> str:
    """Return bytes as sealed text."""
    return sealer().seal(base64.b64encode(data).decode())


def unlock(text: str) -> bytes:
    """Return what `lock` sealed. Raises `kit.seal.SealBroken`."""
    return base64.b64decode(sealer().open(text))


def _pack(data: Any) -> str:
    return lock(zlib.compress(orjson.dumps(data, default=str), 3))


def _unpack(text: str) -> Any:
    return orjson.loads(zlib.decompress(unlock(text))) if text else []


def pack_rows(rows: list[Row]) -> str:
    """Seal rows with their verdicts; `plan`, `before` and `after` are not kept."""
    return _pack(
        [
            {
                "l": row.line,
                "v": {k: _CLEAR if v is CLEAR else v for k, v in row.values.items()},
                "p": row.problems,
                "k": row.verdict,
                "c": row.changes,
            }
            for row in rows
        ]
    )


def unpack_rows(text: str, sheet: Sheet) -> list[Row]:
    """Return the rows of a block as they were packed: days are days again, money is money."""
    days = {column.name for column in sheet.columns if column.kind == "date"}
    sums = {column.name for column in sheet.columns if column.kind in {"money", "income"}}
    found = []
    for one in _unpack(text):
        values = one["v"]
        for name, value in values.items():
            if value == _CLEAR:
                values[name] = CLEAR
            elif name in days:
                values[name] = date.fromisoformat(value)
            elif name in sums:
                values[name] = Decimal(value)
        problems = [(name, sentence) for name, sentence in one["p"]]
        changes = [(name, old, new) for name, old, new in one["c"]]
        found.append(Row(one["l"], values, problems, one["k"], changes))
    return found


def pack_entries(rows: list[Row]) -> str:
    """Seal what undoing needs of the rows that were written."""
    return _pack([[row.line, row.ref, row.before, row.after] for row in rows if row.after])


def unpack_entries(text: str) -> list[Entry]:
    return [Entry(*one) for one in _unpack(text)]


def tally(rows: list[Row]) -> dict[str, int]:
    return dict(Counter(row.verdict for row in rows))
