"""Visits to people who are looked after, and the extra rounds of a heat or cold wave."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.fieldwork.models import Visit
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..scope import duty_paths, overseeing_paths, own_grids
from .files import CareFile

User = settings.AUTH_USER_MODEL


class ExtraRoundQuerySet(models.QuerySet["ExtraRound"]):
    def visible_to(self, actor) -> ExtraRoundQuerySet:
        """Return those that hold on the actor's land, or were called on it."""
        seen = Q(pk__in=[])
        for path in {*duty_paths(actor), *own_grids(actor), *overseeing_paths(actor)}:
            parts = path.rstrip("/").split("/")
            above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts))]
            seen |= Q(region__path__under=path) | Q(region__path__in=above)
        return self.filter(seen)


class ExtraRound(models.Model):
    """A time in which everybody of some kinds is visited more often (高温、寒潮加密走访)."""

    class Why(models.TextChoices):
        HEAT = "heat", _("高温")
        COLD = "cold", _("寒潮")
        STORM = "storm", _("暴雨、台风")
        OTHER = "other", _("其他")

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    why = models.CharField(_("原因"), max_length=8, choices=Why)
    kinds = models.CharField(_("类别"), max_length=120)  # codes with blanks between
    every_days = models.PositiveSmallIntegerField(_("每几天走访一次"))
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发起人"))
    at = models.DateTimeField(_("发起时间"))

    objects = ExtraRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("加密走访")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="extra_round_ends_after"
            )
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.get_why_display()}"


class CareVisitQuerySet(models.QuerySet["CareVisit"]):
    def visible_to(self, actor) -> CareVisitQuerySet:
        return self.filter(file__in=CareFile.objects.visible_to(actor))


class CareVisit(models.Model):
    """What a visit found: condition, wishes and promises sealed; the walk itself is fieldwork's."""

    class How(models.TextChoices):
        HOME = "home", _("上门")
        PHONE = "phone", _("电话")
        ABSENT = "absent", _("未见到")

    file = models.ForeignKey(CareFile, models.PROTECT, related_name="visits")
    visit = models.OneToOneField(Visit, models.PROTECT, null=True, related_name="care_visit")
    on = models.DateField(_("走访日期"))
    due_on = models.DateField(_("应访日期"), null=True)
    how = models.CharField(_("方式"), max_length=8, choices=How)
    # Condition, wishes, what was promised: JSON, sealed as one.
    body_sealed = models.TextField(blank=True, default="")
    promise_due_on = models.DateField(_("承诺期限"), null=True)
    promise_kept_at = models.DateTimeField(_("承诺兑现"), null=True)
    # The wish that came of it, in the flow of wishes (收集微心愿).
    wish = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("走访人"))
    recorded_at = models.DateTimeField(_("记录时间"))
    key = models.CharField(max_length=120, blank=True, default="")

    objects = CareVisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("关爱走访")
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=~Q(key=""), name="care_visit_written_once"
            )
        ]
        indexes = [models.Index(fields=["file", "-on"], name="care_visits_of_file")]

    def __str__(self) -> str:
        return f"{self.file} {self.on}"
