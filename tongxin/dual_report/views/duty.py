"""The member's turns on the phone: what is next, signing in and out, swapping."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn

from .. import actions
from ..models import DutyTurn, RosterPost, TurnSwap
from ..queries import people, turns
from .me import tabs


@login_required
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """List one's turns to come and gone by, the swaps one is asked for, and the rosters joined."""
    at, user = now(), request.user
    coming, past = turns.turns_of(user, at)
    context = {
        "tabs": tabs(request),
        "coming": coming,
        "open_now": {turn.pk for turn in coming if turns.is_open(turn, at)},
        "past": past,
        "swaps": turns.swaps_asked_of(user, at),
        "posts": list(people.posts_held(user)),
    }
    return render(request, "dual_report/turns.html", context)


def _own_turn(request: SignedIn, pk: int) -> DutyTurn:
    rows = DutyTurn.objects.visible_to(request.user).select_related("roster", "post__person")
    return get_object_or_404(rows, pk=pk, post__person__user=request.user.pk)


def _number(words: Any, name: str) -> float | None:
    try:
        return float(words.get(name, ""))
    except ValueError:
        return None


@login_required
@require_POST
def come(request: SignedIn, pk: int) -> HttpResponse:
    """Sign in with where the phone is."""
    accuracy = _number(request.POST, "accuracy")
    turn = actions.sign_in(
        turn=_own_turn(request, pk),
        lng=_number(request.POST, "lng"),
        lat=_number(request.POST, "lat"),
        accuracy=None if accuracy is None else round(accuracy),
        by=request.user,
        at=now(),
    )
    messages.success(
        request,
        _("已签到，离签到点约 %(metres)d 米（定位误差约 %(accuracy)d 米）。")
        % {"metres": turn.distance or 0, "accuracy": turn.accuracy or 0},
    )
    return redirect("dual_report:turns")


@login_required
@require_POST
def go(request: SignedIn, pk: int) -> HttpResponse:
    """Sign out."""
    actions.sign_out(turn=_own_turn(request, pk), by=request.user, at=now())
    messages.success(request, _("已签退，等社区鉴定。"))
    return redirect("dual_report:turns")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def swap(request: SignedIn, pk: int) -> HttpResponse:
    """Ask another of the roster to take one's turn."""
    turn = _own_turn(request, pk)
    takers = turns.takers_for(turn)
    if request.method == "POST":
        chosen = next((one for one in takers if str(one.pk) == request.POST.get("taker")), None)
        if chosen is None:
            messages.error(request, _("请选择一位同事。"))
            return redirect("dual_report:swap", pk=pk)
        actions.ask_swap(turn=turn, taker=chosen, by=request.user, at=now())
        messages.success(request, _("已请%s换班，等对方答复。") % chosen.person.name)
        return redirect("dual_report:turns")
    return render(request, "dual_report/swap.html", {"turn": turn, "takers": takers})


@login_required
@require_POST
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """Take a turn one was asked to take, or say that one cannot."""
    asked = get_object_or_404(TurnSwap.objects.visible_to(request.user), pk=pk)
    agreed = request.POST.get("agreed") == "1"
    actions.answer_swap(swap=asked, agreed=agreed, by=request.user, at=now())
    messages.success(request, _("已换班，这一班由您值守。") if agreed else _("已回复对方。"))
    return redirect("dual_report:turns")


@login_required
@require_POST
def leave(request: SignedIn, pk: int) -> HttpResponse:
    """Leave a roster."""
    post = get_object_or_404(RosterPost.objects.visible_to(request.user), pk=pk)
    actions.leave_roster(post=post, by=request.user, at=now())
    messages.success(request, _("已退出“%s”。") % post.roster.name)
    if post.person.user_id == request.user.pk:
        return redirect("dual_report:turns")
    return redirect("dual_report:roster", pk=post.roster_id)
