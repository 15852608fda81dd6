"""The books for programs: accounts and lines, allocations and payments, what is overdue, checks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Account, Allocation, BudgetLine, Line, Payable, PayOrder, Source, UseCheck
from .shapes import (
    AllocateIn,
    AllocationPage,
    AllocationWhole,
    Cursor,
    FundAccountIn,
    FundAccountOut,
    FundAccountPage,
    FundLineOut,
    FundLinePage,
    FundMonthIn,
    FundPayIn,
    FundPeriodOut,
    FundReasonIn,
    FundsOfOut,
    FundSources,
    Limit,
    LineWords,
    Overdues,
    PayDecideIn,
    PayOrderOut,
    PayOrders,
    ReceiveIn,
    UseCheckIn,
    UseCheckOut,
    UseCheckPage,
    account_told,
    allocation_told,
    check_told,
    line_told,
    order_told,
    whole_told,
)

router = Router(tags=["funds"])


def _seen(request: SignedIn, id: int) -> Account:
    rows = Account.objects.visible_to(request.auth).select_related("org", "region")
    return get_object_or_404(rows, pk=id)


def _given(request: SignedIn, id: UUID) -> Allocation:
    rows = Allocation.objects.visible_to(request.auth)
    return get_object_or_404(rows.select_related("account__org", "source", "region"), pk=id)


def _source(request: SignedIn, code: str) -> Source:
    found = Source.objects.visible_to(request.auth).filter(code=code, is_open=True).first()
    if found is None:
        raise Invalid(_("没有“%s”这个资金来源") % code, field="source")
    return found


def _photos(request: SignedIn, ids: list[UUID]) -> list[Photo]:
    found = Photo.objects.visible_to(request.auth).in_bulk(ids)
    if missing := [one for one in ids if one not in found]:
        raise Invalid(_("没有编号为 %s 的照片，请先上传。") % missing[0], field="photos")
    return list(found.values())


@router.get("/sources", response=FundSources, summary="Where money may come from")
def list_sources(request: SignedIn) -> HttpResponse:
    """Data of the district; what the house composed is marked as sample."""
    rows = Source.objects.visible_to(request.auth).filter(is_open=True)
    names = ("code", "name", "kind", "level", "is_sample")
    return reply({"items": list(rows.values(*names))})


@router.get("/accounts", response=FundAccountPage, summary="Accounts I may see, newest first")
def list_accounts(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Those of organisations one keeps or reads the books of, and on one's land."""
    rows = Account.objects.visible_to(request.auth).select_related("region")
    return reply(listed(rows, cursor, limit, account_told))


@router.post("/accounts", response={201: FundAccountOut}, summary="Open an account")
def open_account(request: SignedIn, body: FundAccountIn) -> HttpResponse:
    """Of one's own organisation."""
    org = get_object_or_404(Org.objects.public().select_related("region"), pk=body.org)
    given = body.model_dump(exclude={"org"})
    made = actions.open_account(org=org, region=org.region, by=request.auth, at=now(), **given)
    return reply(account_told(made), 201)


