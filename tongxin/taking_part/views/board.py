"""What windows pledge in public (S2.32): the board by window, and a poster to put on the wall."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.dual_report.models import Pledge
from tongxin.orgs.models import Org
from tongxin.regions.queries import place_name

from .common import community_of, draw

SHOWN = 300


@login_required
@require_safe
def board(request: SignedIn) -> HttpResponse:
    """Show who serves at the windows of one's street and what they pledge, by window."""
    land = community_of(request)
    rows = Pledge.objects.public().select_related("window__region")
    if land is not None:
        street = "/".join(land.path.split("/")[:-2]) + "/"
        rows = rows.filter(window__region__path__under=street)
    windows: dict[int, dict] = {}
    for one in rows.order_by("window__name", "post", "id")[:SHOWN]:
        found = windows.setdefault(one.window_id, {"org": one.window, "place": place_name(one.window.region.path), "pledges": []})  # fmt: skip
        found["pledges"].append(one)
    return draw(request, "board", {"windows": list(windows.values()), "land": land})


@require_safe
def poster(request, pk: int) -> HttpResponse:
    """Print what a window pledges."""
    org = get_object_or_404(Org.objects.public().select_related("region"), pk=pk)
    pledges = Pledge.objects.public().filter(window=org).order_by("post", "id")
    get_object_or_404(pledges[:1])
    return draw(request, "poster", {"org": org, "place": place_name(org.region.path), "pledges": pledges})  # fmt: skip
