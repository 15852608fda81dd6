"""Places: who takes part and what stands at grid level (S0.44); buildings and their duties (S3.40)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.models import Org
from tongxin.orgs.queries import kept_units
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name

from .. import actions, queries
from ..forms import DutyForm
from ..models import DutyRecord
from .common import OVERLOOKS, PAGE, land_of, lands_above, show, year_filter, year_of


@login_required
@require_GET
def indicators(request: SignedIn) -> HttpResponse:
    """Show the indicators of a place, each with base and formula, and kinds by what lies below."""
    land, today = land_of(request), localdate()
    kinds = queries.kinds_of_lands(land, today)
    found = queries.indicators(land, kinds, today)
    groups: dict[str, list[Any]] = {}
    for one in found:
        groups.setdefault(str(one.group), []).append(one)
    context = {
        "land": land,
        "crumbs": lands_above(request, land, "standards:indicators"),
        "today": today,
        "groups": groups.items(),
        "kinds": list(queries.KINDS.values()),
        "below": queries.kinds_below(land, kinds),
        "page_url": reverse("standards:indicators"),
    }
    return show(request, "indicators", context, tab="indicators")


@login_required
@require_GET
def buildings(request: SignedIn) -> HttpResponse:
    """List the buildings of a place: who covers them, which duties were done this year."""
    land, year, today = land_of(request), year_of(request), localdate()
    everything = queries.buildings_in(land, year, today)
    counts = {
        name: queries.show_only(everything, name).order_by().count()
        for name in ("", "uncovered", "undone", "done")
    }
    asked = request.GET.get("show", "")
    asked = asked if asked in counts else ""
    after = request.GET.get("cursor", "")[:60]
    rows = queries.show_only(everything, asked)
    found = list((rows.filter(path__gt=after) if after else rows)[: PAGE + 1])
    words: dict[str, str | int] = {"region": land.code, "year": year}
    labels = {
        "": _("全部"), "uncovered": _("没有党组织"), "undone": _("职责没做全"), "done": _("三项都做了"),
    }  # fmt: skip
    context = {
        "land": land,
        "year": year,
        "crumbs": lands_above(request, land, "standards:buildings"),
        "filters": [year_filter(year)],
        "hidden": [("region", land.code), ("show", asked)],
        "segments": [
            {"label": label, "url": f"?{urlencode(words | {'show': name})}", "active": name == asked,
             "count": counts[name]}
            for name, label in labels.items()
        ],
        "rows": queries.building_rows(found[:PAGE], year),
        "next_cursor": found[PAGE - 1].path if len(found) > PAGE else "",
        "total": counts[""],
        "uncovered": counts["uncovered"],
    }  # fmt: skip
    return show(request, "buildings", context, tab="buildings")


def _building(request: SignedIn, code: str) -> Region:
    row = Region.objects.public().filter(code=code, level=Region.Level.BUILDING).first()
    paths = [post.path for post in posts_of(request.user) if post.role in OVERLOOKS]
    if row is None or not any(row.path.startswith(path) for path in paths):
        raise NotFound(_("没有找到这栋楼，或不归您管。"))
    return row


@login_required
@require_http_methods(["GET", "POST"])
def building(request: SignedIn, code: str) -> HttpResponse:
    """Show a building: who covers it, what was done; who keeps one of those units writes down more."""
    row, year = _building(request, code), year_of(request)
    covering = Org.objects.public().filter(kind=Org.Kind.PARTY, grids=row).order_by("path")
    kept = kept_units(request.user).filter(grids=row)
    may_add = kept.exists()
    first = kept.first()
    initial = {"on": localdate(), "key": uuid4().hex, "unit": first.pk if first else None}
    form = DutyForm(request.POST or None, units=kept, initial=initial)
    status, remedy = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.record_duty(building=row, by=request.user, at=now(), **form.cleaned_data)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, refusal.remedy
            else:
                messages.success(request, _("已记录，并写入全程纪实。"))
                return redirect("standards:building", code)
    seen = DutyRecord.objects.visible_to(request.user)
    records = queries.records_of(row, year)
    lines = queries.building_rows([row], year)
    context = {
        "building": row,
        "place": place_name(row.path),
        "year": year,
        "line": lines[0],
        "covering": covering,
        "records": records.filter(pk__in=seen)[:PAGE],
        "form": form,
        "remedy": remedy,
        "may_add": may_add,
    }
    return show(request, "building", context, tab="buildings", status=status)
