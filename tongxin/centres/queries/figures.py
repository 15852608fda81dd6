"""How centres are used (S1.56, S3.42), what windows did, how far nobody has to leave the community."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import BigIntegerField, Count, F, Max, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils.timezone import localdate

from tongxin.places.models import Booking, CareSignUp, Centre, Room, RoomKind
from tongxin.places.queries import days_of, midnight
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

from ..models import Matter, ServiceOffer, Ticket, UseCount

POLITICAL, CONVENIENCE = RoomKind.Use.POLITICAL.value, RoomKind.Use.CONVENIENCE.value
USES = (POLITICAL, CONVENIENCE)
COMMUNITY_KINDS = ("community", "village")


def month_span(month: date) -> tuple[date, date]:
    """Return the first day of a month and that of the next."""
    first = month.replace(day=1)
    return first, first + timedelta(days=calendar.monthrange(first.year, first.month)[1])


@dataclass
class Use:
    """People of a month: by side of the house, by day, by room."""

    first: date
    until: date
    total: dict[str, int] = field(default_factory=lambda: dict.fromkeys(USES, 0))
    days: dict[date, dict[str, int]] = field(default_factory=dict)
    rooms: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, day: date, use: str, people: int, room: int | None = None) -> None:
        self.total[use] += people
        if day in self.days:
            self.days[day][use] += people
        if room is not None:
            self.rooms[room] += people

    @property
    def people(self) -> int:
        return sum(self.total.values())


@dataclass(frozen=True)
class Counted:
    """A row of what was counted: centre, room (or none), day, side, people."""

    centre: int
    room: int | None
    day: date
    use: str
    people: int


def counted(centres: Iterable[int], first: date, until: date) -> list[Counted]:
    """Return all that counts as use of some centres in a span: one query.

    The clerk's figure of a room and day counts, or what people counted themselves if that is
    more; those who came to bookings and to care count by themselves; served numbers are 便民.
    """
    ids, since, end = list(centres), midnight(first), midnight(until)
    clerks = (
        UseCount.objects.filter(centre__in=ids, day__gte=first, day__lt=until)
        .values_list("centre", "room", "day", "use")
        .annotate(people=Max("people"))
    )
    bookings = (
        Booking.objects.filter(
            room__centre__in=ids, state="used", starts_at__gte=since, starts_at__lt=end
        )
        .annotate(day=TruncDate("starts_at"))
        .values_list("room__centre", "room", "day", "room__kind__use")
        .annotate(people=Coalesce(Sum("came"), 0))
    )
    cares = (
        CareSignUp.objects.filter(
            session__room__centre__in=ids, state="came", session__starts_at__gte=since,
            session__starts_at__lt=end,
        )
        .annotate(day=TruncDate("session__starts_at"))
        .values_list("session__room__centre", "session__room", "day", "session__room__kind__use")
        .annotate(people=Count("pk"))
    )  # fmt: skip
    tickets = (
        Ticket.objects.filter(centre__in=ids, state="served", day__gte=first, day__lt=until)
        .annotate(nowhere=Cast(Value(None), BigIntegerField()), side=Value(CONVENIENCE))
        .values_list("centre", "nowhere", "day", "side")
        .annotate(people=Count("pk"))
    )
    rows = clerks.order_by().union(
        bookings.order_by(), cares.order_by(), tickets.order_by(), all=True
    )
    return [Counted(*row) for row in rows]


def use_of(centre: Centre, month: date) -> Use:
    """Return how a centre was used in a month."""
    first, until = month_span(month)
    found = Use(first, until)
    for n in range((until - first).days):
        found.days[first + timedelta(days=n)] = dict.fromkeys(USES, 0)
    for one in counted([centre.pk], first, until):
        found.add(one.day, one.use, one.people, one.room)
    return found


@dataclass(frozen=True)
class RoomUse:
    """How far a room was in use: hours held of hours open in a span."""

    room: Room
    hours: float
    open_hours: float
    people: int

    @property
    def share(self) -> int | None:
        return round(self.hours * 100 / self.open_hours) if self.open_hours else None


def rooms_in_use(
    centre: Centre, month: date, people: dict[int, int], *, today: date
) -> list[RoomUse]:
    """Return the utilisation of each room of a month, up to today."""
    first, until = month_span(month)
    until = min(until, today + timedelta(days=1))
    span = [first + timedelta(days=n) for n in range(max(0, (until - first).days))]
    open_hours = sum(
        (end - start).total_seconds() / 3600
        for day in days_of(centre, span)
        for start, end in day.moments()
    )
    lasting = F("bookings__ends_at") - F("bookings__starts_at")
    within = Q(
        bookings__state__in=("booked", "used"), bookings__starts_at__gte=midnight(first),
        bookings__starts_at__lt=midnight(until) if span else midnight(first),
    )  # fmt: skip
    rooms = Room.objects.filter(centre=centre, ended_on__isnull=True).select_related("kind")
    found = []
    for room in rooms.annotate(held=Sum(lasting, filter=within)):
        hours = room.held.total_seconds() / 3600 if room.held else 0.0
        found.append(RoomUse(room, round(hours, 1), round(open_hours, 1), people.get(room.pk, 0)))
    return found


@dataclass
class PlaceUse:
    """The use of the centres on one piece of land in a month."""

    land: Land
    centres: int = 0
    used: int = 0
    total: dict[str, int] = field(default_factory=lambda: dict.fromkeys(USES, 0))

    @property
    def share(self) -> int | None:
        """Return the share of its centres that anybody used (全落实), in percent."""
        return self.used * 100 // self.centres if self.centres else None


def use_by_place(land: Land, month: date) -> list[PlaceUse]:
    """Return the use of a month street by street (of a street: community by community)."""
    first, until = month_span(month)
    below = [
        one for one in world().children_of(land)
        if one.level in (Region.Level.STREET, Region.Level.COMMUNITY)
    ]  # fmt: skip
    found = {one.path: PlaceUse(one) for one in below or [land]}
    centres = dict(
        Centre.objects.public()
        .filter(region__path__under=land.path)
        .values_list("pk", "region__path")
    )
    places = {}
    for pk, path in centres.items():
        place = next((one for top, one in found.items() if path.startswith(top)), None)
        if place is not None:
            place.centres += 1
            places[pk] = place
    seen = set()
    for one in counted(places, first, until):
        places[one.centre].total[one.use] += one.people
        if one.people and one.centre not in seen:
            seen.add(one.centre)
            places[one.centre].used += 1
    return list(found.values())


@dataclass(frozen=True)
class Windows:
    """What the windows of some land did in a span."""

    taken: int
    handed: int
    missing: int
    referred: int
    late: int
    stayed: int  # of those taken in or referred: dealt with at a community's own centre
    offered: int
    offerable: int
    days: float | None

    @property
    def share(self) -> int | None:
        """Return 不出社区率: matters dealt with in communities, of all that people came with."""
        total = self.taken + self.referred
        return round(self.stayed * 100 / total) if total else None

    @property
    def reach(self) -> int | None:
        """Return 事项可办率: services taken in at communities' centres, of all they could."""
        return round(self.offered * 100 / self.offerable) if self.offerable else None


