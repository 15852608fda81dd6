"""Joint committees (大工委、大党委) as JSON: those of an area, their part-time members."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Path, Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.queries import get_land
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions
from ..models import JointMember, Org, UnitKind
from .orgs import OrgRef, RegionRef
from .router import router
from .units import DoneOut, PaperIn

JointDuty = Literal["chair", "deputy", "member"]
CommitteeId = Annotated[int, Path(ge=1, lt=2**63)]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]
Cursor = Query(0, ge=0, lt=2**63, description="`next` of the page before")


class JointCommitteeOut(OrgRef):
    region: RegionRef
    parent: OrgRef | None = Field(description="the committee it belongs to")
    founded_on: date | None
    seats: int = Field(description="members that serve")


class JointCommitteePage(Schema):
    items: list[JointCommitteeOut]
    next: str | None


class JointSeatOut(Schema):
    id: int
    origin: OrgRef = Field(description="the organisation that sent them")
    name: str
    title: str
    duty: JointDuty
    task: str
    from_date: date
    to_date: date | None


class JointSeatPage(Schema):
    items: list[JointSeatOut]
    next: str | None


class JointCommitteeIn(PaperIn):
    """The joint committee of a street or community; its name follows from the place."""

    parent: DatabaseId = Field(description="the committee of the street or community")


class JointSeatIn(BaseModel):
    """Somebody sent by an organisation of the area."""

    model_config = ConfigDict(extra="forbid")

    origin: DatabaseId
    name: str = Field(max_length=80)
    on: date
    duty: JointDuty = "member"
    title: str = Field("", max_length=80, description="what they are where they come from")
    task: str = Field("", max_length=200)


@router.get(
    "/joint-committees",
    response=JointCommitteePage,
    tags=["joint committees"],
    summary="Joint committees that stand",
)
def list_joint_committees(
    request: SignedIn,
    region: str = Query("", max_length=18, description="code: those of that land"),
    cursor: int = Cursor,
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Oldest first, of those the caller may read, each with how many serve in it."""
    rows = _committees(request).filter(dissolved_on=None)
    if region:
        rows = rows.filter(region__path__under=get_land(region).path)
    rows = rows.annotate(seats=Count("joint_members", filter=Q(joint_members__to_date=None)))
    return reply(listed(rows, cursor, limit, _committee, oldest=True))


@router.post(
    "/joint-committees",
    response={201: DoneOut},
    tags=["joint committees"],
    summary="Found a joint committee",
)
def found_joint_committee(
    request: SignedIn, body: JointCommitteeIn, key: IdempotencyKey
) -> HttpResponse:
    """One for each street and community, by who keeps the register of its committee.

    While a trial runs, only in its communities. `dry_run` says what would happen.

    A retry with the same Idempotency-Key answers with the committee it founded.
    """
    rows = Org.objects.visible_to(request.auth).select_related("region", "parent")
    parent = rows.filter(pk=body.parent).first()
    if parent is None:
        raise NotFound(_("没有找到这个党组织，或您看不到它。"), field="parent")
    given: dict[str, Any] = {
        "parent": parent,
        "paper": actions.Paper(
            body.on, body.document, body.reason, "" if body.dry_run else key or ""
        ),
        "at": now(),
        "by": request.auth,
    }
    act = actions.found_joint_committee
    done = actions.preview(act, **given) if body.dry_run else act(**given)
    unit = {"id": done.unit.pk, "name": done.unit.name}
    answer = {"unit": unit, "words": done.words, "notes": done.notes}
    return reply(answer, status=200 if body.dry_run else 201, replayed=done.is_replay)


@router.get(
    "/joint-committees/{id}/seats",
    response=JointSeatPage,
    tags=["joint committees"],
    summary="Members of a joint committee",
)
def list_joint_seats(
    request: SignedIn,
    id: CommitteeId,
    *,
    state: Literal["serving", "ended", "any"] = "serving",
    cursor: int = Cursor,
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Those who serve, those who did, or all, in the order in which they were written."""
    rows = _seats(request, _committee_of(request, id))
    if state != "any":
        rows = rows.filter(to_date__isnull=state == "serving")
    return reply(listed(rows, cursor, limit, _seat, oldest=True))


@router.post(
    "/joint-committees/{id}/seats",
    response={201: JointSeatOut},
    tags=["joint committees"],
    summary="Give somebody a seat",
)
def give_joint_seat(request: SignedIn, id: CommitteeId, body: JointSeatIn) -> HttpResponse:
    """The chair comes from the committee above, the others from organisations of the area."""
    origin = Org.objects.public().select_related("region").filter(pk=body.origin).first()
    if origin is None:
        raise Invalid(_("没有编号为 %d 的单位，或已撤销。") % body.origin, field="origin")
    given = body.model_dump(include={"name", "on", "duty", "title", "task"})
    seat = actions.give_seat(
        committee=_committee_of(request, id), origin=origin, at=now(), by=request.auth, **given
    )
    return reply(_seat(seat), status=201)


@router.post(
    "/joint-committees/{id}/seats/{seat_id}/end",
    response=JointSeatOut,
    tags=["joint committees"],
    summary="End a seat",
)
def end_joint_seat(request: SignedIn, id: CommitteeId, seat_id: CommitteeId) -> HttpResponse:
    """From today on; the row stays."""
    seats = _seats(request, _committee_of(request, id)).filter(pk=seat_id)
    seat = seats.first()
    if seat is None:
        raise NotFound(_("没有找到这位委员，或您看不到。"))
    actions.end_seat(seat=seat, at=now(), by=request.auth)
    return reply(_seat(seats.get()))


def _committees(request: SignedIn) -> QuerySet[Org]:
    rows = Org.objects.visible_to(request.auth).filter(unit_kind=UnitKind.JOINT_COMMITTEE)
    return rows.select_related("region", "parent").defer("region__polygon")


def _committee_of(request: SignedIn, pk: int) -> Org:
    found = _committees(request).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这个大工委或大党委，或您看不到它。"))
    return found


def _seats(request: SignedIn, committee: Org) -> QuerySet[JointMember]:
    rows = JointMember.objects.visible_to(request.auth).filter(committee=committee)
    return rows.select_related("origin", "committee__parent")


def _committee(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk,
        "name": one.name,
        "region": {"code": one.region.code, "name": one.region.name},
        "parent": {"id": one.parent.pk, "name": one.parent.name} if one.parent else None,
        "founded_on": one.founded_on,
        "seats": one.seats,
    }


def _seat(one: JointMember) -> dict[str, Any]:
    names = ("id", "name", "title", "duty", "task", "from_date", "to_date")
    facts = {name: getattr(one, name) for name in names}
    return {**facts, "origin": {"id": one.origin_id, "name": one.origin.name}}
