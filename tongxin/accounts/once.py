"""Idempotency-Key for every POST of the API: those whose action knows no key keep their answer."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import now
from ninja.operation import Operation

from tongxin.ui.wire import IDEMPOTENCY_KEY

from .actions import Answer, answer_once
from .models import User


class OnceOperation(Operation):
    """An operation whose retries with the same key act once and are answered byte for byte alike.

    Without a key it costs nothing. What it does then, and the keeping of the answer, are one
    transaction; a refusal is not kept.
    """

    def run(self, request: HttpRequest, **given: Any) -> HttpResponseBase:
        key = request.headers.get(IDEMPOTENCY_KEY)
        if key is None:
            return super().run(request, **given)
        if error := self._run_checks(request):
            return error
        caller = getattr(request, "auth", None)
        try:
            if not isinstance(caller, User):  # keys are each caller's own; nobody has none
                return self._act(request, given)
            answer = answer_once(
                user=caller,
                key=key,
                path=request.path[:300],
                digest=digest_of(request),
                at=now(),
                act=lambda: answer_of(self._act(request, given)),
            )
        except Exception as refusal:
            return self.api.on_exception(request, refusal)
        response = HttpResponse(answer.body, content_type=answer.media, status=answer.status)
        if answer.is_replay:
            response["Idempotency-Replayed"] = "true"
        return response

    def _act(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponseBase:
        passing = self.api.create_temporal_response(request)
        values = self._get_values(request, given, passing)
        return self._result_to_response(request, self.view_func(request, **values), passing)


def answer_of(response: HttpResponseBase) -> Answer:
    media = response.headers.get("Content-Type", "")
    return Answer(response.status_code, media, getattr(response, "content", b""))


def digest_of(request: HttpRequest) -> str:
    """Return the SHA-256 of what is asked: method, address, and the body or the form with its files."""
    found = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        found.update(request.body)
        return found.hexdigest()
    # Its border differs from try to try, so what it holds is read.
    for name, values in sorted(request.POST.lists()):
        found.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            found.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                found.update(chunk)
            file.seek(0)
    return found.hexdigest()


def is_keyed(operation: Operation) -> bool:
    """Say whether an operation hands the key to its action."""
    return any(param.alias == IDEMPOTENCY_KEY for param in operation.signature.params)


def once(operation: Operation) -> Operation:
    """Return a POST that takes the key, however it does; anything else as it is."""
    if "POST" not in operation.methods or is_keyed(operation):
        return operation
    kept = operation.clone()
    kept.__class__ = OnceOperation
    return kept
