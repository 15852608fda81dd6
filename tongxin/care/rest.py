"""Care for programs: files masked until opened with a reason, visits, aid, errands, stays, figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import world
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import Aid, CareFile, CareVisit, Errand, Fund, Stay
from .queries import figures as sums
from .queries import lists
from .scope import figure_paths

router = Router(tags=["care"])
STRICT = ConfigDict(extra="forbid")
Cursor = Annotated[str, Query(max_length=60, description="`next` of the page before")]
Text = Annotated[str, Field(max_length=500)]


class CareFileBrief(Schema):
    id: UUID
    number: str
    name: str = Field(description="masked: 蔺*花")
    kind: str
    grid: str
    building: str
    next_due_on: date | None
    is_overdue: bool
    expires_on: date
    is_open_today: bool = Field(description="the caller has given a reason today")


class CareFilePage(Schema):
    items: list[CareFileBrief]
    next: str | None


class CareVisitOut(Schema):
    id: int
    on: date
    how: str
    by: str
    condition: str
    wishes: str
    promised: str
    promise_due_on: date | None
    promise_kept: bool


class CareAidOut(Schema):
    id: int
    on: date
    kind: str
    what: str
    fen: int
    source: str
    corrects: int | None


class CareFileOut(CareFileBrief):
    contents: dict[str, str] = Field(description="everything sealed; empty until opened today")
    purpose: str
    basis: str
    visits: list[CareVisitOut]
    aids: list[CareAidOut]


class ReasonIn(BaseModel):
    model_config = STRICT

    reason: str = Field(min_length=4, max_length=300)


class CareVisitIn(BaseModel):
    model_config = STRICT

    how: Literal["home", "phone", "absent"]
    on: date
    condition: Text = ""
    wishes: Annotated[str, Field(max_length=300)] = ""
    promised: Annotated[str, Field(max_length=300)] = ""
    promise_due_on: date | None = None


class CareAidIn(BaseModel):
    model_config = STRICT

    kind: Literal["goods", "service"] = Field(description="money needs a photo: on the page")
    what: str = Field(min_length=1, max_length=120)
    fen: int = Field(0, ge=0, le=100_000_000)
    on: date
    fund: int | None = None


class ErrandOut(Schema):
    id: UUID
    number: str
    title: str
    state: str
    mode: str
    given_fen: int
    spent_fen: int | None
    difference_fen: int
    ceiling_fen: int
    receipts: int
    marks: list[str]
    finished_at: datetime | None
    settled_at: datetime | None


class ErrandPage(Schema):
    items: list[ErrandOut]
    next: str | None


class CareTextIn(BaseModel):
    model_config = STRICT

    text: str = Field(min_length=1, max_length=300)


class StayOut(Schema):
    id: UUID
    name: str = Field(description="masked")
    grid: str
    building: str
    why: str
    since: date
    until: date
    state: str


class StayPage(Schema):
    items: list[StayOut]
    next: str | None


class CareFigureOut(Schema):
    region: str
    name: str
    counts: dict[str, int | None] = Field(description="by kind; null: too few to be told")
    total: int | None


class CareFiguresOut(Schema):
    region: str
    year: int
    least: int = Field(description="smaller numbers are hidden")
    parts: list[CareFigureOut]
    whole: CareFigureOut
    aid_fen: int | None = Field(description="null: so few were helped that it would tell one")
    aid_households: int | None
    wishes: int


def _file(request: SignedIn, pk: UUID) -> CareFile:
    rows = CareFile.objects.visible_to(request.auth)
    found = rows.select_related("grid", "impact", "community").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这份档案，或您看不到它。"))
    return found


def _brief(line: queries.files.Line, *, is_open: bool) -> dict[str, Any]:
    file = line.file
    return {
        "id": file.pk, "number": file.number, "name": line.name, "kind": file.kind,
        "grid": file.grid.code, "building": file.building, "next_due_on": file.next_due_on,
        "is_overdue": line.is_overdue, "expires_on": file.expires_on, "is_open_today": is_open,
    }  # fmt: skip


def _visit(visit: CareVisit) -> dict[str, Any]:
    told = queries.contents_of_visit(visit)
    return {
        "id": visit.pk, "on": visit.on, "how": visit.how, "by": visit.by.name,
        "condition": told.condition, "wishes": told.wishes, "promised": told.promised,
        "promise_due_on": visit.promise_due_on, "promise_kept": visit.promise_kept_at is not None,
    }  # fmt: skip


def _aid(aid: Aid) -> dict[str, Any]:
    source = aid.fund.name if aid.fund else aid.org.name if aid.org else ""
    return {
        "id": aid.pk, "on": aid.on, "kind": aid.kind, "what": aid.what, "fen": aid.fen,
        "source": source, "corrects": aid.corrects_id,
    }  # fmt: skip


@router.get("/files", response=CareFilePage, summary="Files the caller reads by need, masked")
def list_files(
    request: SignedIn,
    view: Literal["all", "late", "ending", "closed"] = "all",
    kind: Annotated[str, Query(max_length=16)] = "",
    cursor: Cursor = "",
) -> HttpResponse:
    """Of their grid, their community (as its care officer), or cared for by them; nobody else."""
    today = localdate()
    rows, following = lists.files_page(
        request.auth, view=view, kind=kind, name="", cursor=cursor, on=today
    )
    seen = lists.opened_of(request.auth, [line.file for line in rows], today)
    items = [_brief(line, is_open=line.file.pk in seen) for line in rows]
    return reply({"items": items, "next": following or None})


@router.get("/files/{uuid:pk}", response=CareFileOut, summary="One file")
def get_file(request: SignedIn, pk: UUID) -> HttpResponse:
    """What is sealed is told only after `POST /care/files/{id}/open` of the same day."""
    file, today = _file(request, pk), localdate()
    is_open = queries.looked(request.auth, file, today) is not None
    visits = [_visit(one.visit) for one in queries.visits_of(file)] if is_open else []
    told = {
        "contents": queries.contents_of(file) if is_open else {}, "purpose": file.impact.purpose,
        "basis": file.basis, "visits": visits,
        "aids": [_aid(one) for one in lists.aids_of(file)] if is_open else [],
    }  # fmt: skip
    return reply(_brief(queries.masked_line(file, today), is_open=is_open) | told)


@router.post("/files/{uuid:pk}/open", response=CareFileOut, summary="Open a file for the day")
def open_file(
    request: SignedIn, pk: UUID, payload: ReasonIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Say why; it is written down, and the person reads it in their own sheet."""
    actions.look(
        file=_file(request, pk), reason=payload.reason, by=request.auth, at=now(),
        address=address_of(request),
    )  # fmt: skip
    return get_file(request, pk)


