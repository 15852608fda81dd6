"""Who sees the photos of this register."""

from __future__ import annotations

from tongxin.accounts.models import User
from tongxin.photos.models import Photo

from ..models import Centre


def sees_photo(actor: User, photo: Photo) -> bool:
    """Say whether a photo is of a centre, or of a sign of one, on the land of the actor's posts."""
    seen = Centre.objects.visible_to(actor)
    return (
        seen.filter(photos__photo=photo.pk).exists() or seen.filter(signs__photo=photo.pk).exists()
    )
