"""全文检索 over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import topic_by_code
from tongxin.regions.queries import get_land, place_name
from tongxin.ui.wire import reply

from . import queries
from .asking import MOST_CHARACTERS, understand
from .marking import around
from .models import Entry
from .queries import Narrowed

router = Router(tags=["searching"])
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,18}$")]


class SearchWanted(Schema):
    q: str = Field(
        max_length=MOST_CHARACTERS * 20,
        description=f'words (all of them), "a phrase", -without; at most {MOST_CHARACTERS} characters',
    )
    tab: Literal["cases", "documents"] = "cases"
    kind: str = Field(
        "",
        max_length=20,
        description="cases: request, wish, whistle, …; documents: log, meeting, disclosure, exemplar, topic",
    )
    step: str = Field("", max_length=20, description="of cases")
    topic: Code | None = Field(None, description="code of a topic")
    region: Code | None = Field(None, description="code of a region; what lies inside it")
    since: AwareDatetime | None = Field(None, description="opened or happened at or after")
    until: AwareDatetime | None = Field(None, description="before")
    cursor: str = Field("", max_length=20, description="`next` of the page before")


class Hit(Schema):
    kind: Literal["case", "log", "meeting", "disclosure", "exemplar", "topic"]
    id: UUID | int = Field(description="of the case or document")
    label: str = Field(description="number of a case, name of the unit of a document")
    title: str
    text: str = Field(description="what stands around the first hit")
    step: str = Field(description="of a case, as the index knows it: seconds behind")
    place: str
    at: datetime


class HitPage(Schema):
    items: list[Hit]
    next: str | None
    count: int = Field(description="on the first page: how many there are; never more than 100")
    is_more: bool = Field(description="there are more than `count`")


@router.get("", response=HitPage, summary="Search cases and documents, newest first")
def search(request: SignedIn, wanted: Query[SearchWanted]) -> HttpResponse:
    """Everything is checked against what the caller may see; what they may not is not counted."""
    asked = understand(wanted.q)
    narrowed = Narrowed(
        flow=wanted.kind,
        step=wanted.step,
        topic=topic_by_code(wanted.topic).pk if wanted.topic else None,
        area=get_land(wanted.region).path if wanted.region else "",
        since=wanted.since,
        until=wanted.until,
    )
    finders = {"cases": queries.find_cases, "documents": queries.find_documents}
    page = finders[wanted.tab](request.auth, asked, narrowed, cursor=wanted.cursor)
    items = [_hit(entry, asked.parts) for entry in page.entries]
    return reply(
        {
            "items": items,
            "next": page.cursor or None,
            "count": page.count,
            "is_more": page.is_more,
        }
    )


def _hit(entry: Entry, parts: tuple[str, ...]) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "id": entry.key,
        "label": entry.label,
        "title": entry.title,
        "text": around(entry.text, parts),
        "step": entry.step,
        "place": place_name(entry.area) if entry.area else "",
        "at": entry.at,
    }
