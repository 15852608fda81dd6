"""What the pages of this app share: two rows of views, the land looked at, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, prefixes, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from .. import queries
from ..models import ConferenceBody, Session
from ..scope import convenes, desk_paths, runs_body

FORM = ["GET", "HEAD", "POST"]
PAGE = 40
MEETING_TABS = (
    ("home", gettext_lazy("会议")),
    ("resolutions", gettext_lazy("决议")),
    ("frequency", gettext_lazy("按期检查")),
    ("mine", gettext_lazy("我的席位")),
)
LIST_TABS = (
    ("lists", gettext_lazy("清单")),
    ("consultations", gettext_lazy("征求意见")),
    ("matching", gettext_lazy("供需匹配")),
    ("agreements", gettext_lazy("落实")),
    ("packages", gettext_lazy("打包下放")),
    ("activities", gettext_lazy("共建活动")),
)


def works_on_land(user: Any) -> bool:
    """Say whether somebody overlooks land or acts for a community."""
    return any(post.role in LAND_ROLES for post in posts_of(user)) or bool(desk_paths(user))


def tabs_of(user: Any, tab: str, *, runs: bool = False) -> list[dict[str, Any]]:
    """Return the row of views that a page stands under; who only sits in a body has fewer.

    `runs`: the page knows that the reader runs the body it is about, and so works on its land.
    """
    group = MEETING_TABS if tab in dict(MEETING_TABS) else LIST_TABS
    land = runs or works_on_land(user)
    hidden = set() if land else {"frequency", "matching", "packages", "consultations"}
    return app_tabs("conferences", group, tab, hidden=hidden)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    tabs = tabs_of(request.user, tab, runs=bool(context.get("runs")))
    context = {"tabs": tabs, "tab": tab, **context}
    return render(request, f"conferences/{template}.html", context, status=status)


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: Any, tab: str,
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=str(done))
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, template, context, tab=tab, status=status)


def own_lands(user: Any) -> list[Land]:
    """Return the lands of the reader's posts, the widest first, none inside another."""
    paths = {post.path for post in posts_of(user) if post.role in LAND_ROLES}
    ordered = sorted(paths | set(desk_paths(user)), key=len)
    outer = [path for n, path in enumerate(ordered) if not path.startswith(tuple(ordered[:n]))]
    return [world().by_path[path] for path in outer if path in world().by_path]


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: that of `?region=`, if the reader's posts reach it, else their own.

    :raises NotFound: for who works on no land
    """
    lands = own_lands(request.user)
    if not lands:
        raise NotFound(_("您的岗位没有管辖范围。"))
    asked = request.GET.get("region", "")
    if not asked:
        return lands[0]
    land = get_land(asked[:18])
    if not any(land.path.startswith(one.path) for one in lands):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def outlines_of(code: str) -> str:
    """Return the address of the outlines of the land right below a place, for its map."""
    return f"{reverse('api:children_geojson', args=[code])}?tolerance_m=20"


def regions_of(lands: list[Land]) -> Any:
    rows = Region.objects.public().filter(pk__in=[land.id for land in lands])
    return rows.defer("polygon").order_by("path")


def desk_regions(user: Any, levels: tuple[str, ...] = ("district", "street", "community")) -> Any:
    """Return the land of some levels for which the reader acts."""
    paths = desk_paths(user)
    found = [
        land for land in world().lands
        if land.level in levels and paths and land.path.startswith(paths)
    ]  # fmt: skip
    return regions_of(found)


def around(user: Any) -> Any:
    """Return the land around the reader's posts: up to the district, for what reaches further."""
    paths = {prefix for post in posts_of(user) for prefix in prefixes(post.path)}
    found = [world().by_path[path] for path in paths if path in world().by_path]
    return regions_of([one for one in found if one.level in ("district", "street", "community")])


def own_orgs(user: Any) -> Any:
    ids = {post.org_id for post in posts_of(user)}
    return Org.objects.public().filter(pk__in=ids).order_by("path", "pk")


def body_of(request: HttpRequest, pk: int) -> ConferenceBody:
    rows = ConferenceBody.objects.visible_to(request.user).select_related("org", "region")
    return get_object_or_404(rows, pk=pk)


def run_body(request: HttpRequest, pk: int) -> ConferenceBody:
    """:raises NotFound: unless the reader runs the body"""
    body = body_of(request, pk)
    if not runs_body(request.user, body):
        raise NotFound(_("没有找到，或不由您负责。"))
    return body


def convened_body(request: HttpRequest, pk: int) -> ConferenceBody:
    """:raises NotFound: unless the reader prepares the body's sessions"""
    body = body_of(request, pk)
    if not convenes(request.user, body):
        raise NotFound(_("没有找到，或不由您负责。"))
    return body


def session_of(request: HttpRequest, pk: int) -> Session:
    rows = queries.with_share(Session.objects.visible_to(request.user))
    return get_object_or_404(
        rows.select_related("body__org", "body__region", "meeting__unit"), pk=pk
    )


def convened_session(request: HttpRequest, pk: int) -> Session:
    """:raises NotFound: unless the reader prepares the body's sessions"""
    session = session_of(request, pk)
    if not convenes(request.user, session.body):
        raise NotFound(_("没有找到，或不由您负责。"))
    return session


def run_session(request: HttpRequest, pk: int) -> Session:
    """:raises NotFound: unless the reader runs the body"""
    session = session_of(request, pk)
    if not runs_body(request.user, session.body):
        raise NotFound(_("没有找到，或不由您负责。"))
    return session
