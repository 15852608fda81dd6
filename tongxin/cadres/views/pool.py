"""The pool, the units, the needs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import unit_reach
from tongxin.regions.queries import get_land, region_of, world

from .. import actions
from ..forms import NeedForm, OfferForm, TogetherForm, region_of_choice
from ..models import PoolEntry
from ..queries.needs import communities_of
from ..queries.pool import pool_figures, units_of
from ..scope import HOME, leads
from .common import ask, carried_out, directed_operation, found, me, operation_of, page_of


@login_required
@require_GET
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    """List who is offered: by unit, and one by one."""
    operation = operation_of(request, pk)
    directs = leads(request.user, operation)
    entries = PoolEntry.objects.visible_to(request.user).ready().filter(operation=operation)
    if not directs and not _kept_units(request).exists():
        raise NotFound(_("没有找到，或您看不到它。"))
    chosen = request.GET.get("unit", "")
    if chosen.isdecimal():
        entries = entries.filter(unit=int(chosen))
    if q := request.GET.get("q", "").strip()[:20]:
        entries = entries.filter(person__name__contains=q)
    rows, next_cursor = page_of(
        request, entries.select_related("person", "unit", "home").defer("home__polygon")
    )
    units = units_of(operation) if directs else []
    context = {
        "operation": operation,
        "directs": directs,
        "units": units,
        "offered": sum(unit.offered for unit in units),
        "least": operation.needs.aggregate(n=Sum("minimum"))["n"] or 0 if directs else 0,
        "rows": rows,
        "next_cursor": next_cursor,
        "search": {"name": "q", "value": q, "placeholder": _("姓名")},
        "hidden": [("unit", chosen)] if chosen else [],
        "chosen": chosen,
    }
    return render(request, "cadres/pool.html", context)


def _kept_units(request: HttpRequest):
    return Org.objects.public().filter(unit_reach(request.user, HOME, column="path"))


def _senders(request: HttpRequest, operation) -> list[Org]:
    """Return the units that may send: of the operation's land, or those the actor keeps."""
    if not leads(request.user, operation):
        return list(_kept_units(request).order_by("name")[:500])
    rows = Org.objects.public().filter(region__path__under=operation.region.path)
    rows = rows.filter(kind__in=("department", "government", "unit", "party"))
    return list(rows.filter(region__level__in=("district", "street")).order_by("-kind", "pk")[:500])


@login_required
@require_http_methods(["GET", "POST"])
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Put one cadre into the pool."""
    operation = operation_of(request, pk)
    orgs = _senders(request, operation)
    if not orgs:
        raise NotFound(_("没有找到，或您看不到它。"))
    lands = communities_of(operation.region.path)
    today = localdate()
    initial = {"from_date": today, "to_date": operation.ends_on}
    form = OfferForm(request.POST or None, orgs=orgs, lands=lands, initial=initial)

    def act(data: dict[str, Any]) -> None:
        unit = next(org for org in orgs if str(org.pk) == data["unit"])
        given = data | {"unit": unit, "home": region_of_choice(data["home"])}
        actions.enrol_cadre(operation=operation, at=now(), by=me(request), **given)

    if carried_out(request, form, act):
        messages.success(request, _("已加入统筹池。"))
        return redirect("cadres:pool", operation.pk)
    return ask(
        request, form, heading=_("报名一名干部"), verb=_("加入统筹池"), icon="user-plus",
        back=reverse("cadres:pool", args=[operation.pk]),
    )  # fmt: skip


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one cadre out of the pool."""
    rows = PoolEntry.objects.visible_to(request.user).select_related(
        "operation__region", "operation__ordered_by", "unit", "person"
    )
    entry = found(rows, pk)
    actions.withdraw_cadre(entry=entry, at=now(), by=me(request))
    messages.success(request, _("%s 已撤出统筹池。") % entry.person)
    return redirect("cadres:pool", entry.operation_id)


@login_required
@require_http_methods(["GET", "POST"])
def together(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a unit stay together."""
    operation = directed_operation(request, pk)
    ids = [one.id for one in units_of(operation)]
    orgs = list(Org.objects.public().filter(pk__in=ids).order_by("name"))
    form = TogetherForm(request.POST or None, orgs=orgs, initial={"unit": request.GET.get("unit")})

    def act(data: dict[str, Any]) -> None:
        unit = next(org for org in orgs if str(org.pk) == data["unit"])
        actions.keep_together(
            operation=operation, unit=unit, level=data["level"], at=now(), by=me(request)
        )

    if carried_out(request, form, act):
        messages.success(request, _("已设定，下次生成方案时生效。"))
        return redirect("cadres:pool", operation.pk)
    return ask(
        request, form, heading=_("成建制下沉"), verb=_("设定"), icon="users-group",
        back=reverse("cadres:pool", args=[operation.pk]),
        lede=_("选定的单位，干部只分到同一个街镇或同一个社区；分不下的留在预备队。"),
    )  # fmt: skip


@login_required
@require_GET
def needs(request: HttpRequest, pk: int) -> HttpResponse:
    """List what each community needs, and the sum behind it."""
    operation = directed_operation(request, pk)
    by_id = world().by_id
    rows = [
        (by_id[one.community_id], one) for one in operation.needs.all() if one.community_id in by_id
    ]
    streets: dict[int, dict[str, Any]] = {}
    for land, one in sorted(rows, key=lambda row: row[0].path):
        above = by_id[land.parent_id or land.id]
        street = streets.setdefault(above.id, {"land": above, "rows": [], "minimum": 0, "wish": 0})
        street["rows"].append((land, one))
        street["minimum"] += one.minimum
        street["wish"] += one.wish
    context = {
        "operation": operation, "streets": streets.values(), "figures": pool_figures(operation),
        "without": len(communities_of(operation.region.path)) - len(rows),
    }  # fmt: skip
    return render(request, "cadres/needs.html", context)


@login_required
@require_POST
def suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the suggestion for every community that was not set by hand."""
    operation = directed_operation(request, pk)
    number = actions.suggest_needs(operation=operation, at=now(), by=me(request))
    messages.success(request, _("已按规则建议 %d 个社区的需求，人工填报的没有改。") % number)
    return redirect("cadres:needs", operation.pk)


@login_required
@require_http_methods(["GET", "POST"])
def need(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Set by hand what one community needs."""
    operation = directed_operation(request, pk)
    region = region_of(get_land(code))
    known = operation.needs.filter(community=region).first()
    initial = {name: getattr(known, name) for name in ("minimum", "wish")} if known else {}
    form = NeedForm(request.POST or None, initial=initial)

    def act(data: dict[str, Any]) -> None:
        actions.set_need(operation=operation, community=region, at=now(), by=me(request), **data)

    if carried_out(request, form, act):
        messages.success(request, _("已改为人工填报。"))
        return redirect("cadres:needs", operation.pk)
    return ask(
        request, form, heading=_("%s需求") % region.short_name, verb=_("保存"), icon="check",
        back=reverse("cadres:needs", args=[operation.pk]), lede=known.basis if known else "",
    )  # fmt: skip
