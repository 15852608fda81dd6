"""The record of service: written once, corrected by another entry, never changed (民政部令第67号)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Person
from tongxin.regions.models import Region

from ..scope import desk_reach

User = settings.AUTH_USER_MODEL


class ServiceEntryQuerySet(models.QuerySet["ServiceEntry"]):
    def visible_to(self, actor) -> ServiceEntryQuerySet:
        """Return one's own, and those of the land the actor acts for.

        What a branch sees of its members, `portal` asks of their reports.
        """
        mine = Q(user=actor.pk) | Q(person__user=actor.pk)
        return self.filter(mine | desk_reach(actor, "community__path"))

    def of(self, user) -> ServiceEntryQuerySet:
        """Return a user's own."""
        return self.filter(Q(user=user.pk) | Q(person__user=user.pk))


class ServiceEntry(models.Model):
    """Minutes somebody served, confirmed by another; travel is not in them.

    `source` names the row it tells of ("turn:12"), so that the same service is counted once.
    """

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="service_entries")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="service_entries")
    # The home branch at that time, to whose year it belongs.
    unit = models.ForeignKey(Org, models.PROTECT, null=True, related_name="+")
    community = models.ForeignKey(Region, models.PROTECT, related_name="+")
    service = models.CharField(_("服务类别"), max_length=30)
    what = models.CharField(_("内容"), max_length=120)
    minutes = models.IntegerField(_("分钟"))
    at = models.DateTimeField(_("服务时间"))
    recorded_at = models.DateTimeField(_("记录时间"))
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("确认人")
    )
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=80, unique=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="correction", verbose_name=_("更正")
    )
    reason = models.CharField(max_length=200, blank=True, default="")

    objects = ServiceEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务记录")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(person__isnull=False),
                name="service_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=0) | Q(corrects__isnull=False),
                name="less_only_by_correction",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-at"], name="service_of_user"),
            models.Index(fields=["person", "-at"], name="service_of_person"),
            models.Index(fields=["unit", "at"], name="service_of_unit"),
            models.Index(fields=["community", "at"], name="service_of_place"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.minutes}"
