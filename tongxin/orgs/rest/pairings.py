"""Good units beside lagging ones as JSON: who helps whom, what came of it, whom one might pair."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from ninja import Path, Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.ui.paging import page_of
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Org, UnitPairing
from .orgs import OrgRef
from .router import router

PairingId = Annotated[int, Path(ge=1, lt=2**63)]
DatabaseId = Annotated[int, Field(ge=1, lt=2**63)]


class UnitPairingOut(Schema):
    id: int
    good: OrgRef
    lagging: OrgRef
    goals: str
    from_date: date
    to_date: date | None
    outcome: str
    facts: list[str] = Field(
        description="what the lagging unit's book counts before and since, kind by kind; no score"
    )


class UnitPairingPage(Schema):
    items: list[UnitPairingOut]
    next: str | None


class PairingChoice(Schema):
    good: OrgRef
    reason: str


class PairingSuggestion(Schema):
    lagging: OrgRef
    choices: list[PairingChoice] = Field(description="nearest in field and place first")


class PairingSuggestions(Schema):
    items: list[PairingSuggestion]


class UnitPairingIn(BaseModel):
    """A good unit set beside a lagging one, both rated this year or last."""

    model_config = ConfigDict(extra="forbid")

    good: DatabaseId
    lagging: DatabaseId
    goals: str = Field(max_length=600)
    on: date


class PairingEndIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: date
    outcome: str = Field(max_length=600)


@router.get(
    "/unit-pairings",
    response=UnitPairingPage,
    tags=["unit ratings"],
    summary="Good units beside lagging ones",
)
def list_unit_pairings(
    request: SignedIn,
    state: Literal["open", "over", "any"] = "open",
    cursor: int = Query(0, ge=0, lt=2**63, description="`next` of the page before"),
    limit: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Newest first, of which the caller reads either side, each with its facts."""
    rows = _pairings(request)
    if state != "any":
        rows = rows.filter(to_date__isnull=state == "open")
    found, following = page_of(rows, cursor, limit)
    return reply({"items": _told(found), "next": following or None})


@router.get(
    "/unit-pairings/suggestions",
    response=PairingSuggestions,
    tags=["unit ratings"],
    summary="Who might help whom",
)
def suggest_pairings(request: SignedIn) -> HttpResponse:
    """For lagging units nobody is set beside yet, whose registers the caller keeps: up to three
    good ones each, with the reason. Nothing is decided by this.
    """
    found = queries.suggested_pairings(request.auth, on=localdate())
    return reply({"items": [_suggestion(one) for one in found]})


@router.post(
    "/unit-pairings",
    response={201: UnitPairingOut},
    tags=["unit ratings"],
    summary="Set a good unit beside a lagging one",
)
def pair_units(request: SignedIn, body: UnitPairingIn) -> HttpResponse:
    """For who keeps the registers above both; both are told."""
    made = actions.pair_units(
        good=_side(request, body.good, "good"),
        lagging=_side(request, body.lagging, "lagging"),
        goals=body.goals,
        on=body.on,
        at=now(),
        by=request.auth,
    )
    return reply(_told([made])[0], status=201)


@router.post(
    "/unit-pairings/{id}/end",
    response=UnitPairingOut,
    tags=["unit ratings"],
    summary="End a pairing",
)
def end_unit_pairing(request: SignedIn, id: PairingId, body: PairingEndIn) -> HttpResponse:
    """With what came of it, in words."""
    actions.unpair_units(
        pairing=_pairing(request, id), on=body.on, outcome=body.outcome, at=now(), by=request.auth
    )
    return reply(_told([_pairing(request, id)])[0])


def _pairings(request: SignedIn) -> QuerySet[UnitPairing]:
    rows = UnitPairing.objects.visible_to(request.auth)
    return rows.select_related("good", "lagging__parent")


def _pairing(request: SignedIn, pk: int) -> UnitPairing:
    found = _pairings(request).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这次结对，或您看不到它。"))
    return found


def _side(request: SignedIn, pk: int, field: str) -> Org:
    rows = Org.objects.visible_to(request.auth).select_related("region", "parent")
    unit = rows.filter(pk=pk).first()
    if unit is None:
        raise NotFound(_("没有找到这个党组织，或您看不到它。"), field=field)
    return unit


def _ref(unit: Org) -> dict[str, Any]:
    return {"id": unit.pk, "name": unit.name}


def _told(rows: list[UnitPairing]) -> list[dict[str, Any]]:
    return [
        {
            **{name: getattr(effect.pairing, name) for name in FACTS},
            "good": _ref(effect.pairing.good),
            "lagging": _ref(effect.pairing.lagging),
            "facts": effect.sentences,
        }
        for effect in queries.effects(rows, on=localdate())
    ]


FACTS = ("id", "goals", "from_date", "to_date", "outcome")


def _suggestion(one: queries.Suggestion) -> dict[str, Any]:
    choices = [{"good": _ref(choice.good), "reason": choice.reason} for choice in one.choices]
    return {"lagging": _ref(one.lagging), "choices": choices}
