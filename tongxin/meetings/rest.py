"""组织生活 over HTTP: meetings, signing in, what a unit still lacks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from . import actions, queries
from .models import Kind, Meeting

router = Router(tags=["meetings"])
State = Literal["planned", "noticed", "held", "recorded", "approved", "cancelled"]


class MeetingUnit(Schema):
    id: int
    name: str


class MeetingOut(Schema):
    id: int
    kind: str
    kind_name: str
    title: str
    unit: MeetingUnit
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    venue: str
    venue_kind: str
    chair: str
    state: State
    rule: str = Field(description="the sentence of the rule it is held under; empty without one")


class MeetingPage(Schema):
    items: list[MeetingOut]
    next: str | None = Field(description="cursor of the next page; null on the last one")


class DecisionOut(Schema):
    text: str
    method: str
    entitled: int
    present: int
    in_favour: int
    against: int
    abstain: int
    invalid: int
    is_passed: bool
    why: str


class VoteCounts(Schema):
    asked: int
    present: int
    leave: int
    absent: int


class MeetingFull(MeetingOut):
    agenda: str
    moves: list[str] = Field(description="what the caller may do now")
    mine: str | None = Field(description="the caller's own attendance: expected, present, …")
    counts: VoteCounts | None = Field(description="for who may read the unit's registers")
    decisions: list[DecisionOut]
    minutes: str


class MeetingIn(BaseModel):
    """A plan; the list of those asked is drawn up from the register."""

    model_config = ConfigDict(extra="forbid")

    unit: int = Field(ge=1, lt=2**63, description="id of a party unit")
    kind: str = Field(description="general_meeting, theme_day, …")
    title: str = Field(max_length=200)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    venue: str = Field(max_length=200)
    venue_kind: Literal[
        "room", "site", "contact", "alliance", "red_site", "center", "online", "other"
    ] = "room"
    chair: str = Field(max_length=80)
    speaker: str = Field("", max_length=120)
    agenda: str = Field("", max_length=10_000)


class SignInBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=200, description="what the QR on the screen says, after /in/")


class SignInOut(Schema):
    meeting: int
    status: str
    is_late: bool
    at: AwareDatetime


class RuleFinding(Schema):
    unit: MeetingUnit
    kind: str
    period: str = Field(examples=["2026-03", "2026Q1", "2026"])
    wanted: int
    held: int
    planned: int
    missing: int
    due: date
    is_late: bool
    sentence: str


class FindingPage(Schema):
    items: list[RuleFinding]
    next: str | None


@router.get("", response=MeetingPage, summary="Meetings one may see, newest first")
def list_meetings(
    request: SignedIn,
    unit: int = Query(0, ge=0, lt=2**63, description="a party unit and those under it"),
    kind: str = Query("", max_length=20),
    state: State | None = None,
    cursor: int = Query(0, ge=0, lt=2**63, description="`next` of the page before"),
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Those of the registers the caller may read, and those the caller is asked to."""
    rows = Meeting.objects.visible_to(request.auth).select_related("unit", "rule")
    if unit:
        rows = rows.filter(unit__path__under=_unit(request, unit).path)
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    return reply(listed(rows, cursor, limit, _told))


@router.post("", response={201: MeetingOut}, summary="Plan a meeting")
def plan_meeting(request: SignedIn, body: MeetingIn) -> HttpResponse:
    """Those who belong there are put on its list; they are told by the move `notice`."""
    given = body.model_dump(exclude={"unit"})
    made = actions.plan_meeting(unit=_unit(request, body.unit), by=request.auth, at=now(), **given)
    return reply(_told(made), status=201)


