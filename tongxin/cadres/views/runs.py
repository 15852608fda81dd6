"""The allocation: made in one run, looked at on the map, changed at a price, confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.regions.models import Region
from tongxin.regions.queries import geojson_of, get_land, world

from .. import actions
from ..forms import MoveForm, RunForm, region_of_choice
from ..models import AllocationRun, Placement
from ..queries.pool import pool_figures
from ..queries.runs import Line, km, lines_of, price_of, proof_of, totals_of
from .common import ask, carried_out, directed_operation, found, me, page_of

TOLERANCE_M = 60
SHOWN = 60


def _run(request: HttpRequest, pk: int) -> AllocationRun:
    rows = AllocationRun.objects.visible_to(request.user).select_related(
        "operation__region", "operation__ordered_by", "by", "decided_by"
    )
    return found(rows.defer("operation__region__polygon"), pk)


@login_required
@require_http_methods(["GET", "POST"])
def allocate(request: HttpRequest, pk: int) -> HttpResponse:
    """Share the pool out for some days."""
    operation = directed_operation(request, pk)
    tomorrow = localdate() + timedelta(days=1)
    form = RunForm(request.POST or None, initial={"first": tomorrow, "last": operation.ends_on})
    made: list[AllocationRun] = []

    def act(data: dict[str, Any]) -> None:
        made.append(actions.allocate(operation=operation, at=now(), by=me(request), **data))

    if carried_out(request, form, act):
        return redirect("cadres:run", made[0].pk)
    figures = pool_figures(operation)
    lede = _("统筹池 %(pool)d 人，%(n)d 个社区至少要 %(least)d 人、期望 %(wish)d 人。先保各社区至少人数，再离家近；结果是草案，确认前可以逐人调整。") % {
        "pool": figures.pool, "n": figures.communities, "least": figures.minimum,
        "wish": figures.wish,
    }  # fmt: skip
    return ask(
        request, form, heading=_("生成分配方案"), verb=_("生成方案"), icon="arrows-split-2",
        back=reverse("cadres:operation", args=[operation.pk]), lede=lede,
    )  # fmt: skip


@login_required
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a run: its figures, its proof, the map, what each community gets."""
    one = _run(request, pk)
    lines = lines_of(one)
    totals = totals_of(one, lines)
    order = request.GET.get("order", "short")
    ranked = sorted(
        lines, key=lambda line: (-line.short, -line.missing, -line.placed, line.land.path)
    )
    if order == "path":
        ranked = lines
    everything = request.GET.get("all") == "1"
    shown = ranked if everything else ranked[:SHOWN]
    context = {
        "run": one,
        "operation": one.operation,
        "totals": totals,
        "proof": _proof_words(one),
        "columns": _columns(),
        "table_rows": [_row(one, line) for line in shown],
        "table_total": _total(lines, totals),
        "more": len(ranked) - len(shown),
        "areas_url": reverse("cadres:run-areas", args=[one.pk]),
        "changes": one.changes.select_related("entry__person", "by").order_by("-pk")[:20],
        "is_draft": one.state == AllocationRun.State.DRAFT,
        "worth": one.parameters["worth"],
        "caption": _("方案 %(n)d · %(first)s 至 %(last)s") % {
            "n": one.number, "first": one.parameters["first"], "last": one.parameters["last"],
        },
    }  # fmt: skip
    return render(request, "cadres/run.html", context)


def _proof_words(one: AllocationRun) -> dict[str, Any]:
    """Say how good a run is: what was proved, and what the changes by hand cost."""
    solved = one.objective - one.changes_cost
    gap = solved - one.bound
    return {
        "gap": gap,
        "solved": km(solved),
        "bound": km(one.bound),
        "left": km(gap),
        "percent": f"{100 * gap / solved:.2f}" if solved else "0",
        "changes": km(one.changes_cost, signed=True),
    }


def _columns() -> list[dict[str, Any]]:
    labels = [
        _("社区"),
        _("至少"),
        _("期望"),
        _("分到"),
        _("缺至少"),
        _("缺期望"),
        _("平均离家（公里）"),
    ]
    return [{"label": label, "figure": n > 0} for n, label in enumerate(labels)]


def _row(one: AllocationRun, line: Line) -> dict[str, Any]:
    url = reverse("cadres:run-community", args=[one.pk, line.land.code])
    return {
        "label": line.land.short_name,
        "url": url,
        "cells": [
            {"value": line.minimum},
            {"value": line.wish},
            {"value": line.placed, "url": url},
            {"value": line.short, "late": line.short > 0},
            {"value": line.missing},
            {"value": "–" if line.mean is None else line.mean},
        ],
    }


