"""What the pages share: the frame by who reads, and how a form becomes one action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of
from tongxin.ui.tabs import app_tabs

from .. import queries
from ..forms import Form
from ..models import CareFile
from ..scope import duty_paths, officer_paths, overseeing_paths, own_grids

PHONE, DESK = "ui/phone.html", "ui/desk.html"
HIDDEN = (403, 404)  # said by a page of their own, not beside a field


def base_of(request: SignedIn) -> str:
    """Return the frame: the phone's for who walks a grid, cares for somebody, or is looked after."""
    at_desk = duty_paths(request.user) or overseeing_paths(request.user)
    return DESK if at_desk else PHONE


def sections_of(request: SignedIn) -> list[dict[str, Any]]:
    """Return the parts of care the actor may open, the current one marked."""
    duty, oversees = duty_paths(request.user), overseeing_paths(request.user)
    keeps = bool(duty or own_grids(request.user))
    match = request.resolver_match
    here = (match.url_name if match else "") or ""
    parts = (
        (keeps, _("档案"), "home"),
        (keeps, _("流动人口"), "stays"),
        (keeps or bool(oversees), _("慰问"), "rounds"),
        (bool(posts_of(request.user)), _("代买"), "errands"),
        (bool(duty or oversees), _("资金"), "funds"),
        (keeps or bool(oversees), _("数字"), "figures"),
        (bool(duty or oversees), _("影响评估"), "impacts"),
        (bool(duty), _("权利请求"), "rights"),
        (bool(officer_paths(request.user)), _("关爱专员"), "officers"),
    )
    return app_tabs("care", [(name, label) for may, label, name in parts if may], here)


def page(
    request: SignedIn, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    context.setdefault("base", base_of(request))
    context["sections"] = sections_of(request)
    return render(request, f"care/{template}", context, status=status)


def handle(
    request: SignedIn, form: Form, act: Callable[[dict[str, Any]], Any], *,
    to: Callable[[Any], str], done: str = "", template: str = "form.html", **context: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form, or do what it says once and go on; a refusal stands beside its field."""
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                made = act(form.cleaned_data)
            except Refused as refusal:
                if refusal.status in HIDDEN:
                    raise
                form.take(refusal)
                status = refusal.status
            else:
                messages.success(request, done or _("已保存。"))
                return redirect(to(made))
    return page(request, template, {"form": form, **context}, status)


def bound(request: SignedIn) -> tuple[Any, Any]:
    """Return (data, files) for a form: nothing unless something was sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def file_of(request: SignedIn, pk: UUID) -> CareFile:
    """Return a file the actor reads by need.

    :raises NotFound: alike for one that is not there and one that is not theirs
    """
    rows = CareFile.objects.visible_to(request.user)
    found = rows.select_related("grid", "community", "impact", "opened_by").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这份档案，或您看不到它。"))
    return found


def opened(request: SignedIn, file: CareFile) -> bool:
    """Say whether the actor has opened the file today."""
    return queries.looked(request.user, file, localdate()) is not None


def must_have_opened(request: SignedIn, file: CareFile) -> None:
    """:raises NotFound: a form that shows what is sealed is for who has said why"""
    if not opened(request, file):
        raise NotFound(_("请先写明理由，打开档案。"))


def first_photo(form: Form, name: str) -> bytes | None:
    found = form.cleaned_data.get(name)
    return found[0] if found else None


def keeps_any(request: SignedIn) -> bool:
    """Say whether the actor keeps files at all: has a grid or a community in their care."""
    return bool(own_grids(request.user) or duty_paths(request.user))


def only_staff(request: SignedIn) -> None:
    """:raises NotFound: for who holds no post"""
    if not posts_of(request.user):
        raise NotFound(_("没有找到这个页面。"))


def address(request: SignedIn) -> str:
    return address_of(request)