def windows_of(path: str, first: date, until: date, *, at: datetime, services: int) -> Windows:
    """Return the windows' figures of some land; three queries.

    不出社区率: what was taken in at a community's or village's own centre and not shown the way
    elsewhere, of everything people came with. `services` is the number in the catalogue.
    """
    today = localdate(at)
    rows = Matter.objects.filter(
        centre__region__path__under=path, day__gte=first, day__lt=until
    ).exclude(state=Matter.State.DROPPED)
    here = Q(centre__kind__in=COMMUNITY_KINDS)
    went = Q(state=Matter.State.REFERRED)
    counts = rows.aggregate(
        taken=Count("pk", filter=~went),
        handed=Count("pk", filter=Q(state="handed")),
        missing=Count("pk", filter=Q(state="notice")),
        referred=Count("pk", filter=went),
        late=Count(
            "pk", filter=Q(due_on__lt=today, state="filed") | Q(due_on__lt=TruncDate("ready_at"))
        ),
        stayed=Count("pk", filter=here & ~went),
        ready=Count("ready_at"),
        took=Sum(F("ready_at") - F("at")),
    )
    ready, took = counts.pop("ready"), counts.pop("took")
    open_centres = Centre.objects.public().filter(
        region__path__under=path, kind__in=COMMUNITY_KINDS
    )
    offered = ServiceOffer.objects.filter(
        Q(to_date=None) | Q(to_date__gt=today), centre__in=open_centres, from_date__lte=today
    ).count()
    days = took.total_seconds() / 86400 / ready if ready else None
    return Windows(
        **counts, offered=offered, offerable=open_centres.count() * services,
        days=None if days is None else round(days, 1),
    )  # fmt: skip
