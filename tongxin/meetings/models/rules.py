"""Rule sets with the date from which they hold; the rule of a fact is that of the fact's own day."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Sector


class Kind(models.TextChoices):
    """What is held. Those a rule asks for are named in the rules, not here."""

    GENERAL = "general_meeting", _("党员大会")
    COMMITTEE = "committee_meeting", _("支委会")
    GROUP = "group_meeting", _("党小组会")
    LECTURE = "lecture", _("党课")
    THEME_DAY = "theme_day", _("主题党日")
    LIFE = "life_meeting", _("组织生活会")
    REVIEW = "member_review", _("民主评议党员")
    TALK = "heart_talk", _("谈心谈话")
    OATH = "oath", _("新党员入党宣誓")
    RENEW_OATH = "renew_oath", _("重温入党誓词")
    BIRTHDAY = "party_birthday", _("过政治生日")
    STUDY = "study_session", _("学习研讨")
    COORDINATION = "coordination", _("协调会")
    # Gatherings across units: no organisation life, and no rule of it binds them.
    JOINT = "joint", _("联席会议")
    REGULAR = "regular", _("例会")
    PUSH = "push", _("推进会")


# What `plan_gathering` takes, and of these what nothing else does.
GATHERINGS = (Kind.JOINT, Kind.COORDINATION, Kind.REGULAR, Kind.PUSH)
ONLY_GATHERINGS = (Kind.JOINT, Kind.REGULAR, Kind.PUSH)


class Sphere(models.TextChoices):
    """The five systems of organisation life (S4.9: "1+5"), and what stands beside them."""

    MEETINGS = "meetings", _("三会一课")
    THEME_DAY = "theme_day", _("主题党日")
    LIFE = "life_meeting", _("组织生活会")
    REVIEW = "member_review", _("民主评议党员")
    TALK = "heart_talk", _("谈心谈话")
    RITES = "rites", _("党内仪式")
    STUDY = "study", _("学习教育")
    OTHER = "other", _("其他会议")


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    def public(self) -> RuleSetQuerySet:
        """Rules are public knowledge."""
        return self

    def in_force(self, code: str, on: date) -> RuleSet | None:
        """Return the version of a rule set that held on a day, or None before the first."""
        rows = self.filter(code=code, effective_from__lte=on)
        return rows.order_by("-effective_from").first()


class RuleSet(models.Model):
    """A version of a body of rules. Never edited: another day has another version."""

    code = models.CharField(_("代码"), max_length=30)
    version = models.CharField(_("版本"), max_length=20)
    name = models.CharField(_("名称"), max_length=60)
    effective_from = models.DateField(_("施行日期"))
    source = models.CharField(_("依据"), max_length=300)
    is_sample = models.BooleanField(_("样例"), default=False)
    loaded_at = models.DateTimeField(_("载入时间"))

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("制度版本")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="rule_set_version"),
            models.UniqueConstraint(fields=["code", "effective_from"], name="rule_set_day"),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.version}）"


class MeetingRule(models.Model):
    """How often a unit of a kind holds something, by which procedure, for whom."""

    class Per(models.TextChoices):
        MONTH = "month", _("每月")
        QUARTER = "quarter", _("每季度")
        YEAR = "year", _("每年")
        NONE = "", _("不定期")

    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="rules")
    kind = models.CharField(_("事项"), max_length=20, choices=Kind)
    sphere = models.CharField(_("制度"), max_length=16, choices=Sphere)
    per = models.CharField(_("周期"), max_length=8, choices=Per, blank=True, default="")
    times = models.PositiveSmallIntegerField(_("次数"), default=1)
    # Kinds of units it binds and fields it is for, with spaces; no field means all that have no
    # rule of their own (分领域, S4.55).
    unit_kinds = models.CharField(_("适用党组织"), max_length=100, blank=True, default="")
    sectors = models.CharField(_("适用领域"), max_length=100, blank=True, default="")
    needs_committee = models.BooleanField(_("设委员会的才要求"), default=False)
    goal = models.CharField(_("目标"), max_length=200, blank=True, default="")
    content = models.CharField(_("内容"), max_length=300, blank=True, default="")
    norm = models.CharField(_("要求"), max_length=300)
    # Shares as "1/2": at least so many of those with a vote present; more than so many in favour.
    quorum = models.CharField(_("到会比例"), max_length=7, blank=True, default="")
    majority = models.CharField(_("通过比例"), max_length=7, blank=True, default="")
    hours = models.DecimalField(_("学时"), max_digits=4, decimal_places=1, default=0)
    remind_days = models.PositiveSmallIntegerField(_("提前提醒天数"), default=7)

    class Meta:
        verbose_name = verbose_name_plural = _("组织生活制度")
        constraints = [
            models.UniqueConstraint(
                fields=["rule_set", "kind", "sectors"], name="meeting_rule_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.norm}"

    def fields_named(self) -> str:
        """Return the fields it is for in words, with points between; empty for all."""
        return "、".join(str(Sector(one).label) for one in self.sectors.split())

    def binds(self, unit_kind: str, sector: str) -> bool:
        """Say whether the rule is for units of this kind and field."""
        if unit_kind not in self.unit_kinds.split():
            return False
        return not self.sectors or sector in self.sectors.split()


class Step(models.Model):
    """One step of a procedure, in order: the chart is drawn from these rows (S4.10)."""

    rule = models.ForeignKey(MeetingRule, models.PROTECT, related_name="steps")
    seq = models.PositiveSmallIntegerField(_("次序"))
    phase = models.CharField(_("阶段"), max_length=20)  # 会前 · 会中 · 会后
    title = models.CharField(_("步骤"), max_length=40)
    who = models.CharField(_("谁来做"), max_length=40, blank=True, default="")
    text = models.CharField(_("怎么做"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("流程步骤")
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["rule", "seq"], name="step_place")]

    def __str__(self) -> str:
        return self.title


class RuleNumber(models.Model):
    """A figure of a rule set: hours a year, the share of the excellent, years for a medal."""

    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="numbers")
    name = models.CharField(_("名称"), max_length=40)
    value = models.CharField(_("值"), max_length=20)  # "32", "1/3", "full_on"
    norm = models.CharField(_("说明"), max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = _("制度数值")
        constraints = [models.UniqueConstraint(fields=["rule_set", "name"], name="rule_number")]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"

    @property
    def is_figure(self) -> bool:
        """Say whether the value is a number for people, not a word for programs."""
        return self.value[:1].isdigit()
