"""Numbers and kinds that a district sets for itself, each from a day on; ours are samples in data/."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region


class CareKind(models.Model):
    """A kind of person who is looked after: how often visited, how long a file is held and kept."""

    code = models.CharField(_("代码"), max_length=16)
    name = models.CharField(_("名称"), max_length=20)
    every_days = models.PositiveSmallIntegerField(_("走访间隔（天）"))
    term_days = models.PositiveSmallIntegerField(_("档案有效期（天）"))
    forget_days = models.PositiveSmallIntegerField(_("结束后保留（天）"))
    effective_from = models.DateField(_("生效日期"))
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = _("关爱对象类别")
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="care_kind_once")
        ]

    def __str__(self) -> str:
        return self.name


class CareRule(models.Model):
    """A number that holds in a region (none: everywhere) from a day on."""

    code = models.CharField(_("规则"), max_length=30)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("区域")
    )
    effective_from = models.DateField(_("生效日期"))
    value = models.PositiveIntegerField(_("数值"))
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = _("关爱帮扶规则")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "region", "effective_from"], name="care_rule_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.effective_from}"
