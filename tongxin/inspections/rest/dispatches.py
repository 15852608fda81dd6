"""Dispatches and their stops: planned, looked at, called off; findings at a stop."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.photos.queries import photo_for
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Dispatch, Site, SiteVisit
from .shapes import (
    Cursor,
    Id,
    InspectionRef,
    Limit,
    inner_operation,
    one_of,
    ref,
    seen_dispatch,
    seen_operation,
    seen_team,
    some_of,
)

router = Router()


class StopOut(Schema):
    id: int
    order: int
    site: InspectionRef
    mode: Literal["on_site", "follow_up", "whole"]
    visit: UUID = Field(description="the visit of fieldwork: begun and finished there")
    state: str
    begun_at: datetime | None
    finished_at: datetime | None


class CrewOut(Schema):
    id: int
    name: str
    was_there: bool


class DispatchOut(Schema):
    id: int
    number: int
    team: InspectionRef
    on: date
    is_unannounced: bool
    cancelled_at: datetime | None
    note: str
    members: list[CrewOut]
    stops: list[StopOut]


class DispatchPage(Schema):
    items: list[DispatchOut]
    next: str | None


class SiteVisitPage(Schema):
    items: list[StopOut]
    next: str | None


class SiteFinding(Schema):
    id: UUID
    number: str
    step: str


class StopIn(BaseModel):
    """A site to go to; without a mode it is the first visit of its subject, or follows it up."""

    model_config = ConfigDict(extra="forbid")

    site: Id
    mode: Literal["", "on_site", "follow_up", "whole"] = ""


class DispatchIn(BaseModel):
    """Who goes where on a day."""

    model_config = ConfigDict(extra="forbid")

    on: date
    members: list[Id] = Field(min_length=1, max_length=30)
    stops: list[StopIn] = Field(min_length=1, max_length=60)
    is_unannounced: bool = False
    note: str = Field("", max_length=200)


class StopsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stops: list[StopIn] = Field(min_length=1, max_length=60)


class CrewIn(BaseModel):
    """Who was there, by user id."""

    model_config = ConfigDict(extra="forbid")

    there: list[Id] = Field(min_length=1, max_length=30)


class CancelIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=200)


class SiteFindingIn(BaseModel):
    """What was found; photos are ids of photos the caller handed in. `mended` closes it on the spot."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=2000)
    kind: str = Field("", max_length=20)
    severity: Literal["normal", "serious", "grave"] = "normal"
    photos: list[UUID] = Field(default=[], max_length=6)
    named: str = Field("", max_length=200, description="sealed; shown for a reason only")
    mended: str = Field("", max_length=300)
    after: list[UUID] = Field(default=[], max_length=6)


