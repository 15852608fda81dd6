"""What the pages of this app share: tabs, gates, the land looked at, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy

from tongxin.orgs import scope
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..models import Centre
from ..models.centres import KEEPERS

PAGE = 30
FORM = ["GET", "POST"]
JUDGES = ("officer", "inspector")
# Who has a desk in this app; a volunteer reads the public pages.
READERS = (
    *("officer", "leader", "inspector", "dispatcher", "verifier", "grid_worker", "handler"),
    *("secretary", "commissioner", "organiser", "first_secretary", "team_leader", "cadre"),
)
TABS = (
    ("home", gettext_lazy("阵地台账")),
    ("map", gettext_lazy("地图")),
    ("bookings", gettext_lazy("预约")),
    ("sessions", gettext_lazy("一老一小")),
    ("papers", gettext_lazy("制度规范")),
    ("coverage", gettext_lazy("覆盖")),
)
TONES = {"planned": "idle", "building": "working", "open": "done", "closed": "late"}
BOOKING_TONES = {
    "asked": "waiting", "booked": "working", "waiting": "waiting", "used": "done",
    "no_show": "late", "refused": "late", "cancelled": "idle", "lapsed": "idle",
}  # fmt: skip


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page at work under the row of views of this app."""
    tabs = app_tabs("places", TABS, tab)
    context = {"views": tabs, **context}
    return render(request, f"places/{template}.html", context, status=status)


def works_here(request: HttpRequest) -> bool:
    return any(post.role in READERS for post in posts_of(request.user))


def own_lands(request: HttpRequest, roles: tuple[str, ...] = READERS) -> list[Land]:
    """Return the lands of the reader's posts, the widest first, none inside another."""
    return scope.own_lands(request.user, roles)


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: that of `?region=`, or the widest of the reader's own."""
    return scope.land_asked(request.user, request.GET.get("region", ""), READERS)


def regions_of(request: HttpRequest, roles: tuple[str, ...], levels: tuple[str, ...]) -> Any:
    """Return the regions of some levels on the land of some posts of the reader."""
    paths = tuple(land.path for land in own_lands(request, roles))
    ids = [
        land.id
        for land in world().lands
        if land.level in levels and paths and land.path.startswith(paths)
    ]
    return Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path")


def streets_of(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the streets on the reader's land as choices of a filter."""
    paths = tuple(land.path for land in own_lands(request))
    found = [
        (land.code, land.short_name)
        for land in world().lands
        if land.level == Region.Level.STREET and paths and land.path.startswith(paths)
    ]
    return found if len(found) > 1 else []


def centre_of(request: HttpRequest, pk: int) -> Centre:
    """Return a centre the reader works around; 404 alike for none and not theirs."""
    rows = Centre.objects.visible_to(request.user).select_related("region", "org")
    return get_object_or_404(rows, pk=pk)


def keeps(request: HttpRequest, centre: Centre) -> bool:
    return not roles_over(request.user, centre.region.path).isdisjoint(KEEPERS)


def judges(request: HttpRequest, centre: Centre) -> bool:
    return not roles_over(request.user, centre.region.path).isdisjoint(JUDGES)


def posted(request: HttpRequest) -> Any:
    """Return what was sent, even if nothing was filled in; None where nothing was sent."""
    return request.POST if request.method == "POST" else None


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str = "home",
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words`: heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    context = {"form": form, "remedy": remedy, **words}
    return went or show(request, template, context, tab=tab, status=status)


def ask_on_phone(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, template: str,
    **words: Any,
) -> HttpResponse:  # fmt: skip
    """Do the same on the phone's frame."""
    went, remedy, status = act_on(request, form, act, done=done)
    context = {"form": form, "remedy": remedy, **words}
    return went or render(request, f"places/{template}.html", context, status=status)
