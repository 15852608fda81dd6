"""Rounds of asking residents; the phone pages for a wish and an opinion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.models import Region
from tongxin.ui.asking import act_on
from tongxin.ui.paging import page_of

from .. import actions
from ..forms import (
    AnswerForm,
    NoteForm,
    OpinionForm,
    RoundForm,
    WishForm,
)
from ..models import Consultation, ListItem, Opinion
from ..scope import desk_paths, keeps_lists
from .common import (
    FORM,
    PAGE,
    ask,
    desk_regions,
    show,
)
from .lists import HALF_YEAR, TONES

MOST_WISHES = 30


@login_required
@require_GET
def consultations(request: SignedIn) -> HttpResponse:
    """List the rounds of the reader's land."""
    rows = Consultation.objects.visible_to(request.user).select_related("region")
    found, cursor = page_of(rows.annotate(n=Count("opinions")), request.GET.get("cursor", ""), PAGE)
    context = {
        "rows": found, "next_cursor": cursor, "today": localdate(),
        "may_open": bool(desk_paths(request.user)),
    }  # fmt: skip
    return show(request, "consultations", context, tab="consultations")


@login_required
@require_http_methods(FORM)
def new_round(request: SignedIn) -> HttpResponse:
    """Open a round."""
    regions = desk_regions(request.user)
    if not regions.exists():
        raise NotFound(_("征求意见由社区和街镇发起。"))
    on = localdate()
    form = RoundForm(
        request.POST or None,
        regions=regions,
        initial={"from_date": on, "to_date": on + timedelta(days=14)},
    )

    def act() -> str:
        made = actions.open_round(by=request.user, at=now(), **form.cleaned_data)
        return reverse("conferences:consultation", args=[made.pk])

    return ask(
        request, form, act, done=_("已发布，居民可以在手机上填写。"), tab="consultations",
        heading=_("发起征求意见"), lede=_("问题写得具体，居民才好回答。"), verb=_("发布"),
        back=reverse("conferences:consultations"),
    )  # fmt: skip


@login_required
@require_GET
def consultation(request: SignedIn, pk: int) -> HttpResponse:
    """Show a round: its answers to who keeps the place, one's own to who answered."""
    keeper = Consultation.objects.visible_to(request.user).select_related("region").filter(pk=pk)
    one = keeper.first()
    if one is None:
        return _own_answers(request, pk)
    rows = Opinion.objects.visible_to(request.user).filter(consultation=one)
    found, cursor = page_of(
        rows.select_related("need", "answered_by"), request.GET.get("cursor", ""), PAGE
    )
    context = {
        "one": one, "rows": found, "next_cursor": cursor, "today": localdate(),
        "n": rows.count(), "answered": rows.exclude(answered_at=None).count(),
        "keeps": keeps_lists(request.user, one.region.path),
    }  # fmt: skip
    return show(request, "consultation", context, tab="consultations")


def _own_answers(request: SignedIn, pk: int) -> HttpResponse:
    rows = Opinion.objects.visible_to(request.user).filter(consultation=pk)
    mine = list(rows.select_related("consultation", "need").order_by("-at")[:20])
    if not mine:
        raise NotFound(_("没有找到这次征求意见。"))
    context = {"one": mine[0].consultation, "rows": mine}
    return render(request, "conferences/my_opinions.html", context)


@login_required
@require_http_methods(FORM)
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """Answer an opinion, or put it on the list of needs."""
    rows = Opinion.objects.visible_to(request.user).select_related("consultation__region", "by")
    one = get_object_or_404(rows, pk=pk)
    if not keeps_lists(request.user, one.consultation.region.path):
        raise NotFound(_("没有找到，或不由您答复。"))
    on = localdate()
    form = AnswerForm(
        request.POST or None,
        initial={"title": one.text[:60], "matter": "service", "quantity": 1, "from_date": on,
                 "to_date": on + HALF_YEAR},
    )  # fmt: skip
    back = reverse("conferences:consultation", args=[one.consultation_id])

    def act() -> str:
        actions.adopt_opinion(
            opinion=one, need=form.need(), answer=form.cleaned_data["answer"], by=request.user,
            at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("已答复。"), tab="consultations", heading=_("答复意见"),
        lede=one.text, verb=_("提交"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def close_round(request: SignedIn, pk: int) -> HttpResponse:
    """End a round with what came of it."""
    rows = Consultation.objects.visible_to(request.user).select_related("region")
    one = get_object_or_404(rows, pk=pk)
    form = NoteForm(request.POST or None, label=_("征求意见情况"))
    back = reverse("conferences:consultation", args=[pk])

    def act() -> str:
        actions.close_round(
            consultation=one, summary=form.cleaned_data["note"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已结束。"), tab="consultations", heading=_("结束征求意见"),
        lede=one.title, verb=_("结束"), back=back,
    )  # fmt: skip


# For residents, on the phone.


def _home_regions(request: SignedIn) -> Any:
    """Return the communities a resident may speak for: all, those of their own posts first."""
    return (
        Region.objects.public().filter(level="community", valid_to=None).defer("polygon")
        .order_by("path")
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def wish(request: SignedIn) -> HttpResponse:
    """Let a resident say what their community needs; their own wishes and the open rounds below."""
    at = now()
    form = WishForm(
        request.POST or None, regions=_home_regions(request), initial={"key": uuid4().hex}
    )

    def act() -> str:
        given = form.cleaned_data
        actions.add_to_list(
            kind="need", matter="service", quantity=1, from_date=localdate(at),
            to_date=localdate(at) + HALF_YEAR, by=request.user, at=at, **given,
        )  # fmt: skip
        return reverse("conferences:wish")

    went, remedy, status = act_on(request, form, act, done=_("已提交，社区审核后会告诉您。"))
    if went:
        return went
    today = localdate(at)
    mine = ListItem.objects.visible_to(request.user).filter(by=request.user, org=None)
    rounds = Consultation.objects.public().filter(from_date__lte=today, to_date__gte=today)
    context = {
        "form": form, "remedy": remedy,
        "mine": [{"one": one, "tone": TONES[one.state]}
                 for one in mine.select_related("region").order_by("-pk")[:MOST_WISHES]],
        "rounds": rounds.select_related("region").order_by("to_date")[:20],
    }  # fmt: skip
    return render(request, "conferences/wish.html", context, status=status)


@login_required
@require_http_methods(FORM)
def opinion(request: SignedIn, pk: int) -> HttpResponse:
    """Let a resident answer a round on the phone."""
    one = get_object_or_404(Consultation.objects.public().select_related("region"), pk=pk)
    form = OpinionForm(request.POST or None)

    def act() -> str:
        actions.give_opinion(
            consultation=one, text=form.cleaned_data["text"], by=request.user, at=now()
        )
        return reverse("conferences:wish")

    went, remedy, status = act_on(request, form, act, done=_("谢谢，意见已提交。"))
    context = {"form": form, "remedy": remedy, "one": one}
    return went or render(request, "conferences/opinion.html", context, status=status)
