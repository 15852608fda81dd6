from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Path, Router

from tongxin.kit.errors import NotFound
from tongxin.kit.ids import NotACaseNumber, parse_case_number

from ..models import Case
from ..sight import sees
from ..store import Around, read_case

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
        raise NotFound(no_case()) from None


def get_case(actor, text: str) -> Case:
    """Return a case that the actor sees.

    :raises NotFound: if there is none, or none that they see
    """
    return get_case_and_around(actor, text)[0]


def get_case_and_around(actor, text: str) -> tuple[Case, Around]:
    found = read_case(**key_of(text))
    if found is None or not sees(actor, found[0]):
        raise NotFound(no_case())
    return found


def no_case() -> str:  # noqa: N802
    return _("没有找到这件事，或您看不到它。")
