"""Where in a text the question stands: pieces to be drawn, and the stretch around the first hit."""

from __future__ import annotations

import re
from collections.abc import Iterable

AROUND = 90  # characters shown of a long text
LEAD = 20  # of them before the first hit

Pieces = list[tuple[str, bool]]  # text, and whether it was asked for


def pieces_of(text: str, parts: Iterable[str]) -> Pieces:
    """Cut a text into what was asked for and the rest; nothing is escaped here."""
    wanted = sorted({part for part in parts if part}, key=len, reverse=True)
    if not wanted:
        return [(text, False)] if text else []
    pattern = re.compile("(" + "|".join(map(re.escape, wanted)) + ")", re.IGNORECASE)
    # What is split by a group comes back in turn: rest, hit, rest, …
    return [(piece, bool(n % 2)) for n, piece in enumerate(pattern.split(text)) if piece]


def around(text: str, parts: Iterable[str], size: int = AROUND) -> str:
    """Return the part of a text that shows the first hit, on one line, cut with an ellipsis."""
    line = " ".join(text.split())
    if len(line) <= size:
        return line
    low = line.lower()
    hits = [at for part in parts if (at := low.find(part.lower())) >= 0]
    start = max(min(hits, default=0) - LEAD, 0)
    start = min(start, len(line) - size)
    cut = line[start : start + size]
    return ("…" if start else "") + cut + ("…" if start + size < len(line) else "")
