"""What villages earn, for programs: the figures of a year, incomes, projects, firms."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.funds.queries import of_subjects
from tongxin.kit.errors import Invalid
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from . import actions, queries
from .models import IncomeEntry, VillageProject, VillageYear
from .models.incomes import READERS

router = Router(tags=["economy"])
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=40, description="`next` of the page before")]
Year = Annotated[int, Query(ge=2000, le=2100)]
STRICT = ConfigDict(extra="forbid")
Fen = Annotated[int, Field(ge=1, le=10**13, description="in fen, a hundredth of a yuan")]


class VillageEarnsOut(Schema):
    region: str
    name: str
    state: str = Field(description="in words: 零收入, 返零, 已清零, 达标, 未上报")
    total_fen: int | None
    sustainable_fen: int | None
    project: int | None


class EconomyOut(Schema):
    year: int
    line_fen: int | None = Field(description="sustainable income asked of the year")
    villages: int
    reported: int
    verified: int
    zero: int
    above: int
    is_cleared: bool = Field(description="all have reported, none has nothing")
    total_fen: int
    sustainable_fen: int
    items: list[VillageEarnsOut]


class IncomeIn(BaseModel):
    model_config = STRICT

    kind: str = Field(max_length=20, description="code")
    amount_fen: Fen
    on: date
    is_sustainable: bool | None = Field(None, description="as the kind says, without")
    text: str = Field("", max_length=200)


class IncomeOut(Schema):
    id: int
    village: str
    kind: str
    amount_fen: int
    on: date
    is_sustainable: bool
    text: str
    withdrawn: bool


class IncomePage(Schema):
    items: list[IncomeOut]
    next: int | str | None


class VillageYearOut(Schema):
    id: int
    village: str
    year: int
    state: Literal["open", "reported", "verified"]
    total_fen: int
    sustainable_fen: int
    grants_fen: int
    remark: str


class YearVerdictIn(BaseModel):
    model_config = STRICT

    accept: bool
    remark: str = Field("", max_length=200)


class VillageProjectOut(Schema):
    id: int
    village: str
    title: str
    policy: str
    state: str
    started_on: date
    earns_by: date
    planned_fen: int
    funds: dict[str, int] = Field(description="allocated, paid, due, overdue; in fen")


class VillageProjectPage(Schema):
    items: list[VillageProjectOut]
    next: int | str | None


class EconomyFirmOut(Schema):
    id: int
    name: str
    region: str
    pledged_fen: int
    received_fen: int
    villages: int


class FirmsOut(Schema):
    firms: int
    pledged_fen: int
    received_fen: int
    items: list[EconomyFirmOut]


def _village(request: SignedIn, code: str) -> Region:
    rows = Region.objects.public().filter(
        reach(request.auth, READERS, column="path"), level=Region.Level.COMMUNITY
    )
    return get_object_or_404(rows.defer("polygon"), code=code[:18])


def _income(one: IncomeEntry) -> dict[str, Any]:
    names = ("id", "amount_fen", "on", "is_sustainable", "text")
    return {name: getattr(one, name) for name in names} | {
        "village": one.of_year.village.code, "kind": one.kind.code,
        "withdrawn": one.withdrawn_at is not None,
    }  # fmt: skip


def _year(one: VillageYear) -> dict[str, Any]:
    names = ("id", "year", "state", "total_fen", "sustainable_fen", "grants_fen", "remark")
    return {name: getattr(one, name) for name in names} | {"village": one.village.code}


@router.get("/villages", response=EconomyOut, summary="What villages earned in a year")
def figures(request: SignedIn, year: Year, region: Annotated[str, Query(max_length=18)] = "") -> HttpResponse:  # fmt: skip
    """Those one reads, of a region if one is named; what was not reported is null, never zero."""
    area = get_land(region).path if region else ""
    whole = queries.count_year(request.auth, year, area)
    names = ("villages", "reported", "verified", "zero", "above", "is_cleared", "total_fen", "sustainable_fen")  # fmt: skip
    items = [
        {
            "region": line.village.code, "name": line.village.name, "state": line.state[1],
            "total_fen": line.now.total_fen if line.is_reported and line.now else None,
            "sustainable_fen": line.now.sustainable_fen if line.is_reported and line.now else None,
            "project": line.project.pk if line.project else None,
        }
        for line in whole.lines
    ]  # fmt: skip
    told = {name: getattr(whole, name) for name in names}
    return reply(told | {"year": year, "line_fen": queries.line_of(year), "items": items})


@router.get("/villages/{code}/incomes", response=IncomePage, summary="Incomes of a village")
def list_incomes(
    request: SignedIn, code: str, year: int | None = None, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Newest first, those taken back among them."""
    rows = IncomeEntry.objects.visible_to(request.auth).filter(of_year__village=_village(request, code))  # fmt: skip
    if year:
        rows = rows.filter(of_year__year=year)
    return reply(listed(rows.select_related("of_year__village", "kind"), cursor, limit, _income))


