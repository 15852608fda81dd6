"""The overview of a street and of a district, and the page on which a whistle is blown."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.cases.flow import all_flows
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, place_name
from tongxin.requests.actions import blow_whistle

from .. import roles
from ..forms import WhistleForm
from ..queries import doers
from ..queries import street as queries
from ..queries.desk import Desk, NotYourDesk, crumbs, desk_of, lands_below, widest

MOST_BARS = 16
LAYERS = {"late": "share", "gaps": "gaps"}


def _desk(request: HttpRequest) -> tuple[Desk, Land]:
    """Return the place looked at as a desk, and the land; an organisation's has none to overlook."""
    role, region = roles.role_of(request).name, request.GET.get("region", "")
    mine = desk_of(request.user, role=role, region=region)
    if mine.org:
        raise NotYourDesk(_("您的岗位没有管辖范围。"))
    land = mine.land or widest()
    return mine if mine.land else Desk(land, None), land


@login_required
@require_GET
def street(request: HttpRequest) -> HttpResponse:
    """Show the figures of a period, the map, and what is open, late and whistled now."""
    at, (mine, land) = now(), _desk(request)
    period = queries.Period.read(request.GET, localdate())
    kind = request.GET.get("kind", "")
    kind = kind if kind in {flow.kind for flow in all_flows()} else ""
    found = queries.figures(land, period, kind=kind)
    layer = request.GET.get("layer", "late")
    layer = layer if layer in LAYERS else "late"
    words: dict[str, Any] = (
        {"period": period.name} if period.name else {"since": period.since, "until": period.until}
    )
    shared: dict[str, Any] = {**words, **({"kind": kind} if kind else {})}
    context = {
        "land": land,
        "crumbs": [(one, _here(one, shared)) for one in crumbs(request.user, land)],
        "period": period,
        "figures": found,
        "tiles": _tiles(found.whole, period, kind),
        "now_in": queries.burning(mine, at=at),
        **_cover(queries.cover(land, on=localdate())),
        "table": _table(found, period, kind, shared),
        "caption": f"{place_name(land.path)} · {period.words}",
        **_chart(found.rows, shared),
        "topics": [
            (name, n, queries.desk_url(land, period, tab="any", topic=pk, kind=kind))
            for pk, name, n in found.topics
        ],
        "layer": layer,
        "layers": _layers(land, shared, layer),
        "shade": LAYERS[layer],
        "areas_url": f"{reverse('portal:areas')}?{urlencode({'region': land.code, **shared})}",
        "points_url": f"{reverse('portal:points')}?{urlencode({'region': land.code})}",
        "filters": _filters(request, land, period, kind),
        "desk_open": queries.desk_url(land, tab="all"),
        "desk_late": queries.desk_url(land, tab="late"),
        "desk_whistle": queries.desk_url(land, tab="all", kind="whistle"),
        "may_whistle": _is_officer(request.user),
        "people_url": f"{reverse('portal:people')}?{urlencode({'region': land.code, **words})}",
    }
    return render(request, "portal/street.html", context)


def _here(land, shared: dict[str, Any]) -> str:
    return f"{reverse('portal:street')}?{urlencode({'region': land.code, **shared})}"


def _tiles(whole: queries.Row, period: queries.Period, kind: str) -> list[dict[str, Any]]:
    land = whole.land
    on_time = round(100 - whole.share, 1) if whole.share is not None else "–"
    return [
        {"label": _("提交"), "value": whole.total, "unit": _("件"),
         "url": queries.desk_url(land, period, tab="any", kind=kind)},
        {"label": _("其中未办结"), "value": whole.open, "unit": _("件"),
         "url": queries.desk_url(land, period, tab="all", kind=kind)},
        {"label": _("曾超时"), "value": whole.late, "unit": _("件"), "tone": "late" if whole.late else "",
         "url": queries.desk_url(land, period, tab="any", kind=kind, late=1)},
        {"label": _("未超时率"), "value": on_time, "unit": "%", "why": "#why"},
    ]  # fmt: skip


def _table(
    found: queries.Figures, period: queries.Period, kind: str, shared: dict[str, Any]
) -> dict[str, Any]:
    """Return the figures as `ui/parts/table.html` draws them; each leads to the cases it counts."""

    def cells(row: queries.Row) -> list[dict[str, Any]]:
        return [
            {"value": row.total, "url": queries.desk_url(row.land, period, tab="any", kind=kind)},
            {"value": row.open, "url": queries.desk_url(row.land, period, tab="all", kind=kind)},
            {"value": row.late, "late": row.late > 0,
             "url": queries.desk_url(row.land, period, tab="any", kind=kind, late=1)},
            {"value": "–" if row.share is None else f"{row.share}%"},
        ]  # fmt: skip

    labels = [_("区域"), _("提交"), _("未办结"), _("曾超时"), _("超时占比")]
    rows = sorted(found.rows, key=lambda row: (-row.late, -row.total, row.land.path))
    return {
        "columns": [{"label": label, "figure": n > 0} for n, label in enumerate(labels)],
        "rows": [
            {"label": row.land.short_name, "url": _here(row.land, shared), "cells": cells(row)}
            for row in rows
        ],
        "total": {"label": _("合计"), "cells": cells(found.whole)},
    }


def _chart(rows: list[queries.Row], shared: dict[str, Any]) -> dict[str, Any]:
    """Return {"chart", "chart_rows"} for `ui/parts/chart.html`; nothing where nothing was asked."""
    shown = sorted((row for row in rows if row.total), key=lambda row: -row.total)[:MOST_BARS]
    if not shown:
        return {}
    on_time, late = [row.total - row.late for row in shown], [row.late for row in shown]
    names = [row.land.short_name for row in shown]
    chart = {
        "kind": "stack",
        "x": names,
        "unit": _("件"),
        "urls": [_here(row.land, shared) for row in shown],
        "series": [
            {"name": _("未超时"), "data": on_time, "tone": "working"},
            {"name": _("曾超时"), "data": late, "tone": "late"},
        ],
    }
    return {
        "chart": chart,
        "chart_rows": list(zip(names, zip(on_time, late, strict=True), strict=True)),
    }


