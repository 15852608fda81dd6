"""Photos and papers: handed in one by one, shown to those who see the case."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import File, Form, UploadedFile
from ninja.decorators import decorate_view

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound, NotPermitted
from tongxin.kit.images import MEBI
from tongxin.kit.text import mask_name
from tongxin.ui.wire import IdempotencyKey, problem, reply

from ..actions import keep_evidence
from ..brief import TYPES
from ..models import Case
from ..queries import moves_open_to, parts_of
from .router import CaseId, get_case, router
from .shapes import EvidenceOut

MOST_BYTES = 16 * MEBI  # a photo of 15 MB and the form around it
KEPT_SECONDS = 3600

EvidenceKind = Literal["photo", "before", "after", "receipt", "signature"]


def small_enough(run: Callable) -> Callable:
    """Refuse a body by the length it says it has, before anything of it is read."""

    @wraps(run)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            detail = _("照片太大，最大 15 MB，请压缩后再上传。")
            return problem(413, "too_large", detail, field="file")
        return run(request, *args, **kwargs)

    return wrapper


@router.post(
    "/cases/{id}/evidence", response={201: EvidenceOut}, summary="Hand in a photo or paper"
)
@decorate_view(small_enough)
def add_evidence(
    request: SignedIn,
    id: CaseId,
    key: IdempotencyKey,
    file: Annotated[UploadedFile, File(description="JPEG, PNG or WebP: 15 MB, 50 megapixels")],
    kind: Annotated[EvidenceKind, Form()] = "photo",
) -> HttpResponse:
    """Upload one file, then name its id in a move's `evidence`.

    The place and device in its EXIF are kept apart for officers; nobody else gets them.
    """
    started, actor = now(), request.auth
    case = get_case(actor, id)
    _check_may_add(case, actor)
    kept = keep_evidence(case=case, data=file.read(), kind=kind, actor=actor, at=started, key=key)
    told = evidence_line(
        case, (kept.pk, kept.kind, kept.taken_at, kept.uploaded_at, actor.name, None)
    )
    return reply(told, status=201, replayed=kept.uploaded_at < started)


@router.get("/cases/{id}/evidence/{evidence_id}", summary="A photo, cleaned")
def get_evidence(request: SignedIn, id: CaseId, evidence_id: UUID) -> FileResponse:
    """A JPEG of at most 2048 pixels, upright, without any metadata."""
    return _file(request, id, evidence_id, "file")


@router.get("/cases/{id}/evidence/{evidence_id}/thumb", summary="A photo, small")
def get_thumb(request: SignedIn, id: CaseId, evidence_id: UUID) -> FileResponse:
    """A JPEG of at most 480 pixels, without any metadata."""
    return _file(request, id, evidence_id, "thumb")


def _file(request: SignedIn, id: str, evidence_id: UUID, name: str) -> FileResponse:
    case = get_case(request.auth, id)
    evidence = case.evidence.filter(pk=evidence_id).first()
    if evidence is None:
        raise NotFound(_("没有找到这张照片。"))
    try:
        file = getattr(evidence, name).open()
    except FileNotFoundError:
        raise NotFound(_("照片文件已不在，请联系管理员。")) from None
    response = FileResponse(file, content_type="image/jpeg", filename=f"{case.number}-{name}.jpg")
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _check_may_add(case: Case, actor) -> None:
    """Let those add who have a move that takes evidence, and the reporter while the case is open."""
    if not case.is_open:
        raise Invalid(_("%s 已办结，不能再上传照片。") % case.number, field="file")
    words = {w for move in moves_open_to(actor, case) for w in (*move.needs, *move.takes)}
    takes = any(TYPES.get(word) == "evidence" for word in words)
    if not takes and "reporter" not in parts_of(actor, case):
        raise NotPermitted(_("您现在没有需要上传照片的操作。"))


def evidence_told(case: Case, by_name: bool) -> list[dict[str, Any]]:
    fields = ("pk", "kind", "taken_at", "uploaded_at", "uploaded_by__name", "event__seq")
    rows = case.evidence.order_by("pk").values_list(*fields)
    return [
        evidence_line(case, (*row[:4], row[4] if by_name else mask_name(row[4] or ""), row[5]))
        for row in rows
    ]


def evidence_line(case: Case, row: tuple) -> dict[str, Any]:
    pk, kind, taken_at, uploaded_at, name, seq = row
    url = reverse("api:get_evidence", args=[case.pk, pk])
    return {
        "id": pk,
        "kind": kind,
        "url": url,
        "thumb": f"{url}/thumb",
        "taken_at": taken_at,
        "uploaded_at": uploaded_at,
        "uploaded_by": name or "",
        "seq": seq,
    }
