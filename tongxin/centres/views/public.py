"""What residents use: centres and services near them, numbers, progress; the screen in the hall."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from tongxin.accounts.actions import guessed_wrongly, refuse_guessing
from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import Refused
from tongxin.kit.geo import distance_m
from tongxin.places.models import Booking, Centre, Room
from tongxin.places.queries import days_of_many
from tongxin.regions.queries import get_land, region_at, world
from tongxin.ui.asking import act_on

from .. import actions, queries
from ..forms import FollowForm
from ..models import DelegatedService, Ticket, WindowHonour
from ..queries.links import NoSuchMatter
from .common import FORM, PAGE, posted

AGAIN = timedelta(hours=2)  # before one phone counts at the same door again
HERE = "counted_here"


def _near(request: HttpRequest) -> tuple[float, float] | None:
    try:
        lng, lat = float(request.GET.get("lng", "")), float(request.GET.get("lat", ""))
    except ValueError:
        return None
    return (lng, lat) if math.isfinite(lng) and math.isfinite(lat) and abs(lat) <= 90 else None


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """Show the centres near somebody, what they have ahead, the services they can have done."""
    near, street = _near(request), request.GET.get("street", "")[:12]
    rows = Centre.objects.public().select_related("region")
    land = region_at(*near) if near else None
    if street:
        rows = rows.filter(region__path__under=get_land(street).path)
    elif land is not None:
        rows = rows.filter(region__path__under="/".join(land.path.split("/")[:2]) + "/")
    q = request.GET.get("q", "").strip()[:30]
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(address__icontains=q))
    found = list(rows.order_by("region__path", "pk")[: 400 if near else PAGE])
    if near:
        found.sort(key=lambda one: _metres(near, one))
        found = found[:PAGE]
    today = days_of_many(found, localdate())
    streets = [(one.code, one.short_name) for one in world().lands if one.level == "street"]
    context = {
        "rows": [
            {"one": one, "today": today[one.pk], "metres": round(_metres(near, one)) if near and one.lng else None}
            for one in found
        ],
        "filters": [{"name": "street", "label": _("街镇"), "value": street,
                     "choices": [("", _("全部")), *streets[:400]]}],
        "search": {"name": "q", "value": q, "placeholder": _("名称或地址")},
        **_own(request),
    }  # fmt: skip
    return render(request, "centres/public.html", context)


def _metres(near: tuple[float, float], one: Centre) -> float:
    if one.lng is None or one.lat is None:
        return math.inf
    return distance_m(*near, one.lng, one.lat)


def _own(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    at = now()
    bookings = Booking.objects.visible_to(request.user).filter(
        by=request.user, ends_at__gt=at, state__in=("asked", "booked", "waiting")
    )
    tickets = Ticket.objects.visible_to(request.user).filter(
        user=request.user, day=localdate(at), state__in=("waiting", "called")
    )
    return {
        "bookings": list(bookings.select_related("room__centre").order_by("starts_at")[:3]),
        "tickets": list(tickets.select_related("centre", "window")[:3]),
    }


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """List the delegated services by category."""
    q = request.GET.get("q", "").strip()[:30]
    rows = [one for one in queries.services_on(localdate()) if q in one.name or q in one.category]
    groups: dict[str, list[DelegatedService]] = {}
    for one in rows:
        groups.setdefault(one.category, []).append(one)
    context = {
        "groups": list(groups.items()),
        "search": {"name": "q", "value": q, "placeholder": _("如：低保、老年证")},
    }
    return render(request, "centres/catalogue.html", context)


@require_safe
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show a service: what to bring, how long, what fee, who decides, and where the nearest is."""
    today = localdate()
    versions = DelegatedService.objects.public().filter(code=code).order_by("-version")
    one = versions.on(today).first() or versions.first()
    if one is None:
        raise Http404
    street = request.GET.get("street", "")[:12]
    path = get_land(street).path if street else ""
    found = queries.where_offered(code, day=today, near=_near(request), path=path, most=10)
    streets = [(land.code, land.short_name) for land in world().lands if land.level == "street"]
    context = {
        "one": one, "rows": found,
        "filters": [{"name": "street", "label": _("我在"), "value": street,
                     "choices": [("", _("请选择街镇")), *streets[:400]]}],
    }  # fmt: skip
    return render(request, "centres/service.html", context)


@require_safe
def of(request: HttpRequest) -> HttpResponse:
    """Give what the day of a centre adds to its page: services taken in, windows with honour, queue."""
    pk = request.GET.get("centre", "")
    centre = get_object_or_404(
        Centre.objects.public(), pk=int(pk) if pk.isdigit() and len(pk) < 19 else 0
    )
    today, at = localdate(), now()
    offers = queries.offers_of(centre, today)
    context = {
        "centre": centre,
        "services": [one for one in queries.services_on(today) if one.code in offers],
        "hall": queries.hall_of(centre, at=at),
        "honours": _honours(centre),
        "may_draw": request.user.is_authenticated,
    }
    return render(request, "centres/parts/of.html", context)


