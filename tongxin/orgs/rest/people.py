"""People and their membership as JSON, for who reads their registers; transfers and their answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Body, Path, Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound, NotPermitted
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Membership, Org, Person, Transfer
from ..scope import READERS, posts_of
from .orgs import OrgRef, RegionRef
from .router import router

Stage = Literal["applicant", "activist", "candidate", "probationary", "full"]
State = Literal["open", "done", "refused", "withdrawn", "expired"]
Id = Annotated[int, Path(ge=1, lt=2**63)]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]


class MembershipOut(Schema):
    id: int
    unit: OrgRef
    stage: Stage
    from_date: date
    to_date: date | None
    end: str = Field(description="why it ended; empty while it stands")
    applied_on: date | None
    admitted_on: date | None
    full_on: date | None
    party_age: int | None = Field(description="full years since full membership")
    flags: list[str] = Field(description="in_service, mobile, lost, hardship, veteran, suspended")


class PersonBrief(Schema):
    id: int
    name: str
    phone: str = Field(description="masked")
    membership: MembershipOut | None


class PersonPage(Schema):
    items: list[PersonBrief]
    next: str | None = Field(description="cursor of the next page; null on the last one")


class HintOut(Schema):
    code: str
    text: str
    source: str


class PersonOut(PersonBrief):
    identity: str = Field(description="masked")
    gender: str
    born_on: date | None
    home: RegionRef | None
    hints: list[HintOut] = Field(description="what the rules make of the dates; people decide")


class Memberships(Schema):
    items: list[MembershipOut]


class PersonIn(BaseModel):
    """Somebody new in a branch."""

    model_config = ConfigDict(extra="forbid")

    unit: DatabaseId
    stage: Stage
    from_date: date
    name: str = Field(max_length=200)
    identity: str = Field("", max_length=40, description="checked by GB 11643, then sealed")
    phone: str = Field("", max_length=40)
    gender: Literal["", "f", "m"] = ""
    born_on: date | None = None
    home: str = Field("", max_length=18, description="code of a community")
    applied_on: date | None = None
    admitted_on: date | None = None
    full_on: date | None = None
    in_service: bool = False
    is_hardship: bool = False
    is_veteran: bool = False


class TransferOut(Schema):
    id: int
    number: str = Field(description="of the slip, within the branch that issues it")
    person: OrgRef
    from_unit: OrgRef
    to_unit: OrgRef
    state: State
    reason: str
    valid_until: date
    home_confirmed: bool
    host_confirmed: bool
    why_closed: str


class TransferPage(Schema):
    items: list[TransferOut]
    next: str | None


class TransferIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person: DatabaseId
    to_unit: DatabaseId
    reason: str = Field(max_length=400)
    days: int | None = Field(None, description="how long the slip is valid; default: the rule's")
    dues_paid_until: date | None = None


class WhyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=400)


@router.get("/people", response=PersonPage, tags=["people"], summary="The register of members")
def list_people(
    request: SignedIn,
    *,
    q: str = Query("", max_length=40, description="name, initials, telephone or its last four"),
    stage: str = Query("", max_length=12, description="a stage, `members`, or `over`"),
    flag: str = Query("", max_length=12, description="in_service, mobile, lost, hardship, …"),
    unit: str = Query("", max_length=18, description="id: the unit and all under it"),
    cursor: str = Query("", max_length=60, description="`next` of the page before"),
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Those whose registers the caller reads, by initials; numbers are masked."""
    if not any(post.role in READERS and post.org_path for post in posts_of(request.auth)):
        raise NotPermitted(_("党员名册只供党组织的书记、委员和组织员查看。"))
    words = {"q": q, "stage": stage, "flag": flag, "unit": unit}
    today = localdate()
    page, following = queries.members_page(
        request.auth, queries.MemberFilter.read(words), on=today, cursor=cursor, size=limit
    )
    items = [_brief(one.person, one, today) for one in page]
    return reply({"items": items, "next": following or None})


@router.post("/people", response={201: PersonOut}, tags=["people"], summary="Register a member")
def add_person(request: SignedIn, body: PersonIn, key: IdempotencyKey) -> HttpResponse:
    """Write somebody into a branch whose register the caller keeps; a retry with the key acts once."""
    person: dict[str, Any] = {
        name: getattr(body, name) for name in ("name", "identity", "phone", "gender", "born_on")
    }
    person["home"] = region_of(get_land(body.home)) if body.home else None
    made = actions.enrol_member(
        unit=_unit(body.unit, "unit"),
        stage=body.stage,
        from_date=body.from_date,
        person=person,
        days={name: getattr(body, name) for name in ("applied_on", "admitted_on", "full_on")},
        flags={name: getattr(body, name) for name in ("in_service", "is_hardship", "is_veteran")},
        at=now(),
        by=request.auth,
        key=key or "",
    )
    return reply(_person(made.person, made, localdate()), status=201)


@router.get("/people/{id}", response=PersonOut, tags=["people"], summary="Somebody of a register")
def get_person(request: SignedIn, id: Id) -> HttpResponse:
    """Who somebody is, where they stand, and what the rules make of their dates."""
    found = _find(request, id)
    return reply(_person(found, queries.standing_membership(found), localdate()))


@router.get(
    "/people/{id}/memberships",
    response=Memberships,
    tags=["people"],
    summary="All branches somebody has been in",
)
def list_memberships(request: SignedIn, id: Id) -> HttpResponse:
    """Newest first; the one without `to_date` stands."""
    rows = _find(request, id).memberships.select_related("unit").order_by("-from_date", "-pk")
    today = localdate()
    return reply({"items": [_membership(one, today) for one in rows]})


