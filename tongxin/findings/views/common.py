"""What the pages of findings share: tabs, land, a form answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, posts_of
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, prefixes, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..queries.access import REPORTERS

FORM = ["GET", "POST"]
MOST_LANDS = 600
MOST_NAMES = 600
OVERLOOKS = frozenset(LAND_ROLES)
TABS = (
    ("home", gettext_lazy("问题台账")),
    ("mine", gettext_lazy("本单位")),
    ("groups", gettext_lazy("共性问题")),
    ("figures", gettext_lazy("统计")),
)
OVERSEEN = ("groups", "figures")


def overlooks(user: Any) -> bool:
    return any(post.role in OVERLOOKS for post in posts_of(user))


def tabs_of(user: Any, tab: str) -> list[dict[str, Any]]:
    return app_tabs("findings", TABS, tab, hidden=() if overlooks(user) else OVERSEEN)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    context = {"tabs": tabs_of(request.user, tab), **context}
    return render(request, f"findings/{template}.html", context, status=status)


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: Any, tab: str = "home",
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words` are heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=str(done))
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, template, context, tab=tab, status=status)


def own_paths(user: Any, roles: Iterable[str]) -> list[str]:
    """Return the paths of the land where the user holds one of the roles, the widest first."""
    wanted = set(roles)
    return sorted({post.path for post in posts_of(user) if post.role in wanted}, key=len)


def must_overlook(user: Any) -> None:
    """:raises NotFound: for who overlooks no land"""
    if not overlooks(user):
        raise NotFound(_("没有找到这个页面，或您的岗位看不到它。"))


def lands_in(user: Any, roles: Iterable[str] = REPORTERS) -> list[Land]:
    """Return the lands one may choose from, in the order of their paths: down to the grids.

    Of more than six hundred the grids are left out.
    """
    paths = own_paths(user, roles)
    every = [land for land in world().lands if any(land.path.startswith(path) for path in paths)]
    every = [land for land in every if land.level != Region.Level.BUILDING]
    if len(every) > MOST_LANDS:
        every = [land for land in every if land.level != Region.Level.GRID]
    return sorted(every, key=lambda land: land.path)


def unit_names(areas: Iterable[str]) -> dict[str, Org]:
    """Return the units by name that may answer on some land: those there and on the land above."""
    paths = {prefix for area in areas for prefix in prefixes(area)}
    rows = Org.objects.public().filter(region__path__in=paths).exclude(kind=Org.Kind.TEAM)
    return {org.name: org for org in rows.order_by("-region__path", "pk")[:MOST_NAMES]}


def keep_photos(data: Iterable[bytes], by: User, at: datetime, key: str = "") -> list[Photo]:
    """Keep what was handed in, each once."""
    return [
        keep_photo(data=one, by=by, at=at, key=f"{key}:{n}"[:80] if key else None)
        for n, one in enumerate(data)
    ]
