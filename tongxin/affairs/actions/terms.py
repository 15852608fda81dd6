"""Terms: begun, extended by the unit above, reminded of in time."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org

from ..dates import add_months
from ..models import Asking, Term
from ..rules import term_rule
from .common import above_of, local, require_keeper, require_party, require_past, tell_keepers

# The longest notice any version gives; the rule of each unit decides.
LONGEST_NOTICE = 12


class TermStanding(Refused):
    """A unit has one term at a time; the next one begins with an election."""


class BadTerm(Invalid):
    """A number or a count of seats that no committee has."""


class BadExtension(Invalid):
    """A term is extended once more by months, a year in all."""


class TermOver(Refused):
    """The committee has been re-elected: nothing is asked for its term any more."""


class AskedAlready(Refused):
    """The same thing lies with the unit above and has not been decided."""


@transaction.atomic
def begin_term(
    *, unit: Org, number: int, from_date: date, seats: int, at: datetime, by: User
) -> Term:
    """Register the committee that stands now: its years by the rule of the day it began.

    :raises TermStanding: if a term runs already
    """
    require_party(unit)
    require_keeper(by, unit)
    require_past(from_date, at, "from_date")
    term = open_term(unit=unit, number=number, from_date=from_date, seats=seats)
    _log(term, _("登记第 %d 届任期") % number, "begin", at, by)
    return term


def open_term(*, unit: Org, number: int, from_date: date, seats: int) -> Term:
    """Write a term; for `begin_term` and the end of an election."""
    if number < 1 or seats < 1:
        raise BadTerm(_("届次和委员名额都从 1 起"), field="number" if number < 1 else "seats")
    rule = term_rule(unit, from_date)
    try:
        with transaction.atomic():
            return Term.objects.create(
                unit=unit,
                number=number,
                seats=seats,
                years=rule.years,
                rule=rule.version,
                from_date=from_date,
                to_date=add_months(from_date, 12 * rule.years),
            )
    except IntegrityError as error:
        raise TermStanding(
            _("“%s”已登记本届任期，或这个届次已有") % unit,
            field="number",
            remedy=_("换届请从“发起换届”办理"),
        ) from error


@transaction.atomic
def ask_extension(*, term: Term, months: int, reason: str, at: datetime, by: User) -> Asking:
    """Ask the unit above to extend a term, a year in all at most (选举工作条例第三条).

    :raises BadExtension, TermOver, AskedAlready: as their names say
    """
    term = (
        Term.objects.select_for_update(of=("self",)).select_related("unit__parent").get(pk=term.pk)
    )
    require_keeper(by, term.unit)
    above = above_of(term.unit)
    if term.ended_on:
        raise TermOver(_("第 %d 届已于 %s 换届") % (term.number, term.ended_on))
    most = term_rule(term.unit, term.from_date).extend_months
    last = add_months(term.to_date, most)
    if months < 1 or add_months(term.due_on, months) > last:
        words = {"most": most, "last": last}
        raise BadExtension(
            _("延期合计不超过 %(most)d 个月，最晚到 %(last)s") % words, field="months"
        )
    asking = ask(
        kind=Asking.Kind.EXTENSION,
        unit=term.unit,
        reason=reason,
        at=at,
        by=by,
        term=term,
        months=months,
    )
    words = {"n": term.number, "months": months, "above": above}
    text = _("向%(above)s请示第 %(n)d 届延期 %(months)d 个月") % words
    _log(term, text, f"ask:{asking.pk}", at, by)
    return asking


def ask(*, kind: str, unit: Org, reason: str, at: datetime, by: User, **subject) -> Asking:
    """Lay a question before the unit above and tell who keeps its registers.

    :raises AskedAlready: if the same lies there undecided
    """
    above = above_of(unit)
    try:
        with transaction.atomic():
            asking = Asking.objects.create(
                kind=kind, unit=unit, reason=reason, asked_by=by, asked_at=at, **subject
            )
    except IntegrityError as error:
        raise AskedAlready(_("已经请示，等待上级批复，不必重复请示")) from error
    tell_keepers(
        unit=above,
        title=_("待批复：%s") % asking.get_kind_display(),
        text=_("%(unit)s请示：%(reason)s") % {"unit": unit, "reason": reason},
        url=reverse("affairs:asking", args=[asking.pk]),
        key=f"affairs.asking:{asking.pk}",
        at=at,
    )
    return asking


def extension_decided(asking: Asking, *, at: datetime, by: User) -> None:
    """Move the end of the term, if the unit above agreed; a new end is reminded of anew."""
    if asking.verdict != Asking.Verdict.AGREED or asking.term is None:
        return
    term = asking.term
    term.extended_to = add_months(term.due_on, asking.months or 0)
    term.told = Term.Told.NO
    term.save(update_fields=["extended_to", "told"])
    text = _("上级同意第 %(n)d 届延期至 %(day)s") % {"n": term.number, "day": term.extended_to}
    _log(term, text, f"extended:{asking.pk}", at, by)


def remind_terms(*, at: datetime, limit: int = 100) -> int:
    """Tell units that their term ends within the months of the rule, and once more when it has.

    The unit above is told too when it is over. Each is told once for an end; safe beside itself.
    """
    today, told = local(at), 0
    with transaction.atomic():
        rows = (
            Term.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("unit__parent")
            .annotate(due=Coalesce("extended_to", "to_date"))
            .filter(ended_on__isnull=True, due__lte=add_months(today, LONGEST_NOTICE))
            .exclude(told=Term.Told.OVER)
            .exclude(told=Term.Told.EARLY, due__gte=today)
            .order_by("due", "pk")[:limit]
        )
        for term in rows:
            told += _remind(term, today, at)
    return told


def _remind(term: Term, today: date, at: datetime) -> int:
    due = term.due_on
    if due < today:
        state, title = Term.Told.OVER, _("任期已满，尚未换届")
    elif due <= add_months(today, term_rule(term.unit, term.from_date).remind_months):
        state, title = Term.Told.EARLY, _("任期将满，请准备换届")
    else:
        return 0
    words = {"unit": term.unit, "n": term.number, "due": due}
    tell_keepers(
        unit=term.unit,
        also_above=state == Term.Told.OVER,
        title=title,
        text=_("%(unit)s第 %(n)d 届任期到 %(due)s") % words,
        url=reverse("affairs:term", args=[term.pk]),
        key=f"affairs.term:{term.pk}:{state}:{due}",
        at=at,
    )
    term.told = state
    term.save(update_fields=["told"])
    return 1


def _log(term: Term, text: str, step: str, at: datetime, by: User | None) -> None:
    write_log(
        unit=term.unit,
        kind=LogEntry.Kind.ELECTION,
        text=text,
        at=at,
        recorded_at=at,
        source=f"affairs.term:{term.pk}",
        key=f"affairs.term:{term.pk}:{step}",
        actor=by,
        data={"until": term.due_on.isoformat()},
    )
