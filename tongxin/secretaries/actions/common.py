"""What the writes of this app share: who may, what goes into the book, photos as proof."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.ids import uuid7
from tongxin.kit.images import check_photo
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org
from tongxin.orgs.scope import keeps_register, roles_over

from ..models import Proof
from ..sight import village_ids

LEAST_REASON = 4  # characters


class NotKeeper(NotPermitted):
    """The register of the unit is kept by others."""


class ThinReason(Invalid):
    """A decision about a person or money has a reason that can be read later."""


class PersonalData(Invalid):
    """A text that many read holds no identity or telephone numbers."""


# 18 digits of an identity card, 11 of a mobile number; not inside longer numbers.
_NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


def check_keeper(actor: User, unit: Org) -> None:
    """:raises NotKeeper: unless the actor keeps the registers of the unit, or of one above it."""
    if not keeps_register(actor, unit.path):
        raise NotKeeper(_("“%s”的台账由它的书记、组织员和上级党组织办理，您只能查看。") % unit)


def check_keeper_above(actor: User, unit: Org) -> None:
    """:raises NotKeeper: unless the actor keeps the registers of a unit above this one."""
    above = unit.path.rstrip("/").rpartition("/")[0]
    if not above or not keeps_register(actor, f"{above}/"):
        raise NotKeeper(_("这件事由“%s”的上级党组织决定。") % unit)


def check_works_in(actor: User, village: Org) -> None:
    """:raises NotKeeper: unless the actor is sent to the village, or keeps its registers."""
    if village.pk not in village_ids(actor):
        check_keeper(actor, village)


def is_above(actor: User, village: Org) -> bool:
    """Say whether the actor stands above a village: keeps registers there, or is its officer."""
    above = village.path.rstrip("/").rpartition("/")[0]
    kept = bool(above) and keeps_register(actor, f"{above}/")
    return kept or "officer" in roles_over(actor, village.region.path)


def reason_of(text: str, *, label: str, limit: int = 500, field: str = "reason") -> str:
    """Return a reason cleaned. :raises ThinReason: below four characters"""
    text = clean_text(text, limit=limit, field_label=label, required=True, multiline=True)
    if len(text) < LEAST_REASON:
        raise ThinReason(
            _("%(label)s至少写 %(least)d 个字。") % {"label": label, "least": LEAST_REASON},
            field=field,
        )
    return text


def impersonal(text: str, *, label: str, limit: int, field: str, required: bool = True) -> str:
    """Return a text cleaned. :raises PersonalData: if it holds an identity or mobile number"""
    text = clean_text(text, limit=limit, field_label=label, required=required, multiline=True)
    if _NUMBERS.search(text):
        raise PersonalData(_("“%s”里不要写身份证号和手机号，请删去这些数字。") % label, field=field)
    return text


def log(
    unit: Org, text: str, *, kind: str, source: Any, at: datetime, by: User | None, key: str = ""
) -> None:
    """Write into the unit's book; `source` is the row it tells of, `key` what happened to it."""
    name = f"{source._meta.label_lower}:{source.pk}"
    write_log(
        unit=unit,
        kind=kind,
        text=text,
        at=at,
        recorded_at=at,
        source=name[:60],
        key=f"{name}:{key}"[:80],
        actor=by,
    )


def keep_proof(
    *, data: bytes, unit: Org, by: User, at: datetime, is_private: bool = False
) -> Proof:
    """Keep a photo, without its metadata. :raises NotAPhoto, PhotoTooLarge: as their names say"""
    photo = check_photo(data)
    proof = Proof(id=uuid7(at), unit=unit, by=by, at=at, sha256=photo.sha256, is_private=is_private)
    proof.file = ContentFile(photo.clean, name="photo.jpg")
    proof.thumb = ContentFile(photo.thumb, name="thumb.jpg")
    proof.save(force_insert=True)
    return proof


VILLAGE = LogEntry.Kind.VILLAGE
UNIT, ASSESSMENT, HONOUR = LogEntry.Kind.UNIT, LogEntry.Kind.ASSESSMENT, LogEntry.Kind.HONOUR
