"""The keeping of papers over HTTP: what is due, what a person decides, what people did."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.ui.paging import listed
from tongxin.ui.wire import reply

from .. import actions, queries
from ..models import Retention

router = Router(tags=["documents"])

Cursor = Annotated[str, Query(max_length=40, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]


class RetentionOut(Schema):
    id: int
    document: UUID
    number: str
    title: str
    kind: str = Field(description="archive: due for the archive; expired: its time is over")
    due_on: date
    decision: str = Field(description="empty: waits; archived, extended, kept, destroy")
    reason: str
    kept_until: date | None = Field(description="null: not archived yet, or for ever")
    decided_at: datetime | None
    destroyed_on: date | None
    witnesses: str
    verbs: list[str] = Field(description="what you may do now: archive, decide, note")


class RetentionPage(Schema):
    items: list[RetentionOut]
    next: str | None


class RetentionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["archived", "extended", "kept", "destroy", "destroyed"]
    reason: str = Field("", max_length=600)
    years: Annotated[int, Field(ge=0, le=30)] | None = Field(
        None, description="archived: 10, 30, 0 for ever, null as its kind; extended: 10, 20, 30"
    )
    box: str = Field("", max_length=120)
    on: date | None = Field(None, description="destroyed: the day people did")
    witnesses: str = Field("", max_length=120, description="destroyed: two at least")


def _retention(request: SignedIn, row: Retention) -> dict[str, Any]:
    names = ("kind", "due_on", "decision", "reason", "decided_at", "destroyed_on", "witnesses")
    return {name: getattr(row, name) for name in names} | {
        "id": row.pk, "document": row.document_id, "number": str(row.document.number),
        "title": row.document.title, "kept_until": row.document.kept_until,
        "verbs": queries.verbs_of(request.auth, row),
    }  # fmt: skip


@router.get("/retention", response=RetentionPage, summary="Papers whose keeping is to be decided")
def list_retention(
    request: SignedIn,
    state: Literal["archive", "expired", "destroy", "done"] = "archive",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> HttpResponse:
    """The worker lists what is due; a person decides; nothing is destroyed by the software."""
    rows = queries.retentions(request.auth, state)
    return reply(listed(rows, cursor, limit, lambda row: _retention(request, row)))


@router.post("/retention/{int:id}", response=RetentionOut, summary="Decide on the keeping of one")
def decide_retention(request: SignedIn, id: int, body: RetentionIn) -> HttpResponse:
    """Archived by the unit's desk; kept on or destroyed as a head of the unit decides, once."""
    seen = Retention.objects.visible_to(request.auth)
    row = seen.filter(pk=id).first()
    if row is None:
        raise NotFound(_("没有找到这份公文，或您看不到它。"))
    by: dict[str, Any] = {"by": request.auth, "at": now()}
    if body.decision == "archived":
        actions.archive_papers([row], box=body.box, years=body.years, **by)
    elif body.decision == "destroyed":
        if body.on is None:
            raise Invalid(_("请填写销毁日期。"), field="on")
        actions.note_destroyed(row, on=body.on, witnesses=body.witnesses, **by)
    else:
        actions.decide_expired(
            row, decision=body.decision, reason=body.reason, years=body.years, **by
        )
    return reply(_retention(request, seen.select_related("document__number__register").get(pk=id)))