@router.get("/operations/{int:id}/dispatches", response=DispatchPage, summary="Its dispatches")
def list_dispatches(
    request: SignedIn, id: int, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Latest first; from outside only those that have gone."""
    row = seen_operation(request, id)
    rows = Dispatch.objects.visible_to(request.auth).filter(team__operation=row)
    return reply(listed(_whole(rows), cursor, limit, _dispatch))


@router.get("/operations/{int:id}/visits", response=SiteVisitPage, summary="Its visits to sites")
def list_visits(request: SignedIn, id: int, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Latest first; from outside only those that have begun."""
    row = seen_operation(request, id)
    rows = SiteVisit.objects.visible_to(request.auth).filter(dispatch__team__operation=row)
    return reply(listed(rows.select_related("site", "visit"), cursor, limit, _stop))


@router.get("/dispatches/{int:id}", response=DispatchOut, summary="One dispatch")
def get_dispatch(request: SignedIn, id: int) -> HttpResponse:
    """Its people and its stops in order."""
    return reply(_shown(request, id))


@router.post("/teams/{int:id}/dispatches", response={201: DispatchOut}, summary="Send a team out")
def plan_dispatch(
    request: SignedIn, id: int, body: DispatchIn, key: IdempotencyKey
) -> HttpResponse:
    """Nobody goes to their own unit, street or community. A retry with the same key sends once."""
    team = seen_team(request, id)
    inner_operation(request, team.operation_id)
    given = body.model_dump()
    people = some_of(queries.people_for(team.operation), given.pop("members"), "members")
    stops = _stops(request, given.pop("stops"))
    made = actions.plan_dispatch(
        team=team, members=people, stops=stops, key=key or "", by=request.auth, at=now(), **given
    )
    return reply(_shown(request, made.pk), 201)


@router.post("/dispatches/{int:id}/stops", response=DispatchOut, summary="Add sites on the way")
def add_stops(request: SignedIn, id: int, body: StopsIn) -> HttpResponse:
    """What is a stop already stays as it is."""
    row = seen_dispatch(request, id)
    stops = _stops(request, body.model_dump()["stops"])
    actions.add_stops(dispatch=row, stops=stops, by=request.auth, at=now())
    return reply(_shown(request, id))


@router.post("/dispatches/{int:id}/crew", response=DispatchOut, summary="Say who was there")
def say_crew(request: SignedIn, id: int, body: CrewIn) -> HttpResponse:
    """Person-times count who was there."""
    row = seen_dispatch(request, id)
    people = some_of(queries.crew_of(row), body.there, "there")
    actions.say_who_was_there(dispatch=row, there=people, by=request.auth, at=now())
    return reply(_shown(request, id))


@router.post("/dispatches/{int:id}/cancel", response=DispatchOut, summary="Call a dispatch off")
def cancel_dispatch(request: SignedIn, id: int, body: CancelIn) -> HttpResponse:
    """Before it has gone."""
    row = seen_dispatch(request, id)
    actions.cancel_dispatch(dispatch=row, reason=body.reason, by=request.auth, at=now())
    return reply(_shown(request, id))


@router.post("/stops/{int:id}/findings", response={201: SiteFinding}, summary="Register a finding")
def add_finding(
    request: SignedIn, id: int, body: SiteFindingIn, key: IdempotencyKey
) -> HttpResponse:
    """Once the visit has begun, by who went there. It names who answers for the site."""
    rows = SiteVisit.objects.visible_to(request.auth).select_related(
        "visit", "site__region", "site__org", "site__regulator",
        "dispatch__team__operation__org", "dispatch__team__operation__region",
    )  # fmt: skip
    stop = one_of(rows, id)
    inner_operation(request, stop.dispatch.team.operation_id)
    given = body.model_dump()
    for name in ("photos", "after"):
        given[name] = [photo_for(request.auth, pk) for pk in given[name]]
    made = actions.record_at_site(stop=stop, key=key or "", by=request.auth, at=now(), **given)
    return reply({"id": made.pk, "number": made.number, "step": made.step}, 201)


def _stops(request: SignedIn, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = Site.objects.visible_to(request.auth).select_related("region", "org", "regulator")
    sites = {one.pk: one for one in some_of(rows, [one["site"] for one in given], "stops")}
    return [{"site": sites[one["site"]], "mode": one["mode"]} for one in given]


def _whole(rows: Any) -> Any:
    return rows.select_related("team").prefetch_related(
        "members__user", "visits__site", "visits__visit"
    )


def _shown(request: SignedIn, pk: int) -> dict[str, Any]:
    return _dispatch(one_of(_whole(Dispatch.objects.visible_to(request.auth)), pk))


def _dispatch(row: Dispatch) -> dict[str, Any]:
    names = ("number", "on", "is_unannounced", "cancelled_at", "note")
    return {
        "id": row.pk,
        "team": ref(row.team),
        "members": [
            {"id": one.user_id, "name": one.user.name, "was_there": one.was_there}
            for one in row.members.all()
        ],
        "stops": [_stop(one) for one in sorted(row.visits.all(), key=lambda one: one.order)],
        **{name: getattr(row, name) for name in names},
    }


def _stop(one: SiteVisit) -> dict[str, Any]:
    return {
        "id": one.pk, "order": one.order, "site": ref(one.site), "mode": one.mode,
        "visit": one.visit_id, "state": one.visit.state, "begun_at": one.visit.begun_at,
        "finished_at": one.visit.finished_at,
    }  # fmt: skip
