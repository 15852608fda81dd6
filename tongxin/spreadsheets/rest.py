"""表格导入导出 over HTTP: the registers, an upload, its rows with their verdicts, confirm and undo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import now
from ninja import File, Form, Query, Router, Schema, UploadedFile
from pydantic import Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.wire import reply

from . import actions, queries
from .declaring import sheets_for
from .models import SheetImport

router = Router(tags=["spreadsheets"])
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]


class ColumnOut(Schema):
    name: str
    heading: str = Field(description="how the column is headed in files")
    kind: str
    required: bool
    choices: list[str]


class SheetOut(Schema):
    code: str
    title: str
    may_import: bool
    may_export: bool
    columns: list[ColumnOut]


class ImportOut(Schema):
    """An import as it stands; `state` says what it waits for."""

    id: int
    sheet: str
    name: str
    state: str = Field(description="draft, checking, ready, running, done, undoing, undone, dropped, failed")  # fmt: skip
    page: str
    header_line: int
    header: list[str]
    mapping: dict[str, int] = Field(description="place of each column in the file, from 0")
    total: int
    counts: dict[str, int] = Field(description="rows by verdict: new, changed, same, bad")
    outcome: dict[str, int]
    trouble: str
    created_at: datetime
    checked_at: datetime | None
    decided_at: datetime | None
    done_at: datetime | None
    undone_at: datetime | None


class MappingIn(Schema):
    mapping: dict[str, int] | None = Field(None, description="default: as guessed or remembered")
    hidden_too: bool = Field(False, description="import hidden rows and columns like the others")


class ConfirmIn(Schema):
    checked_at: str = Field("", description="of the preview that was seen; another is refused")


class RowOut(Schema):
    line: int
    verdict: str
    who: list[str]
    problems: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]


class RowsOut(Schema):
    items: list[RowOut]
    next: str


def _told(taken: SheetImport) -> dict[str, Any]:
    return {name: getattr(taken, name) for name in ImportOut.model_fields}


def _taken(request: SignedIn, id: int) -> SheetImport:
    return queries.import_of(request.auth, id)


@router.get("", response=list[SheetOut], summary="The registers one may import or export")
def list_sheets(request: SignedIn) -> HttpResponse:
    """With their columns, what each is called in sheets, and what makes two rows the same."""
    actor = request.auth
    return reply(
        [
            {
                "code": one.code,
                "title": str(one.title),
                "may_import": one.may(actor),
                "may_export": one.may_export(actor),
                "columns": [
                    {
                        "name": column.name,
                        "heading": column.heading,
                        "kind": column.kind,
                        "required": column.required,
                        "choices": list(column.labels.values()),
                    }
                    for column in one.columns
                ],
            }
            for one in sheets_for(actor)
        ]
    )


@router.post("/imports", response={201: ImportOut}, summary="Hand in a file for a register")
def upload(
    request: SignedIn,
    file: Annotated[UploadedFile, File(description="XLSX or CSV: 50 MB, 200,000 rows")],
    sheet: Annotated[str, Form(max_length=40)],
) -> HttpResponse:
    """Find header and columns; nothing is written to the register before it is confirmed."""
    taken = actions.upload_sheet(
        sheet=sheet,
        data=file.read(),
        name=file.name or "",
        by=request.auth,
        at=now(),
    )
    return reply(_told(taken), 201)


@router.get("/imports/{id}", response=ImportOut, summary="How far an import is")
def show(request: SignedIn, id: DatabaseId) -> HttpResponse:
    """Its state, how many rows were judged and written, and what may be done now."""
    return reply(_told(_taken(request, id)))


@router.post("/imports/{id}/check", response=ImportOut, summary="Say which column is which; check")
def check(request: SignedIn, id: DatabaseId, body: MappingIn) -> HttpResponse:
    """Small files are checked at once, large ones by the worker: ask again until `ready`."""
    taken, at = _taken(request, id), now()
    mapping = taken.mapping if body.mapping is None else body.mapping
    taken = actions.choose_columns(taken=taken, mapping=mapping, hidden_too=body.hidden_too, at=at)
    return reply(_told(actions.work_off(taken=taken, at=at)))


@router.get("/imports/{id}/rows", response=RowsOut, summary="The rows with their verdicts")
def rows(
    request: SignedIn,
    id: DatabaseId,
    verdict: Annotated[str, Query(pattern="^(bad|new|changed|same)?$")] = "",
    cursor: Annotated[str, Query(max_length=20)] = "",
) -> HttpResponse:
    """By line of the sheet: the verdict of each, and what would change; sealed values masked."""
    found, following = queries.rows_page(_taken(request, id), verdict, cursor)
    names = RowOut.model_fields
    items = [{name: getattr(row, name) for name in names} for row in found]
    return reply({"items": items, "next": following})


@router.post("/imports/{id}/confirm", response=ImportOut, summary="Import the rows found good")
def confirm(request: SignedIn, id: DatabaseId, body: ConfirmIn) -> HttpResponse:
    """The worker writes them in blocks; confirming again changes nothing."""
    at = now()
    taken = actions.confirm_import(
        taken=_taken(request, id), by=request.auth, at=at, expect=body.checked_at
    )
    return reply(_told(actions.work_off(taken=taken, at=at)))


@router.post("/imports/{id}/drop", response=ImportOut, summary="Give up an import")
def drop(request: SignedIn, id: DatabaseId) -> HttpResponse:
    """Nothing has been written then; what has been written is undone instead."""
    actions.drop_import(taken=_taken(request, id), by=request.auth, at=now())
    return reply(_told(_taken(request, id)))


@router.post("/imports/{id}/undo", response=ImportOut, summary="Take a whole import back")
def undo(request: SignedIn, id: DatabaseId) -> HttpResponse:
    """All or nothing: refused, with the rows named, if any was changed since."""
    at = now()
    taken = actions.undo_import(taken=_taken(request, id), by=request.auth, at=at)
    return reply(_told(actions.work_off(taken=taken, at=at)))
