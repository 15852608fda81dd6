"""Exemplars: listed, written, and their way."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import moves_open_to
from tongxin.kit.errors import Invalid
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Exemplar
from .shapes import STRICT, Cursor, Id, Limit, one_of, org_of, told

router = Router(tags=["library"])
NAMES = (
    "id title summary authors tags year state version source_kind source_id source_label source_url"
)
Move = Literal["submit", "comment", "review", "send_back", "sign", "publish", "withdraw", "reopen"]


class ExemplarKindOut(Schema):
    code: str
    name: str
    sections: list[dict[str, str]]
    is_sample: bool


class ExemplarOut(Schema):
    id: int
    kind: str
    org: str
    title: str
    summary: str
    authors: str
    tags: list[str]
    year: int
    state: str
    version: int
    published_at: datetime | None
    source_kind: str
    source_id: str
    source_label: str
    source_url: str


class ExemplarOutPage(Schema):
    items: list[ExemplarOut]
    next: str | None


class ExemplarDetailOut(ExemplarOut):
    texts: dict[str, str]
    desk: str
    moves: list[str]
    reads: int


class ExemplarIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=12, description="code of a kind")
    org: Id
    desk: Id = Field(description="the unit that checks and signs it")
    title: str = Field(max_length=80)
    texts: dict[str, str] = Field(default_factory=dict, description="{code of a section: words}")
    summary: str = Field("", max_length=300)
    authors: str = Field("", max_length=100)
    tags: list[str] = Field(default_factory=list, max_length=8)
    source: list[str] = Field(
        default_factory=list,
        max_length=4,
        description="kind, id, label and path of what it tells of",
    )


class ExemplarChangeIn(BaseModel):
    model_config = STRICT

    title: str = Field(max_length=80)
    texts: dict[str, str]
    summary: str = Field("", max_length=300)
    authors: str = Field("", max_length=100)
    tags: list[str] = Field(default_factory=list, max_length=8)


class ExemplarMoveIn(BaseModel):
    model_config = STRICT

    note: str = Field("", max_length=500)
    section: str = Field("", max_length=12, description="of a comment")
    consent: str = Field("", max_length=500, description="why private data may stand, to publish")


def shape(one: Exemplar) -> dict[str, Any]:
    return told(one, NAMES) | {
        "kind": one.kind.code, "org": one.org.name, "published_at": one.published_at,
    }  # fmt: skip


def _rows(actor: Any) -> Any:
    related = ("kind", "org__region", "desk", "case")
    return Exemplar.objects.visible_to(actor).select_related(*related)


def _detail(actor: Any, one: Exemplar) -> dict[str, Any]:
    parts = queries.parts_in(actor, one)
    moves = [move.name for move in moves_open_to(actor, one.case, parts=parts)] if parts else []
    reads = queries.reads_of("exemplar", [one.pk]).get(one.pk, 0)
    return shape(one) | {"texts": one.texts, "desk": one.desk.name, "moves": moves, "reads": reads}


@router.get(
    "/kinds", response=list[ExemplarKindOut], summary="Kinds of exemplars with their sections"
)
def list_kinds(request: SignedIn) -> HttpResponse:
    """In their order, each section with its code and what is to be written there."""
    return reply([told(one, "code name sections is_sample") for one in queries.kinds()])


@router.get(
    "/published", response=ExemplarOutPage, auth=None, summary="What the library has published"
)
def list_published(
    request: HttpRequest, q: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(max_length=12)] = "", cursor: Cursor = "", limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """For everybody, newest first."""
    rows = queries.search(Exemplar.objects.public(), text=q, kind=kind)
    return reply(listed(rows, cursor, limit, shape))


@router.get(
    "/published/{int:id}", response=ExemplarDetailOut, auth=None, summary="One that is published"
)
def get_published(request: HttpRequest, id: int) -> HttpResponse:
    """Its text for everybody; the opening is counted, without who."""
    one = one_of(Exemplar.objects.public().select_related("kind", "org", "desk"), id)
    actions.count_read(subject="exemplar", object=one.pk, on=localdate())
    reads = queries.reads_of("exemplar", [one.pk])[one.pk]
    return reply(
        shape(one) | {"texts": one.texts, "desk": one.desk.name, "moves": [], "reads": reads}
    )


@router.get("/exemplars", response=ExemplarOutPage, summary="Exemplars I may read")
def list_exemplars(
    request: SignedIn, q: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(max_length=12)] = "", state: Annotated[str, Query(max_length=10)] = "",
    cursor: Cursor = "", limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """Newest first: the published, those of my unit, and those sent to its desk."""
    rows = queries.search(_rows(request.auth), text=q, kind=kind, state=state)
    return reply(listed(rows, cursor, limit, shape))


@router.post("/exemplars", response={201: ExemplarDetailOut}, summary="Begin an exemplar")
def write(request: SignedIn, body: ExemplarIn, key: IdempotencyKey) -> HttpResponse:
    """It is a draft until it is handed in. A retry with a key writes it once."""
    given = body.model_dump()
    code = given.pop("kind")
    kind = next((one for one in queries.kinds() if one.code == code), None)
    if kind is None:
        raise Invalid(_("没有这个案例类型。"), field="kind")
    made = actions.write_exemplar(
        kind=kind, org=org_of(given.pop("org")), desk=org_of(given.pop("desk")), by=request.auth,
        at=now(), key=key or "", **given,
    )  # fmt: skip
    return reply(_detail(request.auth, one_of(_rows(request.auth), made.pk)), 201)


@router.get("/exemplars/{int:id}", response=ExemplarDetailOut, summary="One exemplar and my moves")
def get_exemplar(request: SignedIn, id: int) -> HttpResponse:
    """Its text section by section; `moves` are those open to the caller now."""
    return reply(_detail(request.auth, one_of(_rows(request.auth), id)))


@router.put("/exemplars/{int:id}", response=ExemplarDetailOut, summary="Go on writing a draft")
def change(request: SignedIn, id: int, body: ExemplarChangeIn) -> HttpResponse:
    """By its author or who writes for its unit; refused once it was handed in."""
    one = one_of(_rows(request.auth), id)
    actions.change_exemplar(one, by=request.auth, at=now(), **body.model_dump())
    return reply(_detail(request.auth, one_of(_rows(request.auth), id)))


@router.post(
    "/exemplars/{int:id}/moves/{name}", response=ExemplarDetailOut, summary="Take it a step on"
)
def move(request: SignedIn, id: int, name: Move, body: ExemplarMoveIn) -> HttpResponse:
    """Hand in, comment, pass, send back, sign, publish, withdraw, reopen; `moves` says which are mine."""
    one = one_of(_rows(request.auth), id)
    by: dict[str, Any] = {"by": request.auth, "at": now()}
    if name == "comment":
        actions.comment_exemplar(one, note=body.note, section=body.section, **by)
    elif name == "publish":
        actions.publish_exemplar(one, consent=body.consent, **by)
    elif name == "reopen":
        actions.reopen_exemplar(one, **by)
    else:
        run: Any = {
            "submit": actions.submit_exemplar, "review": actions.review_exemplar,
            "send_back": actions.send_back, "sign": actions.sign_exemplar,
            "withdraw": actions.withdraw_exemplar,
        }[name]  # fmt: skip
        run(one, note=body.note, **by)
    return reply(_detail(request.auth, one_of(_rows(request.auth), id)))
