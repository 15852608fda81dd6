"""Who sees a photo of care: whoever reads the file it belongs to, and has opened it today."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.photos.models import Photo

from ..models import Aid, CareFile, CareVisit, Errand, Look, RoundHousehold
from ..scope import has_duty, is_officer


def may_see_photo(actor: User, photo: Photo, *, on: date | None = None) -> bool:
    """Say whether one of our registers shows the photo to the actor. `on` defaults to today."""
    if not actor.is_authenticated:
        return False
    files = CareFile.objects.filter(paper=photo.pk) | CareFile.objects.filter(
        pk__in=[
            *CareVisit.objects.filter(photo=photo.pk).values_list("file", flat=True),
            *Aid.objects.filter(receipt=photo.pk).values_list("file", flat=True),
            *Aid.objects.filter(signature=photo.pk).values_list("file", flat=True),
        ]
    )
    if files.filter(user=actor.pk).exists():  # one's own
        return True
    day = on or localdate()  # what may be seen now depends on who has looked today
    opened = Look.objects.filter(file=OuterRef("pk"), user=actor.pk, day=day)
    if (
        CareFile.objects.visible_to(actor)
        .filter(Exists(opened), pk__in=files.values("pk"))
        .exists()
    ):
        return True
    mine = RoundHousehold.objects.visible_to(actor)
    if mine.filter(photo=photo.pk).exists() or mine.filter(signature=photo.pk).exists():
        return True
    errand = Errand.objects.filter(signature=photo.pk).first()
    return errand is not None and (
        actor.pk in (errand.volunteer_id, errand.resident_id)
        or has_duty(actor, errand.area)
        or is_officer(actor, errand.area)
    )
