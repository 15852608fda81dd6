"""Sheets as people hand them in, for tests."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from tongxin.spreadsheets import actions
from tongxin.spreadsheets.models import SheetImport
from tongxin.testing import NOON


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    """Uploads of a test go with it; whoever imports this keeps them apart."""
    settings.MEDIA_ROOT = tmp_path


def xlsx(rows: list[list[Any]], *, title: str = "Sheet1", days: str = "yyyy-mm-dd") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet(title)
        day = book.add_format({"num_format": days})
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if hasattr(value, "year"):
                    page.write_datetime(line, column, value, day)
                else:
                    page.write(line, column, value)
    return out.getvalue()


def check(sheet: str, rows: list[list[Any]], by, *, at=NOON, **mapping: int) -> SheetImport:
    """Upload rows and let them be checked, with the columns as guessed."""
    taken = actions.upload_sheet(sheet=sheet, data=xlsx(rows), name="名册.xlsx", by=by, at=at)
    taken = actions.choose_columns(taken=taken, mapping=taken.mapping | mapping, at=at)
    return actions.work_off(taken=taken, at=at)


def take_in(sheet: str, rows: list[list[Any]], by, *, at=NOON) -> SheetImport:
    """Upload, check, confirm, import."""
    taken = check(sheet, rows, by, at=at)
    taken = actions.confirm_import(taken=taken, by=by, at=at)
    return actions.work_off(taken=taken, at=at)


def problems(taken: SheetImport) -> dict[int, list[tuple[str, str]]]:
    """Return what was found wrong, by line."""
    from tongxin.spreadsheets.blocks import unpack_rows
    from tongxin.spreadsheets.declaring import all_sheets

    sheet = all_sheets()[taken.sheet]
    rows = [
        row for block in taken.blocks.order_by("number") for row in unpack_rows(block.rows, sheet)
    ]
    return {row.line: row.problems for row in rows if row.problems}
