"""The clerk's page: the queue, the next number, what waits to be fetched; windows and their honours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.orgs.scope import roles_over

from .. import actions, queries
from ..forms import HonourForm, WhyForm, WindowForm
from ..models import Matter, Ticket, Window, WindowHonour
from ..models.window import CLERKS
from .common import FORM, ask, hall_at, hall_choices, posted, serves, show, the_hall, works_here


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """Show the hall one works at: the number called, who waits, what is ready and what lacks papers."""
    if not works_here(request):
        return redirect("centres:public")
    centre = hall_at(request)
    if centre is None:
        return show(request, "no_hall", {}, tab="home")
    at = now()
    hall = queries.hall_of(centre, at=at)
    mine = next((one for one in hall.windows if one.clerk_id == request.user.pk), None)
    rows = Matter.objects.visible_to(request.user).filter(centre=centre)
    open_ones = list(
        rows.filter(state__in=("ready", "notice")).select_related("service").order_by("-pk")[:40]
    )
    chosen = hall_choices(request, centre)
    context = {
        "centre": centre,
        "hall": hall,
        "mine": mine,
        "called": hall.called.get(mine.pk) if mine else None,
        "windows": [{"one": one, "ticket": hall.called.get(one.pk)} for one in hall.windows],
        "ready": [one for one in open_ones if one.state == "ready"][:12],
        "notices": [one for one in open_ones if one.state == "notice"][:12],
        "serves": serves(request, centre),
        "filters": [chosen] if chosen else [],
        "key": uuid4().hex,
    }
    return show(request, "home", context, tab="home")


def _window(request: SignedIn, pk: int) -> Window:
    one = get_object_or_404(Window.objects.public().select_related("centre__region"), pk=pk)
    if roles_over(request.user, one.centre.region.path).isdisjoint(CLERKS):
        raise Http404
    return one


def _try(request: SignedIn, act: Callable[[], Any], done: str, centre_pk: int) -> HttpResponse:
    try:
        act()
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        if done:
            messages.success(request, done)
    return redirect(f"{reverse('centres:home')}?centre={centre_pk}")


@login_required
@require_POST
def sit(request: SignedIn, pk: int) -> HttpResponse:
    one = _window(request, pk)
    return _try(
        request, lambda: actions.sit_down(one, by=request.user, at=now()), "", one.centre_id
    )


@login_required
@require_POST
def stand(request: SignedIn, pk: int) -> HttpResponse:
    one = _window(request, pk)
    return _try(
        request, lambda: actions.stand_up(one, by=request.user, at=now()), "", one.centre_id
    )


@login_required
@require_POST
def call(request: SignedIn, pk: int) -> HttpResponse:
    """Call the next number to one's window."""
    one = _window(request, pk)
    return _try(
        request, lambda: actions.call_next(one, by=request.user, at=now()), "", one.centre_id
    )


@login_required
@require_POST
def end(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a number was served, or that nobody came (`gone`=yes)."""
    one = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    gone = request.POST.get("gone") == "yes"
    return _try(
        request,
        lambda: actions.end_ticket(one, gone=gone, by=request.user, at=now()),
        "",
        one.centre_id,
    )


@login_required
@require_POST
def draw(request: SignedIn, pk: int) -> HttpResponse:
    """Draw a number for somebody who stands at the desk."""
    centre = the_hall(request, pk)

    def act() -> None:
        made = actions.draw_ticket(
            centre=centre, at=now(), by=request.user, key=request.POST.get("key", "")[:80],
            is_priority=request.POST.get("priority") == "yes",
        )  # fmt: skip
        messages.success(request, _("已取号：%s") % made.code)

    return _try(request, act, "", pk)


# Windows and honours.


@login_required
@require_http_methods(FORM)
def windows(request: SignedIn, pk: int) -> HttpResponse:
    """List the windows of a hall with their honours; enter a window."""
    centre = the_hall(request, pk)
    form = WindowForm(posted(request))

    def act() -> str:
        actions.add_window(centre=centre, by=request.user, at=now(), **form.cleaned_data)
        return reverse("centres:windows", args=[pk])

    rows = Window.objects.public().filter(centre=centre, ended_on__isnull=True)
    honours = WindowHonour.objects.public().filter(window__centre=centre).select_related("window")
    return ask(
        request, form, act, done=_("窗口已设置。"), template="windows", centre=centre,
        rows=rows.select_related("clerk"), honours=honours.order_by("-to_date", "-pk")[:30],
        today=localdate(), serves=serves(request, centre), judges=_judges(request, centre),
    )  # fmt: skip


def _judges(request: SignedIn, centre: Any) -> bool:
    return not roles_over(request.user, centre.region.path).isdisjoint(("officer", "organiser"))


@login_required
@require_http_methods(FORM)
def honour(request: SignedIn, pk: int) -> HttpResponse:
    """Give a window an honour for a period."""
    centre = the_hall(request, pk)
    if not _judges(request, centre):
        raise Http404
    today = localdate()
    form = HonourForm(
        posted(request), windows=Window.objects.public().filter(centre=centre, ended_on=None),
        initial={"from_date": today, "to_date": today.replace(month=12, day=31), "title": _("党员先锋岗")},
    )  # fmt: skip

    def act() -> str:
        actions.honour_window(by=request.user, at=now(), **form.cleaned_data)
        return reverse("centres:windows", args=[pk])

    return ask(
        request, form, act, done=_("已授予，公开页和大屏上会显示。"), heading=_("评定窗口荣誉"),
        lede=centre.name, verb=_("授予"), back=reverse("centres:windows", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take an honour back."""
    one = get_object_or_404(
        WindowHonour.objects.public().select_related("window__centre__region"), pk=pk
    )
    centre = the_hall(request, one.window.centre_id)
    if not _judges(request, centre):
        raise Http404
    form = WhyForm(posted(request))

    def act() -> str:
        actions.withdraw_honour(one, why=form.cleaned_data["why"], by=request.user, at=now())
        return reverse("centres:windows", args=[centre.pk])

    return ask(
        request, form, act, done=_("已撤销。"), heading=_("撤销：%s") % one, verb=_("撤销"),
        back=reverse("centres:windows", args=[centre.pk]),
    )  # fmt: skip
