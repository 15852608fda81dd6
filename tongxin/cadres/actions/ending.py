"""What ends or lengthens secondments by the hundred: an operation's end or phase, a term run out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.cases.clocks import end_of
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org, Post

from ..models import CrewMember, Operation, RotationTurn, Secondment, SecondmentEvent

MINE = "/cadres/mine/"


@transaction.atomic
def prolong_all(
    *, operation: Operation, until: date, note: str, at: datetime, by: User | None
) -> int:
    """Prolong everybody of an operation who serves and would end before `until`; return how many."""
    rows = list(
        Secondment.objects.select_for_update(of=("self",))
        .standing()
        .filter(operation=operation, to_date__lt=until)
        .select_related("person__user", "from_unit", "office")
    )
    ids = [row.pk for row in rows]
    Secondment.objects.filter(pk__in=ids).update(to_date=until)
    Post.objects.filter(secondment__in=ids).update(to_date=until + timedelta(days=1))
    text = _("延长至 %s") % until
    write_events(rows, SecondmentEvent.Kind.PROLONGED, text, note=note, at=at, by=by)
    key = f"{operation.pk}:{until}"
    log_units(rows, "prolong", key, _("%(n)d 名下沉干部继续驻守至 {day}").format(day=until), at, by)
    tell_all(rows, _("下沉时间已延长"), text, key=f"prolong:{key}", at=at)
    return len(rows)


@transaction.atomic
def close_all(*, operation: Operation, reason: str, at: datetime, by: User | None) -> int:
    """End everybody's service in an operation today; return how many."""
    today = localdate(at)
    rows = list(
        Secondment.objects.select_for_update(of=("self",))
        .standing()
        .filter(operation=operation)
        .select_related("person__user", "from_unit", "office")
    )
    end_rows(rows, last_day=today, end=Secondment.End.CLOSED)
    text = _("行动结束，%s 为最后一天") % today
    write_events(rows, SecondmentEvent.Kind.CLOSED, text, note=reason, at=at, by=by)
    key = f"{operation.pk}:{today}"
    log_units(rows, "close", key, _("行动结束，%(n)d 名下沉干部结束驻守"), at, by)
    tell_all(rows, _("下沉结束"), text, key=f"close:{key}", at=at)
    return len(rows)


@transaction.atomic
def finish_due(*, at: datetime, limit: int = 200) -> int:
    """End secondments whose last day is over; the worker's job. Return how many."""
    today = localdate(at)
    rows = list(
        Secondment.objects.select_for_update(of=("self",), skip_locked=True)
        .standing()
        .filter(to_date__lt=today)
        .select_related("person__user", "from_unit", "office")
        .order_by("pk")[:limit]
    )
    if not rows:
        return 0
    for last in {row.to_date for row in rows}:
        group = [row for row in rows if row.to_date == last]
        end_rows(group, last_day=last, end=Secondment.End.FINISHED)
        text = _("期满，%s 为最后一天") % last
        write_events(group, SecondmentEvent.Kind.FINISHED, text, note="", at=at, by=None)
        # A round that takes the rest of the same day must not find its line written.
        key = f"{last}:{min(row.pk for row in group)}"
        log_units(group, "finish", key, _("%(n)d 名下沉干部期满"), at, None)
        tell_all(group, _("下沉期满"), text, key=f"finish:{last}", at=at)
    return len(rows)


def end_rows(rows: list[Secondment], *, last_day: date, end: str) -> None:
    """Write the end into secondments, their posts, turns to come and crews.

    One that has not begun ends the day before it would have: it never was.
    """
    for last in {_last(row, last_day) for row in rows}:
        group = [row for row in rows if _last(row, last_day) == last]
        ids = [row.pk for row in group]
        Secondment.objects.filter(pk__in=ids).update(ended_on=last, end=end)
        for row in group:
            row.ended_on, row.end = last, end
        after = last + timedelta(days=1)
        Post.objects.filter(secondment__in=ids, to_date__gt=after).update(to_date=after)
        CrewMember.objects.filter(secondment__in=ids, to_date__isnull=True).update(to_date=last)
        RotationTurn.objects.filter(secondment__in=ids, starts_at__gte=end_of(last)).delete()


def _last(row: Secondment, day: date) -> date:
    return max(day, row.from_date - timedelta(days=1))


def write_events(
    rows: Iterable[Secondment], kind: str, text: str, *, note: str, at: datetime, by: User | None
) -> None:
    SecondmentEvent.objects.bulk_create(
        [
            SecondmentEvent(secondment=row, kind=kind, text=text, note=note[:200], at=at, by=by)
            for row in rows
        ],
        500,
    )


def log_units(
    rows: Iterable[Secondment], what: str, key: str, text: str, at: datetime, by: User | None
) -> None:
    """Write one line into the book of every unit on either line; `text` has a `%(n)d`."""
    counts: Counter[Org] = Counter()
    for row in rows:
        counts[row.from_unit] += 1
        counts[row.office] += 1
    for unit, number in counts.items():
        write_log(
            unit=unit,
            kind=LogEntry.Kind.CADRE,
            text=text % {"n": number},
            at=at,
            recorded_at=at,
            source=f"cadres.{what}:{key}",
            key=f"cadres:{what}:{key}",
            actor=by,
        )


def tell_all(rows: Iterable[Secondment], title: str, text: str, *, key: str, at: datetime) -> None:
    """Tell the cadres themselves; whoever has no account is told by their unit."""
    users = [row.person.user for row in rows if row.person.user is not None]
    tell(users=users, title=title, text=text, url=MINE, key=f"cadres:{key}"[:80], at=at)
