"""Lists, matching, agreements and packages, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Router

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import (
    Agreement,
    ConferenceBody,
    ListItem,
    Match,
    MatchRun,
    Package,
)
from .common import one_of, region_at
from .shapes import (
    AgreeIn,
    AgreementOut,
    ConferenceMatchRunIn,
    ConferenceMatchRunOut,
    Cursor,
    Limit,
    ListFiguresOut,
    ListItemIn,
    ListItemOut,
    ListItemOutPage,
    ListReviewIn,
    PackageOutPage,
)

router = Router(tags=["conferences"])


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
        region=region_at(given.pop("region")), org=one_of(Org.objects.public(), org) if org else None,
        by=request.auth, at=now(), key=key, **given,
    )  # fmt: skip
    return reply(_list_item(made), 201)


@router.post("/list-items/{int:id}/review", response=ListItemOut, summary="Review a line")
def review(request: SignedIn, id: int, body: ListReviewIn) -> HttpResponse:
    """By who acts for the place, never one's own."""
    one = one_of(_items(request), id)
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


@router.post(
    "/matching", response={201: ConferenceMatchRunOut}, summary="Propose supplies for needs"
)
def run_matching(request: SignedIn, body: ConferenceMatchRunIn) -> HttpResponse:
    """The best plan of those there are, each proposal with its reasons; a person decides."""
    made = actions.run_matching(region=region_at(body.region), by=request.auth, at=now())
    return reply(_run(made), 201)


@router.post("/matches/{int:id}/accept", response=AgreementOut, summary="Accept a proposal")
def accept_match(request: SignedIn, id: int) -> HttpResponse:
    """The two agree; delivery is a case."""
    one = one_of(Match.objects.visible_to(request.auth), id)
    return reply(_agreement(actions.accept_match(match=one, by=request.auth, at=now())))


@router.post("/list-items/{int:id}/agree", response={201: AgreementOut}, summary="Choose a supply")
def agree(request: SignedIn, id: int, body: AgreeIn) -> HttpResponse:
    """For a need of one's land, by hand; refused if it cannot serve or is promised to others."""
    rows = _items(request)
    made = actions.agree(
        need=one_of(rows, id), supply=one_of(ListItem.objects.public(), body.supply),
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
    return reply(_agreement(one_of(rows, id)))


@router.get("/figures", response=ListFiguresOut, summary="What came of matching on land")
def figures(request: SignedIn, region: Annotated[str, Query(max_length=12)]) -> HttpResponse:
    """Agreements, needs met, minutes and fen that were confirmed; for who overlooks the land."""
    found = region_at(region)
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
