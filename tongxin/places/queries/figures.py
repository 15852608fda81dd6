"""The register in figures: which communities have a centre, how the three phases stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Max

from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

from ..models import Centre, PhaseItem, PhaseScore

LATEST = {phase.value: phase.label for phase in PhaseItem.Phase}


@dataclass
class Cover:
    """How far the communities of one piece of land have their centre (S1.1, S1.56)."""

    land: Land
    communities: int = 0
    open: int = 0
    building: int = 0
    area_m2: int = 0
    missing: list[Land] = field(default_factory=list)

    @property
    def share(self) -> int | None:
        return self.open * 100 // self.communities if self.communities else None


def coverage_of(land: Land) -> list[Cover]:
    """Return the land below, one by one, with its communities' centres; one query.

    Of a street each community is a row of its own.
    """
    below = world().children_of(land)
    rows = [one for one in below if one.level in (Region.Level.STREET, Region.Level.COMMUNITY)]
    found = {one.path: Cover(one) for one in rows or [land]}
    centres = defaultdict(list)
    standing = Centre.objects.standing().filter(
        region__path__under=land.path, kind__in=("community", "village")
    )
    for path, state, area in standing.values_list("region__path", "state", "area_m2"):
        centres[path].append((state, area or 0))
    for community in world().lands:
        if community.level != Region.Level.COMMUNITY or not community.path.startswith(land.path):
            continue
        cover = next((one for path, one in found.items() if community.path.startswith(path)), None)
        if cover is None:
            continue
        cover.communities += 1
        mine = centres.get(community.path, [])
        cover.area_m2 += sum(area for _state, area in mine)
        if any(state == "open" for state, _area in mine):
            cover.open += 1
        elif mine:
            cover.building += 1
        else:
            cover.missing.append(community)
    return list(found.values())


def latest_scores(centres: list[Centre]) -> dict[int, dict[str, PhaseScore]]:
    """Return {centre id: {phase: its last score}}; two queries."""
    ids = [one.pk for one in centres]
    newest = (
        PhaseScore.objects.filter(centre__in=ids)
        .order_by()
        .values("centre", "phase")
        .annotate(last=Max("pk"))
        .values("last")
    )
    found: dict[int, dict[str, PhaseScore]] = {pk: {} for pk in ids}
    for one in PhaseScore.objects.filter(pk__in=newest):
        found[one.centre_id][one.phase] = one
    return found