def _honours(centre: Centre) -> list[WindowHonour]:
    today = localdate()
    rows = WindowHonour.objects.public().filter(
        window__centre=centre, window__ended_on=None, withdrawn_on__isnull=True,
        from_date__lte=today, to_date__gte=today,
    )  # fmt: skip
    return list(rows.select_related("window").order_by("window__number", "pk"))


@login_required
@require_http_methods(FORM)
def draw(request: SignedIn, pk: int) -> HttpResponse:
    """Draw a number on the phone."""
    centre = get_object_or_404(Centre.objects.public().select_related("region"), pk=pk)
    at = now()
    if request.method == "POST":
        try:
            made = actions.draw_ticket(
                centre=centre, at=at, by=request.user, user=request.user,
                is_priority=request.POST.get("priority") == "yes",
                key=request.POST.get("key", "")[:80],
            )  # fmt: skip
        except Refused as refusal:
            messages.error(request, f"{refusal.message}{refusal.remedy}")
            return redirect("centres:draw", pk)
        return redirect("centres:ticket", made.pk)
    hall = queries.hall_of(centre, at=at)
    context = {
        "centre": centre, "hall": hall, "minutes": hall.minutes_of(len(hall.waiting)),
        "key": uuid4().hex,
        "own": next((one for one in hall.waiting if one.user_id == request.user.pk), None),
    }  # fmt: skip
    return render(request, "centres/draw.html", context)


@login_required
@require_GET
def ticket(request: SignedIn, pk: int) -> HttpResponse:
    """Show one's own number: how many are before it, or to which window to go. Asks again by itself."""
    rows = Ticket.objects.visible_to(request.user).filter(user=request.user)
    one = get_object_or_404(rows.select_related("centre", "window"), pk=pk)
    ahead = queries.ahead_of(one) if one.state == Ticket.State.WAITING else 0
    minutes = queries.hall_of(one.centre, at=now()).minutes_of(ahead)
    template = "parts/ticket" if request.htmx else "ticket"
    context = {"one": one, "ahead": ahead, "minutes": minutes}
    return render(request, f"centres/{template}.html", context)


@login_required
@require_POST
def give_up(request: SignedIn, pk: int) -> HttpResponse:
    """Give one's number back."""
    one = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    try:
        actions.give_up(one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("已退号。"))
    return redirect("centres:public")


@require_safe
def progress(request: HttpRequest, token: str) -> HttpResponse:
    """Show how far a matter is to whoever has its link: no name, no number of a telephone."""
    one = queries.matter_of(token)
    context = {"one": one, "missing": [row["name"] for row in one.materials if not row["has"]]}
    return render(request, "centres/progress.html", context)


@require_http_methods(FORM)
def follow(request: HttpRequest) -> HttpResponse:
    """Find a matter by its number and the last four digits of the telephone it was left with.

    Four digits are soon tried through: after five wrong ones the number is shut for a while.
    """
    form, at = FollowForm(posted(request)), now()

    def act() -> str:
        data = form.cleaned_data
        guess: dict[str, Any] = {"what": data["number"], "address": address_of(request), "at": at}
        refuse_guessing(**guess)
        try:
            return queries.progress_url(queries.matter_by_number(data["number"], data["tail"]))
        except NoSuchMatter:
            guessed_wrongly(**guess)
            raise

    went, remedy, status = act_on(request, form, act, done="")
    context = {"form": form, "remedy": remedy}
    return went or render(request, "centres/follow.html", context, status=status)


@require_safe
def screen(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the numbers called on the screen of the hall; asks again by itself."""
    centre = get_object_or_404(Centre.objects.public(), pk=pk)
    hall = queries.hall_of(centre, at=now())
    honoured = {one.window_id: one for one in _honours(centre)}
    context = {
        "centre": centre, "hall": hall,
        "windows": [
            {"one": one, "ticket": hall.called.get(one.pk), "honour": honoured.get(one.pk)}
            for one in hall.windows
        ],
    }  # fmt: skip
    template = "parts/screen" if getattr(request, "htmx", False) else "screen"
    return render(request, f"centres/{template}.html", context)


@require_http_methods(FORM)
def here(request: HttpRequest, pk: int) -> HttpResponse:
    """Count oneself at the door of a room; the phone remembers for two hours that it did."""
    room = get_object_or_404(Room.objects.public().select_related("centre", "kind"), pk=pk)
    at, said, status = now(), "", 200
    counted = request.get_signed_cookie(HERE, default="", salt=str(pk), max_age=AGAIN) != ""
    done = counted
    if request.method == "POST" and not counted:
        try:
            actions.count_me(room=room, at=at)
            done = True
        except Refused as refusal:
            said, status = str(refusal.message), refusal.status
    answer = render(
        request, "centres/here.html", {"room": room, "done": done, "said": said}, status=status
    )
    if done and not counted:
        answer.set_signed_cookie(
            HERE, "1", salt=str(pk), max_age=AGAIN, path=reverse("centres:here", args=[pk]),
            httponly=True, samesite="Lax", secure=request.is_secure(),
        )  # fmt: skip
    return answer
