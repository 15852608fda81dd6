"""What everybody reads of a centre: where, when, which services and rooms, what hangs on the wall."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_safe

from .. import queries
from ..models import Centre, CentrePaper, Room

KEPT_SECONDS = 3600


def _public(pk: int) -> Centre:
    return get_object_or_404(Centre.objects.public().select_related("region", "org"), pk=pk)


def _wall(one: Centre) -> list[CentrePaper]:
    """Return the papers in force at a centre today."""
    today = localdate()
    return list(CentrePaper.objects.public().of(one, today).filter(effective_from__lte=today))


def _shown(one: Centre) -> dict[str, Any]:
    today = localdate()
    opening = queries.opening_of(one, today)
    return {
        "one": one,
        "hours": list(zip(range(7), opening.days, strict=True)),
        "holiday": opening.holiday,
        "notices": opening.notices,
        "day": opening.today,
        "services": list(one.services.filter(ended_on__isnull=True)),
        "rooms": list(Room.objects.public().filter(centre=one).select_related("kind")),
        "papers": _wall(one),
    }


@require_safe
def centre(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a centre to residents."""
    one = _public(pk)
    at = now()
    context = _shown(one)
    context |= {
        "is_open_now": any(start <= at < end for start, end in context["day"].moments()),
        "photos": list(one.photos.all()),
    }
    context["cares"] = any(room.kind.is_care for room in context["rooms"])
    context["points"] = (
        [
            {
                "lng": one.lng,
                "lat": one.lat,
                "title": one.name,
                "char": one.name[:1],
                "tone": "working",
            }
        ]
        if one.lng is not None
        else []
    )
    return render(request, "places/public.html", context)


@require_safe
def wall(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay out the notice for the wall on a sheet of A4, with the code of the public page (S1.50)."""
    one = _public(pk)
    url = request.build_absolute_uri(reverse("places:public", args=[pk]))
    drawn = segno.make(url, error="m").svg_inline(scale=4, border=2, svgclass="qr", lineclass=None)
    context = _shown(one) | {"url": url, "code": mark_safe(drawn), "now": now()}  # noqa: S308
    return render(request, "places/wall.html", context)


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a paper: what is published to everybody, a draft to those who work around its place."""
    rows = CentrePaper.objects.public()
    if request.user.is_authenticated:
        rows = CentrePaper.objects.visible_to(request.user)
    one = get_object_or_404(rows.select_related("region", "centre", "by"), pk=pk)
    return render(request, "places/paper.html", {"one": one, "now": now()})


@require_safe
def photo(request: HttpRequest, pk: int, photo_pk: UUID) -> FileResponse:
    """Answer with a picture of an open centre, as a JPEG without metadata."""
    found = get_object_or_404(_public(pk).photos.select_related("photo"), photo=photo_pk).photo
    try:
        opened = (found.thumb if "thumb" in request.GET else found.file).open()
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(opened, content_type="image/jpeg", filename=f"{found.pk}.jpg")
    answer["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
