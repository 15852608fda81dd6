"""The API's idea of who asks, and what is theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from ninja import Router, Schema
from ninja.security import HttpBearer
from ninja.security.session import SessionAuth as NinjaSessionAuth
from pydantic import Field

from . import actions, queries
from .models import Notice, User
from .queries import SignedIn

router = Router(tags=["me"])


class TokenAuth(HttpBearer):
    """`Authorization: Bearer tx_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = queries.user_of_token(token, now())
        if user is not None:
            request.user = user
        return user


class SessionAuth(NinjaSessionAuth):
    """The signed-in session of our own pages; a write needs their CSRF token (header X-CSRFToken)."""

    def __call__(self, request: HttpRequest) -> Any:
        # Only somebody signed in can be tricked; everybody else is told to sign in (401, not 403).
        return super().__call__(request) if request.user.is_authenticated else None


class NoticeOut(Schema):
    id: int
    at: datetime
    title: str
    text: str
    url: str
    read_at: datetime | None


class NoticePage(Schema):
    items: list[NoticeOut]
    next: str | None = Field(description="cursor of the next page; null on the last one")


@router.get("/me/notices", response=NoticePage, summary="My inbox, newest first")
def get_notices(request: SignedIn, cursor: str = ""):
    """What the caller was told; hand `next` back as `cursor` for the page after."""
    items, cursor = queries.inbox(request.auth, cursor)
    return {"items": items, "next": cursor or None}


@router.post("/me/notices/{notice_id}/read", response=NoticeOut, summary="Mark as read")
def read_notice(request: SignedIn, notice_id: int):
    """Doing it again changes nothing."""
    notice = get_object_or_404(Notice.objects.visible_to(request.auth), pk=notice_id)
    actions.read_notice(notice=notice, at=now())
    return notice
