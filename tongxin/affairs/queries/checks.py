"""What is due in the affairs of units, each a sentence with a link (S4.18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, DateField, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import REGISTRARS, unit_reach

from ..dates import add_months
from ..models import Admission, Asking, Election, Term
from ..rules import admission_steps, term_rule
from .disclosure import gaps
from .dues import ARREARS_MONTHS, behind_on

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
    "due" (date or None), "url", "late" (bool)}. Three queries, however many units.
    """
    by_id = {unit.pk: unit for unit in units}
    rows = _running(units, on)
    terms = [row for row in rows if row.kind == "term"]
    begun = {row.unit for row in terms}
    found = [
        *_terms([row for row in terms if not row.ended_on], by_id, on),
        *_elections([row for row in rows if row.kind == "election"], by_id),
        *_admissions([row for row in rows if row.kind == "admission"], by_id, on),
        *_arrears(units, on),
        *_disclosures([unit for unit in units if unit.pk in begun], on),
    ]
    return sorted(found, key=lambda one: (not one["late"], one["due"] or date.max, one["kind"]))


class Running(NamedTuple):
    """A term, election or file of development, as far as the check looks at it.

    `day` is when it is due (an election: when it was decided), `other` the first day of a term or
    the day of the next review, `word` the step.
    """

    kind: str
    pk: int
    unit: int
    day: date | None
    other: date | None
    ended_on: date | None
    number: int
    word: str
    version: str


def _running(units: Collection[Org], on: date) -> list[Running]:
    """Return all terms, the elections under way and the files near a day of theirs. One query."""
    no_day, none = Value(None, output_field=DateField()), Value(0, output_field=IntegerField())
    no_words = Value("", output_field=CharField())

    def of(kind: str, rows: QuerySet, **columns: Any) -> QuerySet:
        # The tables have columns of the same names: under a name of ours each takes its place.
        named = {f"its_{name}": column for name, column in columns.items()}
        rows = rows.filter(unit__in=units).order_by()
        rows = rows.annotate(its_kind=Value(kind, output_field=CharField()), **named)
        names = ("day", "other", "ended_on", "number", "word", "version")
        return rows.values_list("its_kind", "pk", "unit_id", *(f"its_{name}" for name in names))

    terms = of(
        "term", Term.objects.all(), day=Coalesce("extended_to", "to_date"), other=F("from_date"),
        ended_on=F("ended_on"), number=F("number"), word=no_words, version=no_words,
    )  # fmt: skip
    elections = of(
        "election", Election.objects.exclude(step__in=Election.OVER), day=F("decided_on"),
        other=no_day, ended_on=no_day, number=none, word=F("step"), version=no_words,
    )  # fmt: skip
    near = Q(due_on__lte=on + SOON) | Q(review_due_on__lte=on + SOON)
    files = of(
        "admission", Admission.objects.filter(near, state=Admission.State.OPEN), day=F("due_on"),
        other=F("review_due_on"), ended_on=no_day, number=none, word=F("next_code"),
        version=F("version"),
    )  # fmt: skip
    found = [Running(*row) for row in terms.union(elections, files, all=True)]
    return sorted(found, key=lambda row: (row.day or date.max, row.pk))


def _finding(
    unit: Org, kind: str, sentence: str, due: date | None, url: str, late: bool
) -> Finding:
    return {
        "unit": unit, "kind": kind, "sentence": sentence, "due": due, "url": url, "late": late,
    }  # fmt: skip


def _terms(rows: list[Running], by_id: dict[int, Org], on: date) -> list[Finding]:
    found = []
    for term in rows:
        unit, due = by_id[term.unit], term.day or on
        notice = term_rule(unit, term.other or on).remind_months
        if due > add_months(on, notice):
            continue
        words = {"n": term.number, "due": due, "days": abs((due - on).days)}
        if due < on:
            sentence = _("第 %(n)d 届任期 %(due)s 届满，已超 %(days)d 天，尚未换届") % words
        else:
            sentence = _("第 %(n)d 届任期 %(due)s 届满，还有 %(days)d 天，请准备换届") % words
        url = reverse("affairs:term", args=[term.pk])
        found.append(_finding(unit, "term", sentence, due, url, due < on))
    return found


def _elections(rows: list[Running], by_id: dict[int, Org]) -> list[Finding]:
    return [
        _finding(
            by_id[row.unit],
            "election",
            _("换届：%s") % Election.Step(row.word).label,
            None,
            reverse("affairs:election", args=[row.pk]),
            False,
        )
        for row in rows
    ]


def _admissions(rows: list[Running], by_id: dict[int, Org], on: date) -> list[Finding]:
    """No names: a list of what is due is read by more people than the files are."""
    found = []
    for row in rows:
        unit, url = by_id[row.unit], reverse("affairs:admission", args=[row.pk])
        if row.day and row.day <= on + SOON:
            steps = admission_steps(row.version)
            title = next(step.title for step in steps if step.code == row.word)
            words = {"title": title, "due": row.day}
            late = row.day < on
            sentence = _("发展党员：%(title)s应在 %(due)s 前完成") % words
            if late:
                sentence += _("，已超 %d 天") % (on - row.day).days
            found.append(_finding(unit, "admission", sentence, row.day, url, late))
        if row.other and row.other <= on + SOON:
            sentence = _("发展党员：半年考察应在 %s 前完成") % row.other
            found.append(_finding(unit, "admission", sentence, row.other, url, row.other < on))
    return found


def _arrears(units: Collection[Org], on: date) -> list[Finding]:
    """One finding for each unit: how many are behind, and how many for six months."""
    half_a_year = add_months(on, 1 - ARREARS_MONTHS)  # what was unpaid before that month
    many, long = (Counter(found.values()) for found in behind_on(units, on, half_a_year))
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
