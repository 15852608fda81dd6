"""What the pages of this app share: tabs, the land looked at, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy

from tongxin.orgs import scope
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, prefixes, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..models import AdmissionItem, AdmissionList
from ..models.admission import BURDEN_READERS
from ..models.campaigns import DOERS, ISSUERS, OVERSEERS

PAGE = 50
FORM = ["GET", "POST"]
READERS = tuple(dict.fromkeys((*OVERSEERS, *DOERS, *BURDEN_READERS)))
TABS = (
    ("home", gettext_lazy("专项任务")),
    ("admission", gettext_lazy("准入目录")),
    ("approvals", gettext_lazy("准入审批")),
    ("burdens", gettext_lazy("社区负担")),
    ("plates", gettext_lazy("挂牌")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    overlooks = any(post.role in OVERSEERS for post in posts_of(request.user))
    tabs = app_tabs("campaigns", TABS, tab, hidden=() if overlooks else ("approvals",))
    return render(request, f"campaigns/{template}.html", {"tabs": tabs, **context}, status=status)


def own_lands(request: HttpRequest, roles: tuple[str, ...] = READERS) -> list[Land]:
    """Return the lands of the reader's posts, the widest first, none inside another."""
    return scope.own_lands(request.user, roles)


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: that of `?region=`, or the widest of the reader's own."""
    return scope.land_asked(request.user, request.GET.get("region", ""), READERS)


def crumbs(request: HttpRequest, land: Land, url: str) -> list[tuple[str, str]]:
    """Return the lands from the reader's own down to the one looked at: [(name, address)]."""
    own = tuple(one.path for one in own_lands(request))
    chain = [world().by_path[path] for path in prefixes(land.path) if path in world().by_path]
    return [
        (one.short_name, f"{url}?{urlencode({'region': one.code})}")
        for one in chain
        if one.path.startswith(own)
    ]


def regions_of(lands: list[Land]) -> Any:
    return (
        Region.objects.public()
        .filter(pk__in=[land.id for land in lands])
        .defer("polygon")
        .order_by("path")
    )


def communities_of(request: HttpRequest, roles: tuple[str, ...]) -> Any:
    """Return the communities on the land of some posts of the reader."""
    paths = tuple(land.path for land in own_lands(request, roles))
    found = [
        land
        for land in world().lands
        if land.level == Region.Level.COMMUNITY
        and paths
        and (land.path.startswith(paths) or any(path.startswith(land.path) for path in paths))
    ]
    return regions_of(found)


def admitted_items(path: str, kinds: tuple[str, ...] = ()) -> Any:
    """Return the items of the list in force at a place."""
    found = AdmissionList.objects.public().in_force(path, localdate())
    rows = AdmissionItem.objects.public().filter(list=found.pk if found else None)
    return rows.filter(kind__in=kinds) if kinds else rows


def may_issue(request: HttpRequest) -> bool:
    return any(post.role in ISSUERS for post in posts_of(request.user))


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str, **words: Any
) -> HttpResponse:
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    return went or show(
        request, "ask", {"form": form, "remedy": remedy, **words}, tab=tab, status=status
    )
