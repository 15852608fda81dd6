"""What the pages of this app share: gates, rows of views, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import LAND_ROLES, posts_of
from tongxin.regions.models import Region
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..models import Dispatch, Operation, Team
from ..scope import INSIDE, SITE_READERS, in_teams, is_inside, runs

TABS = (
    ("home", gettext_lazy("专项监督")),
    ("mine", gettext_lazy("我的出动")),
    ("sites", gettext_lazy("点位名册")),
    ("resuming", gettext_lazy("复工复产")),
)
# The views of one operation, for who is inside of it; outside, those that tell what has happened.
VIEWS = (
    ("operation", gettext_lazy("概况"), False),
    ("dispatches", gettext_lazy("出动"), False),
    ("visits", gettext_lazy("点位检查"), False),
    ("coverage", gettext_lazy("覆盖"), False),
    ("findings", gettext_lazy("问题"), False),
    ("draws", gettext_lazy("随机抽样"), True),
    ("letters", gettext_lazy("共性问题"), True),
)
FORM = ["GET", "POST"]
PAGE = 50


def must_enter(user: Any) -> None:
    """:raises NotFound: for who neither inspects, overlooks land nor is in a team"""
    roles = {post.role for post in posts_of(user)}
    if roles.isdisjoint({*INSIDE, *SITE_READERS, *LAND_ROLES}) and not in_teams(user).exists():
        raise NotFound(_("您的岗位看不到监督检查。"))


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str = "home",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Draw a page under the row of views of this app."""
    tabs = app_tabs("inspections", TABS, tab)
    return render(request, f"inspections/{template}.html", {"tabs": tabs, **context}, status=status)


def show_part(
    request: SignedIn, operation: Operation, view: str, context: dict[str, Any]
) -> HttpResponse:
    """Draw one of the views of an operation under both rows."""
    inner = is_inner(request, operation)
    views = [
        {
            "label": label, "url": reverse(f"inspections:{name}", args=[operation.pk]),
            "active": name == view, "count": None,
        }
        for name, label, is_inside_only in VIEWS
        if inner or not is_inside_only
    ]  # fmt: skip
    shared = {"operation": operation, "views": views, "inner": inner, "runs": runs_it(request, operation)}  # fmt: skip
    return show(request, view, shared | context)


def is_inner(request: SignedIn, operation: Operation) -> bool:
    return is_inside(request.user, operation)


def runs_it(request: SignedIn, operation: Operation) -> bool:
    return runs(request.user, operation)


def seen_operation(request: SignedIn, pk: int) -> Operation:
    """Return an operation the reader sees; for others it is not there."""
    rows = Operation.objects.visible_to(request.user)
    related = rows.select_related("org", "region", "made_by", "approved_by", "closed_by")
    return get_object_or_404(related, pk=pk)


def run_operation(request: SignedIn, pk: int) -> Operation:
    """Return an operation the actor runs; for others it is not there."""
    operation = seen_operation(request, pk)
    if not runs(request.user, operation):
        raise NotFound(_("没有找到这项专项监督，或不由您组织。"))
    return operation


def seen_team(request: SignedIn, pk: int) -> Team:
    rows = Team.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("operation__org", "operation__region", "leader"), pk=pk
    )


def seen_dispatch(request: SignedIn, pk: int) -> Dispatch:
    rows = Dispatch.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("team__operation__org", "team__operation__region", "team__leader"),
        pk=pk,
    )


def must_be_inside(request: SignedIn, operation: Operation) -> None:
    """:raises NotFound: for who overlooks only"""
    if not is_inner(request, operation):
        raise NotFound(_("没有找到，或您看不到它。"))


def streets_in(operation: Operation) -> Any:
    """Return the streets, towns and zones of an operation's land; itself, if it is one."""
    rows = Region.objects.public().filter(
        path__under=operation.region.path, level=Region.Level.STREET, valid_to=None
    )
    return rows.order_by("code")


def number_of(request: HttpRequest, name: str) -> int | None:
    """Return a number of the address, or None."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str = "home",
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words` are heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, template, context, tab=tab, status=status)


def do(request: HttpRequest, act: Callable[[], Any], *, done: str, back: str) -> HttpResponse:
    """Do what a button asks and go back, with what came of it."""
    try:
        act()
    except Refused as refusal:
        words = f"{refusal.message}{refusal.remedy}" if refusal.remedy else str(refusal.message)
        messages.error(request, words)
    else:
        messages.success(request, done)
    return redirect(back)


def address(name: str, *args: Any) -> str:
    """Return the address of a page of another app; "" while it has none of that name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
