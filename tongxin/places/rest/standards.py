"""What a centre is held to: signs, papers on the wall, the scoring of its three phases."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.photos.models import Photo
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Centre, CentrePaper, PhaseItem, PhaseScore, Sign, SignStandard
from .centres import STRICT, Cursor, Id, Limit

router = Router(tags=["places"])
Phase = Literal["build", "manage", "use"]


class SignStandardOut(Schema):
    code: str
    version: int
    name: str
    text: str
    kinds: str
    is_required: bool
    source: str
    is_sample: bool


class CentreSignOut(Schema):
    id: int
    centre: int
    standard: str
    name: str
    photo: UUID
    hung_on: date
    verdict: str
    note: str
    removed_on: date | None


class CentreSignIn(BaseModel):
    model_config = STRICT

    standard: str = Field(max_length=30, description="code of a standard in force")
    photo: UUID = Field(description="uploaded before, taken after it was hung")
    on: date


class CentreSignVerbIn(BaseModel):
    model_config = STRICT

    verb: Literal["right", "wrong", "down"]
    note: str = Field("", max_length=100, description="what is wrong; needed with `wrong`")
    on: date | None = Field(None, description="the day it was taken down; today if left out")


class PhaseItemOut(Schema):
    id: int
    code: str
    phase: str
    text: str
    points: int
    source: str
    is_sample: bool


class PhaseAnswerOut(Schema):
    item: int
    text: str
    points: int
    out_of: int
    why: str


class PhaseScoreOut(Schema):
    id: int
    phase: str
    on: date
    points: int
    out_of: int
    note: str
    by: str
    answers: list[PhaseAnswerOut]


class PhaseAnswerIn(BaseModel):
    model_config = STRICT

    item: Id
    points: int = Field(ge=0, le=1000)
    why: str = Field("", max_length=100, description="needed with fewer points than the line has")


class PhaseScoreIn(BaseModel):
    model_config = STRICT

    phase: Phase
    answers: list[PhaseAnswerIn] = Field(max_length=100)
    note: str = Field("", max_length=200)


class CentrePaperWhole(Schema):
    id: int
    centre: int | None
    region: str
    kind: str
    title: str
    version: int
    text: str
    effective_from: date
    effective_to: date | None
    is_published: bool


class CentrePaperPage(Schema):
    items: list[CentrePaperWhole]
    next: str | None


class CentrePaperIn(BaseModel):
    model_config = STRICT

    centre: Id | None = None
    region: str = Field("", max_length=12, description="for all centres of some land, by officers")
    kind: Literal["manual", "rules", "notice"]
    title: str = Field(max_length=60)
    text: str = Field(max_length=20_000)
    effective_from: date


def _worked(request: SignedIn, id: int) -> Centre:
    """Return a centre on the land of the caller's posts."""
    rows = Centre.objects.visible_to(request.auth).select_related("region")
    return get_object_or_404(rows, pk=id)


def sign_out(one: Sign) -> dict[str, Any]:
    names = ("hung_on", "verdict", "note", "removed_on")
    return {
        "id": one.pk, "centre": one.centre_id, "standard": one.standard.code,
        "name": one.standard.name, "photo": one.photo_id,
    } | {name: getattr(one, name) for name in names}  # fmt: skip


@router.get(
    "/sign-standards", response=list[SignStandardOut], summary="What signs have to look like"
)
def list_sign_standards(request: SignedIn) -> HttpResponse:
    """Those in force today."""
    names = ("code", "version", "name", "text", "kinds", "is_required", "source", "is_sample")
    rows = SignStandard.objects.public().on(localdate())
    return reply([{name: getattr(one, name) for name in names} for one in rows])


@router.get("/centres/{id}/signs", response=list[CentreSignOut], summary="The signs of a centre")
def list_signs(request: SignedIn, id: int) -> HttpResponse:
    """With what was found of each; those taken down too."""
    centre = _worked(request, id)
    rows = Sign.objects.visible_to(request.auth).filter(centre=centre).select_related("standard")
    return reply([sign_out(one) for one in rows.order_by("standard__code", "pk")[:200]])


@router.post(
    "/centres/{id}/signs", response={201: CentreSignOut}, summary="Register a sign by its photo"
)
def hang_sign(request: SignedIn, id: int, given: CentreSignIn) -> HttpResponse:
    """Somebody else holds it against the standard. One that hangs already is refused."""
    centre = _worked(request, id)
    standard = SignStandard.objects.public().on(localdate()).filter(code=given.standard).last()
    if standard is None:
        raise actions.BadSign(_("没有这项标识规范。"), field="standard")
    photo = Photo.objects.visible_to(request.auth).filter(pk=given.photo).first()
    if photo is None:
        raise actions.BadSign(_("没有找到照片，请先上传。"), field="photo")
    with photo.file.open("rb") as file:
        data = file.read()
    made = actions.hang_sign(
        centre=centre, standard=standard, photo=data, on=given.on, by=request.auth, at=now()
    )
    return reply(sign_out(made), 201)


