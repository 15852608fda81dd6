"""A register leaves as XLSX: masked, or whole for a reason that is written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, audit_look
from tongxin.accounts.models import User
from tongxin.kit.errors import NotPermitted
from tongxin.kit.tables import write_xlsx

from ..declaring import Narrowed, Sheet
from .uploading import sheet_of


def filters_of(sheet: Sheet, words: Mapping[str, str]) -> dict[str, str]:
    """Return those of the words of an address by which the export of a register is narrowed."""
    return {name: words[name][:60] for name in sheet.filters if words.get(name)}


def export_sheet(
    *,
    sheet: str,
    out: IO[bytes],
    by: User,
    at: datetime,
    reason: str = "",
    address: str = "",
    words: dict[str, str] | None = None,
) -> int:
    """Write the rows the actor may see into `out`; return how many.

    `words` narrow them as they narrow the list of the register; what the sheet does not know of
    is left out.

    Numbers are masked (such cells change nothing when they come in again), or whole where a
    `reason` is given.

    :raises NoSuchSheet, NotPermitted: see `sheet_of`
    :raises NoReason: for a reason of less than four characters
    """
    declared = sheet_of(sheet, by)
    if not declared.may_export(by):
        raise NotPermitted(_("您不能导出“%s”") % declared.title)
    whole = bool(reason.strip())
    narrowed = filters_of(declared, words or {})
    given = {"narrowed": Narrowed(narrowed, localdate(at))} if narrowed else {}
    if whole:
        audit_look(
            actor=by, action="sheet.export", object=sheet, reason=reason, at=at, address=address
        )
    count = 0

    def rows():
        nonlocal count
        for facts in declared.export(by, whole=whole, **given):
            count += 1
            yield [_cell(column, facts.get(column.name)) for column in declared.columns]

    def _cell(column, value: Any) -> Any:
        shown = column.show(value)
        return column.mask(shown) if column.is_sealed and shown and not whole else shown

    widths = [column.width or 0 for column in declared.columns]
    headings = [column.heading for column in declared.columns]
    widths = [
        width or max(10, 2 * len(label) + 4) for width, label in zip(widths, headings, strict=True)
    ]
    write_xlsx(out, headings, rows(), sheet=str(declared.title), widths=widths)
    if not whole:
        audit(actor=by, action="sheet.export", object=sheet, detail={"rows": count, **narrowed}, at=at, address=address)  # fmt: skip
    return count
