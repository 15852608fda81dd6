"""The advice beside an order: fragments that the dispatch panel loads."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from tongxin.cases.queries import moves_open_to

from .. import queries
from ..queries.weights import PEOPLE
from .common import dispatched_case

SHOWN, ASKED_IN_TURN = 10, (3, 5, 10)
UNITS_SHOWN = 8


@login_required
@require_GET
def advice(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the best ten for an order with the arithmetic of each, the chain of offers, the units."""
    case, at = dispatched_case(request.user, pk), now()
    open_now = {move.name for move in moves_open_to(request.user, case)}
    found = queries.advise(case, at=at, limit=SHOWN)
    lines = [many for many in ASKED_IN_TURN if many < len(found.people)]
    context = {
        "case": case,
        "advice": found,
        "labels": PEOPLE,
        "units": queries.advise_units(case, at=at, limit=UNITS_SHOWN, weights=found.weights),
        "may_dispatch": "dispatch" in open_now,
        "may_offer": "offer" in open_now and len(found.people) > 1,
        "lines": [*lines, len(found.people)] if len(found.people) > 1 else [],
        "key": str(uuid.uuid4()),
        "next": _next(request, case),
        "now": at,
    }
    return render(request, "dispatching/parts/advice.html", context)


@login_required
@require_GET
def why_not(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say of everybody with that name in the district what is against them."""
    case, at = dispatched_case(request.user, pk), now()
    name = request.GET.get("name", "").strip()[:20]
    open_now = {move.name for move in moves_open_to(request.user, case)}
    context = {
        "case": case,
        "name": name,
        "found": queries.why_not(case, name=name, at=at),
        "may_dispatch": "dispatch" in open_now,
        "key": str(uuid.uuid4()),
        "next": _next(request, case),
    }
    return render(request, "dispatching/parts/why_not.html", context)


def _next(request: HttpRequest, case) -> str:
    target = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if target and ours else reverse("cases:detail", args=[case.pk])
