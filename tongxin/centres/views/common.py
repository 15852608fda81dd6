"""What the pages of this app share: tabs, the centre one works at, a form answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs import scope
from tongxin.orgs.scope import posts_of, reach, roles_over
from tongxin.places.models import Centre
from tongxin.regions.models import Region
from tongxin.regions.queries import Land
from tongxin.ui.asking import act_on
from tongxin.ui.forms import Form
from tongxin.ui.tabs import app_tabs

from ..models.window import CLERKS, WATCHERS

PAGE = 30
FORM = ["GET", "POST"]
KEPT = "centre_at"  # of a session: the hall somebody works in
TABS = (
    ("home", gettext_lazy("窗口")),
    ("matters", gettext_lazy("窗口事项")),
    ("services", gettext_lazy("下沉事项")),
    ("use", gettext_lazy("使用人次")),
    ("report", gettext_lazy("统计")),
    ("powers", gettext_lazy("下放清单")),
)


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Draw a page at work under the row of views of this app."""
    tabs = app_tabs("centres", TABS, tab)
    context = {"views": tabs, **context}
    return render(request, f"centres/{template}.html", context, status=status)


def works_here(request: HttpRequest) -> bool:
    return any(post.role in WATCHERS for post in posts_of(request.user))


def serves(request: HttpRequest, centre: Centre) -> bool:
    return not roles_over(request.user, centre.region.path).isdisjoint(CLERKS)


def halls(request: HttpRequest) -> Any:
    """Return the open centres on the land the reader works on."""
    return (
        Centre.objects.visible_to(request.user)
        .filter(reach(request.user, WATCHERS, column="region__path"), state=Centre.State.OPEN)
        .select_related("region")
    )


def hall_at(request: HttpRequest) -> Centre | None:
    """Return the centre one works at: the one asked for, the last one, else the nearest to one's post.

    None where no centre is open yet.
    """
    rows = halls(request)
    asked = request.GET.get("centre", "")
    if asked.isdigit() and len(asked) < 19:
        found = get_object_or_404(rows, pk=int(asked))
        request.session[KEPT] = found.pk
        return found
    kept = request.session.get(KEPT)
    found = rows.filter(pk=kept).first() if kept else None
    return found or rows.order_by("-region__path", "pk").first()


def the_hall(request: HttpRequest, pk: int) -> Centre:
    """Return a centre of the reader's land. Raises Http404."""
    rows = Centre.objects.visible_to(request.user).select_related("region")
    return get_object_or_404(
        rows.filter(reach(request.user, WATCHERS, column="region__path")), pk=pk
    )


def hall_choices(request: HttpRequest, centre: Centre) -> dict[str, Any] | None:
    """Return the filter by which somebody with several halls changes it."""
    rows = list(halls(request).values_list("pk", "name").order_by("region__path", "pk")[:300])
    if len(rows) < 2:
        return None
    return {"name": "centre", "label": _("中心"), "value": str(centre.pk),
            "choices": [(str(pk), name) for pk, name in rows]}  # fmt: skip


def own_lands(request: HttpRequest, roles: tuple[str, ...] = WATCHERS) -> list[Land]:
    """Return the lands of the reader's posts, the widest first, none inside another."""
    return scope.own_lands(request.user, roles)


def land_of(request: HttpRequest) -> Land:
    """Return the land looked at: that of `?region=`, or the widest of the reader's own."""
    return scope.land_asked(request.user, request.GET.get("region", ""), WATCHERS)


def officer_regions(request: HttpRequest) -> Any:
    ids = [
        post.region_id
        for post in posts_of(request.user)
        if post.role == "officer" and post.level in (Region.Level.DISTRICT, Region.Level.STREET)
    ]
    return Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path")


def month_of(request: HttpRequest) -> date:
    """Return the month of `?month=2026-03`, not after this one."""
    this = localdate().replace(day=1)
    try:
        asked = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return this
    return min(asked, this)


def month_choices(shown: date, most: int = 12) -> dict[str, Any]:
    this, found = localdate().replace(day=1), []
    for n in range(most):
        years, months = divmod(this.year * 12 + this.month - 1 - n, 12)
        found.append(f"{years}-{months + 1:02d}")
    return {"name": "month", "label": _("月份"), "value": f"{shown:%Y-%m}",
            "choices": [(one, one) for one in found]}  # fmt: skip


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
