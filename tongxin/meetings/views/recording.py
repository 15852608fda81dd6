"""The list, the votes, the minutes; on paper; the photos."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound

from .. import actions, queries
from ..forms import MinutesForm, RollForm, VoteForm
from ..models import Photo
from . import frame
from .meetings import PAGE, _url


@login_required
@require_http_methods(PAGE)
def roll(request: SignedIn, pk: int) -> HttpResponse:
    """Mark who came, who is on leave; for those without a phone."""
    it = frame.held_meeting(request, pk)
    rows = list(it.attendances.order_by("pk"))
    form = RollForm(request.POST or None, rows=rows)
    context = {"meeting": it, "unit": it.unit, "sections": frame.sections_of(it)}
    return frame.act(
        request, form, "meetings/roll.html", context,
        lambda: actions.mark_attendance(
            meeting=it, statuses=form.given(), by=request.user, at=now()
        ),
        lambda changed: _url(it), said=_("到会情况已登记。"),
    )  # fmt: skip


@login_required
@require_http_methods(PAGE)
def vote(request: SignedIn, pk: int) -> HttpResponse:
    """Write down a vote; figures that do not agree with who is there are refused with the sum."""
    it = frame.held_meeting(request, pk)
    form = VoteForm(request.POST or None)
    context = {
        "meeting": it,
        "unit": it.unit,
        "sections": frame.sections_of(it),
        "counts": queries.roll_of(it)["counts"],
    }
    return frame.act(
        request, form, "meetings/vote.html", context,
        lambda: actions.decide(meeting=it, by=request.user, at=now(), **form.given()),
        lambda made: _url(it), said=_("表决已登记。"),
    )  # fmt: skip


@login_required
@require_http_methods(PAGE)
def minutes(request: SignedIn, pk: int) -> HttpResponse:
    """Write the minutes and hand them in."""
    it = frame.held_meeting(request, pk)
    steps = list(it.rule.steps.all()) if it.rule else []
    titles = [step.title for step in steps]
    initial = {"minutes": it.minutes or it.agenda, "steps": it.steps_done or titles}
    form = MinutesForm(request.POST or None, initial=initial, titles=titles)
    context = {
        "meeting": it,
        "unit": it.unit,
        "sections": frame.sections_of(it),
        "roll": queries.roll_of(it),
        "decisions": list(it.decisions.all()),
    }
    return frame.act(
        request, form, "meetings/minutes.html", context,
        lambda: actions.record_minutes(
            meeting=it, minutes=form.cleaned_data["minutes"], by=request.user, at=now(),
            steps=form.cleaned_data.get("steps"),
        ),
        _url, said=_("记录已提交，等待审定。"),
    )  # fmt: skip


@login_required
@require_safe
def print_out(request: SignedIn, pk: int) -> HttpResponse:
    """Lay the minutes out on A4; for who may read the unit's registers."""
    it = frame.meeting_of(request, pk)
    if not queries.reads(request.user, it.unit.path):
        raise NotFound(_("没有找到这份记录，或您看不到它。"))
    context = {
        "meeting": it,
        "roll": queries.roll_of(it),
        "decisions": list(it.decisions.all()),
        "corrections": list(it.corrections.select_related("by").order_by("at")),
        "now": now(),
    }
    return render(request, "meetings/print.html", context)


@login_required
@require_GET
@cache_control(private=True, max_age=24 * 3600)
def photo(request: SignedIn, pk: uuid.UUID, thumb: bool = False) -> HttpResponseBase:
    """Serve a photo, or its thumbnail, to those who may see what it belongs to."""
    item = get_object_or_404(Photo.objects.visible_to(request.user), pk=pk)
    file = item.thumb if thumb else item.file
    try:
        response = FileResponse(file.open("rb"), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None
    response["X-Content-Type-Options"] = "nosniff"
    return response
