"""Programmes: the list with one's own goals, the matrix of one, its campaign year."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.queries import kept_units, top_units
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import CampaignForm, CloseForm, ProgrammeForm
from ..models import Goal, Programme
from .common import PAGE, ask, must_read, number_of, show

FORM = ["GET", "POST"]
MOST_GOALS = 600


def seen_programme(request: SignedIn, pk: int) -> Programme:
    rows = Programme.objects.visible_to(request.user).select_related("unit", "standard")
    return get_object_or_404(rows, pk=pk)


def led_programme(request: SignedIn, pk: int) -> Programme:
    """Return a programme whose lead unit the actor keeps; for others it is not there."""
    programme = seen_programme(request, pk)
    if not keeps_register(request.user, programme.unit.path):
        raise NotFound(_("没有找到这项规划，或不由您牵头。"))
    return programme


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """List programmes one sees, and what the units one holds a post in answer for this year."""
    must_read(request.user)
    today = localdate()
    programmes = Programme.objects.visible_to(request.user).select_related("unit", "standard")
    rows = list(programmes.order_by("-closed_on", "-from_year", "-pk")[:PAGE])
    mine = [unit.pk for unit in top_units(request.user)]
    goals = Goal.objects.visible_to(request.user).filter(owner__in=mine, programme__closed_on=None)
    goals = goals.filter(year__lte=today.year).select_related("programme__unit", "owner")
    views = queries.goal_views(list(goals.order_by("closed_on", "due", "pk")[:PAGE]), today)
    order = {state: n for n, state in enumerate(("late", "working", "waiting", "done"))}
    context = {
        "programmes": rows,
        "views": sorted(views, key=lambda one: (order[one.state], one.goal.due)),
        "keeps": kept_units(request.user).exists(),
    }
    return show(request, "home", context, tab="home")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Make a programme."""
    units = kept_units(request.user)
    if not units.exists():
        raise NotFound(_("您不管组织名册。"))
    this = localdate().year
    first = units.first()
    initial = {"unit": first.pk if first else None, "from_year": this, "to_year": this + 2}
    form = ProgrammeForm(request.POST or None, units=units, initial=initial)

    def act() -> str:
        made = actions.make_programme(by=request.user, at=now(), **form.given())
        return reverse("standards:programme", args=[made.pk])

    return ask(
        request, form, act, done=_("规划已建立，接着添加年度任务。"), tab="home",
        heading=_("新建规划"), verb=_("建立规划"), back=reverse("standards:home"),
        lede=_("一项规划管几年；任务按领域和年度分开，每项都有目标、责任党组织和期限。"),
    )  # fmt: skip


@login_required
@require_GET
def programme(request: SignedIn, pk: int) -> HttpResponse:
    """Show a programme: aims, papers, the matrix of fields and years; `?aim=` shows one aim only."""
    row = seen_programme(request, pk)
    aims = list(row.aims.order_by("order"))
    aim = next((one for one in aims if one.pk == number_of(request, "aim")), None)
    goals = row.goals.select_related("programme__unit", "owner").order_by("due", "pk")
    goals = goals.filter(aim=aim) if aim else goals
    views = queries.goal_views(list(goals[:MOST_GOALS]), localdate())
    counts = {state: sum(view.state == state for view in views) for state in queries.goals.STATES}
    segments = [{"label": _("全部"), "url": "?", "active": aim is None}] + [
        {"label": one.name, "url": f"?aim={one.pk}", "active": one == aim} for one in aims
    ]
    context: dict[str, Any] = {
        "row": row,
        "papers": row.papers.order_by("pk"),
        "aims": aims,
        "segments": segments if aims else [],
        "lines": queries.matrix(row, views),
        "counts": counts,
        "total": len(views),
        "leads": keeps_register(request.user, row.unit.path) and row.closed_on is None,
        "this_year": localdate().year,
    }
    return show(request, "programme", context, tab="home")


@login_required
@require_http_methods(FORM)
def campaign(request: SignedIn, pk: int) -> HttpResponse:
    """Declare a year of a programme a campaign."""
    row = led_programme(request, pk)
    initial = {"year": row.campaign_year or localdate().year, "title": row.campaign_title}
    form = CampaignForm(request.POST or None, initial=initial)

    def act() -> str:
        given = form.cleaned_data
        actions.declare_campaign(programme=row, by=request.user, at=now(), **given)
        return reverse("standards:programme", args=[pk])

    return ask(
        request, form, act, done=_("活动年已定。"), tab="home", heading=_("定活动年"),
        verb=_("定为活动年"), back=reverse("standards:programme", args=[pk]), lede=row.name,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Close a programme."""
    row = led_programme(request, pk)
    form = CloseForm(request.POST or None, initial={"on": localdate()})

    def act() -> str:
        actions.close_programme(programme=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("standards:programme", args=[pk])

    return ask(
        request, form, act, done=_("规划已结束。"), tab="home", heading=_("结束规划"),
        verb=_("结束规划"), back=reverse("standards:programme", args=[pk]),
        lede=_("“%s”结束后不再添加任务和进展，已有的照常查看。") % row.name,
    )  # fmt: skip


def owners_of(row: Programme) -> Any:
    """Return the units that may answer for a goal: the lead and the two levels below, units kept whole."""
    return Org.objects.public().filter(
        kind=Org.Kind.PARTY, path__under=row.unit.path, is_temporary=False
    ).exclude(unit_kind__in=("branch", "group")).order_by("path")  # fmt: skip
