"""Who sees the photos of components: whoever sees the component."""

from __future__ import annotations

from tongxin.accounts.models import User
from tongxin.photos.models import Photo

from ..models import Component


def sees_photo(actor: User, photo: Photo) -> bool:
    rows = Component.objects.visible_to(actor)
    return rows.filter(events__photos=photo.pk).exists()
