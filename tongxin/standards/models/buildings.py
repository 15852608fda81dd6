"""The duties of whoever covers a building: spreading policy, activities, urgent troubles (S3.40)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import register_reach
from tongxin.regions.models import Region


class BuildingDuty(models.TextChoices):
    POLICY = "policy", _("宣传路线政策")
    ACTIVITY = "activity", _("开展活动")
    TROUBLE = "trouble", _("解决急难事")


class DutyRecordQuerySet(models.QuerySet["DutyRecord"]):
    def visible_to(self, actor) -> DutyRecordQuerySet:
        """Return those of the units one may read."""
        return self.filter(register_reach(actor, to="unit__"))


class DutyRecord(models.Model):
    """That a unit did one of the three duties in a building it covers. Append-only."""

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="building_records", verbose_name=_("党组织")
    )
    building = models.ForeignKey(
        Region, models.PROTECT, related_name="duty_records", verbose_name=_("楼栋")
    )
    duty = models.CharField(_("职责"), max_length=10, choices=BuildingDuty)
    on = models.DateField(_("日期"))
    text = models.CharField(_("做了什么"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("记录人")
    )
    at = models.DateTimeField(_("记录时间"))
    key = models.CharField(max_length=120, blank=True, default="")

    objects = DutyRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("楼栋履职记录")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="duty_record_once")
        ]
        indexes = [models.Index(fields=["building", "on"], name="duty_of_building")]

    def __str__(self) -> str:
        return f"{self.building} {self.get_duty_display()} {self.on}"
