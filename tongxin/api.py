"""The REST API: every app's router under /api/v1, one way to sign in, one way to say no."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern, URLResolver, include, path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router, Swagger
from ninja.constants import NOT_SET
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import PathView

from tongxin.accounts import rest as accounts
from tongxin.accounts.models import User
from tongxin.accounts.once import once
from tongxin.affairs import rest as affairs
from tongxin.alliances import rest as alliances
from tongxin.cadres import rest as cadres
from tongxin.campaigns import rest as campaigns
from tongxin.care import rest as care
from tongxin.cases import rest as cases
from tongxin.centres import rest as centres
from tongxin.conferences import rest as conferences
from tongxin.dispatching import rest as dispatching
from tongxin.documents import rest as documents
from tongxin.dual_report import rest as dual_report
from tongxin.economy import rest as economy
from tongxin.fieldwork import rest as fieldwork
from tongxin.findings import rest as findings
from tongxin.funds import rest as funds
from tongxin.grids import rest as grids
from tongxin.hotline import rest as hotline
from tongxin.inspections import rest as inspections
from tongxin.kit.errors import Refused
from tongxin.library import rest as library
from tongxin.mailbox import rest as mailbox
from tongxin.matters import rest as matters
from tongxin.meetings import rest as meetings
from tongxin.mobile import rest as mobile
from tongxin.open311 import rest as open311
from tongxin.orgs import rest as orgs
from tongxin.orgs.queries import actor_of_token
from tongxin.places import rest as places
from tongxin.projects import rest as projects
from tongxin.regions import rest as regions
from tongxin.renovation import rest as renovation
from tongxin.requests import rest as requests
from tongxin.searching import rest as searching
from tongxin.secretaries import rest as secretaries
from tongxin.spreadsheets import rest as spreadsheets
from tongxin.standards import rest as standards
from tongxin.taking_part import rest as taking_part
from tongxin.texts import rest as texts
from tongxin.ui.sentences import sentence_for
from tongxin.ui.wire import IDEMPOTENCY_KEY, KEY_WORDS, Problem, Reader, Writer, problem

log = logging.getLogger(__name__)


class TokenAuth(accounts.TokenAuth):
    """`Authorization: Bearer tx_…`: who it is and the posts they hold, by one query."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = actor_of_token(token, now())
        if user is not None:
            request.user = user
        return user


class Paths(PathView):
    """The methods of one path; any other is refused as everything else is."""

    def clone(self) -> Paths:
        copy = Paths()
        copy.operations = [operation.clone() for operation in self.operations]
        return copy

    def _not_allowed(self) -> HttpResponse:
        methods = ", ".join(sorted(m for operation in self.operations for m in operation.methods))
        response = problem(405, "method_not_allowed", _("这个地址只支持：%s。") % methods)
        response["Allow"] = methods
        return response


def one_router(*routers: tuple[str, Router]) -> Router:
    """Return all routers as one: two apps may each serve a method of the same path."""
    whole = Router()
    for prefix, router in routers:
        for route, view in router.path_operations.items():
            paths = whole.path_operations.setdefault(f"{prefix}{route}", Paths())
            for operation in map(once, view.operations):
                operation.tags = operation.tags or router.tags
                if operation.auth_param is NOT_SET:
                    operation.auth_param = router.auth
                paths.operations.append(operation)
    # /units/{id}/log before /units/{id}/{verb}, whichever module was imported first.
    for route in sorted(whole.path_operations, key=_open_parts):
        whole.path_operations[route] = whole.path_operations.pop(route)
    return whole


def _open_parts(route: str) -> list[bool]:
    return [part.startswith("{") for part in route.split("/")]


