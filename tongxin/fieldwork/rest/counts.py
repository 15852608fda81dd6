"""Figures of visits by land and kind; mobile office points, which everybody may know of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import get_land, place_name
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import OfficePoint, Visit
from ..models.plans import OVERSEERS
from .shapes import Code, Id, people_of, region_of_code

router = Router()
MOST = 100


class VisitFigures(Schema):
    """`on_spot`: finished ones whose team checked in at the place."""

    name: str
    code: str
    total: int
    done: int
    missed: int
    open: int
    bad: int
    on_spot: int


class VisitFiguresOut(Schema):
    since: date
    until: date
    lands: list[VisitFigures]
    kinds: list[VisitFigures]


class OfficePointOut(Schema):
    id: UUID
    title: str
    place: str
    region: str
    lng: float | None
    lat: float | None
    opens_at: datetime
    closes_at: datetime
    services: str


class OfficePoints(Schema):
    items: list[OfficePointOut]


class OfficePointIn(BaseModel):
    """Within one day; `announce`: residents see it at once."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=100)
    region: Code
    place_name: str = Field(max_length=100)
    lng: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    services: str = Field(max_length=200)
    workers: list[Id] = Field(default=[], max_length=50)
    announce: bool = True


@router.get("/figures", response=VisitFiguresOut, summary="Visits counted by land and kind")
def get_figures(
    request: SignedIn, region: Code, since: date | None = None, until: date | None = None
) -> HttpResponse:
    """Of the visits the caller may see, this month unless said otherwise: a secret one counts nowhere."""
    land = get_land(region)
    own = [post.path for post in posts_of(request.auth) if post.role in OVERSEERS]
    if not any(land.path.startswith(path) for path in own):
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    first, last = queries.period_of("month", localdate())
    first, last = since or first, until or last
    rows = queries.filtered(
        Visit.objects.visible_to(request.auth), area=land.path, first=first, last=last
    )
    return reply(
        {
            "since": first,
            "until": last,
            "lands": [
                _figures((one["land"] or land).short_name, (one["land"] or land).code, one)
                for one in queries.figures_by_land(rows, land)
            ],
            "kinds": [_figures(one["kind"], "", one) for one in queries.figures_by_kind(rows)],
        }
    )


def _figures(name: str, code: str, row: dict[str, Any]) -> dict[str, Any]:
    names = ("total", "done", "missed", "open", "bad", "on_spot")
    return {"name": name, "code": code, **{one: row[one] for one in names}}


@router.get(
    "/points", response=OfficePoints, auth=None, summary="Mobile office points that are coming"
)
def list_points(request: Any, region: Code | None = None) -> HttpResponse:
    """Public: when, where and for what; nobody's name."""
    area = get_land(region).path if region else ""
    rows = queries.coming_points(now(), area)[:MOST]
    return reply({"items": [_point(row) for row in rows]})


@router.post("/points", response={201: OfficePointOut}, summary="Arrange a mobile office point")
def plan_point(request: SignedIn, body: OfficePointIn, key: IdempotencyKey) -> HttpResponse:
    """For who holds a post over the region. A retry with the same key arranges one."""
    given = body.model_dump()
    made = actions.plan_point(
        region=region_of_code(given.pop("region")), by=request.auth, at=now(), key=key or "",
        workers=people_of(request, given.pop("workers")), **given,
    )  # fmt: skip
    return reply(_point(made), 201)


def _point(row: OfficePoint) -> dict[str, Any]:
    visit = row.visit
    names = ("opens_at", "closes_at", "services")
    return {
        "id": str(visit.pk),
        "title": visit.title,
        "place": visit.place_name,
        "region": place_name(visit.area),
        "lng": visit.lng,
        "lat": visit.lat,
        **{name: getattr(row, name) for name in names},
    }
