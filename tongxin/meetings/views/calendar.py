"""The month, the unit's year, the check of all units, one's own meetings, the calendar feed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn

from .. import actions, queries
from ..models import CalendarFeed, Kind
from . import frame

PAGE = 40


def _month(request: SignedIn, today: date) -> tuple[int, int]:
    asked = request.GET.get("month", "")
    try:
        day = date.fromisoformat(f"{asked}-01")
    except ValueError:
        day = today
    return day.year, day.month


@login_required
@require_safe
def calendar(request: SignedIn) -> HttpResponse:
    """Show the month of a unit; who holds no office is led to their own meetings."""
    if not request.GET.get("unit") and queries.home_unit(request.user) is None:
        return redirect("meetings:mine")
    unit, today = frame.unit_of(request), localdate()
    year, month = _month(request, today)
    below = request.GET.get("below") == "1"
    weeks = queries.month_grid(year, month, [], today)
    first, last = weeks[0][0]["day"], weeks[-1][-1]["day"]
    rows = queries.between(request.user, first, last, unit=unit, below=below)
    found = list(rows[: queries.MOST_ON_GRID + 1])
    shown = found[: queries.MOST_ON_GRID]
    for meeting in shown:
        meeting.line = queries.line_of(meeting)  # type: ignore[attr-defined]
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "calendar"),
        "weeks": queries.month_grid(year, month, shown, today),
        "days": [_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日")],
        "meetings": [one for one in shown if first.replace(day=1) and _in(one, year, month)],
        "is_cut": len(found) > queries.MOST_ON_GRID,
        "below": below,
        "year": year,
        "month": month,
        "before": queries.shifted(year, month, -1),
        "after": queries.shifted(year, month, 1),
        "filters": [frame.unit_filter(request, unit)],
        "hidden": [("month", f"{year}-{month:02d}")],
        "may_plan": queries.runs(request.user, unit.path),
        "findings": _sentences(unit, today),
    }
    return render(request, "meetings/calendar.html", context)


def _in(meeting, year: int, month: int) -> bool:
    return meeting.month == year * 100 + month


def _sentences(unit, today: date) -> list[str]:
    found = queries.unit_check(unit, today)
    return [one.sentence(today) for one in found]


@login_required
@require_safe
def year(request: SignedIn) -> HttpResponse:
    """Show the twelve months of a unit against its rules: what was held, what is missing."""
    unit, today = frame.unit_of(request), localdate()
    asked = request.GET.get("year", "")
    shown = int(asked) if asked.isdigit() and 2000 <= int(asked) <= 2100 else today.year
    on = today if shown == today.year else date(shown, 12, 31)
    rows, found = queries.unit_year(unit, shown, on)
    found = found if shown <= today.year else []
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "year"),
        "rows": rows,
        "year": shown,
        "months": range(1, 13),
        "now_month": today.month if shown == today.year else 0,
        "sentences": queries.told_together(found, today),
        "filters": [
            frame.unit_filter(request, unit),
            {"name": "year", "label": _("年度"), "value": str(shown),
             "choices": [(str(y), str(y)) for y in range(today.year + 1, today.year - 4, -1)]},
        ],
        "may_plan": queries.runs(request.user, unit.path),
    }  # fmt: skip
    return render(request, "meetings/year.html", context)


@login_required
@require_safe
def check(request: SignedIn) -> HttpResponse:
    """Show which of the units under one lack what this period, those with gaps first."""
    unit, today = frame.unit_of(request), localdate()
    cursor = request.GET.get("cursor", "")
    kind = request.GET.get("kind", "")
    board = queries.check_board(
        unit, today, kind=kind if kind in Kind.values else "",
        whole_year=request.GET.get("span") == "year",
        after=int(cursor) if cursor.isdigit() and len(cursor) < 19 else 0, size=PAGE,
    )  # fmt: skip
    for row in board["rows"]:
        row["url"] = f"{reverse('meetings:year')}?unit={row['unit'].pk}"
    kinds = [("", _("全部事项")), *((k, Kind(k).label) for k in board["kinds"])]
    span = request.GET.get("span", "")
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "check"),
        "board": board,
        "next_cursor": board["next"],
        "today": today,
        "filters": [
            frame.unit_filter(request, unit),
            {"name": "kind", "label": _("事项"), "value": kind, "choices": kinds},
            {"name": "span", "label": _("时间"), "value": span,
             "choices": [("", _("当前周期")), ("year", _("今年以来"))]},
        ],
    }  # fmt: skip
    return render(request, "meetings/check.html", context)


@login_required
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """Show a member what they are asked to, and their hours of study."""
    at = now()
    rows = queries.asked_to(request.user, at)
    context = {
        "rows": rows,
        "hours": queries.hours_of(request.user, localdate(at)),
        "reviews": queries.my_reviews(request.user),
        "talks": queries.my_talks(request.user),
        "holds": queries.home_unit(request.user) is not None,
        "may_subscribe": True,
    }
    return render(request, "meetings/mine.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def feed(request: SignedIn) -> HttpResponse:
    """Make or revoke the secret address for a calendar program; it is shown once, when made."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        if "revoke" in request.POST:
            actions.revoke_feed(user=request.user)
            messages.success(request, _("已停用。原来的订阅地址不能再用。"))
            return redirect("meetings:feed")
        token = actions.make_feed(user=request.user, at=now())
        address = request.build_absolute_uri(reverse("meetings:ics", args=[token]))
        context["address"] = address
    context["feed"] = CalendarFeed.objects.visible_to(request.user).first()
    return render(request, "meetings/feed.html", context)


@require_GET
def ics(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a calendar program; an address that was revoked is not there."""
    body = queries.calendar_of(token, now(), request.build_absolute_uri("/"))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="tongxin.ics"'
    response["Cache-Control"] = "private, max-age=300"
    return response
