"""Resumption of work by class and batch (分类分批复工复产): conditions, application, check, approval (S0.62)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.regions.models import Region

from .sites import Site

USER = settings.AUTH_USER_MODEL


class FirmClass(models.TextChoices):
    """Which class a firm belongs to; classes reopen one after another. Sample division."""

    VITAL = "vital", _("保障类")
    LARGE = "large", _("规上工业")
    BUILDING = "building", _("建筑工地")
    TRADE = "trade", _("商贸服务")
    OTHER = "other", _("其他企业")


class ConditionQuerySet(models.QuerySet["Condition"]):
    def public(self) -> ConditionQuerySet:
        """What is asked of firms is public."""
        return self

    def in_force(self, day) -> ConditionQuerySet:
        return self.filter(Q(effective_to=None) | Q(effective_to__gt=day), effective_from__lte=day)


class Condition(models.Model):
    """One condition of reopening. `classes` are those it is asked of; none means all."""

    class Group(models.TextChoices):
        EPIDEMIC = "epidemic", _("防疫措施")
        SAFETY = "safety", _("安全生产")

    code = models.CharField(_("代码"), max_length=10)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    group = models.CharField(_("类别"), max_length=10, choices=Group)
    text = models.CharField(_("条件"), max_length=120)
    classes = models.JSONField(default=list, blank=True)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True)
    source = models.CharField(_("依据"), max_length=120)
    is_sample = models.BooleanField(default=True)

    objects = ConditionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("复工复产条件")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_version_of_a_condition")
        ]

    def __str__(self) -> str:
        return self.text


class ResumeBatchQuerySet(models.QuerySet["ResumeBatch"]):
    def visible_to(self, actor) -> ResumeBatchQuerySet:
        return self.filter(reach(actor, LAND_ROLES, column="region__path"))


class ResumeBatch(models.Model):
    """A batch of one class in a region: firms apply, are checked, and reopen together."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    firm_class = models.CharField(_("企业类别"), max_length=10, choices=FirmClass)
    number = models.PositiveSmallIntegerField(_("批次"))
    planned_on = models.DateField(_("计划复工日期"))
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(_("批准时间"), null=True)

    objects = ResumeBatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("复工批次")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "firm_class", "number"], name="one_number_of_a_batch"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_firm_class_display()} {self.number}"


class ResumptionQuerySet(models.QuerySet["Resumption"]):
    def visible_to(self, actor) -> ResumptionQuerySet:
        return self.filter(reach(actor, LAND_ROLES, column="site__region__path"))


class Resumption(models.Model):
    """A firm's application to reopen: what it declares, what a check found, the batch's decision."""

    class State(models.TextChoices):
        APPLIED = "applied", _("待核查")
        UNMET = "unmet", _("条件不具备")
        CHECKED = "checked", _("核查通过")
        APPROVED = "approved", _("已复工")

    batch = models.ForeignKey(ResumeBatch, models.PROTECT, related_name="firms")
    site = models.ForeignKey(Site, models.PROTECT, related_name="resumptions")
    people = models.PositiveIntegerField(_("返岗人数"), default=0)
    state = models.CharField(max_length=10, choices=State, default=State.APPLIED)
    applied_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(_("申请时间"))
    checked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(_("核查时间"), null=True)
    approved_at = models.DateTimeField(_("复工时间"), null=True)
    key = models.CharField(max_length=120, blank=True, default="")

    objects = ResumptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("复工申请")
        constraints = [
            models.UniqueConstraint(fields=["batch", "site"], name="one_application_in_a_batch"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="resumption_once"),
        ]
        indexes = [models.Index(fields=["state", "batch"], name="resumption_of_state")]

    def __str__(self) -> str:
        return str(self.site)


class ResumptionAnswer(models.Model):
    """One condition of one application: declared by the firm, found by the check (None: not yet)."""

    resumption = models.ForeignKey(Resumption, models.CASCADE, related_name="answers")
    condition = models.ForeignKey(Condition, models.PROTECT, related_name="+")
    declared = models.BooleanField(_("企业自报"))
    found = models.BooleanField(_("核查"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("复工条件核查")
        constraints = [
            models.UniqueConstraint(fields=["resumption", "condition"], name="one_answer_each")
        ]

    def __str__(self) -> str:
        return f"{self.resumption} · {self.condition}"
