"""How the API speaks: JSON in and out, and refusals as problems (RFC 9457)."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Header, Schema
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import Field

IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_WORDS = "Any text of at most 80 characters; a retry with the same key acts once."
# A client makes one up for every wish; a retry with the same one acts once and is answered alike.
IdempotencyKey = Annotated[
    str | None,
    Header(
        None,
        alias=IDEMPOTENCY_KEY,
        max_length=80,
        description=KEY_WORDS,
    ),
]

TITLES = {
    400: _("请求读不懂"),
    401: _("需要登录"),
    403: _("无权操作"),
    404: _("没有找到"),
    405: _("不支持这种请求方法"),
    409: _("与当前状态不符"),
    410: _("已失效"),
    413: _("内容太大"),
    422: _("填写有误"),
    429: _("操作太频繁"),
    500: _("系统出错"),
}


class FieldProblem(Schema):
    field: str
    detail: str


class Problem(Schema):
    """Why a wish was refused; nothing was changed."""

    type: str = Field(examples=["urn:tongxin:problem:something_missing"])
    title: str
    status: int
    code: str = Field(
        description="the kind of refusal, for programs", examples=["something_missing"]
    )
    detail: str = Field(description="a sentence for the person who asked")
    field: str | None = Field(None, description="the field at fault")
    remedy: str | None = Field(None, description="what to do instead")
    missing: list[str] | None = Field(None, description="what the move still needs")
    retry_after: int | None = Field(None, description="seconds to wait")
    errors: list[FieldProblem] | None = Field(None, description="every field at fault")


def encode(data: Any) -> bytes:
    """Return JSON in UTF-8: moments in UTC ("…Z"), lazy words and decimals as text."""
    return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)


def reply(data: Any, status: int = 200, *, replayed: bool = False) -> HttpResponse:
    """Answer with plain rows as they are: no model is built of them again.

    `replayed` says that the answer is that of an earlier request with the same key.
    """
    response = HttpResponse(encode(data), content_type="application/json", status=status)
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def problem(status: int, code: str, detail: Any, **more: Any) -> HttpResponse:
    """Answer a refusal; `more` that says nothing is left out."""
    body = {
        "type": f"urn:tongxin:problem:{code}",
        "title": TITLES.get(status, TITLES[500]),
        "status": status,
        "code": code,
        "detail": detail,
    }
    body |= {name: value for name, value in more.items() if value not in (None, "", [])}
    response = HttpResponse(encode(body), content_type="application/problem+json", status=status)
    if more.get("retry_after"):
        response["Retry-After"] = str(more["retry_after"])
    return response


class Reader(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)


class Writer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return encode(data)
