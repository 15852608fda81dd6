"""Centres, their rooms, bookings, papers and care, for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate, now
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import bad_cursor, listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Booking, CareSession, CareSignUp, Centre, CentrePaper, Room, RoomKind

router = Router(tags=["places"])
STRICT = ConfigDict(extra="forbid")
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
Id = Annotated[int, Field(ge=1, lt=2**63)]
Words = Annotated[str, Field(max_length=300)]


class CentreOut(Schema):
    id: int
    code: str
    kind: str
    name: str
    region: str
    state: str
    address: str
    lng: float | None
    lat: float | None
    area_m2: int | None
    opened_on: date | None
    phone: str


class CentreOutPage(Schema):
    items: list[CentreOut]
    next: str | None


class CentreRoomOut(Schema):
    id: int
    kind: str
    use: str
    name: str
    capacity: int
    area_m2: int | None
    is_bookable: bool
    needs_approval: bool


class CentreDayOut(Schema):
    day: date
    hours: str
    why: str


class CentrePaperOut(Schema):
    id: int
    kind: str
    title: str
    version: int
    effective_from: date
    text: str


class CentreWhole(CentreOut):
    rooms: list[CentreRoomOut]
    services: list[str]
    days: list[CentreDayOut]


class CentreIn(BaseModel):
    model_config = STRICT

    region: str = Field(max_length=12, description="code of the street or community")
    kind: Literal["street", "community", "village", "park", "builders_home", "point"]
    name: str = Field(max_length=60)
    address: str = Field("", max_length=120)
    area_m2: int | None = None
    lng: float | None = None
    lat: float | None = None
    phone: str = Field("", max_length=30)
    intro: Words = ""


class CentreStateIn(BaseModel):
    model_config = STRICT

    state: Literal["building", "open", "closed"]
    on: date


class CentreAreaIn(BaseModel):
    model_config = STRICT

    area_m2: int
    reason: str = Field(max_length=200)


class CentreRoomIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=30, description="code of a kind of room")
    name: str = Field(max_length=40)
    capacity: int
    area_m2: int | None = None
    is_bookable: bool = False
    needs_approval: bool = False


class CentreDayIn(BaseModel):
    model_config = STRICT

    day: date
    hours: str = Field("", max_length=60, description='"08:30-12:00 14:00-17:30"; empty: closed')
    reason: str = Field(max_length=100)


class RoomKindOut(Schema):
    code: str
    name: str
    use: str


class HeldOut(Schema):
    starts_at: datetime
    ends_at: datetime


class RoomDayOut(Schema):
    day: date
    hours: str
    taken: list[HeldOut]


class BookingIn(BaseModel):
    model_config = STRICT

    room: Id
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    purpose: str = Field(max_length=60)
    people: int
    group: str = Field("", max_length=40)
    org: Id | None = None
    wait: bool = False


class BookingOut(Schema):
    id: UUID
    room: int
    starts_at: datetime
    ends_at: datetime
    purpose: str
    people: int
    state: str
    reason: str
    came: int | None


class BookingOutPage(Schema):
    items: list[BookingOut]
    next: str | None


class BookingVerbIn(BaseModel):
    model_config = STRICT

    verb: Literal["cancel", "approve", "refuse", "came"]
    reason: str = Field("", max_length=100)
    came: int = 0


class CareSessionOut(Schema):
    id: int
    centre: int
    room: int
    title: str
    starts_at: datetime
    ends_at: datetime
    places: int
    left: int
    waiting: int


class CareSessionPage(Schema):
    items: list[CareSessionOut]
    next: str | None


class CareSignUpIn(BaseModel):
    model_config = STRICT

    name: str = Field(max_length=20)
    phone: str = Field(max_length=20)
    need: str = Field("", max_length=100)
    wait: bool = False


class CareSignUpOut(Schema):
    id: int
    session: int
    label: str
    state: str


def centre_out(one: Centre) -> dict[str, Any]:
    names = (
        "code",
        "kind",
        "name",
        "state",
        "address",
        "lng",
        "lat",
        "area_m2",
        "opened_on",
        "phone",
    )
    return {"id": one.pk, "region": one.region.code} | {name: getattr(one, name) for name in names}


def _seen(request: SignedIn, id: int) -> Centre:
    rows = Centre.objects.visible_to(request.auth) | Centre.objects.public()
    return get_object_or_404(rows.select_related("region", "org").distinct(), pk=id)


@router.get("/centres", response=CentreOutPage, summary="Centres: those open, and all of my land")
def list_centres(
    request: SignedIn, region: str = "", kind: str = "", cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """List by id, newest first; narrowed by the land (`region`) and the kind."""
    rows = Centre.objects.visible_to(request.auth) | Centre.objects.public()
    if region:
        rows = rows.filter(region__path__under=get_land(region[:18]).path)
    if kind:
        rows = rows.filter(kind=kind)
    return reply(listed(rows.select_related("region"), cursor, limit, centre_out))


@router.post("/centres", response={201: CentreOut}, summary="Enter a centre")
def register_centre(request: SignedIn, given: CentreIn, key: IdempotencyKey) -> HttpResponse:
    """As planned; it opens by `/state`. A community, village or street has one."""
    values = given.model_dump() | {"region": region_of(get_land(given.region))}
    made = actions.register_centre(by=request.auth, at=now(), key=key or "", **values)
    return reply(centre_out(made), 201)


@router.get(
    "/centres/{id}", response=CentreWhole, summary="A centre: rooms, services, the next days"
)
def read_centre(request: SignedIn, id: int) -> HttpResponse:
    """With the hours of the next seven days and why a day differs."""
    one = _seen(request, id)
    today = localdate()
    days = queries.days_of(one, [date.fromordinal(today.toordinal() + n) for n in range(7)])
    rooms = one.rooms.filter(ended_on__isnull=True).select_related("kind")
    services = one.services.filter(ended_on__isnull=True).values_list("name", flat=True)
    return reply(
        centre_out(one)
        | {
            "rooms": [
                {
                    "id": room.pk, "kind": room.kind.code, "use": room.kind.use, "name": room.name,
                    "capacity": room.capacity, "area_m2": room.area_m2,
                    "is_bookable": room.is_bookable, "needs_approval": room.needs_approval,
                }
                for room in rooms
            ],
            "services": list(services),
            "days": [{"day": day.day, "hours": day.text, "why": day.why} for day in days],
        }
    )  # fmt: skip


def _kept(request: SignedIn, id: int) -> Centre:
    rows = Centre.objects.visible_to(request.auth).select_related("region", "org")
    return get_object_or_404(rows, pk=id)


@router.post("/centres/{id}/state", response=CentreOut, summary="Build, open or close a centre")
def set_state(request: SignedIn, id: int, given: CentreStateIn) -> HttpResponse:
    """Planned, building, open, closed: one follows the other; a closed one stays so."""
    one = actions.set_state(
        centre=_kept(request, id), state=given.state, on=given.on, by=request.auth, at=now()
    )
    return reply(centre_out(one))


@router.post("/centres/{id}/area", response=CentreOut, summary="Write down a new area")
def set_area(request: SignedIn, id: int, given: CentreAreaIn) -> HttpResponse:
    """What it was stays in the history, with the reason."""
    one = actions.set_area(
        centre=_kept(request, id), by=request.auth, at=now(), **given.model_dump()
    )
    return reply(centre_out(one))


@router.post("/centres/{id}/rooms", response={201: dict[str, int]}, summary="Enter a room")
def add_room(request: SignedIn, id: int, given: CentreRoomIn) -> HttpResponse:
    """Its capacity bounds every booking and every session of care."""
    kind = get_object_or_404(RoomKind.objects.public(), code=given.kind)
    values = given.model_dump() | {"kind": kind}
    made = actions.add_room(centre=_kept(request, id), by=request.auth, at=now(), **values)
    return reply({"id": made.pk}, 201)


@router.post(
    "/centres/{id}/days", response=CentreDayOut, summary="Announce a day that is different"
)
def announce_day(request: SignedIn, id: int, given: CentreDayIn) -> HttpResponse:
    """What was booked outside the new hours is cancelled, and its holders are told."""
    made = actions.announce_day(
        centre=_kept(request, id), day=given.day, spans=given.hours, reason=given.reason,
        by=request.auth, at=now(),
    )  # fmt: skip
    return reply({"day": made.day, "hours": made.spans, "why": made.reason})


@router.get("/centres/{id}/papers", response=list[CentrePaperOut], summary="What hangs on the wall")
def list_papers(request: SignedIn, id: int) -> HttpResponse:
    """Manuals, rules and notices in force, published by the centre or for the land around it."""
    rows = CentrePaper.objects.public().of(_seen(request, id), localdate())
    names = ("kind", "title", "version", "effective_from", "text")
    return reply([{"id": one.pk} | {name: getattr(one, name) for name in names} for one in rows])


@router.get("/kinds", response=list[RoomKindOut], summary="Kinds of rooms")
def list_kinds(request: SignedIn) -> HttpResponse:
    """The data by which rooms are told apart; `use` is the side of the house."""
    return reply(list(RoomKind.objects.public().values("code", "name", "use")))


@router.get("/rooms/{id}/days", response=list[RoomDayOut], summary="A week of a room: open, taken")
def room_days(request: SignedIn, id: int, since: date | None = None) -> HttpResponse:
    """What is taken, never by whom nor what for."""
    rows = Room.objects.public() | Room.objects.visible_to(request.auth)
    room = get_object_or_404(rows.select_related("centre__region").distinct(), pk=id)
    columns = queries.week_of(room.centre, since or localdate(), room=room)
    return reply(
        [
            {
                "day": one.day.day, "hours": one.day.text,
                "taken": [
                    {"starts_at": held.starts_at, "ends_at": held.ends_at}
                    for held in one.held
                    if held.booking is None or held.booking.state in Booking.HOLDING
                ],
            }
            for one in columns
        ]
    )  # fmt: skip


def booking_out(one: Booking) -> dict[str, Any]:
    names = ("starts_at", "ends_at", "purpose", "people", "state", "reason", "came")
    return {"id": one.pk, "room": one.room_id} | {name: getattr(one, name) for name in names}


@router.get("/bookings", response=BookingOutPage, summary="My bookings, and those of my desk")
def list_bookings(
    request: SignedIn, state: str = "", cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Newest first; `state` narrows."""
    rows = Booking.objects.visible_to(request.auth)
    if state:
        rows = rows.filter(state=state)
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows.order_by("-pk")[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return reply({"items": [booking_out(one) for one in found[:limit]], "next": following})


@router.post("/bookings", response={201: BookingOut}, summary="Book a room")
def book(request: SignedIn, given: BookingIn, key: IdempotencyKey) -> HttpResponse:
    """One booking holds a room at a time; with `wait` one stands in line if it is taken."""
    values = given.model_dump()
    room = get_object_or_404(Room.objects.public(), pk=values.pop("room"))
    org = values.pop("org")
    made = actions.book(
        room=room, org=get_object_or_404(Org.objects.public(), pk=org) if org else None,
        by=request.auth, at=now(), key=key or "", **values,
    )  # fmt: skip
    return reply(booking_out(made), 201)


@router.post(
    "/bookings/{id}", response=BookingOut, summary="Cancel, approve, refuse, count who came"
)
def move_booking(request: SignedIn, id: UUID, given: BookingVerbIn) -> HttpResponse:
    """What the state and the post allow; who waits longest moves up when a time is given back."""
    rows = Booking.objects.visible_to(request.auth).select_related("room__centre__region", "by")
    one, at, by = get_object_or_404(rows, pk=id), now(), request.auth
    if given.verb == "cancel":
        one = actions.cancel_booking(one, by=by, at=at, reason=given.reason)
    elif given.verb == "came":
        one = actions.mark_use(one, came=given.came, by=by, at=at)
    else:
        one = actions.decide_booking(
            one, approve=given.verb == "approve", reason=given.reason, by=by, at=at
        )
    return reply(booking_out(one))


@router.get("/care", response=CareSessionPage, summary="Sessions of care that take sign-ups")
def list_care(
    request: SignedIn, centre: Id | None = None, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Those ahead, with the places left; who takes them is not told."""
    rows = CareSession.objects.public().filter(starts_at__gt=now())
    if centre:
        rows = rows.filter(room__centre=centre)
    found: list[CareSession] = []

    def keep(one: CareSession) -> CareSession:
        found.append(one)
        return one

    page = listed(rows.select_related("room"), cursor, limit, keep, oldest=True)
    left = queries.places_left(found)
    page["items"] = [
        {
            "id": one.pk, "centre": one.room.centre_id, "room": one.room_id, "title": one.title,
            "starts_at": one.starts_at, "ends_at": one.ends_at, "places": one.places,
            "left": left[one.pk][0], "waiting": left[one.pk][1],
        }
        for one in found
    ]  # fmt: skip
    return reply(page)


@router.post(
    "/care/{id}/places", response={201: CareSignUpOut}, summary="Take a place in a session"
)
def sign_up(request: SignedIn, id: int, given: CareSignUpIn, key: IdempotencyKey) -> HttpResponse:
    """Name, telephone and need are sealed and erased three months after the session."""
    session = get_object_or_404(CareSession.objects.public(), pk=id)
    one = actions.sign_up(
        session=session, by=request.auth, at=now(), key=key or "", **given.model_dump()
    )
    return reply({"id": one.pk, "session": id, "label": one.label, "state": one.state}, 201)


@router.post("/care/places/{id}/back", response=CareSignUpOut, summary="Give a place back")
def give_back(request: SignedIn, id: int) -> HttpResponse:
    """Before the session begins; the first in line gets the place."""
    rows = CareSignUp.objects.visible_to(request.auth).select_related("session")
    one = actions.give_back(get_object_or_404(rows, pk=id), by=request.auth, at=now())
    return reply({"id": one.pk, "session": one.session_id, "label": one.label, "state": one.state})
