"""Selecting first secretaries: rounds, names put forward, points, decisions."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register, posts_of
from tongxin.regions.models import Region

from .. import actions
from ..forms import DecideForm, MarkNominationForm, NominateForm, SelectionForm, WhyForm
from ..models import Nomination, SelectionRound
from ..rules import in_force, of_version
from .common import PAGE, act, check_entrance, keeps, my_units, page_of


@login_required
@require_safe
def selections(request: SignedIn) -> HttpResponse:
    """List the rounds one decides, or may nominate in."""
    rows = SelectionRound.objects.visible_to(request.user).select_related("unit")
    chosen = Count("nominations", filter=Q(nominations__outcome="chosen"))
    page, cursor = page_of(rows.annotate(n=Count("nominations"), chosen=chosen), request)
    context = {"rounds": page, "next_cursor": cursor, "today": localdate(), "may": keeps(request)}
    return render(request, "secretaries/selections.html", context)


@login_required
@require_http_methods(PAGE)
def new_selection(request: SignedIn) -> HttpResponse:
    check_entrance(request)
    form = SelectionForm(
        request.POST or None, units=my_units(request), initial={"opens_on": localdate()}
    )
    rules = in_force("selection", localdate())
    return act(
        request,
        form,
        lambda: actions.open_selection(by=request.user, at=now(), **form.cleaned_data),
        title=_("启动选派"),
        lede=_("按选派条件 %(version)s 评分。依据：%(source)s")
        % {"version": rules.version, "source": rules.source},
        facts=[(row["title"], f"{row['most']} · {row['note']}") for row in rules],
        button=_("启动"),
        back=reverse("secretaries:selections"),
    )


def _round(request: HttpRequest, pk: int) -> SelectionRound:
    rows = SelectionRound.objects.visible_to(request.user).select_related("unit__region")
    return get_object_or_404(rows.defer("unit__region__polygon"), pk=pk)


@login_required
@require_safe
def selection(request: SignedIn, pk: int) -> HttpResponse:
    """Show a round: the criteria, the names one may see, points and decisions."""
    round, today = _round(request, pk), localdate()
    rules = of_version("selection", round.version, round.opens_on)
    names = Nomination.objects.visible_to(request.user).filter(round=round)
    rows: list[dict[str, Any]] = [
        {"one": one, "sum": sum(one.marks.values()) if one.marks else None}
        for one in names.select_related("candidate", "by_unit", "village")
    ]
    rows.sort(key=lambda row: (-(row["sum"] or -1), row["one"].pk))
    open_now = not round.closed_at and round.opens_on <= today <= round.closes_on
    context = {
        "round": round,
        "rules": rules,
        "rows": rows,
        "may_decide": keeps_register(request.user, round.unit.path) and not round.closed_at,
        "may_nominate": open_now and bool(posts_of(request.user)),
        "open_now": open_now,
        "is_over": today > round.closes_on,
    }
    return render(request, "secretaries/selection.html", context)


@login_required
@require_http_methods(PAGE)
def nominate(request: SignedIn, pk: int) -> HttpResponse:
    round = _round(request, pk)
    mine = Org.objects.public().filter(pk__in={post.org_id for post in posts_of(request.user)})
    units = (my_units(request) | mine).distinct().order_by("path")
    form = NominateForm(request.POST or None, units=units)
    return act(
        request,
        form,
        lambda: actions.nominate(round=round, by=request.user, at=now(), **form.cleaned_data),
        title=_("推荐人选"),
        lede=round.title,
        button=_("推荐"),
        icon="user-plus",
        back=reverse("secretaries:selection", args=[pk]),
        done=_("已推荐，决定后会通知本人。"),
    )


def _nomination(request: HttpRequest, pk: int) -> Nomination:
    rows = Nomination.objects.visible_to(request.user).select_related(
        "round__unit__region", "candidate", "by_unit"
    )
    return get_object_or_404(rows.defer("round__unit__region__polygon"), pk=pk)


def _facts(one: Nomination) -> list[tuple[str, str]]:
    return [
        (_("人选"), one.candidate.name),
        (_("推荐"), f"{one.by_unit.name} · {one.get_channel_display()}"),
        (_("推荐理由"), one.text),
        (_("得分"), str(sum(one.marks.values())) if one.marks else _("还没有评分")),
    ]


@login_required
@require_http_methods(PAGE)
def mark(request: SignedIn, pk: int) -> HttpResponse:
    one = _nomination(request, pk)
    rules = of_version("selection", one.round.version, one.round.opens_on)
    initial = {**one.marks, "shortlist": one.is_shortlisted}
    form = MarkNominationForm(request.POST or None, rules=rules, initial=initial)
    return act(
        request,
        form,
        lambda: actions.mark_nomination(
            nomination=one,
            points=form.points,
            shortlist=form.cleaned_data["shortlist"],
            by=request.user,
            at=now(),
        ),
        title=_("按条件评分"),
        facts=_facts(one)[:3],
        button=_("保存评分"),
        back=reverse("secretaries:selection", args=[one.round_id]),
    )


@login_required
@require_http_methods(PAGE)
def decide(request: SignedIn, pk: int) -> HttpResponse:
    one = _nomination(request, pk)
    villages = Org.objects.public().filter(
        kind=Org.Kind.PARTY,
        region__kind=Region.Kind.VILLAGE,
        region__path__under=one.round.unit.region.path,
    )
    form = DecideForm(request.POST or None, villages=villages.order_by("path"))
    return act(
        request,
        form,
        lambda: actions.decide_nomination(
            nomination=one, by=request.user, at=now(), **form.cleaned_data
        ),
        title=_("作出决定"),
        facts=_facts(one),
        button=_("决定"),
        back=reverse("secretaries:selection", args=[one.round_id]),
        done=_("已决定。选派的，今天起任职，本人会收到通知。"),
    )


@login_required
@require_http_methods(PAGE)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """End a round, once every name has its decision."""
    round = _round(request, pk)
    form = WhyForm(request.POST or None)
    del form.fields["reason"]
    return act(
        request,
        form,
        lambda: actions.close_selection(round=round, by=request.user, at=now()),
        title=_("结束本轮选派"),
        lede=round.title,
        button=_("结束"),
        back=reverse("secretaries:selection", args=[pk]),
    )
