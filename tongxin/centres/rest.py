"""A centre's day for programs: services and who offers them, numbers, matters, use, powers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.orgs.scope import roles_over
from tongxin.photos.models import Photo
from tongxin.places.models import Centre, Room
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land
from tongxin.ui.paging import bad_cursor, listed
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import DelegatedPower, DelegatedService, Matter, Ticket
from .models.window import WATCHERS

router = Router(tags=["centres"])
STRICT = ConfigDict(extra="forbid")
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
Id = Annotated[int, Field(ge=1, lt=2**63)]


class DelegatedServiceOut(Schema):
    code: str
    name: str
    category: str
    department: str
    decided_by: str
    materials: list[str]
    days: int
    fee: str
    source: str
    is_sample: bool


class OfferedOut(Schema):
    centre: int
    name: str
    address: str
    way: str
    metres: int | None


class PowerOut(Schema):
    id: int
    region: str
    kind: str
    name: str
    from_name: str
    to_level: str
    basis: str
    since: date
    until: date | None


class PowerOutPage(Schema):
    items: list[PowerOut]
    next: str | None


class TicketIn(BaseModel):
    model_config = STRICT

    is_priority: bool = False


class TicketOut(Schema):
    id: int
    code: str
    state: str
    ahead: int
    minutes: int
    window: int | None


class HallOut(Schema):
    waiting: int
    open_windows: int
    minutes: int
    called: list[dict[str, Any]]


class MatterIn(BaseModel):
    model_config = STRICT

    service: str = Field(max_length=10, description="code of a delegated service")
    name: str = Field(max_length=20)
    phone: str = Field(max_length=20)
    has: list[Annotated[int, Field(ge=0, le=99)]] = Field(default_factory=list, max_length=50)
    note: str = Field("", max_length=300)


class AtOnceIn(MatterIn):
    result: str = Field(max_length=300)
    photos: list[UUID] = Field(max_length=6, description="what proves it, uploaded before")


class MatterVerbIn(BaseModel):
    model_config = STRICT

    verb: Literal["complete", "result", "hand", "drop"]
    has: list[Annotated[int, Field(ge=0, le=99)]] = Field(default_factory=list, max_length=50)
    words: str = Field("", max_length=300, description="result, who signed, or why")


class MatterOut(Schema):
    id: UUID
    number: str
    centre: int
    service: str
    label: str
    state: str
    missing: list[str]
    due_on: date | None
    case: UUID | None
    result: str
    at: datetime


class MatterOutPage(Schema):
    items: list[MatterOut]
    next: str | None


class UseIn(BaseModel):
    model_config = STRICT

    day: date
    people: int
    room: Id | None = None
    use: Literal["political", "convenience", ""] = ""


class UseOut(Schema):
    month: date
    political: int
    convenience: int
    days: list[dict[str, Any]]


class WindowsOut(Schema):
    taken: int
    handed: int
    missing: int
    referred: int
    late: int
    share: int | None
    reach: int | None
    days: float | None


@router.get("/services", response=list[DelegatedServiceOut], summary="Delegated services in force")
def list_services(request: SignedIn) -> HttpResponse:
    """The newest version of each, in the order of their codes."""
    names = (
        *("code", "name", "category", "department", "decided_by", "materials", "days", "fee"),
        *("source", "is_sample"),
    )
    found = queries.services_on(localdate())
    return reply([{name: getattr(one, name) for name in names} for one in found])


@router.get("/services/{code}/centres", response=list[OfferedOut], summary="Where the nearest is")
def where(
    request: SignedIn,
    code: str,
    lng: float | None = None,
    lat: float | None = None,
    region: str = "",
) -> HttpResponse:
    """The nearest first: near a point, or of the same community, street and district."""
    near = (lng, lat) if lng is not None and lat is not None else None
    path = get_land(region[:18]).path if region else ""
    found = queries.where_offered(code[:10], day=localdate(), near=near, path=path)
    return reply(
        [
            {"centre": one.centre.pk, "name": one.centre.name, "address": one.centre.address,
             "way": one.way, "metres": one.metres}
            for one in found
        ]
    )  # fmt: skip


@router.get("/powers", response=PowerOutPage, summary="Powers, staff and means passed down")
def list_powers(
    request: SignedIn, region: str = "", cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Oldest first; `region` narrows to that land."""
    rows = DelegatedPower.objects.public().select_related("region")
    if region:
        rows = rows.filter(region__path__under=get_land(region[:18]).path)

    def shape(one: DelegatedPower) -> dict[str, Any]:
        names = ("kind", "name", "from_name", "to_level", "basis", "since", "until")
        return {"id": one.pk, "region": one.region.code} | {n: getattr(one, n) for n in names}

    return reply(listed(rows, cursor, limit, shape, oldest=True))


