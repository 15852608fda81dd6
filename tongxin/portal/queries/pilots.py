"""What a trial brought: figures of the communities that take part beside those of the rest (S0.27)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Q
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from tongxin.campaigns.models import CampaignTask
from tongxin.cases.models import Case
from tongxin.orgs.models import Pilot
from tongxin.orgs.scope import LAND_ROLES, REGISTRARS, posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

READS = (*LAND_ROLES, *REGISTRARS)


@dataclass(frozen=True)
class Side:
    """The figures of one side: how many communities, requests, and what became of them."""

    places: int
    opened: int
    closed: int
    late: int
    tasks: int
    reported: int

    @property
    def each(self) -> float | None:
        """Requests for each community."""
        return round(self.opened / self.places, 1) if self.places else None

    @property
    def closed_share(self) -> float | None:
        return round(100 * self.closed / self.opened, 1) if self.opened else None

    @property
    def on_time(self) -> float | None:
        return round(100 * (self.opened - self.late) / self.opened, 1) if self.opened else None

    @property
    def reported_share(self) -> float | None:
        return round(100 * self.reported / self.tasks, 1) if self.tasks else None


@dataclass(frozen=True)
class Comparison:
    inside: Side
    outside: Side
    since: date
    until: date

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Return [(what, those on trial, the rest)] in words; "—" where there is no base."""

        def pair(label: str, name: str, unit: str = "") -> tuple[str, str, str]:
            inside, outside = getattr(self.inside, name), getattr(self.outside, name)
            return label, _told(inside, unit), _told(outside, unit)

        return [
            pair(_("社区（村）"), "places"),
            pair(_("提交的单子"), "opened"),
            pair(_("每个社区平均"), "each"),
            pair(_("办结率"), "closed_share", "%"),
            pair(_("未超时率"), "on_time", "%"),
            pair(_("专项任务"), "tasks"),
            pair(_("专项任务上报率"), "reported_share", "%"),
        ]


def _told(value: Any, unit: str) -> str:
    return "—" if value is None else f"{value:g}{unit}"


def lands_for(actor: Any, pilot: Pilot) -> list[Land]:
    """Return the communities a reader overlooks in the districts of a trial."""
    paths = tuple(post.path for post in posts_of(actor) if post.role in READS)
    districts = tuple({one.ancestor_path(Region.Level.DISTRICT) for one in pilot.regions.all()})
    if not paths or not districts:
        return []
    return [
        land
        for land in world().lands
        if land.level == Region.Level.COMMUNITY
        and land.path.startswith(paths)
        and land.path.startswith(districts)
    ]


def compare(pilot: Pilot, lands: Collection[Land], *, today: date) -> Comparison:
    """Return both sides of a trial, from its first day to its last or today. Four queries."""
    inside = {one.pk for one in pilot.regions.all()}
    since, until = pilot.from_date, min(pilot.to_date or today, today)
    within = [land.id for land in lands if land.id in inside]
    without = [land.id for land in lands if land.id not in inside]
    return Comparison(
        _side(within, lands, since, until), _side(without, lands, since, until), since, until
    )


def _side(ids: list[int], lands: Collection[Land], since: date, until: date) -> Side:
    zone = get_current_timezone()
    start = datetime.combine(since, time(tzinfo=zone))
    end = datetime.combine(until, time(23, 59, 59, tzinfo=zone))
    cases = Case.objects.filter(kind="request", community__in=ids, opened_at__range=(start, end))
    counts = cases.aggregate(
        opened=Count("pk"),
        closed=Count("pk", filter=Q(closed_at__isnull=False)),
        late=Count("pk", filter=Q(is_late=True)),
    )
    tasks = CampaignTask.objects.filter(
        case__community__in=ids, case__opened_at__range=(start, end)
    ).exclude(case__step="void")
    done = tasks.aggregate(
        tasks=Count("pk"), reported=Count("pk", filter=Q(case__step__in=("done", "closed")))
    )
    return Side(places=len(ids), **counts, **done)
