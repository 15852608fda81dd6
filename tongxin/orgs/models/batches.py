"""Many units taken over at once (机构改革, S2.20, S2.21): previewed, applied, undone or confirmed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..scope import REGISTRARS, unit_reach
from .org import Org


class TakeOverQuerySet(models.QuerySet["TakeOver"]):
    def visible_to(self, actor) -> TakeOverQuerySet:
        """Return those into units whose registers the actor keeps."""
        return self.filter(unit_reach(actor, REGISTRARS, column="into__path"))


class TakeOver(models.Model):
    """A list of units that come under one: a draft, then applied, then confirmed or undone."""

    class State(models.TextChoices):
        DRAFT = "draft", _("待执行")
        APPLIED = "applied", _("已执行，待确认")
        CONFIRMED = "confirmed", _("已确认")
        UNDONE = "undone", _("已撤回")

    into = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("接收单位"))
    title = models.CharField(_("名称"), max_length=80)
    document = models.CharField(_("文号"), max_length=60, blank=True, default="")
    reason = models.CharField(_("事由"), max_length=300, blank=True, default="")
    on = models.DateField(_("生效日期"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    made_at = models.DateTimeField(_("上传时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办")
    )
    applied_at = models.DateTimeField(_("执行时间"), null=True)
    settled_at = models.DateTimeField(_("确认或撤回时间"), null=True)

    objects = TakeOverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("成批接收")

    def __str__(self) -> str:
        return self.title


class TakeOverItem(models.Model):
    """A row of the list, with its verdict; `unit` is the one that stood, or was founded by it."""

    batch = models.ForeignKey(TakeOver, models.CASCADE, related_name="items")
    line = models.PositiveIntegerField(_("行"))
    source = models.CharField(_("原单位"), max_length=100, blank=True, default="")
    name = models.CharField(_("党组织名称"), max_length=100)
    code = models.CharField(_("组织代码"), max_length=30, blank=True, default="")
    unit_kind = models.CharField(_("类型"), max_length=16, blank=True, default="")
    sector = models.CharField(_("领域"), max_length=16, blank=True, default="")
    above = models.CharField(_("上级"), max_length=100, blank=True, default="")
    # "found": a new unit; "move": one that stands already; "": the row cannot be used, see `why`.
    verdict = models.CharField(_("结论"), max_length=8, blank=True, default="")
    why = models.CharField(_("说明"), max_length=200, blank=True, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    unit = models.ForeignKey(Org, models.SET_NULL, null=True, related_name="+")
    parent_before = models.ForeignKey(Org, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("接收明细")
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="one_item_of_a_line"),
        ]
        indexes = [
            models.Index(fields=["batch"], name="take_over_bad", condition=Q(verdict="")),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.name}"
