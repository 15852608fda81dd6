"""Coverage of both reports: the street's page with map, table, and who is missing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, geojson_of, lands_of, place_name
from tongxin.ui.paging import pk_of

from ..queries import coverage, desk
from ..scope import desk_paths, watch_paths

LAYERS = {
    "units": gettext_lazy("单位报到"),
    "pacts": gettext_lazy("共建协议"),
    "members": gettext_lazy("党员报到"),
}
TOLERANCE = {"city": 150, "district": 60, "street": 15}


def _crumbs(land: Land, actor) -> list[tuple[Land, str]]:
    mine = watch_paths(actor)
    way = [one for one in lands_of(land.path) if any(one.path.startswith(path) for path in mine)]
    return [(one, f"?{urlencode({'region': one.code})}") for one in way]


def _layer(request: SignedIn) -> str:
    layer = request.GET.get("layer", "")
    return layer if layer in LAYERS else "units"


@login_required
@require_safe
def page(request: SignedIn) -> HttpResponse:
    """Show both rates of a place with base and arithmetic, below it, and which units are missing."""
    today = localdate()
    land = desk.land_of(request.user, request.GET.get("region", ""), watching=True)
    layer = _layer(request)
    whole, rows = coverage.coverage(land, today)
    missing = coverage.units_missing(
        land.path, today, what="pact" if layer == "pacts" else "report",
        after=pk_of(request.GET.get("cursor", "")),
    )  # fmt: skip
    shown = missing[: coverage.MISSING_SHOWN]
    words = {"region": land.code}
    context = {
        "land": land,
        "crumbs": _crumbs(land, request.user),
        "whole": whole,
        "layer": layer,
        "layers": [
            {
                "label": label,
                "url": f"?{urlencode({**words, 'layer': name})}",
                "active": name == layer,
            }
            for name, label in LAYERS.items()
        ],
        "areas_url": f"{reverse('dual_report:coverage-areas')}?{urlencode({**words, 'layer': layer})}",
        "table": _table(whole, rows),
        "caption": f"{place_name(land.path)} · {today:%Y-%m-%d}",
        "why_units": coverage.why_units(whole),
        "why_members": coverage.why_members(whole, coverage.homeless(land.path)),
        "missing": shown,
        "next_cursor": str(shown[-1].pk) if len(missing) > len(shown) else "",
        "may_file": bool(desk_paths(request.user)),
    }
    return render(request, "dual_report/coverage.html", context)


def _most_left(row: coverage.Row) -> tuple[int, int, str]:
    """What is left most comes first, places without anybody to count last."""
    left = row.units.left + row.pacts.left + row.members.left
    return -left, -(row.units.base + row.members.base), row.land.path


def _percent(share: coverage.Share) -> str:
    return "–" if share.percent is None else f"{share.percent}%"


def _table(whole: coverage.Row, rows: list[coverage.Row]) -> dict[str, Any]:
    labels = [
        _("区域"), _("应报到单位"), _("已报到"), _("报到率"), _("协议有效"), _("签约率"),
        _("在职党员"), _("已报到"), _("报到率"),
    ]  # fmt: skip

    def cells(row: coverage.Row) -> list[dict[str, Any]]:
        here = urlencode({"region": row.land.code})
        units_url = f"?{here}&layer=units#missing"
        return [
            {"value": row.units.base},
            {"value": row.units.done},
            {"value": _percent(row.units), "late": row.units.left > 0,
             "url": units_url if row.units.left else ""},
            {"value": row.pacts.done},
            {"value": _percent(row.pacts), "late": row.pacts.left > 0,
             "url": f"?{here}&layer=pacts#missing" if row.pacts.left else ""},
            {"value": row.members.base},
            {"value": row.members.done},
            {"value": _percent(row.members), "late": row.members.left > 0},
        ]  # fmt: skip

    return {
        "columns": [{"label": label, "figure": n > 0} for n, label in enumerate(labels)],
        "rows": [
            {"label": row.land.short_name, "url": f"?{urlencode({'region': row.land.code})}",
             "cells": cells(row)}
            for row in sorted(rows, key=_most_left)
        ],
        "total": {"label": _("合计"), "cells": cells(whole)} if rows else None,
    }  # fmt: skip


@login_required
@require_safe
def areas(request: SignedIn) -> HttpResponse:
    """Give what lies below a place as GeoJSON, shaded by how many of a hundred are missing."""
    land = desk.land_of(request.user, request.GET.get("region", ""), watching=True)
    layer = _layer(request)
    _whole, rows = coverage.coverage(land, localdate())
    by_code = {row.land.code: row for row in rows}
    regions = Region.objects.public().filter(pk__in=[row.land.id for row in rows])
    drawn = geojson_of(regions, tolerance_m=TOLERANCE.get(land.level, 0))
    page_url = reverse("dual_report:coverage")
    for feature in drawn["features"]:
        row = by_code[feature["properties"]["code"]]
        share: coverage.Share = getattr(row, layer)
        feature["properties"] = {
            "name": row.land.short_name,
            "missing": None if share.percent is None else round(100 - share.percent, 1),
            "url": f"{page_url}?{urlencode({'region': row.land.code, 'layer': layer})}",
        }
    return JsonResponse(drawn)


@login_required
@require_safe
def branches(request: SignedIn) -> HttpResponse:
    """Show each unit whose register one keeps, with who has not reported."""
    today = localdate()
    found = coverage.branches(
        request.user, today, after=pk_of(request.GET.get("cursor", "")), size=51
    )
    context = {
        "branches": found[:50],
        "next_cursor": str(found[49].unit.pk) if len(found) > 50 else "",
        "missing": coverage.members_missing(request.user, today),
    }
    return render(request, "dual_report/branches.html", context)
