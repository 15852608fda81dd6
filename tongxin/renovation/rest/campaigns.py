"""Campaigns, their figures, their places, the order of finishing."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org
from tongxin.regions.queries import get_land, region_of, world
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import RenovationCampaign, Site
from .shapes import (
    Code,
    Cursor,
    Limit,
    RenovationDetail,
    RenovationIn,
    RenovationOut,
    RenovationPage,
    RenovationSitePage,
    SitesAsked,
    figures_of,
    land_asked,
    person_of,
    seen_campaign,
    shape_of,
)

router = Router(tags=["renovation"])


@router.get("/campaigns", response=RenovationPage, summary="Renovation campaigns that reach me")
def campaigns(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Those of the caller's land, and those that reach it from above."""
    rows = RenovationCampaign.objects.visible_to(request.user).select_related("region", "head")
    return reply(listed(rows, cursor, limit, shape_of))


@router.post(
    "/campaigns",
    response={201: RenovationOut},
    summary="Start a campaign over every place of an area",
)
def start(request: SignedIn, given: RenovationIn, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Every community and village of the area becomes a place. A retry with a key starts it once.

    Refused unless `head` is the secretary of the area's committee.
    """
    words = given.model_dump(exclude={"region", "org", "partner", "head"})
    orgs = Org.objects.public().in_bulk([pk for pk in (given.org, given.partner) if pk])
    if given.org not in orgs or (given.partner and given.partner not in orgs):
        raise Invalid(_("没有找到这个单位。"), field="org")
    region = region_of(get_land(given.region))
    head = person_of(queries.heads_of(region.path, localdate()), given.head)
    made = actions.start_campaign(
        **words, region=region, org=orgs[given.org], head=head, by=request.user, at=now(),
        partner=orgs[given.partner] if given.partner else None, key=idempotency_key or "",
    )  # fmt: skip
    return reply(shape_of(made), status=201)


@router.get(
    "/campaigns/{int:id}",
    response=RenovationDetail,
    summary="A campaign with its figures, down one level",
)
def campaign(request: SignedIn, id: int, region: Code = "") -> HttpResponse:
    """For one area of the caller's, the first unless `region` names another; other land is refused."""
    one = seen_campaign(request, id)
    land = land_asked(request, one, region)
    board = queries.board_of(one, localdate())
    by_path = world().by_path
    below = [
        figures_of(by_path[path], figures)
        for path, figures in sorted(board.by_child(land.path).items())
        if path in by_path and land.level != "community"
    ]
    return reply(
        shape_of(one) | {"figures": figures_of(land, board.figures(land.path)), "below": below}
    )


@router.get(
    "/campaigns/{int:id}/sites", response=RenovationSitePage, summary="The places of a campaign"
)
def sites(
    request: SignedIn, id: int, region: Code = "", asked: Query[SitesAsked] = ...,  # type: ignore[assignment]
    cursor: Cursor = "", limit: Limit = 100,
) -> HttpResponse:  # fmt: skip
    """Place by place, by area, with state and levels; only on the caller's land."""
    one = seen_campaign(request, id)
    land = land_asked(request, one, region)
    picked = queries.picked(
        queries.board_of(one, localdate()), land.path, state=asked.state, show=asked.show
    )
    page = [place for place in picked if place.path > cursor][: limit + 1]
    rows = Site.objects.visible_to(request.user).select_related("region").defer("region__polygon")
    found = rows.in_bulk([place.pk for place in page[:limit]])
    items = [queries.facts_of(found[place.pk]) for place in page[:limit] if place.pk in found]
    return reply({"items": items, "next": page[limit - 1].path if len(page) > limit else None})


@router.get(
    "/campaigns/{int:id}/ranking",
    summary="The order of finishing one level down",
    response=list[dict[str, Any]],
)
def ranking(request: SignedIn, id: int, region: Code = "") -> HttpResponse:
    """For who works on land of the campaign; an area that is not the caller's is refused."""
    one = seen_campaign(request, id)
    land = land_asked(request, one, region)
    return reply(queries.board_of(one, localdate()).ranking(land.path))
