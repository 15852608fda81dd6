"""The register: list, record, look at, correct, order, void."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..hooks import lacks
from ..models import Finding
from .shapes import (
    CorrectIn,
    Cursor,
    FindingIn,
    FindingKinds,
    FindingNames,
    FindingReasonIn,
    FindingsPage,
    FindingWhole,
    Limit,
    NamedUnitIn,
    OrdersIn,
    ResponsibleIn,
    line_told,
    photos_of,
    seen,
)

router = Router()


class LedgerWords(Schema):
    """As the words of the ledger's address; what is not known asks nothing."""

    step: str = ""
    kind: str = ""
    category: str = ""
    duty: str = ""
    unit: str = ""
    source: str = ""
    q: str = ""
    region: str = ""
    since: str = ""
    until: str = ""
    repeats: str = ""


@router.get("/kinds", response=FindingKinds, summary="Kinds of findings in force")
def list_kinds(request: SignedIn) -> HttpResponse:
    """Data of the district; what the house composed is marked as sample."""
    items = [
        {
            "code": kind.code, "name": kind.name, "category": kind.category,
            "duties": kind.duties.split(), "days": kind.days, "is_sample": kind.is_sample,
        }
        for kind in queries.kinds_on(localdate())
    ]  # fmt: skip
    return reply({"items": items})


@router.get("", response=FindingsPage, summary="The ledger: findings I see, newest first")
def list_findings(
    request: SignedIn,
    words: Annotated[LedgerWords, Query()],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Overseers see their land, units what names them, finders their own."""
    asked = queries.asked_of(words.model_dump())
    rows = queries.narrowed(Finding.objects.visible_to(request.auth), asked)
    rows = queries.of_step(queries.with_late(rows, localdate()), asked.step)
    page, following = queries.page_of(rows, cursor, limit)
    at = now()
    items = [line_told(queries.line_of(one, request.auth, at), request.auth) for one in page]
    return reply({"items": items, "next": following or None})


@router.post("", response={201: FindingWhole}, summary="Put a finding into the register")
def record(request: SignedIn, body: FindingIn, key: IdempotencyKey) -> HttpResponse:
    """By who has a post over the place; numbered at once. A retry with the same key records once."""
    at = now()
    given = body.model_dump(exclude={"region", "units", "photos", "found_at"})
    made = actions.record_finding(
        region=region_of(get_land(body.region)), units=_units(body.units),
        photos=photos_of(request.auth, body.photos), found_at=body.found_at or at, at=at,
        by=request.auth, key=key or "", **given,
    )  # fmt: skip
    return reply(_whole(seen(request.auth, made.pk), request.auth), 201)


def _units(named: list[NamedUnitIn]) -> list[tuple[Org | None, str, str]]:
    orgs = Org.objects.public().in_bulk([one.org for one in named if one.org])
    for one in named:
        if one.org and one.org not in orgs:
            raise Invalid(_("没有编号为 %d 的单位，或已撤销。") % one.org, field="units")
    return [(orgs.get(one.org), one.name, one.responsibility) for one in named]


def _whole(found: Finding, actor: User) -> dict[str, Any]:
    at = now()
    found.late = queries.is_late(found, localdate(at))  # type: ignore[attr-defined]
    answers, _over = queries.answers_of(found, actor, at)
    photos = [
        {"slot": slot, "url": one["url"], "thumb": one["thumb"]}
        for slot, shown in queries.pictures_of(found).items()
        for one in shown
    ]
    told = [
        {
            "case": str(one.case.pk), "number": one.case.number, "step": one.case.step,
            "unit": one.row.unit.name if one.row.unit else "", "deadline": one.row.deadline,
            "cause": one.row.cause, "plan": one.row.plan, "result": one.row.done_note,
            "returns": one.row.returns, "next_report_on": one.row.next_report_on,
        }
        for one in answers
    ]  # fmt: skip
    missing = "" if found.is_settled else str(lacks(found) or "")
    line = queries.line_of(found, actor, at)
    return line_told(line, actor) | {"photos": photos, "answers": told, "lacks": missing}


@router.get("/{uuid:id}", response=FindingWhole, summary="A finding with its answers and photos")
def get_finding(request: SignedIn, id: UUID) -> HttpResponse:
    """Each unit's rectification is a case: its moves are made at /cases/{id}/moves/{move}."""
    return reply(_whole(seen(request.auth, id), request.auth))


@router.post("/{uuid:id}/correct", response=FindingWhole, summary="Close it on the spot")
def correct(request: SignedIn, id: UUID, body: CorrectIn) -> HttpResponse:
    """By who found it or oversees the place, with a photo of afterwards."""
    found = seen(request.auth, id)
    photos = photos_of(request.auth, body.photos)
    actions.correct_on_the_spot(found, note=body.note, photos=photos, at=now(), by=request.auth)
    return reply(_whole(seen(request.auth, id), request.auth))


@router.post("/{uuid:id}/orders", response=FindingWhole, summary="Order units to put it right")
def order(request: SignedIn, id: UUID, body: OrdersIn) -> HttpResponse:
    """A unit whose rectification runs is refused: a retry orders nobody twice."""
    found = seen(request.auth, id)
    orgs = Org.objects.public().in_bulk([one.org for one in body.orders])
    if missing := [one.org for one in body.orders if one.org not in orgs]:
        raise Invalid(_("没有编号为 %d 的单位，或已撤销。") % missing[0], field="orders")
    orders = [
        actions.Order(orgs[one.org], one.deadline, one.note, one.responsibility, one.report_every)
        for one in body.orders
    ]
    actions.press_on_units(found, orders=orders, at=now(), by=request.auth)
    return reply(_whole(seen(request.auth, id), request.auth))


@router.post("/{uuid:id}/responsible", response=FindingWhole, summary="Say anew who answers")
def responsible(request: SignedIn, id: UUID, body: ResponsibleIn) -> HttpResponse:
    """Units that are pressed already stay."""
    found = seen(request.auth, id)
    actions.name_responsible(found, units=_units(body.units), at=now(), by=request.auth)
    return reply(_whole(seen(request.auth, id), request.auth))


@router.post("/{uuid:id}/void", response=FindingWhole, summary="Declare it void")
def void(request: SignedIn, id: UUID, body: FindingReasonIn) -> HttpResponse:
    """Its number stays in the register."""
    found = seen(request.auth, id)
    actions.void_finding(found, reason=body.reason, at=now(), by=request.auth)
    return reply(_whole(seen(request.auth, id), request.auth))


@router.post("/{uuid:id}/names", response=FindingNames, summary="The persons named, for a reason")
def names(request: SignedIn, id: UUID, body: FindingReasonIn) -> HttpResponse:
    """For officers and inspectors over the place; who looked and why is written down."""
    told = actions.reveal_names(
        seen(request.auth, id), reason=body.reason, at=now(), by=request.auth,
        address=address_of(request),
    )  # fmt: skip
    response = reply({"named": told})
    response["Cache-Control"] = "no-store"
    return response