@router.post("/files/{uuid:pk}/visits", response={201: CareVisitOut}, summary="Write down a visit")
def post_visit(
    request: SignedIn, pk: UUID, payload: CareVisitIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Somebody not met (`absent`) stays due."""
    made = actions.record_visit(
        file=_file(request, pk), by=request.auth, at=now(), key=idempotency_key or "",
        **payload.model_dump(),
    )  # fmt: skip
    return reply(_visit(made), 201)


@router.post("/files/{uuid:pk}/aid", response={201: CareAidOut}, summary="Write down help given")
def post_aid(
    request: SignedIn, pk: UUID, payload: CareAidIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Out of a fund with a balance; a mistake is set right by a line against it, on the page."""
    told = payload.model_dump()
    fund = None
    if told["fund"] is not None:
        fund = Fund.objects.visible_to(request.auth).filter(pk=told["fund"]).first()
        if fund is None:
            raise NotFound(_("没有找到这笔资金，或您看不到它。"))
    made = actions.give_aid(
        file=_file(request, pk), by=request.auth, at=now(), key=idempotency_key or "",
        **told | {"fund": fund},
    )  # fmt: skip
    return reply(_aid(made), 201)


def _errand(errand: Errand) -> dict[str, Any]:
    names = (
        *("state", "mode", "given_fen", "spent_fen", "difference_fen", "ceiling_fen", "receipts"),
        *("marks", "finished_at", "settled_at"),
    )
    told = {name: getattr(errand, name) for name in names}
    return {"id": errand.pk, "number": errand.case.number, "title": errand.case.title, **told}


def _own_errand(request: SignedIn, pk: UUID) -> Errand:
    found = Errand.objects.visible_to(request.auth).select_related("case").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这笔代买，或您看不到它。"))
    return found


@router.get("/errands", response=ErrandPage, summary="The money of errands")
def list_errands(request: SignedIn, cursor: Cursor = "") -> HttpResponse:
    """One's own as volunteer or resident, and those of the land one answers for."""
    rows, following = lists.errands_page(Errand.objects.visible_to(request.auth), cursor)
    return reply({"items": [_errand(one) for one in rows], "next": following or None})


@router.post("/errands/{uuid:pk}/confirm", response=ErrandOut, summary="Agree to the money")
def confirm_errand(
    request: SignedIn, pk: UUID, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Only who asked for it; once; not without a receipt or above the ceiling."""
    done = actions.confirm_errand(errand=_own_errand(request, pk), by=request.auth, at=now())
    return reply(_errand(done))


@router.post("/errands/{uuid:pk}/dispute", response=ErrandOut, summary="Say the money is wrong")
def dispute_errand(
    request: SignedIn, pk: UUID, payload: CareTextIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """A follow-up case is opened for the community."""
    done = actions.dispute_errand(
        errand=_own_errand(request, pk), text=payload.text, by=request.auth, at=now()
    )
    return reply(_errand(done))


@router.get("/stays", response=StayPage, summary="People here for a time, masked")
def list_stays(
    request: SignedIn,
    state: Literal["", "asked", "confirmed", "refused", "ended"] = "",
    cursor: Cursor = "",
) -> HttpResponse:
    """Of the caller's grid or community; those that stand unless a state is named."""
    rows, following = lists.stays_page(request.auth, state=state, cursor=cursor, on=localdate())
    items = [
        {"id": one.stay.pk, "name": one.name, "grid": one.stay.grid.code, **_stay(one.stay)}
        for one in rows
    ]
    return reply({"items": items, "next": following or None})


def _stay(stay: Stay) -> dict[str, Any]:
    return {name: getattr(stay, name) for name in ("building", "why", "since", "until", "state")}


@router.get("/figures", response=CareFiguresOut, summary="Figures without names")
def get_figures(
    request: SignedIn, region: Annotated[str, Query(max_length=18)] = ""
) -> HttpResponse:
    """Of a region the caller oversees; small numbers are hidden, and what would tell them."""
    today, lands, paths = localdate(), world(), figure_paths(request.auth)
    land = lands.by_code.get(region) if region else lands.by_path.get(paths[0] if paths else "")
    if land is None or not any(land.path.startswith(own) for own in paths):
        raise NotFound(_("没有找到这个区域，或您看不到它的数字。"))
    codes = list(queries.kinds(today))
    rows, whole = sums.grid_figures(land.path, codes, today)
    year = date(today.year, 1, 1)
    aid = sums.aid_sums(land.path, year, today)
    least = queries.number("small_cell", today, land.path)
    is_few = aid.tells_one(least)

    def told(row: sums.Row) -> dict[str, Any]:
        counts = dict(zip(codes, row.cells, strict=True))
        name = row.land.short_name
        return {"region": row.land.code, "name": name, "counts": counts, "total": row.total}

    return reply(
        {
            "region": land.code,
            "year": today.year,
            "least": least,
            "parts": [told(row) for row in rows],
            "whole": told(whole),
            "aid_fen": None if is_few else aid.fen,
            "aid_households": None if is_few else aid.households,
            "wishes": sums.wish_count(land.path, year, today),
        }  # fmt: skip
    )
