"""Joint conferences and their lists, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import (
    AgendaItem,
    Agreement,
    ConferenceBody,
    ListItem,
    Match,
    MatchRun,
    Package,
    Resolution,
    Session,
)
from .scope import runs_body

router = Router(tags=["conferences"])
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
STRICT = ConfigDict(extra="forbid")
Id = Annotated[int, Field(ge=1, lt=2**63)]
MatterWord = Literal["people", "room", "goods", "money", "service"]
KindWord = Literal["need", "supply", "resource", "service", "project"]


class BodyOut(Schema):
    id: int
    level: str
    region: str
    name: str
    org: str | None = Field(description="the committee that convenes; null: none could")
    founded_on: date


class BodyOutPage(Schema):
    items: list[BodyOut]
    next: str | None


class BodySeatOut(Schema):
    id: int
    name: str
    kind: str
    rep_name: str
    why: str
    from_date: date


class BodyFullOut(BodyOut):
    chair: str | None
    why_chair: str
    charter: str
    state: str = Field(description="met, due, at_risk, missed, free: how it stands this period")
    sentence: str
    seats: list[BodySeatOut]


class BodyStandingOut(Schema):
    body: int
    name: str
    period: str
    state: str
    held: int
    wanted: int
    sentence: str


class BodyStandingsOut(Schema):
    items: list[BodyStandingOut]


class SessionIn(BaseModel):
    model_config = STRICT

    body: Id
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    venue: str = Field(max_length=100)
    title: str = Field("", max_length=100)


class SessionOut(Schema):
    id: int
    body: int
    meeting: int = Field(description="the meeting of /meetings: attendance, minutes, approval")
    title: str
    starts_at: AwareDatetime
    state: str


class SessionOutPage(Schema):
    items: list[SessionOut]
    next: str | None


class AgendaItemOut(Schema):
    id: int
    kind: str
    title: str
    state: str
    proposed_for: str
    decision: str


class AgendaItemIn(BaseModel):
    model_config = STRICT

    kind: Literal["major", "service", "deliberation", "bulletin"]
    title: str = Field(max_length=100)
    text: str = Field("", max_length=2000)


class AgendaIn(BaseModel):
    model_config = STRICT

    items: list[Id] = Field(max_length=30, description="ids in the order of the agenda")


class AgendaDecideIn(BaseModel):
    model_config = STRICT

    decision: str = Field(max_length=2000)
    defer: bool = False


class ResolutionTaskOut(Schema):
    case: UUID
    owner: str
    step: str
    progress: str
    done_note: str


class ResolutionOut(Schema):
    id: int
    number: str
    body: int
    session: int
    title: str
    work: str
    place: str
    due_on: date
    end: str
    result: str
    tasks: list[ResolutionTaskOut]


class ResolutionOutPage(Schema):
    items: list[ResolutionOut]
    next: str | None


class ResolutionIn(BaseModel):
    model_config = STRICT

    title: str = Field(max_length=100)
    work: str = Field(max_length=2000)
    place: str = Field(max_length=100)
    due_on: date
    units: list[Id] = Field(default_factory=list, max_length=12, description="ids of /orgs")
    holder: Id | None = Field(None, description="a person, where no unit fits")
    item: Id | None = None


class SessionFullOut(SessionOut):
    seats: int
    here: int
    quorum: bool
    agenda: list[AgendaItemOut]
    carried_over: list[ResolutionOut] = Field(description="what became of earlier resolutions")


class ListItemOut(Schema):
    id: int
    kind: str
    region: str
    matter: str
    title: str
    party: str
    quantity: int = Field(description="people, rooms, pieces, fen or turns")
    left: int
    from_date: date
    to_date: date
    state: str
    series: str


class ListItemOutPage(Schema):
    items: list[ListItemOut]
    next: str | None


class ListItemIn(BaseModel):
    model_config = STRICT

    kind: KindWord
    region: str = Field(max_length=12, description="code of a region")
    matter: MatterWord
    title: str = Field(max_length=60)
    quantity: int = Field(ge=1, lt=10**13)
    from_date: date
    to_date: date
    text: str = Field("", max_length=500)
    words: str = Field("", max_length=100)
    org: Id | None = None
    series: Literal["", "people", "grassroots", "firms"] = ""


class ListReviewIn(BaseModel):
    model_config = STRICT

    accept: bool
    note: str = Field("", max_length=200)


class MatchOut(Schema):
    id: int
    need: int
    supply: int
    quantity: int
    why: str
    gain: int
    state: str


class MatchRunOut(Schema):
    id: int
    needs: int
    supplies: int
    value: int
    is_optimal: bool
    matches: list[MatchOut]


class MatchRunIn(BaseModel):
    model_config = STRICT

    region: str = Field(max_length=12)


class AgreeIn(BaseModel):
    model_config = STRICT

    supply: Id
    quantity: int = Field(ge=1, lt=10**13)


class AgreementOut(Schema):
    case: UUID
    need: int
    supply: int
    quantity: int
    from_date: date
    to_date: date
    step: str
    delivered: int | None


class ListFiguresOut(Schema):
    agreed: int
    done: int
    needs: int
    minutes: int
    fen: int


class PackageOut(Schema):
    id: int
    street: str
    name: str
    year: int
    state: str
    items: list[dict[str, Any]]


class PackageOutPage(Schema):
    items: list[PackageOut]
    next: str | None


def _one(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    one = rows.filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return one


def _region(code: str) -> Region:
    found = Region.objects.public().filter(code=code, valid_to=None).first()
    if found is None:
        raise NotFound(_("没有这个区域。"), field="region")
    return found


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
    one, on = _one(_bodies(request), id), localdate()
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
    one = _one(_bodies(request), id)
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
    one = _one(_bodies(request), given.pop("body"))
    made = actions.plan_session(body=one, by=request.auth, at=now(), key=key, **given)
    return reply(_session(made), 201)


@router.get("/sessions/{int:id}", response=SessionFullOut, summary="One session")
def get_session(request: SignedIn, id: int) -> HttpResponse:
    """With its agenda, whether enough units are there, and what became of earlier resolutions."""
    one = _one(_sessions(request), id)
    quorum = queries.quorum_of(one)
    return reply(_session(one) | {
        "seats": quorum.seats, "here": quorum.here, "quorum": quorum.is_met,
        "agenda": [_item(item) for item in one.items.order_by("seq")],
        "carried_over": [_resolution(row) for row in queries.carried_over(one)],
    })  # fmt: skip


@router.post("/sessions/{int:id}/agenda", response=list[AgendaItemOut], summary="Set the agenda")
def set_agenda(request: SignedIn, id: int, body: AgendaIn) -> HttpResponse:
    """In this order; what is not named waits again."""
    one = _one(_sessions(request), id)
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
    done = actions.announce_session(session=_one(_sessions(request), id), by=request.auth, at=now())
    done.meeting.refresh_from_db()
    return reply(_session(done))


@router.post("/items/{int:id}/decide", response=AgendaItemOut, summary="Write down a decision")
def decide(request: SignedIn, id: int, body: AgendaDecideIn) -> HttpResponse:
    """At a session that was held with a quorum; or that it comes again."""
    rows = AgendaItem.objects.visible_to(request.auth).select_related("body__org")
    done = actions.decide_item(item=_one(rows, id), by=request.auth, at=now(), **body.model_dump())
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
    session = _one(_sessions(request), id)
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
        item=_one(session.items.all(), item) if item else None, by=request.auth, at=now(),
        key=key, **given,
    )  # fmt: skip
    return reply(_resolution(_one(_resolutions(request), made.pk)), 201)


def _person(people: Any, pk: int) -> User:
    found = people.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这个人，或不在这片区域工作。"), field="holder")
    return found


def _list_item(one: ListItem) -> dict[str, Any]:
    names = (
        "id",
        "matter",
        "title",
        "party",
        "quantity",
        "from_date",
        "to_date",
        "state",
        "series",
    )
    return {name: getattr(one, name) for name in names} | {
        "kind": one.book.kind, "region": one.region.code, "left": queries.left_of(one),
    }  # fmt: skip


def _items(request: SignedIn) -> Any:
    rows = ListItem.objects.visible_to(request.auth).distinct()
    return rows.select_related("book__region", "region")


@router.get("/list-items", response=ListItemOutPage, summary="Lines of the lists")
def list_items(
    request: SignedIn,
    kind: Literal["", "need", "supply", "resource", "service", "project"] = "",
    state: Literal["", "proposed", "open", "closed", "declined", "expired"] = "",
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 50,
) -> HttpResponse:
    """Those of one's land, one's own, and what is open near one's seats."""
    rows = _items(request)
    rows = rows.filter(book__kind=kind) if kind else rows
    rows = rows.filter(state=state) if state else rows
    found = listed(rows, cursor, limit, lambda one: one)
    usage = queries.usage_of([one.pk for one in found["items"]])
    names = (
        "id",
        "matter",
        "title",
        "party",
        "quantity",
        "from_date",
        "to_date",
        "state",
        "series",
    )
    items = [
        {name: getattr(one, name) for name in names}
        | {"kind": one.book.kind, "region": one.region.code, "left": queries.left_of(one, usage)}
        for one in found["items"]
    ]
    return reply({"items": items, "next": found["next"]})


