"""Surveys, groups and campaigns of items."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.timezone import now

from tongxin.accounts.queries import SignedIn
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions
from ..models import ItemCampaign, Questionnaire, ResidentGroup
from ..queries import surveys as surveyed
from ..queries.pledges import coverage_of
from .shapes import (
    Community,
    Cursor,
    ItemCoverageOut,
    Limit,
    QuestionnaireOutPage,
    ResidentGroupOutPage,
    SurveyAnsweredOut,
    SurveyAnswerIn,
    SurveyResultOut,
    community_of,
    no_key,
    one_of,
    router,
)


def _survey(one: Questionnaire) -> dict[str, Any]:
    names = ("id", "title", "wave", "state", "opens_on", "closes_on", "questions")
    return {name: getattr(one, name) for name in names} | {"region": one.region.code}


@router.get("/surveys", response=QuestionnaireOutPage, summary="Surveys of my land")
def list_surveys(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """For who looks after land, newest first."""
    rows = Questionnaire.objects.visible_to(request.auth).select_related("region")
    return reply(listed(rows, cursor, limit, _survey))


@router.post("/surveys/answers", response={201: SurveyAnsweredOut}, summary="Answer by a token")
def answer(request: SignedIn, body: SurveyAnswerIn, key: IdempotencyKey) -> HttpResponse:
    """One answer a token, kept without who sent it; a used token is refused, and so is a key."""
    no_key(key)
    actions.answer_by_token(body.token, body.values, at=now())
    return reply({"kept": True}, 201)


@router.get("/surveys/{int:id}/results", response=SurveyResultOut, summary="Results with margins")
def survey_results(request: SignedIn, id: int) -> HttpResponse:
    """For everybody once published; for who looks after the land once it has ended. No free words."""
    rows = Questionnaire.objects.visible_to(request.auth) | Questionnaire.objects.public().filter(state="published")  # fmt: skip
    one = one_of(rows.select_related("region", "formula").distinct(), id)
    found = surveyed.results_of(one)
    names = ("n", "asked", "rate", "covered", "index", "questions", "places")
    return reply({n: getattr(found, n) for n in names} | {"trend": surveyed.trend_of(one)})


# Groups and campaigns.


@router.get("/groups", response=ResidentGroupOutPage, summary="Groups of a community")
def list_groups(
    request: SignedIn, community: Community, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """Mass groups, associations and groups of residents that stand."""
    rows = ResidentGroup.objects.public().filter(community=community_of(community).pk)
    return reply(listed(rows.select_related("community"), cursor, limit, _group))


def _group(one: ResidentGroup) -> dict[str, Any]:
    names = ("id", "kind", "name", "purpose", "people")
    return {name: getattr(one, name) for name in names} | {"community": one.community.code}


@router.get(
    "/campaigns/{int:id}", response=ItemCoverageOut, summary="How far a campaign of items is"
)
def get_campaign(request: SignedIn, id: int) -> HttpResponse:
    """By unit and item; small units are drawn together, nobody is named."""
    one = one_of(ItemCampaign.objects.visible_to(request.auth).select_related("org"), id)
    found = coverage_of(one)
    items = [
        {"code": i.code, "group": i.group, "text": i.text, "picked": i.picked, "done": i.done}
        for i in found["items"]
    ]
    names = ("total", "units", "small")
    told = {name: found[name] for name in names}
    return reply({"id": one.pk, "name": one.name, "state": one.state, "items": items} | told)
