from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Path, Router

from tongxin.kit.errors import NotFound
from tongxin.kit.ids import NotACaseNumber, parse_case_number

from ..models import Case

router = Router(tags=["cases"])

CaseId = Annotated[str, Path(description="the case's id (a UUID) or its number")]


def key_of(text: str) -> dict[str, Any]:
    """Return by what a case is looked up: {"pk": …} or {"number": …}.

    :raises NotFound: if the text is neither
    """
    try:
        return {"pk": UUID(text)}
    except ValueError:
        pass
    try:
        parse_case_number(text)
        return {"number": text}
    except NotACaseNumber:
        raise NotFound(NO_CASE()) from None


def get_case(actor, text: str, *related: str) -> Case:
    """Return a case that the actor sees, with what is `related`.

    :raises NotFound: if there is none, or none that they see
    """
    rows = Case.objects.visible_to(actor)
    case = (rows.select_related(*related) if related else rows).filter(**key_of(text)).first()
    if case is None:
        raise NotFound(NO_CASE())
    return case


def NO_CASE() -> str:  # noqa: N802
    return _("没有找到这件事，或您看不到它。")
