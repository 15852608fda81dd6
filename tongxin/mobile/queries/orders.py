"""The orders in somebody's hands, with their moves and those that may follow, for a day without network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language

from tongxin.accounts.models import User
from tongxin.cases.brief import move_told
from tongxin.cases.flow import STAY, Move, get_flow
from tongxin.cases.models import Case
from tongxin.cases.queries import (
    OpenMove,
    as_seen_by,
    moves_open_to,
    needs_of,
    parts_of,
    time_left,
    tone_of,
)
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import place_name
from tongxin.ui.wire import encode

MOST = 100
DOERS = frozenset({"holder"})


def offline_orders(user: User, at: datetime) -> list[dict[str, Any]]:
    """Return what somebody holds, is offered, or their office was given, what is due first."""
    offices = {post.org_id for post in posts_of(user)}
    mine = Q(holder=user.pk) | Q(offeree=user.pk, step="offered")
    ours = Q(handler__in=offices, holder=None, step="dispatched")
    rows = Case.objects.open().filter(mine | ours).select_related("topic", "region")
    return [_order(one, user, at) for one in rows.order_by("due_at", "id")[:MOST]]


def _order(case: Case, user: User, at: datetime) -> dict[str, Any]:
    shown = as_seen_by(user, case)
    return {
        "id": str(case.pk),
        "number": case.number,
        "kind": case.kind,
        "title": shown.title,
        "text": shown.text,
        "topic": str(case.topic or ""),
        "step": case.step,
        "step_label": str(case.flow.step_of[case.step].label),
        "place": place_name(case.area),
        "address": shown.address,
        "lng": case.lng,
        "lat": case.lat,
        "due_at": case.due_at,
        "left": time_left(case, at=at),
        "tone": tone_of(case, at=at),
        "card": case.card,
        "is_late": case.is_late,
        "url": reverse("cases:detail", args=[case.pk]),
        "length": case.length,
        "is_mine": case.holder_id == user.pk,
        "moves": [_told(case, one) for one in moves_open_to(user, case)],
        "later": _later(case, user),
        "ahead": case.flow.ahead.split(),  # the moves that lead on, the last ones last
    }


def _told(case: Case, move: OpenMove) -> dict[str, Any]:
    to = _target(case, move.move)
    return _written(case.kind, move.name, move.needs, move.takes, to, get_language() or "")


@lru_cache(maxsize=1000)
def _written(
    kind: str, name: str, needs: tuple[str, ...], takes: tuple[str, ...], to: str, language: str
) -> dict[str, Any]:
    move = OpenMove(get_flow(kind).move_of[name], needs, takes)
    return orjson.loads(encode(move_told(move, kind))) | {"to": to}


def _target(case: Case, move: Move) -> str:
    """Return the step a move leads to, as far as that is known before."""
    if move.target == STAY:
        return case.step
    if len(move.targets) > 1:
        return case.flow.choose[move.name](case)
    return move.targets[0]


def _later(case: Case, user: User) -> dict[str, list[dict[str, Any]]]:
    """Return the moves its holder may make in the steps that may follow, by step."""
    parts = parts_of(user, case) | DOERS
    found: dict[str, list[dict[str, Any]]] = {}
    ahead = list(_steps_after(case, parts, case.step))
    while ahead:
        step = ahead.pop()
        if step in found or step == case.step or step in case.flow.finals:
            continue
        found[step] = [
            told | {"to": step if move.target == STAY else told["to"]}
            for move in case.flow.moves_from(step)
            if parts & move.parts
            for told in [
                _told(case, OpenMove(move, needs_of(case, move), tuple(move.takes.split())))
            ]
        ]
        ahead += _steps_after(case, parts, step)
    return found


def _steps_after(case: Case, parts: Any, step: str) -> Iterator[str]:
    for move in case.flow.moves_from(step):
        if move.parts & DOERS and parts & move.parts and move.target != STAY:
            yield _target(case, move)
