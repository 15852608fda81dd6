"""What the pages of this app share: gates, tabs, the land looked at, choices, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, place_name, world
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from .. import queries
from ..models import Checklist
from ..models.checklists import WRITERS
from ..models.plans import OVERSEERS

FORM = ["GET", "HEAD", "POST"]
PAGE = 50
TABS = (
    ("list", gettext_lazy("走访")),
    ("plans", gettext_lazy("计划")),
    ("figures", gettext_lazy("统计")),
    ("points", gettext_lazy("流动办公点")),
    ("checklists", gettext_lazy("检查清单")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page under the row of views of this app."""
    context = {"segments": app_tabs("fieldwork", TABS, tab), **context}
    return render(request, f"fieldwork/{template}.html", context, status=status)


def paths_of(user: Any, roles: tuple[str, ...] = OVERSEERS) -> list[str]:
    """Return the lands where the user holds one of the roles, largest first."""
    return sorted({post.path for post in posts_of(user) if post.role in roles}, key=len)


def must_oversee(user: Any) -> None:
    """:raises NotFound: for who oversees no land"""
    if not paths_of(user):
        raise NotFound(
            _("您的岗位看不到巡查走访的台账。"), remedy=_("您自己的走访在“今日走访”里。")
        )


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: the one asked for, if the reader's posts reach it, else their own.

    :raises NotFound: for who oversees no land, or not that one
    """
    paths = paths_of(request.user)
    if not paths:
        must_oversee(request.user)
    asked = request.GET.get("region", "")
    if not asked:
        return world().by_path[paths[0]]
    land = get_land(asked)
    if not any(land.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return land


def lands_above(request: HttpRequest, land: Land) -> list[Land]:
    """Return the lands from the reader's own down to the one looked at."""
    own = paths_of(request.user)
    parts = land.path.split("/")[:-1]
    chain = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    lands = [world().by_path[path] for path in chain if path in world().by_path]
    return [one for one in lands if any(one.path.startswith(path) for path in own)]


def land_choices(user: Any, roles: tuple[str, ...] = WRITERS) -> list[tuple[str, str]]:
    """Return the lands a user may choose for something new: their own and those below, buildings not."""
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    own = paths_of(user, roles)
    for path in own:
        for land in world().lands:
            if land.path.startswith(path) and land.level != "building" and land.path not in seen:
                seen.add(land.path)
                found.append((land.code, place_name(land.path) or land.name))
    return found[:3000]


def region_named(code: str) -> Region:
    return Region.objects.public().get(pk=get_land(code).id)


def checklist_choices(user: Any, day: date) -> list[tuple[str, str]]:
    """Return the checklists a user may work by on a day."""
    rows = Checklist.objects.visible_to(user).on(day).order_by("is_sample", "name")
    return [(str(row.pk), row.name) for row in rows]


def checklist_named(user: Any, pk: str) -> Checklist | None:
    if not pk:
        return None
    return Checklist.objects.visible_to(user).published().filter(pk=pk).first()


def goers(user: Any, roles: tuple[str, ...] = OVERSEERS) -> list[tuple[str, str]]:
    return [(str(pk), words) for pk, words in queries.goers_in(user, roles, localdate())]


def users_named(ids: list[str]) -> list[User]:
    """Return the users of a choice, in the order chosen; the form has checked that they may be."""
    return queries.users_by_id([int(one) for one in ids])


def day_of(request: HttpRequest, name: str) -> date | None:
    """Return a day of the address, or None."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def period_asked(request: HttpRequest, default: str = "month") -> tuple[str, date, date]:
    """Return the period of `?period=` that holds `?on=` (today): its name, first and last day."""
    name = request.GET.get("period", "")
    name = name if name in ("week", "month", "quarter", "year") else default
    first, last = queries.period_of(name, day_of(request, "on") or localdate())
    return name, first, last


def ask(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str, tab: str,
    template: str = "ask", **words: Any,
) -> HttpResponse:  # fmt: skip
    """Show a form and do what it asks; `act` returns where to go. `words` are heading, lede, verb, back."""
    went, remedy, status = act_on(request, form, act, done=done)
    return went or show(
        request, template, {"form": form, "remedy": remedy, **words}, tab=tab, status=status
    )
