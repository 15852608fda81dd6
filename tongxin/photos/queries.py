"""One photo for one reader."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import NotFound

from . import gates
from .models import Photo


class NoSuchPhoto(NotFound):
    """There is no such photo, or the actor may not see it."""


def photo_for(actor: User, id: UUID | str) -> Photo:
    """Return a photo the actor may see: their own, or one that its register shows them.

    :raises NoSuchPhoto: alike for one that is not there and one that is not theirs
    """
    photo = Photo.objects.filter(pk=id).first()
    if photo is None or not gates.may_see(actor, photo):
        raise NoSuchPhoto(_("没有找到这张照片，或您看不到它。"))
    return photo


def as_told(photo: Photo) -> dict[str, Any]:
    """Return what everybody who sees the photo may know of it."""
    return {
        "id": str(photo.pk),
        "url": reverse("photos:file", args=[photo.pk]),
        "thumb": reverse("photos:thumb", args=[photo.pk]),
        "taken_at": photo.taken_at,
        "uploaded_at": photo.uploaded_at,
        "warnings": photo.warnings,
    }
