"""What holds of a level of bodies from a day on: how often it meets, who chairs it, its charter."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    DISTRICT = "district", _("区级")
    STREET = "street", _("街道级")
    COMMUNITY = "community", _("社区级")


class BodyRuleQuerySet(models.QuerySet["BodyRule"]):
    def public(self) -> BodyRuleQuerySet:
        """Rules are public knowledge."""
        return self

    def in_force(self, level: str, on: date) -> BodyRule | None:
        """Return the version that held for a level on a day, or None before the first."""
        rows = self.filter(level=level, effective_from__lte=on)
        return rows.order_by("-effective_from", "-pk").first()


class BodyRule(models.Model):
    """A version of the rule of a level. Never edited: another day has another version."""

    class Per(models.TextChoices):
        MONTH = "month", _("每月")
        QUARTER = "quarter", _("每季度")
        YEAR = "year", _("每年")

    level = models.CharField(_("层级"), max_length=9, choices=Level)
    version = models.CharField(_("版本"), max_length=20)
    effective_from = models.DateField(_("施行日期"))
    per = models.CharField(_("周期"), max_length=7, choices=Per)
    times = models.PositiveSmallIntegerField(_("次数"), default=1)
    # At least this share of the member units is there, themselves or by a substitute: "1/2".
    quorum = models.CharField(_("到会比例"), max_length=7, default="1/2")
    remind_days = models.PositiveSmallIntegerField(_("提前提醒天数"), default=7)
    minutes_days = models.PositiveSmallIntegerField(_("会后几天内出纪要"), default=5)
    chair = models.CharField(_("主持人"), max_length=100)  # in words, as the rule says
    norm = models.CharField(_("要求"), max_length=300)
    charter = models.TextField(_("章程范本"))
    source = models.CharField(_("依据"), max_length=300)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = BodyRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联席会议制度")
        constraints = [
            models.UniqueConstraint(fields=["level", "version"], name="body_rule_version")
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.version}"


class MemberKindQuerySet(models.QuerySet["MemberKind"]):
    def public(self) -> MemberKindQuerySet:
        return self

    def of(self, level: str) -> MemberKindQuerySet:
        return self.filter(levels__contains=level)


class MemberKind(models.Model):
    """As what a unit sits in a body (S3.29, S3.33): data, since each place has its own list."""

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    levels = models.CharField(_("层级"), max_length=40)  # with spaces
    part = models.CharField(_("参会身份"), max_length=10, default="alliance")
    seq = models.PositiveSmallIntegerField(_("次序"), default=0)

    objects = MemberKindQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("成员单位类型")
        ordering = ["seq"]

    def __str__(self) -> str:
        return self.name
