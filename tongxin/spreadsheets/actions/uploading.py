"""A file is handed in: looked through, sealed, its header found."""

from __future__ import annotations

import re
import uuid
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.books import Book, Marks, open_book
from tongxin.kit.cells import plain
from tongxin.kit.errors import Invalid, NotFound, NotPermitted
from tongxin.kit.tables import Limits
from tongxin.kit.text import mask_phone

from .. import blocks, mapping
from ..declaring import Sheet, all_sheets
from ..models import SavedMapping, SheetImport

LIMITS = Limits(rows=200_000, cells=5_000_000)
MOST_PAGES = 50
LOOKED_AT = 30
_LONG_NUMBER = re.compile(r"\d{11,17}[\dXx]?")


class NoSuchSheet(NotFound):
    """There is no such register, or none that the person may import or export."""


class BadPage(Invalid):
    """The file has no page of that name."""


class Forgotten(NotFound):
    """The file is kept no longer."""


def sheet_of(code: str, actor) -> Sheet:
    """Return the sheet of a code that the actor may import or export. Raises NoSuchSheet."""
    sheet = all_sheets().get(code)
    if sheet is None or not (sheet.may(actor) or sheet.may_export(actor)):
        raise NoSuchSheet(_("没有这个登记册，或您不能导入导出它"))
    return sheet


def may_import(sheet: Sheet, actor) -> None:
    """Raise NotPermitted unless the actor may import into the register."""
    if not sheet.may(actor):
        raise NotPermitted(_("您可以导出“%s”，但不能导入") % sheet.title)


def upload_sheet(*, sheet: str, data: bytes, name: str, by: User, at: datetime) -> SheetImport:
    """Take in a file for a register; with one page, its header is found and its columns guessed.

    :raises NoSuchSheet, NotPermitted: see `sheet_of`, `may_import`
    :raises UnreadableTable, TableTooLarge, BadHeader: what is wrong with the file as a whole
    """
    declared = sheet_of(sheet, by)
    may_import(declared, by)
    name = name.replace("\\", "/").rsplit("/", 1)[-1][-200:] or _("未命名")
    book = open_book(data, name=name, limits=LIMITS)
    filled = [page for page, marks in book.pages.items() if book.is_csv or marks.last_line]
    taken = SheetImport(
        sheet=sheet,
        by=by,
        office=declared.office(by),
        name=name,
        size=len(data),
        pages=(filled or list(book.pages))[:MOST_PAGES],
        marks={page: marks.as_json() for page, marks in book.pages.items()},
        created_at=at,
    )
    _read_header(taken, book, declared, taken.pages[0], None)
    taken.file = default_storage.save(
        f"sheets/{uuid.uuid4().hex}.sealed", ContentFile(blocks.lock(data).encode())
    )
    taken.save(force_insert=True)
    return taken


@transaction.atomic
def choose_page(*, taken: SheetImport, page: str, header_line: int | None = None) -> SheetImport:
    """Choose the page of the file, and the line of its header if it was found wrongly.

    :raises BadPage: for a page that is not there
    :raises NoHeader: if the line is empty
    """
    taken = SheetImport.objects.select_for_update().get(pk=taken.pk)
    if page not in taken.pages:
        raise BadPage(_("文件里没有“%s”这张工作表") % page[:40], field="page")
    declared = sheet_of(taken.sheet, taken.by)
    _read_header(taken, book_of(taken), declared, page, header_line)
    taken.save(update_fields=["page", "header_line", "header", "mapping"])
    return taken


def _read_header(taken: SheetImport, book: Book, sheet: Sheet, page: str, line: int | None) -> None:
    if line is None:
        line, header = mapping.find_header(book, page, sheet)
    else:
        header = mapping.header_at(book, page, line)
    saved = SavedMapping.objects.filter(
        office=taken.office, sheet=taken.sheet, fingerprint=mapping.fingerprint(header)
    ).first()
    taken.page, taken.header_line, taken.header = page, line, header
    taken.mapping = mapping.guess(sheet, header, saved.labels if saved else None)


def book_of(taken: SheetImport) -> Book:
    """Return the file of an import, as it was handed in and looked through. Raises Forgotten."""
    if not taken.file or not default_storage.exists(taken.file):
        raise Forgotten(_("上传的文件已按规定删除，请重新上传"))
    with default_storage.open(taken.file) as stored:
        data = blocks.unlock(stored.read().decode())
    pages = {page: Marks.from_json(facts) for page, facts in taken.marks.items()}
    return Book(taken.name, pages, data, LIMITS, is_csv=data[:2] != b"PK")


def sample_values(taken: SheetImport, most: int) -> dict[int, list[str]]:
    """Return the first values below the header by place, for choosing columns by what they hold."""
    found: dict[int, list[str]] = {}
    if not taken.file:
        return found
    looked = 0
    for line, values in book_of(taken).lines(taken.page):
        if line <= taken.header_line:
            continue
        looked += 1
        if looked > LOOKED_AT:
            break
        for place, value in enumerate(values[: len(taken.header)]):
            known = found.setdefault(place, [])
            text = _LONG_NUMBER.sub(lambda number: mask_phone(number[0]), plain(value)[:24])
            if text and len(known) < most and text not in known:
                known.append(text)
    return found
