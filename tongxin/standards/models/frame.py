"""The standard frame that branches are measured against: sets with effective dates, items of each (S4.6)."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org


class StandardSetQuerySet(models.QuerySet["StandardSet"]):
    def public(self) -> StandardSetQuerySet:
        """What branches are measured against is no secret."""
        return self

    def on(self, day: date) -> StandardSetQuerySet:
        """Return those in force on a day, the newest version of a code last."""
        rows = self.filter(effective_from__lte=day)
        rows = rows.filter(Q(effective_to=None) | Q(effective_to__gt=day))
        return rows.order_by("effective_from", "version")


class StandardSet(models.Model):
    """A version of the frame. A unit meets it with all its musts and `least_share` % of what applies."""

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"))
    name = models.CharField(_("名称"), max_length=60)
    least_share = models.PositiveSmallIntegerField(_("达标线（%）"))
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True)
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = StandardSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("标准")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_standard_of_a_version"),
            models.CheckConstraint(
                condition=Q(least_share__lte=100), name="standard_share_is_a_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（第 {self.version} 版）"


class StandardItem(models.Model):
    """One thing asked of a branch, and how it is judged.

    log: at least `least` entries of `log_kind` (of them `log_what`, the kind of meeting) in every
    whole `per` of the year. register: a named check over the registers (`queries.facts.CHECKS`).
    hand: a person judges, with evidence. `applies` names the condition under which it is asked.
    """

    class How(models.TextChoices):
        LOG = "log", _("看全程纪实")
        REGISTER = "register", _("看名册")
        HAND = "hand", _("人工核查")

    class Per(models.TextChoices):
        MONTH = "month", _("每月")
        QUARTER = "quarter", _("每季度")
        HALF = "half", _("每半年")
        YEAR = "year", _("全年")

    class Part(models.TextChoices):
        ORGANISATION = "organisation", _("组织设置")
        LEADERS = "leaders", _("班子建设")
        LIFE = "life", _("组织生活")
        MEMBERS = "members", _("党员队伍")
        WORK = "work", _("工作机制")
        PLACE = "place", _("活动阵地")
        SUPPORT = "support", _("基础保障")
        EFFECT = "effect", _("作用发挥")

    standard = models.ForeignKey(StandardSet, models.CASCADE, related_name="items")
    code = models.CharField(_("代码"), max_length=20)
    order = models.PositiveSmallIntegerField()
    part = models.CharField(_("类别"), max_length=12, choices=Part)
    title = models.CharField(_("标准"), max_length=120)
    sectors = models.CharField(_("适用领域"), max_length=120, blank=True, default="")
    how = models.CharField(_("核查方式"), max_length=8, choices=How)
    check_name = models.CharField(max_length=30, blank=True, default="")
    log_kind = models.CharField(max_length=12, blank=True, default="")
    log_what = models.CharField(max_length=30, blank=True, default="")
    least = models.PositiveSmallIntegerField(default=0)
    per = models.CharField(max_length=8, choices=Per, blank=True, default="")
    applies = models.CharField(max_length=20, blank=True, default="")
    is_must = models.BooleanField(_("必备项"), default=False)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("标准条目")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["standard", "code"], name="one_item_of_a_code")
        ]

    def __str__(self) -> str:
        return self.title

    def concerns(self, unit: Org) -> bool:
        """Say whether the item is asked of units of this field."""
        return not self.sectors or unit.sector in self.sectors.split()
