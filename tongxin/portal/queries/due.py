"""What units owe by the rules of each app, in one form; and the one list people work from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from tongxin.affairs.queries import affairs_check
from tongxin.alliances.queries import alliances_check
from tongxin.conferences.queries import conferences_check
from tongxin.documents.queries import documents_check
from tongxin.dual_report.models import Pact, PactTask
from tongxin.economy.queries import economy_check
from tongxin.fieldwork.queries import visits_check
from tongxin.findings.queries import findings_check
from tongxin.funds.queries import funds_check
from tongxin.meetings.queries import rule_check
from tongxin.orgs.models import Org
from tongxin.orgs.queries import leading_units, people_check
from tongxin.regions.models import Region
from tongxin.secretaries.queries import secretaries_check
from tongxin.standards.queries import check_goals

from ..models import DueItem

Source = DueItem.Source
# What was missed longer ago than this is the yearly check's business, no longer today's work.
REMEMBERED = timedelta(days=62)
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Due:
    """Something owed, as it is kept: the same thing found twice is equal."""

    unit_id: int
    source: str
    kind: str
    sentence: str
    due: date | None
    url: str


Check = Callable[[QuerySet[Org], date], Iterable[Due]]


def _meetings(units: QuerySet[Org], on: date) -> Iterable[Due]:
    try:
        url = reverse("meetings:calendar")
    except NoReverseMatch:
        return
    for one in rule_check(units, on, whole_year=True):
        if one.due >= on - REMEMBERED:
            yield Due(
                one.unit_id, Source.MEETINGS, str(one.kind), one.sentence(on)[:300], one.due,
                f"{url}?unit={one.unit_id}",
            )  # fmt: skip


def _affairs(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.AFFAIRS, affairs_check(list(units), on))


def _secretaries(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.SECRETARIES, secretaries_check(units, on))


def _report(units: QuerySet[Org], on: date) -> Iterable[Due]:
    """Tasks of pacts and pacts that end, for the committee that leads the community's land."""
    asked = set(units.values_list("pk", flat=True))
    by_land = {
        unit.region_id: unit.pk
        for unit in leading_units().values()
        if unit.pk in asked and unit.region.level == Region.Level.COMMUNITY
    }
    tasks = PactTask.objects.filter(
        done_on=None, due_on__lte=on + SOON, pact__report__community__in=by_land
    ).exclude(pact__report__state="ended")
    for task in tasks.select_related("pact__report"):
        report = task.pact.report
        words = _("共建任务没有完成：%s") % task.title
        url = reverse("dual_report:unit", args=[report.pk])
        yield Due(by_land[report.community_id], Source.REPORT, "pact_task", words, task.due_on, url)
    pacts = Pact.objects.filter(
        renewal=None, to_date__range=(on - REMEMBERED, on + SOON), report__community__in=by_land
    ).exclude(report__state="ended")
    for pact in pacts.select_related("report"):
        words = _("共建协议到期，请商定续签或结束：%s") % pact.title
        url = reverse("dual_report:unit", args=[pact.report_id])
        unit = by_land[pact.report.community_id]
        yield Due(unit, Source.REPORT, "pact_ends", words, pact.to_date, url)


def _units(units: QuerySet[Org], on: date) -> Iterable[Due]:
    """Temporary units that end: they are extended or dissolved (S0.20)."""
    ending = units.filter(is_temporary=True, expires_on__lte=on + SOON)
    for unit in ending:
        words = _("临时党组织到期，请延期或撤销：%s") % unit.name
        url = reverse("orgs:unit", args=[unit.pk])
        yield Due(unit.pk, Source.UNITS, "temporary", words[:300], unit.expires_on, url)


def _people(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.UNITS, people_check(units, on))


def _goals(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.STANDARDS, check_goals(list(units), on))


def _visits(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.VISITS, visits_check(list(units), on))


def _findings(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.FINDINGS, findings_check(list(units), on))


def _documents(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.DOCUMENTS, documents_check(list(units), on))


def _conferences(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.CONFERENCES, conferences_check(units, on))


def _alliances(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.ALLIANCES, alliances_check(units, on))


def _funds(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.FUNDS, funds_check(list(units), on))


def _economy(units: QuerySet[Org], on: date) -> Iterable[Due]:
    return _listed(Source.ECONOMY, economy_check(list(units), on))


def _listed(source: str, found: Iterable[dict]) -> Iterable[Due]:
    for one in found:
        yield Due(
            one["unit"].pk, source, one["kind"], str(one["sentence"])[:300], one["due"], one["url"]
        )


CHECKS: tuple[Check, ...] = (
    _meetings,
    _affairs,
    _secretaries,
    _report,
    _units,
    _people,
    _goals,
    _visits,
    _findings,
    _documents,
    _conferences,
    _alliances,
    _funds,
    _economy,
)


def found_due(units: QuerySet[Org], on: date) -> Counter[Due]:
    """Ask every app what the units owe; the same sentence twice is counted twice."""
    return Counter(one for check in CHECKS for one in check(units, on))


def sorted_due(items: Iterable[DueItem]) -> list[DueItem]:
    """Return items late first, then by their day; those without a day last."""
    return sorted(items, key=lambda one: (one.due or date.max, one.pk))
