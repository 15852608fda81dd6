"""Hard problems of communities: the list, one with its notes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, place_name, prefixes

from .. import actions, queries
from ..forms import CloseProblemForm, ProblemForm, ProblemNoteForm
from ..models import Problem
from .common import PAGE, ask, holds, land_of, lands_above, place_choices, show

FORM = ["GET", "POST"]
STATES = ("open", "late", "done")
KEEPERS = ("officer", "dispatcher", "secretary", "first_secretary", "organiser")


@login_required
@require_GET
def problems(request: SignedIn) -> HttpResponse:
    """List the hard problems of a place."""
    land, today = land_of(request), localdate()
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    counts = queries.problem_counts(request.user, land.path, today)
    rows = queries.problems_in(request.user, land.path, state, today)
    start = _offset(request)
    found = list(rows[start : start + PAGE + 1])
    labels = {"open": _("未销号"), "late": _("超期"), "done": _("已销号")}
    context = {
        "land": land,
        "crumbs": lands_above(request, land, "grids:problems"),
        "filters": [place_choices(request, land)],
        "hidden": [("state", state)],
        "segments": [
            {"label": labels[name], "url": f"?{urlencode({'region': land.code, 'state': name})}",
             "active": name == state, "count": counts[name]}
            for name in STATES
        ],
        "rows": [_line(one, today) for one in found[:PAGE]],
        "next_cursor": str(start + PAGE) if len(found) > PAGE else "",
        "may_add": holds(request, KEEPERS),
    }  # fmt: skip
    return show(request, "problems", context, tab="problems")


def _offset(request: SignedIn) -> int:
    text = request.GET.get("cursor", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _line(one: Problem, today: Any) -> dict[str, Any]:
    tone, words = _words(one.state_on(today))
    return {
        "one": one,
        "place": place_name(one.region.path, below="street"),
        "tone": tone,
        "words": words,
    }


def _words(state: str) -> tuple[str, str]:
    labels = {"late": _("超期"), "working": _("解决中"), "done": _("已销号")}
    return state, labels[state]


def _regions(request: SignedIn, land: Land) -> Any:
    rows = Region.objects.public().valid_on(localdate())
    inside = Q(pk__in=[])
    for post in posts_of(request.user):
        if post.role in KEEPERS:
            inside |= Q(path__under=post.path)
    return (
        rows.filter(inside, path__under=land.path, level__in=("community", "grid"))
        .defer("polygon")
        .order_by("path")[:400]
    )


def _leads(land: Land) -> Any:
    """Return who may lead: organisations that answer for the place, and those inside it."""
    rows = Org.objects.public()
    above = Q(region__path__in=list(prefixes(land.path)))
    return rows.filter(above | Q(region__path__under=land.path)).order_by("kind", "name")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Put a problem on the list."""
    land = land_of(request)
    regions = _regions(request, land)
    ids = [one.pk for one in regions]
    if not ids:
        raise NotFound(_("没有找到，或不由您登记。"))
    form = ProblemForm(
        request.POST or None, regions=Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path"),
        leads=_leads(land), initial={"key": uuid4().hex, "region": ids[0]},
    )  # fmt: skip

    def act() -> str:
        made = actions.list_problem(at=now(), by=request.user, **form.cleaned_data)
        return reverse("grids:problem", args=[made.pk])

    return ask(
        request, form, act, done=_("已列入清单，已通知牵头单位。"), tab="problems",
        heading=_("登记重点难点问题"), lede=land.name, verb=_("列入清单"),
        back=f"{reverse('grids:problems')}?{urlencode({'region': land.code})}",
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def problem(request: SignedIn, pk: int) -> HttpResponse:
    """Show a problem with what was done; who leads or keeps it writes on."""
    rows = Problem.objects.visible_to(request.user).select_related("region", "lead", "by", "case")
    one, today = get_object_or_404(rows, pk=pk), localdate()
    keeps = holds(request, KEEPERS, one.region.path)
    may_note = one.closed_on is None and (
        keeps or any(post.org_id == one.lead_id for post in posts_of(request.user))
    )
    form = ProblemNoteForm(request.POST or None, initial={"key": uuid4().hex})
    if not keeps:
        del form.fields["due_on"]
    status, remedy = 200, ""
    if request.method == "POST":
        if not may_note:
            raise NotFound(_("没有找到这个问题，或不由您填写。"))
        status = 422
        if form.is_valid():
            try:
                actions.note_problem(problem=one, at=now(), by=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, str(refusal.remedy)
            else:
                messages.success(request, _("进展已填写。"))
                return redirect("grids:problem", pk)
    tone, words = _words(one.state_on(today))
    context = {
        "one": one,
        "place": place_name(one.region.path),
        "tone": tone,
        "words": words,
        "notes": one.notes.select_related("by").order_by("-at", "-pk")[:100],
        "form": form,
        "remedy": remedy,
        "may_note": may_note,
        "may_close": keeps and one.closed_on is None,
    }
    return show(request, "problem", context, tab="problems", status=status)


@login_required
@require_http_methods(FORM)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Write a problem off with what came of it."""
    one = get_object_or_404(
        Problem.objects.visible_to(request.user).select_related("region"), pk=pk
    )
    if one.closed_on or not holds(request, KEEPERS, one.region.path):
        raise NotFound(_("没有找到这个问题，或不由您销号。"))
    form = CloseProblemForm(request.POST or None)
    back = reverse("grids:problem", args=[pk])

    def act() -> str:
        actions.close_problem(
            problem=one,
            result=form.cleaned_data["result"],
            on=localdate(),
            at=now(),
            by=request.user,
        )
        return back

    return ask(
        request, form, act, done=_("已销号。"), tab="problems", heading=_("销号"), lede=one.title,
        verb=_("销号"), back=back,
    )  # fmt: skip
