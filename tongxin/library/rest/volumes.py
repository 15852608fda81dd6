"""Volumes: put together, issued."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from ninja import Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions
from ..models import Exemplar, Volume
from .shapes import STRICT, Cursor, Id, Limit, one_of, org_of, told

router = Router(tags=["library"])
NAMES = "id title subtitle foreword year state issued_on collected"


class VolumeOut(Schema):
    id: int
    org: str
    title: str
    subtitle: str
    foreword: str
    year: int
    state: str
    issued_on: date | None
    collected: int


class VolumeOutPage(Schema):
    items: list[VolumeOut]
    next: str | None


class VolumePartOut(Schema):
    id: int
    title: str
    exemplars: list[int]


class VolumeDetailOut(VolumeOut):
    parts: list[VolumePartOut]
    docx: str
    pdf: str


class VolumeIn(BaseModel):
    model_config = STRICT

    org: Id
    title: str = Field(max_length=60)
    subtitle: str = Field("", max_length=80)
    foreword: str = Field("", max_length=4000)
    year: int = Field(ge=1949, le=2200)
    parts: list[str] = Field(default_factory=list, max_length=20)


class VolumeItemsIn(BaseModel):
    model_config = STRICT

    part: Id
    exemplars: list[Id] = Field(min_length=1, max_length=300)


def _shape(one: Volume) -> dict[str, Any]:
    return told(one, NAMES) | {"org": one.org.name}


def _detail(one: Volume) -> dict[str, Any]:
    parts = one.parts.prefetch_related("items")
    return _shape(one) | {
        "parts": [
            told(p, "id title") | {"exemplars": [i.exemplar_id for i in p.items.all()]}
            for p in parts
        ],
        "docx": reverse("library:book", args=[one.pk, "docx"]),
        "pdf": reverse("library:book", args=[one.pk, "pdf"]),
    }


def _seen(request: SignedIn, pk: int) -> Volume:
    return one_of(Volume.objects.visible_to(request.auth).select_related("org"), pk)


@router.get("/volumes", response=VolumeOutPage, summary="Volumes I may see")
def list_volumes(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Those of the caller's unit and of units under it, and what was issued."""
    rows = Volume.objects.visible_to(request.auth).select_related("org")
    return reply(listed(rows, cursor, limit, _shape))


@router.post("/volumes", response={201: VolumeDetailOut}, summary="Begin a volume")
def begin(request: SignedIn, body: VolumeIn, key: IdempotencyKey) -> HttpResponse:
    """By who writes for the unit, with its parts. A retry with a key begins it once."""
    given = body.model_dump()
    made = actions.begin_volume(
        org=org_of(given.pop("org")), by=request.auth, at=now(), key=key or "", **given
    )
    return reply(_detail(made), 201)


@router.get("/volumes/{int:id}", response=VolumeDetailOut, summary="One volume, part by part")
def get_volume(request: SignedIn, id: int) -> HttpResponse:
    """With the addresses of its files as DOCX and PDF."""
    return reply(_detail(_seen(request, id)))


@router.post(
    "/volumes/{int:id}/items", response=VolumeDetailOut, summary="Put exemplars into a part"
)
def bind(request: SignedIn, id: int, body: VolumeItemsIn) -> HttpResponse:
    """In the order given, each once in a volume; only what is published."""
    one = _seen(request, id)
    found = {
        e.pk: e for e in Exemplar.objects.visible_to(request.auth).filter(pk__in=body.exemplars)
    }
    rows = [
        found.get(pk) or one_of(Exemplar.objects.visible_to(request.auth), pk)
        for pk in body.exemplars
    ]
    actions.bind(
        one, part=one_of(one.parts.all(), body.part), exemplars=rows, by=request.auth, at=now()
    )
    return reply(_detail(one))


@router.post("/volumes/{int:id}/issue", response=VolumeDetailOut, summary="Issue a volume")
def issue(request: SignedIn, id: int) -> HttpResponse:
    """Both files are made and kept as they are."""
    return reply(_detail(actions.issue_volume(_seen(request, id), by=request.auth, at=now())))