@router.post("/list-items", response={201: ListItemOut}, summary="Ask for something, or offer it")
def add_item(request: SignedIn, body: ListItemIn, key: IdempotencyKey) -> HttpResponse:
    """Opened at once by who acts for the place; else it waits for review."""
    given = body.model_dump()
    org = given.pop("org")
    made = actions.add_to_list(
        region=_region(given.pop("region")), org=_one(Org.objects.public(), org) if org else None,
        by=request.auth, at=now(), key=key, **given,
    )  # fmt: skip
    return reply(_list_item(made), 201)


@router.post("/list-items/{int:id}/review", response=ListItemOut, summary="Review a line")
def review(request: SignedIn, id: int, body: ListReviewIn) -> HttpResponse:
    """By who acts for the place, never one's own."""
    one = _one(_items(request), id)
    done = actions.review_item(item=one, by=request.auth, at=now(), **body.model_dump())
    return reply(_list_item(done))


def _match(one: Match) -> dict[str, Any]:
    return {
        "id": one.pk, "need": one.need_id, "supply": one.supply_id, "quantity": one.quantity,
        "why": one.why, "gain": one.gain, "state": one.state,
    }  # fmt: skip


def _run(one: MatchRun) -> dict[str, Any]:
    names = ("id", "needs", "supplies", "value", "is_optimal")
    matches = [_match(row) for row in one.matches.order_by("-gain", "pk")]
    return {name: getattr(one, name) for name in names} | {"matches": matches}


