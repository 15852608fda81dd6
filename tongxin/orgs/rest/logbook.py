"""The book of a unit's year as JSON, with what its chain says."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from ninja import Path, Query, Schema
from pydantic import Field

from tongxin.accounts.queries import SignedIn
from tongxin.ui.wire import reply

from .. import queries
from .router import router


class LogEntryOut(Schema):
    seq: int
    kind: str
    text: str
    at: datetime
    recorded_at: datetime
    actor: str | None
    hash: str


class BookOut(Schema):
    unit: int
    year: int
    count: int
    head: str = Field(description="hash of the last entry: whoever keeps it can prove a change")
    broken: int | None = Field(description="number of the first entry that was altered, if any")
    items: list[LogEntryOut]
    next: str | None = Field(description="cursor of the next page; null on the last one")


@router.get("/units/{id}/log", response=BookOut, summary="The life log of a unit's year")
def read_log(
    request: SignedIn,
    id: Annotated[int, Path(ge=1, lt=2**63, description="the unit's id")],
    year: int = Query(0, ge=0, le=2100, description="default: this year"),
    cursor: int = Query(0, ge=0, lt=2**31, description="`next` of the page before"),
    limit: int = Query(100, ge=1, le=500),
) -> HttpResponse:
    """Oldest first. For who reads the registers of the unit, or looks over its land."""
    unit = get_object_or_404(queries.book_units(request.auth), pk=id)
    book = queries.open_book(unit, year or localdate().year)
    rest = [entry for entry in book.entries if entry.seq > cursor]
    page = rest[:limit]
    return reply(
        {
            "unit": unit.pk,
            "year": book.year,
            "count": len(book.entries),
            "head": book.head,
            "broken": book.broken.seq if book.broken else None,
            "items": [
                {
                    "seq": entry.seq,
                    "kind": entry.kind,
                    "text": entry.text,
                    "at": entry.at,
                    "recorded_at": entry.recorded_at,
                    "actor": entry.actor.name if entry.actor else None,
                    "hash": entry.hash,
                }
                for entry in page
            ],
            "next": str(page[-1].seq) if len(rest) > limit else None,
        }
    )