def _total(lines: list[Line], totals: dict[str, Any]) -> dict[str, Any]:
    values = [
        sum(line.minimum for line in lines), sum(line.wish for line in lines), totals["placed"],
        totals["short"], totals["missing"], totals["mean"],
    ]  # fmt: skip
    return {"label": _("合计"), "cells": [{"value": value} for value in values]}


@login_required
@require_GET
def areas(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the communities of a run as GeoJSON, each with how many it lacks to its wish."""
    one = _run(request, pk)
    lines = {line.land.id: line for line in lines_of(one)}
    regions = Region.objects.public().filter(pk__in=lines, polygon__isnull=False)
    drawn = geojson_of(regions, tolerance_m=TOLERANCE_M)
    by_code = {line.land.code: line for line in lines.values()}
    for feature in drawn["features"]:
        line = by_code[feature["properties"]["code"]]
        feature["properties"] = {
            "name": f"{line.land.short_name} {line.placed}/{line.wish}",
            "missing": line.missing,
            "url": reverse("cadres:run-community", args=[one.pk, line.land.code]),
        }
    return JsonResponse(drawn)


@login_required
@require_GET
def community(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """List who a run sends to one community, or keeps in reserve (code "reserve")."""
    one = _run(request, pk)
    land = None if code == "reserve" else get_land(code)
    rows: Any = one.placements.filter(community=land.id if land else None)
    rows, next_cursor = page_of(
        request,
        rows.select_related("entry__person", "entry__unit", "entry__home").defer(
            "entry__home__polygon"
        ),
    )
    line = next((x for x in lines_of(one) if land and x.land.id == land.id), None)
    context = {
        "run": one, "land": land, "line": line, "rows": rows, "next_cursor": next_cursor,
        "is_draft": one.state == AllocationRun.State.DRAFT,
    }  # fmt: skip
    return render(request, "cadres/run_community.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int, placement_pk: int) -> HttpResponse:
    """Send one cadre elsewhere: first the price is shown, then it is done."""
    one = _run(request, pk)
    rows = one.placements.select_related("entry__person", "entry__unit", "entry__home", "community")
    placement: Placement = found(rows.filter(run=one), placement_pk)
    lands = [world().by_id[int(place)] for place in one.needs]
    lands.sort(key=lambda land: land.path)
    asked = request.POST or (request.GET if "community" in request.GET else None)
    form = MoveForm(asked, lands=lands)
    price = None
    if request.method == "POST":
        shown = request.POST.get("expect", "")

        def act(data: dict[str, Any]) -> None:
            said = actions.move_placement(
                placement=placement, community=_target(data["community"]), note=data["note"],
                at=now(), by=me(request), expect=int(shown) if shown.lstrip("-").isdecimal() else None,
            )  # fmt: skip
            messages.success(request, _("已调整：%s。") % said.why)

        if carried_out(request, form, act):
            return redirect("cadres:run", one.pk)
    elif asked and form.is_valid():
        target = _target(form.cleaned_data["community"])
        if (target.pk if target else None) != placement.community_id:
            price = price_of(one, placement, target.pk if target else None, look_further=True)
    context = {"run": one, "placement": placement, "form": form, "price": price,
               "km": km(placement.metres), "price_km": km(price.cost, signed=True) if price else ""}  # fmt: skip
    return render(request, "cadres/move.html", context, status=422 if form.errors else 200)


def _target(value: str) -> Region | None:
    return None if value == "reserve" else region_of_choice(value)


@login_required
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Arrange everything anew around what was changed by hand."""
    one = _run(request, pk)
    first, last = (one.parameters[name] for name in ("first", "last"))
    data = RunForm({"first": first, "last": last})
    data.is_valid()
    made = actions.allocate(
        operation=one.operation, at=now(), by=me(request), keep=one, **data.cleaned_data
    )
    messages.success(request, _("人工调整保留，其余重新优化。"))
    return redirect("cadres:run", made.pk)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Send everybody."""
    one = _run(request, pk)
    sent = actions.confirm_run(run=one, at=now(), by=me(request))
    messages.success(
        request, _("已确认，%d 名干部下沉，本人、派出单位和社区已收到通知。") % len(sent)
    )
    return redirect("cadres:operation", one.operation_id)


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a draft up."""
    one = _run(request, pk)
    actions.drop_run(run=one, at=now(), by=me(request))
    messages.success(request, _("草案已放弃。"))
    return redirect("cadres:operation", one.operation_id)


@login_required
@require_GET
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Recompute the bound of a run from its prices, and show the sum."""
    one = _run(request, pk)
    by_id = world().by_id
    prices = sorted(
        ((by_id[int(place)], price / 1000) for place, price in one.prices.items()),
        key=lambda row: (-row[1], row[0].path),
    )
    context = {
        "run": one,
        "proof": proof_of(one),
        "words": _proof_words(one),
        "prices": prices[:100],
    }
    return render(request, "cadres/proof.html", context)
