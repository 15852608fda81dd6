"""What each level answers for, what was done of it, and the contact points of leaders."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query

from tongxin.accounts.queries import SignedIn
from tongxin.dual_report.models import ContactPoint
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Demonstration, DutyItem, DutyList, DutyTick
from .router import one_of, org_of, router
from .shapes import (
    Cursor,
    KeyDemonstrationIn,
    KeyDutyPage,
    KeyPointOut,
    KeyPointPage,
    KeyTickIn,
    KeyTickOut,
    KeyTickPage,
    KeyWhyIn,
    Limit,
)

Year = Annotated[int, Query(ge=2000, le=2100)]


def _duty(one: DutyItem) -> dict[str, Any]:
    head = {name: getattr(one.list, name) for name in ("code", "version", "name", "level", "source", "is_sample")}  # fmt: skip
    return head | {"id": one.pk, "n": one.n, "text": one.text, "proof": one.proof}


def _in_force() -> Any:
    lists = DutyList.objects.public().on(localdate())
    return DutyItem.objects.public().filter(list__in=lists).select_related("list")


@router.get("/duties", response=KeyDutyPage, summary="Duties in force")
def list_duties(
    request: SignedIn,
    level: Literal["", "district", "street", "community", "leader"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """What each level answers for today; those of level leader are the checklist of a contact point."""
    rows = _in_force().filter(list__level=level) if level else _in_force()
    return reply(listed(rows, cursor, limit, _duty, oldest=True))


def _tick(one: DutyTick) -> dict[str, Any]:
    names = ("id", "year", "quarter", "note", "at")
    return {name: getattr(one, name) for name in names} | {
        "item": one.item_id, "org": one.org_id, "point": one.point_id, "by": one.by.name,
    }  # fmt: skip


@router.get("/duties/ticks", response=KeyTickPage, summary="Duties done in a year")
def list_ticks(
    request: SignedIn, year: Year, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Of one's own units and of the land one overlooks, newest first."""
    rows = DutyTick.objects.visible_to(request.auth).filter(year=year).select_related("by")
    return reply(listed(rows, cursor, limit, _tick))


@router.post("/duties/{int:id}/ticks", response={201: KeyTickOut}, summary="Record a duty done")
def tick_duty(request: SignedIn, id: int, body: KeyTickIn) -> HttpResponse:
    """Once a quarter, by one's own unit or at one's own contact point (`wrong_state` the second time)."""
    item, given = one_of(_in_force(), pk=id), body.model_dump()
    org, point = given.pop("org"), given.pop("point")
    made = actions.tick_duty(
        item=item, org=org_of(org) if org else None, point=_point(request, point) if point else None,
        by=request.auth, at=now(), **given,
    )  # fmt: skip
    return reply(_tick(made), 201)


def _points(request: SignedIn) -> Any:
    rows = ContactPoint.objects.visible_to(request.auth).filter(to_date=None)
    return rows.select_related("leader", "region", "demonstration")


def _point(request: SignedIn, pk: int) -> ContactPoint:
    return one_of(_points(request), pk=pk)


def _shown(request: SignedIn, points: list[ContactPoint]) -> list[dict[str, Any]]:
    today = localdate()
    items = queries.items_of("leader", today)
    rows = queries.duty_rows(request.auth, points, items, year=today.year, quarter=None)
    found = []
    for row in rows:
        point, shown = row.subject, getattr(row.subject, "demonstration", None)
        found.append(
            {"id": point.pk, "leader": point.leader.name, "region": point.region.code,
             "from_date": point.from_date, "done": sorted(row.done),
             "open": [item.pk for item in row.missing], "theme": shown.theme if shown else "",
             "state": shown.state if shown else ""}
        )  # fmt: skip
    return found


@router.get("/points", response=KeyPointPage, summary="Contact points of leaders")
def list_points(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Those in force, newest first, with the duties of the checklist done and open in this year."""
    page = listed(_points(request), cursor, limit, lambda one: one)
    return reply(page | {"items": _shown(request, page["items"])})


@router.post(
    "/points/{int:id}/demonstration", response={201: KeyPointOut}, summary="Begin a demonstration point"
)  # fmt: skip
def begin_demonstration(request: SignedIn, id: int, body: KeyDemonstrationIn) -> HttpResponse:
    """By its leader or who leads the place; once a point."""
    actions.begin_demonstration(_point(request, id), by=request.auth, at=now(), **body.model_dump())
    return reply(_shown(request, [_point(request, id)])[0], 201)


@router.post(
    "/points/{int:id}/demonstration/{verb}", response=KeyPointOut, summary="Name or end one"
)
def decide_demonstration(
    request: SignedIn, id: int, verb: Literal["name", "end"], body: KeyWhyIn
) -> HttpResponse:
    """Named once the checklist of the year is done (`not_proven` before), not by its leader."""
    one = one_of(Demonstration.objects.visible_to(request.auth), point=_point(request, id))
    do = actions.name_demonstration if verb == "name" else actions.end_demonstration
    do(one, why=body.why, by=request.auth, at=now())
    return reply(_shown(request, [_point(request, id)])[0])
