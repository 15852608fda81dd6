"""GeoReport v2 over HTTP: the contract's addresses, in XML and JSON, errors in its shapes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from tongxin.kit.errors import Refused

from .. import actions, queries, shapes
from ..arguments import asked_of
from ..handing_in import handed_of, update_of
from ..models import ClientKey
from ..wire import Form, read_form, reply

log = logging.getLogger(__name__)
# What the contract knows; everything else is a 400.
STATUSES = {403: 403, 404: 404, 429: 429}
PHOTOS_AGE = 24 * 3600


@dataclass
class Call:
    """One call: what is asked, by which form of words, at which of the two endpoints."""

    request: HttpRequest
    form: Form
    fmt: str
    is_test: bool
    at: datetime

    def area(self) -> str:
        return queries.area_of_jurisdiction(self.form.get("jurisdiction_id"))


class Answered(Exception):  # noqa: N818 (an answer, not an error)
    """Not 200 and no refusal: a method or an address that is not there."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@csrf_exempt
def endpoint(request: HttpRequest, rest: str, is_test: bool = False) -> HttpResponse:
    """Answer a call of the contract; `rest` is the address after the endpoint."""
    path, fmt = _format_of(request, rest)
    at = now()
    try:
        if fmt not in ("xml", "json"):
            raise Answered(404, _("只提供 xml 和 json 两种格式。"))
        form = read_form(request)
        response = _answer(Call(request, form, fmt, is_test, at), path)
    except Answered as answer:
        response = _error(answer.status, [answer.sentence], fmt)
    except Refused as refusal:
        response = _refusal(refusal, fmt)
    except Exception:
        log.exception("Open311 %s %s", request.method, request.path)
        response = _error(500, [_("系统出错了，没有保存任何改动，请稍后再试。")], fmt)
    if request.method in ("GET", "HEAD"):
        response["Access-Control-Allow-Origin"] = "*"  # open data, without cookies
        response["Cache-Control"] = "no-cache"
    return response


def _format_of(request: HttpRequest, rest: str) -> tuple[str, str]:
    """Return the address without its extension, and the format; without one, what is accepted."""
    head, dot, extension = rest.rstrip("/").rpartition(".")
    if dot and "/" not in extension:
        return head, extension.lower()
    accepted = request.headers.get("Accept", "")
    wants_json = "json" in accepted and not request.accepts("text/xml")
    wants_json |= accepted.strip().startswith("application/json")
    return rest.rstrip("/"), "json" if wants_json else "xml"


def _refusal(refusal: Refused, fmt: str) -> HttpResponse:
    sentences = refusal.extra.get("errors") or [_sentence(refusal)]
    response = _error(STATUSES.get(refusal.status, 400), sentences, fmt)
    if wait := getattr(refusal, "retry_after", 0):
        response["Retry-After"] = str(wait)
    return response


def _sentence(refusal: Refused) -> str:
    return f"{refusal.message}{refusal.remedy or ''}"


def _error(status: int, sentences: list[str], fmt: str) -> HttpResponse:
    rows = [{"code": status, "description": str(one)} for one in sentences]
    return reply("errors", rows, "json" if fmt == "json" else "xml", status=status)


def _answer(call: Call, path: str) -> HttpResponse:
    first, _slash, tail = path.partition("/")
    known: dict[str, dict[str, Callable[..., HttpResponse]]] = dict(WITH_ID if tail else ALONE)
    methods = known.get(first)
    if methods is None or "/" in tail:
        raise Answered(404, _("没有这个接口：%s") % path[:80])
    method = "GET" if call.request.method == "HEAD" else str(call.request.method)
    handler = methods.get(method)
    if handler is None:
        raise Answered(405, _("这个地址只支持：%s。") % "、".join(methods))
    return handler(call, tail) if tail else handler(call)


# Reading.


def _discovery(call: Call) -> HttpResponse:
    build = call.request.build_absolute_uri
    addresses = [
        build(reverse(f"open311:{name}", args=["-"])).removesuffix("/-")
        for name in ("v2", "v2-test")
    ]
    return reply("discovery", shapes.discovery(*addresses), call.fmt)


def _services(call: Call) -> HttpResponse:
    call.area()
    return reply("services", shapes.services(queries.offered()), call.fmt)


def _definition(call: Call, code: str) -> HttpResponse:
    call.area()
    return reply("service_definition", shapes.definition(queries.service_of(code)), call.fmt)


def _requests(call: Call) -> HttpResponse:
    asked = asked_of(call.form, at=call.at, area=call.area())
    if call.is_test:
        rows = [queries.shown_test(one) for one in queries.tests_asked(asked)]
    else:
        rows = _shown(call, queries.requests_asked(asked))
    return reply("service_requests", rows, call.fmt)


