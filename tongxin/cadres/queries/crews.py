"""The mix of a crew, judged in sentences; everything that meets in one grid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from tongxin.orgs.models import Membership, Post, Volunteer
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

from ..models import CrewMember, Secondment

# Whose posts make somebody a cadre of the grass roots.
GRASSROOTS = ("grid_worker", "dispatcher", "verifier", "secretary", "commissioner", "officer")


@dataclass(frozen=True)
class Mix:
    """How many of each kind a crew has, how many it must have, and what is lacking, in words."""

    counts: list[tuple[str, str, int, int]]  # kind, label, has, needs
    lacking: list[str]

    @property
    def is_right(self) -> bool:
        return not self.lacking


def mix_of(members: Iterable[CrewMember], rule: Mapping[str, int]) -> Mix:
    """Judge a crew by the rule of the mix: {kind: least number}."""
    has = Counter(member.kind for member in members)
    counts = [
        (kind, str(label), has[kind], int(rule.get(kind, 0)))
        for kind, label in CrewMember.Kind.choices
    ]
    lacking = [
        _("还缺 %(n)d 名%(kind)s（至少 %(least)d 名）")
        % {"n": least - number, "kind": label, "least": least}
        for _kind, label, number, least in counts
        if number < least
    ]
    return Mix(counts, lacking)


@dataclass(frozen=True)
class GridLine:
    """One grid of a list: how many of each kind, and what is lacking."""

    land: Land
    mix: Mix


def overview(land: Land, rule: Mapping[str, int]) -> tuple[list[GridLine], list[PlaceLine]]:
    """Return the grids of a community with their mix, or what lies below with how many are right.

    One query, however many grids there are.
    """
    grids = [
        one
        for one in world().lands
        if one.level == Region.Level.GRID and one.path.startswith(land.path)
    ]
    rows = CrewMember.objects.filter(to_date__isnull=True, crew__grid__path__under=land.path)
    by_grid: dict[int, list[CrewMember]] = defaultdict(list)
    for grid_id, kind in rows.values_list("crew__grid", "kind"):
        by_grid[grid_id].append(CrewMember(kind=kind))
    lines = [GridLine(one, mix_of(by_grid[one.id], rule)) for one in grids]
    if land.level in (Region.Level.COMMUNITY, Region.Level.GRID):
        return lines, []
    places = [
        PlaceLine(
            below,
            sum(line.land.path.startswith(below.path) for line in lines),
            sum(line.land.path.startswith(below.path) and line.mix.is_right for line in lines),
            sum(
                len(by_grid[line.land.id])
                for line in lines
                if line.land.path.startswith(below.path)
            ),
        )
        for below in world().children_of(land)
    ]
    return [], places


@dataclass(frozen=True)
class PlaceLine:
    """What lies below: its grids, how many have the right mix, how many people in all."""

    land: Land
    grids: int
    right: int
    people: int


def candidates(grid: Region, day: date) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return who of the community could join the crew: [(kind, [(user id, name)])]; four queries."""
    path = grid.ancestor_path(Region.Level.COMMUNITY)
    held = Post.objects.held_on(day).filter(region__path__under=path)
    seconded = Secondment.objects.serving_on(day).filter(
        community__path=path, ended_on__isnull=True, person__user__isnull=False
    )
    members = Membership.objects.members().filter(
        in_service=True, person__home__path=path, person__user__isnull=False
    )
    found = {
        "seconded": seconded.values_list("person__user", "person__name"),
        "grassroots": held.filter(role__in=GRASSROOTS).values_list("user", "user__name").distinct(),
        "in_service": members.values_list("person__user", "person__name"),
        "volunteer": Volunteer.objects.filter(home__path=path).values_list("user", "user__name"),
    }
    labels = dict(CrewMember.Kind.choices)
    return [(str(labels[kind]), sorted(set(rows[:300]))) for kind, rows in found.items()]
