"""Rounds of asking residents, and what units do together, for programs."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import Count
from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Router

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.ui.paging import listed
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions
from ..models import Consultation, JointActivity, Opinion
from .common import one_of, region_at
from .shapes import (
    ActivityAnswerIn,
    ActivityHeldIn,
    ConsultationClosedIn,
    ConsultationIn,
    ConsultationOut,
    ConsultationOutPage,
    Cursor,
    JointActivityIn,
    JointActivityOut,
    JointActivityOutPage,
    Limit,
    OpinionAnswerIn,
    OpinionIn,
    OpinionOut,
    OpinionOutPage,
)

router = Router(tags=["conferences"])


def _round(one: Consultation) -> dict[str, Any]:
    names = ("id", "title", "text", "from_date", "to_date", "closed_at", "summary")
    return {name: getattr(one, name) for name in names} | {
        "region": one.region.code, "opinions": one.n,  # type: ignore[attr-defined]
    }  # fmt: skip


def _rounds(request: SignedIn) -> Any:
    rows = Consultation.objects.visible_to(request.auth).select_related("region")
    return rows.annotate(n=Count("opinions"))


@router.get("/consultations", response=ConsultationOutPage, summary="Rounds of asking residents")
def list_consultations(request: SignedIn, cursor: Cursor = "", limit: Limit = 50) -> HttpResponse:
    """Those of one's land, newest first, with how many answered."""
    return reply(listed(_rounds(request), cursor, limit, _round))


@router.post("/consultations", response={201: ConsultationOut}, summary="Ask the residents")
def open_consultation(request: SignedIn, body: ConsultationIn, key: IdempotencyKey) -> HttpResponse:
    """By who acts for the place. A retry with a key asks once."""
    given = body.model_dump()
    region = region_at(given.pop("region"))
    made = actions.open_round(region=region, by=request.auth, at=now(), key=key, **given)
    return reply(_round(one_of(_rounds(request), made.pk)), 201)


@router.get("/consultations/{int:id}", response=ConsultationOut, summary="One round")
def get_consultation(request: SignedIn, id: int) -> HttpResponse:
    """With what came of it once it was closed."""
    return reply(_round(one_of(_rounds(request), id)))


@router.post("/consultations/{int:id}/close", response=ConsultationOut, summary="End a round")
def close_consultation(request: SignedIn, id: int, body: ConsultationClosedIn) -> HttpResponse:
    """With what residents said, in a summary."""
    one = one_of(_rounds(request), id)
    actions.close_round(consultation=one, by=request.auth, at=now(), **body.model_dump())
    return reply(_round(one_of(_rounds(request), id)))


def _opinion(one: Opinion) -> dict[str, Any]:
    names = ("id", "text", "at", "answer", "answered_at")
    return {name: getattr(one, name) for name in names} | {
        "consultation": one.consultation_id, "need": one.need_id,
    }  # fmt: skip


@router.get("/consultations/{int:id}/opinions", response=OpinionOutPage, summary="What was said")
def list_opinions(
    request: SignedIn, id: int, cursor: Cursor = "", limit: Limit = 50
) -> HttpResponse:
    """All to who acts for the place, one's own to a resident; never who said it."""
    rows = Opinion.objects.visible_to(request.auth).filter(consultation=id)
    return reply(listed(rows, cursor, limit, _opinion))


@router.post(
    "/consultations/{int:id}/opinions", response={201: OpinionOut}, summary="Answer a round"
)
def give_opinion(request: SignedIn, id: int, body: OpinionIn) -> HttpResponse:
    """Any resident, while it asks; the same words of the same person are kept once."""
    one = one_of(Consultation.objects.public(), id)
    made = actions.give_opinion(consultation=one, text=body.text, by=request.auth, at=now())
    return reply(_opinion(made), 201)


@router.post("/opinions/{int:id}/answer", response=OpinionOut, summary="Answer an opinion")
def answer_opinion(request: SignedIn, id: int, body: OpinionAnswerIn) -> HttpResponse:
    """In words, or (`need`) by putting it on the list of needs; the resident is told."""
    rows = Opinion.objects.visible_to(request.auth)
    given = body.model_dump(exclude_none=True)
    done = actions.adopt_opinion(opinion=one_of(rows, id), by=request.auth, at=now(), **given)
    return reply(_opinion(done))


def _activity(one: JointActivity) -> dict[str, Any]:
    names = ("id", "title", "text", "series", "place", "starts_at", "ends_at", "state",
             "residents", "result")  # fmt: skip
    return {name: getattr(one, name) for name in names} | {
        "region": one.region.code, "host": one.host_id, "host_name": one.host.name,
        "parts": [
            {"org": part.org_id, "name": part.org.name, "answer": part.answer,
             "people": part.people, "brings": part.brings}
            for part in one.parts.all()
        ],
    }  # fmt: skip


def _activities(request: SignedIn) -> Any:
    rows = JointActivity.objects.visible_to(request.auth).select_related("region", "host")
    return rows.prefetch_related("parts__org")


@router.get("/activities", response=JointActivityOutPage, summary="What units do together")
def list_activities(
    request: SignedIn,
    state: Literal["", "planned", "held", "cancelled"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """Those of one's land, and those one's units were asked to."""
    rows = _activities(request)
    return reply(listed(rows.filter(state=state) if state else rows, cursor, limit, _activity))


@router.post("/activities", response={201: JointActivityOut}, summary="Plan a shared activity")
def plan_activity(request: SignedIn, body: JointActivityIn, key: IdempotencyKey) -> HttpResponse:
    """By who acts for the host; each unit is asked. A retry with a key plans one."""
    given = body.model_dump()
    orgs = Org.objects.public().in_bulk([given["host"], *given["orgs"]])
    if missing := {given["host"], *given["orgs"]} - orgs.keys():
        raise NotFound(_("没有找到组织 %d。") % min(missing), field="orgs")
    host, asked = orgs[given.pop("host")], [orgs[pk] for pk in given.pop("orgs")]
    made = actions.plan_activity(
        region=region_at(given.pop("region")), host=host, orgs=asked, by=request.auth, at=now(),
        key=key, **given,
    )  # fmt: skip
    return reply(_activity(one_of(_activities(request), made.pk)), 201)


@router.get("/activities/{int:id}", response=JointActivityOut, summary="One shared activity")
def get_activity(request: SignedIn, id: int) -> HttpResponse:
    """With each unit's answer."""
    return reply(_activity(one_of(_activities(request), id)))


@router.post(
    "/activities/{int:id}/answer", response=JointActivityOut, summary="Answer for one's unit"
)
def answer_activity(request: SignedIn, id: int, body: ActivityAnswerIn) -> HttpResponse:
    """Whether it comes, with how many people, and what it brings."""
    given = body.model_dump()
    one = one_of(_activities(request), id)
    part = one.parts.filter(org=given.pop("org")).first()
    if part is None:
        raise NotFound(_("没有邀请这个单位。"), field="org")
    actions.answer_activity(part=part, by=request.auth, at=now(), **given)
    return reply(_activity(one_of(_activities(request), id)))


@router.post("/activities/{int:id}/hold", response=JointActivityOut, summary="Say it was held")
def hold_activity(request: SignedIn, id: int, body: ActivityHeldIn) -> HttpResponse:
    """By who acts for the host, once; it enters the year's book of every unit that came."""
    one = one_of(_activities(request), id)
    actions.hold_activity(activity=one, by=request.auth, at=now(), **body.model_dump())
    return reply(_activity(one_of(_activities(request), id)))
