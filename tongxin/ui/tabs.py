"""The row of views over the pages of an app (`ui/parts/segments.html`): each app gives its own names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.urls import reverse

Tab = dict[str, Any]


def app_tabs(
    app: str, pairs: Iterable[tuple[str, Any]], active: str, *, args: tuple[Any, ...] = (),
    hidden: Collection[str] = (), counts: Mapping[str, int | None] | None = None,
    words: Mapping[str, str] | None = None,
) -> list[Tab]:  # fmt: skip
    """Return the row of an app's views; `pairs` are (name of the address, words).

    `hidden` are names the reader has no use for, `counts` what waits behind some, `words` what is
    written after the address of some ("?region=…").
    """
    waiting, after = counts or {}, words or {}
    return [
        {
            "label": label, "url": reverse(f"{app}:{name}", args=args) + after.get(name, ""),
            "active": name == active, "count": waiting.get(name) or None,
        }
        for name, label in pairs
        if name not in hidden
    ]  # fmt: skip
