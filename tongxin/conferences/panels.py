"""What this app adds to the page of a case, and to what programs are told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tongxin.cases.flow import Option
from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove
from tongxin.orgs.models import Org

from . import hooks
from .models import Agreement

MOST = 30


def of_resolution(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    found = hooks.resolution_of(case)
    if found is None:
        return []
    return [{"template": "conferences/parts/of_resolution.html", "resolution": found}]


def of_delivery(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    row = Agreement.objects.select_related("need", "supply").filter(pk=case.pk).first()
    return [{"template": "conferences/parts/of_delivery.html", "agreement": row}] if row else []


def details(case: Case) -> dict[str, Any]:
    found = hooks.resolution_of(case)
    if found is None:
        return {}
    return {
        "resolution": {"id": found.pk, "number": found.number, "title": found.title},
        "body": {"id": found.body_id, "name": found.body.name},
        "place": found.place,
        "due_on": found.due_on,
    }


def units(case: Case, *, at: datetime, text: str = "", chosen: list[str]) -> list[Option]:
    """Return organisations that could take a resolution over: those of its district, by name."""
    district = "/".join(case.area.split("/")[:2]) + "/"
    inside = Org.objects.public().filter(region__path__under=district)
    rows = inside.filter(name__contains=text) if text else inside.filter(kind="department")
    wanted = [int(one) for one in chosen if str(one).isdigit()]
    found = [*inside.filter(pk__in=wanted), *rows.exclude(pk__in=wanted).order_by("name")[:MOST]]
    return [Option(org.pk, org.name, str(org.get_kind_display())) for org in found]
