"""What the pages of this app share: the gate, the row of views, a form answered, a document seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import NotFound
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from .. import actions, queries
from ..models import Document, DocumentKind
from ..scope import desks_of

TABS = (
    ("home", gettext_lazy("待我办")),
    ("inbox", gettext_lazy("收文")),
    ("all", gettext_lazy("发文")),
    ("register", gettext_lazy("发文登记簿")),
    ("retention", gettext_lazy("归档")),
    ("templates", gettext_lazy("模板")),
)
PAGE = 50


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    counted = queries.counts(request.user)
    waiting = {"home": counted.get("mine"), "inbox": counted.get("inbox")}
    tabs = app_tabs("documents", TABS, tab, counts=waiting)
    return render(request, f"documents/{template}.html", {"tabs": tabs, **context}, status=status)


def must_have_desk(user: Any) -> None:
    """:raises NotFound: for who has no post at any unit's desk"""
    if not desks_of(user):
        raise NotFound(_("您的岗位不办理公文。"))


def seen_document(request: HttpRequest, pk: UUID) -> Any:
    """Return a document the reader sees, with what `queries.with_standing` adds."""
    rows = queries.with_standing(Document.objects.visible_to(request.user), request.user)
    related = (
        "kind", "org__region", "case", "drafter", "signer", "issued_by", "number__register",
        "replaces",
    )  # fmt: skip
    return get_object_or_404(rows.select_related(*related).defer("org__region__polygon"), pk=pk)


def kinds_in_use() -> list[DocumentKind]:
    """Return the kinds that may be written; a new installation gets those of the software."""
    rows = queries.kinds_in_use(now())
    if not rows:
        actions.load_kinds(at=now())
        rows = queries.kinds_in_use(now())
    return rows


def number_of(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str, **words: Any
) -> HttpResponse:
    """Show a form and do what it asks; `act` returns where to go. `words` are heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    return went or show(
        request, "ask", {"form": form, "remedy": remedy, **words}, tab=tab, status=status
    )
