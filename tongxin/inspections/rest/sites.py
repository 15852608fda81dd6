"""The register of sites."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions
from ..models import Site
from .shapes import Cursor, Id, InspectionPlace, InspectionRef, Limit, one_of, place, ref

router = Router()
Kind = Literal["market", "wholesale", "seafood", "rural", "health", "station", "office", "other"]
RELATED = ("region", "org", "regulator")


class SiteOut(Schema):
    id: int
    code: str
    name: str
    kind: str
    region: InspectionPlace
    address: str
    lng: float | None
    lat: float | None
    owner: str
    regulator: InspectionRef | None
    closed_on: date | None


class SitePage(Schema):
    items: list[SiteOut]
    next: str | None


class SiteIn(BaseModel):
    """A site; `region` is the code of a street or community, `regulator` a department's id."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80)
    kind: Kind
    region: str = Field(max_length=18)
    address: str = Field("", max_length=120)
    lng: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    owner: str = Field("", max_length=80)
    regulator: Id | None = None


class CloseSiteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: date


@router.get("/sites", response=SitePage, summary="Sites of my land")
def list_sites(
    request: SignedIn, cursor: Cursor = "", limit: Limit = 50,
    kind: Annotated[str, Query(max_length=12)] = "",
    region: Annotated[str, Query(max_length=18)] = "",
) -> HttpResponse:  # fmt: skip
    """Latest first; by kind, and by the land they lie in."""
    rows = Site.objects.visible_to(request.auth).open().select_related(*RELATED)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(region__path__under=get_land(region).path) if region else rows
    return reply(listed(rows, cursor, limit, _site))


@router.post("/sites", response={201: SiteOut}, summary="Register a site")
def register_site(request: SignedIn, body: SiteIn) -> HttpResponse:
    """For officers and inspectors of the land. Its number is given by the register."""
    given = _given(body)
    return reply(_site(actions.register_site(by=request.auth, at=now(), **given)), 201)


@router.get("/sites/{int:id}", response=SiteOut, summary="One site")
def get_site(request: SignedIn, id: int) -> HttpResponse:
    """Closed ones too."""
    return reply(_site(_seen(request, id)))


@router.put("/sites/{int:id}", response=SiteOut, summary="Put a site right")
def change_site(request: SignedIn, id: int, body: SiteIn) -> HttpResponse:
    """As a whole; what it was is kept in the audit."""
    row = _seen(request, id)
    return reply(_site(actions.change_site(site=row, by=request.auth, at=now(), **_given(body))))


@router.post("/sites/{int:id}/close", response=SiteOut, summary="Strike a site off")
def close_site(request: SignedIn, id: int, body: CloseSiteIn) -> HttpResponse:
    """Its visits stay."""
    row = _seen(request, id)
    actions.close_site(site=row, on=body.on, by=request.auth, at=now())
    return reply(_site(_seen(request, id)))


def _seen(request: SignedIn, pk: int) -> Site:
    return one_of(Site.objects.visible_to(request.auth).select_related(*RELATED), pk)


def _given(body: SiteIn) -> dict[str, Any]:
    given = body.model_dump()
    given["region"] = one_of(Region.objects.public(), get_land(given["region"]).id)
    pk = given["regulator"]
    given["regulator"] = one_of(Org.objects.public(), pk) if pk else None
    return given


def _site(row: Site) -> dict[str, Any]:
    names = ("code", "name", "kind", "address", "lng", "lat", "closed_on")
    return {
        "id": row.pk,
        "region": place(row.region),
        "owner": row.owner_name,
        "regulator": ref(row.regulator) if row.regulator else None,
        **{name: getattr(row, name) for name in names},
    }
