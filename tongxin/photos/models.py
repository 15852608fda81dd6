"""A photo of any register: what was handed in, cleaned; what its file said is kept apart."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User

# What a photo's own data says against what it is handed in for: kept and shown, never refused.
MARKS = {
    "no_exif": _("照片里没有拍摄时间和位置"),
    "place_far": _("照片拍摄地离签到地点超过 300 米"),
    "time_odd": _("照片拍摄时间与办理时间相差超过 1 小时"),
    "time_future": _("照片拍摄时间晚于上传时间"),
    "time_false": _("照片拍摄时间不可信"),
}


class PhotoQuerySet(QuerySet["Photo"]):
    def visible_to(self, actor: User) -> PhotoQuerySet:
        """Return one's own uploads. Others see a photo by its owner's gate: `queries.photo_for`."""
        return self.filter(uploaded_by=actor.pk) if actor.pk else self.none()


def photo_path(photo: Photo, name: str) -> str:
    # Folders of a month: a directory with a million files is slow to list and to back up.
    return f"photos/{photo.uploaded_at:%Y-%m}/{photo.pk}-{name}"


class Photo(models.Model):
    """A picture proved and stripped. `sha256` is that of the file handed in, `size` of the kept one."""

    id = models.UUIDField(primary_key=True)
    file = models.FileField(upload_to=photo_path, max_length=120)
    thumb = models.FileField(upload_to=photo_path, max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    exif = models.JSONField(default=dict)  # place and device: for officers with a reason only
    marks = models.JSONField(default=list)  # words of MARKS
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("照片")

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def warnings(self) -> list[str]:
        """Return the marks as sentences."""
        return [str(MARKS[mark]) for mark in self.marks if mark in MARKS]
