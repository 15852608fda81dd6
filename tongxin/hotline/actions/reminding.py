"""What the desk must not forget: to ask callers how it went, and the time another hotline set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.orgs.models import Post
from tongxin.regions.queries import calendar_for

from ..models import Call, CallBack, OutsideOrder

SOON = timedelta(hours=1)  # of working time: when a caller is rung who has to be asked
AHEAD = timedelta(days=1)  # how long before the time another hotline set people are told


def ask_ratings_due(*, at: datetime, limit: int = 50) -> int:
    """Put those on the list of call backs who filed by telephone and have no other way to rate.

    Once for each request that was verified; safe beside itself. Return how many were put there.
    """
    asked = CallBack.objects.filter(case=OuterRef("pk"))
    waiting = Case.objects.filter(kind="request", step="verified", reporter=None)
    waiting = waiting.filter(Q(calls__outcome="filed") | Q(outside_order__isnull=False))
    fresh = []
    for case in waiting.exclude(Exists(asked)).order_by("pk").distinct()[:limit]:
        source = _source_of(case)
        if source is not None:
            region, phone = source
            due = calendar_for(case.area).add(at, SOON)
            reason = _("回访评单：%s") % case.title
            fresh.append(
                CallBack(
                    region_id=region, case=case, phone_sealed=phone, due_at=due, reason=reason[:200]
                )
            )
    CallBack.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _source_of(case: Case) -> tuple[int, str] | None:
    """Return (desk, sealed number) of who asked for it; None where no number is known."""
    call = Call.objects.filter(case=case, outcome="filed").order_by("pk").first()
    if call is not None and call.phone_sealed:
        return call.region_id, call.phone_sealed
    order = OutsideOrder.objects.filter(case=case).first()
    return (order.region_id, order.caller_sealed) if order and order.caller_sealed else None


def remind_orders(*, at: datetime, limit: int = 50) -> int:
    """Tell who handles an order of another hotline, and the desk, a day before its time is up.

    Once for each order and deadline; safe beside itself. Return how many orders were told of.
    """
    due = OutsideOrder.objects.filter(
        deadline__lte=at + AHEAD, reminded_at=None, case__closed_at=None
    )
    told = 0
    for order in due.select_related("case", "region").order_by("deadline")[:limit]:
        claimed = OutsideOrder.objects.filter(pk=order.pk, reminded_at=None).update(reminded_at=at)
        if claimed:
            told += 1
            _tell(order, at)
    return told


def _tell(order: OutsideOrder, at: datetime) -> None:
    case, deadline = order.case, order.deadline
    day = localdate(at)
    posts = Post.objects.held_on(day).filter(
        Q(role="operator", region=order.region_id) | Q(org=case.handler_id or 0)
    )
    people = set(posts.values_list("user", flat=True))
    if case.holder_id is not None:
        people.add(case.holder_id)
    users = list(User.objects.filter(pk__in=people, is_active=True))
    when = localtime(deadline).strftime("%m月%d日 %H:%M") if deadline else ""
    tell(
        users=users,
        title=_("来文工单快到时限：%s") % case.title,
        text=_("%(number)s（来文 %(order)s）要求 %(when)s 前办结。")
        % {"number": case.number, "order": order.number, "when": when},
        url=reverse("cases:detail", args=[case.pk]),
        key=f"order:{order.pk}:{order.versions}",
        at=at,
    )