@router.get("/rule-check", response=FindingPage, summary="What units still lack")
def check_rules(
    request: SignedIn,
    unit: int = Query(ge=1, lt=2**63, description="a party unit and those under it"),
    on: Annotated[date | None, Query(description="default: today")] = None,
    whole_year: bool = Query(False, description="also what was missed since January"),
    cursor: int = Query(0, ge=0, lt=10**9),
    limit: int = Query(200, ge=1, le=1000),
) -> HttpResponse:
    """Each with the sentence that its secretary is told. The rule is that of each period."""
    top, day = _unit(request, unit), on or localdate()
    units = Org.objects.public().filter(path__under=top.path)
    found = queries.rule_check(units, day, whole_year=whole_year)
    page = found[cursor : cursor + limit]
    names = units.in_bulk([one.unit_id for one in page])
    items = [
        {
            "unit": {"id": one.unit_id, "name": names[one.unit_id].name},
            "kind": one.kind,
            "period": one.period.key,
            "wanted": one.wanted,
            "held": one.held,
            "planned": one.planned,
            "missing": one.missing,
            "due": one.due,
            "is_late": one.is_late(day),
            "sentence": one.sentence(day),
        }
        for one in page
    ]
    more = cursor + limit if len(found) > cursor + limit else None
    return reply({"items": items, "next": str(more) if more else None})


@router.post("/sign-in", response=SignInOut, summary="Sign in by the code on the screen")
def sign_in(request: SignedIn, body: SignInBody) -> HttpResponse:
    """Once; a second time answers the same. A code is good for about a minute."""
    at = now()
    meeting = actions.meeting_of_code(code=body.code, at=at)
    row = actions.sign_in(meeting=meeting, user=request.auth, at=at)
    return reply(
        {"meeting": meeting.pk, "status": row.status, "is_late": row.is_late, "at": row.at}
    )


@router.get("/{int:id}", response=MeetingFull, summary="One meeting")
def get_meeting(request: SignedIn, id: int) -> HttpResponse:
    """Minutes and votes are for who may read the unit's registers; others get their own part."""
    it = _meeting(request, id)
    reads = queries.reads(request.auth, it.unit.path)
    own = it.attendances.filter(user=request.auth.pk).first()
    counts = queries.roll_of(it)["counts"] if reads else None
    names = VoteCounts.model_fields
    return reply(
        {
            **_told(it),
            "agenda": it.agenda,
            "moves": [move.name for move in queries.moves_open_to(request.auth, it)],
            "mine": own.status if own else None,
            "counts": {name: counts[name] for name in names} if counts else None,
            "decisions": [_decided(one) for one in it.decisions.all()] if reads else [],
            "minutes": it.minutes if reads else "",
        }
    )


MOVES = {"notice": actions.send_notice, "hold": actions.hold_meeting, "approve": actions.approve}


@router.post("/{int:id}/moves/{move}", response=MeetingOut, summary="Take a meeting one step on")
def make_move(
    request: SignedIn, id: int, move: Literal["notice", "hold", "approve"]
) -> HttpResponse:
    """Announce, hold or approve; a move that is not open is refused with its reason."""
    done = MOVES[move](meeting=_meeting(request, id), by=request.auth, at=now())
    return reply(_told(done))


def _meeting(request: SignedIn, id: int) -> Meeting:
    rows = Meeting.objects.visible_to(request.auth).select_related("unit", "rule")
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotFound(_("没有找到这次会议，或您看不到它。"))
    return found


def _unit(request: SignedIn, pk: int) -> Org:
    found = queries.units_read_by(request.auth).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这个党组织，或您不负责它的组织生活。"), field="unit")
    return found


def _told(it: Meeting) -> dict[str, Any]:
    return {
        "id": it.pk,
        "kind": it.kind,
        "kind_name": Kind(it.kind).label,
        "title": it.title,
        "unit": {"id": it.unit_id, "name": it.unit.name},
        "starts_at": it.starts_at,
        "ends_at": it.ends_at,
        "venue": it.venue,
        "venue_kind": it.venue_kind,
        "chair": it.chair,
        "state": it.state,
        "rule": it.rule.norm if it.rule else "",
    }


def _decided(one) -> dict[str, Any]:
    return {name: getattr(one, name) for name in DecisionOut.model_fields}
