"""How the door speaks: the same answer as XML and as JSON; forms read strictly as UTF-8.

Shapes: GeoReport v2 and its "JSON and XML Conversion" (Spark convention: the root is dropped, a
list loses the wrapper of its members). Times carry a zone and no fraction of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid

# What a list is called in XML, and what each of its members.
MEMBERS = {
    "endpoints": "endpoint",
    "formats": "format",
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
}
CONTENT_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
MOST_FIELDS = 200


class Unreadable(Invalid):
    """The body or the address cannot be read as a form in UTF-8."""


@dataclass(frozen=True)
class Form:
    """Arguments as they came: of the address and of the body, the body's first."""

    values: dict[str, list[str]]
    files: list[UploadedFile] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Return an argument without blanks at its ends; an empty one equals an absent one."""
        return next((v for one in self.values.get(name, []) if (v := one.strip())), "")

    def many(self, name: str) -> list[str]:
        """Return all values of an argument that are not empty."""
        return [v for one in self.values.get(name, []) if (v := one.strip())]

    def listed(self, name: str) -> list[str]:
        """Return the members of a comma-separated argument."""
        return [v for one in self.get(name).split(",") if (v := one.strip())]

    def print(self, files: list[bytes]) -> str:
        """Return a print of all that was sent, the key apart: to know a retry."""
        told = sorted((k, v) for k, v in self.values.items() if k != "api_key")
        digest = sha256(orjson.dumps(told))
        for file in files:
            digest.update(sha256(file).digest())
        return digest.hexdigest()


def reply(root: str, value: Any, fmt: str, *, status: int = 200) -> HttpResponse:
    """Return an answer in the format asked for. `value` is a dict, or a list of dicts."""
    body = orjson.dumps(_plain(value)) if fmt == "json" else "".join(_document(root, value))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPES[fmt])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, str):
        return _NOT_IN_XML.sub("", value)
    return value


def moment(at: datetime) -> str:
    """Return a time as the contract wants it: ISO-8601 with zone, whole seconds."""
    return localtime(at).isoformat(timespec="seconds")


def _document(root: str, value: Any) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield from _element(root, value)


def _element(name: str, value: Any) -> Iterator[str]:
    if value is None or value in ("", []):
        yield f"<{name}/>"
        return
    yield f"<{name}>"
    if isinstance(value, dict):
        for child, one in value.items():
            yield from _element(child, one)
    elif isinstance(value, list):
        for one in value:
            yield from _element(MEMBERS[name], one)
    else:
        yield escape(_NOT_IN_XML.sub("", _text(value)))
    yield f"</{name}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return moment(value) if isinstance(value, datetime) else str(value)


def read_form(request: HttpRequest) -> Form:
    """Return the arguments of a call.

    :raises Unreadable: if anything in it is not UTF-8, or no form at all
    """
    values: dict[str, list[str]] = {}
    files: list[UploadedFile] = []
    if request.method == "POST":
        posted, files = _body(request)
        _add(values, posted)
    try:
        query = request.META.get("QUERY_STRING", "").encode("latin-1").decode("utf-8")
        _add(values, parse_qsl(query, keep_blank_values=True, errors="strict",
                               max_num_fields=MOST_FIELDS))  # fmt: skip
    except ValueError:
        raise Unreadable(_("地址里的参数不是 UTF-8 编码，请改用 UTF-8。")) from None
    return Form(values, files)


def _add(values: dict[str, list[str]], pairs: list[tuple[str, str]]) -> None:
    for name, value in pairs:
        values.setdefault(name, []).append(value)


def _body(request: HttpRequest) -> tuple[list[tuple[str, str]], list[UploadedFile]]:
    charset = (request.content_params or {}).get("charset", "utf-8").strip('"').lower()
    if charset not in {"utf-8", "utf8"}:
        raise Unreadable(_("正文声明的编码是 %s，请改用 UTF-8。") % charset[:20])
    try:
        if request.content_type == "multipart/form-data":
            return _multipart(request)
        if request.content_type not in {"application/x-www-form-urlencoded", ""}:
            raise Unreadable(
                _("正文请用表单（application/x-www-form-urlencoded 或 multipart/form-data）。")
            )
        body = request.body.decode("utf-8")
        return parse_qsl(body, keep_blank_values=True, errors="strict",
                         max_num_fields=MOST_FIELDS), []  # fmt: skip
    except RequestDataTooBig:
        raise Unreadable(_("提交的内容太大，请删减文字或缩小照片。")) from None
    except (MultiPartParserError, SuspiciousOperation):
        raise Unreadable(_("上传的表单不完整，请重新提交。")) from None
    except ValueError:
        raise Unreadable(_("正文不是 UTF-8 编码的表单，请改用 UTF-8。")) from None


def _multipart(request: HttpRequest) -> tuple[list[tuple[str, str]], list[UploadedFile]]:
    pairs = [(name, one) for name, many in request.POST.lists() for one in many]
    if any("\ufffd" in text for pair in pairs for text in pair):
        raise Unreadable(_("正文不是 UTF-8 编码的表单，请改用 UTF-8。"))
    return pairs, [file for many in request.FILES.lists() for file in many[1]]
