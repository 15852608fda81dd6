"""Somebody's service: points and hours, skills and times; a grid worker's quick report."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.orgs import actions as orgs
from tongxin.orgs.models import Volunteer
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, place_name

from .. import actions, pages, service, tabs
from ..forms import ReportForm, VolunteerForm
from ..models import Channel
from .places import place_context, place_given

REPORTED = 8  # kinds drawn as large buttons; the others are in a list
PAGE = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def points(request: HttpRequest) -> HttpResponse:
    """Show the ledger, its totals, the stars it makes, and what one has set."""
    user = request.user
    volunteer = service.volunteer_of(user)
    entries, cursor = service.ledger(user, request.GET.get("cursor", ""))
    stars, next_hours = service.star_level(volunteer.minutes if volunteer else 0)
    context = {
        "volunteer": volunteer,
        "home": place_name(volunteer.home.path) if volunteer else "",
        "skills": list(volunteer.skills.all()) if volunteer else [],
        "entries": entries,
        "next_cursor": cursor,
        "month": service.month_of(user, now()) if volunteer else {},
        "stars": range(stars),
        "missing_stars": range(len(service.STAR_HOURS) - stars),
        "next_hours": next_hours,
        "is_on_foot": bool(tabs.roles_on_foot(user)),
        "is_grid_worker": "grid_worker" in tabs.roles_on_foot(user),
    }
    return render(request, "requests/points.html", context)


@login_required
@require_http_methods(PAGE)
def volunteer(request: SignedIn) -> HttpResponse:
    """Become a volunteer, or change where one is at home, what one can do, how much one takes."""
    known = service.volunteer_of(request.user)
    form = _volunteer_form(request, known)
    status = 200
    if request.method == "POST" and "look" not in request.POST:
        if form.is_valid():
            try:
                return _keep_volunteer(request, known, form)
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
        else:
            status = 422
    path = known.home.path if known else pages.last_path(request.user)
    asked = service.volunteering_of(request.user) if known is None else None
    context = {"form": form, "volunteer": known, "asked": asked, **place_context(form, path=path)}
    return render(request, "requests/volunteer.html", context, status=status)


def _volunteer_form(request: HttpRequest, known) -> VolunteerForm:
    initial = {}
    if known:
        initial = {
            "skills": list(known.skills.all()),
            "times": service.parts_of_week(known),
            "cap": known.cap,
            "is_paused": known.is_paused,
        }
    if "look" in request.POST:  # without scripts: only list the communities of the street
        return VolunteerForm(
            initial=initial | {"street": request.POST.get("street", "")}, is_new=known is None
        )
    data = request.POST if request.method == "POST" else None
    return VolunteerForm(data, initial=initial, is_new=known is None)


def _keep_volunteer(request: SignedIn, known, form: VolunteerForm) -> HttpResponse:
    given, user, at = form.cleaned_data, request.user, now()
    home = Region.objects.public().get(pk=get_land(given["region"]).id)
    skills, times = given["skills"], service.times_of(given["times"])
    if known is None:
        made = orgs.ask_to_volunteer(user=user, home=home, skills=skills, times=times, at=at)
        if isinstance(made, Volunteer):
            messages.success(request, _("登记好了，现在就可以到大厅接单。"))
            return redirect("requests:hall")
        messages.success(request, _("申请已发给%s，通过后会通知您。") % home.name)
        return redirect("requests:volunteer")
    orgs.set_volunteer(
        volunteer=known,
        home=home,
        skills=skills,
        cap=given["cap"],
        is_paused=given["is_paused"],
        times=times,
        by=user,
        at=at,
    )
    messages.success(request, _("已保存"))
    return redirect("requests:points")


@login_required
@require_POST
def withdraw_volunteering(request: SignedIn) -> HttpResponse:
    """Take back that one asked to be a volunteer."""
    orgs.withdraw_volunteering(user=request.user, at=now())
    messages.success(request, _("已撤回申请。"))
    return redirect("requests:volunteer")


@login_required
@require_http_methods(PAGE)
def report(request: HttpRequest) -> HttpResponse:
    """A grid worker reports in three taps: photo, kind, send.

    :raises NotPermitted: for everybody else, with the way they may file
    """
    if "grid_worker" not in tabs.roles_on_foot(request.user):
        raise NotPermitted(_("快速上报是网格员的。"), remedy=_("您可以直接点单。"))
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ReportForm(data, files)
    status = 200
    if "look" in request.POST:
        form = ReportForm(initial={name: request.POST.get(name, "") for name in form.fields})
    elif request.method == "POST" and form.is_valid():
        try:
            return _report(request, form)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    return _show_report(request, form, status)


def _report(request: HttpRequest, form: ReportForm) -> HttpResponse:
    given = form.cleaned_data
    topic = given["topic"]
    case = actions.file_request(
        text=given["text"] or topic.name,
        title=topic.name if not given["text"] else "",
        topic=topic,
        address=given["address"],
        photos=given["photos"],
        channel=Channel.GRID,
        key=given["key"] or None,
        at=now(),
        actor=request.user,
        **place_given(form),
    )
    messages.success(request, _("已上报：%(number)s %(title)s") % vars(case))
    return redirect(reverse("requests:report") + "?sent=1")


def _show_report(request: HttpRequest, form: ReportForm, status: int) -> HttpResponse:
    topics = [
        topic
        for topic in pages.active_topics()
        if not any(question.get("required") for question in topic.questions)
    ]
    topics = [topic for topic in topics if topic.kind in ("component", "event")] or topics
    path = pages.last_path(request.user) or service.beat_of(request.user)
    common = pages.common_topics(topics, path, now(), most=REPORTED)
    context = {
        "form": form,
        # The last one was accepted: what this device kept of it is not put back.
        "is_fresh": "sent" in request.GET,
        "common": common,
        "others": [topic for topic in topics if topic not in common],
        **place_context(form),
    }
    return render(request, "requests/report.html", context, status=status)
