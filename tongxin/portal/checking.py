"""Does all still agree: chains of events, life logs, the ledger of points, the figures.

For `tongxin verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby, islice

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.affairs.queries import ledger_faults
from tongxin.cases.actions.moves import payload_of
from tongxin.cases.figures import miscounted, wrong_tallies
from tongxin.cases.models import Case, Event
from tongxin.funds.queries import wrong_ledgers
from tongxin.kit import chain
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Volunteer
from tongxin.orgs.queries import broken_books
from tongxin.requests.models import PointEntry
from tongxin.secretaries.queries import wrong_subsidies

Progress = Callable[[int, int, str], None]
SHOWN = 50  # faults of one sort: more would only hide the first


class NoSuchCase(NotFound):
    """No case has that number."""


def check_everything(*, number: str | None = None, progress: Progress | None = None) -> list[str]:
    """Return what does not agree, in sentences; nothing if all does. `number` names one case.

    One snapshot of the database, so that workers may go on meanwhile.

    :raises NoSuchCase: if there is none of that number
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return _check(number, progress or (lambda done, total, what: None))


def _check(number: str | None, say: Progress) -> list[str]:
    if number is not None:
        cases = Case.objects.filter(number=number)
        if not cases.exists():
            raise NoSuchCase(_("没有编号为“%s”的单") % number[:30])
        return list(broken_chains(cases, say))
    faults = list(broken_chains(Case.objects.all(), say))
    say(0, 0, _("核对全程纪实册"))
    faults += wrong_books()
    say(0, 0, _("核对积分台账"))
    faults += wrong_points()
    faults += wrong_money()
    say(0, 0, _("核对党费账"))
    faults += ledger_faults()[:SHOWN]
    say(0, 0, _("核对资金账"))
    faults += islice(wrong_ledgers(), SHOWN)
    say(0, 0, _("核对统计数"))
    return faults + wrong_figures()


def broken_chains(cases, say: Progress) -> Iterator[str]:
    """Yield a sentence for every case whose history was altered, cut or added to."""
    heads = {
        pk: (no, length, head)
        for pk, no, length, head in cases.values_list("pk", "number", "length", "head")
    }
    events = Event.objects.filter(case__in=cases) if len(heads) == 1 else Event.objects.all()
    rows = events.order_by("case_id", "seq").iterator(chunk_size=5000)
    for done, (pk, group) in enumerate(groupby(rows, key=lambda event: event.case_id), start=1):
        if pk in heads:
            yield from _check_chain(*heads.pop(pk), list(group))
        if done % 200 == 0:
            say(done, done + len(heads), _("核对记录链"))
    for no, *_rest in heads.values():
        yield _("%s 没有任何记录") % no


def _check_chain(number: str, length: int, head: str, events: list[Event]) -> Iterator[str]:
    broken = chain.verify((event.hash, event.prev, payload_of(event)) for event in events)
    if broken is not None:
        event = events[broken]
        when = localtime(event.at).strftime("%Y-%m-%d %H:%M")
        yield _("%(number)s 第 %(seq)d 条记录（%(name)s，%(when)s）与记录链不符，可能被改动过") % {
            "number": number,
            "seq": event.seq,
            "name": event.name,
            "when": when,
        }
    elif (length, head) != (len(events), events[-1].hash):
        yield _("%(number)s 应有 %(length)d 条记录，实有 %(found)d 条，末尾不符") % {
            "number": number,
            "length": length,
            "found": len(events),
        }


def wrong_books() -> list[str]:
    """Name the first altered entry of every life log that was altered, cut or added to."""
    return [
        _("%(unit)s %(year)d 年度全程纪实册第 %(seq)d 条（%(day)s）与记录链不符，可能被改动过")
        % {"unit": unit, "year": year, "seq": seq, "day": localtime(at).strftime("%Y-%m-%d")}
        for unit, year, seq, at in islice(broken_books(), SHOWN)
    ]


def wrong_money() -> list[str]:
    """Name the subsidies whose ledger does not agree with what was decided about them."""
    return [
        _("先建后补“%(title)s”（%(state)s）与补助台账不符")
        % {"title": one.title, "state": one.get_state_display()}
        for one in wrong_subsidies()[:SHOWN]
    ]


def wrong_points() -> list[str]:
    """Compare each volunteer's totals with the sum of their ledger."""
    sums = {
        user: (points, minutes)
        for user, points, minutes in PointEntry.objects.values_list("user")
        .annotate(Sum("points"), Sum("minutes"))
        .order_by()
    }
    rows = Volunteer.objects.values_list("user_id", "user__name", "points", "minutes")
    return [
        _("%(name)s 的积分和时长是 %(kept)s，台账合计是 %(right)s")
        % {"name": name, "kept": (points, minutes), "right": sums.get(user, (0, 0))}
        for user, name, points, minutes in rows
        if (points, minutes) != sums.get(user, (0, 0))
    ][:SHOWN]


def wrong_figures() -> list[str]:
    """Compare the tallies with a recount, and what is open beneath a case with its children."""
    tallies = [
        _("统计 %(key)s 记为 %(kept)d，重新计数是 %(right)d")
        % {"key": " ".join(map(str, key)), "kept": kept, "right": right}
        for key, kept, right in wrong_tallies()
    ]
    strays = [_("%s 的统计位置不对") % number for number in miscounted()]
    open_below = dict(
        Case.objects.open()
        .filter(parent__isnull=False)
        .values_list("parent")
        .annotate(Count("pk"))
        .order_by()
    )
    parents = Case.objects.filter(pk__in=open_below) | Case.objects.filter(open_children__gt=0)
    children = [
        _("%(number)s 记有 %(kept)d 个未结子单，实有 %(right)d 个")
        % {"number": number, "kept": kept, "right": open_below.get(pk, 0)}
        for pk, number, kept in parents.values_list("pk", "number", "open_children")
        if kept != open_below.get(pk, 0)
    ]
    return tallies[:SHOWN] + strays[:SHOWN] + children[:SHOWN]
