"""What the pages of this app share: tabs, the land looked at, the community of a resident, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from tongxin.dual_report.scope import watch_paths
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..models.common import DESK
from ..queries.near import home_of

PAGE = 30
FORM = ["GET", "POST"]
SEEN = "taking_part_community"
TABS = (
    ("home", gettext_lazy("议题")),
    ("polls", gettext_lazy("表决")),
    ("surveys", gettext_lazy("调查")),
    ("groups", gettext_lazy("居民组织")),
    ("lines", gettext_lazy("三线联动")),
    ("campaigns", gettext_lazy("党员活动")),
    ("rules", gettext_lazy("规则")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page of the desk under the row of views of this app."""
    tabs = app_tabs("taking_part", TABS, tab)
    return render(request, f"taking_part/{template}.html", {"tabs": tabs, **context}, status=status)


def draw(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Draw a page of the phone."""
    return render(request, f"taking_part/{template}.html", context, status=status)


def ask(
    request: HttpRequest,
    form: Form,
    act: Callable[[], str],
    *,
    done: str,
    tab: str = "",
    **words: Any,
) -> HttpResponse:
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back.

    Without a tab it is a page of the phone.
    """
    went, remedy, status = act_on(request, form, act, done=done)
    if went:
        return went
    context = {"form": form, "remedy": remedy, **words}
    if tab:
        return show(request, "ask", context, tab=tab, status=status)
    return draw(request, "ask_phone", context, status=status)


def bound(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def own_paths(request: HttpRequest) -> tuple[str, ...]:
    """Return the paths of the land whose deliberations the reader may read.

    :raises NotFound: for who looks after no land
    """
    paths = watch_paths(request.user)
    if not paths:
        raise NotFound(gettext_lazy("您的岗位没有管辖范围。"))
    return paths


def kept_paths(request: HttpRequest) -> tuple[str, ...]:
    return tuple(post.path for post in posts_of(request.user) if post.role in DESK)


def communities_kept(request: HttpRequest) -> Any:
    """Return the communities where the reader keeps deliberations."""
    paths = kept_paths(request)
    ids = [
        land.id
        for land in world().lands
        if land.level == Region.Level.COMMUNITY and paths and land.path.startswith(paths)
    ]
    return Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path")


def units_of(request: HttpRequest) -> Any:
    """Return the organisations of the reader's posts."""
    return Org.objects.public().filter(pk__in={post.org_id for post in posts_of(request.user)})


def community_of(request: HttpRequest) -> Land | None:
    """Return the community a resident looks at: asked for, seen last, lived in, worked in."""
    by_code = world().by_code
    code = request.GET.get("community", "")[:18] or request.session.get(SEEN, "")
    land = by_code.get(code)
    if land is not None and land.level == Region.Level.COMMUNITY:
        if request.session.get(SEEN) != code:
            request.session[SEEN] = code
        return land
    if not request.user.is_authenticated:
        return None
    home = home_of(request.user)
    if home:
        return world().by_id.get(home)
    posts = [world().by_path.get(post.path) for post in posts_of(request.user)]
    return next((one for one in posts if one and one.level == Region.Level.COMMUNITY), None)


def place_filters(request: HttpRequest, land: Land | None) -> list[dict[str, Any]]:
    """Return the two lists by which a community is chosen."""
    lands = world().lands
    streets = [one for one in lands if one.level == Region.Level.STREET]
    asked = request.GET.get("street", "")
    by_path = world().by_path
    if not asked and land is not None:
        parent = by_path.get("/".join(land.path.split("/")[:-2]) + "/")
        asked = parent.code if parent else ""
    street = next((one for one in streets if one.code == asked), None)
    communities = [
        one
        for one in lands
        if street and one.level == Region.Level.COMMUNITY and one.path.startswith(street.path)
    ]
    found = [
        {"name": "street", "label": gettext_lazy("街镇"), "value": asked,
         "choices": [("", gettext_lazy("请选择")), *((one.code, one.short_name) for one in streets)]}
    ]  # fmt: skip
    if communities:
        inside = land.code if land and street and land.path.startswith(street.path) else ""
        found.append(
            {"name": "community", "label": gettext_lazy("社区（村）"), "value": inside,
             "choices": [("", gettext_lazy("请选择")), *((one.code, one.short_name) for one in communities)]}
        )  # fmt: skip
    return found
