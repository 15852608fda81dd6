"""Terms, elections, and what the unit above decides."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..ballots import checks_of, outcome_of
from ..models import Asking, Election, Term
from .shapes import AffairUnit, Cursor, Limit, found, unit_ref

router = Router()


class Finding(Schema):
    unit: AffairUnit
    kind: str = Field(description="term, election, admission, dues or disclosure")
    sentence: str
    due: date | None
    late: bool
    url: str = Field(description="the page that mends it")


class AffairFindings(Schema):
    items: list[Finding]


class TermOut(Schema):
    id: int
    unit: AffairUnit
    number: int
    seats: int
    from_date: date
    to_date: date
    extended_to: date | None
    due_on: date
    rule: str = Field(description="version of the rule that set the years")


class TermPage(Schema):
    items: list[TermOut]
    next: str | None


class AskingOut(Schema):
    id: int
    unit: AffairUnit
    kind: str
    reason: str
    months: int | None
    asked_by: str
    asked_at: datetime
    verdict: str = Field(description="empty while it lies undecided")
    decision: str


class AskingPage(Schema):
    items: list[AskingOut]
    next: str | None


class CheckOut(Schema):
    field: str
    ok: bool
    why: str


class VoteOut(Schema):
    candidate: str
    in_favour: int
    against: int
    abstained: int
    is_elected: bool


class RoundOut(Schema):
    number: int
    office: str
    held_on: date
    entitled: int
    present: int
    issued: int
    returned: int
    valid: int
    checks: list[CheckOut]
    why: str = Field(description="how the result follows from the votes")
    votes: list[VoteOut]


class ElectionBrief(Schema):
    id: int
    unit: AffairUnit
    step: str
    label: str
    seats: int
    decided_on: date
    held_on: date | None


class ElectionPage(Schema):
    items: list[ElectionBrief]
    next: str | None


class ElectionOut(ElectionBrief):
    rounds: list[RoundOut]


class Decision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agree: bool
    decision: str = Field("", max_length=500)
    number: str = Field("", max_length=60)


@router.get("/findings", response=AffairFindings, summary="What is due or late in the units I keep")
def list_findings(request: SignedIn) -> HttpResponse:
    """Each with a sentence and the page that mends it, the most urgent first."""
    units = queries.kept_units(request.auth)
    rows = queries.affairs_check(units, localdate()) if units else []
    return reply({"items": [{**row, "unit": unit_ref(row["unit"])} for row in rows]})


@router.get("/terms", response=TermPage, summary="Running terms")
def list_terms(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """The running term of each unit whose registers one reads."""
    rows = Term.objects.visible_to(request.auth).filter(ended_on__isnull=True)
    return reply(listed(rows.select_related("unit"), cursor, limit, _term, oldest=True))


@router.get("/elections", response=ElectionPage, summary="Elections")
def list_elections(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """Elections of the units one reads, in the order in which they were begun."""
    rows = Election.objects.visible_to(request.auth).select_related("unit")
    return reply(listed(rows, cursor, limit, _election, oldest=True))


@router.get("/elections/{int:id}", response=ElectionOut, summary="An election with its counts")
def get_election(request: SignedIn, id: int) -> HttpResponse:
    """Every round with its sums, each sum with its sentence."""
    rows = Election.objects.visible_to(request.auth).select_related("unit")
    row = found(rows, id)
    names = {one.pk: one.person.name for one in row.candidates.select_related("person")}
    rounds = row.rounds.prefetch_related("votes__candidate__person").order_by("number")
    rule = actions.rule_of(row)
    return reply({**_election(row), "rounds": [_round(one, rule, names) for one in rounds]})


@router.get("/askings", response=AskingPage, summary="What units asked of the unit above")
def list_askings(request: SignedIn, cursor: Cursor = 0, limit: Limit = 50) -> HttpResponse:
    """Of the units one reads; `verdict` is empty while it lies undecided."""
    rows = Asking.objects.visible_to(request.auth).select_related("unit", "asked_by")
    return reply(listed(rows, cursor, limit, _asking, oldest=True))


@router.post("/askings/{int:id}/decide", response=AskingOut, summary="Decide what a unit asked")
def decide_asking(request: SignedIn, id: int, body: Decision) -> HttpResponse:
    """For who keeps registers above the unit, and did not ask; decided once."""
    rows = Asking.objects.visible_to(request.auth).select_related("unit", "asked_by")
    row = found(rows, id)
    done = actions.decide(
        asking=row, agree=body.agree, decision=body.decision, number=body.number, at=now(),
        by=request.auth,
    )  # fmt: skip
    return reply(_asking(done))


def _term(row: Term) -> dict[str, Any]:
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        "number": row.number,
        "seats": row.seats,
        "from_date": row.from_date,
        "to_date": row.to_date,
        "extended_to": row.extended_to,
        "due_on": row.due_on,
        "rule": row.rule,
    }


def _election(row: Election) -> dict[str, Any]:
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        "step": row.step,
        "label": row.get_step_display(),
        "seats": row.seats,
        "decided_on": row.decided_on,
        "held_on": row.held_on,
    }


def _round(row: Any, rule: Any, names: dict[int, str]) -> dict[str, Any]:
    count = queries.counted(row)
    numbers = ("number", "office", "held_on", "entitled", "present", "issued", "returned", "valid")
    return {
        **{name: getattr(row, name) for name in numbers},
        "checks": [
            {"field": c.field, "ok": c.ok, "why": c.why} for c in checks_of(count, rule, names)
        ],
        "why": outcome_of(count).why,
        "votes": [
            {
                "candidate": names[vote.candidate_id],
                "in_favour": vote.in_favour,
                "against": vote.against,
                "abstained": vote.abstained,
                "is_elected": vote.is_elected,
            }
            for vote in row.votes.all()
        ],
    }


def _asking(row: Asking) -> dict[str, Any]:
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        "kind": row.kind,
        "reason": row.reason,
        "months": row.months,
        "asked_by": str(row.asked_by),
        "asked_at": row.asked_at,
        "verdict": row.verdict,
        "decision": row.decision,
    }
