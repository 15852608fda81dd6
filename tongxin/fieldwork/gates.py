"""Who sees the photos of a visit: who sees the visit; where they were taken, an officer over the land."""

from __future__ import annotations

from django.db.models import Q

from tongxin.accounts.models import User
from tongxin.orgs.scope import roles_over
from tongxin.photos.models import Photo

from .models import RivalAnswers, Visit


def _visits(actor: User, photo: Photo):
    shown = Q(photos__photo=photo) | Q(answers__photos__photo=photo)
    return Visit.objects.visible_to(actor).filter(shown)


def may_see(actor: User, photo: Photo) -> bool:
    """Say whether a visit the actor sees shows the photo, or a second report of one does."""
    if actor.pk is None:
        return False
    if _visits(actor, photo).exists():
        return True
    rivals = RivalAnswers.objects.filter(payload__icontains=str(photo.pk))
    return Visit.objects.visible_to(actor).filter(rivals__in=rivals).exists()


def may_reveal(actor: User, photo: Photo) -> bool:
    """Say whether the actor may read where and by what a photo of a visit was taken."""
    areas = _visits(actor, photo).values_list("area", flat=True)[:5]
    return any("officer" in roles_over(actor, area) for area in areas)
