"""One door for a step by its name: the page's buttons and the API press the same."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound

from ..models import Document
from . import approving
from .issuing import issue

STEPS = {
    "submit": approving.submit,
    "review": approving.review,
    "sign": approving.sign,
    "send_back": approving.send_back,
}


def take_step(
    document: Document, verb: str, *, by, at: datetime, note: str = "", serial: int | None = None
) -> Document:
    """Take a document one step on: submit, review, agree, object, sign, send_back, issue, void.

    :raises NotFound: for another word; otherwise as the action behind it
    """
    if verb in ("agree", "object"):
        return approving.countersign(document, agrees=verb == "agree", note=note, by=by, at=at)
    if verb == "issue":
        return issue(document, serial=serial, by=by, at=at)
    if verb == "void":
        return approving.void(document, reason=note, by=by, at=at)
    if verb in STEPS:
        return STEPS[verb](document, note=note, by=by, at=at)
    raise NotFound(_("没有“%s”这个操作。") % verb[:20])
