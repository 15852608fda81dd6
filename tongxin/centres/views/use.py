"""Counting people, and what the counts say: of a centre by month, of some land street by street."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import segno
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.places.models import Room

from .. import actions, queries
from ..forms import CountForm
from ..models import UseCount
from .common import (
    FORM,
    ask,
    hall_at,
    hall_choices,
    land_of,
    month_choices,
    month_of,
    posted,
    serves,
    show,
    the_hall,
    works_here,
)


@login_required
@require_GET
def use(request: SignedIn) -> HttpResponse:
    """Show a centre's month: people by side and day, its rooms with how far they were in use."""
    if not works_here(request):
        return redirect("centres:public")
    centre = hall_at(request)
    if centre is None:
        return show(request, "no_hall", {}, tab="use")
    month, today = month_of(request), localdate()
    found = queries.use_of(centre, month)
    rooms = queries.rooms_in_use(centre, month, dict(found.rooms), today=today)
    days = [day for day in found.days if day <= today]
    chosen = hall_choices(request, centre)
    political, convenience = found.total[queries.POLITICAL], found.total[queries.CONVENIENCE]
    context = {
        "centre": centre,
        "people": found.people, "political": political, "convenience": convenience,
        "filters": [month_choices(month), *([chosen] if chosen else [])],
        "hidden": [] if chosen else [("centre", str(centre.pk))],
        "chart": {
            "kind": "line", "x": [f"{day:%m-%d}" for day in days], "unit": _("人次"),
            "series": [
                {"name": _("政治功能"), "data": [found.days[day][queries.POLITICAL] for day in days], "tone": "verify"},
                {"name": _("便民服务"), "data": [found.days[day][queries.CONVENIENCE] for day in days], "tone": "working"},
            ],
        },
        "chart_rows": [
            (f"{day:%m-%d}", [found.days[day][queries.POLITICAL], found.days[day][queries.CONVENIENCE]])
            for day in days
        ],
        "columns": [{"label": _("功能室")}, {"label": _("功能")}, {"label": _("人次"), "figure": True},
                    {"label": _("占用小时"), "figure": True}, {"label": _("使用率"), "figure": True}],
        "rows": [
            {"label": one.room.name, "url": "",
             "cells": [{"value": one.room.kind.get_use_display(), "is_text": True},
                       {"value": one.people}, {"value": f"{one.hours:g}"},
                       {"value": "—" if one.share is None else f"{one.share}%"}]}
            for one in rooms
        ],
        "caption": _("%(name)s · %(month)s · 使用率 = 预约占用小时 ÷ 开放小时") % {
            "name": centre.name, "month": f"{month:%Y-%m}",
        },
        "serves": serves(request, centre),
    }  # fmt: skip
    return show(request, "use", context, tab="use")


@login_required
@require_http_methods(FORM)
def count(request: SignedIn, pk: int) -> HttpResponse:
    """Enter how many people came on a day, room by room."""
    centre = the_hall(request, pk)
    if not serves(request, centre):
        raise Http404
    rooms = list(
        Room.objects.visible_to(request.user)
        .filter(centre=centre, ended_on__isnull=True)
        .select_related("kind")
    )
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = localdate()
    known = UseCount.objects.visible_to(request.user).filter(
        centre=centre, day=day, source=UseCount.Source.CLERK
    )
    initial: dict[str, Any] = {"day": day}
    for one in known:
        initial[f"room{one.room_id}" if one.room_id else one.use] = one.people
    form = CountForm(posted(request), rooms=rooms, initial=initial)

    def act() -> str:
        for room, side, people in form.given():
            actions.count_people(
                centre=centre, day=form.cleaned_data["day"], people=people, room=room, use=side,
                by=request.user, at=now(),
            )  # fmt: skip
        return f"{reverse('centres:use')}?centre={pk}"

    return ask(
        request, form, act, done=_("人次已登记。"), tab="use", heading=_("登记使用人次"),
        lede=_("预约到场、照料到场和窗口叫号自动计数，这里只登记没有算进去的；再登一次以后一次为准。"),
        verb=_("登记"), back=f"{reverse('centres:use')}?centre={pk}",
    )  # fmt: skip


@login_required
@require_GET
def codes(request: SignedIn, pk: int) -> HttpResponse:
    """Lay out the codes by which people count themselves at the door of each room."""
    centre = the_hall(request, pk)
    rows = []
    for room in Room.objects.visible_to(request.user).filter(centre=centre, ended_on__isnull=True):
        url = request.build_absolute_uri(reverse("centres:here", args=[room.pk]))
        drawn = segno.make(url, error="m").svg_inline(
            scale=8, border=2, svgclass="qr", lineclass=None
        )
        rows.append({"room": room, "svg": mark_safe(drawn)})  # noqa: S308 (drawn here from our own address)
    return render(request, "centres/codes.html", {"centre": centre, "rows": rows, "now": now()})


@login_required
@require_GET
def report(request: SignedIn) -> HttpResponse:
    """Show the month of some land: windows, 不出社区率, use by street, centres nobody used."""
    if not works_here(request):
        return redirect("centres:public")
    land, month, at = land_of(request), month_of(request), now()
    first, until = queries.month_span(month)
    services = len(queries.services_on(localdate(at)))
    windows = queries.windows_of(land.path, first, until, at=at, services=services)
    places = queries.use_by_place(land, month)
    url = reverse("centres:report")
    total = {
        use: sum(one.total[use] for one in places)
        for use in (queries.POLITICAL, queries.CONVENIENCE)
    }
    words = {"month": f"{month:%Y-%m}"}
    context = {
        "land": land,
        "windows": windows,
        "political": total[queries.POLITICAL], "convenience": total[queries.CONVENIENCE],
        "filters": [month_choices(month)],
        "hidden": [("region", land.code)],
        "columns": [{"label": _("区域")}, {"label": _("开放的中心"), "figure": True},
                    {"label": _("有人用的"), "figure": True}, {"label": _("落实率"), "figure": True},
                    {"label": _("政治功能人次"), "figure": True}, {"label": _("便民服务人次"), "figure": True},
                    {"label": _("平均每个中心"), "figure": True}],
        "rows": [
            {"label": one.land.short_name,
             "url": f"{url}?{urlencode(words | {'region': one.land.code})}" if one.land.level == "street" else "",
             "cells": [{"value": one.centres}, {"value": one.used, "late": one.used < one.centres},
                       {"value": "—" if one.share is None else f"{one.share}%"},
                       {"value": one.total[queries.POLITICAL]}, {"value": one.total[queries.CONVENIENCE]},
                       {"value": round(sum(one.total.values()) / one.centres) if one.centres else "—"}]}
            for one in places
        ],
        "caption": f"{land.name} · {first:%Y-%m-%d} – {until - timedelta(days=1):%m-%d}",
    }  # fmt: skip
    return show(request, "report", context, tab="report")
