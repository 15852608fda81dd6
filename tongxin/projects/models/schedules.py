"""Schedules counted back from a fixed day: stages with their planned days, and every slip of them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .programmes import Task


class ScheduleTemplateQuerySet(models.QuerySet["ScheduleTemplate"]):
    def public(self) -> ScheduleTemplateQuerySet:
        """A way of working is no secret."""
        return self

    def on(self, day: date) -> ScheduleTemplateQuerySet:
        return self.filter(
            Q(effective_to=None) | Q(effective_to__gt=day), effective_from__lte=day
        ).order_by("code", "-version")


class ScheduleTemplate(models.Model):
    """A procedure as stages with their working days (S4.31 五步工作法): [{"code", "name", "days"}]."""

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"))
    name = models.CharField(_("名称"), max_length=60)
    stages = models.JSONField(_("阶段"))
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)

    objects = ScheduleTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("工作法模板")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_way_of_a_version")
        ]

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """The plan of one task: its stages counted back from the task's last day.

    Where that day is fixed no slip is saved that misses it. `by_workdays`: days are working days.
    """

    task = models.OneToOneField(Task, models.CASCADE, related_name="schedule")
    template = models.ForeignKey(
        ScheduleTemplate, models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_workdays = models.BooleanField(_("按工作日"), default=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("倒排工期")


class Stage(models.Model):
    """A stage: planned from `start_on` to `end_on` (both worked), first planned as `planned_end`."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="stages")
    n = models.PositiveSmallIntegerField(_("序号"))
    code = models.CharField(max_length=30)
    name = models.CharField(_("阶段"), max_length=40)
    days = models.PositiveSmallIntegerField(_("天数"))
    start_on = models.DateField(_("开始"))
    end_on = models.DateField(_("结束"))
    planned_end = models.DateField(_("原计划结束"))
    done_on = models.DateField(_("实际完成"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField(_("说明"), max_length=300, blank=True, default="")
    told_on = models.DateField(null=True)  # when its lateness or its start was last told

    class Meta:
        verbose_name = verbose_name_plural = _("阶段")
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "code"], name="one_stage_of_a_code"),
            models.CheckConstraint(
                condition=Q(end_on__gte=F("start_on")), name="stage_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["end_on"], name="stage_open", condition=Q(done_on=None))]

    def __str__(self) -> str:
        return self.name


class StageSlip(models.Model):
    """That a stage was let slip: who, why, from which day to which. Append-only."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="slips")
    from_end = models.DateField(_("原结束"))
    to_end = models.DateField(_("新结束"))
    over_by = models.PositiveSmallIntegerField(_("超过最后期限（天）"), default=0)
    reason = models.CharField(_("原因"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("阶段顺延")
        ordering = ["pk"]