@router.post("/matching", response={201: MatchRunOut}, summary="Propose supplies for needs")
def run_matching(request: SignedIn, body: MatchRunIn) -> HttpResponse:
    """The best plan of those there are, each proposal with its reasons; a person decides."""
    made = actions.run_matching(region=_region(body.region), by=request.auth, at=now())
    return reply(_run(made), 201)


@router.post("/matches/{int:id}/accept", response=AgreementOut, summary="Accept a proposal")
def accept_match(request: SignedIn, id: int) -> HttpResponse:
    """The two agree; delivery is a case."""
    one = _one(Match.objects.visible_to(request.auth), id)
    return reply(_agreement(actions.accept_match(match=one, by=request.auth, at=now())))


@router.post("/list-items/{int:id}/agree", response={201: AgreementOut}, summary="Choose a supply")
def agree(request: SignedIn, id: int, body: AgreeIn) -> HttpResponse:
    """For a need of one's land, by hand; refused if it cannot serve or is promised to others."""
    rows = _items(request)
    made = actions.agree(
        need=_one(rows, id), supply=_one(ListItem.objects.public(), body.supply),
        quantity=body.quantity, by=request.auth, at=now(),
    )  # fmt: skip
    return reply(_agreement(made), 201)


def _agreement(one: Agreement) -> dict[str, Any]:
    return {
        "case": one.pk, "need": one.need_id, "supply": one.supply_id, "quantity": one.quantity,
        "from_date": one.from_date, "to_date": one.to_date, "step": one.case.step,
        "delivered": one.delivered,
    }  # fmt: skip


@router.get("/agreements/{uuid:id}", response=AgreementOut, summary="One agreement")
def get_agreement(request: SignedIn, id: UUID) -> HttpResponse:
    """Delivery goes by the moves of its case: deliver, confirm, redo."""
    rows = Agreement.objects.visible_to(request.auth).select_related("case")
    return reply(_agreement(_one(rows, id)))


@router.get("/figures", response=ListFiguresOut, summary="What came of matching on land")
def figures(request: SignedIn, region: Annotated[str, Query(max_length=12)]) -> HttpResponse:
    """Agreements, needs met, minutes and fen that were confirmed; for who overlooks the land."""
    found = _region(region)
    seen = ConferenceBody.objects.visible_to(request.auth).filter(region__path__under=found.path)
    if not seen.exists():
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return reply(queries.met_figures(found.path))


def _package(one: Package) -> dict[str, Any]:
    names = ("id", "name", "year", "state")
    return {name: getattr(one, name) for name in names} | {
        "street": one.street.code,
        "items": [
            {"id": item.pk, "kind": item.kind, "title": item.title, "fen": item.amount_fen,
             "state": item.state, "served": item.served}
            for item in one.items.all()
        ],
    }  # fmt: skip


@router.get("/packages", response=PackageOutPage, summary="Packages handed down")
def list_packages(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Policy, projects and money of one's streets."""
    rows = Package.objects.visible_to(request.auth).select_related("street")
    return reply(listed(rows.prefetch_related("items"), cursor, limit, _package))
