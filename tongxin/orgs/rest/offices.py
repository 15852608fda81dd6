"""The offices of streets as JSON: name, duties, posts, counterparts, and what became of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from ninja import Path, Query, Schema
from pydantic import Field

from tongxin.accounts.queries import SignedIn
from tongxin.regions.queries import get_land
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import queries
from ..models import StreetOffice
from .orgs import OrgRef, RegionRef
from .router import router


class StreetOfficeOut(Schema):
    id: int
    name: str
    kind: Literal["office", "institution", "enforcement"]
    street: OrgRef
    region: RegionRef
    standard: str = Field(description="code of the standard office it is; empty: the street's own")
    approved: int = Field(description="posts approved")
    filled: int = Field(description="posts seated today")
    head: str | None = Field(description="name of who heads it, as the posts say")
    duties: list[str]
    departments: list[OrgRef] = Field(description="the departments of the district it answers to")
    set_up_on: date
    basis: str
    ended_on: date | None
    end: Literal["", "merged", "dissolved"]
    successor_id: int | None = Field(description="the office it was merged into")


class StreetOfficePage(Schema):
    items: list[StreetOfficeOut]
    next: str | None = Field(description="cursor of the next page; null on the last one")


@router.get("/offices", response=StreetOfficePage, tags=["orgs"], summary="Offices of streets")
def list_offices(
    request: SignedIn,
    region: str = Query("", max_length=18, description="code of a region: streets inside it"),
    cursor: int = Query(0, ge=0, lt=2**63, description="`next` of the page before"),
    limit: int = Query(50, ge=1, le=100),
) -> HttpResponse:
    """Those that stand, of the streets the caller's posts reach."""
    rows = StreetOffice.objects.visible_to(request.auth).filter(ended_on=None)
    if region:
        rows = rows.filter(org__region__path__under=get_land(region).path)
    found = queries.with_structure(rows.select_related("org__region"), localdate())
    return reply(listed(found, cursor, limit, _office, oldest=True))


@router.get("/offices/{id}", response=StreetOfficeOut, tags=["orgs"], summary="One office")
def get_office(
    request: SignedIn, id: Annotated[int, Path(ge=1, lt=2**63, description="the office's id")]
) -> HttpResponse:
    """Also one that has ended: what it was merged into is said."""
    rows = StreetOffice.objects.visible_to(request.auth).select_related("org__region")
    return reply(_office(get_object_or_404(queries.with_structure(rows, localdate()), pk=id)))


def _office(office: Any) -> dict[str, Any]:
    fields = ("name", "kind", "standard", "approved", "set_up_on", "basis", "ended_on", "end")
    return {name: getattr(office, name) for name in fields} | {
        "id": office.pk,
        "street": {"id": office.org_id, "name": office.org.name},
        "region": {"code": office.org.region.code, "name": office.org.region.name},
        "filled": len(office.now),
        "head": next((seat.post.user.name for seat in office.now if seat.is_head), None),
        "duties": [duty.text for duty in office.duties.all()],
        "departments": [{"id": org.pk, "name": org.name} for org in office.departments.all()],
        "successor_id": office.successor_id,
    }
