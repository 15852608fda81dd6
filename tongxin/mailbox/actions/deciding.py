"""What a person decides about a letter that waits: a case of its own, part of another, or neither."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import Letter
from . import receiving


class AlreadyDecided(Refused):
    """Somebody was quicker: the letter waits no longer."""


@transaction.atomic
def file_letter(*, letter: Letter, region: Region, title: str = "", by: User, at: datetime) -> Case:
    """Open a request for a place from a letter that waits. Raises AlreadyDecided, and what a request refuses."""
    letter = _waiting(letter)
    case = receiving.open_from(
        letter, receiving.message_of(letter), region=region, at=at, title=title
    )
    letter.region, letter.area = region, region.path
    _decided(letter, by, at, "letter.file")
    return case


@transaction.atomic
def add_letter(*, letter: Letter, number: str, by: User, at: datetime) -> Case:
    """Add a letter that waits to a case that the person sees. Raises AlreadyDecided, NotFound."""
    letter = _waiting(letter)
    case = Case.objects.visible_to(by).filter(number=number.strip()).first()
    if case is None:
        raise NotFound(_("没有找到编号 %s 的单子，或您看不到它。") % number[:40], field="number")
    receiving.add_to(letter, case, receiving.message_of(letter), at=at)
    _decided(letter, by, at, "letter.add")
    return case


@transaction.atomic
def refuse_letter(*, letter: Letter, reason: str, by: User, at: datetime) -> None:
    """Take no case up for a letter that waits, with the reason. Raises AlreadyDecided."""
    why = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    letter = _waiting(letter)
    receiving.settle(letter, Letter.State.REFUSED, why=why)
    _decided(letter, by, at, "letter.refuse")


def _waiting(letter: Letter) -> Letter:
    locked = Letter.objects.select_for_update().get(pk=letter.pk)
    if locked.state != Letter.State.HELD:
        raise AlreadyDecided(_("这封来信已经处理过了：%s。") % locked.get_state_display())
    return locked


def _decided(letter: Letter, by: User, at: datetime, action: str) -> None:
    letter.decided_by, letter.decided_at = by, at
    letter.save(update_fields=["decided_by", "decided_at", "region", "area"])
    audit(actor=by, action=action, object=f"letter:{letter.pk}", at=at)
