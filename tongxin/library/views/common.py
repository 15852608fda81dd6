"""What the pages of this app share: the row of views, a form answered, a file given out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.documents.scope import desks_of
from tongxin.kit.errors import NotFound
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

PAGE = 30
FORM = ["GET", "HEAD", "POST"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TABS = (
    ("home", gettext_lazy("案例库")),
    ("contests", gettext_lazy("征集评选")),
    ("volumes", gettext_lazy("资料汇编")),
    ("policies", gettext_lazy("政策文件")),
    ("courses", gettext_lazy("课程学习")),
    ("receptions", gettext_lazy("来访考察")),
    ("brands", gettext_lazy("党建品牌")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    tabs = app_tabs("library", TABS, tab)
    return render(request, f"library/{template}.html", {"tabs": tabs, **context}, status=status)


def must_have_desk(user: Any) -> None:
    """:raises NotFound: for who has no post at any unit's desk"""
    if not desks_of(user):
        raise NotFound(_("您的岗位不办理这件事。"))


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str,
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, template, context, tab=tab, status=status)


def given_out(file: FieldFile, name: str, kind: str = "application/octet-stream") -> Any:
    """Answer with a file under its own name. It is never shown by the browser in our place."""
    try:
        opened = file.open()
    except (FileNotFoundError, ValueError):
        raise Http404(_("文件已不在，请联系管理员。")) from None
    answer = FileResponse(opened, as_attachment=True, filename=name, content_type=kind)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def number_of(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def segments(request: HttpRequest, name: str, choices: list[tuple[str, Any]], active: str) -> list[dict[str, Any]]:  # fmt: skip
    """Return a row of views that differ in one word of the address."""
    return [
        {"label": label, "url": f"?{name}={value}" if value else "?", "active": value == active, "count": None}
        for value, label in choices
    ]  # fmt: skip
