"""Figures of visits by land and kind, each opened down to the visits; the same as a spreadsheet."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.tables_out import write_xlsx
from tongxin.regions.queries import Land

from .. import queries
from ..models import Plan, Visit, VisitKind
from ..queries.points import point_figures
from .common import land_of, lands_above, period_asked, show

COLUMNS = ("total", "done", "missed", "open", "bad", "on_spot")


@login_required
@require_safe
def figures(request: SignedIn) -> HttpResponse:
    """Show what was planned, done, missed and found, land by land and kind by kind."""
    land = land_of(request)
    name, first, last = period_asked(request)
    rows = queries.filtered(
        Visit.objects.visible_to(request.user), area=land.path, first=first, last=last
    )
    lands, kinds = queries.figures_by_land(rows, land), queries.figures_by_kind(rows)
    if request.GET.get("format") == "xlsx":
        return _sheet(land, first, last, lands, kinds)
    labels = dict(VisitKind.choices)
    whole = {one: sum(row[one] for row in kinds) for one in COLUMNS}
    given = {"period": name} | ({"on": request.GET["on"]} if request.GET.get("on") else {})
    context = {
        "land": land,
        "crumbs": [(one, _address("fieldwork:figures", given, one)) for one in lands_above(request, land)],
        "lands": [_line(row["land"].short_name, row, given, land=row["land"]) if row["land"] else _line(_("%s本级") % land.short_name, row, given, land=land) for row in lands],
        "kinds": [_line(str(labels[row["kind"]]), row, given, land=land, kind=row["kind"]) for row in kinds],
        "whole": whole,
        "share": queries.Share(whole["done"], whole["total"]),
        "spot": queries.Share(whole["on_spot"], whole["done"]),
        "points": point_figures(request.user, land, first, last),
        "columns": _columns(_("区域")),
        "kind_columns": _columns(_("类型")),
        "rounds": _rounds(request, land, first, last),
        "first": first,
        "last": last,
        "given": urlencode(given | {"region": land.code}),
        "filters": [
            {"name": "period", "label": _("时间"), "value": name,
             "choices": [("week", _("本周")), ("month", _("本月")), ("quarter", _("本季度")), ("year", _("本年"))]}
        ],
        "hidden": [("region", land.code)],
    }  # fmt: skip
    return show(request, "figures", context, tab="figures")


def _columns(first: str) -> list[dict[str, Any]]:
    words = (
        _("应访"),
        _("已完成"),
        _("未按期"),
        _("未完成"),
        _("有问题"),
        _("到场签到"),
        _("完成率"),
    )
    return [{"label": first, "figure": False}, *({"label": one, "figure": True} for one in words)]


def _line(
    label: str, row: dict[str, Any], given: dict[str, str], *, land: Land, kind: str = ""
) -> dict[str, Any]:
    """Return a line whose figures open the visits they count; a land opens its own figures."""
    base = given | {"region": land.code} | ({"kind": kind} if kind else {})
    extra = {"done": {"state": "done"}, "missed": {"state": "missed"}, "bad": {"look": "bad"}}
    cells = []
    for name in COLUMNS:
        url = ""
        if row[name] and name in ("total", "done", "missed", "bad"):
            url = f"{reverse('fieldwork:list')}?{urlencode(base | extra.get(name, {}))}"
        cells.append({"value": row[name], "url": url, "late": name == "missed" and row[name] > 0})
    share = queries.Share(row["done"], row["total"])
    cells.append({"value": share.percent_words})
    url = "" if kind else _address("fieldwork:figures", given, land)
    return {"label": label, "url": url, "cells": cells}


def _address(page: str, given: dict[str, str], land: Land) -> str:
    return f"{reverse(page)}?{urlencode(given | {'region': land.code})}"


def _rounds(request: SignedIn, land: Land, first: Any, last: Any) -> list[dict[str, Any]]:
    """Return the plans at work on the land with how far they are: the rounds of visits (走遍)."""
    plans = Plan.objects.visible_to(request.user).filter(area__under=land.path)
    rows = plans.exclude(state=Plan.State.ENDED).order_by("-pk")[:12]
    shares = queries.shares_of_plans([plan.pk for plan in rows], first, last)
    return [{"plan": plan, "share": shares.get(plan.pk, queries.Share())} for plan in rows]


def _sheet(
    land: Land, first: Any, last: Any, lands: list[dict[str, Any]], kinds: list[dict[str, Any]]
) -> HttpResponse:
    labels = dict(VisitKind.choices)
    header = [
        _("范围"),
        _("应访"),
        _("已完成"),
        _("未按期"),
        _("未完成"),
        _("有问题"),
        _("到场签到"),
    ]
    body = [
        [row["land"].short_name if row["land"] else land.short_name, *(row[one] for one in COLUMNS)]
        for row in lands
    ]
    body += [[str(labels[row["kind"]]), *(row[one] for one in COLUMNS)] for row in kinds]
    out = BytesIO()
    write_xlsx(out, header, body, sheet=_("走访统计"))
    response = HttpResponse(
        out.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    name = f"visits-{land.code}-{first}-{last}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
