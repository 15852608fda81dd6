"""What is due in the affairs of units, each a sentence with a link (S4.18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import REGISTRARS, unit_reach

from ..dates import add_months
from ..models import Admission, Asking, Election, Term
from ..rules import admission_steps, term_rule
from .disclosure import gaps
from .dues import ARREARS_MONTHS, behind

Finding = dict[str, Any]
SOON = timedelta(days=14)
MOST_UNITS = 400


def kept_units(actor) -> list[Org]:
    """Return the party units whose registers an actor keeps, top first."""
    rows = Org.objects.filter(unit_reach(actor, REGISTRARS), kind=Org.Kind.PARTY)
    rows = rows.filter(dissolved_on__isnull=True).select_related("parent")
    return list(rows.order_by("path")[:MOST_UNITS])


def keeping(units: Collection[Org]) -> list[Org]:
    """Return those of the units that keep these registers: a term is registered.

    Nobody is told to publish what nobody has begun to publish here; one query.
    """
    begun = set(Term.objects.filter(unit__in=units).values_list("unit_id", flat=True))
    return [unit for unit in units if unit.pk in begun]


def affairs_check(units: Collection[Org], on: date) -> list[Finding]:
    """Return what is due or late in the units, the most urgent first.

    Each finding is {"unit", "kind" (term, election, admission, dues, disclosure), "sentence",
    "due" (date or None), "url", "late" (bool)}. At most ten queries, however many units.
    """
    found = [
        *_terms(units, on),
        *_elections(units),
        *_admissions(units, on),
        *_arrears(units, on),
        *_disclosures(keeping(units), on),
    ]
    return sorted(found, key=lambda one: (not one["late"], one["due"] or date.max, one["kind"]))


def _finding(
    unit: Org, kind: str, sentence: str, due: date | None, url: str, late: bool
) -> Finding:
    return {
        "unit": unit, "kind": kind, "sentence": sentence, "due": due, "url": url, "late": late,
    }  # fmt: skip


def _terms(units: Collection[Org], on: date) -> list[Finding]:
    running = Term.objects.filter(unit__in=units, ended_on__isnull=True)
    rows = running.annotate(due=Coalesce("extended_to", "to_date")).select_related("unit")
    found = []
    for term in rows.order_by("due"):
        due = term.due_on
        notice = term_rule(term.unit, term.from_date).remind_months
        if due > add_months(on, notice):
            break
        words = {"n": term.number, "due": due, "days": abs((due - on).days)}
        if due < on:
            sentence = _("第 %(n)d 届任期 %(due)s 届满，已超 %(days)d 天，尚未换届") % words
        else:
            sentence = _("第 %(n)d 届任期 %(due)s 届满，还有 %(days)d 天，请准备换届") % words
        url = reverse("affairs:term", args=[term.pk])
        found.append(_finding(term.unit, "term", sentence, due, url, due < on))
    return found


def _elections(units: Collection[Org]) -> list[Finding]:
    rows = Election.objects.filter(unit__in=units).exclude(step__in=Election.OVER)
    return [
        _finding(
            row.unit,
            "election",
            _("换届：%s") % row.get_step_display(),
            None,
            reverse("affairs:election", args=[row.pk]),
            False,
        )
        for row in rows.select_related("unit").order_by("decided_on", "pk")
    ]


def _admissions(units: Collection[Org], on: date) -> list[Finding]:
    """No names: a list of what is due is read by more people than the files are."""
    rows = Admission.objects.filter(unit__in=units, state=Admission.State.OPEN)
    near = rows.filter(Q(due_on__lte=on + SOON) | Q(review_due_on__lte=on + SOON))
    found = []
    for row in near.select_related("unit").order_by("due_on", "pk"):
        url = reverse("affairs:admission", args=[row.pk])
        if row.due_on and row.due_on <= on + SOON:
            steps = admission_steps(row.version)
            title = next(step.title for step in steps if step.code == row.next_code)
            words = {"title": title, "due": row.due_on}
            late = row.due_on < on
            sentence = _("发展党员：%(title)s应在 %(due)s 前完成") % words
            if late:
                sentence += _("，已超 %d 天") % (on - row.due_on).days
            found.append(_finding(row.unit, "admission", sentence, row.due_on, url, late))
        if row.review_due_on and row.review_due_on <= on + SOON:
            sentence = _("发展党员：半年考察应在 %s 前完成") % row.review_due_on
            late = row.review_due_on < on
            found.append(_finding(row.unit, "admission", sentence, row.review_due_on, url, late))
    return found


def _arrears(units: Collection[Org], on: date) -> list[Finding]:
    """One finding for each unit: how many are behind, and how many for six months."""
    many = Counter(behind(units, on).values())
    half_a_year = add_months(on, 1 - ARREARS_MONTHS)  # what was unpaid before that month
    long = Counter(behind(units, half_a_year).values()) if many else Counter[int]()
    found = []
    for unit in units:
        if not many[unit.pk]:
            continue
        words = {"n": many[unit.pk], "long": long[unit.pk]}
        sentence = _("%(n)d 名党员欠交党费") % words
        if long[unit.pk]:
            sentence += _("，其中 %(long)d 名满 6 个月，请谈话了解原因") % words
        url = reverse("affairs:dues", args=[unit.pk])
        found.append(_finding(unit, "dues", sentence, None, url, bool(long[unit.pk])))
    return found


def _disclosures(units: Collection[Org], on: date) -> list[Finding]:
    found = []
    for gap in gaps(units, on):
        if gap.due_on > on + SOON:
            continue
        words = {"title": gap.title, "due": gap.due_on}
        late = gap.is_late(on)
        sentence = _("%(title)s应在 %(due)s 前公开") % words
        if late:
            sentence += _("，已超 %d 天") % (on - gap.due_on).days
        if gap.row is not None:
            url = reverse("affairs:disclosure", args=[gap.row.pk])
        else:
            url = f"{reverse('affairs:publish', args=[gap.unit.pk])}?code={gap.code}&period={gap.period}"
        found.append(_finding(gap.unit, "disclosure", sentence, gap.due_on, url, late))
    return found


def waiting_for(actor) -> list[Asking]:
    """Return what lies undecided with the units whose registers an actor keeps, oldest first."""
    rows = Asking.objects.filter(
        unit_reach(actor, REGISTRARS, column="unit__parent__path"), verdict=""
    ).exclude(asked_by=actor.pk)
    return list(rows.select_related("unit", "asked_by").order_by("asked_at", "pk"))
