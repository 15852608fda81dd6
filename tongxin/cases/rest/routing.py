"""The routing rules as JSON: the table in force, and why a case goes where it goes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Path, Query, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, NotPermitted
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import get_land
from tongxin.ui.wire import reply

from .. import routing
from ..models import RoutingRuleSet, Topic
from ..models.routing import READERS
from ..queries import parts_of, source_of, topic_by_code, topic_of
from .router import CaseId, get_case, router

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,18}$")]


class Named(Schema):
    id: int
    name: str


class RuleOut(Schema):
    code: str
    when: str = Field(description="the conditions in words")
    topic: str | None = Field(description="name; null for any")
    category: str | None
    place: str | None = Field(description="null for the whole district")
    hours: str = Field(description='"", working, off, workday, rest_day')
    lane: str = Field(description='"", fast, ordinary')
    sources: list[str]
    target: str = Field(description="org, desk, community, team, street, district")
    handler_id: int | None
    mode: str
    is_direct: bool
    backstop: str
    backstop_id: int | None
    specificity: list[int] = Field(description="matter, place, lane, hours, source; larger first")


class RuleSetOut(Schema):
    id: int
    district: str
    number: int
    state: str
    effective_from: datetime | None
    effective_to: datetime | None
    reason: str
    is_sample: bool


class RuleSetPage(Schema):
    items: list[RuleSetOut]
    next: str | None


class RuleSetWhole(RuleSetOut):
    rules: list[RuleOut] = Field(description="in the order in which they are tried")


class ConsideredOut(Schema):
    code: str
    when: str
    verdict: str = Field(description="chosen, fits (but another is more specific), no")
    why: str


class ChoiceOut(Schema):
    rule: str
    handler: Named | None = Field(description="null: the community's desk dispatches")
    mode: str
    is_direct: bool
    backstops: list[Named]
    why: str


class Explained(Schema):
    ruleset: int | None = Field(description="number of the version; null without one in force")
    choice: ChoiceOut | None
    considered: list[ConsideredOut]


class AskIn(BaseModel):
    """A case as it might come in."""

    model_config = ConfigDict(extra="forbid")

    region: Code
    topic: Code | None = None
    source: str = Field("", max_length=20, description="channel: web, desk, hotline, …")
    is_fast: bool = False
    at: AwareDatetime | None = Field(None, description="default: now")


@router.get("/routing/rulesets", response=RuleSetPage, summary="Versions of the routing rules")
def list_rule_sets(
    request: SignedIn,
    cursor: int | None = Query(None, ge=1, lt=2**63),
    limit: int = Query(20, ge=1, le=100),
) -> HttpResponse:
    """Published ones of the districts where the caller works, latest first."""
    found = _sets(request).order_by("-pk")
    if cursor:
        found = found.filter(pk__lt=cursor)
    page = list(found[: limit + 1])
    following = str(page[limit - 1].pk) if len(page) > limit else None
    return reply({"items": [_set_told(one) for one in page[:limit]], "next": following})


@router.get("/routing/rulesets/{id}", response=RuleSetWhole, summary="One version with its rules")
def get_rule_set(request: SignedIn, id: Annotated[int, Path(ge=1, lt=2**63)]) -> HttpResponse:
    """Conditions and effects of every rule; published versions only, whichever is in force now."""
    ruleset = _sets(request).filter(pk=id).first()
    if ruleset is None:
        raise NotFound(_("没有找到这一版规则，或您看不到它。"))
    table = routing.read_table(ruleset.pk, ruleset.region.path, ruleset.number)
    return reply(_set_told(ruleset) | {"rules": [_rule_told(rule) for rule in table.rules]})


@router.post("/routing/explain", response=Explained, summary="Where such a case would go, and why")
def explain_made_up(request: SignedIn, body: AskIn) -> HttpResponse:
    """Look at every rule of the table in force then. Changes nothing; for who works in the district."""
    land = get_land(body.region)
    if not _works_near(request, land.path):
        raise NotPermitted(_("只有在本区工作的人员可以查看流转规则。"))
    topic: Topic | None = topic_by_code(body.topic) if body.topic else None
    asked = routing.Asked.of(
        area=land.path, at=body.at or now(), topic=topic, source=body.source, is_fast=body.is_fast
    )
    return reply(_explained(asked))


@router.get("/cases/{id}/route", response=Explained, summary="Why a case went where it went")
def explain_case(request: SignedIn, id: CaseId) -> HttpResponse:
    """Look at every rule of the table in force when it came in; for who works on it or over it."""
    case = get_case(request.auth, id)
    if not request.auth.is_superuser and not parts_of(request.auth, case) & (
        READERS | {"handler_org"}
    ):
        raise NotPermitted(_("只有在本区工作的人员可以查看流转规则。"))
    topic = topic_of(case.topic_id) if case.topic_id else None
    asked = routing.Asked.of(
        area=case.area, at=case.opened_at, topic=topic, source=source_of(case),
        is_fast=case.is_fast,
    )  # fmt: skip
    return reply(_explained(asked))


def _sets(request: SignedIn):
    found = RoutingRuleSet.objects.visible_to(request.auth).filter(state="published")
    return found.select_related("region")


def _works_near(request: SignedIn, path: str) -> bool:
    """Say whether the actor works on that land, above it or in the same district."""
    district = "/".join(path.split("/")[:2]) + "/"
    posts = [post.path for post in posts_of(request.auth) if post.role in READERS]
    near = any(one.startswith(district) or district.startswith(one) for one in posts)
    return request.auth.is_superuser or near


def _set_told(one: RoutingRuleSet) -> dict[str, Any]:
    return {
        "id": one.pk,
        "district": one.region.code,
        "number": one.number,
        "state": one.state,
        "effective_from": one.effective_from,
        "effective_to": one.effective_to,
        "reason": one.reason,
        "is_sample": one.is_sample,
    }


def _rule_told(rule: routing.Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "when": rule.when(),
        "topic": rule.topic_name or None,
        "category": rule.category_name or None,
        "place": rule.place or None,
        "hours": rule.hours,
        "lane": rule.lane,
        "sources": sorted(rule.sources),
        "target": rule.target,
        "handler_id": rule.handler,
        "mode": rule.mode,
        "is_direct": rule.is_direct,
        "backstop": rule.backstop,
        "backstop_id": rule.backstop_org,
        "specificity": list(rule.specificity),
    }


def _explained(asked: routing.Asked) -> dict[str, Any]:
    considered, choice = routing.explain(asked)
    table = routing.table_at(asked.area, asked.at)
    return {
        "ruleset": table.number if table else None,
        "choice": routing.summary_of(choice) or None,
        "considered": [
            {"code": one.rule.code, "when": one.rule.when(), "verdict": one.verdict, "why": one.why}
            for one in considered
        ],
    }