def _cover(cover: queries.Cover) -> dict[str, Any]:
    shown = [place_name(gap.path) for gap in cover.gaps[: queries.MOST_GAPS]]
    return {"cover": cover, "gaps_shown": shown, "gaps_more": len(cover.gaps) - len(shown)}


def _layers(land, shared: dict[str, Any], layer: str) -> list[dict[str, Any]]:
    labels = {"late": _("超时占比"), "gaps": _("红网格空白")}
    return [
        {"label": label, "url": f"{_here(land, shared)}&layer={name}#map", "active": name == layer}
        for name, label in labels.items()
    ]


def _filters(request: HttpRequest, land, period: queries.Period, kind: str) -> list[dict[str, Any]]:
    periods = [*queries.PERIODS.items()] + ([] if period.name else [("", period.words)])
    kinds = [("", _("全部")), *((flow.kind, flow.label) for flow in all_flows())]
    filters = [
        ("region", _("区域"), land.code, lands_below(request.user, land)),
        ("period", _("时间"), period.name, periods),
        ("kind", _("类别"), kind, kinds),
    ]
    names = ("name", "label", "value", "choices")
    return [dict(zip(names, one, strict=True)) for one in filters]


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Show who took orders in a place and a period, by name, each figure a link (S0.59, S0.60)."""
    _mine, land = _desk(request)
    period = queries.Period.read(request.GET, localdate())
    only = request.GET.get("only", "")
    only = only if only in ("volunteers", "others") else ""
    found, cursor = doers.people(land, period, only=only, cursor=request.GET.get("cursor", ""))
    words = {"period": period.name} if period.name else vars(period) | {"name": ""}
    shared = {name: value for name, value in words.items() if value}
    here = f"{reverse('portal:people')}?{urlencode({'region': land.code, **shared})}"
    sums = doers.sums(land, period)
    context = {
        "land": land,
        "period": period,
        "sums": sums,
        "others": sums.people - sums.volunteers,
        "table": _people_table(found, land, period),
        "caption": f"{place_name(land.path)} · {period.words}",
        "segments": [
            {"label": label, "url": f"{here}&only={name}", "active": name == only}
            for name, label in (
                ("", _("全部")),
                ("volunteers", _("志愿者")),
                ("others", _("其他人员")),
            )
        ],
        "taken_url": queries.desk_url(land, period, tab="any", taken=1),
        "volunteers_url": f"{here}&only=volunteers",
        "here": here,
        "next_query": f"{here}&only={only}&{urlencode({'cursor': cursor})}" if cursor else "",
        "filters": _filters(request, land, period, "")[:2],
        "street_url": _here(land, shared),
    }
    return render(request, "portal/people.html", context)


def _people_table(found: list[doers.Doer], land: Land, period: queries.Period) -> dict[str, Any]:
    labels = [_("姓名"), _("身份"), _("接单"), _("其中办结")]
    rows = [
        {
            "label": one.name,
            "url": queries.desk_url(land, period, tab="any", holder=one.pk),
            "cells": [
                {"value": _("志愿者") if one.is_volunteer else _("其他人员"), "is_text": True},
                {"value": one.taken},
                {"value": one.done},
            ],
        }
        for one in found
    ]
    columns = [{"label": label, "figure": n > 1} for n, label in enumerate(labels)]
    return {"columns": columns, "rows": rows}


@login_required
@require_GET
def areas(request: HttpRequest) -> HttpResponse:
    """Answer the places below as GeoJSON with their figures."""
    _mine, land = _desk(request)
    period = queries.Period.read(request.GET, localdate())
    found = queries.figures(land, period, kind=request.GET.get("kind", ""))
    shared = {"period": period.name} if period.name else {}
    urls = {row.land.code: _here(row.land, shared) for row in found.rows}
    return JsonResponse(queries.areas(land, found.rows, queries.cover(land, on=localdate()), urls))


@login_required
@require_GET
def points(request: HttpRequest) -> HttpResponse:
    """Answer what is open as pins."""
    return JsonResponse(queries.points(_desk(request)[0], at=now()), safe=False)


def _is_officer(user) -> bool:
    return any(post.role == "officer" for post in posts_of(user))


@login_required
@require_http_methods(["GET", "POST"])
def whistle(request: HttpRequest) -> HttpResponse:
    """Call departments to the spot; from a request (`?case=`), which then waits for them."""
    if not _is_officer(request.user):
        raise NotFound(_("只有街镇管理员可以吹哨。"))
    parent = _parent(request)
    form = WhistleForm(request.POST or None, officer=request.user, parent=parent)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                case = blow_whistle(actor=request.user, at=now(), parent=parent, **form.given())
            except Refused as refusal:
                form.take(refusal)
            else:
                messages.success(request, _("已吹哨：%s。部门会马上收到通知。") % case.number)
                return redirect("cases:detail", case.pk)
    context = {"form": form, "parent": parent}
    return render(request, "portal/whistle.html", context, status=status)


def _parent(request: HttpRequest) -> Case | None:
    asked = request.POST.get("case") or request.GET.get("case")
    if not asked:
        return None
    try:
        pk = uuid.UUID(asked)
    except ValueError:
        raise NotFound(_("没有找到这张单子。")) from None
    return get_object_or_404(Case.objects.visible_to(request.user).open(), pk=pk)
