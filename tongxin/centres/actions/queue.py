"""Windows open, numbers are drawn and called; honours of a window."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.places.models import Centre
from tongxin.places.queries import days_of

from ..models import Ticket, Window, WindowHonour
from ..models.window import WATCHERS
from .common import locked, must_hold, must_serve, scoped

State = Ticket.State
MOST_WAITING, LONGEST_HONOUR = 300, timedelta(days=731)


class BadWindow(Invalid):
    """A window without a name, or a number out of bounds."""


class WindowBusy(Refused):
    """A colleague sits there, or one sits at another, or the number is taken."""


class HallClosed(Refused):
    """The centre is not open today, or no longer."""


class HasTicket(Refused):
    """One has a number for today."""


class NobodyWaits(Refused):
    """Nobody waits."""


class TicketOver(Refused):
    """The number was called, served or passed over."""


class BadHonour(Invalid):
    """An honour without ground, or for a period that cannot be."""


@transaction.atomic
def add_window(*, centre: Centre, number: int, name: str, by: User | None, at: datetime) -> Window:
    """Enter a window. Raises BadWindow, WindowBusy (number taken), NotPermitted."""
    centre = locked(centre)
    if by is not None:
        must_serve(by, centre.region.path, what=_("设置窗口"))
    if not 1 <= number <= 99:
        raise BadWindow(_("窗口号应在 1 到 99 之间。"), field="number")
    name = clean_text(name, limit=30, field_label=_("名称"), required=True)
    if centre.windows.filter(number=number, ended_on__isnull=True).exists():
        raise WindowBusy(_("已有 %d 号窗口。") % number, field="number")
    return Window.objects.create(centre=centre, number=number, name=name)


@transaction.atomic
def sit_down(window: Window, *, by: User, at: datetime) -> Window:
    """Open a window by sitting down at it; one that sits elsewhere leaves it.

    :raises WindowBusy: if a colleague sits there, or a number called elsewhere is not done
    :raises NotPermitted:
    """
    centre = locked(window.centre)
    must_serve(by, centre.region.path, what=_("开窗口"))
    window = (
        Window.objects.select_for_update(of=("self",)).select_related("clerk").get(pk=window.pk)
    )
    if window.ended_on:
        raise WindowBusy(_("这个窗口已撤销。"))
    if window.clerk_id not in (None, by.pk):
        raise WindowBusy(_("%s正在这个窗口。") % window.clerk)
    for other in Window.objects.filter(clerk=by).exclude(pk=window.pk):
        stand_up(other, by=by, at=at)
    window.clerk = by
    window.save(update_fields=["clerk"])
    return window


@transaction.atomic
def stand_up(window: Window, *, by: User, at: datetime) -> Window:
    """Close a window: its number is done first. Raises WindowBusy, NotPermitted."""
    window = Window.objects.select_for_update(of=("self",)).select_related("centre__region").get(
        pk=window.pk
    )  # fmt: skip
    if window.clerk_id != by.pk:
        must_serve(by, window.centre.region.path, what=_("关窗口"))
    called = window.tickets.filter(state=State.CALLED, day=localdate(at)).first()
    if called is not None:
        raise WindowBusy(_("%s 还没有办完。") % called.code)
    window.clerk = None
    window.save(update_fields=["clerk"])
    return window


@transaction.atomic
def draw_ticket(
    *, centre: Centre, at: datetime, by: User | None, user: User | None = None,
    is_priority: bool = False, key: str = "",
) -> Ticket:  # fmt: skip
    """Draw a number of the day: on the phone for oneself (`user`), or at the desk for who stands there.

    :raises HallClosed: if the centre is not open at this hour
    :raises HasTicket: if one has a number that was not served
    :raises NotPermitted: at the desk, unless `by` works there
    """
    centre = locked(centre)
    kept = scoped(by, key)
    if kept and (old := Ticket.objects.filter(key=kept).first()):
        return old
    if by is not None and user is None:
        must_hold(by, WATCHERS, centre.region.path, what=_("替人取号"))
    elif user is not None and (by is None or user.pk != by.pk):
        raise NotPermitted(_("手机取号只能取自己的号。"))
    today = localdate(at)
    (day,) = days_of(centre, [today])
    if centre.state != Centre.State.OPEN or not any(at < end for _start, end in day.moments()):
        raise HallClosed(_("今天不再受理取号。"), remedy=day.why or _("请在开放时间来。"))
    rows = Ticket.objects.filter(centre=centre, day=today)
    if (
        user is not None
        and rows.filter(user=user, state__in=(State.WAITING, State.CALLED)).exists()
    ):
        raise HasTicket(_("您今天已经取过号，办完再取。"))
    if rows.filter(state=State.WAITING).count() >= MOST_WAITING:
        raise HallClosed(_("今天等候的人太多，请改天再来或电话预约。"))
    return Ticket.objects.create(
        centre=centre, day=today, n=next_number(centre, today), is_priority=is_priority, user=user,
        by_phone=user is not None, at=at, key=kept,
    )  # fmt: skip


def next_number(centre: Centre, day: date) -> int:
    """Return the next number of a day; the centre is locked by whoever draws it."""
    last = Ticket.objects.filter(centre=centre, day=day).aggregate(top=Max("n"))["top"]
    return (last or 0) + 1


@transaction.atomic
def call_next(window: Window, *, by: User, at: datetime) -> Ticket:
    """Call the next number: who has priority first, then in order; the one before is done.

    :raises NobodyWaits:
    :raises WindowBusy: if one does not sit at the window
    """
    centre = locked(window.centre)
    window = Window.objects.get(pk=window.pk)
    if window.clerk_id != by.pk:
        raise WindowBusy(_("请先开这个窗口。"))
    rows = Ticket.objects.filter(centre=centre, day=localdate(at))
    following = rows.filter(state=State.WAITING).order_by("-is_priority", "n").first()
    if following is None:
        raise NobodyWaits(_("现在没有人等候。"))
    window.tickets.filter(state=State.CALLED).update(state=State.SERVED, done_at=at)
    following.state, following.window, following.called_at = State.CALLED, window, at
    following.save(update_fields=["state", "window", "called_at"])
    if following.user is not None:
        tell(
            users=[following.user], title=_("请到 %(n)d 号窗口：%(code)s") % {"n": window.number, "code": following.code},
            text=centre.name, url=reverse("centres:ticket", args=[following.pk]),
            key=f"ticket:{following.pk}", at=at,
        )  # fmt: skip
    return following


@transaction.atomic
def end_ticket(ticket: Ticket, *, gone: bool, by: User, at: datetime) -> Ticket:
    """Write down that a called number was served, or that nobody came (过号).

    :raises TicketOver: if it was not called, or is over
    """
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("centre__region").get(
        pk=ticket.pk
    )  # fmt: skip
    must_serve(by, ticket.centre.region.path, what=_("叫号"))
    if ticket.state != State.CALLED:
        raise TicketOver(
            _("%(code)s 现在是“%(state)s”。")
            % {"code": ticket.code, "state": ticket.get_state_display()}
        )
    ticket.state, ticket.done_at = State.GONE if gone else State.SERVED, at
    ticket.save(update_fields=["state", "done_at"])
    return ticket


@transaction.atomic
def give_up(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """Give one's own number back while one waits. Raises TicketOver, NotPermitted."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
    if ticket.user_id != by.pk:
        raise NotPermitted(_("只能退自己的号。"))
    if ticket.state != State.WAITING:
        raise TicketOver(
            _("%(code)s 现在是“%(state)s”。")
            % {"code": ticket.code, "state": ticket.get_state_display()}
        )
    ticket.state, ticket.done_at = State.GONE, at
    ticket.save(update_fields=["state", "done_at"])
    return ticket


