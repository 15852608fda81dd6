"""Policy sets, their documents clause by clause, what rests on them, receipts, standards."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Clause, PolicyDocument, PolicySet
from .shapes import STRICT, Cursor, Id, Limit, one_of, org_of, told

router = Router(tags=["library"])
DOCUMENT = "id role subject title number issuer issued_on effective_from effective_to"


class PolicySetOut(Schema):
    id: int
    org: str
    kind: str
    name: str
    shape: str
    is_published: bool
    is_sample: bool


class PolicySetOutPage(Schema):
    items: list[PolicySetOut]
    next: str | None


class PolicyDocumentOut(Schema):
    id: int
    role: str
    subject: str
    title: str
    number: str
    issuer: str
    issued_on: date
    effective_from: date
    effective_to: date | None
    replaced_by: int | None
    is_in_force: bool


class PolicySetDetailOut(PolicySetOut):
    documents: list[PolicyDocumentOut]


class ClauseLinkOut(Schema):
    what: str
    kind: str
    ref: str
    label: str
    url: str


class ClauseOut(Schema):
    id: int
    name: str
    text: str
    links: list[ClauseLinkOut]


class PolicyDocumentDetailOut(PolicyDocumentOut):
    clauses: list[ClauseOut]


class PolicySetIn(BaseModel):
    model_config = STRICT

    org: Id
    kind: Literal["policy", "standard"] = "policy"
    name: str = Field(max_length=80)
    note: str = Field("", max_length=500)
    is_public: bool = True


class PolicyDocumentIn(BaseModel):
    model_config = STRICT

    role: Literal["main", "supporting"]
    subject: Literal["", "outside", "process", "inside"] = ""
    title: str = Field(max_length=120)
    number: str = Field("", max_length=40)
    issuer: str = Field(max_length=60)
    issued_on: date
    effective_from: date
    effective_to: date | None = None
    text: str = Field(max_length=60_000, description="cut into clauses at 第一条 or 一、")
    replaces: Id | None = None


class ClauseLinkIn(BaseModel):
    model_config = STRICT

    clause: Id
    what: Literal["task", "rule"]
    kind: str = Field(max_length=30)
    ref: str = Field(max_length=64)
    label: str = Field(max_length=120)
    url: str = Field("", max_length=200)


class PolicyBasisOut(Schema):
    document: int
    title: str
    clause: str
    text: str
    is_in_force: bool


class PolicyReadOut(Schema):
    read: int


class ConformityIn(BaseModel):
    model_config = STRICT

    org: Id
    place: str = Field(max_length=80)
    on: date
    verdicts: dict[int, Literal["yes", "no", "none"]]
    notes: dict[int, str] = Field(default_factory=dict)


class ConformityOut(Schema):
    id: int
    met: int
    missed: int


def _set(one: PolicySet) -> dict[str, Any]:
    return told(one, "id kind name is_sample") | {
        "org": one.org.name, "shape": queries.shape_of(list(one.documents.all())),
        "is_published": one.published_at is not None,
    }  # fmt: skip


def _document(one: PolicyDocument) -> dict[str, Any]:
    return told(one, DOCUMENT) | {
        "replaced_by": one.replaced_by_id, "is_in_force": one.in_force(localdate()),
    }  # fmt: skip


def _set_detail(one: PolicySet) -> dict[str, Any]:
    return _set(one) | {"documents": [_document(doc) for doc in queries.documents_of(one)]}


def _document_detail(one: PolicyDocument) -> dict[str, Any]:
    return _document(one) | {
        "clauses": [
            told(row["clause"], "id name text")
            | {
                "links": [
                    told(link, "what kind ref label url") for link in (*row["tasks"], *row["rules"])
                ]
            }
            for row in queries.clauses_of(one)
        ]
    }


def _sets(request: SignedIn) -> Any:
    rows = PolicySet.objects.visible_to(request.auth)
    return rows.select_related("org__region").prefetch_related("documents")


@router.get("/policies", response=PolicySetOutPage, summary="Policy sets I may read")
def list_policies(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Those of the caller's unit and under it, and those published for the land of the caller's posts."""
    return reply(listed(_sets(request), cursor, limit, _set))


