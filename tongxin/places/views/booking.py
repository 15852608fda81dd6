"""Rooms booked: the week of a centre, the form on the phone, one's own, what the desk decides."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.ui.paging import bad_cursor

from .. import actions, queries
from ..forms import BookForm, CameForm, ReasonForm, WhyForm
from ..models import Booking, Centre, Room
from ..models.centres import KEEPERS
from .common import (
    BOOKING_TONES,
    FORM,
    PAGE,
    ask,
    ask_on_phone,
    centre_of,
    keeps,
    posted,
    show,
    works_here,
)

AHEAD = 15  # days a resident may look at
State = Booking.State


def _day(text: str, today: date) -> date:
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today
    return asked if abs((asked - today).days) < 730 else today


@login_required
@require_GET
def calendar(request: SignedIn, pk: int) -> HttpResponse:
    """Show the week of a centre's rooms: who, for whoever keeps the register; else taken or free."""
    one = centre_of(request, pk)
    today = localdate()
    first = queries.monday_of(_day(request.GET.get("day", ""), today))
    rooms = list(one.rooms.filter(ended_on__isnull=True).select_related("kind"))
    asked = request.GET.get("room", "")
    room = next((row for row in rooms if str(row.pk) == asked), None)
    url = reverse("places:calendar", args=[pk])

    def week(shift: int) -> str:
        words: dict[str, Any] = {"day": str(first + timedelta(weeks=shift))} | (
            {"room": room.pk} if room else {}
        )
        return f"{url}?{urlencode(words)}"

    context = {
        "one": one,
        "keeps": keeps(request, one),
        "columns": queries.week_of(one, first, room=room),
        "today": today,
        "before": week(-1),
        "after": week(1),
        "first": first,
        "last": first + timedelta(days=6),
        "filters": [{"name": "room", "label": _("功能室"), "value": asked,
                     "choices": [("", _("全部")), *((str(row.pk), row.name) for row in rooms)]}],
        "hidden": [("day", str(first))],
    }  # fmt: skip
    return show(request, "calendar", context, tab="home")


@login_required
@require_GET
def bookings(request: SignedIn) -> HttpResponse:
    """List what the desk has to decide, what is ahead, and what is over and not written down."""
    if not works_here(request):
        return redirect("places:mine")
    at = now()
    land = reach(request.user, KEEPERS, column="room__centre__region__path")
    rows = Booking.objects.visible_to(request.user).filter(land)
    state = request.GET.get("state", "asked")
    wanted = {
        "asked": Q(state=State.ASKED),
        "ahead": Q(state__in=(State.BOOKED, State.WAITING), ends_at__gt=at),
        "over": Q(state=State.BOOKED, ends_at__lte=at),
    }
    state = state if state in wanted else "asked"
    found, following = _page(rows.filter(wanted[state]), request.GET.get("cursor", ""))
    labels = {"asked": _("待审核"), "ahead": _("将到"), "over": _("待登记到场")}
    context = {
        "rows": [{"one": one, "tone": BOOKING_TONES[one.state]} for one in found],
        "next_cursor": following,
        "segments": [
            {"label": label, "url": f"?state={name}", "active": name == state, "count": None}
            for name, label in labels.items()
        ],
    }  # fmt: skip
    return show(request, "bookings", context, tab="bookings")


