"""What the pages of this app share: tabs, the land looked at, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, get_land, prefixes, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from .. import queries

PAGE = 50
TABS = (
    ("home", gettext_lazy("网格")),
    ("components", gettext_lazy("部件")),
    ("problems", gettext_lazy("重点难点问题")),
    ("catalogue", gettext_lazy("部件和事项目录")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    code = request.GET.get("region", "")
    words = f"?{urlencode({'region': code})}" if code and tab != "catalogue" else ""
    on_land = {name: words for name, _label in TABS if name != "catalogue"}
    tabs = app_tabs("grids", TABS, tab, words=on_land)
    return render(request, f"grids/{template}.html", {"tabs": tabs, **context}, status=status)


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: that of `?region=`, if the reader's posts reach it, else their own.

    :raises NotFound: for who works on no land
    """
    lands = queries.readable_lands(request.user)
    if not lands:
        raise NotFound(_("您的岗位没有管辖的网格。"))
    asked = request.GET.get("region", "")
    if not asked:
        return lands[0]
    land = get_land(asked[:18])
    if not any(land.path.startswith(one.path) for one in lands):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def lands_above(request: HttpRequest, land: Land, page: str) -> list[tuple[str, str]]:
    """Return the lands from the reader's own down to the one looked at: [(name, address)]."""
    own = [one.path for one in queries.readable_lands(request.user)]
    chain = [world().by_path[path] for path in prefixes(land.path) if path in world().by_path]
    return [
        (one.short_name, f"{reverse(page)}?{urlencode({'region': one.code})}")
        for one in chain
        if any(one.path.startswith(path) for path in own)
    ]


def place_choices(request: HttpRequest, land: Land) -> dict[str, Any]:
    """Return a filter of what lies right below, and of the reader's other lands."""
    others = [one for one in queries.readable_lands(request.user) if one.id != land.id]
    below = [one for one in world().children_of(land) if one.level != "building"]
    choices = [(land.code, land.name), *((one.code, one.short_name) for one in [*below, *others])]
    return {"name": "region", "label": _("范围"), "value": land.code, "choices": choices}


def holds(request: HttpRequest, roles: tuple[str, ...], path: str = "") -> bool:
    """Say whether the reader holds one of the roles, over a place if one is named."""
    return any(
        post.role in roles and (not path or path.startswith(post.path))
        for post in posts_of(request.user)
    )


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str, **words: Any
) -> HttpResponse:
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    return went or show(
        request, "ask", {"form": form, "remedy": remedy, **words}, tab=tab, status=status
    )
