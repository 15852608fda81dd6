"""Day care and children's room: what is offered, who takes it (on the phone), who came (at the desk)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import reach
from tongxin.ui.forms import ReasonForm

from .. import actions, queries
from ..forms import SessionForm, SignUpForm, WhyForm
from ..models import CareSession, CareSignUp, Room
from ..models.centres import KEEPERS
from .common import FORM, PAGE, ask, ask_on_phone, own_lands, posted, show, works_here

TONES = {
    "signed": "working",
    "waiting": "waiting",
    "came": "done",
    "absent": "late",
    "cancelled": "idle",
}


@login_required
@require_GET
def offers(request: SignedIn) -> HttpResponse:
    """Show the sessions ahead that take sign-ups, and what one signed up for."""
    at = now()
    rows = CareSession.objects.public().filter(
        starts_at__gt=at, starts_at__lt=at + timedelta(days=30)
    )
    centre = request.GET.get("centre", "")
    if centre.isdigit() and len(centre) < 19:
        rows = rows.filter(room__centre=int(centre))
    found = list(
        rows.select_related("room__centre", "room__kind").order_by("starts_at", "pk")[:PAGE]
    )
    left = queries.places_left(found)
    own = (
        CareSignUp.objects.visible_to(request.user)
        .filter(by=request.user, session__ends_at__gt=at, state__in=("signed", "waiting"))
        .select_related("session__room__centre")
        .order_by("session__starts_at", "pk")
    )
    context = {
        "rows": [{"one": one, "left": left[one.pk][0], "line": left[one.pk][1]} for one in found],
        "own": [{"one": one, "tone": TONES[one.state]} for one in own],
    }
    return render(request, "places/care.html", context)


@login_required
@require_http_methods(FORM)
def sign_up(request: SignedIn, pk: int) -> HttpResponse:
    """Take a place for oneself, an elder or a child."""
    rows = CareSession.objects.public().select_related("room__centre", "room__kind")
    session = get_object_or_404(rows, pk=pk)
    form = SignUpForm(posted(request), initial={"key": uuid4().hex})

    def act() -> str:
        made = actions.sign_up(session=session, by=request.user, at=now(), **form.cleaned_data)
        if made.state == CareSignUp.State.WAITING:
            messages.info(request, _("名额已满，已排入候补，有空位会通知您。"))
        return reverse("places:care")

    left, line = queries.places_left([session])[session.pk]
    return ask_on_phone(
        request,
        form,
        act,
        done=_("报名已收到。"),
        template="sign_up",
        one=session,
        left=left,
        line=line,
    )


@login_required
@require_POST
def give_back(request: SignedIn, pk: int) -> HttpResponse:
    """Give a place back."""
    rows = CareSignUp.objects.visible_to(request.user).select_related("session")
    one = get_object_or_404(rows, pk=pk)
    try:
        actions.give_back(one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("已取消报名。"))
    if one.by_id == request.user.pk:
        return redirect("places:care")
    return redirect("places:session", one.session_id)


# At the desk.


@login_required
@require_GET
def sessions(request: SignedIn) -> HttpResponse:
    """List the sessions of the reader's land, those ahead or those gone by."""
    if not works_here(request):
        return redirect("places:care")
    at = now()
    rows = CareSession.objects.visible_to(request.user).select_related("room__centre", "room__kind")
    past = request.GET.get("when") == "past"
    rows = rows.filter(ends_at__lte=at) if past else rows.filter(ends_at__gt=at)
    found = list(rows.order_by("-starts_at" if past else "starts_at", "pk")[: PAGE * 2])
    left = queries.places_left(found)
    context = {
        "rows": [
            {"one": one, "left": left[one.pk][0], "line": left[one.pk][1],
             "taken": one.places - left[one.pk][0]}
            for one in found
        ],
        "segments": [
            {"label": _("将到"), "url": "?", "active": not past, "count": None},
            {"label": _("已结束"), "url": "?when=past", "active": past, "count": None},
        ],
        "may_add": bool(own_lands(request, KEEPERS)),
    }  # fmt: skip
    return show(request, "sessions", context, tab="sessions")