@router.get("/accounts/{int:id}/lines", response=FundLinePage, summary="The ledger of an account")
def list_lines(
    request: SignedIn, id: int, words: Annotated[LineWords, Query()], cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """Newest first; the hash of each covers the one before it."""
    asked = queries.asked_lines(words.model_dump())
    rows = Line.objects.visible_to(request.auth).filter(account=_seen(request, id))
    page, following = queries.page_of_lines(queries.lines_of(rows, asked), cursor, limit)
    return reply({"items": [line_told(one) for one in page], "next": following or None})


@router.post("/accounts/{int:id}/receive", response={201: FundLineOut}, summary="Money that came")
def receive(request: SignedIn, id: int, body: ReceiveIn, key: IdempotencyKey) -> HttpResponse:
    """A retry with the same key writes once."""
    given = body.model_dump(exclude={"source", "photos"})
    line = actions.receive(
        account=_seen(request, id), source=_source(request, body.source), by=request.auth,
        at=now(), key=key, photos=_photos(request, body.photos), **given,
    )  # fmt: skip
    return reply(line_told(line), 201)


@router.post("/accounts/{int:id}/allocate", response={201: AllocationWhole}, summary="Give money")
def allocate(request: SignedIn, id: int, body: AllocateIn, key: IdempotencyKey) -> HttpResponse:
    """For a purpose, with what has to be paid by when. A retry with the same key gives once."""
    account = _seen(request, id)
    budget = None
    if body.budget is not None:
        budget = get_object_or_404(BudgetLine.objects.visible_to(request.auth), pk=body.budget)
    to = (body.to.kind, body.to.id, body.to.label, body.to.url) if body.to else None
    made = actions.allocate(
        account=account, source=_source(request, body.source), amount_fen=body.amount_fen,
        purpose=body.purpose, region=region_of(get_land(body.region)) if body.region else None,
        to=to, payables=[(one.due_on, one.amount_fen) for one in body.payables], budget=budget,
        by=request.auth, at=now(), key=key,
    )  # fmt: skip
    return reply(whole_told(made), 201)


@router.post("/accounts/{int:id}/freeze", response={201: FundPeriodOut}, summary="Close a month")
def freeze(request: SignedIn, id: int, body: FundMonthIn) -> HttpResponse:
    """Nothing dated in it, or before it, is written any more."""
    made = actions.freeze(account=_seen(request, id), month=body.month, by=request.auth, at=now())
    names = ("month", "opening_fen", "income_fen", "paid_fen", "closing_fen", "lines")
    return reply({name: getattr(made, name) for name in names}, 201)


@router.post("/accounts/{int:id}/checks", response={201: UseCheckOut}, summary="Record a check of use")  # fmt: skip
def record_check(request: SignedIn, id: int, body: UseCheckIn) -> HttpResponse:
    """By an officer or inspector over the place, never by its own keepers."""
    account, line = _seen(request, id), None
    if body.line is not None:
        line = get_object_or_404(Line.objects.visible_to(request.auth), pk=body.line)
    given = body.model_dump(exclude={"line", "photos"})
    made = actions.record_check(
        account=account, line=line, by=request.auth, at=now(),
        photos=_photos(request, body.photos), **given,
    )  # fmt: skip
    return reply(check_told(made), 201)


@router.get("/checks", response=UseCheckPage, summary="Checks of use, newest first")
def list_checks(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Of accounts one sees."""
    return reply(listed(UseCheck.objects.visible_to(request.auth), cursor, limit, check_told))


@router.post("/lines/{int:id}/reverse", response={201: FundLineOut}, summary="Take a line back")
def reverse_line(request: SignedIn, id: int, body: FundReasonIn) -> HttpResponse:
    """By a counter-line of today; both stay."""
    line = get_object_or_404(Line.objects.visible_to(request.auth), pk=id)
    made = actions.reverse(line=line, reason=body.reason, by=request.auth, at=now())
    return reply(line_told(made), 201)


@router.get("/allocations", response=AllocationPage, summary="Allocations I may see, newest first")
def list_allocations(
    request: SignedIn, state: Annotated[str, Query(max_length=6)] = "",
    source: Annotated[str, Query(max_length=20)] = "", year: int | None = None,
    cursor: Cursor = "", limit: Limit = 50,
) -> HttpResponse:  # fmt: skip
    """`state` is open, late or paid; those to one's own place are seen without the account."""
    rows = queries.allocations_of(
        Allocation.objects.visible_to(request.auth), state=state, source=source, year=year,
        on=localdate(),
    )  # fmt: skip
    page, following = queries.page_of_allocations(rows, cursor, limit)
    return reply({"items": [allocation_told(one) for one in page], "next": following or None})


@router.get("/allocations/{uuid:id}", response=AllocationWhole, summary="An allocation")
def get_allocation(request: SignedIn, id: UUID) -> HttpResponse:
    """With what has to be paid by when, and what of it was."""
    return reply(whole_told(_given(request, id)))


@router.post("/allocations/{uuid:id}/pay", response={201: FundLineOut}, summary="Pay")
def pay(request: SignedIn, id: UUID, body: FundPayIn, key: IdempotencyKey) -> HttpResponse:
    """From the threshold on refused as `needs_approval`: then ask. A retry with the key pays once."""
    given = body.model_dump(exclude={"photos"})
    line = actions.pay(
        allocation=_given(request, id), by=request.auth, at=now(), key=key,
        photos=_photos(request, body.photos), **given,
    )  # fmt: skip
    return reply(line_told(line), 201)


@router.post("/allocations/{uuid:id}/ask", response={201: PayOrderOut}, summary="Ask for a payment")
def ask_payment(request: SignedIn, id: UUID, body: FundPayIn, key: IdempotencyKey) -> HttpResponse:
    """A second person of the organisation approves it; a retry with the key asks once."""
    given = body.model_dump(exclude={"photos"})
    made = actions.ask_payment(
        allocation=_given(request, id), by=request.auth, at=now(), key=key,
        photos=_photos(request, body.photos), **given,
    )  # fmt: skip
    return reply(order_told(made), 201)


@router.get("/orders", response=PayOrders, summary="Payments that wait for a second person")
def list_orders(request: SignedIn) -> HttpResponse:
    """The oldest first, at most two hundred."""
    rows = queries.waiting_for(request.auth).order_by("pk")[:200]
    return reply({"items": [order_told(one) for one in rows]})


@router.post("/orders/{uuid:id}/decide", response=PayOrderOut, summary="Approve a payment or refuse it")  # fmt: skip
def decide(request: SignedIn, id: UUID, body: PayDecideIn) -> HttpResponse:
    """Never by who asked; approved, it is a line dated today."""
    rows = PayOrder.objects.visible_to(request.auth).select_related("allocation__account__org", "by")  # fmt: skip
    one = get_object_or_404(rows, pk=id)
    made = actions.decide_payment(
        order=one, approve=body.approve, reason=body.reason, by=request.auth, at=now()
    )
    return reply(order_told(made))


@router.get("/overdue", response=Overdues, summary="What should have been paid")
def list_overdue(request: SignedIn) -> HttpResponse:
    """The longest overdue first, at most two hundred; count and sum are of all."""
    today = localdate()
    rows = Payable.objects.visible_to(request.auth)
    n, fen = queries.overdue_sum(rows, today)
    items = [
        {
            "allocation": str(one.allocation_id), "number": one.allocation.number,
            "purpose": one.allocation.purpose, "region": one.allocation.region.code,
            "due_on": one.due_on, "days": (today - one.due_on).days, "left_fen": one.left_fen,
        }
        for one in queries.overdue_of(rows, today)[:200]
    ]  # fmt: skip
    return reply({"count": n, "fen": fen, "items": items})


@router.get("/of", response=FundsOfOut, summary="What a subject got, in fen")
def of_subject(
    request: SignedIn, kind: Annotated[str, Query(max_length=20)],
    id: Annotated[str, Query(max_length=40)],
) -> HttpResponse:  # fmt: skip
    """Of a project, village, site, pact: as far as the caller sees; zero of what they do not."""
    rows = Allocation.objects.visible_to(request.auth)
    return reply(queries.of_subject(kind, id, on=localdate(), among=rows))
