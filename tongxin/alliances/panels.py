"""What a problem adds to the page of its case and to the API, and what its moves choose from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from tongxin.cases.flow import Option
from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove
from tongxin.orgs.models import Org
from tongxin.regions.queries import prefixes

from .links import owner_token
from .models import DeskMember, EnterpriseProblem, ProjectProblem

MOST = 300


def _link(case: Case, parts: frozenset[str]) -> str:
    """Return the address at which an owner without an account answers; for who may hand it on."""
    if case.step != "done" or parts.isdisjoint({"holder", "officer"}):
        return ""
    return reverse("alliances:answer", args=[owner_token(case)])


def _project_row(case: Case) -> ProjectProblem | None:
    rows = ProjectProblem.objects.select_related(
        "project__desk", "project__owner", "type", "item", "department", "agreed_by"
    )
    return rows.filter(case=case.pk).first()


def of_project_problem(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    row = _project_row(case)
    if row is None:
        return []
    link = _link(case, parts)
    return [{"template": "alliances/parts/project_problem.html", "row": row, "link": link}]


def project_problem_details(case: Case) -> dict[str, Any]:
    row = _project_row(case)
    if row is None:
        return {}
    return {
        "project": {"id": row.project_id, "name": row.project.name},
        "type": row.type.code,
        "department": row.department.name if row.department else None,
        "due_on": row.due_on,
        "solution": row.solution,
        "result": row.result,
    }


def _enterprise_row(case: Case) -> EnterpriseProblem | None:
    rows = EnterpriseProblem.objects.select_related("park", "enterprise", "type")
    return rows.filter(case=case.pk).first()


def of_enterprise_problem(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    row = _enterprise_row(case)
    if row is None:
        return []
    link = _link(case, parts)
    return [{"template": "alliances/parts/enterprise_problem.html", "row": row, "link": link}]


def enterprise_problem_details(case: Case) -> dict[str, Any]:
    row = _enterprise_row(case)
    if row is None:
        return {}
    return {
        "park": {"id": row.park_id, "name": row.park.name},
        "enterprise": row.enterprise.name,
        "type": row.type.code,
        "result": row.result,
        "stars": row.stars,
    }


def departments(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    """Return who may be given the work: members of the alliance first, then those of the land."""
    members: dict[int, str] = {}
    if row := _project_row(case):
        seats = row.project.alliance.members.filter(left_on=None).select_related("org")
        members = {seat.org_id: seat.org.name for seat in seats.order_by("org__name")}
    found = Org.objects.public().filter(region__path__in=[*prefixes(case.area)])
    rows = found.exclude(kind__in=(Org.Kind.TEAM, Org.Kind.PARTY)).exclude(pk__in=members)
    others = rows.order_by("region__path", "name", "pk")[:MOST]
    return [Option(pk, name) for pk, name in members.items()] + [
        Option(org.pk, org.name) for org in others
    ]


def desk_people(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    """Return who works at the project's desk, its head first."""
    row = _project_row(case)
    if row is None:
        return []
    desk = row.project.desk
    people = {desk.head_id: desk.head.name} if desk.head else {}
    for seat in DeskMember.objects.filter(desk=desk, to_on=None).select_related("user"):
        people.setdefault(seat.user_id, seat.user.name)
    return [Option(pk, name) for pk, name in people.items()]