@login_required
@require_http_methods(FORM)
def new_session(request: SignedIn) -> HttpResponse:
    """Offer some hours of care."""
    rooms = (
        Room.objects.public()
        .filter(reach(request.user, KEEPERS, column="centre__region__path"), kind__is_care=True)
        .select_related("centre")
        .order_by("centre__name", "pk")
    )
    if not own_lands(request, KEEPERS):
        raise NotFound(_("您的岗位不安排照料场次。"))
    form = SessionForm(
        posted(request),
        rooms=rooms,
        initial={"day": localdate(), "start": "09:00", "end": "11:30"},
    )

    def act() -> str:
        starts_at, ends_at = form.span()
        data = form.cleaned_data
        made = actions.open_session(
            room=data["room"], starts_at=starts_at, ends_at=ends_at, title=data["title"],
            places=data["places"], by=request.user, at=now(),
        )  # fmt: skip
        return reverse("places:session", args=[made.pk])

    return ask(
        request, form, act, done=_("场次已公布，居民可以报名。"), tab="sessions",
        heading=_("安排照料场次"), lede=_("名额不超过场所的容纳人数；满了以后排队候补。"), verb=_("公布"),
        back=reverse("places:sessions"),
    )  # fmt: skip


def _session(request: SignedIn, pk: int) -> CareSession:
    rows = CareSession.objects.visible_to(request.user).select_related("room__centre__region")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_GET
def session(request: SignedIn, pk: int) -> HttpResponse:
    """Show who signed up (masked) and write down who came."""
    one = _session(request, pk)
    rows = list(one.sign_ups.select_related("by").exclude(state="cancelled").order_by("pk"))
    taken = sum(row.state != "waiting" for row in rows)
    context = {
        "one": one, "rows": [{"one": row, "tone": TONES[row.state]} for row in rows],
        "taken": taken, "today": localdate(),
        "is_day": localdate(one.starts_at) <= localdate(),
        "may_cancel": not one.cancelled_why and one.starts_at > now(),
    }  # fmt: skip
    return show(request, "session", context, tab="sessions")


@login_required
@require_POST
def came(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that somebody came, or did not (`came`=yes|no)."""
    rows = CareSignUp.objects.visible_to(request.user).select_related("session")
    one = get_object_or_404(rows, pk=pk)
    try:
        actions.mark_came(one, came=request.POST.get("came") == "yes", by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    return redirect("places:session", one.session_id)


@login_required
@require_http_methods(FORM)
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    """Call a session off."""
    one = _session(request, pk)
    form = WhyForm(posted(request))

    def act() -> str:
        actions.cancel_session(one, why=form.cleaned_data["reason"], by=request.user, at=now())
        return reverse("places:session", args=[pk])

    return ask(
        request, form, act, done=_("已取消，报名的人都通知了。"), tab="sessions",
        heading=_("取消：%s") % one, verb=_("取消这一场"), back=reverse("places:session", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def who(request: SignedIn, pk: int) -> HttpResponse:
    """Open who somebody is, with the reason, once."""
    rows = CareSignUp.objects.visible_to(request.user).select_related(
        "session__room__centre__region"
    )
    one = get_object_or_404(rows, pk=pk)
    if not works_here(request):
        raise Http404
    form, found, status = ReasonForm(posted(request)), None, 200
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.reveal_sign_up(
                one, actor=request.user, reason=form.cleaned_data["reason"], at=now(),
                address=address_of(request),
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    context: dict[str, Any] = {"one": one, "form": form, "found": found}
    answer = show(request, "who", context, tab="sessions", status=status)
    answer["Cache-Control"] = "no-store"
    return answer
