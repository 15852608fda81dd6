"""The place of a form: what the page shows of it, and what was handed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, place_name, region_at
from tongxin.ui.forms import Form

from .. import pages
from ..forms import Placed


def place_context(form: Form, *, path: str = "") -> dict[str, Any]:
    """Return what `bits/place.html` draws: the lists, what is chosen, the map's area.

    `path` is where to start from when the form names no place yet.
    """
    street_code = str(form["street"].value() or "")
    region_code = str(form["region"].value() or "")
    if region_code and not street_code:
        path = pages.path_of(region_code)
    if path and not street_code and (region_code or not form.is_bound):
        street, community = pages.street_of(path), pages.community_of(path)
        street_code = street.code if street else ""
        region_code = community.code if community else ""
    return {
        "streets": pages.streets(),
        "street_code": street_code,
        "communities": pages.communities(street_code),
        "region_code": region_code,
        "map_url": _map_url(street_code or _first_district()),
    }


def _map_url(code: str) -> str:
    return f"{reverse('api:children_geojson', args=[code])}?tolerance_m=20" if code else ""


def _first_district() -> str:
    return next((land.code for land in pages.districts()), "")


def place_given(form: Placed) -> dict[str, Any]:
    """Return region, lng and lat as the actions take them: a point counts before the list.

    :raises UnknownRegion: if the list names no place
    """
    given = form.cleaned_data
    if given.get("lng") is not None and given.get("lat") is not None:
        return {"region": None, "lng": given["lng"], "lat": given["lat"]}
    code = given.get("region") or ""
    region = Region.objects.public().get(pk=get_land(code).id) if code else None
    return {"region": region, "lng": None, "lat": None}


def point_of(values: Any) -> tuple[float, float] | None:
    """Return (lng, lat) out of a query or a form, or None if it holds no point."""
    try:
        lng, lat = float(values["lng"]), float(values["lat"])
    except (KeyError, ValueError):
        return None
    return (lng, lat) if -180 <= lng <= 180 and -90 <= lat <= 90 else None


def place_in_words(point: tuple[float, float] | None) -> dict[str, Any]:
    """Return {"land", "words"} of a point: where it lies, or that it is not served."""
    land = region_at(*point) if point else None
    return {"land": land, "words": place_name(land.path) if land else "", "point": point}


@require_POST
def list_communities(request: HttpRequest) -> HttpResponse:
    """Give the communities of a street, for the list beside it."""
    found = pages.communities(request.POST.get("street", ""))
    return render(request, "requests/bits/communities.html", {"communities": found})
