"""评单: by the link of a message without signing in, or on one's own page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Refused

from .. import actions, pages
from ..forms import RatingForm
from ..ratings import tags_with_stars
from ..story import story_of

PAGE = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(PAGE)
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Rate once by a signed link that is good for 14 days."""
    try:
        case = actions.case_of_rating_token(token)
    except actions.LinkExpired as refusal:
        context = {"refusal": refusal}
        return render(request, "requests/rate_over.html", context, status=refusal.status)
    if case.step != "verified":
        return _already(request, case)
    form = RatingForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.rate_by_link(token=token, at=now(), **form.cleaned_data)
            return _thank(request, case)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    return _show(request, case, form, status)


def _already(request: HttpRequest, case: Case) -> HttpResponse:
    """Answer a link that was used, or one whose order was reopened since."""
    context = {"case": case, "rating": pages.stars_given(case)}
    return render(request, "requests/rate_done.html", context)


def _thank(request: HttpRequest, case: Case) -> HttpResponse:
    context = {"case": case, "rating": pages.stars_given(case), "is_new": True}
    return render(request, "requests/rate_done.html", context)


def _show(request: HttpRequest, case: Case, form: RatingForm, status: int) -> HttpResponse:
    photos = story_of(case, None, at=now()).proof
    context = {
        "case": case,
        "form": form,
        "tags": tags_with_stars(),
        "chosen": form["tags"].value() or [],
        # The link is for whoever got the message; pictures are for who signs in.
        "photos": photos if request.user.is_authenticated else [],
    }
    return render(request, "requests/rate.html", context, status=status)


@login_required
@require_http_methods(PAGE)
def by_reporter(request: HttpRequest, pk) -> HttpResponse:
    """Rate one's own request on one's own page."""
    cases = Case.objects.visible_to(request.user).select_related(*pages.RELATED)
    case = get_object_or_404(cases, pk=pk, reporter=request.user.pk, kind="request")
    if case.step != "verified":
        return redirect("requests:case", pk=case.pk)
    form = RatingForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            make_move(
                case,
                "rate",
                at=now(),
                actor=request.user,
                stars=given["stars"],
                tags=given["tags"],
                note=given["words"],
            )
            messages.success(request, _("谢谢您的评价"))
            return redirect("requests:case", pk=case.pk)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    return _show(request, case, form, status)
