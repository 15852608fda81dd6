"""The secret address for a calendar program: made on a page, read by the program."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.meetings.actions import make_feed

from .. import queries
from .common import FORM, show


@login_required
@require_http_methods(FORM)
def calendar(request: SignedIn) -> HttpResponse:
    """Make the address; it is shown once, with that of the meetings, which shares its secret."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        token = make_feed(user=request.user, at=now())
        context = {
            name: request.build_absolute_uri(reverse(url, args=[token]))
            for name, url in (("address", "projects:ics"), ("meetings", "meetings:ics"))
        }
    return show(request, "calendar", context, tab="home")


@require_GET
def ics(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a calendar program; an address that was revoked is not there."""
    body = queries.calendar_of(token, now(), request.build_absolute_uri("/"))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="tongxin-tasks.ics"'
    return response
