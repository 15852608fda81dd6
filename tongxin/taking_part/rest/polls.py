"""Polls: set, rolls, votes, receipts, results.

A secret vote is cast without `Idempotency-Key`: a kept answer would join voter and receipt. The
caller hands in a receipt of its own instead (16 letters or digits); the same receipt counts once.
"""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions
from ..models import Poll
from ..queries import polls as asked
from .motions import motion_seen
from .shapes import (
    Community,
    Cursor,
    Limit,
    PollDetailOut,
    PollIn,
    PollOut,
    PollOutPage,
    PollResultOut,
    ReceiptOut,
    RollIn,
    RollWrittenOut,
    TakingPartVoteOut,
    VoteIn,
    community_of,
    no_key,
    one_of,
    router,
)


def _poll(one: Poll) -> dict[str, Any]:
    names = ("id", "title", "electorate", "is_secret", "state", "opens_at", "closes_at")
    return {name: getattr(one, name) for name in names} | {
        "community": one.community.code, "motion": one.motion_id,
        "options": [{"code": o["code"], "text": asked.option_text(one, o["code"])} for o in one.options],
    }  # fmt: skip


def _poll_seen(request: SignedIn, pk: int) -> Poll:
    rows = Poll.objects.public() | Poll.objects.visible_to(request.auth)
    return one_of(rows.select_related("community", "rule", "motion__case").distinct(), pk)


@router.get("/polls", response=PollOutPage, summary="Polls of a community")
def list_polls(
    request: SignedIn, community: Community, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Those whose roll is posted, and later ones; newest first."""
    rows = Poll.objects.public().filter(community=community_of(community).pk)
    return reply(listed(rows.select_related("community"), cursor, limit, _poll))


@router.post("/polls", response={201: PollOut}, summary="Set a poll")
def set_poll(request: SignedIn, body: PollIn, key: IdempotencyKey) -> HttpResponse:
    """By the desk of the community; its roll comes next."""
    given = body.model_dump()
    community = community_of(given.pop("community"))
    motion = given.pop("motion")
    found = motion_seen(request, motion) if motion else None
    made = actions.set_poll(community=community, motion=found, by=request.auth, at=now(), key=key, **given)  # fmt: skip
    return reply(_poll(_poll_seen(request, made.pk)), 201)


@router.get("/polls/{int:id}", response=PollDetailOut, summary="One poll, and my votes in it")
def get_poll(request: SignedIn, id: int) -> HttpResponse:
    """How many have voted, never what."""
    one = _poll_seen(request, id)
    turnout = asked.turnout_of(one)
    mine = [
        {"entry": v.entry.pk, "name": str(v.entry), "is_proxy": v.is_proxy, "has_voted": v.entry.has_voted}
        for v in asked.votes_of(request.auth, one)
    ]  # fmt: skip
    told = {"text": one.text, "rule": one.rule.name, "source": one.rule.source, "mine": mine}
    return reply(_poll(one) | told | {"roll": turnout.roll, "voted": turnout.voted})


@router.post("/polls/{int:id}/roll", response={201: RollWrittenOut}, summary="Write on the roll")
def write_roll(request: SignedIn, id: int, body: RollIn) -> HttpResponse:
    """All rows or none; a household that is on it already is refused, so that a retry acts once."""
    one = one_of(Poll.objects.visible_to(request.auth), id)
    rows = [row.model_dump() for row in body.rows]
    made = actions.add_to_roll(one, rows, by=request.auth, at=now())
    return reply({"written": len(made)}, 201)


@router.post("/polls/{int:id}/post", response=PollOut, summary="Post the roll for objections")
def post_roll(request: SignedIn, id: int) -> HttpResponse:
    """It opens and closes by itself."""
    actions.post_roll(one_of(Poll.objects.visible_to(request.auth), id), by=request.auth, at=now())
    return reply(_poll(_poll_seen(request, id)))


@router.post("/polls/{int:id}/votes", response={201: TakingPartVoteOut}, summary="Cast a vote")
def cast(request: SignedIn, id: int, body: VoteIn, key: IdempotencyKey) -> HttpResponse:
    """One's own, or one entrusted to one. An Idempotency-Key is refused: see `receipt`."""
    no_key(key)
    one = _poll_seen(request, id)
    entry = next((v.entry for v in asked.votes_of(request.auth, one) if v.entry.pk == body.entry), None)  # fmt: skip
    if entry is None:
        raise NotFound(_("您不在这次表决的名册上。"), field="entry")
    receipt = body.receipt or actions.new_receipt()
    kept = actions.cast_vote(one, entry, choice=body.choice, receipt=receipt, by=request.auth, at=now())  # fmt: skip
    return reply({"receipt": kept}, 201)


@router.get("/polls/{int:id}/receipt", response=ReceiptOut, summary="Is a ballot counted")
def check_receipt(
    request: SignedIn, id: int, receipt: Annotated[str, Query(max_length=24)]
) -> HttpResponse:
    """Whether it is in the box; not what it says."""
    return reply({"is_counted": asked.is_counted(_poll_seen(request, id), receipt)})


@router.get("/polls/{int:id}/result", response=PollResultOut, summary="The result and why")
def result(request: SignedIn, id: int) -> HttpResponse:
    """For everybody once published; for the desk once closed. Refused before."""
    one = _poll_seen(request, id)
    found = asked.result_of(one)
    if one.state != "published" and not Poll.objects.visible_to(request.auth).filter(pk=id).exists():  # fmt: skip
        raise asked.NotYetClosed(_("结果还没有公布。"))
    shown = asked.is_shown(one)
    return reply(
        {
            "passed": found["passed"], "quorate": found["quorate"], "cast": found["cast"],
            "why": asked.why_of(one), "figures": asked.figures_of(one) if shown else [],
        }
    )  # fmt: skip


@router.post("/polls/{int:id}/publish", response=PollOut, summary="Publish the result")
def publish(request: SignedIn, id: int) -> HttpResponse:
    """Its motion is settled, its voters are told."""
    actions.publish_poll(
        one_of(Poll.objects.visible_to(request.auth), id), by=request.auth, at=now()
    )
    return reply(_poll(_poll_seen(request, id)))