@router.post("/villages/{code}/incomes", response={201: IncomeOut}, summary="Write an income down")
def add_income(request: SignedIn, code: str, body: IncomeIn, key: IdempotencyKey) -> HttpResponse:
    """By who works in the village, or looks over it. A retry with the same key writes once."""
    kind = queries.kind_of(body.kind)
    if kind is None:
        raise Invalid(_("没有“%s”这个收入类别") % body.kind, field="kind")
    given = body.model_dump(exclude={"kind"})
    made = actions.add_income(
        village=_village(request, code), kind=kind, by=request.auth, at=now(), key=key, **given
    )
    return reply(_income(made), 201)


@router.post("/villages/{code}/years/{int:year}/report", response=VillageYearOut, summary="Report a year")  # fmt: skip
def report_year(request: SignedIn, code: str, year: int) -> HttpResponse:
    """A year without income is reported too."""
    made = actions.report_year(village=_village(request, code), year=year, by=request.auth, at=now())  # fmt: skip
    return reply(_year(made))


@router.post("/years/{int:id}/verify", response=VillageYearOut, summary="Verify a year or send it back")  # fmt: skip
def verify_year(request: SignedIn, id: int, body: YearVerdictIn) -> HttpResponse:
    """By the street or above, never by who reported."""
    rows = VillageYear.objects.visible_to(request.auth).select_related("village")
    one = get_object_or_404(rows, pk=id)
    made = actions.verify_year(
        of_year=one, accept=body.accept, remark=body.remark, by=request.auth, at=now()
    )
    return reply(_year(made))


@router.get("/projects", response=VillageProjectPage, summary="Projects of villages, newest first")
def list_projects(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """One runs in a village at a time; `funds` is what it got out of the ledger."""
    rows = VillageProject.objects.visible_to(request.auth).select_related("village")
    names = ("id", "title", "policy", "state", "started_on", "earns_by", "planned_fen")
    page = listed(rows, cursor, limit, lambda one: {name: getattr(one, name) for name in names} | {"village": one.village.code})  # fmt: skip
    sums = of_subjects("village_project", [one["id"] for one in page["items"]], on=localdate())
    for one in page["items"]:
        one["funds"] = sums[str(one["id"])]
    return reply(page)


@router.get("/firms", response=FirmsOut, summary="Firms that help villages, and what they put in")
def list_firms(request: SignedIn) -> HttpResponse:
    """At most five hundred; the sums are those of the rows."""
    lines, sums = queries.firms_of(request.auth)
    items = [
        {
            "id": one.firm.pk, "name": one.firm.name, "region": one.firm.region.code,
            "pledged_fen": one.firm.pledged_fen, "received_fen": one.received_fen,
            "villages": one.villages,
        }
        for one in lines
    ]  # fmt: skip
    return reply({"firms": sums["firms"], "pledged_fen": sums["pledged"], "received_fen": sums["received"], "items": items})  # fmt: skip