def by_parts(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Return the same addresses as a tree of their parts.

    Django tries addresses one by one: three hundred of them were a tenth of what a move costs.
    """
    whole: list[URLPattern | URLResolver] = []
    below: dict[str, list[URLPattern | URLResolver]] = {}
    for one in patterns:
        first, _slash, rest = str(one.pattern).partition("/")
        if not rest or "<path" in first or not isinstance(one, URLPattern):
            whole.append(one)
        else:
            found = path(rest, one.callback, one.default_args, one.name)
            below.setdefault(first, []).append(found)
    groups = {first: path(f"{first}/", include(by_parts(found))) for first, found in below.items()}
    asked_most = [groups.pop(MOST_ASKED)] if MOST_ASKED in groups else []
    return asked_most + whole + list(groups.values())


MOST_ASKED = "cases"


class API(NinjaAPI):
    schema: Any = None

    @property
    def urls(self) -> tuple[list[URLPattern | URLResolver], str, str]:
        patterns, app, namespace = super().urls
        return by_parts(patterns), app, namespace

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """Return the schema with what every operation may refuse, as a problem; built once."""
        if self.schema is None:
            self.schema = self._build_schema(**kwargs)
        return self.schema

    def _build_schema(self, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        nested = schema["components"]["schemas"]["Problem"].pop("$defs")
        schema["components"]["schemas"] |= nested
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                if method == "post" and operation.get("security"):
                    _take_a_key(operation["parameters"])
                for status, why in refusals_of(method, operation).items():
                    operation["responses"].setdefault(
                        status, {"description": why, "content": PROBLEM}
                    )
        return schema


def _take_a_key(parameters: list[dict[str, Any]]) -> None:
    """Add the header to an operation that keeps its answer (`OnceOperation`)."""
    if all(one["name"] != IDEMPOTENCY_KEY for one in parameters):
        text = {"maxLength": 80, "type": "string"}
        parameters.append(
            {
                "in": "header",
                "name": IDEMPOTENCY_KEY,
                "schema": {
                    "anyOf": [text, {"type": "null"}],
                    "description": KEY_WORDS,
                    "title": IDEMPOTENCY_KEY,
                },
                "required": False,
                "description": KEY_WORDS,
            }
        )


PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def refusals_of(method: str, operation: dict[str, Any]) -> dict[int, str]:
    found = {422: "Something handed in is wrong; names the field"}
    if "requestBody" in operation:
        found[400] = "The body cannot be read"
        found[413] = "The body is too large"
    if operation.get("security"):
        found[401] = "No token, or one that is not (or no longer) valid"
        found[403] = "Seen, but not the caller's to do"
        found[429] = "Too often; Retry-After says how long to wait"
    if operation["parameters"] or "requestBody" in operation:
        found[404] = "What is named is not there, or not visible to the caller"
    if method == "post":
        found[409] = "Does not fit the present state; or the key was used for something else"
    return dict(sorted(found.items()))


api = API(
    title="同心 API",
    version="1",
    description=(
        "点单 → 派单 → 接单 → 验单 → 评单. A case says in `moves` what the caller may do now and "
        "what each move needs. Refusals are problems (RFC 9457) with a sentence in `detail`."
    ),
    urls_namespace="api",
    auth=[TokenAuth(), accounts.SessionAuth()],
    parser=Reader(),
    renderer=Writer(),
    docs=Swagger(settings={"tryItOutEnabled": True, "persistAuthorization": True}),
)
api.add_router(
    "",
    one_router(
        ("", cases.router),
        ("", requests.router),
        ("/regions", regions.router),
        ("", orgs.router),
        ("/meetings", meetings.router),
        ("/affairs", affairs.router),
        ("/secretaries", secretaries.router),
        ("/cadres", cadres.router),
        ("/report-in", dual_report.router),
        ("/sheets", spreadsheets.router),
        ("/standards", standards.router),
        ("/dispatching", dispatching.router),
        ("/texts", texts.router),
        ("/matters", matters.router),
        ("/search", searching.router),
        ("/open311", open311.router),
        ("/hotline", hotline.router),
        ("/mailbox", mailbox.router),
        ("/campaigns", campaigns.router),
        ("/care", care.router),
        ("/documents", documents.router),
        ("/fieldwork", fieldwork.router),
        ("/findings", findings.router),
        ("/grids", grids.router),
        ("/inspections", inspections.router),
        ("/field", mobile.router),
        ("/funds", funds.router),
        ("/places", places.router),
        ("/conferences", conferences.router),
        ("/alliances", alliances.router),
        ("/projects", projects.router),
        ("/renovation", renovation.router),
        ("/economy", economy.router),
        ("/library", library.router),
        ("/taking-part", taking_part.router),
        ("/centres", centres.router),
        ("", accounts.router),
    ),
)


@api.exception_handler(Refused)
def say_refused(request: HttpRequest, error: Refused) -> HttpResponse:
    more = {"field": error.field, "remedy": error.remedy, **error.extra}
    if wait := getattr(error, "retry_after", 0):
        more["retry_after"] = wait
    return problem(error.status, error.code, error.message, **more)


@api.exception_handler(AuthenticationError)
def say_who_are_you(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    if "Authorization" in request.headers:
        detail = _("令牌不对、已过期或已停用，请换一个有效的令牌。")
    else:
        detail = _("请先登录，或在请求头中带上 Authorization: Bearer 令牌。")
    response = problem(401, "not_signed_in", detail)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def say_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [sentence_for(one) for one in error.errors]
    first = errors[0]
    return problem(422, "invalid", first["detail"], field=first["field"], errors=errors)


@api.exception_handler(HttpError)
def say_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 400:
        return problem(400, "unreadable", _("请求正文不是完整的 JSON，请检查格式和编码（UTF-8）。"))
    return problem(error.status_code, "not_permitted", _("请求没有通过校验，请刷新页面后再试。"))


@api.exception_handler(Http404)
def say_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found", _("没有找到，或您看不到它。"))


@api.exception_handler(RequestDataTooBig)
def say_too_big(request: HttpRequest, error: Exception) -> HttpResponse:
    remedy = _("照片请用 /cases/{id}/evidence 逐张上传。")
    return problem(413, "too_large", _("请求内容太大。"), remedy=remedy)


@api.exception_handler(MultiPartParserError)
@api.exception_handler(TooManyFilesSent)
def say_unreadable_form(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(400, "unreadable", _("上传的表单不完整，请重新上传。"))


@api.exception_handler(Exception)
def say_broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, "broken", _("系统出错了，没有保存任何改动。我们已记录，请稍后再试。"))


def no_such_path(request: HttpRequest, rest: str) -> HttpResponse:
    return problem(404, "not_found", _("没有这个接口：/api/v1/%s") % rest[:80])
