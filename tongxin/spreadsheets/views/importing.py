"""The way of an import: the file, its columns, what would become of it, and what became."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotPermitted, Refused

from .. import actions, queries
from ..declaring import VERDICTS, rights_of
from ..forms import MappingForm, PageForm, UploadForm
from ..models import SheetImport

SAMPLES = 3
STATE_LOOKS = {
    "draft": "waiting", "checking": "working", "ready": "waiting", "running": "working",
    "done": "done", "undoing": "working", "undone": "idle", "dropped": "idle", "failed": "late",
}  # fmt: skip


def _taken(request: HttpRequest, pk: int) -> SheetImport:
    return queries.import_of(request.user, pk)


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """The registers that one may import or export, and the imports of late."""
    rights = rights_of(request.user)
    if not rights:
        raise NotPermitted(
            _("您没有可以导入导出的登记册"),
            remedy=_("登记册由党组织的书记、组织员和各级管理员维护。"),
        )
    registers = [{"sheet": one, "may": may, "may_export": export} for one, may, export in rights]
    titles = {one.code: one.title for one, _may, _export in rights}
    recent = [
        {"taken": one, "title": titles.get(one.sheet, one.sheet), "look": STATE_LOOKS[one.state]}
        for one in queries.recent_imports(request.user)
    ]
    return render(request, "spreadsheets/home.html", {"registers": registers, "recent": recent})


@login_required
def new(request: SignedIn, code: str) -> HttpResponse:
    """Take in a file for a register."""
    sheet = actions.sheet_of(code, request.user)
    actions.may_import(sheet, request.user)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            taken = actions.upload_sheet(
                sheet=code, data=file.read(), name=file.name, by=request.user, at=now()
            )
        except Refused as refusal:
            form.add_error("file", str(refusal.message))
        else:
            return redirect("spreadsheets:import", taken.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "sheet": sheet, "steps": _steps("upload")}
    return render(request, "spreadsheets/new.html", context, status=status)


@login_required
@require_GET
def show(request: SignedIn, pk: int) -> HttpResponse:
    """Show an import at the step where it stands."""
    taken = _taken(request, pk)
    if taken.state == SheetImport.State.DRAFT or "columns" in request.GET:
        return _show_columns(request, taken)
    return _show_rows(request, taken)


@login_required
@require_POST
def page(request: SignedIn, pk: int) -> HttpResponse:
    """Choose the page of the file and the line of its header."""
    taken = _taken(request, pk)
    form = PageForm(request.POST, pages=taken.pages)
    if form.is_valid():
        try:
            actions.choose_page(
                taken=taken,
                page=form.cleaned_data["page"],
                header_line=form.cleaned_data["header_line"],
            )
        except Refused as refusal:
            form.take(refusal)
        else:
            return redirect(f"{reverse('spreadsheets:import', args=[pk])}?columns=1")
    return _show_columns(request, taken, page_form=form, status=422)


@login_required
@require_POST
def columns(request: SignedIn, pk: int) -> HttpResponse:
    """Say which column is which, and let the rows be checked."""
    taken, at = _taken(request, pk), now()
    sheet = queries.sheet_of_import(taken)
    form = MappingForm(request.POST, sheet=sheet, header=taken.header, mapping=taken.mapping)
    if form.is_valid():
        try:
            taken = actions.choose_columns(
                taken=taken,
                mapping=form.mapping(),
                hidden_too=form.cleaned_data["hidden_too"],
                at=at,
            )
        except Refused as refusal:
            field = f"c_{refusal.field}" if f"c_{refusal.field}" in form.fields else None
            field = "hidden_too" if refusal.field == "hidden_too" else field
            form.add_error(field, str(refusal.message))
        else:
            actions.work_off(taken=taken, at=at)
            return redirect("spreadsheets:import", taken.pk)
    return _show_columns(request, taken, form=form, status=422)


def _show_columns(
    request: SignedIn, taken: SheetImport, *, form: Any = None, page_form: Any = None, status=200
) -> HttpResponse:
    sheet = queries.sheet_of_import(taken)
    form = form or MappingForm(sheet=sheet, header=taken.header, mapping=taken.mapping)
    start = {"page": taken.page, "header_line": taken.header_line}
    samples = actions.sample_values(taken, SAMPLES)
    lines = [
        {"column": column, "field": form[f"c_{column.name}"],
         "samples": samples.get(taken.mapping.get(column.name, -1), []),
         "is_near": column.required or column.name in taken.mapping}
        for column in sheet.columns
    ]  # fmt: skip
    used = set(taken.mapping.values())
    context = {
        "taken": taken,
        "sheet": sheet,
        "form": form,
        "page_form": page_form or PageForm(pages=taken.pages, initial=start),
        "lines": [line for line in lines if line["is_near"]],
        "others": [line for line in lines if not line["is_near"]],
        "others_open": bool(form.errors),
        "left_out": [label for n, label in enumerate(taken.header) if n not in used and label],
        "steps": _steps("columns"),
    }
    return render(request, "spreadsheets/columns.html", context, status=status)


def _show_rows(request: SignedIn, taken: SheetImport) -> HttpResponse:
    sheet = queries.sheet_of_import(taken)
    verdict = request.GET.get("verdict", "")
    verdict = verdict if verdict in VERDICTS else ""
    rows: list[queries.ShownRow] = []
    following = ""
    if not taken.is_at_work:
        rows, following = queries.rows_page(taken, verdict, request.GET.get("cursor", ""))
    counts = taken.outcome if taken.outcome else taken.counts
    here = reverse("spreadsheets:import", args=[taken.pk])
    segments = [{"label": _("全部"), "url": here, "active": not verdict, "count": taken.total}]
    segments += [
        {"label": queries.VERDICT_WORDS[one], "url": f"{here}?verdict={one}", "active": verdict == one,
         "count": counts.get(one, 0)}
        for one in VERDICTS
    ]  # fmt: skip
    context = {
        "taken": taken,
        "sheet": sheet,
        "look": STATE_LOOKS[taken.state],
        "counts": {one: counts.get(one, 0) for one in VERDICTS},
        "to_write": counts.get("new", 0) + counts.get("changed", 0),
        "rows": rows,
        "following": following,
        "segments": segments,
        "verdict": verdict,
        "steps": _steps({"ready": "check", "checking": "check"}.get(taken.state, "done")),
        "percent": _percent(taken),
    }
    return render(request, "spreadsheets/import.html", context)


def _percent(taken: SheetImport) -> int:
    blocks = -(-taken.total // actions.BLOCK) if taken.total else 0
    return min(99, round(100 * taken.blocks_done / blocks)) if blocks else 0


@login_required
@require_GET
def progress(request: SignedIn, pk: int) -> HttpResponse:
    """The bar of an import at work, asked for every second; when it is over, the whole page."""
    taken = _taken(request, pk)
    context = {"taken": taken, "percent": _percent(taken)}
    response = render(request, "spreadsheets/parts/progress.html", context)
    if not taken.is_at_work:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    taken, at = _taken(request, pk), now()
    taken = actions.confirm_import(
        taken=taken, by=request.user, at=at, expect=request.POST.get("expect", "")
    )
    taken = actions.work_off(taken=taken, at=at)
    if taken.state == SheetImport.State.DONE:
        messages.success(request, _("已导入 %d 行") % _written(taken))
    return redirect("spreadsheets:import", pk)


def _written(taken: SheetImport) -> int:
    return taken.outcome.get("new", 0) + taken.outcome.get("changed", 0)


@login_required
@require_POST
def drop(request: SignedIn, pk: int) -> HttpResponse:
    actions.drop_import(taken=_taken(request, pk), by=request.user, at=now())
    messages.info(request, _("已放弃这次导入，登记册没有改动"))
    return redirect("spreadsheets:home")


@login_required
@require_POST
def undo(request: SignedIn, pk: int) -> HttpResponse:
    taken, at = _taken(request, pk), now()
    taken = actions.undo_import(taken=taken, by=request.user, at=at)
    taken = actions.work_off(taken=taken, at=at)
    if taken.state == SheetImport.State.UNDONE:
        messages.success(request, _("已撤销，登记册恢复为导入前的样子"))
    return redirect("spreadsheets:import", pk)


def _steps(here: str) -> list[dict[str, Any]]:
    names = {"upload": _("上传"), "columns": _("对应列"), "check": _("核对"), "done": _("导入")}
    order = list(names)
    at = order.index(here)
    return [
        {"label": names[one], "state": "done" if n < at else "now" if n == at else "todo"}
        for n, one in enumerate(order)
    ]
