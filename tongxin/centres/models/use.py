"""How many people use a centre (S1.56, S3.42): counted by day, room and side; nobody is named."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import reach
from tongxin.places.models import Centre, Room, RoomKind

from .window import WATCHERS

USER = settings.AUTH_USER_MODEL


class UseCountQuerySet(models.QuerySet["UseCount"]):
    def visible_to(self, actor) -> UseCountQuerySet:
        """Return those of the land the actor works on."""
        return self.filter(reach(actor, WATCHERS, column="centre__region__path"))


class UseCount(models.Model):
    """People of a day in a room (or at large): as the clerk wrote, or as they counted themselves."""

    class Source(models.TextChoices):
        CLERK = "clerk", _("登记")
        SELF = "self", _("扫码自计")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="uses")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="uses")
    day = models.DateField(_("日期"))
    use = models.CharField(_("功能"), max_length=11, choices=RoomKind.Use)
    source = models.CharField(_("来源"), max_length=5, choices=Source)
    people = models.PositiveIntegerField(_("人次"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = UseCountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("使用人次")
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "day", "use", "source"],
                condition=Q(room__isnull=True),
                name="one_count_of_a_day",
            ),
            models.UniqueConstraint(
                fields=["room", "day", "source"],
                condition=Q(room__isnull=False),
                name="one_count_of_a_room",
            ),
        ]
        indexes = [models.Index(fields=["day", "centre"], name="use_of_day")]

    def __str__(self) -> str:
        return f"{self.centre} {self.day} {self.people}"
