"""Where the work with cadres begins: what runs, how many serve, what must be done today."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET

from tongxin.orgs.scope import posts_of

from ..actions import may_set_criteria, may_start
from ..models import Operation, Secondment
from ..queries.ratings import missing_on
from ..scope import leads, works_at
from .common import me


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the operations of one's land with their figures; a cadre is led to their own page."""
    roles = {post.role for post in posts_of(request.user)}
    if not works_at(request.user) or roles <= {"cadre"}:
        return redirect("cadres:mine")
    today = localdate()
    rows = Operation.objects.visible_to(request.user).select_related("region", "ordered_by")
    operations = list(rows.defer("region__polygon").order_by("ended_at", "-starts_at")[:20])
    serving = Secondment.objects.visible_to(request.user).serving_on(today)
    counts = dict(serving.values_list("operation").annotate(n=Count("pk")).order_by())
    seen = set(serving.values_list("community", flat=True).distinct())
    missing = sum(n for place, n in missing_on(today).items() if place in seen)
    running = [one for one in operations if one.ended_at is None]
    context = {
        "running": [
            {"operation": one, "n": counts.get(one.pk, 0), "leads": leads(request.user, one),
             "days": (one.ends_on - today).days}
            for one in running
        ],
        "ended": [one for one in operations if one.ended_at],
        "serving": sum(counts.values()),
        "communities": len(seen),
        "missing": missing,
        "may_start": may_start(me(request)),
        "may_set_criteria": may_set_criteria(me(request)),
    }  # fmt: skip
    return render(request, "cadres/home.html", context)
