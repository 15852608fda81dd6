"""The community's desk: the land it looks at, and what waits there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, IntegerField, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import NotPermitted
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, UnknownRegion, get_land, world

from ..models import DutyTurn, MemberReport, Pact, PactTask, PostClaim, UnitReport
from ..scope import desk_paths, watch_paths
from .coverage import whole_of
from .rules import number

MOST_COMMUNITIES = 400


class NotAtDesk(NotPermitted):
    """The person acts for no community."""


def land_of(actor, code: str = "", *, watching: bool = False) -> Land:
    """Return the land looked at: the one named if it is the actor's, else the widest of theirs.

    `watching` admits who only sees figures.

    :raises NotAtDesk: for who has none
    :raises UnknownRegion: for land that is not theirs
    """
    paths = watch_paths(actor) if watching else desk_paths(actor)
    widest = whole_of(paths)
    if widest is None:
        raise NotAtDesk(
            _("这里是社区和街镇办理双报到的页面。"), remedy=_("党员报到请到“我的报到”。")
        )
    if not code:
        return widest
    land = get_land(code)
    if not any(land.path.startswith(path) for path in paths):
        raise UnknownRegion(_("没有找到这个区域，或您看不到它。"))
    return land


def communities(land: Land) -> list[Land]:
    """Return the communities of a place, itself if it is one."""
    if land.level == Region.Level.COMMUNITY:
        return [land]
    below = [
        one
        for one in world().lands
        if one.level == Region.Level.COMMUNITY and one.path.startswith(land.path)
    ]
    return below[:MOST_COMMUNITIES]


@dataclass(frozen=True)
class Waiting:
    """How many of each wait for the desk."""

    members: int
    units: int
    appraisals: int
    claims: int
    tasks: int
    pacts: int


def waiting(actor, land: Land, at: datetime, today: date) -> Waiting:
    """Count what waits at a desk; one query."""
    here = {"community__path__under": land.path}
    soon = today + timedelta(days=number("pact_reminder_days", today))
    of_pacts = Q(pact__report__community__path__under=land.path)
    rows: dict[str, QuerySet] = {
        "members": MemberReport.objects.visible_to(actor).filter(state="filed", **here),
        "units": UnitReport.objects.visible_to(actor).filter(state="filed", **here),
        "appraisals": DutyTurn.objects.visible_to(actor).filter(
            state=DutyTurn.State.SERVED, roster__community__path__under=land.path
        ),
        "claims": PostClaim.objects.visible_to(actor).filter(
            state=PostClaim.State.HELD,
            post__community__path__under=land.path,
            post__ends_at__lte=at,
            post__cancelled_at__isnull=True,
        ),
        "tasks": PactTask.objects.filter(of_pacts, done_on__isnull=False, checked_at__isnull=True),
        "pacts": expiring(actor, land, today, soon),
    }
    counts = {name: _count_in_query(found) for name, found in rows.items()}
    found = User.objects.filter(pk=actor.pk).values_list(*counts.values())
    return Waiting(*next(iter(found)))


def _count_in_query(rows: QuerySet) -> Coalesce:
    """Return the number of rows as an expression, so that several are asked for at once."""
    counted = rows.order_by().annotate(all=Value(1)).values("all").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)


def expiring(actor, land: Land, today: date, until: date) -> QuerySet[Pact]:
    """Return the pacts of a place that end in a period and have no renewal, the next first."""
    rows = Pact.objects.visible_to(actor).in_force(today)
    rows = rows.filter(
        report__community__path__under=land.path, to_date__lte=until, renewal__isnull=True
    )
    return rows.select_related("report__unit").order_by("to_date", "pk")


def member_reports(
    actor, land: Land, *, state: str, after: int = 0, size: int = 50
) -> list[MemberReport]:
    """Return reports of members to a place that the actor sees, in order of filing, behind an id."""
    rows = MemberReport.objects.visible_to(actor).filter(
        state=state, community__path__under=land.path, pk__gt=after
    )
    rows = rows.exclude(person__user=actor.pk)
    return list(rows.select_related("person", "unit", "community", "grid").order_by("pk")[:size])


def unit_reports(
    actor, land: Land, *, state: str = "", after: int = 0, size: int = 50
) -> list[UnitReport]:
    """Return reports of units to a place that the actor sees, each with its `pacts`."""
    rows = UnitReport.objects.visible_to(actor).filter(
        community__path__under=land.path, pk__gt=after
    )
    rows = rows.filter(state=state) if state else rows.exclude(state="ended")
    rows = rows.select_related("unit", "community", "resident").prefetch_related("pacts")
    return list(rows.order_by("pk")[:size])
