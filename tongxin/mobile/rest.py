"""The door of the phone: a bundle out, batches and photos in (docs/field-sync.md)."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import BaseModel, ConfigDict, Field

from tongxin.accounts.queries import SignedIn, digest
from tongxin.kit.errors import NotFound, Refused
from tongxin.ui.paging import listed
from tongxin.ui.wire import problem, reply

from . import actions, queries
from .models import Device, FieldAction, IncomingPhoto

router = Router(tags=["mobile"])

MOST_BODY = 2 * 1024 * 1024  # as sent
MOST_UNPACKED = 8 * 1024 * 1024
PAGE = 50

State = Literal["done", "waiting", "refused", "conflict"]


class OtherUser(Refused):
    """The phone keeps what somebody else did; it is sent in their name only."""


class AboutOut(Schema):
    title: str = ""
    url: str = ""
    number: str = ""


class ResultOut(Schema):
    """What became of an action."""

    id: str
    state: State
    code: str = Field(description="the kind of refusal, for programs")
    sentence: str = Field(description="for the person who did it")
    field: str
    about: AboutOut
    kind: str
    at: datetime = Field(description="when it happened, by the server's clock")
    marks: list[str]
    warnings: list[str] = Field(description="the marks in words")
    wants: list[str] = Field(description="ids of the photos it was announced with, while it waits")


class ResultPage(Schema):
    items: list[ResultOut]
    next: str | None = Field(description="cursor of the next page; null on the last one")


class DeviceOut(Schema):
    id: UUID
    label: str
    state: Literal["new", "given", "returned", "lost"]
    sentence: str = ""


class SyncIn(BaseModel):
    """A batch as the phone kept it. What cannot be read in an action is kept, and refused by itself."""

    model_config = ConfigDict(extra="ignore")

    device: UUID | None = None
    app: str = Field("", max_length=20)
    user: int | None = Field(None, description="the id of whose outbox it is")
    sent_at: datetime | None = Field(None, description="the phone's clock as it sends")
    actions: list[Any] = Field(max_length=actions.MOST_ACTIONS)


class SyncOut(Schema):
    server_time: datetime
    skew_seconds: int = Field(description="by how much the server's clock is ahead of the phone's")
    device: DeviceOut | None
    results: list[ResultOut] = Field(description="in the order of the actions")


class FieldPhotoOut(Schema):
    id: UUID
    received: int
    size: int
    state: Literal["waiting", "kept", "refused"]
    sentence: str
    actions: list[ResultOut] = Field(description="what the last piece let happen")


def unpacked(run: Callable) -> Callable:
    """Unpack a body sent as gzip, up to a limit, before it is read."""

    @wraps(run)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        too_large = problem(413, "too_large", _("一次发送的内容太多，请分批发送。"))
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BODY:
            return too_large
        if request.headers.get("Content-Encoding", "").lower() == "gzip":
            unpack = zlib.decompressobj(wbits=31)
            try:
                body = unpack.decompress(request.body, MOST_UNPACKED)
            except zlib.error:
                return problem(400, "unreadable", _("压缩的内容不完整，请重新发送。"))
            if unpack.unconsumed_tail or not unpack.eof:
                return too_large if unpack.unconsumed_tail else problem(
                    400, "unreadable", _("压缩的内容不完整，请重新发送。")
                )  # fmt: skip
            request._body = body
        return run(request, *args, **kwargs)

    return wrapper


@router.get("/bundle", summary="What a phone needs for a day without a network")
def get_bundle(request: SignedIn, device: UUID | None = None) -> HttpResponse:
    """Grids, topics, visits, orders with their moves, results. `If-None-Match` spares the body."""
    at = now()
    phone = _device(request, device, at=at) if device else None
    told = queries.bundle_of(request.auth, device=phone, at=at)
    etag = f'"{told["version"]}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        csrf = "" if "HTTP_AUTHORIZATION" in request.META else get_token(request)
        response = reply({"server_time": at, "csrf": csrf, **told})
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


@router.post("/sync", response=SyncOut, summary="Send what was done, in the order it was done")
@decorate_view(unpacked)
def sync(request: SignedIn, body: SyncIn) -> HttpResponse:
    """Keep each action, then act on it once; a retry is answered as the first time.

    Each has its own outcome, so a batch is answered with 200 whatever becomes of its parts.
    """
    at, user = now(), request.auth
    if body.user is not None and body.user != user.pk:
        raise OtherUser(_("这些内容是另一位用户保存的，请由本人登录后发送。"), field="user")
    sent_at = body.sent_at
    known = sent_at is not None and sent_at.tzinfo is not None
    skew = round((at - sent_at).total_seconds()) if sent_at is not None and known else 0
    phone = _device(request, body.device, at=at, app=body.app, skew=skew) if body.device else None
    rows = actions.receive_batch(user=user, device=phone, items=body.actions, skew=skew, at=at)
    return reply(
        {
            "server_time": at,
            "skew_seconds": skew,
            "device": _told(phone),
            "results": [queries.as_result(row) for row in rows],
        }
    )


def _device(request: SignedIn, uid: UUID, *, at: datetime, app: str = "", skew: int = 0) -> Device:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    is_token = scheme.lower() == "bearer"
    session = "" if is_token else request.session.session_key or ""
    return actions.touch_device(
        uid=uid, user=request.auth, at=at, app=app, skew=max(-(2**31), min(2**31 - 1, skew)),
        agent=request.headers.get("User-Agent", "")[:400], session_key=session,
        token_digest=digest(token.strip()) if is_token else "",
    )  # fmt: skip


def _told(device: Device | None) -> dict[str, Any] | None:
    told = queries.device_told(device)
    if told is not None:
        lost = told["state"] == "lost"
        told["sentence"] = _("这部手机已报失，请联系配发单位。") if lost else ""
    return told


@router.get("/photos/{id}", response=FieldPhotoOut, summary="How far a photo has come")
def get_photo_state(request: SignedIn, id: UUID) -> HttpResponse:
    """After a broken line: where to go on."""
    return reply(_incoming(actions.get_incoming(request.auth, id), []))


@router.put("/photos/{id}", response=FieldPhotoOut, summary="Send a piece of a photo")
def put_photo(
    request: SignedIn, id: UUID, offset: Annotated[int, Query(ge=0, lt=2**31)]
) -> HttpResponse:
    """Raw bytes, at most 1 MB; pieces in order, each as often as need be.

    The last one proves the photo and acts on what waited for it.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > actions.MOST_CHUNK:
        return problem(413, "chunk_too_large", _("一次最多传 1 MB。"), field="offset")
    at, user = now(), request.auth
    incoming = actions.take_chunk(user=user, uid=id, offset=offset, data=request.body, at=at)
    done = []
    if incoming.state != IncomingPhoto.State.WAITING:
        mine = FieldAction.objects.visible_to(user).filter(user=user).order_by("-pk")[:200]
        done = [row for row in mine if any(one["id"] == str(id) for one in row.photos)]
    return reply(_incoming(incoming, done))