def _page(rows: Any, cursor: str) -> tuple[list[Booking], str]:
    """Return a page of bookings, newest asked first, by their UUIDs (version 7)."""
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    rows = rows.select_related("room__centre", "by", "org").order_by("-pk")
    found = list(rows[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else ""


@login_required
@require_GET
def mine(request: SignedIn) -> HttpResponse:
    """Show a person's own bookings, those ahead first."""
    at = now()
    rows = Booking.objects.visible_to(request.user).filter(by=request.user)
    own = list(rows.select_related("room__centre", "org").order_by("-starts_at")[:PAGE])
    live = (State.ASKED, State.BOOKED, State.WAITING)
    ahead = [one for one in own if one.ends_at > at and one.state in live]
    context = {
        "ahead": [{"one": one, "tone": BOOKING_TONES[one.state]} for one in reversed(ahead)],
        "past": [{"one": one, "tone": BOOKING_TONES[one.state]} for one in own if one not in ahead],
    }
    return render(request, "places/mine.html", context)


def _room_for(request: HttpRequest, pk: int) -> Room:
    """Return a room that takes bookings; one of a centre that is not open only for who works there."""
    rows = Room.objects.public().filter(is_bookable=True).select_related("centre__region", "kind")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(FORM)
def book(request: SignedIn, pk: int) -> HttpResponse:
    """Show what is free on a day, and book it: once, or every week."""
    room, at = _room_for(request, pk), now()
    today = localdate(at)
    shown = _day(request.POST.get("day", "") or request.GET.get("day", ""), today)
    shown = max(today, shown)
    columns = queries.week_of(room.centre, shown, room=room, days=1)
    free = queries.free_spans(columns[0], after=at)
    repeats = bool(posts_of(request.user))
    org_ids = {post.org_id for post in posts_of(request.user)}
    form = BookForm(
        posted(request), repeats=repeats, initial=_first_free(free, shown),
        orgs=Org.objects.public().filter(pk__in=org_ids) if org_ids else None,
    )  # fmt: skip
    url = reverse("places:book", args=[pk])
    went: dict[str, str] = {}

    def act() -> str:
        return _book(request, room, form, went)

    first = max(today, shown - timedelta(days=2))
    context = {
        "room": room, "column": columns[0], "free": [_words(span) for span in free],
        "rule": queries.limits_of(room, today),
        "days": [
            {"label": _day_words(first + timedelta(days=n), today), "count": None,
             "url": f"{url}?day={first + timedelta(days=n)}", "active": first + timedelta(days=n) == shown}
            for n in range(5)
        ],
    }  # fmt: skip
    answer = ask_on_phone(request, form, act, done=_("已提交预约。"), template="book", **context)
    if went.get("clashes"):
        messages.warning(request, went["clashes"])
    return answer


def _first_free(free: list[tuple[datetime, datetime]], shown: date) -> dict[str, Any]:
    initial: dict[str, Any] = {"day": shown, "key": uuid4().hex}
    if free:
        start, end = free[0]
        step = start + timedelta(minutes=-start.minute % 30, seconds=-start.second)
        start = step if step < end else start
        initial |= {
            "start": localtime(start).time(),
            "end": localtime(min(end, start + timedelta(hours=1))).time(),
        }
    return initial


def _day_words(day: date, today: date) -> str:
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    return _("今天") if day == today else f"{names[day.weekday()]} {day:%m-%d}"


def _words(span: tuple[datetime, datetime]) -> str:
    return f"{localtime(span[0]):%H:%M} – {localtime(span[1]):%H:%M}"


def _book(request: SignedIn, room: Room, form: BookForm, went: dict[str, str]) -> str:
    data = form.cleaned_data
    starts_at, ends_at = form.span()
    given = {
        "room": room, "starts_at": starts_at, "ends_at": ends_at, "purpose": data["purpose"],
        "people": data["people"], "group": data["group"], "org": data.get("org"),
        "key": data["key"], "by": request.user, "at": now(),
    }  # fmt: skip
    if data.get("until"):
        found = actions.book_series(until=data["until"], **given)
        if found.clashes:
            days = "；".join(f"{day:%m-%d} {why}" for day, why in found.clashes)
            went["clashes"] = _("已约 %(n)d 次。这些日子没有约上：%(days)s") % {
                "n": len(found.made), "days": days,
            }  # fmt: skip
        return reverse("places:mine")
    made = actions.book(wait=data["wait"], **given)
    return reverse("places:booking", args=[made.pk])


@login_required
@require_GET
def booking(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show one booking to whoever made it, or keeps the register, with what may be done."""
    rows = Booking.objects.visible_to(request.user)
    one = get_object_or_404(rows.select_related("room__centre__region", "by", "org"), pk=pk)
    at = now()
    desk = keeps(request, one.room.centre)
    live = one.state in (State.ASKED, State.BOOKED, State.WAITING)
    context = {
        "one": one,
        "tone": BOOKING_TONES[one.state],
        "is_own": one.by_id == request.user.pk,
        "desk": desk,
        "may_cancel": live and one.starts_at > at,
        "may_decide": desk and one.state == State.ASKED and one.by_id != request.user.pk,
        "may_count": desk and one.starts_at <= at
        and one.state in (State.BOOKED, State.USED, State.NO_SHOW),
    }  # fmt: skip
    return render(request, "places/booking.html", context)


def _cancel(request: SignedIn, one: Booking) -> tuple[Any, Any, dict[str, Any]]:
    own = one.by_id == request.user.pk
    form = ReasonForm(posted(request)) if own else WhyForm(posted(request))
    return form, lambda: actions.cancel_booking(
        one, by=request.user, at=now(), reason=form.cleaned_data["reason"]
    ), {"heading": _("取消预约"), "verb": _("取消预约"), "done": _("已取消，排在前面的候补会顺上来。")}  # fmt: skip


def _approve(request: SignedIn, one: Booking) -> tuple[Any, Any, dict[str, Any]]:
    form = ReasonForm(posted(request))
    return form, lambda: actions.decide_booking(
        one, approve=True, reason=form.cleaned_data["reason"], by=request.user, at=now()
    ), {"heading": _("通过预约"), "verb": _("通过"), "done": _("已通过，预约人会收到消息。")}  # fmt: skip


def _refuse(request: SignedIn, one: Booking) -> tuple[Any, Any, dict[str, Any]]:
    form = WhyForm(posted(request))
    return form, lambda: actions.decide_booking(
        one, approve=False, reason=form.cleaned_data["reason"], by=request.user, at=now()
    ), {"heading": _("不通过预约"), "verb": _("不通过"), "done": _("已退回，预约人会收到原因。")}  # fmt: skip


def _came(request: SignedIn, one: Booking) -> tuple[Any, Any, dict[str, Any]]:
    form = CameForm(posted(request), initial={"came": one.came or one.people})
    return form, lambda: actions.mark_use(
        one, came=form.cleaned_data["came"], by=request.user, at=now()
    ), {"heading": _("登记到场"), "verb": _("登记"), "done": _("已登记。")}  # fmt: skip


VERBS = {"cancel": _cancel, "approve": _approve, "refuse": _refuse, "came": _came}


@login_required
@require_http_methods(FORM)
def decide(request: SignedIn, pk: UUID, verb: str) -> HttpResponse:
    """One verb on a booking: cancel, approve, refuse, came."""
    rows = Booking.objects.visible_to(request.user)
    one = get_object_or_404(rows.select_related("room__centre__region", "by"), pk=pk)
    desk = keeps(request, one.room.centre)
    if verb not in VERBS or not (desk or verb == "cancel"):
        raise Http404
    form, act, words = VERBS[verb](request, one)
    back = reverse("places:booking", args=[pk])

    def go() -> str:
        act()
        return back

    lede = f"{one.room.centre.name} · {one.room.name} · {actions.span_words(one.starts_at, one.ends_at)}"
    if desk and one.by_id != request.user.pk:
        return ask(request, form, go, tab="bookings", back=back, lede=lede, **words)
    return ask_on_phone(request, form, go, template="ask_phone", back=back, lede=lede, **words)


@require_GET
def feed(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the rooms of an open centre as iCalendar: what is taken, not by whom nor for what."""
    one = get_object_or_404(Centre.objects.public(), pk=pk)
    return _ics(queries.busy_ics(one, since=now()), f"centre-{pk}.ics")


@login_required
@require_GET
def ics(request: SignedIn, pk: UUID) -> HttpResponse:
    """Give one's own booking as a file for the calendar of one's phone."""
    rows = Booking.objects.visible_to(request.user).select_related("room__centre")
    one = get_object_or_404(rows.filter(by=request.user), pk=pk)
    return _ics(queries.booking_ics(one), "booking.ics")


def _ics(data: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
