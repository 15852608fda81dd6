"""What villages earn, counted: by street, by village, by year, on the map."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.accounts.queries import SignedIn
from tongxin.funds.queries import yuan
from tongxin.kit.tables import write_xlsx
from tongxin.regions.queries import place_name, world

from .. import queries
from .common import crumbs_of, land_of, show, year_asked

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 300
SHOWN_YEARS = 5


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """Count a year: villages with nothing first, then the rest, by street where there are several."""
    land, year = land_of(request), year_asked(request)
    books = queries.books_of(request.user, range(year - SHOWN_YEARS, year + 1), land.path)
    whole = books.count(year)
    if "year" not in request.GET and not whole.reported:  # nobody has reported this year yet
        year -= 1
        whole = books.count(year)
    is_wide = land.level in ("city", "district")
    this = localdate().year
    trend = books.trend(range(year - SHOWN_YEARS + 1, year + 1))
    words = urlencode({"region": land.code, "year": str(year)})
    context = {
        "land": land,
        "year": year,
        "crumbs": crumbs_of(request, land),
        "whole": whole,
        "mark": books.mark(year),
        "streets": _streets(whole, year) if is_wide else [],
        "lines": _lines(whole, is_wide),
        "is_wide": is_wide,
        "columns": [
            {"label": label, "figure": figure}
            for label, figure in (
                (_("街镇"), False), (_("村"), True), (_("已上报"), True), (_("零收入"), True),
                (_("达标"), True), (_("有项目"), True), (_("收入（元）"), True),
                (_("可持续（元）"), True),
            )
        ],
        "caption": _("%(place)s · %(year)d 年") % {"place": land.name, "year": year},
        "filters": [{"name": "year", "label": _("年度"), "value": str(year),
                     "choices": [(str(n), str(n)) for n in range(this, this - 6, -1)]}],
        "hidden": [("region", land.code)],
        "chart": {
            "kind": "bar", "x": [str(one[0]) for one in trend], "unit": _("个村"),
            "series": [
                {"name": _("零收入"), "data": [one[2] for one in trend], "tone": "late"},
                {"name": _("达标"), "data": [one[3] for one in trend], "tone": "done"},
            ],
        },
        "chart_rows": [(str(one[0]), [one[2], one[3]]) for one in trend],
        "map_url": f"{reverse('economy:areas')}?{words}",
        "sheet_url": f"{reverse('economy:sheet')}?{words}",
    }  # fmt: skip
    return show(request, "home", context, tab="home")


def _streets(whole: queries.Count, year: int) -> list[dict[str, Any]]:
    names = {one.path: one.short_name for one in world().lands if one.level == "street"}
    codes = {one.path: one.code for one in world().lands if one.level == "street"}
    rows = []
    for one in queries.by_street(whole, names):
        words = urlencode({"region": codes.get(one.path, ""), "year": str(year)})
        rows.append({
            "label": one.name, "url": f"?{words}",
            "cells": [
                {"value": one.villages}, {"value": one.reported},
                {"value": one.zero, "late": one.zero > 0}, {"value": one.above},
                {"value": one.projects}, {"value": yuan(one.total_fen)},
                {"value": yuan(one.sustainable_fen)},
            ],
        })  # fmt: skip
    return rows


def _lines(whole: queries.Count, is_wide: bool) -> list[queries.VillageLine]:
    """Those that need somebody first: back to nothing, nothing, not reported; of a district only those."""
    order = {True: 0}

    def rank(line: queries.VillageLine) -> tuple[int, str]:
        if line.is_back_to_zero:
            return 0, line.village.path
        if line.is_zero:
            return 1, line.village.path
        return (order.get(not line.is_reported, 1) + 2), line.village.path

    lines = sorted(whole.lines, key=rank)
    if is_wide:
        lines = [line for line in lines if line.is_zero or not line.is_reported]
    return lines[:MOST]


@login_required
@require_GET
def areas(request: SignedIn) -> JsonResponse:
    """Give the villages of the land looked at, with how much of the line each earns."""
    land, year = land_of(request), year_asked(request)
    url = reverse("economy:village", args=["CODE"])
    return JsonResponse(queries.areas_of(queries.count_year(request.user, year, land.path), url))


@login_required
@require_GET
def sheet(request: SignedIn) -> HttpResponse:
    """Give the villages of a year as XLSX, with the sum."""
    land, year = land_of(request), year_asked(request)
    whole = queries.count_year(request.user, year, land.path)
    header = [_("街镇"), _("村"), _("区划代码"), _("状态"), _("收入（元）"), _("可持续（元）"),
              _("补助和捐赠（元）"), _("上年收入（元）"), _("项目")]  # fmt: skip
    rows: list[list[Any]] = []
    for line in whole.lines:
        now = line.now if line.is_reported else None
        street, _dot, _village = place_name(line.village.path, below="district").partition(" · ")
        rows.append([
            street, line.village.name, line.village.code, line.state[1],
            now.total_fen / 100 if now else "", now.sustainable_fen / 100 if now else "",
            now.grants_fen / 100 if now else "", line.before.total_fen / 100 if line.before else "",
            line.project.title if line.project else "",
        ])  # fmt: skip
    rows.append([_("合计"), f"{whole.reported}/{whole.villages}", "", "", whole.total_fen / 100,
                 whole.sustainable_fen / 100, "", "", ""])  # fmt: skip
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="villages-{land.code}-{year}.xlsx"'
    write_xlsx(answer, header, rows, sheet=str(year))
    return answer