def tickets_due(*, at: datetime, limit: int = 500) -> int:
    """Let the numbers of days gone by lapse; return how many."""
    rows = Ticket.objects.filter(
        day__lt=localdate(at), state__in=(State.WAITING, State.CALLED)
    ).order_by("pk")
    pks = list(rows.values_list("pk", flat=True)[:limit])
    return Ticket.objects.filter(
        pk__in=pks, state__in=(State.WAITING, State.CALLED)
    ).update(state=State.GONE, done_at=at)  # fmt: skip


@transaction.atomic
def honour_window(
    *, window: Window, title: str, holder: str, basis: str, from_date: date, to_date: date,
    by: User, at: datetime, pledge: str = "",
) -> WindowHonour:  # fmt: skip
    """Give a window an honour for a period (党员先锋岗, S2.56); by an officer over the place.

    :raises BadHonour: without ground, for over two years, over another of the same title
    :raises NotPermitted:
    """
    centre = locked(window.centre)
    must_hold(by, ("officer", "organiser"), centre.region.path, what=_("评定窗口荣誉"))
    if not from_date <= to_date <= from_date + LONGEST_HONOUR:
        raise BadHonour(_("止期应在起期之后，最长两年。"), field="to_date")
    title = clean_text(title, limit=30, field_label=_("荣誉"), required=True)
    same = window.honours.filter(
        title=title, withdrawn_on__isnull=True, from_date__lte=to_date, to_date__gte=from_date
    )
    if same.exists():
        raise BadHonour(_("这个窗口在这段时间已是“%s”。") % title, field="title")
    return WindowHonour.objects.create(
        window=window, title=title, from_date=from_date, to_date=to_date, by=by, at=at,
        holder=clean_text(holder, limit=30, field_label=_("岗位人员"), required=True),
        basis=clean_text(basis, limit=200, field_label=_("评定依据"), required=True),
        pledge=clean_text(pledge, limit=200, field_label=_("承诺")),
    )  # fmt: skip


@transaction.atomic
def withdraw_honour(honour: WindowHonour, *, why: str, by: User, at: datetime) -> WindowHonour:
    """Take an honour back with the reason. Raises BadHonour, NotPermitted."""
    centre = locked(honour.window.centre)
    must_hold(by, ("officer", "organiser"), centre.region.path, what=_("撤销窗口荣誉"))
    honour = WindowHonour.objects.get(pk=honour.pk)
    if honour.withdrawn_on:
        raise BadHonour(_("这项荣誉已撤销。"))
    honour.withdrawn_on = localdate(at)
    honour.withdrawn_why = clean_text(why, limit=100, field_label=_("撤销原因"), required=True)
    honour.save(update_fields=["withdrawn_on", "withdrawn_why"])
    return honour