@router.post("/policies", response={201: PolicySetDetailOut}, summary="Begin a policy set")
def begin(request: SignedIn, body: PolicySetIn, key: IdempotencyKey) -> HttpResponse:
    """By who writes for the unit; it is a draft. A retry with a key begins it once."""
    given = body.model_dump()
    made = actions.begin_set(
        org=org_of(given.pop("org")), by=request.auth, at=now(), key=key or "", **given
    )
    return reply(_set_detail(made), 201)


@router.get(
    "/policies/basis",
    response=list[PolicyBasisOut],
    summary="The clauses a rule or a task rests on",
)
def get_basis(
    request: SignedIn,
    kind: Annotated[str, Query(max_length=30)],
    id: Annotated[str, Query(max_length=64)],
) -> HttpResponse:
    """Those in force first."""
    return reply(
        [
            {"document": row["document"].pk, "title": row["document"].title, "clause": row["clause"].name,
             "text": row["clause"].text, "is_in_force": row["holds"]}
            for row in queries.basis_of(request.auth, kind, id, localdate())
        ]
    )  # fmt: skip


@router.get(
    "/policies/{int:id}", response=PolicySetDetailOut, summary="One policy set with its documents"
)
def get_set(request: SignedIn, id: int) -> HttpResponse:
    """Each with its days and whether it is in force today; one the caller may not read is refused."""
    return reply(_set_detail(one_of(_sets(request), id)))


@router.post(
    "/policies/{int:id}/documents",
    response={201: PolicyDocumentDetailOut},
    summary="Add a document",
)
def add(request: SignedIn, id: int, body: PolicyDocumentIn) -> HttpResponse:
    """A second main document is refused; one that `replaces` another ends it the day before."""
    one, given = one_of(_sets(request), id), body.model_dump()
    old = given.pop("replaces")
    old = one_of(one.documents.all(), old) if old else None
    made = actions.add_document(one, replaces=old, by=request.auth, at=now(), **given)
    return reply(_document_detail(made), 201)


@router.post(
    "/policies/{int:id}/publish", response=PolicySetDetailOut, summary="Publish a policy set"
)
def publish(request: SignedIn, id: int) -> HttpResponse:
    """By who writes for the unit; a set of policies without a main document is refused."""
    actions.publish_set(one_of(_sets(request), id), by=request.auth, at=now())
    return reply(_set_detail(one_of(_sets(request), id)))


@router.post(
    "/policies/{int:id}/checks",
    response={201: ConformityOut},
    summary="Hold a place against standards",
)
def check(request: SignedIn, id: int, body: ConformityIn) -> HttpResponse:
    """Every clause in force that day has a verdict; what is missed says why."""
    given = body.model_dump()
    made = actions.check_conformity(
        one_of(_sets(request), id), org=org_of(given.pop("org")), by=request.auth, at=now(), **given
    )
    return reply(told(made, "id met missed"), 201)


def _one(request: SignedIn, pk: int) -> PolicyDocument:
    return one_of(PolicyDocument.objects.visible_to(request.auth).select_related("set__org"), pk)


@router.get(
    "/policies/documents/{int:id}",
    response=PolicyDocumentDetailOut,
    summary="A document, clause by clause",
)
def get_document(request: SignedIn, id: int) -> HttpResponse:
    """With the tasks and rules each clause causes."""
    return reply(_document_detail(_one(request, id)))


@router.post(
    "/policies/documents/{int:id}/links",
    response=PolicyDocumentDetailOut,
    summary="Say what a clause causes",
)
def link(request: SignedIn, id: int, body: ClauseLinkIn) -> HttpResponse:
    """A task or a rule; the same one once."""
    one, given = _one(request, id), body.model_dump()
    clause: Clause = one_of(one.clauses.select_related("document__set"), given.pop("clause"))
    actions.link_clause(clause, by=request.auth, at=now(), **given)
    return reply(_document_detail(one))


@router.post(
    "/policies/documents/{int:id}/read",
    response=PolicyReadOut,
    summary="Confirm that my unit has read it",
)
def confirm(request: SignedIn, id: int) -> HttpResponse:
    """Who did so first stands."""
    return reply({"read": actions.confirm_read(_one(request, id), by=request.auth, at=now())})
