"""Targets of a plan of several years by field; what was reminded of; calendars people subscribe to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Sector

from .study import OfUnit


class ProgrammeTarget(models.Model):
    """A yearly target of a programme by field (S4.5), e.g. standardisation 80 % in 2018 (S4.8).

    The field "" is for all; the actual rate is what a unit reports with a date and evidence.
    """

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="programme", verbose_name=_("党组织")
    )
    programme = models.CharField(_("规划"), max_length=60)
    measure = models.CharField(_("指标"), max_length=60)
    sector = models.CharField(_("领域"), max_length=16, choices=Sector, blank=True, default="")
    year = models.PositiveSmallIntegerField(_("年度"))
    target = models.DecimalField(_("目标（%）"), max_digits=5, decimal_places=1)
    done = models.PositiveIntegerField(_("达标数"), null=True)
    total = models.PositiveIntegerField(_("总数"), null=True)
    counted_on = models.DateField(_("统计日期"), null=True)

    objects = OfUnit.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("规划目标")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "programme", "measure", "sector", "year"], name="one_target"
            )
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.year}"


class Reminder(models.Model):
    """That a unit was reminded of what a period still lacks: once for each unit, kind and period."""

    unit = models.ForeignKey(Org, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    period = models.CharField(max_length=10)  # "2026-03", "2026Q1", "2026"
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("组织生活提醒")
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind", "period"], name="reminded_once")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind} {self.period}"


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def visible_to(self, actor) -> CalendarFeedQuerySet:
        """Return one's own."""
        return self.filter(user=actor.pk)


class CalendarFeed(models.Model):
    """The secret address under which a calendar program reads one's meetings; hash only."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed"
    )
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("日历订阅")

    def __str__(self) -> str:
        return str(self.user)
