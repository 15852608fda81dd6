"""Files of development: for who keeps the registers, and oneself."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Admission
from .shapes import AffairUnit, Cursor, Limit, found, unit_ref

router = Router()
Count = Annotated[int, Field(ge=0, le=100_000)]


class FileBrief(Schema):
    id: int
    unit: AffairUnit
    name: str
    state: str
    stage: str
    version: str = Field(description="the table of steps in force on the day of application")
    applied_on: date
    next_code: str
    next_no: int
    due_on: date | None


class FilePage(Schema):
    items: list[FileBrief]
    next: str | None


class StepOut(Schema):
    no: int
    code: str
    stage: str
    title: str
    clause: str
    evidence: str
    by_above: bool
    state: str = Field(description="done, now or todo")
    done_on: date | None
    earliest: date | None
    latest: date | None
    why: str = Field(description="the arithmetic of the days")
    papers: int


class FileOut(FileBrief):
    steps: list[StepOut]


class AdmissionPaperIn(BaseModel):
    name: str = Field(max_length=80)
    data: str = Field(max_length=20 * 1024 * 1024, description="base64 of a picture or PDF")


class BallotIn(BaseModel):
    entitled: Count
    present: Count
    in_favour: Count
    written: Count = 0


class StepIn(BaseModel):
    """A step as it is handed in; `code` says which one the caller means."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=20)
    done_on: date
    started_on: date | None = None
    hours: int | None = Field(None, ge=0, le=500)
    ballot: BallotIn | None = None
    late_reason: str = Field("", max_length=300)
    note: str = Field("", max_length=500)
    papers: list[AdmissionPaperIn] = Field(default=[], max_length=6)


@router.get("/admissions", response=FilePage, summary="Files of development")
def list_admissions(
    request: SignedIn,
    state: str = Query("", description="open, done or ended; empty for all"),
    cursor: Cursor = 0,
    limit: Limit = 50,
) -> HttpResponse:
    """Of the units whose registers one keeps, and one's own."""
    rows = Admission.objects.visible_to(request.auth).select_related("unit", "membership__person")
    if state:
        rows = rows.filter(state=state)
    return reply(listed(rows, cursor, limit, _brief, oldest=True))


@router.get("/admissions/{int:id}", response=FileOut, summary="A file with all its steps")
def get_admission(request: SignedIn, id: int) -> HttpResponse:
    """Each step with its earliest and latest day, and the arithmetic."""
    return reply(_whole(_file(request, id)))


@router.post("/admissions/{int:id}/steps", response=FileOut, summary="Pass the next step")
def take_step(request: SignedIn, id: int, body: StepIn) -> HttpResponse:
    """With its evidence; a step that is not the next one is refused, so a retry acts once."""
    row = _file(request, id)
    ballot = actions.Ballot(**body.ballot.model_dump()) if body.ballot else None
    taken = actions.Taken(
        done_on=body.done_on,
        started_on=body.started_on,
        hours=body.hours,
        ballot=ballot,
        late_reason=body.late_reason,
        note=body.note,
        papers=[(paper.name, _decoded(paper)) for paper in body.papers],
    )
    actions.take_step(admission=row, code=body.code, taken=taken, at=now(), by=request.auth)
    return reply(_whole(_file(request, id)))


def _decoded(paper: AdmissionPaperIn) -> bytes:
    try:
        return base64.b64decode(paper.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid(_("文件“%s”不是 base64") % paper.name, field="papers") from error


def _file(request: SignedIn, id: int) -> Admission:
    rows = Admission.objects.visible_to(request.auth).select_related(
        "unit__region", "unit__parent", "membership__person"
    )
    return found(rows, id)


def _brief(row: Admission) -> dict[str, Any]:
    return {
        "id": row.pk,
        "unit": unit_ref(row.unit),
        "name": row.membership.person.name,
        "state": row.state,
        "stage": row.membership.stage,
        "version": row.version,
        "applied_on": row.applied_on,
        "next_code": row.next_code,
        "next_no": row.next_no,
        "due_on": row.due_on,
    }


def _whole(row: Admission) -> dict[str, Any]:
    return {**_brief(row), "steps": [_step(view) for view in queries.schedule(row)]}


def _step(view: Any) -> dict[str, Any]:
    names = ("no", "code", "stage", "title", "clause", "evidence", "by_above")
    return {
        **{name: getattr(view.rule, name) for name in names},
        "state": view.state,
        "done_on": view.done.done_on if view.done else None,
        "earliest": view.window.earliest,
        "latest": view.window.latest,
        "why": view.window.why,
        "papers": len(view.papers),
    }
