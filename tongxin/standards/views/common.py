"""What the pages of this app share: gates, tabs, the unit and the land looked at, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, READERS, posts_of
from tongxin.regions.queries import Land, get_land, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

TABS = (
    ("home", gettext_lazy("规划任务")),
    ("rates", gettext_lazy("达标率")),
    ("assessments", gettext_lazy("考核")),
    ("frame", gettext_lazy("标准")),
    ("indicators", gettext_lazy("参与和下沉")),
    ("buildings", gettext_lazy("楼栋履职")),
)
PAGE = 50
OVERLOOKS = (*LAND_ROLES, *READERS)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    tabs = app_tabs("standards", TABS, tab)
    return render(request, f"standards/{template}.html", {"tabs": tabs, **context}, status=status)


def must_read(user: Any) -> None:
    """:raises NotFound: for who may read no party unit"""
    if not Org.objects.visible_to(user).exists():
        raise NotFound(_("您的岗位看不到标准化建设。"))


def number_of(request: HttpRequest, name: str) -> int | None:
    """Return a number of the address, or None."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def unit_of(request: HttpRequest) -> Org:
    """Return the unit looked at: that of `?unit=`, or the highest the reader may read.

    :raises NotFound: if there is none, or that one is not the reader's to see
    """
    rows = Org.objects.visible_to(request.user).filter(dissolved_on=None)
    rows = rows.select_related("region", "parent")
    if request.GET.get("unit"):
        pk = number_of(request, "unit")
        unit = rows.filter(pk=pk).first() if pk else None
    else:
        unit = rows.order_by(Length("path"), "path").first()
    if unit is None:
        raise NotFound(_("没有找到这个党组织，或您看不到它。"))
    return unit


def above_of(request: HttpRequest, unit: Org) -> list[Org]:
    """Return the units above that the reader may read, from the top down, itself last."""
    chain = [int(part) for part in unit.path.split("/") if part]
    rows = Org.objects.visible_to(request.user).filter(pk__in=chain)
    return sorted(rows, key=lambda one: len(one.path))


def year_of(request: HttpRequest) -> int:
    """Return the year looked at, this one unless another of the last ten is asked for."""
    today = localdate()
    year = number_of(request, "year")
    return year if year and today.year - 10 <= year <= today.year else today.year


def year_filter(year: int) -> dict[str, Any]:
    this = localdate().year
    choices = [(str(one), str(one)) for one in range(this, this - 5, -1)]
    return {"name": "year", "label": _("年度"), "value": str(year), "choices": choices}


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: the one asked for, if the reader's posts reach it, else their own.

    :raises NotFound: for who overlooks no land and holds no office of a party unit
    """
    posts = [post for post in posts_of(request.user) if post.role in OVERLOOKS]
    paths = sorted({post.path for post in posts}, key=len)
    if not paths:
        raise NotFound(_("您的岗位没有管辖范围。"))
    asked = request.GET.get("region", "")
    if not asked:
        return world().by_path[paths[0]]
    land = get_land(asked)
    if not any(land.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def lands_above(request: HttpRequest, land: Land, page: str) -> list[tuple[Land, str]]:
    """Return the lands from the reader's own down to the one looked at, with their addresses."""
    own = [post.path for post in posts_of(request.user) if post.role in OVERLOOKS]
    parts = land.path.split("/")[:-1]
    chain = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    lands = [world().by_path[path] for path in chain if path in world().by_path]
    seen = [one for one in lands if any(one.path.startswith(path) for path in own)]
    return [(one, f"{reverse(page)}?{urlencode({'region': one.code})}") for one in seen]


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str, **words: Any
) -> HttpResponse:
    """Show a form and do what it asks; `act` returns where to go. `words` are heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    return went or show(
        request, "ask", {"form": form, "remedy": remedy, **words}, tab=tab, status=status
    )
