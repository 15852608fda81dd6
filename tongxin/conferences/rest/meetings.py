"""Bodies, sessions and resolutions, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import (
    AgendaItem,
    ConferenceBody,
    Resolution,
    Session,
)
from ..scope import runs_body
from .common import one_of
from .shapes import (
    AgendaDecideIn,
    AgendaIn,
    AgendaItemIn,
    AgendaItemOut,
    BodyFullOut,
    BodyOutPage,
    BodyStandingsOut,
    Cursor,
    Limit,
    ResolutionIn,
    ResolutionOut,
    ResolutionOutPage,
    SessionFullOut,
    SessionIn,
    SessionOut,
    SessionOutPage,
)

router = Router(tags=["conferences"])


def _body(one: ConferenceBody) -> dict[str, Any]:
    names = ("id", "level", "name", "founded_on")
    return {name: getattr(one, name) for name in names} | {
        "region": one.region.code, "org": one.org.name if one.org else None,
    }  # fmt: skip


def _bodies(request: SignedIn) -> Any:
    rows = ConferenceBody.objects.visible_to(request.auth).standing()
    return rows.select_related("org", "region")


@router.get("/bodies", response=BodyOutPage, summary="Joint conferences one may read")
def list_bodies(
    request: SignedIn,
    level: Literal["", "district", "street", "community"] = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> HttpResponse:
    """Those of one's land and units, and those one's unit sits in."""
    rows = _bodies(request)
    rows = rows.filter(level=level) if level else rows
    return reply(listed(rows, cursor, limit, _body))


@router.get("/standings", response=BodyStandingsOut, summary="Who has met this period")
def list_standings(request: SignedIn, back: Annotated[int, Query(ge=0, le=1)] = 0) -> HttpResponse:
    """Each body with how often it should have met, and a sentence on what it lacks."""
    on = localdate()
    found = queries.standings(_bodies(request), on, back=back)
    return reply({"items": [
        {"body": one.body.pk, "name": one.body.name, "period": one.span.key,
         "state": one.state(on), "held": one.held, "wanted": one.rule.times,
         "sentence": one.sentence(on)}
        for one in found
    ]})  # fmt: skip


@router.get("/bodies/{int:id}", response=BodyFullOut, summary="One body")
def get_body(request: SignedIn, id: int) -> HttpResponse:
    """Its chair, charter, seats, and how it stands this period."""
    one, on = one_of(_bodies(request), id), localdate()
    chair = queries.chairs_of([one], on)[one.pk]
    charter = queries.charter_on(one, on)
    found = queries.standings(_bodies(request).filter(pk=id), on)
    names = ("id", "name", "rep_name", "why", "from_date")
    return reply(_body(one) | {
        "chair": chair.user.name if chair.user else None, "why_chair": chair.why,
        "charter": charter.text if charter else "",
        "state": found[0].state(on) if found else "free",
        "sentence": found[0].sentence(on) if found else "",
        "seats": [
            {name: getattr(seat, name) for name in names} | {"kind": seat.kind.code}
            for seat in queries.seats_on(one, on)
        ],
    })  # fmt: skip


@router.post("/bodies/{int:id}/items", response={201: AgendaItemOut}, summary="Propose a matter")
def propose(request: SignedIn, id: int, body: AgendaItemIn, key: IdempotencyKey) -> HttpResponse:
    """For one's unit, or as who runs the body."""
    one = one_of(_bodies(request), id)
    made = actions.propose_item(body=one, by=request.auth, at=now(), key=key, **body.model_dump())
    return reply(_item(made), 201)


def _item(one: AgendaItem) -> dict[str, Any]:
    return {name: getattr(one, name) for name in AgendaItemOut.model_fields}


def _sessions(request: SignedIn) -> Any:
    rows = Session.objects.visible_to(request.auth)
    return rows.select_related("meeting", "body__org", "body__region")


def _session(one: Session) -> dict[str, Any]:
    return {
        "id": one.pk, "body": one.body_id, "meeting": one.meeting_id, "title": one.meeting.title,
        "starts_at": one.meeting.starts_at, "state": one.meeting.state,
    }  # fmt: skip