def _hall(request: SignedIn, id: int) -> Centre:
    """Return a centre whose hall the caller works in or overlooks."""
    one = get_object_or_404(Centre.objects.visible_to(request.auth).select_related("region"), pk=id)
    if roles_over(request.auth, one.region.path).isdisjoint(WATCHERS):
        raise NotFound(_("没有找到这个中心，或不归您管。"))
    return one


@router.get(
    "/{id}/hall", response=HallOut, summary="The hall now: who waits, which number is called"
)
def read_hall(request: SignedIn, id: int) -> HttpResponse:
    """No names: numbers, windows and how long a number takes."""
    centre = get_object_or_404(Centre.objects.public(), pk=id)
    hall = queries.hall_of(centre, at=now())
    numbers = {one.pk: one.number for one in hall.windows}
    return reply(
        {
            "waiting": len(hall.waiting), "open_windows": hall.open_windows, "minutes": hall.minutes,
            "called": [
                {"window": numbers.get(window), "code": ticket.code}
                for window, ticket in hall.called.items()
            ],
        }
    )  # fmt: skip


def _ticket_out(one: Ticket) -> dict[str, Any]:
    ahead = queries.ahead_of(one) if one.state == Ticket.State.WAITING else 0
    return {
        "id": one.pk, "code": one.code, "state": one.state, "ahead": ahead,
        "minutes": queries.hall_of(one.centre, at=now()).minutes_of(ahead),
        "window": one.window.number if one.window else None,
    }  # fmt: skip


@router.post("/{id}/tickets", response={201: TicketOut}, summary="Draw a number for oneself")
def draw(request: SignedIn, id: int, given: TicketIn, key: IdempotencyKey) -> HttpResponse:
    """One open number a day and centre; those with priority are called first."""
    centre = get_object_or_404(Centre.objects.public(), pk=id)
    made = actions.draw_ticket(
        centre=centre, at=now(), by=request.auth, user=request.auth, key=key or "",
        is_priority=given.is_priority,
    )  # fmt: skip
    return reply(_ticket_out(made), 201)


@router.get("/tickets/{id}", response=TicketOut, summary="One's number: how many are before it")
def read_ticket(request: SignedIn, id: int) -> HttpResponse:
    """Only one's own, and those of the halls one works in."""
    rows = Ticket.objects.visible_to(request.auth).select_related("centre", "window")
    return reply(_ticket_out(get_object_or_404(rows, pk=id)))


def matter_out(one: Matter) -> dict[str, Any]:
    return {
        "id": one.pk, "number": one.number, "centre": one.centre_id, "service": one.service.code,
        "label": one.label, "state": one.state, "due_on": one.due_on, "case": one.case_id,
        "missing": [row["name"] for row in one.materials if not row["has"]],
        "result": one.result, "at": one.at,
    }  # fmt: skip


