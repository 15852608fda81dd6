"""How every page here works: gate, form, one action, redirect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import REGISTRARS, posts_of
from tongxin.ui import paging
from tongxin.ui.forms import Form

from ..sight import VILLAGE_ROLES, WATCHERS, kept

PAGE = ["GET", "HEAD", "POST"]
SIZE = 30


def act(
    request: HttpRequest,
    form: Form,
    do: Callable[[], object],
    *,
    title: str,
    button: str,
    back: str,
    icon: str = "check",
    lede: str = "",
    facts: list[tuple[str, Any]] | None = None,
    done: str = "",
    then: str = "",
    layout: str = "ui/desk.html",
) -> HttpResponse:
    """Show a form and do what it asks; a refusal stands beside its field, nothing is lost.

    `back` is where the page came from, and where it leads afterwards unless `then` is given.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                do()
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
            else:
                messages.success(request, done or _("已保存。"))
                return redirect(then or back)
    context = {
        "form": form,
        "title": title,
        "button": button,
        "back_url": back,
        "icon": icon,
        "lede": lede,
        "facts": facts or [],
        "layout": layout,
    }
    return render(request, "secretaries/form.html", context, status=status)


def keeps(request: HttpRequest) -> bool:
    return any(post.role in REGISTRARS for post in posts_of(request.user))


def check_entrance(request: HttpRequest) -> None:
    """:raises NotFound: for whoever has no business with these registers"""
    allowed = {*REGISTRARS, *WATCHERS, *VILLAGE_ROLES}
    if not any(post.role in allowed for post in posts_of(request.user)):
        raise NotFound(_("没有找到这个页面。"))


def my_units(request: HttpRequest):
    """Return the standing party units whose registers the reader keeps."""
    rows = Org.objects.public().filter(kept(request.user, ""), kind=Org.Kind.PARTY)
    return rows.order_by("path")


def page_of(rows, request: HttpRequest, size: int = SIZE) -> tuple[list, str]:
    """Return a page, newest first, and the cursor of the next ("" at the end)."""
    return paging.page_of(rows, request.GET.get("cursor", ""), size)


def year_of(request: HttpRequest, default: int) -> int:
    """Return the year of the address, or this one."""
    asked = request.GET.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else default