@router.get("/sessions", response=SessionOutPage, summary="Sessions one may read, newest first")
def list_sessions(
    request: SignedIn,
    body: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Plans are seen by who overlooks the land, not by members yet."""
    rows = _sessions(request)
    return reply(listed(rows.filter(body=body) if body else rows, cursor, limit, _session))


@router.post("/sessions", response={201: SessionOut}, summary="Plan a session")
def plan_session(request: SignedIn, body: SessionIn, key: IdempotencyKey) -> HttpResponse:
    """Chaired by the secretary; with every seat on its list. A retry with a key plans one."""
    given = body.model_dump()
    one = one_of(_bodies(request), given.pop("body"))
    made = actions.plan_session(body=one, by=request.auth, at=now(), key=key, **given)
    return reply(_session(made), 201)


@router.get("/sessions/{int:id}", response=SessionFullOut, summary="One session")
def get_session(request: SignedIn, id: int) -> HttpResponse:
    """With its agenda, whether enough units are there, and what became of earlier resolutions."""
    one = one_of(_sessions(request), id)
    quorum = queries.quorum_of(one)
    return reply(_session(one) | {
        "seats": quorum.seats, "here": quorum.here, "quorum": quorum.is_met,
        "agenda": [_item(item) for item in one.items.order_by("seq")],
        "carried_over": [_resolution(row) for row in queries.carried_over(one)],
    })  # fmt: skip


@router.post("/sessions/{int:id}/agenda", response=list[AgendaItemOut], summary="Set the agenda")
def set_agenda(request: SignedIn, id: int, body: AgendaIn) -> HttpResponse:
    """In this order; what is not named waits again."""
    one = one_of(_sessions(request), id)
    rows = AgendaItem.objects.visible_to(request.auth).in_bulk(body.items)
    if missing := set(body.items) - rows.keys():
        raise NotFound(_("没有找到议题 %d。") % min(missing), field="items")
    actions.set_agenda(
        session=one, items=[rows[pk] for pk in body.items], by=request.auth, at=now()
    )
    return reply([_item(item) for item in one.items.order_by("seq")])


@router.post("/sessions/{int:id}/announce", response=SessionOut, summary="Announce a session")
def announce(request: SignedIn, id: int) -> HttpResponse:
    """All seats are told."""
    done = actions.announce_session(
        session=one_of(_sessions(request), id), by=request.auth, at=now()
    )
    done.meeting.refresh_from_db()
    return reply(_session(done))


@router.post("/items/{int:id}/decide", response=AgendaItemOut, summary="Write down a decision")
def decide(request: SignedIn, id: int, body: AgendaDecideIn) -> HttpResponse:
    """At a session that was held with a quorum; or that it comes again."""
    rows = AgendaItem.objects.visible_to(request.auth).select_related("body__org")
    done = actions.decide_item(
        item=one_of(rows, id), by=request.auth, at=now(), **body.model_dump()
    )
    return reply(_item(done))


def _resolution(one: Resolution) -> dict[str, Any]:
    names = ("id", "number", "title", "work", "place", "due_on", "end", "result")
    return {name: getattr(one, name) for name in names} | {
        "body": one.body_id, "session": one.session_id,
        "tasks": [
            {"case": task.pk, "owner": task.owner, "step": task.case.step,
             "progress": task.progress, "done_note": task.done_note}
            for task in one.tasks.all()
        ],
    }  # fmt: skip


def _resolutions(request: SignedIn) -> Any:
    rows = Resolution.objects.visible_to(request.auth)
    return rows.prefetch_related("tasks__case", "tasks__org", "tasks__holder")


@router.get("/resolutions", response=ResolutionOutPage, summary="Resolutions one may read")
def list_resolutions(
    request: SignedIn,
    state: Literal["", "open", "late", "done"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first, each with its units' tasks; a task is a case of /cases."""
    rows = _resolutions(request)
    if state == "done":
        rows = rows.filter(end="done")
    elif state:
        rows = rows.filter(closed_at=None)
        rows = rows.filter(due_on__lt=localdate()) if state == "late" else rows
    return reply(listed(rows, cursor, limit, _resolution))


@router.post("/sessions/{int:id}/resolutions", response={201: ResolutionOut}, summary="Resolve")
def resolve(request: SignedIn, id: int, body: ResolutionIn, key: IdempotencyKey) -> HttpResponse:
    """One case for each unit. Refused without a unit or a person (`no_owner`)."""
    session = one_of(_sessions(request), id)
    if not runs_body(request.auth, session.body):
        raise NotFound(_("没有找到，或不由您负责。"))
    given = body.model_dump()
    units = Org.objects.public().in_bulk(given.pop("units"))
    on = localdate()
    people = queries.people_for(session.body, on)
    holder, item = given.pop("holder"), given.pop("item")
    made = actions.resolve(
        session=session, units=[units[pk] for pk in body.units if pk in units],
        holder=_person(people, holder) if holder else None,
        item=one_of(session.items.all(), item) if item else None, by=request.auth, at=now(),
        key=key, **given,
    )  # fmt: skip
    return reply(_resolution(one_of(_resolutions(request), made.pk)), 201)


def _person(people: Any, pk: int) -> User:
    found = people.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这个人，或不在这片区域工作。"), field="holder")
    return found
