"""A unit's home, and the overview of a place's party work."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import geojson_of, place_name
from tongxin.secretaries.queries import village_coverage

from ..queries.street import cover
from ..queries.unit_home import chosen_land, own_units, party_lands, party_overview, unit_home

OUTLINE = 20  # metres a border may be off, seen from above


@login_required
@require_safe
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one unit: who, where, what is due, and the last lines of its book."""
    rows = Org.objects.visible_to(request.user).select_related("region", "parent")
    one = get_object_or_404(rows.defer("region__polygon"), pk=pk)
    home = unit_home(one, request.user, on=localdate())
    context = {
        "unit": one,
        "home": home,
        "today": localdate(),
        "place": place_name(one.region.path),
        "is_mine": one.pk in own_units(request.user),
        "grids": [place_name(grid.path, "community") for grid in home.grids],
        "events": [
            {
                "who": str(entry.actor or ""),
                "what": entry.get_kind_display(),
                "at": entry.at,
                "facts": [entry.text],
                "icon": "point",
                "tone": "done",
            }
            for entry in home.log
        ],
    }
    return render(request, "portal/unit_home.html", context)


@login_required
@require_safe
def land(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a unit's land and the grids it covers as GeoJSON."""
    one = get_object_or_404(Org.objects.visible_to(request.user), pk=pk)
    covered = Region.objects.public().filter(party_units=one)
    drawn = geojson_of(Region.objects.public().filter(pk=one.region_id), tolerance_m=OUTLINE)
    grids = geojson_of(covered, tolerance_m=0)
    drawn["features"] += grids["features"]
    return JsonResponse(drawn)


@login_required
@require_safe
def party(request: HttpRequest) -> HttpResponse:
    """Show how the party units of a place stand: by field, led, covering, late; the latest named."""
    land, today = chosen_land(request.user, request.GET.get("region", "")), localdate()
    if land is None:
        raise NotFound(_("没有找到这个区域，或不在您的管辖范围内。"))
    found = party_overview(request.user, land, on=today)
    grids = cover(land, on=today)
    villages = village_coverage(on=today, path=land.path)
    context: dict[str, Any] = {
        "land": land,
        "found": found,
        "grids": grids,
        "villages": villages,
        "table": _table(found),
        "caption": f"{place_name(land.path) or land.name} · {today:%Y-%m-%d}",
        "filters": [
            {
                "name": "region",
                "label": _("区域"),
                "value": land.code,
                "choices": [(one.code, one.short_name) for one in party_lands(request.user)],
            }
        ],
        "totals": {name: found.total(name) for name in ("units", "led", "covering", "late")},
    }
    return render(request, "portal/party.html", context)


def _table(found) -> dict[str, Any]:
    """Return the fields as `ui/parts/table.html` draws them; each leads to its units."""

    def row(label: str, source: Any, url: str = "") -> dict[str, Any]:
        units = source("units")
        return {
            "label": label,
            "url": url,
            "cells": [
                {"value": units},
                {"value": source("led"), "late": source("led") < units},
                {"value": source("covering")},
                {"value": source("late"), "late": source("late") > 0},
            ],
        }

    labels = [_("领域"), _("党组织"), _("有书记"), _("覆盖网格"), _("有逾期")]
    units = reverse("orgs:units")
    return {
        "columns": [{"label": label, "figure": n > 0} for n, label in enumerate(labels)],
        "rows": [
            row(
                one.label or _("未填领域"),
                lambda name, one=one: getattr(one, name),
                f"{units}?{urlencode({'sector': one.code})}" if one.code else "",
            )
            for one in found.sectors
        ],
        "total": row(_("合计"), found.total),
    }
