"""挂图作战 (S1.25): the wall map as a page, as JSON with its tag, as points for the map."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import Land, get_land, world

from .. import queries
from ..models import RenovationCampaign, Site
from .common import TONES, seen_campaign, show


def _lands(request: SignedIn, campaign: RenovationCampaign) -> list[Land]:
    """Return the lands shown: one asked for if it is the reader's, else all of theirs."""
    own = queries.own_lands(request.user, campaign.region.path)
    if asked := request.GET.get("region", "")[:18]:
        land = get_land(asked)
        if not any(land.path.startswith(one.path) for one in own):
            raise NotFound(_("没有找到这个区域，或不归您管。"))
        return [land]
    if not own:
        raise NotFound(_("这项改造里没有您管的区域。"))
    return own


@login_required
@require_GET
def wall(request: SignedIn, pk: int) -> HttpResponse:
    """The wall: legend and counts are here already, the tiles are drawn from the JSON beside it."""
    one, today = seen_campaign(request, pk), localdate()
    lands = _lands(request, one)
    board = queries.board_of(one, today)
    paths = tuple(land.path for land in lands)
    counts, figures, shown = board.summary(paths)
    words = f"?region={lands[0].code}" if request.GET.get("region") else ""
    labels = dict(Site.State.choices)
    context = {
        "lands": lands, "today": today, "days": (one.final_on - today).days, "late": counts["late"],
        "legend": [
            {"state": state, "symbol": symbol, "label": labels[Site.State(state)], "count": counts[state], "tone": TONES[state]}
            for state, symbol in queries.SYMBOLS.items()
        ],
        "base": figures.base, "closed": figures.closed,
        "in_use": figures.in_use, "area_ok": figures.area_ok,
        "data_url": reverse("renovation:wall-data", args=[pk]) + words,
        "points_url": reverse("renovation:points", args=[pk]) + words,
        "view": "map" if request.GET.get("view") == "map" else "tiles",
        "region": request.GET.get("region", ""), "state": request.GET.get("state", ""),
        "streets": _streets(shown),
    }  # fmt: skip
    return show(request, "wall", context, campaign=one, tab="wall")


def _streets(lands: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return districts and streets as choices: [(code, name)]."""
    by_path = world().by_path
    found = [by_path[path] for path in sorted(lands) if path in by_path]
    return [
        (land.code, f"　{land.short_name}" if land.level == "street" else land.short_name)
        for land in found
        if land.level in ("district", "street")
    ]


@login_required
@require_GET
def data(request: SignedIn, pk: int) -> HttpResponse:
    """Answer the wall as JSON; 304 while nothing has changed since the tag the browser holds."""
    one = seen_campaign(request, pk)
    paths = tuple(land.path for land in _lands(request, one))
    body, tag = queries.board_of(one, localdate()).payload(paths)
    tag = f'"{tag}"'
    if tag in request.headers.get("If-None-Match", ""):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type="application/json")
    answer["ETag"], answer["Cache-Control"] = tag, "private, no-cache"
    return answer


@login_required
@require_GET
def points(request: SignedIn, pk: int) -> JsonResponse:
    """Answer the places that have a point, for the map."""
    one, today = seen_campaign(request, pk), localdate()
    paths = tuple(land.path for land in _lands(request, one))
    labels = dict(Site.State.choices)
    state = request.GET.get("state", "")
    found: list[dict[str, Any]] = []
    for place in queries.board_of(one, today).places:
        if (
            place.lng is None
            or not place.path.startswith(paths)
            or (state and place.state != state)
        ):
            continue
        late = queries.is_late(place, today)
        found.append(
            {
                "lng": place.lng, "lat": place.lat, "title": place.name,
                "note": str(labels[Site.State(place.state)]) + (" · " + _("工序滞后") if late else ""),
                "url": reverse("renovation:site", args=[place.pk]),
                "tone": "late" if late else TONES[place.state], "char": queries.SYMBOLS[place.state],
            }
        )  # fmt: skip
    return JsonResponse(found, safe=False)
