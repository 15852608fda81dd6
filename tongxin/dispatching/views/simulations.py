"""The pages of simulations: asking for one, its answer, its report."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import region_of

from .. import actions
from ..forms import SimulationForm
from ..models import LOOKS, Simulation
from ..simulating import answers
from .common import me
from .weights import my_district

PAGE = 20
TONES = {"grab": "waiting", "nearest": "idle", "rules": "working", "batch": "done"}
STATES = {"waiting": "waiting", "running": "working", "done": "done", "failed": "late"}


@login_required
@require_http_methods(["GET", "POST"])
def simulations(request: HttpRequest) -> HttpResponse:
    """List the simulations of one's district, and ask for one."""
    district = my_district(request)
    rows = Simulation.objects.visible_to(request.user).filter(region=district.id)
    may_ask = bool(roles_over(request.user, district.path) & set(LOOKS))
    found = list(rows.select_related("by").defer("answer").order_by("-id")[:PAGE])
    if not {post.role for post in posts_of(request.user)} & set(LOOKS):
        raise NotFound(_("没有找到，或您看不到它。"))
    form = SimulationForm(request.POST or None) if may_ask else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            asked = actions.ask_simulation(
                region=region_of(district), question=form.cleaned_data, at=now(), by=me(request)
            )
        except Refused as refusal:
            form.take(refusal)
        else:
            return redirect("dispatching:simulation", pk=asked.pk)
    context = {
        "district": district,
        "form": form,
        "rows": [(one, STATES[one.state]) for one in found],
        "now": now(),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "dispatching/simulations.html", context, status=status)


def _simulation(request: HttpRequest, pk: int) -> Simulation:
    rows = Simulation.objects.visible_to(request.user).select_related("region", "by")
    found = rows.defer("region__polygon").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return found


@login_required
@require_GET
def simulation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an answer: table, curves, and all that was assumed; or how far it is."""
    found = _simulation(request, pk)
    context: dict[str, Any] = {
        "simulation": found,
        "tone": STATES[found.state],
        "now": now(),
        "assumptions": actions.assumptions_of(found.question),
    }
    if found.state == Simulation.State.DONE and found.answer:
        context |= _shown(found.answer)
    elif found.answer:
        runs = found.answer["runs"]
        context |= {
            "ran": sum(map(len, runs.values())),
            "of": len(runs) * len(found.answer["seeds"]),
        }
    return render(request, "dispatching/simulation.html", context)


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    table = answers.table_of(found)
    return {
        "lede": answers.lede_of(found),
        "columns": [
            {"label": _("看什么")},
            *({"label": word, "figure": True} for word in table["columns"]),
        ],
        "rows": [
            {"label": word, "cells": [{"value": text} for text in texts]}
            for word, texts in table["rows"]
        ],
        "charts": [_chart(plot) for plot in answers.plots_of(found)],
        "assumed": answers.assumed(found),
        "notes": answers.NOTES,
    }


def _chart(plot: dict[str, Any]) -> dict[str, Any]:
    words = [f"{x:g}" for x in plot["x"]]
    series = [
        {"name": label, "data": [round(100 * y, 1) for y in values], "tone": TONES[mode]}
        for mode, label, values in plot["series"]
    ]
    rows = [
        (f"{word} {plot['x_word']}", [one["data"][n] for one in series])
        for n, word in enumerate(words)
    ]
    return {
        "title": plot["title"],
        "x_word": plot["x_word"],
        "chart": {"kind": "line", "x": words, "unit": "%", "series": series},
        "rows": rows,
    }


@login_required
@require_GET
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand over the answer as one self-contained page."""
    found = _simulation(request, pk)
    if found.state != Simulation.State.DONE or not found.answer:
        raise NotFound(_("模拟还没有算完。"))
    response = HttpResponse(answers.report(found.answer), content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="simulation-{pk}.html"'
    return response
