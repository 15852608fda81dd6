"""Targets: the tops of one's land, one drilled down, the matrix of fields and years."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.models import Region
from tongxin.regions.queries import world

from .. import actions, queries
from ..forms.others import FigureForm, MoveTargetForm, SplitForm, TargetForm, ValueForm
from ..models import Field, Target
from .common import FORM, ask, leads, led_regions, one, own_path, show

MOST = 200
SPLITTERS = ("officer", "organiser", "secretary")


@login_required
@require_GET
def targets(request: SignedIn) -> HttpResponse:
    """Show the targets at the top of each cascade as a matrix of fields and years, and as a list."""
    year = request.GET.get("year", "")
    seen = Target.objects.visible_to(request.user)
    rows = seen.filter(parent=None)
    own = own_path(request)
    if own and not rows.filter(region__path__startswith=own).exists():
        rows = rows | seen.filter(region__path__startswith=own)
    if year.isdigit() and len(year) == 4:
        rows = rows.filter(from_year__lte=int(year), to_year__gte=int(year))
    tops = list(rows.order_by("field", "pk")[:MOST])
    found = queries.rolled(tops)
    shown = [found[one.pk] for one in tops]
    years, fields = queries.matrix_of(shown)
    labels = dict(Field.choices)
    context = {
        "rows": shown, "years": years,
        "fields": [(labels[name], [cells.get(y, []) for y in years]) for name, cells in fields],
        "may_set": bool(led_regions(request, SPLITTERS)),
        "year": year, "this_year": localdate().year,
    }  # fmt: skip
    return show(request, "targets", context, tab="targets")


def seen_target(request: SignedIn, pk: int) -> Target:
    rows = Target.objects.visible_to(request.user)
    return one(rows.select_related("region", "org", "parent__region", "programme"), pk=pk)


@login_required
@require_GET
def target(request: SignedIn, pk: int) -> HttpResponse:
    """Show one target: its figure, what it was split into, how it came about."""
    found = seen_target(request, pk)
    rolled = queries.rolled([found])[found.pk]
    rows = [
        {
            "label": f"{row.target.org.name if row.target.org else row.target.region.name} · {row.target.years}",
            "url": reverse("projects:target", args=[row.target.pk]),
            "cells": [
                {"value": queries.plain(row.target.value)}, {"value": queries.plain(row.actual)},
                {"value": "—" if row.percent is None else f"{row.percent}%"},
                {"value": f"{row.reported[0]}/{row.reported[1]}"},
            ],
        }
        for row in rolled.children
    ]  # fmt: skip
    reports = list(found.figures.select_related("by").order_by("-on", "-pk")[:12])
    tasks = list(found.tasks.select_related("org").order_by("n")[:50])
    splits = leads(request, found.region.path, SPLITTERS)
    context = {
        "one": found, "rolled": rolled, "rows": rows, "reports": reports, "tasks": tasks,
        "columns": [{"label": _("分解到")}, {"label": _("目标值"), "figure": True}, {"label": _("完成值"), "figure": True},
                    {"label": _("完成率"), "figure": True}, {"label": _("已报"), "figure": True}],
        "caption": f"{found.name} · {found.region.name} · {found.years}",
        "may_split": splits and not reports and not tasks,
        "may_move": splits,
        "may_value": splits if found.parent is None else leads(request, found.parent.region.path, SPLITTERS),
        "may_report": not rolled.children and not tasks,
    }  # fmt: skip
    return show(request, "target", context, tab="targets")


@login_required
@require_http_methods(FORM)
def new_target(request: SignedIn) -> HttpResponse:
    """Set a target at the top of a cascade."""
    regions = led_regions(request, SPLITTERS, deep=True)
    if not regions:
        raise NotFound(_("目标由街镇或区下达。"))
    year = localdate().year
    initial = {"from_year": year, "to_year": year, "key": str(uuid4())}
    form = TargetForm(
        request.POST or None, regions=regions, path=own_path(request), initial=initial
    )

    def act() -> str:
        made = actions.set_target(**form.cleaned_data, by=request.user, at=now())
        return reverse("projects:target", args=[made.pk])

    return ask(request, form, act, done=_("已下达目标，接着分解到下一级。"), tab="targets", heading=_("下达目标"), verb=_("下达"), back=reverse("projects:targets"))  # fmt: skip


@login_required
@require_http_methods(FORM)
def split(request: SignedIn, pk: int) -> HttpResponse:
    """Split a target among the places right below, or among its years."""
    found = seen_target(request, pk)
    if not leads(request, found.region.path, SPLITTERS):
        raise NotFound(_("没有找到这个目标，或不由您分解。"))
    places, years = _below(found)
    form = SplitForm(request.POST or None, places=places, years=years)
    url = reverse("projects:target", args=[pk])

    def act() -> str:
        shares = [
            actions.Share(number, region or found.region, from_year=year, to_year=year)
            for region, year, number in form.shares
        ]
        actions.split_target(found, shares=shares, by=request.user, at=now())
        return url

    lede = _("%(name)s：目标 %(value)s %(unit)s，分解的合计不能少于它。") % {
        "name": found.name, "value": queries.plain(found.value), "unit": found.unit,
    }  # fmt: skip
    return ask(
        request, form, act, done=_("已分解。"), tab="targets", template="split", heading=_("分解目标"),
        verb=_("分解"), back=url, lede=lede, one=found,
    )  # fmt: skip


def _below(found: Target) -> tuple[list[tuple[Region, Any]], list[tuple[int, Any]]]:
    """Return the places right below and the years of a target, each with its share as it is now."""
    ids = [child.id for child in world().children_of(world().by_path[found.region.path])]
    regions = Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path")
    now_ = {
        (row.region_id, row.from_year if row.from_year == row.to_year else None): row.value
        for row in found.children.filter(org=None)
    }
    single = found.from_year if found.from_year == found.to_year else None
    places = [(region, now_.get((region.pk, single))) for region in regions]
    if single is not None:
        return places, []
    years = range(found.from_year, found.to_year + 1)
    return places, [(year, now_.get((found.region_id, year))) for year in years]


@login_required
@require_http_methods(FORM)
def value(request: SignedIn, pk: int) -> HttpResponse:
    """Change the figure that is to be reached."""
    found = seen_target(request, pk)
    if not leads(request, (found.parent or found).region.path, SPLITTERS):
        raise NotFound(_("没有找到这个目标，或不由您调整。"))
    form = ValueForm(request.POST or None, initial={"value": f"{found.value.normalize():f}"})
    url = reverse("projects:target", args=[pk])

    def act() -> str:
        actions.change_value(found, value=form.cleaned_data["value"], by=request.user, at=now())
        return url

    return ask(request, form, act, done=_("已调整目标值。"), tab="targets", heading=_("调整目标值"), verb=_("调整"), back=url, lede=f"{found.name} · {found.region.name} · {found.years}（{found.unit}）")  # fmt: skip


@login_required
@require_http_methods(FORM)
def move(request: SignedIn, pk: int) -> HttpResponse:
    """Let a target serve another one than it does."""
    found = seen_target(request, pk)
    if not leads(request, found.region.path, SPLITTERS):
        raise NotFound(_("没有找到这个目标，或不由您调整。"))
    form = MoveTargetForm(request.POST or None, targets=queries.fitting(request.user, found))
    url = reverse("projects:target", args=[pk])

    def act() -> str:
        actions.move_target(found, parent=form.cleaned_data["parent"], by=request.user, at=now())
        return url

    return ask(request, form, act, done=_("已改到新的上级目标下。"), tab="targets", heading=_("调整上级目标"), verb=_("调整"), back=url, lede=f"{found.name} · {found.region.name} · {found.years}")  # fmt: skip


@login_required
@require_http_methods(FORM)
def figure(request: SignedIn, pk: int) -> HttpResponse:
    """Report what a target had reached by a day."""
    found = seen_target(request, pk)
    form = FigureForm(request.POST or None, initial={"on": localdate()})
    url = reverse("projects:target", args=[pk])

    def act() -> str:
        actions.report_figure(found, **form.cleaned_data, by=request.user, at=now())
        return url

    return ask(request, form, act, done=_("已报送。"), tab="targets", heading=_("报送完成值"), verb=_("报送"), back=url, lede=f"{found.name} · {found.region.name}（{found.unit}）")  # fmt: skip