@router.post("/signs/{id}", response=CentreSignOut, summary="Judge a sign, or take it down")
def move_sign(request: SignedIn, id: int, given: CentreSignVerbIn) -> HttpResponse:
    """`right` or `wrong` by an officer or inspector who did not hang it; `down` by who keeps the register."""
    rows = Sign.objects.visible_to(request.auth).select_related("centre__region", "standard")
    one, by, at = get_object_or_404(rows, pk=id), request.auth, now()
    if given.verb == "down":
        actions.take_down_sign(one, on=given.on or localdate(at), by=by, at=at)
    else:
        actions.judge_sign(one, right=given.verb == "right", note=given.note, by=by, at=at)
    return reply(sign_out(get_object_or_404(rows, pk=id)))


@router.get("/phase-items", response=list[PhaseItemOut], summary="The checklist of a phase")
def list_phase_items(request: SignedIn, phase: Phase) -> HttpResponse:
    """建好, 管好 or 用好: the lines in force today with their points."""
    names = ("code", "phase", "text", "points", "source", "is_sample")
    rows: list[PhaseItem] = queries.items_on(phase, localdate())
    return reply([{"id": one.pk} | {name: getattr(one, name) for name in names} for one in rows])


def _score(one: PhaseScore) -> dict[str, Any]:
    names = ("phase", "on", "points", "out_of", "note")
    answers = [
        {"item": a.item_id, "text": a.item.text, "points": a.points, "out_of": a.item.points, "why": a.why}
        for a in one.answers.all()
    ]  # fmt: skip
    words = {name: getattr(one, name) for name in names}
    return {"id": one.pk, "by": one.by.name, "answers": answers} | words


@router.get(
    "/centres/{id}/scores", response=list[PhaseScoreOut], summary="How a centre was scored, and why"
)
def list_scores(request: SignedIn, id: int, phase: Phase | None = None) -> HttpResponse:
    """Newest first, line by line; for who works on its land."""
    rows = _worked(request, id).scores.select_related("by").prefetch_related("answers__item")
    rows = rows.filter(phase=phase) if phase else rows
    return reply([_score(one) for one in rows[:50]])


@router.post(
    "/centres/{id}/scores", response={201: PhaseScoreOut}, summary="Score a phase by its checklist"
)
def score_phase(request: SignedIn, id: int, given: PhaseScoreIn) -> HttpResponse:
    """By an officer or inspector; a line left out, or fewer points without why, is refused."""
    centre = _worked(request, id)
    made = actions.score_phase(
        centre=centre, phase=given.phase, note=given.note, by=request.auth, at=now(),
        given={one.item: (one.points, one.why) for one in given.answers},
    )  # fmt: skip
    told = centre.scores.select_related("by").prefetch_related("answers__item").get(pk=made.pk)
    return reply(_score(told), 201)


def paper_out(one: CentrePaper) -> dict[str, Any]:
    names = ("kind", "title", "version", "text", "effective_from", "effective_to")
    return {
        "id": one.pk, "centre": one.centre_id, "region": one.region.code,
        "is_published": one.published_at is not None,
    } | {name: getattr(one, name) for name in names}  # fmt: skip


@router.get("/papers", response=CentrePaperPage, summary="Manuals, rules and notices")
def list_papers(
    request: SignedIn, centre: Annotated[int, Query(ge=0, lt=2**63)] = 0, cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """What is published, and the drafts of the caller's land; of one centre, or those of whole areas."""
    rows = CentrePaper.objects.visible_to(request.auth).filter(centre=centre or None)
    return reply(listed(rows.select_related("region"), cursor, limit, paper_out))


@router.post(
    "/papers", response={201: CentrePaperWhole}, summary="Draft a manual, rules or a notice"
)
def draft_paper(request: SignedIn, given: CentrePaperIn) -> HttpResponse:
    """The next version of the same title; it hangs nowhere before it is published."""
    words = given.model_dump(exclude={"centre", "region"})
    centre = _worked(request, given.centre) if given.centre else None
    region = region_of(get_land(given.region)) if given.region and centre is None else None
    made = actions.draft_paper(centre=centre, region=region, by=request.auth, at=now(), **words)
    return reply(paper_out(made), 201)


@router.post("/papers/{id}/publish", response=CentrePaperWhole, summary="Publish a version")
def publish_paper(request: SignedIn, id: int) -> HttpResponse:
    """The version before ends on the day this one begins; a published one does not change."""
    rows = CentrePaper.objects.visible_to(request.auth).select_related("region")
    made = actions.publish_paper(get_object_or_404(rows, pk=id), by=request.auth, at=now())
    return reply(paper_out(made))