@router.get("/transfers", response=TransferPage, tags=["people"], summary="Transfers one sees")
def list_transfers(
    request: SignedIn,
    state: State | None = None,
    cursor: int = Query(0, ge=0, lt=2**63, description="`next` of the page before"),
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Newest first: of branches whose registers the caller reads, on either side, and one's own."""
    rows = Transfer.objects.visible_to(request.auth)
    rows = rows.select_related("membership__person", "from_unit", "to_unit")
    if state:
        rows = rows.filter(state=state)
    return reply(listed(rows, cursor, limit, _transfer))


@router.post("/transfers", response={201: TransferOut}, tags=["people"], summary="Start a transfer")
def start_transfer(request: SignedIn, body: TransferIn, key: IdempotencyKey) -> HttpResponse:
    """Start the transfer of a member; the caller's side has confirmed by that.

    A retry with the same Idempotency-Key answers with the transfer it started.
    """
    person = _find(request, body.person)
    held = queries.standing_membership(person)
    if held is None:
        raise Invalid(_("此人没有在册的组织关系。"), field="person")
    made = actions.start_transfer(
        membership=held,
        to_unit=_unit(body.to_unit, "to_unit"),
        reason=body.reason,
        days=body.days,
        dues_paid_until=body.dues_paid_until,
        at=now(),
        by=request.auth,
        key=key or "",
    )
    return reply(_transfer(made), status=201)


@router.get("/transfers/{id}", response=TransferOut, tags=["people"], summary="One transfer")
def get_transfer(request: SignedIn, id: Id) -> HttpResponse:
    """How far it is, and why it ended."""
    return reply(_transfer(_transfer_of(request, id)))


@router.post(
    "/transfers/{id}/confirm",
    response=TransferOut,
    tags=["people"],
    summary="Confirm for one's side",
)
def confirm_transfer(request: SignedIn, id: Id) -> HttpResponse:
    """With the second confirmation the membership moves."""
    found = _transfer_of(request, id)
    return reply(_transfer(actions.confirm_transfer(transfer=found, at=now(), by=request.auth)))


@router.post(
    "/transfers/{id}/refuse", response=TransferOut, tags=["people"], summary="Send a transfer back"
)
def refuse_transfer(request: SignedIn, id: Id, body: Annotated[WhyIn, Body()]) -> HttpResponse:
    """By the side that has not confirmed, with the reason."""
    found = _transfer_of(request, id)
    done = actions.refuse_transfer(transfer=found, reason=body.reason, at=now(), by=request.auth)
    return reply(_transfer(done))


@router.post(
    "/transfers/{id}/withdraw", response=TransferOut, tags=["people"], summary="Take one back"
)
def withdraw_transfer(request: SignedIn, id: Id, body: Annotated[WhyIn, Body()]) -> HttpResponse:
    """By the side that has confirmed, before the other has."""
    found = _transfer_of(request, id)
    done = actions.withdraw_transfer(transfer=found, reason=body.reason, at=now(), by=request.auth)
    return reply(_transfer(done))


def _find(request: SignedIn, id: int) -> Person:
    found = Person.objects.visible_to(request.auth).select_related("home").filter(pk=id).first()
    if found is None:
        raise NotFound(_("没有找到这个人，或您看不到。"))
    return found


def _transfer_of(request: SignedIn, id: int) -> Transfer:
    rows = Transfer.objects.visible_to(request.auth)
    found = rows.select_related("membership__person", "from_unit", "to_unit").filter(pk=id).first()
    if found is None:
        raise NotFound(_("没有找到这次转接，或您看不到它。"))
    return found


def _unit(id: int, field: str) -> Org:
    unit = Org.objects.public().filter(pk=id, kind=Org.Kind.PARTY).first()
    if unit is None:
        raise Invalid(_("没有编号为 %d 的党组织，或已撤销。") % id, field=field)
    return unit


def _membership(one: Membership, today: date) -> dict[str, Any]:
    flags = {
        "in_service": one.in_service,
        "mobile": one.is_mobile,
        "lost": one.lost_since,
        "hardship": one.is_hardship,
        "veteran": one.is_veteran,
        "suspended": one.suspended_on,
    }
    names = ("id", "stage", "from_date", "to_date", "end", "applied_on", "admitted_on", "full_on")
    return {
        **{name: getattr(one, name) for name in names},
        "unit": {"id": one.unit_id, "name": one.unit.name},
        "party_age": queries.party_age(one, today),
        "flags": [name for name, value in flags.items() if value],
    }


def _brief(person: Person, held: Membership | None, today: date) -> dict[str, Any]:
    return {
        "id": person.pk,
        "name": person.name,
        "phone": queries.masked_numbers(person)["phone"],
        "membership": _membership(held, today) if held else None,
    }


def _person(person: Person, held: Membership | None, today: date) -> dict[str, Any]:
    stay = queries.stays_of([held]).get(held.pk) if held else None
    hints = queries.hints_of(held, stay, today) if held else []
    home = person.home
    return {
        **_brief(person, held, today),
        "identity": queries.masked_numbers(person)["identity"],
        "gender": person.gender,
        "born_on": person.born_on,
        "home": {"code": home.code, "name": home.name} if home else None,
        "hints": [{"code": one.code, "text": one.text, "source": one.source} for one in hints],
    }


def _transfer(one: Transfer) -> dict[str, Any]:
    person = one.membership.person
    return {
        "id": one.pk,
        "number": one.number,
        "person": {"id": person.pk, "name": person.name},
        "from_unit": {"id": one.from_unit_id, "name": one.from_unit.name},
        "to_unit": {"id": one.to_unit_id, "name": one.to_unit.name},
        "state": one.state,
        "reason": one.reason,
        "valid_until": one.valid_until,
        "home_confirmed": one.home_at is not None,
        "host_confirmed": one.host_at is not None,
        "why_closed": one.why_closed,
    }
