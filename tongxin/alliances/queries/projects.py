"""Alliances and their projects as boards: red first, with the dots of their milestones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet, Sum

from tongxin.meetings.models import Attendance, Meeting, OpenPoint

from ..models import (
    Alliance,
    AllianceProject,
    ApprovalItem,
    Letter,
    ProjectProblem,
    Satisfaction,
)


@dataclass
class Card:
    """A project on the board of its desk."""

    project: AllianceProject
    dots: list[ApprovalItem] = field(default_factory=list)
    granted: int = 0
    total: int = 0
    open: int = 0
    late: int = 0
    overdue: int = 0  # approvals past their planned day
    expired: int = 0  # letters that ran out without a permit

    @property
    def is_red(self) -> bool:
        return bool(self.late or self.overdue or self.expired)

    @property
    def tone(self) -> str:
        if self.project.state != AllianceProject.State.ACTIVE:
            return "done" if self.project.state == AllianceProject.State.FINISHED else "idle"
        return "late" if self.is_red else "working"


def cards_of(projects: Iterable[AllianceProject], *, today: date) -> list[Card]:
    """Return the projects with what is due of them, those in trouble first. Three queries."""
    cards = {project.pk: Card(project) for project in projects}
    rows = ApprovalItem.objects.filter(dossier__project__in=list(cards)).order_by("order", "pk")
    for item in rows.select_related("dossier"):
        card = cards[item.dossier.project_id or 0]
        card.total += 1
        card.granted += item.is_granted
        card.overdue += bool(not item.is_granted and item.planned_on and item.planned_on < today)
        if item.is_milestone:
            card.dots.append(item)
    problems = ProjectProblem.objects.filter(project__in=list(cards), case__closed_at=None)
    counted = problems.order_by().values_list("project").annotate(
        n=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today))
    )  # fmt: skip
    for pk, n, late in counted:
        cards[pk].open, cards[pk].late = n, late
    letters = Letter.objects.filter(
        item__dossier__project__in=list(cards), replaced_on=None, valid_until__lt=today
    )
    for pk in letters.values_list("item__dossier__project", flat=True):
        cards[pk].expired += 1
    return sorted(cards.values(), key=lambda card: (not card.is_red, -card.late, card.project.pk))


@dataclass(frozen=True)
class Standing:
    """An alliance in figures."""

    projects: int = 0
    active: int = 0
    investment_fen: int = 0
    solved: int = 0
    open: int = 0
    stars: float | None = None
    answers: int = 0


def standing_of(alliances: Iterable[int]) -> dict[int, Standing]:
    """Return {alliance: its figures}. Three queries."""
    ids = list(alliances)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    rows = AllianceProject.objects.filter(alliance__in=ids).exclude(state="withdrawn").order_by()
    for pk, n, active, fen in rows.values_list("alliance").annotate(
        n=Count("pk"), live=Count("pk", filter=Q(state="active")), fen=Sum("investment_fen")
    ):
        found[pk] |= {"projects": n, "active": active, "investment_fen": fen or 0}
    problems = ProjectProblem.objects.filter(project__alliance__in=ids).order_by()
    for pk, solved, still in problems.values_list("project__alliance").annotate(
        solved=Count("pk", filter=Q(case__step="closed")),
        still=Count("pk", filter=Q(case__closed_at=None)),
    ):
        found[pk] |= {"solved": solved, "open": still}
    answers = Satisfaction.objects.filter(project__alliance__in=ids, stars__isnull=False).order_by()
    for pk, stars, n in answers.values_list("project__alliance").annotate(
        mean=Avg("stars"), n=Count("pk")
    ):
        found[pk] |= {"stars": stars, "answers": n}
    return {pk: Standing(**found[pk]) for pk in ids}


@dataclass
class Sitting:
    """A coordination meeting of a project: who came by part, and what it left open."""

    meeting: Meeting
    parts: list[tuple[str, int, int]] = field(default_factory=list)  # (part, asked, came)
    points: list[OpenPoint] = field(default_factory=list)


def sittings_of(project: AllianceProject) -> list[Sitting]:
    """Return the meetings of a project, the latest first. Three queries, none of names."""
    if project.series_id is None:
        return []
    meetings = Meeting.objects.filter(series=project.series_id).exclude(state="cancelled")
    found = {one.pk: Sitting(one) for one in meetings.order_by("-starts_at", "-pk")}
    words = dict(Attendance.Part.choices)
    rows = Attendance.objects.filter(meeting__in=list(found)).order_by("part")
    for pk, part, asked, came in rows.values_list("meeting", "part").annotate(
        n=Count("pk"), came=Count("pk", filter=Q(status="present"))
    ):
        found[pk].parts.append((str(words[part]), asked, came))
    for point in OpenPoint.objects.filter(series=project.series_id).order_by("due_on", "pk"):
        if point.raised_in_id in found:
            found[point.raised_in_id].points.append(point)
    return list(found.values())


def problems_of(project: AllianceProject) -> list[ProjectProblem]:
    """Return the problems of a project, the open ones first. One query."""
    rows = project.problems.select_related("case", "type", "department")
    return sorted(
        rows.order_by("pk"),
        key=lambda row: (row.case.closed_at is not None, row.due_on or date.max),
    )


def open_for(orgs: Iterable[int], *, at: datetime) -> list[ProjectProblem]:
    """Return the open problems that some departments have to solve, soonest first. One query."""
    rows = ProjectProblem.objects.filter(department__in=list(orgs), case__closed_at=None)
    return list(
        rows.select_related("case", "project", "type", "department").order_by("due_on", "pk")[:100]
    )


def waiting_for(orgs: Iterable[int]) -> list[ApprovalItem]:
    """Return the approvals handed in that wait for some departments, oldest first. One query."""
    rows = ApprovalItem.objects.filter(department__in=list(orgs), state="submitted")
    return list(
        rows.select_related("dossier__region", "department").order_by("submitted_on", "pk")[:100]
    )


def desks_of(alliance: Alliance) -> list[Any]:
    """Return the desks of an alliance with their members at hand. Two queries."""
    return list(
        alliance.desks.select_related("head").prefetch_related("members__user").order_by("number")
    )


def points_of(actor: Any) -> QuerySet[OpenPoint]:
    """Return what the meetings of the projects one sees left open or settled."""
    series = AllianceProject.objects.visible_to(actor).filter(series__isnull=False).values("series")
    return OpenPoint.objects.filter(series__in=series)
