"""On duty: who is, one's own way of a day, somebody else's for a reason."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import Refused
from tongxin.ui.forms import ReasonForm

from .. import actions, queries
from ..models import TrackPoint
from ..queries.devices import keeps_devices
from ..queries.duty import looks_at, on_duty_under, person


@login_required
@require_safe
def duties(request: SignedIn) -> HttpResponse:
    """List who is on duty on one's land; no positions."""
    context = {
        "rows": on_duty_under(request.user, at=now()) if keeps_devices(request.user) else [],
        "keeps": keeps_devices(request.user),
        "today": localdate(),
    }
    return render(request, "mobile/duties.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: SignedIn, pk: int, day: str) -> HttpResponse:
    """Show a day's way: one's own at once, somebody else's after a reason was given."""
    user, day_is = request.user, parse_day(day)
    whose = user if pk == user.pk else person(pk)
    if whose is None or (whose.pk != user.pk and not queries.may_look_at(user, whose)):
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    points, status = None, 200
    if whose.pk == user.pk or (request.method == "POST" and form.is_valid()):
        try:
            reason = form.cleaned_data["reason"] if form.is_bound else ""
            points = actions.look_at_track(
                whose=whose, day=day_is, actor=user, reason=reason, at=now(),
                address=address_of(request),
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    return render(
        request, "mobile/track.html", _page(user, whose, day_is, points, form), status=status
    )


def parse_day(text: str) -> date:
    """:raises Http404: for what is no day"""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def _page(
    user: User, whose: User, day: date, points: list[TrackPoint] | None, form: ReasonForm
) -> dict[str, Any]:
    return {
        "whose": whose,
        "day": day,
        "is_mine": whose.pk == user.pk,
        "form": form,
        "found": points,
        "points": [
            {
                "lng": one.lng,
                "lat": one.lat,
                "title": localtime(one.at).strftime("%H:%M"),
                "note": _("精度 %d 米") % one.accuracy if one.accuracy is not None else "",
                "tone": "working",
                "char": str(n),
            }
            for n, one in enumerate(points or [], 1)
        ],
        "looks": looks_at(user) if whose.pk == user.pk else [],
        "duties": queries.duties_on(whose, day) if points is not None else [],
    }
