"""A run of the allocation: what was asked, what came out, its proof, and what was changed by hand."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from ..scope import directed
from .operations import Operation
from .pool import PoolEntry


class RunQuerySet(models.QuerySet["AllocationRun"]):
    def visible_to(self, actor) -> RunQuerySet:
        return self.filter(directed(actor, column="operation__"))


class AllocationRun(models.Model):
    """One sharing-out of the pool over the communities: a draft until a person confirms it.

    Costs are metres of way; empty places count as way (`parameters` says how much). `bound` is
    what no allocation costs less than, by the `prices` (community id → metres): anybody can
    recompute it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草案")
        CONFIRMED = "confirmed", _("已确认")
        DROPPED = "dropped", _("已放弃")

    operation = models.ForeignKey(
        Operation, models.CASCADE, related_name="runs", verbose_name=_("行动")
    )
    number = models.PositiveSmallIntegerField(_("序号"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default="draft")
    parameters = models.JSONField(_("参数"))
    needs = models.JSONField(_("需求"))  # community id → [minimum, wish], as they were
    objective = models.BigIntegerField(_("总代价（米）"))
    bound = models.BigIntegerField(_("下界（米）"))
    prices = models.JSONField()
    # Where units stay together, the proof needs several prices: each a list by the path of the land.
    cuts = models.JSONField(default=list)
    seconds = models.FloatField(_("求解用时（秒）"))
    flows = models.PositiveSmallIntegerField(_("求解次数"))
    changes_cost = models.BigIntegerField(_("人工调整代价（米）"), default=0)
    at = models.DateTimeField(_("生成时间"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("分配方案")
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="one_run_of_a_number"),
            models.UniqueConstraint(
                fields=["operation"], condition=Q(state="draft"), name="one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} #{self.number}"

    @property
    def gap(self) -> int:
        """Metres that could at most still be saved; 0 is proved optimal."""
        return self.objective - self.bound


class Placement(models.Model):
    """Where a run sends one cadre; without a community, they stay in reserve."""

    run = models.ForeignKey(AllocationRun, models.CASCADE, related_name="placements")
    entry = models.ForeignKey(PoolEntry, models.CASCADE, related_name="placements")
    community = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    metres = models.PositiveIntegerField(_("离家（米）"), default=0)
    by_hand = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("分配")
        constraints = [models.UniqueConstraint(fields=["run", "entry"], name="placed_once")]
        indexes = [models.Index(fields=["run", "community"], name="placement_of_community")]

    def __str__(self) -> str:
        return f"{self.entry} → {self.community}"


class PlacementChange(models.Model):
    """A placement changed by hand, and what it cost, in a sentence; never changed."""

    run = models.ForeignKey(AllocationRun, models.CASCADE, related_name="changes")
    entry = models.ForeignKey(PoolEntry, models.CASCADE, related_name="+")
    from_community = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    to_community = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    cost = models.BigIntegerField(_("代价（米）"))
    why = models.CharField(_("代价说明"), max_length=300)
    note = models.CharField(_("调整理由"), max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("人工调整")

    def __str__(self) -> str:
        return self.why
