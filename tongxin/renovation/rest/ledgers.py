"""The three ledgers and the rooms matched to places."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Router

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions
from ..models import Holding, Match
from .shapes import (
    Cursor,
    HoldingCheckIn,
    HoldingIn,
    HoldingOut,
    HoldingPage,
    Limit,
    RenovationMatchRunIn,
    RenovationMatchRunOut,
    RoomMatchOut,
    found_in,
    land_asked,
    seen_campaign,
)

router = Router(tags=["renovation"])


def _holding(row: Holding) -> dict[str, Any]:
    names = (
        "ledger",
        "code",
        "name",
        "owner",
        "address",
        "area_m2",
        "cost_fen",
        "lng",
        "lat",
        "state",
    )
    return {"id": row.pk, "region": row.region.code} | {name: getattr(row, name) for name in names}


@router.get("/holdings", response=HoldingPage, summary="The three ledgers on my land")
def holdings(
    request: SignedIn, ledger: Annotated[str, Query(max_length=10)] = "", state: Annotated[str, Query(max_length=8)] = "",
    cursor: Cursor = "", limit: Limit = 100,
) -> HttpResponse:  # fmt: skip
    """Centres, stock rooms and ancillary rooms where the caller has a post."""
    rows = (
        Holding.objects.visible_to(request.user).select_related("region").defer("region__polygon")
    )
    rows = rows.filter(ledger=ledger) if ledger else rows
    rows = rows.filter(state=state) if state else rows
    return reply(listed(rows, cursor, limit, _holding))


@router.post(
    "/holdings", response={201: HoldingOut}, summary="Enter a room or centre into a ledger"
)
def add_holding(request: SignedIn, given: HoldingIn) -> HttpResponse:
    """Somebody else checks it. A code that is taken, or land that is no community, is refused."""
    words = given.model_dump(exclude={"region"})
    made = actions.add_holding(
        **words, region=region_of(get_land(given.region)), by=request.user, at=now()
    )
    return reply(_holding(made), status=201)


@router.post(
    "/holdings/{int:id}/checks", response=HoldingOut, summary="Look at a line a second time"
)
def check_holding(request: SignedIn, id: int, given: HoldingCheckIn) -> HttpResponse:
    """By somebody else than who entered it; a line that was given or struck off is refused."""
    row = found_in(Holding.objects.visible_to(request.user).select_related("region"), id)
    actions.check_holding(row, **given.model_dump(), by=request.user, at=now())
    return reply(
        _holding(found_in(Holding.objects.visible_to(request.user).select_related("region"), id))
    )


def _match(row: Match) -> dict[str, Any]:
    return {
        "id": row.pk, "holding": row.holding_id, "site": row.site_id, "distance_m": row.distance_m,
        "why": row.why, "state": row.state,
    }  # fmt: skip


@router.post(
    "/campaigns/{int:id}/matching",
    response={201: RenovationMatchRunOut},
    summary="Let the solver suggest rooms for places short of area",
)
def match(request: SignedIn, id: int, given: RenovationMatchRunIn) -> HttpResponse:
    """Nothing is given yet; suggestions of an earlier run that nobody decided are dropped."""
    one = seen_campaign(request, id)
    land = land_asked(request, one, given.region)
    run = actions.suggest_matches(
        one, region=region_of(land), most_m=given.most_m, by=request.user, at=now()
    )
    rows = [_match(row) for row in run.matches.order_by("pk")]
    return reply(
        {"short_before": run.short_before, "short_after": run.short_after, "is_optimal": run.is_optimal, "matches": rows},
        status=201,
    )  # fmt: skip


@router.post(
    "/matches/{int:id}/{slug:verb}",
    response=RoomMatchOut,
    summary="Confirm or drop a suggested room",
)
def decide_match(request: SignedIn, id: int, verb: str) -> HttpResponse:
    """`confirm` gives the room; one that is given, or a match decided already, is refused."""
    row = found_in(
        Match.objects.visible_to(request.user).select_related("site__campaign__region"), id
    )
    if verb not in ("confirm", "drop"):
        raise NotFound(_("没有这件事可办。"))
    act = actions.confirm_match if verb == "confirm" else actions.drop_match
    return reply(_match(act(row, by=request.user, at=now())))
