"""Files that leave: a register, its empty form, one's own sheet with verdicts beside the rows."""

from __future__ import annotations

import io
import tempfile
from typing import IO

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import Refused

from .. import actions, files, queries
from ..declaring import Sheet
from ..forms import ExportForm

IN_MEMORY = 8 * 1024 * 1024


def _file(out: IO[bytes], name: str) -> FileResponse:
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=name)


@login_required
@require_GET
def form(request: SignedIn, code: str) -> HttpResponseBase:
    """The empty form of a register."""
    sheet = actions.sheet_of(code, request.user)
    out = io.BytesIO()
    files.write_form(sheet, out)
    return _file(out, _("%s（空表）.xlsx") % sheet.title)


@login_required
@require_http_methods(["GET", "POST"])
def export(request: SignedIn, code: str) -> HttpResponseBase:
    """Ask masked or whole; then the rows that the reader may see, as XLSX.

    The words of the address narrow them as they do the list the reader comes from.
    """
    sheet = actions.sheet_of(code, request.user)
    if request.method == "GET":
        return _ask(request, sheet, ExportForm())
    reason, asked = "", "whole" in request.POST
    form = ExportForm(request.POST if asked else None)
    if asked:
        if not form.is_valid():
            return _ask(request, sheet, form, 422)
        reason = form.cleaned_data["reason"]
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed by the response)
    try:
        actions.export_sheet(
            sheet=code, out=out, by=request.user, at=now(), reason=reason,
            address=address_of(request), words=request.GET.dict(),
        )  # fmt: skip
    except Refused as refusal:
        out.close()
        if refusal.field != "reason":
            raise
        form.take(refusal)
        return _ask(request, sheet, form, 422)
    return _file(out, f"{sheet.title}_{localdate():%Y%m%d}.xlsx")


def _ask(
    request: HttpRequest, sheet: Sheet, form: ExportForm, status: int = 200
) -> HttpResponseBase:
    is_narrowed = bool(actions.filters_of(sheet, request.GET))
    context = {"sheet": sheet, "form": form, "is_narrowed": is_narrowed}
    return render(request, "spreadsheets/export.html", context, status=status)


@login_required
@require_GET
def copy(request: SignedIn, pk: int) -> HttpResponseBase:
    """One's own sheet, with what became of each row beside it."""
    taken = queries.import_of(request.user, pk)
    lines = actions.book_of(taken).lines(taken.page)
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed by the response)
    files.write_copy(taken, lines, queries.sheet_of_import(taken), out)
    return _file(out, _("%s（校验结果）.xlsx") % taken.name.rsplit(".", 1)[0])
