"""What goes on near a resident: motions, polls, what they may vote on, results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tongxin.cases.models import Case
from tongxin.orgs.models import Person, Volunteer

from ..models import Convention, Motion, Poll, Questionnaire, ResidentGroup, RollEntry
from .polls import own_q

SHOWN = 30


@dataclass
class Near:
    polls: list[Poll] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)  # polls in which I have not voted yet
    seeking: list[Motion] = field(default_factory=list)
    talking: list[Motion] = field(default_factory=list)
    other: list[Motion] = field(default_factory=list)
    done: list[Motion] = field(default_factory=list)
    results: list[Poll] = field(default_factory=list)
    surveys: list[Questionnaire] = field(default_factory=list)
    groups: list[ResidentGroup] = field(default_factory=list)
    conventions: list[Convention] = field(default_factory=list)


def near(user, community_id: int, path: str) -> Near:
    """Return what a community talks over and decides, for anybody who looks: six queries."""
    found = Near()
    rows = Motion.objects.public().filter(community=community_id).select_related("case")
    for motion in rows.order_by("-case")[:SHOWN]:
        step = motion.case.step
        lane = {"raised": found.seeking, "discussing": found.talking}.get(step)
        if lane is None:
            lane = found.done if step in ("closed", "rejected") else found.other
        lane.append(motion)
    polls = Poll.objects.public().filter(community=community_id).order_by("-id")[:SHOWN]
    for poll in polls:
        (found.polls if poll.state in ("posted", "open") else found.results).append(poll)
    if user.is_authenticated and found.polls:
        mine = RollEntry.objects.standing().filter(poll__in=found.polls, has_voted=False)
        found.waiting = set(mine.filter(own_q(user)).values_list("poll", flat=True))
    above = path_prefixes(path)
    surveys = Questionnaire.objects.public().filter(region__path__in=above)
    found.surveys = list(surveys.order_by("-id")[:6])
    found.groups = list(
        ResidentGroup.objects.public().filter(community=community_id).order_by("kind", "name")[:12]
    )
    found.conventions = list(
        Convention.objects.public()
        .filter(community=community_id, state="adopted")
        .order_by("name")[:4]
    )
    return found


def home_of(user) -> int | None:
    """Return the id of the community that is somebody's: of the registers, or where they last filed."""
    for rows, column in (
        (Person.objects.filter(user=user.pk, home__isnull=False), "home"),
        (Volunteer.objects.filter(user=user.pk), "home"),
        (
            Case.objects.filter(reporter=user.pk, community__isnull=False).order_by("-pk"),
            "community",
        ),
        (RollEntry.objects.filter(own_q(user)).order_by("-pk"), "poll__community"),
    ):
        found = rows.values_list(column, flat=True).first()
        if found:
            return found
    return None


def path_prefixes(path: str) -> list[str]:
    """Return the paths of the lands a path lies in, itself last."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)]


def lines_of(community_id: int, rows: Any) -> list[dict[str, Any]]:
    """Return the shared matters of a community, each with its parties by line (S3.35)."""
    matters = list(
        rows.filter(community=community_id).prefetch_related("parties").order_by("closed_on", "-id")
    )
    found = []
    for matter in matters:
        lanes: dict[str, list[Any]] = {"community": [], "unit": [], "sector": [], "residents": []}
        for party in matter.parties.all():
            lanes[party.line].append(party)
        found.append({"matter": matter, "lanes": lanes})
    return found
