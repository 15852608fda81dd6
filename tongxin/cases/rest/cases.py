"""Pages of cases, one case, its timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import AwareDatetime, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotPermitted
from tongxin.kit.text import clean_text, mask_name
from tongxin.regions.queries import calendar_for, get_land, place_name, world
from tongxin.ui.wire import reply

from ..actions.outbox import CARDS
from ..brief import in_brief
from ..clocks import arithmetic, left_in_words
from ..lists import Wanted, page_of
from ..models import Case, Event
from ..queries import as_seen_by, dot_line, is_insider, topic_of
from ..sight import sees
from ..store import Around
from .evidence import evidence_told
from .router import CaseId, get_case, get_case_and_around, router
from .shapes import CaseDetail, CasePage, Code, EventPage

EVENTS_A_PAGE = 200


class Filters(Schema):
    kind: str = Field(
        "", max_length=20, description="request, wish, whistle, whistle_call, follow_up"
    )
    step: str = Field("", max_length=20)
    state: Literal["open", "closed", "all"] = "all"
    box: Literal["", "mine", "held", "offered", "handled", "hall", "to_verify"] = Field(
        "",
        description="mine: I reported; held: I do; offered: to me; handled: by my organisation; "
        "hall: for the taking; to_verify: waits for my verdict",
    )
    region: Code | None = Field(None, description="code of a region; what lies inside it")
    topic: Code | None = Field(None, description="code of a topic")
    card: Literal["", "yellow", "red"] = ""
    late: bool | None = Field(None, description="once late")
    since: AwareDatetime | None = Field(None, description="opened at or after")
    until: AwareDatetime | None = Field(None, description="opened before")
    parent: str = Field("", max_length=40, description="id or number of the case they belong to")
    q: str = Field(
        "",
        max_length=60,
        description="a number, or words of the title (of the 20,000 newest the other filters leave)",
    )
    sort: Literal["new", "due"] = Field("new", description="due: what runs out first (open cases)")
    cursor: str = Field("", max_length=80, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=100)


@router.get("/cases", response=CasePage, summary="Cases I may see, newest first")
def list_cases(request: SignedIn, filters: Query[Filters]) -> HttpResponse:
    """One page; hand `next` back as `cursor` for the one after, with the same filters.

    What is seen: one's own cases, those of one's area and organisation, and the hall.
    """
    actor = request.auth
    parent = get_case(actor, filters.parent).pk if filters.parent else None
    wanted = Wanted(
        kind=clean_text(filters.kind, limit=20, field_label="kind"),
        step=clean_text(filters.step, limit=20, field_label="step"),
        state="open" if filters.sort == "due" else filters.state,
        box=filters.box,
        land=get_land(filters.region) if filters.region else None,
        topic=filters.topic or "",
        card=filters.card,
        late=filters.late,
        since=filters.since,
        until=filters.until,
        parent=parent,
        q=clean_text(filters.q, limit=60, field_label="q"),
        sort=filters.sort,
        cursor=filters.cursor,
        limit=filters.limit,
    )
    items, cursor = page_of(actor, wanted)
    return reply({"items": items, "next": cursor})


@router.get("/cases/{id}", response=CaseDetail, summary="One case")
def get_one_case(request: SignedIn, id: CaseId) -> HttpResponse:
    """Everything the caller may know of it, and in `moves` what they may do now."""
    case, around = get_case_and_around(request.auth, id)
    case = as_seen_by(request.auth, case)
    return reply(_detail(case, around, request.auth, now()))


@router.get("/cases/{id}/events", response=EventPage, summary="The timeline of a case")
def list_events(
    request: SignedIn,
    id: CaseId,
    cursor: int = Query(0, ge=0, lt=2**31, description="`next` of the page before"),
) -> HttpResponse:
    """Who did what when, each event chained to the one before by its hash; oldest first.

    Not for strangers who only see the case because it hangs in the hall.
    """
    case = get_case(request.auth, id)
    if not is_insider(request.auth, case):
        raise NotPermitted(_("只有提交人和办理人员可以查看办理经过。"))
    found = case.events.filter(seq__gte=cursor).select_related("actor").order_by("seq")
    rows = list(found[: EVENTS_A_PAGE + 1 + bool(cursor)])
    earlier = rows if cursor else [None, *rows]
    told = [_event(case, *pair) for pair in zip(rows[bool(cursor) :], earlier, strict=False)]
    page = told[:EVENTS_A_PAGE]
    more = str(page[-1]["seq"]) if len(told) > EVENTS_A_PAGE else None
    return reply({"items": page, "next": more})


def _event(case: Case, event: Event, earlier: Event | None) -> dict[str, Any]:
    took = None
    if earlier is not None:
        worked = calendar_for(case.area).between(earlier.at, max(event.at, earlier.at))
        took = int(worked.total_seconds() // 60)
    return event_told(case, event) | {"took": took}


def event_told(case: Case, event: Event) -> dict[str, Any]:
    move = case.flow.move_of.get(event.name)
    return {
        "seq": event.seq,
        "move": event.name,
        "label": move.label if move else CARDS.get(event.name, event.name),
        "source": event.source,
        "target": event.target,
        "target_label": case.flow.step_of[event.target].label,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "actor": {"id": event.actor_id, "name": event.actor.name} if event.actor else None,
        "note": event.note,
        "data": event.data,
        "prev": event.prev,
        "hash": event.hash,
    }


def _detail(case: Case, around: Around, actor, at: datetime) -> dict[str, Any]:
    inside = is_insider(actor, case)
    if case.topic_id:
        case.topic = topic_of(case.topic_id)
    land = world().by_id.get(case.region_id)
    return in_brief(case, actor) | {
        "text": case.text,
        "topic": {"code": case.topic.code, "name": case.topic.name} if case.topic else None,
        "region": {"code": land.code if land else "", "name": place_name(case.area)},
        "address": case.address,
        "lng": case.lng,
        "lat": case.lat,
        "reporter": _named(case.reporter_id, around.reporter, by_name=inside),
        "handler": _named(case.handler_id, around.handler),
        "holder": _named(case.holder_id, around.holder),
        "offeree": _named(case.offeree_id, around.offeree, by_name=inside),
        "parent": case.parent_id,
        "is_private": case.is_private,
        "is_fast": case.is_fast,
        "asked": case.asked,
        "opened_at": case.opened_at,
        "stepped_at": case.stepped_at,
        "clock": _clock(case, at),
        "line": dot_line(case, at=at),
        "children": _children(case, actor) if around.has_children else [],
        "evidence": evidence_told(case, inside) if around.has_evidence else [],
        "details": case.flow.details(case) if case.flow.details else {},
    }


def _named(pk: int | None, name: str | None, *, by_name: bool = True) -> dict[str, Any] | None:
    if pk is None:
        return None
    return {"id": pk, "name": name if by_name else mask_name(name or "")}


def _clock(case: Case, at: datetime) -> dict[str, Any]:
    return {
        "norm": case.norm,
        "due_at": case.due_at,
        "until": case.until,
        "left": left_in_words(case, at=at),
        "sentence": arithmetic(case).get("sentence", ""),
    }


def _children(case: Case, actor) -> list[dict[str, Any]]:
    return [
        {
            "id": child.pk,
            "number": child.number,
            "kind": child.kind,
            "step": child.step,
            "step_label": child.flow.step_of[child.step].label,
            "title": child.title,
            "handler": _named(child.handler_id, child.handler.name if child.handler else None),
            "due_at": child.due_at,
            "is_late": child.is_late,
        }
        for child in case.children.select_related("handler").order_by("opened_at", "number")
        if sees(actor, child)
    ]
