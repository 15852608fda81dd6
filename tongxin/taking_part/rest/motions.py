"""Motions: raised, supported, talked over, moved on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import bad_cursor, listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions
from ..models import Motion, Poll, Statement
from .shapes import (
    Community,
    Cursor,
    Limit,
    MotionDetailOut,
    MotionIn,
    MotionMoveIn,
    MotionOut,
    MotionOutPage,
    StatementIn,
    StatementOut,
    StatementOutPage,
    community_of,
    one_of,
    router,
)


def _motion(one: Motion) -> dict[str, Any]:
    names = ("raiser", "shown_as", "supports", "needed", "support_until", "discuss_until")
    return {name: getattr(one, name) for name in names} | {
        "id": one.pk, "number": one.case.number, "community": one.community.code,
        "title": one.case.title, "step": one.case.step,
    }  # fmt: skip


def motion_seen(request: SignedIn, pk: UUID) -> Motion:
    rows = Motion.objects.public() | Motion.objects.visible_to(request.auth)
    return one_of(rows.select_related("case", "community").distinct(), pk)


@router.get("/motions", response=MotionOutPage, summary="Motions of a community")
def list_motions(
    request: SignedIn, community: Community, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """What everybody may read, newest first."""
    rows = Motion.objects.public().filter(community=community_of(community).pk)
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    found = list(rows.select_related("case", "community").order_by("-pk")[: limit + 1])
    more = str(found[limit - 1].pk) if len(found) > limit else None
    return reply({"items": [_motion(one) for one in found[:limit]], "next": more})


@router.post("/motions", response={201: MotionOut}, summary="Raise a motion")
def raise_motion(request: SignedIn, body: MotionIn, key: IdempotencyKey) -> HttpResponse:
    """A retry with a key raises it once."""
    given = body.model_dump()
    community = community_of(given.pop("community"))
    made = actions.raise_motion(community=community, by=request.auth, at=now(), key=key, **given)
    return reply(_motion(made), 201)


@router.get("/motions/{uuid:id}", response=MotionDetailOut, summary="One motion")
def get_motion(request: SignedIn, id: UUID) -> HttpResponse:
    """Its texts, what the community replied, its polls."""
    one = motion_seen(request, id)
    told = {name: getattr(one, name) for name in ("final_text", "reply", "outcome", "done_text")}
    polls = list(Poll.objects.public().filter(motion=one).values_list("pk", flat=True))
    return reply(_motion(one) | told | {"text": one.case.text, "polls": polls})


@router.post("/motions/{uuid:id}/support", response=MotionOut, summary="Support a motion")
def support(request: SignedIn, id: UUID) -> HttpResponse:
    """Once each, while supporters are sought; with the last one needed it goes before the community."""
    return reply(_motion(actions.support_motion(motion_seen(request, id), by=request.auth, at=now())))  # fmt: skip


@router.post("/motions/{uuid:id}/moves/{slug:name}", response=MotionOut, summary="Move a motion on")
def move(
    request: SignedIn, id: UUID, name: str, body: MotionMoveIn, key: IdempotencyKey
) -> HttpResponse:
    """admit, refuse, draft, agree, carry, report by the community; withdraw by who raised it."""
    one = motion_seen(request, id)
    actions.move_motion(one, name, by=request.auth, at=now(), note=body.note, expect=body.expect, key=key)  # fmt: skip
    return reply(_motion(motion_seen(request, id)))


@router.get("/motions/{uuid:id}/statements", response=StatementOutPage, summary="What is said")
def list_statements(
    request: SignedIn, id: UUID, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """What is shown to everybody, newest first."""
    rows = Statement.objects.public().filter(motion=motion_seen(request, id))
    return reply(listed(rows, cursor, limit, _statement))


def _statement(one: Statement) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "shown_as", "stance", "text", "at")}


@router.post("/motions/{uuid:id}/statements", response={201: StatementOut}, summary="Speak")
def speak(request: SignedIn, id: UUID, body: StatementIn, key: IdempotencyKey) -> HttpResponse:
    """While it is discussed. A retry with a key says it once."""
    one = motion_seen(request, id)
    made = actions.speak(one, by=request.auth, at=now(), key=key, **body.model_dump())
    return reply(_statement(made), 201)
