"""The code on the screen, and the phone that scans it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused

from .. import actions, queries
from ..models import Meeting
from . import frame

# Whoever scanned in time has so long to sign in to the house and to press the button.
TICKET = timedelta(minutes=10)
SESSION_KEY = "meetings.scanned"


def _qr(request: SignedIn, meeting: Meeting, at: datetime) -> dict:
    """Return the code of the moment as SVG, with the figures beside it."""
    code = actions.sign_code(meeting=meeting, at=at)
    address = request.build_absolute_uri(reverse("meetings:scan", args=[code]))
    return {
        "meeting": meeting,
        "svg": queries.qr_svg(address),
        "address": address,
        "counts": queries.roll_of(meeting)["counts"],
        "live_url": reverse("meetings:code-now", args=[meeting.pk]),
    }


@login_required
@never_cache
@require_safe
def code(request: SignedIn, pk: int) -> HttpResponse:
    """Show the code large, for a screen in the room; it changes by itself."""
    meeting = frame.held_meeting(request, pk)
    return render(request, "meetings/code.html", _qr(request, meeting, now()))


@login_required
@never_cache
@require_safe
def code_now(request: SignedIn, pk: int) -> HttpResponse:
    """Answer the part of the page that changes."""
    meeting = frame.held_meeting(request, pk)
    return render(request, "meetings/parts/code.html", _qr(request, meeting, now()))


@never_cache
@require_safe
def scan(request: HttpRequest, code: str) -> HttpResponse:
    """Take a scanned code, while it is good; then sign in to the house, if need be, and confirm."""
    at = now()
    try:
        meeting = actions.meeting_of_code(code=code, at=at)
    except actions.CodeExpired as refusal:
        return render(request, "meetings/in.html", {"refusal": refusal}, status=refusal.status)
    request.session[SESSION_KEY] = [meeting.pk, at.isoformat()]
    return redirect("meetings:in", pk=meeting.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: SignedIn, pk: int) -> HttpResponse:
    """Sign in to the meeting whose code was scanned just now."""
    at = now()
    context: dict = {}
    status = 200
    try:
        meeting = _scanned(request, pk, at)
        context["meeting"] = meeting
        own = meeting.attendances.filter(user=request.user.pk).first()
        if own is None:
            raise actions.NotInvited(
                _("您不在这次会议的名单上。"),
                remedy=_("如果您应当参加，请联系主持人登记到名单。"),
            )
        if request.method == "POST":
            own = actions.sign_in(meeting=meeting, user=request.user, at=at)
        context["own"] = own
    except Refused as refusal:
        context["refusal"], status = refusal, refusal.status
    return render(request, "meetings/in.html", context, status=status)


def _scanned(request: SignedIn, pk: int, at: datetime) -> Meeting:
    """Return the meeting whose code this browser scanned a few minutes ago."""
    kept = request.session.get(SESSION_KEY) or [0, ""]
    if kept[0] != pk or datetime.fromisoformat(kept[1]) < at - TICKET:
        raise actions.CodeExpired(_("请扫描会场屏幕上的二维码签到。"))
    return queries.meeting_to_sign(pk)
