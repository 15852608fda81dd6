"""Common findings, and the self-checks of peer units."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions, queries
from ..models import Finding, FindingGroup, SelfCheck
from .shapes import Cursor, Limit, Photos, photos_of

router = Router()
OrgKind = Literal["party", "government", "department", "community", "team", "unit"]


class FindingGroupOut(Schema):
    id: str
    title: str
    text: str
    kind: str
    why: str
    region: str
    findings: int
    unsettled: int
    asked: int = Field(description="units asked to check themselves")
    answered: int


class FindingGroupPage(Schema):
    items: list[FindingGroupOut]
    next: str | None


class FindingGroupIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=120)
    text: str = Field("", max_length=2000)
    why: str = Field("", max_length=300)
    findings: list[UUID] = Field(min_length=2, max_length=200)


class SelfCheckRoundIn(BaseModel):
    """Which peer units look at themselves: those of a kind (and field) in an area."""

    model_config = ConfigDict(extra="forbid")

    region: str = Field(max_length=20, description="code")
    org_kind: OrgKind
    sector: str = Field("", max_length=16)
    text: str = Field(max_length=2000)
    due_on: date


class SelfCheckRoundOut(Schema):
    id: str
    due_on: date
    asked: int


class SelfCheckOut(Schema):
    id: int
    round: str
    title: str
    text: str
    unit: str
    due_on: date
    answer: Literal["", "has", "has_not"]
    said: str
    checked_on: date | None
    finding: str | None


class SelfChecks(Schema):
    items: list[SelfCheckOut]


class SelfCheckIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    has: bool
    text: str = Field(max_length=500)
    checked_on: date
    photos: Photos


def _group(one: Any) -> dict[str, Any]:
    return {
        "id": str(one.pk), "title": one.title, "text": one.text,
        "kind": one.kind.code if one.kind else "", "why": one.why, "region": one.region.code,
        "findings": one.n, "unsettled": one.unsettled, "asked": one.asked,
        "answered": one.answered,
    }  # fmt: skip


def _check(one: SelfCheck) -> dict[str, Any]:
    return {
        "id": one.pk, "round": str(one.round_id), "title": one.round.group.title,
        "text": one.round.text, "unit": one.org.name, "due_on": one.round.due_on,
        "answer": one.answer, "said": one.text, "checked_on": one.checked_on,
        "finding": str(one.finding_id) if one.finding_id else None,
    }  # fmt: skip


@router.get("/groups", response=FindingGroupPage, summary="Common findings a person confirmed")
def list_groups(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Of the land I oversee, newest first, with how the self-checks stand."""
    rows = queries.groups_of(FindingGroup.objects.visible_to(request.auth)).order_by("-pk")
    page, following = queries.uuid_page(rows, cursor, limit)
    return reply({"items": [_group(one) for one in page], "next": following or None})


@router.post("/groups", response={201: FindingGroupOut}, summary="Confirm a common finding")
def make_group(request: SignedIn, body: FindingGroupIn) -> HttpResponse:
    """A finding stands in one group: a retry is refused and makes none."""
    rows = list(Finding.objects.visible_to(request.auth).filter(pk__in=body.findings))
    if len(rows) < len(set(body.findings)):
        raise NotFound(_("有问题没有找到，或您看不到它。"))
    made = actions.make_group(
        title=body.title, text=body.text, why=body.why, findings=rows, at=now(), by=request.auth
    )
    groups = queries.groups_of(FindingGroup.objects.visible_to(request.auth))
    return reply(_group(groups.get(pk=made.pk)), 201)


@router.post(
    "/groups/{uuid:id}/self-checks",
    response={201: SelfCheckRoundOut},
    summary="Ask all peer units to check themselves",
)
def start(request: SignedIn, id: UUID, body: SelfCheckRoundIn, key: IdempotencyKey) -> HttpResponse:
    """Units it was found at are left out. A retry with the same key asks once."""
    group = FindingGroup.objects.visible_to(request.auth).filter(pk=id).first()
    if group is None:
        raise NotFound(_("没有找到这个共性问题，或您看不到它。"))
    made = actions.start_self_check(
        group, region=region_of(get_land(body.region)), org_kind=body.org_kind,
        sector=body.sector, text=body.text, due_on=body.due_on, key=key or "", at=now(),
        by=request.auth,
    )  # fmt: skip
    told = {"id": str(made.pk), "due_on": made.due_on, "asked": made.checks.count()}
    return reply(told, 201)


@router.get("/self-checks", response=SelfChecks, summary="Self-checks asked of my units")
def list_checks(request: SignedIn) -> HttpResponse:
    """Those that wait first, the nearest day first; then the last hundred answered."""
    rows = queries.checks_asked_of(SelfCheck.objects.visible_to(request.auth), request.auth)
    return reply({"items": [_check(one) for one in rows]})


@router.post("/self-checks/{int:id}/answer", response=SelfCheckOut, summary="Answer for one's unit")
def answer(request: SignedIn, id: int, body: SelfCheckIn) -> HttpResponse:
    """With photos; a unit that has the problem gets a finding of its own. An answer stands."""
    rows = SelfCheck.objects.visible_to(request.auth).select_related("round__group", "org")
    check = rows.filter(pk=id).first()
    if check is None:
        raise NotFound(_("没有找到这项自查，或不由您报送。"))
    done = actions.answer_self_check(
        check, has=body.has, text=body.text, checked_on=body.checked_on,
        photos=photos_of(request.auth, body.photos), at=now(), by=request.auth,
    )  # fmt: skip
    return reply(_check(done))
