"""Approvals of any subject: its board, handing in, deciding, joint reviews, letters, three dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import ApprovalItem, Dossier, Letter
from .router import STRICT, Id, one_of, org_of, region_by, router

Verdicts = Literal["granted", "conditional", "refused"]


class ApprovalLineOut(Schema):
    id: int
    code: str
    name: str
    department: str
    days: int
    state: str
    needs: list[str] = Field(description="names of what it waits for")
    planned_on: date | None
    submitted_on: date | None
    decided_on: date | None
    starts: date
    ends: date
    is_critical: bool
    is_late: bool
    document: str
    conditions: str
    letter: int | None
    letter_until: date | None


class DossierOut(Schema):
    id: int
    kind: str
    subject: str
    label: str
    region: str
    starts_on: date
    begun_on: date | None
    built_on: date | None
    used_on: date | None
    ends_on: date | None = Field(description="when the last approval ends, as far as is known")
    norm_days: int
    lead_days: int
    items: list[ApprovalLineOut]


class DossierIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=30)
    subject: str = Field(max_length=60)
    label: str = Field(max_length=100)
    url: str = Field("", max_length=200)
    region: str = Field(max_length=12)
    keeper: Id
    owner: Id | None = None
    starts_on: date
    chain: str = Field("", max_length=20)
    begun: date | None = None
    built: date | None = None
    used: date | None = None


class ApprovalDayIn(BaseModel):
    model_config = STRICT

    on: date


class ApprovalDecisionIn(ApprovalDayIn):
    state: Verdicts
    document: str = Field("", max_length=60)
    conditions: str = Field("", max_length=300)


class ApprovalStateOut(Schema):
    id: int
    state: str
    submitted_on: date | None
    decided_on: date | None
    conditions: str


class AllianceLetterIn(BaseModel):
    model_config = STRICT

    number: str = Field(max_length=60)
    conditions: str = Field("", max_length=300)
    issued_on: date
    valid_until: date
    issuer: str = Field("", max_length=60)


class LetterRenewalIn(BaseModel):
    model_config = STRICT

    number: str = Field(max_length=60)
    issued_on: date
    valid_until: date
    conditions: str = Field("", max_length=300)


class AllianceLetterOut(Schema):
    id: int
    number: str
    issued_on: date
    valid_until: date
    replaced_on: date | None


class JointVerdictIn(BaseModel):
    model_config = STRICT

    item: Id
    state: Verdicts
    conditions: str = Field("", max_length=300)
    document: str = Field("", max_length=60)


class JointReviewIn(BaseModel):
    model_config = STRICT

    held_on: date
    place: str = Field(max_length=100)
    chair: str = Field(max_length=40)
    summary: str = Field("", max_length=2000)
    verdicts: list[JointVerdictIn] = Field(min_length=1, max_length=30)


class JointReviewOut(Schema):
    id: int
    verdicts: int


class DossierDateIn(ApprovalDayIn):
    which: Literal["begun", "built", "used"]


def _dossiers(request: SignedIn) -> Any:
    rows = Dossier.objects.visible_to(request.auth)
    return rows.select_related(
        "region", "chain", "keeper", "project__desk", "project__alliance__region"
    )


def _told(dossier: Dossier) -> dict[str, Any]:
    board = queries.board_of(dossier, today=localdate())
    names = ("id", "starts_on", "begun_on", "built_on", "used_on")
    told = {name: getattr(dossier, name) for name in names}
    return told | {
        "kind": dossier.source_kind, "subject": dossier.source_id, "label": dossier.source_label,
        "region": dossier.region.code, "ends_on": board.ends_on, "norm_days": board.norm_days,
        "lead_days": board.lead_days, "items": [_line(line) for line in board.lines],
    }  # fmt: skip


def _line(line: queries.Line) -> dict[str, Any]:
    item = line.item
    names = ("id", "code", "name", "days", "state", "planned_on", "submitted_on", "decided_on", "document", "conditions")  # fmt: skip
    return {name: getattr(item, name) for name in names} | {
        "department": item.department_name, "needs": line.needs, "starts": line.bar.start,
        "ends": line.bar.end, "is_critical": line.bar.is_critical, "is_late": line.is_late,
        "letter": line.letter.pk if line.letter else None,
        "letter_until": line.letter.valid_until if line.letter else None,
    }  # fmt: skip


@router.get("/approvals", response=DossierOut, summary="Approvals of a subject")
def get_approvals(
    request: SignedIn,
    kind: Annotated[str, Query(max_length=30, description="alliance_project, site_plan, …")],
    subject: Annotated[str, Query(max_length=60, description="its id")],
) -> HttpResponse:
    """With the critical path: `is_critical` of each."""
    rows = _dossiers(request).filter(source_kind=kind, source_id=subject)
    return reply(_told(one_of(rows, rows.values("pk")[:1])))


@router.post("/dossiers", response={201: DossierOut}, summary="Open the approvals of a subject")
def open_dossier(request: SignedIn, body: DossierIn) -> HttpResponse:
    """From the template of a code in force today, or empty. `dossier_there` if it has them."""
    made = actions.open_dossier(
        subject=(body.kind, body.subject, body.label, body.url), region=region_by(request, body.region),
        keeper=one_of(Org.objects.public(), body.keeper, "keeper"), owner=org_of(body.owner, "owner"),
        starts_on=body.starts_on, chain=queries.chain_in_force(body.chain, on=localdate()),
        planned=(body.begun, body.built, body.used), at=now(), by=request.auth,
    )  # fmt: skip
    return reply(_told(one_of(_dossiers(request), made.pk)), 201)


@router.get("/dossiers/{int:id}", response=DossierOut, summary="One dossier")
def get_dossier(request: SignedIn, id: int) -> HttpResponse:
    """The approvals with their bars."""
    return reply(_told(one_of(_dossiers(request), id)))


@router.post("/dossiers/{int:id}/reviews", response={201: JointReviewOut}, summary="Decide jointly")
def review(request: SignedIn, id: int, body: JointReviewIn, key: IdempotencyKey) -> HttpResponse:
    """Several approvals in one session, each with its own result; all or nothing."""
    dossier = one_of(_dossiers(request), id)
    rows = ApprovalItem.objects.visible_to(request.auth).filter(dossier=dossier)
    verdicts = [
        actions.Verdict(
            one_of(rows, said.item, "verdicts"), said.state, said.conditions, said.document
        )
        for said in body.verdicts
    ]
    made = actions.decide_jointly(
        dossier, held_on=body.held_on, place=body.place, chair=body.chair, summary=body.summary,
        verdicts=verdicts, key=key or "", at=now(), by=request.auth,
    )  # fmt: skip
    return reply({"id": made.pk, "verdicts": made.verdicts.count()}, 201)


@router.post("/dossiers/{int:id}/dates", response=DossierOut, summary="Begun, built or used")
def mark_date(request: SignedIn, id: int, body: DossierDateIn) -> HttpResponse:
    """`must_wait` without the permit or a valid letter at its gate."""
    one = one_of(_dossiers(request), id)
    actions.mark_date(one, which=body.which, on=body.on, at=now(), by=request.auth)
    return reply(_told(one_of(_dossiers(request), id)))


def _item(request: SignedIn, pk: int) -> ApprovalItem:
    rows = ApprovalItem.objects.visible_to(request.auth)
    return one_of(rows.select_related("dossier"), pk)


def _state(item: ApprovalItem) -> dict[str, Any]:
    names = ("id", "state", "submitted_on", "decided_on", "conditions")
    return {name: getattr(item, name) for name in names}


@router.post("/approvals/{int:id}/submit", response=ApprovalStateOut, summary="Hand an approval in")
def submit(request: SignedIn, id: int, body: ApprovalDayIn) -> HttpResponse:
    """`must_wait` until all it rests on is there, by a permit or a letter valid on that day."""
    done = actions.submit_approval(_item(request, id), on=body.on, at=now(), by=request.auth)
    return reply(_state(done))


@router.post("/approvals/{int:id}/decide", response=ApprovalStateOut, summary="Decide an approval")
def decide(request: SignedIn, id: int, body: ApprovalDecisionIn) -> HttpResponse:
    """By its department or the desk; the permit replaces the letter that stood for it."""
    item = _item(request, id)
    return reply(
        _state(actions.decide_approval(item, at=now(), by=request.auth, **body.model_dump()))
    )


def _letter(one: Letter) -> dict[str, Any]:
    names = ("id", "number", "issued_on", "valid_until", "replaced_on")
    return {name: getattr(one, name) for name in names}


@router.post(
    "/approvals/{int:id}/letters", response={201: AllianceLetterOut}, summary="A letter instead"
)
def issue_letter(request: SignedIn, id: int, body: AllianceLetterIn) -> HttpResponse:
    """It stands until a day; one at a time (`letter_stands`)."""
    item = _item(request, id)
    made = actions.issue_letter(item, at=now(), by=request.auth, **body.model_dump())
    return reply(_letter(made), 201)


@router.post("/letters/{int:id}/renew", response={201: AllianceLetterOut}, summary="Renew a letter")
def renew_letter(request: SignedIn, id: int, body: LetterRenewalIn) -> HttpResponse:
    """`letter_expired` once it has run out."""
    one = one_of(Letter.objects.visible_to(request.auth).select_related("item__dossier"), id)
    made = actions.renew_letter(one, at=now(), by=request.auth, **body.model_dump())
    return reply(_letter(made), 201)
