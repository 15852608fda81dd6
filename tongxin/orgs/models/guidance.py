"""What is asked of units by their sector, methods worth learning, and where something is on trial."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from ..scope import register_reach
from .org import Org, Sector
from .ratings import OfUnitQuerySet


class Requirement(models.Model):
    """What the units of a sector should have or do (分类指导, S2.28). Data with an effective date."""

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    sector = models.CharField(_("领域"), max_length=16, choices=Sector)
    text = models.CharField(_("要求"), max_length=200)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("分类要求")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_requirement_of_a_version")
        ]

    def __str__(self) -> str:
        return self.text


class RequirementMark(models.Model):
    """How a unit stands with a requirement in a year, said by a person; the last word counts."""

    class State(models.TextChoices):
        MET = "met", _("已落实")
        UNDER_WAY = "under_way", _("推进中")
        UNMET = "unmet", _("未落实")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="marks", verbose_name=_("党组织"))
    requirement = models.ForeignKey(Requirement, models.PROTECT, related_name="marks")
    year = models.PositiveSmallIntegerField(_("年度"))
    state = models.CharField(_("状态"), max_length=10, choices=State)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    at = models.DateTimeField(_("记录时间"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("落实情况")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "requirement", "year"], name="one_mark_of_a_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.year} {self.get_state_display()}"


class WorkMethodQuerySet(models.QuerySet["WorkMethod"]):
    def public(self) -> WorkMethodQuerySet:
        """Published methods are there to be learnt by everybody."""
        return self.filter(published_on__isnull=False, withdrawn_on__isnull=True)

    def visible_to(self, actor) -> WorkMethodQuerySet:
        """Return the published ones, and those of units the actor may read."""
        out = Q(published_on__isnull=False, withdrawn_on__isnull=True)
        return self.filter(out | register_reach(actor, to="unit__"))


class WorkMethod(models.Model):
    """A working method or experience of a branch or group (支部工作法、典型经验, S2.27)."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="methods", verbose_name=_("党组织"))
    title = models.CharField(_("名称"), max_length=60)
    summary = models.CharField(_("一句话"), max_length=120)
    steps = models.TextField(_("做法"))
    effect = models.TextField(_("成效"), blank=True, default="")
    tags = models.CharField(_("关键词"), max_length=80, blank=True, default="")
    published_on = models.DateField(_("发布日期"), null=True, blank=True)
    withdrawn_on = models.DateField(_("撤下日期"), null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("提交时间"))

    objects = WorkMethodQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("支部工作法")
        constraints = [
            models.UniqueConstraint(fields=["unit", "title"], name="one_method_of_a_title")
        ]

    def __str__(self) -> str:
        return self.title


class MethodUse(models.Model):
    """A unit that took over a method, and what came of it."""

    method = models.ForeignKey(WorkMethod, models.CASCADE, related_name="uses")
    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("党组织"))
    on = models.DateField(_("学用日期"))
    note = models.CharField(_("学用情况"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("学用")
        constraints = [
            models.UniqueConstraint(fields=["method", "unit"], name="one_use_of_a_method")
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.method}"


class PilotQuerySet(models.QuerySet["Pilot"]):
    def public(self) -> PilotQuerySet:
        """What is on trial where is no secret."""
        return self


class Pilot(models.Model):
    """A named feature on trial in some communities only (试点, S0.27); outside it is off."""

    class Feature(models.TextChoices):
        BUILDING_GROUP = "building_group", _("楼宇党小组")
        JOINT_COMMITTEE = "joint_committee", _("社区大党委")
        TASK_FORCE = "task_force", _("党员突击队")
        NIGHT_PATROL = "night_patrol", _("夜间巡查专项任务")
        MOBILE_RESIDENTS = "mobile_residents", _("流动人口自助登记")

    feature = models.CharField(_("功能"), max_length=20, choices=Feature)
    regions = models.ManyToManyField(
        Region,
        related_name="pilots",
        verbose_name=_("试点社区（村）"),
        limit_choices_to={"level": Region.Level.COMMUNITY},
    )
    from_date = models.DateField(_("开始"))
    to_date = models.DateField(_("结束"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = PilotQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("试点")
        constraints = [
            models.UniqueConstraint(
                fields=["feature"], condition=Q(to_date__isnull=True), name="one_pilot_of_a_feature"
            )
        ]

    def __str__(self) -> str:
        return self.get_feature_display()
