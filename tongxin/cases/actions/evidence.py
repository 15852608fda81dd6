"""Photos and papers: checked, stripped of all that says who and where, kept with their hash."""

from __future__ import annotations

import uuid
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions.auditing import audit_look
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.images import check_photo
from tongxin.orgs.scope import roles_over

from ..models import Case, Evidence
from .moves import KEY_REUSED, KeyReused, scoped_key

MOST_EVIDENCE = 40


class TooMuchEvidence(Refused):
    """A case holds so many photos and papers, and no more."""


def keep_evidence(
    *,
    case: Case,
    data: bytes,
    kind: str,
    actor,
    at: datetime,
    key: str | None = None,
    id: uuid.UUID | None = None,
) -> Evidence:
    """Check a photo and keep it for the case, not yet tied to an event; a retried key acts once.

    What everyone sees has no metadata; the EXIF place and device are kept apart for officers.

    :raises Invalid: if it is not an image, too large, or a bomb (see `kit.images`)
    :raises TooMuchEvidence: if the case holds 40 already
    :raises KeyReused: if the key was used for another file or case
    """
    if kind not in Evidence.Kind.values:
        raise Invalid(_("不认识的凭证类型：%s。") % kind[:20], field="kind")
    scoped = scoped_key(actor, key)
    if kept := _kept_before(scoped, case, kind, data):
        return kept
    if case.evidence.count() >= MOST_EVIDENCE:
        raise TooMuchEvidence(_("每件事最多上传 %d 张照片。") % MOST_EVIDENCE, field="file")
    evidence = prepare_evidence(data=data, kind=kind, actor=actor, at=at, id=id)
    evidence.case, evidence.key = case, scoped
    try:
        with transaction.atomic():
            evidence.save(force_insert=True)
    except IntegrityError:
        if kept := _kept_before(scoped, case, kind, data):
            return kept
        raise
    return evidence


def _kept_before(key: str | None, case: Case, kind: str, data: bytes) -> Evidence | None:
    kept = Evidence.objects.filter(key=key).first() if key else None
    if kept is None:
        return None
    if (kept.case_id, kept.kind, kept.sha256) != (case.pk, kind, sha256(data).hexdigest()):
        raise KeyReused(KEY_REUSED, field="Idempotency-Key")
    return kept


def prepare_evidence(
    *, data: bytes, kind: str, actor, at: datetime, id: uuid.UUID | None = None
) -> Evidence:
    """Return unsaved evidence for `open_case` or `make_move`, its file checked and stripped."""
    photo = check_photo(data)
    exif = dict(photo.exif)
    taken_at = exif.pop("taken_at", None)
    evidence = Evidence(
        id=id or uuid7(at),
        kind=kind,
        sha256=photo.sha256,
        size=len(photo.clean),
        uploaded_by=actor if actor is not None and actor.pk else None,
        uploaded_at=at,
        taken_at=taken_at,
        exif=exif,
    )
    evidence.file = ContentFile(photo.clean, name="photo.jpg")
    evidence.thumb = ContentFile(photo.thumb, name="thumb.jpg")
    return evidence


def reveal_origin(
    *, evidence: Evidence, actor, reason: str, at: datetime, address: str = ""
) -> dict[str, Any]:
    """Return where and by what a photo was taken, as its file said, and write down who looked.

    :raises NotPermitted: if the actor is no officer over the place
    :raises NoReason: without a reason of four characters
    """
    if "officer" not in roles_over(actor, evidence.case.area):
        raise NotPermitted(_("只有街镇（区）管理员可以查看照片的原始信息。"))
    audit_look(
        actor=actor, action="evidence.origin", object=f"{evidence.case.number} {evidence.pk}",
        reason=reason, at=at, address=address,
    )  # fmt: skip
    return {"taken_at": evidence.taken_at, **evidence.exif}
