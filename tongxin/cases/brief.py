"""What programs are told of a case: where it stands, and what the caller may do now."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from orjson import Fragment
from pydantic import Field

from tongxin.ui.wire import encode

from .flow import NEEDS, get_flow
from .models import Case
from .queries import OpenMove, moves_open_to

# What kind of value meets a need, and which kinds of photo.
TYPES = {
    "note": "text",
    "cause": "text",
    "plan": "text",
    "photo": "evidence",
    "before_after": "evidence",
    "receipt": "evidence",
    "signature": "evidence",
    "place": "place",
    "holder": "user",
    "handler": "org",
    "queue": "users",
    "until": "datetime",
    "topic": "topic",
    "region": "region",
    "stars": "stars",
    "tags": "texts",
    "minutes": "integer",
    "amount": "number",
    "reached": "boolean",
    "solved": "boolean",
    "leader": "case",
}
KINDS = {
    "photo": ["photo", "after"],
    "before_after": ["before", "after"],
    "receipt": ["receipt"],
    "signature": ["signature"],
}


class Need(Schema):
    name: str
    label: str
    type: str = Field(
        description="text, evidence, place, user, org, users, datetime, topic, region, stars, "
        "texts, integer, number, boolean, case, or one_of"
    )
    kinds: list[str] | None = Field(None, description="of evidence: the kinds that meet the need")
    one_of: list[Need] | None = None


class OpenMoveOut(Schema):
    name: str
    label: str
    needs: list[Need] = Field(description="all must be handed in")
    takes: list[Need] = Field(description="may be handed in as well; nothing else is taken")


class CaseBrief(Schema):
    """Where a case stands, and what the caller may do now."""

    id: UUID
    number: str
    kind: str
    step: str
    step_label: str
    title: str
    card: Literal["", "yellow", "red"]
    is_late: bool = Field(description="once late, late for good")
    due_at: datetime | None
    closed_at: datetime | None
    length: int = Field(description="events so far: hand it back as `expect`")
    holder_id: int | None
    handler_id: int | None
    offeree_id: int | None
    moves: list[OpenMoveOut]


def in_brief(case: Case, actor) -> dict[str, Any]:
    """Return where a case stands and the moves open to the actor; asks no database."""
    return {
        "id": case.pk,
        "number": case.number,
        "kind": case.kind,
        "step": case.step,
        "step_label": case.flow.step_of[case.step].label,
        "title": case.title,
        "card": case.card,
        "is_late": case.is_late,
        "due_at": case.due_at,
        "closed_at": case.closed_at,
        "length": case.length,
        "holder_id": case.holder_id,
        "handler_id": case.handler_id,
        "offeree_id": case.offeree_id,
        "moves": [move_told(move, case.kind) for move in moves_open_to(actor, case)],
    }


def move_told(move: OpenMove, kind: str) -> Fragment:
    """Return a move with what it needs and takes, as finished JSON."""
    return _written(kind, move.name, move.needs, move.takes, get_language() or "")


@lru_cache(maxsize=1000)
def _written(
    kind: str, name: str, needs: tuple[str, ...], takes: tuple[str, ...], language: str
) -> Fragment:
    """Return a move as finished JSON: its dozen of words are translated once, not at every answer."""
    told = {
        "name": name,
        "label": get_flow(kind).move_of[name].label,
        "needs": [_need(word) for word in needs],
        "takes": [_need(word) for word in takes],
    }
    return Fragment(encode(told))


def _need(word: str) -> dict[str, Any]:
    if "|" in word:
        choices = [_need(choice) for choice in word.split("|")]
        return {"name": word, "label": _("其中一项"), "type": "one_of", "one_of": choices}
    told = {"name": word, "label": NEEDS[word], "type": TYPES[word]}
    return told | ({"kinds": KINDS[word]} if word in KINDS else {})