def _incoming(incoming: IncomingPhoto, done: list[FieldAction]) -> dict[str, Any]:
    return {
        "id": incoming.uid,
        "received": incoming.received,
        "size": incoming.size,
        "state": incoming.state,
        "sentence": incoming.sentence,
        "actions": [queries.as_result(row) for row in done],
    }


@router.get("/actions", response=ResultPage, summary="What I sent, newest first")
def list_actions(
    request: SignedIn, state: State | Literal[""] = "", cursor: str = ""
) -> HttpResponse:
    """Everything one's phone has sent, with what became of it."""
    rows = FieldAction.objects.visible_to(request.auth).filter(user=request.auth)
    if state:
        rows = rows.filter(state__in=STATES[state])
    return reply(listed(rows, cursor, PAGE, queries.as_result))


STATES = {
    "done": ["done"],
    "waiting": ["waiting", "received"],
    "refused": ["refused", "withdrawn"],
    "conflict": ["conflict"],
}


@router.post("/actions/{id}/withdraw", response=ResultOut, summary="Take back what was not done")
def withdraw(
    request: SignedIn, id: Annotated[UUID, Path(description="the action's id")]
) -> HttpResponse:
    """What was acted on stays; again changes nothing."""
    mine = FieldAction.objects.visible_to(request.auth).filter(user=request.auth, key=str(id))
    action = mine.first()
    if action is None:
        raise NotFound(_("没有找到这一条。"))
    return reply(queries.as_result(actions.withdraw(action=action, by=request.auth, at=now())))
