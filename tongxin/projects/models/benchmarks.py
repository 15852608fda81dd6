"""Benchmarking (对标): which unit learns from which city, zone or park, and the projects of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import reach

from .common import OVERSEERS, amount, of_org, org_key
from .programmes import Programme, Task


class Exemplar(models.Model):
    """A city, zone or park that is measured against (标杆)."""

    class Kind(models.TextChoices):
        CITY = "city", _("城市")
        ZONE = "zone", _("开发区")
        PARK = "park", _("园区")

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="exemplars")
    name = models.CharField(_("标杆"), max_length=40)
    kind = models.CharField(_("类型"), max_length=4, choices=Kind)

    class Meta:
        verbose_name = verbose_name_plural = _("标杆")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="one_exemplar_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class BenchPairQuerySet(models.QuerySet["Pairing"]):
    def visible_to(self, actor) -> BenchPairQuerySet:
        return self.filter(
            reach(actor, OVERSEERS, column="programme__region__path") | of_org(actor)
        )


class Pairing(models.Model):
    """That a unit learns from an exemplar (S2.17): 63 units and 30 exemplars meet here."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="pairings")
    org = org_key(_("单位"))
    exemplar = models.ForeignKey(Exemplar, models.PROTECT, related_name="pairings")

    objects = BenchPairQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("对标关系")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "org", "exemplar"], name="one_pairing_of_a_unit"
            )
        ]


class BenchmarkProjectQuerySet(models.QuerySet["BenchmarkProject"]):
    def visible_to(self, actor) -> BenchmarkProjectQuerySet:
        led = reach(actor, OVERSEERS, column="pairing__programme__region__path")
        return self.filter(led | of_org(actor, "pairing__org"))


class BenchmarkProject(models.Model):
    """One project of a pairing (S2.18): where we stood, where they stand, where we go, where we are."""

    pairing = models.ForeignKey(Pairing, models.PROTECT, related_name="projects")
    name = models.CharField(_("对标项目"), max_length=80)
    measure = models.CharField(_("指标"), max_length=60)
    unit = models.CharField(_("单位"), max_length=12, blank=True, default="")
    less_is_better = models.BooleanField(_("越小越好"), default=False)
    baseline = amount(_("基线值"))
    theirs = amount(_("标杆值"))
    target = amount(_("目标值"))
    result = amount(_("现值"), null=True, blank=True)
    result_on = models.DateField(_("现值截至"), null=True)
    gap = models.CharField(_("差距和原因"), max_length=500, blank=True, default="")
    measures = models.CharField(_("改进措施"), max_length=1000, blank=True, default="")
    due_on = models.DateField(_("完成期限"))
    task = models.ForeignKey(
        Task, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("对应任务")
    )

    objects = BenchmarkProjectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("对标项目")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["pairing", "name"], name="one_project_of_a_name"),
            models.CheckConstraint(
                condition=Q(less_is_better=True, target__lt=models.F("baseline"))
                | Q(less_is_better=False, target__gt=models.F("baseline")),
                name="project_goes_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BenchmarkCheck(models.Model):
    """A check on the way (中期评估): the figure with its evidence, and what the checker found."""

    class Verdict(models.TextChoices):
        AHEAD = "ahead", _("达到标杆")
        ON_TRACK = "on_track", _("按期推进")
        BEHIND = "behind", _("滞后")

    project = models.ForeignKey(BenchmarkProject, models.PROTECT, related_name="checks")
    on = models.DateField(_("检查日期"))
    value = amount(_("现值"))
    verdict = models.CharField(_("结论"), max_length=8, choices=Verdict)
    note = models.CharField(_("情况和佐证"), max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("中期检查")
        ordering = ["on", "pk"]
