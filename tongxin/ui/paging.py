"""Pages of a list by key: the cursor is the id of the last row shown, never a number of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import BadCursor


def bad_cursor() -> BadCursor:
    return BadCursor(_("页码不对，请从第一页重新打开"), field="cursor")


def pk_of(cursor: str) -> int:
    """Return the id behind which a page begins; 0 for the first ("").

    :raises BadCursor: for anything else than what a page gave
    """
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise bad_cursor()
    return int(cursor)


def cut(rows: list[Any], size: int) -> tuple[list[Any], str]:
    """Return a page out of `size` + 1 rows, and the cursor of the next ("" at the end)."""
    return rows[:size], str(rows[size - 1].pk) if len(rows) > size else ""


def page_of(rows: Any, cursor: str | int, size: int, *, oldest: bool = False) -> tuple[list, str]:
    """Return a page of a query by id, newest first unless `oldest`, and the cursor of the next.

    :raises BadCursor: for a cursor that no page gave
    """
    start = cursor if isinstance(cursor, int) else pk_of(cursor)
    if start:
        rows = rows.filter(**{"pk__gt" if oldest else "pk__lt": start})
    return cut(list(rows.order_by("pk" if oldest else "-pk")[: size + 1]), size)


def listed(
    rows: Any, cursor: str | int, size: int, shape: Callable[[Any], Any], *, oldest: bool = False
) -> dict[str, Any]:
    """Return the same as the API says it: {"items", "next"}, `next` null on the last page."""
    page, following = page_of(rows, cursor, size, oldest=oldest)
    return {"items": [shape(row) for row in page], "next": following or None}
