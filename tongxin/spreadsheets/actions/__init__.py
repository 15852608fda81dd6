"""Every write of an import: uploading, mapping, checking, running, undoing, exporting, forgetting."""

from ..blocks import SIZE as BLOCK
from .exporting import export_sheet, filters_of
from .mapping import choose_columns
from .running import AT_ONCE, NotReady, confirm_import, drop_import, run_imports, work_off
from .tidying import forget_uploads
from .undoing import CannotUndo, undo_import
from .uploading import (
    NoSuchSheet,
    book_of,
    choose_page,
    may_import,
    sample_values,
    sheet_of,
    upload_sheet,
)

__all__ = [
    "AT_ONCE",
    "BLOCK",
    "book_of",
    "may_import",
    "sample_values",
    "sheet_of",
    "CannotUndo",
    "NoSuchSheet",
    "NotReady",
    "choose_columns",
    "choose_page",
    "confirm_import",
    "drop_import",
    "export_sheet",
    "filters_of",
    "forget_uploads",
    "run_imports",
    "undo_import",
    "upload_sheet",
    "work_off",
]