@router.get("/matters", response=MatterOutPage, summary="Matters of my halls, and my own")
def list_matters(
    request: SignedIn, state: str = "", cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Newest first; names are masked."""
    rows = Matter.objects.visible_to(request.auth).select_related("service")
    if state:
        rows = rows.filter(state=state)
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows.order_by("-pk")[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return reply({"items": [matter_out(one) for one in found[:limit]], "next": following})


@router.post("/{id}/matters", response={201: MatterOut}, summary="Take a matter in at the window")
def take_in(request: SignedIn, id: int, given: MatterIn, key: IdempotencyKey) -> HttpResponse:
    """With all materials (`has`: their positions) it is filed as a request; else it waits with its notice."""
    values = given.model_dump(exclude={"service"})
    made = actions.take_in(
        centre=_hall(request, id), service=_service(given.service), by=request.auth, at=now(),
        key=key or "", **values,
    )  # fmt: skip
    return reply(matter_out(made), 201)


def _service(code: str) -> DelegatedService:
    found = DelegatedService.objects.public().on(localdate()).filter(code=code)
    return get_object_or_404(found.order_by("-version")[:1])


def _bytes_of(photo: Photo) -> bytes:
    with photo.file.open("rb") as file:
        return bytes(file.read())


@router.post(
    "/{id}/matters/at-once", response={201: MatterOut}, summary="Take a matter in, do it and hand it over, in one act"
)  # fmt: skip
def do_at_once(request: SignedIn, id: int, given: AtOnceIn, key: IdempotencyKey) -> HttpResponse:
    """Only with all materials and a photo. Where its topic asks for verification it waits for another."""
    centre = _hall(request, id)
    rows = Photo.objects.visible_to(request.auth).in_bulk(given.photos)
    if len(rows) < len(set(given.photos)):
        raise Invalid(_("有照片没有找到，请先上传。"), field="photos")
    values = given.model_dump(exclude={"service", "photos"})
    made = actions.do_at_once(
        centre=centre, service=_service(given.service), by=request.auth, at=now(),
        key=key or "", photos=[_bytes_of(row) for row in rows.values()], **values,
    )  # fmt: skip
    return reply(matter_out(made), 201)


@router.get("/matters/{id}", response=MatterOut, summary="One matter")
def read_matter(request: SignedIn, id: UUID) -> HttpResponse:
    """Who came is masked; the request behind it is `case`."""
    rows = Matter.objects.visible_to(request.auth).select_related("service")
    return reply(matter_out(get_object_or_404(rows, pk=id)))


@router.post(
    "/matters/{id}", response=MatterOut, summary="Complete, record the result, hand over, drop"
)
def move_matter(request: SignedIn, id: UUID, given: MatterVerbIn) -> HttpResponse:
    """A result can be recorded once the request is finished and verified."""
    rows = Matter.objects.visible_to(request.auth).select_related("service")
    one, by, at = get_object_or_404(rows, pk=id), request.auth, now()
    if given.verb == "complete":
        one = actions.complete(one, has=set(given.has), by=by, at=at)
    elif given.verb == "result":
        one = actions.record_result(one, result=given.words, by=by, at=at)
    elif given.verb == "hand":
        one = actions.hand_over(one, to=given.words, by=by, at=at)
    else:
        one = actions.drop_matter(one, why=given.words, by=by, at=at)
    return reply(matter_out(one))


@router.get("/{id}/use", response=UseOut, summary="A month of a centre's use, by side and day")
def read_use(request: SignedIn, id: int, month: date | None = None) -> HttpResponse:
    """Counted by the clerk, by bookings, by care, by served numbers and by people themselves."""
    found = queries.use_of(_hall(request, id), month or localdate())
    return reply(
        {
            "month": found.first, **found.total,
            "days": [{"day": day, **uses} for day, uses in found.days.items()],
        }
    )  # fmt: skip


@router.post("/{id}/use", response={201: dict[str, int]}, summary="Enter how many people came")
def count(request: SignedIn, id: int, given: UseIn) -> HttpResponse:
    """Sets the figure of a day; what counts itself is not entered here."""
    centre = _hall(request, id)
    rooms = Room.objects.visible_to(request.auth).filter(centre=centre).select_related("kind")
    room = get_object_or_404(rooms, pk=given.room) if given.room else None
    made = actions.count_people(
        centre=centre, day=given.day, people=given.people, room=room, use=given.use,
        by=request.auth, at=now(),
    )  # fmt: skip
    return reply({"people": made.people}, 201)


@router.get("/figures", response=WindowsOut, summary="A month of some land's windows")
def figures(request: SignedIn, region: str, month: date | None = None) -> HttpResponse:
    """`share` is 不出社区率, `reach` 事项可办率, in percent."""
    land = get_land(region[:18])
    if land.level == Region.Level.GRID or roles_over(request.auth, land.path).isdisjoint(WATCHERS):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    first, until = queries.month_span(month or localdate())
    services = len(queries.services_on(localdate()))
    found = queries.windows_of(land.path, first, until, at=now(), services=services)
    names = ("taken", "handed", "missing", "referred", "late", "share", "reach", "days")
    return reply({name: getattr(found, name) for name in names})
