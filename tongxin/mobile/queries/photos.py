"""Whose photos of the phone one may see: those of what one has to judge; where they were taken."""

from __future__ import annotations

from tongxin.accounts.models import User
from tongxin.photos.models import Photo

from ..models import FieldAction
from .duty import may_look_at


def may_see(actor: User, photo: Photo) -> bool:
    """Say whether the photo belongs to something the actor has to decide."""
    if photo.uploaded_by_id is None:
        return False
    rows = FieldAction.objects.to_judge(actor).filter(user=photo.uploaded_by_id)
    return any(str(photo.pk) == one["id"] for photos in rows.values_list("photos", flat=True) for one in photos)  # fmt: skip


def may_reveal(actor: User, photo: Photo) -> bool:
    """Say whether the actor is an officer over the land of whoever took the photo."""
    return photo.uploaded_by is not None and may_look_at(actor, photo.uploaded_by)
