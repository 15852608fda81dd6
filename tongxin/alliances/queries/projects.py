"""Alliances and their projects as boards: red first, with the dots of their milestones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Avg, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum

from tongxin.meetings.models import Attendance, Meeting, OpenPoint

from ..models import (
    Alliance,
    AllianceProject,
    ApprovalItem,
    DeskMember,
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


def cards_of(projects: QuerySet[AllianceProject], *, today: date) -> list[Card]:
    """Return some projects with what is due of them, those in trouble first. Two queries."""
    open_ = Q(problems__case__closed_at=None, problems__case__isnull=False)
    counted = projects.annotate(
        n_open=Count("problems", filter=open_),
        n_late=Count("problems", filter=open_ & Q(problems__due_on__lt=today)),
    )
    cards = {one.pk: Card(one, open=one.n_open, late=one.n_late) for one in counted}
    expired = Letter.objects.filter(item=OuterRef("pk"), replaced_on=None, valid_until__lt=today)
    rows = ApprovalItem.objects.filter(dossier__project__in=list(cards)).order_by("order", "pk")
    for item in rows.select_related("dossier").annotate(is_expired=Exists(expired)):
        card = cards[item.dossier.project_id or 0]
        card.total += 1
        card.granted += item.is_granted
        card.overdue += bool(not item.is_granted and item.planned_on and item.planned_on < today)
        card.expired += bool(item.is_expired and not item.is_granted)
        if item.is_milestone:
            card.dots.append(item)
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


def with_standing(alliances: QuerySet[Alliance]) -> QuerySet[Alliance]:
    """Return the alliances with what `standing_of` reads; it costs no further query."""
    projects = AllianceProject.objects.filter(alliance=OuterRef("pk")).exclude(state="withdrawn")
    problems = ProjectProblem.objects.filter(project__alliance=OuterRef("pk"))
    answers = Satisfaction.objects.filter(project__alliance=OuterRef("pk"), stars__isnull=False)

    def one(rows: QuerySet, by: str, what: Any) -> Subquery:
        return Subquery(rows.order_by().values(by).annotate(x=what).values("x"))

    of_project = "project__alliance"
    return alliances.annotate(
        s_projects=one(projects, "alliance", Count("pk")),
        s_active=one(projects.filter(state="active"), "alliance", Count("pk")),
        s_investment_fen=one(projects, "alliance", Sum("investment_fen")),
        s_solved=one(problems.filter(case__step="closed"), of_project, Count("pk")),
        s_open=one(problems.filter(case__closed_at=None), of_project, Count("pk")),
        s_stars=one(answers, of_project, Avg("stars")),
        s_answers=one(answers, of_project, Count("pk")),
    )


def standing_of(alliance: Alliance) -> Standing:
    """Return the figures of an alliance that came out of `with_standing`."""
    given = vars(alliance)
    names = ("projects", "active", "investment_fen", "solved", "open", "answers")
    return Standing(**{name: given[f"s_{name}"] or 0 for name in names}, stars=given["s_stars"])


@dataclass
class Sitting:
    """A coordination meeting of a project: who came by part, and what it left open."""

    meeting: Meeting
    parts: list[tuple[str, int, int]] = field(default_factory=list)  # (part, asked, came)
    points: list[OpenPoint] = field(default_factory=list)


def sittings_of(project: AllianceProject) -> list[Sitting]:
    """Return the meetings of a project, the latest first. Two queries, none of names."""
    if project.series_id is None:
        return []
    meetings = Meeting.objects.filter(series=project.series_id).exclude(state="cancelled")
    counted = meetings.annotate(
        part=F("attendances__part"), asked=Count("attendances"),
        came=Count("attendances", filter=Q(attendances__status="present")),
    )  # fmt: skip
    words = dict(Attendance.Part.choices)
    found: dict[int, Sitting] = {}
    for row in counted.order_by("-starts_at", "-pk", "part"):
        one = found.setdefault(row.pk, Sitting(row))
        if row.part is not None:
            one.parts.append((str(words[row.part]), row.asked, row.came))
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
    sitting = DeskMember.objects.filter(to_on=None).select_related("user").order_by("pk")
    members = Prefetch("members", sitting)
    return list(alliance.desks.select_related("head").prefetch_related(members).order_by("number"))


def points_of(actor: Any) -> QuerySet[OpenPoint]:
    """Return what the meetings of the projects one sees left open or settled."""
    series = AllianceProject.objects.visible_to(actor).filter(series__isnull=False).values("series")
    return OpenPoint.objects.filter(series__in=series)
