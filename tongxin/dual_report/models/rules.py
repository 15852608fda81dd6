"""Numbers and kinds that a district sets for itself, each from a day on; ours are the samples in data/."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rule(models.Model):
    """A number (or several, with blanks between) that holds from a day on; the local one wins."""

    code = models.CharField(_("规则"), max_length=40)
    version = models.CharField(_("版本"), max_length=20)
    effective_from = models.DateField(_("生效日期"))
    value = models.CharField(_("数值"), max_length=100)
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = _("双报到规则")
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="report_in_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Kind(models.Model):
    """A word to choose from (a role, a kind of service, a round of visits), from a day to a day."""

    class Group(models.TextChoices):
        ROLE = "role", _("入列当“员”的角色")
        SERVICE = "service", _("服务类别")
        WALK = "walk", _("走遍的对象")
        HEALTH = "health", _("走访记录不写的健康用语")

    group = models.CharField(_("分组"), max_length=10, choices=Group)
    code = models.CharField(_("代码"), max_length=30)
    name = models.CharField(_("名称"), max_length=40)
    text = models.CharField(_("说明"), max_length=200, blank=True, default="")
    effective_from = models.DateField(_("生效日期"))
    effective_to = models.DateField(_("失效日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = _("双报到类别")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "code", "effective_from"], name="report_in_kind_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
