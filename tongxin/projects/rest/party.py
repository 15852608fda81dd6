"""Promises of secretaries and hard problems."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import localdate, now
from ninja import Query

from tongxin.accounts.models import User
from tongxin.accounts.queries import SignedIn
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.paging import bad_cursor, listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import HardProblem, Promise
from .router import one_of, org_of, person_of, router
from .shapes import (
    Cursor,
    EscalateIn,
    HardProblemIn,
    HardProblemOut,
    HardProblemPage,
    Limit,
    ProblemPlanIn,
    PromiseJudgeIn,
    PromiseOut,
    PromisePage,
)


@router.get("/promises", response=PromisePage, summary="Promises of secretaries in a year")
def list_promises(
    request: SignedIn,
    year: Annotated[int, Query(ge=2000, le=2100)],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Each with what the linked figures suggest and what was judged."""
    rows = Promise.objects.visible_to(request.auth).filter(year=year).select_related("person")
    page = listed(rows, cursor, limit, lambda one: one)
    found = queries.appraise_all(page["items"], on=localdate())
    return reply(page | {"items": [_promise(one, found[one.pk]) for one in page["items"]]})


def _promise(one: Promise, found: queries.Appraisal) -> dict[str, Any]:
    return {
        "id": one.pk, "person": one.person.name, "org": one.org_id, "year": one.year, "text": one.text,
        "verdict": one.verdict, "why": one.why, "suggested": found.verdict,
        "figures": one.figures or found.sentence,
    }  # fmt: skip


@router.post("/promises/{int:id}/judge", response=PromiseOut, summary="Judge a promise")
def judge_promise(request: SignedIn, id: int, body: PromiseJudgeIn) -> HttpResponse:
    """From December of its year on, by who leads the place and is not of the unit."""
    one = one_of(Promise.objects.visible_to(request.auth).select_related("person"), pk=id)
    done = actions.judge_promise(one, by=request.auth, at=now(), **body.model_dump())
    return reply(_promise(done, queries.appraise(done, on=localdate())))


def _problem(one: HardProblem) -> dict[str, Any]:
    return {
        "id": one.pk, "case": one.case_id, "kind": one.kind, "title": one.title,
        "region": one.region.code, "at_region": one.at_region.code, "owner": one.owner.name,
        "step": one.case.step, "due_on": one.due_on,
    }  # fmt: skip


def _problems(request: SignedIn) -> Any:
    rows = HardProblem.objects.visible_to(request.auth)
    return rows.select_related("case", "region", "at_region", "owner", "org")


@router.get("/problems", response=HardProblemPage, summary="Hard problems of my land")
def list_problems(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Newest first."""
    rows = _problems(request).order_by("-pk")
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows[: limit + 1])
    more = str(found[limit - 1].pk) if len(found) > limit else None
    return reply({"items": [_problem(one) for one in found[:limit]], "next": more})


@router.post("/problems", response={201: HardProblemOut}, summary="Take a problem in hand")
def raise_problem(request: SignedIn, body: HardProblemIn, key: IdempotencyKey) -> HttpResponse:
    """A case of kind `hard_problem`, owned by the secretary of a unit."""
    given = body.model_dump()
    org = org_of(given.pop("org"))
    owner = cast(User, person_of(org, given.pop("owner")))
    region = region_of(get_land(given.pop("region")))
    made = actions.raise_problem(
        org=org, owner=owner, region=region, by=request.auth, at=now(), key=key, **given
    )
    return reply(_problem(one_of(_problems(request), pk=made.pk)), 201)


@router.post("/problems/{uuid:id}/plan", response=HardProblemOut, summary="Plan a problem")
def plan_problem(request: SignedIn, id: UUID, body: ProblemPlanIn) -> HttpResponse:
    """By its owner; steps that are done stay."""
    one = one_of(_problems(request), pk=id)
    actions.plan_problem(one, plan=body.plan, steps=body.steps, by=request.auth, at=now())
    return reply(_problem(one_of(_problems(request), pk=id)))


@router.post("/problems/{uuid:id}/escalate", response=HardProblemOut, summary="Take a problem up")
def escalate_problem(request: SignedIn, id: UUID, body: EscalateIn) -> HttpResponse:
    """To the secretary of a unit of a level above (`not_higher` otherwise)."""
    one, org = one_of(_problems(request), pk=id), org_of(body.org)
    owner = cast(User, person_of(org, body.owner))
    actions.escalate_problem(
        one, org=org, owner=owner, reason=body.reason, by=request.auth, at=now()
    )
    return reply(_problem(one_of(_problems(request), pk=id)))
