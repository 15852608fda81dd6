"""Targets that cascade, and benchmarking."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query

from tongxin.accounts.queries import SignedIn
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import BenchmarkProject, Target
from .router import one_of, router
from .shapes import (
    BenchmarkCheckIn,
    BenchmarkOut,
    BenchmarkOutPage,
    Cursor,
    FigureIn,
    KeyTargetValueIn,
    Limit,
    SharesIn,
    TargetDetailOut,
    TargetIn,
    TargetOut,
    TargetOutPage,
)


def _target(row: queries.Rolled) -> dict[str, Any]:
    one = row.target
    names = ("id", "name", "field", "unit", "value", "from_year", "to_year")
    return {name: getattr(one, name) for name in names} | {
        "parent": one.parent_id, "region": one.region.code, "actual": row.actual, "percent": row.percent,
    }  # fmt: skip


@router.get("/targets", response=TargetOutPage, summary="Targets at the top of each cascade")
def list_targets(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Newest first, each with its figure rolled up from below."""
    rows = Target.objects.visible_to(request.auth).filter(parent=None)
    page = listed(rows, cursor, limit, lambda one: one)
    found = queries.rolled(page["items"])
    return reply(page | {"items": [_target(found[one.pk]) for one in page["items"]]})


@router.post("/targets", response={201: TargetOut}, summary="Set a target")
def set_target(request: SignedIn, body: TargetIn, key: IdempotencyKey) -> HttpResponse:
    """At the top of a cascade; a retry with a key sets it once."""
    given = body.model_dump()
    region = region_of(get_land(given.pop("region")))
    made = actions.set_target(region=region, by=request.auth, at=now(), key=key, **given)
    return reply(_target(queries.rolled([made])[made.pk]), 201)


@router.get("/targets/{int:id}", response=TargetDetailOut, summary="One target and its shares")
def get_target(request: SignedIn, id: int) -> HttpResponse:
    """With figures of every share right below."""
    one = one_of(Target.objects.visible_to(request.auth), pk=id)
    row = queries.rolled([one])[one.pk]
    return reply(_target(row) | {"children": [_target(child) for child in row.children]})


@router.post("/targets/{int:id}/split", response=TargetDetailOut, summary="Split a target")
def split_target(request: SignedIn, id: int, body: SharesIn) -> HttpResponse:
    """`not_covered` where the shares come to less; `bad_share` for one outside or counted twice."""
    one = one_of(Target.objects.visible_to(request.auth), pk=id)
    shares = [
        actions.Share(
            s.value, region_of(get_land(s.region)), from_year=s.from_year, to_year=s.to_year
        )
        for s in body.shares
    ]
    actions.split_target(one, shares=shares, by=request.auth, at=now())
    return get_target(request, id)


@router.post("/targets/{int:id}/figures", response=TargetOut, summary="Report a figure")
def report_figure(request: SignedIn, id: int, body: FigureIn) -> HttpResponse:
    """In all since the target's start; for leaves of a cascade without tasks."""
    one = one_of(Target.objects.visible_to(request.auth), pk=id)
    actions.report_figure(one, by=request.auth, at=now(), **body.model_dump())
    return reply(_target(queries.rolled([one])[one.pk]))


@router.post("/targets/{int:id}/value", response=TargetOut, summary="Change what is to be reached")
def change_value(request: SignedIn, id: int, body: KeyTargetValueIn) -> HttpResponse:
    """What is below must still cover it, and it what is above (`not_covered`)."""
    one = one_of(Target.objects.visible_to(request.auth), pk=id)
    made = actions.change_value(one, value=body.value, by=request.auth, at=now())
    return reply(_target(queries.rolled([made])[made.pk]))


def _benchmark(one: BenchmarkProject) -> dict[str, Any]:
    gap = queries.gap_of(one, localdate())
    names = ("id", "name", "measure", "baseline", "theirs", "target", "result")
    return {name: getattr(one, name) for name in names} | {
        "org": one.pairing.org_id, "exemplar": one.pairing.exemplar.name, "percent": gap.percent,
        "state": gap.state,
    }  # fmt: skip


@router.get("/benchmarks", response=BenchmarkOutPage, summary="Benchmarking projects")
def list_benchmarks(
    request: SignedIn,
    programme: Annotated[int, Query(ge=1)],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Of a programme, newest first, each with how much of the way is done."""
    rows = BenchmarkProject.objects.visible_to(request.auth).filter(pairing__programme=programme)
    rows = rows.select_related("pairing__exemplar")
    return reply(listed(rows, cursor, limit, _benchmark))


@router.post("/benchmarks/{int:id}/checks", response=BenchmarkOut, summary="Check a project")
def check_benchmark(request: SignedIn, id: int, body: BenchmarkCheckIn) -> HttpResponse:
    """By who overlooks the programme and is not of the unit."""
    rows = BenchmarkProject.objects.visible_to(request.auth).select_related("pairing__exemplar")
    actions.check_project(one_of(rows, pk=id), by=request.auth, at=now(), **body.model_dump())
    return reply(_benchmark(one_of(rows, pk=id)))
