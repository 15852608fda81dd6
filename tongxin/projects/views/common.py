"""What the pages of this app share: tabs, a form answered, the land one leads, one row or a 404."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..models.common import LEADS, WORKERS

PAGE = 50
FORM = ["GET", "POST"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS = (
    ("home", gettext_lazy("重点任务")),
    ("targets", gettext_lazy("目标分解")),
    ("problems", gettext_lazy("攻坚难题")),
    ("promises", gettext_lazy("书记承诺")),
    ("duties", gettext_lazy("责任清单")),
    ("points", gettext_lazy("包抓联系")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app; strangers to this work get a 404."""
    if not any(post.role in WORKERS for post in posts_of(request.user)):
        raise NotFound(_("您的岗位没有重点任务方面的工作。"))
    tabs = app_tabs("projects", TABS, tab)
    return render(request, f"projects/{template}.html", {"tabs": tabs, **context}, status=status)


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: Any, tab: str = "home",
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. Words: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=str(done))
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, template, context, tab=tab, status=status)


def one(rows: Any, **where: Any) -> Any:
    """:raises NotFound: if no such row is among those the reader sees"""
    found = rows.filter(**where).first()
    if found is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return found


def leads(request: HttpRequest, path: str, roles: Iterable[str] = LEADS) -> bool:
    return not roles_over(request.user, path).isdisjoint(roles)


def led_regions(request: HttpRequest, roles: Iterable[str] = LEADS, *, deep: bool = False) -> Any:
    """Return the regions the reader leads, with those right below (`deep`: down to communities)."""
    paths = {post.path for post in posts_of(request.user) if post.role in tuple(roles)}
    levels = ("city", "district", "street", "community") if deep else ("city", "district", "street")
    own = [one for one in world().lands if one.path in paths]
    below = [
        land for land in world().lands
        if land.level in levels and any(land.path.startswith(path) for path in paths)
    ]  # fmt: skip
    ids = {land.id for land in (*own, *below)}
    return Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path")


def own_path(request: HttpRequest) -> str:
    """Return the widest land the reader works on ("" for none)."""
    paths = [post.path for post in posts_of(request.user) if post.role in WORKERS]
    return min(paths, key=len) if paths else ""


def district_path(path: str) -> str:
    return next((prefix for prefix in prefixes(path) if prefix.count("/") == 2), path)
