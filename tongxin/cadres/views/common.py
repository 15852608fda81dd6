"""What the pages share: looking up what one may see, carrying out one action, asking by a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import NotFound, Refused
from tongxin.ui import paging
from tongxin.ui.forms import Form

from ..models import Operation
from ..scope import leads

PAGE = 50


def me(request: HttpRequest) -> User:
    """Return who is signed in; the pages let nobody else in."""
    return cast(User, request.user)


def found(rows: QuerySet, pk: int, what: str = "") -> Any:
    """Return the row, or refuse as not there what is not the actor's to see."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(what or _("没有找到，或您看不到它。"))
    return row


def operation_of(request: HttpRequest, pk: int) -> Operation:
    rows = Operation.objects.visible_to(request.user).select_related("region", "ordered_by")
    return found(rows.defer("region__polygon"), pk)


def directed_operation(request: HttpRequest, pk: int) -> Operation:
    """Return an operation that the actor directs; for anybody else it is not there."""
    operation = operation_of(request, pk)
    if not leads(request.user, operation):
        raise NotFound(_("没有找到，或您看不到它。"))
    return operation


def carried_out(request: HttpRequest, form: Form, act: Callable[[dict[str, Any]], Any]) -> bool:
    """Judge a form and act; False, with the refusal beside its field, if it was not done."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except Refused as refusal:
        form.take(refusal)
        if refusal.remedy:
            form.add_error(None, str(refusal.remedy))
        return False
    return True


def ask(request: HttpRequest, form: Form, **words: Any) -> HttpResponse:
    """Draw a page that asks one thing: heading, lede, verb, icon, back (a URL), danger."""
    status = 422 if form.errors else 200
    return render(request, "cadres/form.html", {"form": form, **words}, status=status)


def page_of(request: HttpRequest, rows: QuerySet, size: int = PAGE) -> tuple[list, str]:
    """Return a page of rows by id, and the cursor of the next ("" at the end)."""
    return paging.page_of(rows, request.GET.get("cursor", ""), size, oldest=True)
