"""What villages and those above them still have to do: for the to-do of party units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org
from tongxin.orgs.queries import leading_units
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from ..models import BuildSubsidy, VillageProject, VillageStage, VillageYear

SOON = timedelta(days=14)


def economy_check(units: Iterable[Org], on: date) -> Iterator[dict[str, Any]]:
    """Yield {"unit", "kind", "sentence", "due", "url"}: stages near their day, years to report and verify.

    A village's own work stands with the unit that leads it, what is verified and accepted with the
    one above it. Five queries.
    """
    mine = {unit.pk for unit in units}
    leading = leading_units()
    for found in (_stages(leading, on), _years(leading, on), _subsidies(leading)):
        yield from (one for one in found if one["unit"].pk in mine)


def _stages(leading: dict[str, Org], on: date) -> Iterator[dict[str, Any]]:
    rows = VillageStage.objects.filter(done_on=None, due_on__lte=on + SOON)
    rows = rows.filter(project__in=VillageProject.objects.running())
    for row in rows.select_related("project__village").order_by("due_on", "pk"):
        if unit := leading.get(row.project.village.path):
            words = _("项目“%(project)s”的“%(stage)s”没有完成")
            named = words % {"project": row.project.title, "stage": row.name}
            yield _due(unit, "stage", named, row.due_on, "project", row.project_id)


def _subsidies(leading: dict[str, Org]) -> Iterator[dict[str, Any]]:
    """What was built waits for acceptance, what was accepted for its money; what failed is mended."""
    rows = BuildSubsidy.objects.filter(state__in=("built", "failed", "accepted"))
    for one in rows.select_related("project__village").order_by("pk"):
        path = one.project.village.path
        unit = leading.get(path) if one.state == "failed" else _above(leading, path)
        if unit:
            words = f"{one.get_state_display()}：{one.title}"
            yield _due(unit, "subsidy", words, None, "project", one.project_id)


def _years(leading: dict[str, Org], on: date) -> Iterator[dict[str, Any]]:
    """Last year: reported by the village, then verified by the street."""
    year = on.year - 1
    villages = Region.objects.filter(
        level=Region.Level.COMMUNITY, kind="village", valid_to__isnull=True
    )
    states = dict(VillageYear.objects.filter(year=year).values_list("village", "state"))
    for village in villages.defer("polygon").order_by("path"):
        state = states.get(village.pk, VillageYear.State.OPEN)
        if state == VillageYear.State.OPEN and (unit := leading.get(village.path)):
            words = _("%d 年集体经济收入还没有上报") % year
            yield _due(unit, "year", words, None, "village", village.code)
        if state == VillageYear.State.REPORTED and (unit := _above(leading, village.path)):
            words = _("%(village)s %(year)d 年收入待核实") % {"village": village.name, "year": year}
            yield _due(unit, "verify", words, None, "village", village.code)


def _above(leading: dict[str, Org], path: str) -> Org | None:
    """Return the unit that leads the street of a village, else one above that."""
    found = (leading.get(one) for one in reversed(list(prefixes(path))) if one != path)
    return next((one for one in found if one is not None), None)


def _due(unit: Org, kind: str, words: str, due: date | None, page: str, pk: Any) -> dict[str, Any]:
    url = reverse(f"economy:{page}", args=[pk])
    return {"unit": unit, "kind": kind, "sentence": words, "due": due, "url": url}