def _request(call: Call, number: str) -> HttpResponse:
    area = call.area()
    if call.is_test:
        asked = queries.Asked(start=call.at, end=call.at, numbers=(number,))
        rows = [queries.shown_test(one) for one in queries.tests_asked(asked)]
        if not rows:
            raise queries.NoSuchRequest(_("没有编号为“%s”的公开诉求。") % number[:40])
    else:
        rows = _shown(call, [queries.request_of(number, area=area)])
    return reply("service_requests", rows, call.fmt)


def _shown(call: Call, cases: list) -> list[dict[str, Any]]:
    said = queries.last_words(cases)
    photos = queries.first_photos(cases)
    rows = []
    for case in cases:
        row = queries.shown(case, said.get(case.pk))
        if not row["media_url"] and case.pk in photos:
            address = reverse("open311:media", args=[photos[case.pk]])
            row["media_url"] = call.request.build_absolute_uri(address)
        rows.append(row)
    return rows


def _token(call: Call, token: str) -> HttpResponse:
    call.area()
    found = queries.submission_of_token(token, is_test=call.is_test)
    return reply(
        "service_requests",
        [{"service_request_id": queries.number_of(found), "token": found.token}],
        call.fmt,
    )


def _updates(call: Call) -> HttpResponse:
    asked = asked_of(call.form, at=call.at, area=call.area())
    client = None
    if key := call.form.get("api_key"):
        client = actions.client_of(key, at=call.at)
    rows = [] if call.is_test else queries.updates_asked(asked, client)
    return reply("service_request_updates", rows, call.fmt)


# Handing in.


def _counted(call: Call, what: str, act: Callable[[ClientKey], HttpResponse]) -> HttpResponse:
    """Let the client in, act, and count the call with its outcome."""
    client, status = None, 500
    key = call.form.get("api_key") or call.request.headers.get("X-Api-Key", "")
    try:
        client = actions.admit(key=key, what=what, at=call.at)
        response = act(client)
        status = response.status_code
        return response
    except Refused as refusal:
        client = client or refusal.extra.get("client")
        status = STATUSES.get(refusal.status, 400)
        raise
    finally:
        if client is not None:
            actions.count_call(client=client, what=what, status=status, at=call.at)


def _file(call: Call) -> HttpResponse:
    def act(client: ClientKey) -> HttpResponse:
        area = call.area()
        topic, handed = handed_of(call.form)
        submission = actions.submit(
            client=client, topic=topic, handed=handed, at=call.at, area=area, is_test=call.is_test
        )
        return reply("service_requests", [_receipt(submission)], call.fmt)

    return _counted(call, "file", act)


def _receipt(submission) -> dict[str, Any]:
    """Return the id of what was filed at once, or the token of what is filed later; never both."""
    if queries.handed_in_batch(submission):
        told = {"token": submission.token}
        notice = _("已收到，稍后可凭 token 查询编号。")
    else:
        told = {"service_request_id": queries.number_of(submission)}
        notice = _("已收到，可凭编号查询进展。")
    return {
        **told,
        "service_notice": notice,
        "account_id": submission.account_id or None,
    }


def _hear_update(call: Call) -> HttpResponse:
    def act(client: ClientKey) -> HttpResponse:
        call.area()
        update = update_of(call.form, at=call.at)
        told = actions.hear_update(client=client, update=update, at=call.at, is_test=call.is_test)
        return reply("service_request_updates", [{"update_id": told}], call.fmt)

    return _counted(call, "update", act)


ALONE: dict[str, dict[str, Callable[[Call], HttpResponse]]] = {
    "discovery": {"GET": _discovery},
    "services": {"GET": _services},
    "requests": {"GET": _requests, "POST": _file},
    "servicerequestupdates": {"GET": _updates, "POST": _hear_update},
}
WITH_ID: dict[str, dict[str, Callable[[Call, str], HttpResponse]]] = {
    "services": {"GET": _definition},
    "requests": {"GET": _request},
    "tokens": {"GET": _token},
}


@require_safe
def media(request: HttpRequest, pk: Any) -> FileResponse:
    """Show a photo that a publishing client handed in with a request that is public."""
    photo = queries.public_photo(pk)
    if photo is None:
        raise Http404
    response = FileResponse(photo.file.open(), content_type="image/jpeg")
    response["Cache-Control"] = f"public, max-age={PHOTOS_AGE}"
    return response


def discovery(request: HttpRequest, extension: str) -> HttpResponse:
    """Answer for the discovery document beside the endpoints as well."""
    return endpoint(request, f"discovery.{extension}")
