"""A cadre's own page, on the phone: where I serve, what I must read, how my days were rated."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_GET

from tongxin.regions.queries import place_name

from ..models import DailyRating, Guide, GuideReading, Secondment
from ..queries.rules import criteria_on
from ..queries.turns import turns_ahead
from .common import me
from .ratings import words_of


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Show one's own posting; somebody who was never sent anywhere is told so."""
    today = localdate()
    rows = Secondment.objects.visible_to(request.user).filter(person__user=me(request))
    rows = rows.select_related("community", "from_unit", "office", "operation", "field_unit")
    history = list(rows.defer("community__polygon").order_by("-from_date", "-pk")[:10])
    now_row = next((one for one in history if one.last_day >= today), None)
    guides, read, given = [], set(), []
    if now_row is not None:
        guides = list(
            Guide.objects.visible_to(request.user)
            .filter(operation=now_row.operation_id, is_current=True)
            .order_by("pk")
        )
        readings = GuideReading.objects.visible_to(request.user).filter(user=me(request))
        read = set(readings.filter(guide__in=guides).values_list("guide", flat=True))
        names = {one.code: one.name for one in criteria_on(today)}
        ratings = DailyRating.objects.visible_to(request.user).filter(secondment=now_row)
        given = [(one, words_of(one, names)) for one in ratings.order_by("-day")[:14]]
    context = {
        "row": now_row,
        "place": place_name(now_row.community.path) if now_row else "",
        "days": (now_row.to_date - today).days if now_row else 0,
        "guides": [(one, one.pk in read) for one in guides],
        "unread": sum(one.pk not in read for one in guides),
        "ratings": given,
        "turns": turns_ahead(request.user, now()) if now_row else [],
        "history": [one for one in history if one is not now_row],
    }
    return render(request, "cadres/mine.html", context)
