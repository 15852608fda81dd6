"""Calls to another Open311 server: guarded, bounded, read strictly. Nothing here touches a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson
from django.utils.translation import gettext as _

from .guarded import CallFailed, Refusal, Silent, opened, pieces
from .wire import moment

MOST_BYTES = 2 * 1024 * 1024
_THEIR_ID = re.compile(r"[A-Za-z0-9][\w.:/#-]{0,63}", re.ASCII)


class Unsure(CallFailed):
    """The call may have been taken: look before making it again."""


@dataclass(frozen=True)
class Partner:
    """Whom we call: the endpoint before `requests.json`, and what it wants to know of us."""

    url: str
    key: str = ""
    jurisdiction: str = ""


@dataclass(frozen=True)
class Heard:
    """What the other side says of a request."""

    id: str
    status: str  # open, closed
    notes: str
    agency: str

    @property
    def is_closed(self) -> bool:
        return self.status == "closed"


def send(partner: Partner, form: dict[str, str]) -> tuple[str, str]:
    """Hand a request in; return (its id there, "") or ("", a token).

    :raises Refusal, Unsure, CallFailed:
    """
    row = _one(_call(partner, "POST", "requests.json", {**form, "api_key": partner.key}))
    number, token = str(row.get("service_request_id") or ""), str(row.get("token") or "")
    if number and not _THEIR_ID.fullmatch(number):
        raise Unsure(_("对方返回的编号不合规范：%s") % number[:40])
    if not number and not 0 < len(token) <= 128:
        raise Unsure(_("对方没有返回编号"))
    return number, "" if number else token


def exchange(partner: Partner, token: str) -> str:
    """Return the id a token has become; "" while it has none."""
    row = _one(_call(partner, "GET", f"tokens/{_segment(token)}.json", {}))
    number = str(row.get("service_request_id") or "")
    if number and not _THEIR_ID.fullmatch(number):
        raise CallFailed(_("对方返回的编号不合规范：%s") % number[:40])
    return number


def find(partner: Partner, *, mark: str, service_code: str, since: datetime) -> str:
    """Return the id of the request there whose description holds our mark; "" if there is none."""
    query = {"service_code": service_code, "start_date": moment(since)}
    rows = _call(partner, "GET", "requests.json", query)
    for row in rows:
        if mark in str(row.get("description") or ""):
            number = str(row.get("service_request_id") or "")
            if _THEIR_ID.fullmatch(number):
                return number
    return ""


def look(partner: Partner, number: str) -> Heard:
    """Return what the other side says of a request now.

    :raises CallFailed: also if it answers about another one
    """
    row = _one(_call(partner, "GET", f"requests/{_segment(number)}.json", {}))
    answered = str(row.get("service_request_id") or "")
    if answered != number:
        raise CallFailed(_("问的是 %(asked)s，对方答的是 %(told)s")
                         % {"asked": number, "told": answered[:40] or "—"})  # fmt: skip
    status = str(row.get("status") or "").lower()
    if status not in {"open", "closed"}:
        raise CallFailed(_("对方返回的状态不认识：%s") % status[:20])
    return Heard(
        number, status, str(row.get("status_notes") or ""), str(row.get("agency_responsible") or "")
    )


def tell(partner: Partner, form: dict[str, str]) -> None:
    """Tell what has happened to a request here, by the updates extension of mySociety.

    The same `update_id` again is answered like the first.

    :raises Refusal, Unsure, CallFailed:
    """
    _call(partner, "POST", "servicerequestupdates.json", {**form, "api_key": partner.key})


def _segment(text: str) -> str:
    return httpx.QueryParams({"x": text})["x"] if re.fullmatch(r"[\w.:-]+", text) else _quoted(text)


def _quoted(text: str) -> str:
    return str(httpx.QueryParams({"x": text})).removeprefix("x=").replace("+", "%20")


def _one(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if len(rows) != 1:
        raise Unsure(_("对方返回了 %d 条，应是一条") % len(rows))
    return rows[0]


def _call(partner: Partner, method: str, path: str, form: dict[str, str]) -> list[dict[str, Any]]:
    """Make a call; return the rows of its answer."""
    is_post = method == "POST"
    if partner.jurisdiction:
        form = {**form, "jurisdiction_id": partner.jurisdiction}
    url = f"{partner.url.rstrip('/')}/{path}"
    try:
        with opened(
            method, url, accept="application/json", **{"data" if is_post else "params": form}
        ) as response:
            status = response.status_code
            body = b"".join(pieces(response.iter_bytes(), most=MOST_BYTES))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Silent(_("连不上对方：%s") % type(error).__name__) from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise (Unsure if is_post else Silent)(
            _("对方没有答完：%s") % type(error).__name__
        ) from error
    if 400 <= status < 500 and status not in {408, 429}:
        raise Refusal(f"HTTP {status} {_sentence(body)}")
    if not 200 <= status < 300:
        unsure = is_post and status >= 500
        raise (Unsure if unsure else CallFailed)(f"HTTP {status}")
    return _rows(body, is_post)


def _rows(body: bytes, is_post: bool) -> list[dict[str, Any]]:
    kind: type[CallFailed] = Unsure if is_post else CallFailed
    try:
        rows = orjson.loads(body)  # refuses what is not UTF-8
    except ValueError:
        raise kind(_("对方的回答不是 UTF-8 的 JSON")) from None
    if isinstance(rows, dict):  # a wrapper that some servers leave on
        rows = rows.get("service_requests") or rows.get("requests")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise kind(_("对方的回答不合规范"))
    return rows


def _sentence(body: bytes) -> str:
    """Return what the other side says is wrong, as far as it can be read."""
    try:
        rows = orjson.loads(body)
        told = rows[0]["description"]
    except (ValueError, LookupError, TypeError):
        return ""
    return re.sub(r"\s+", " ", str(told))[:200]
