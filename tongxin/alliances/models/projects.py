"""A project that an alliance carries: one desk owns it; its indicators; what its owner says."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.meetings.models import Series
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.regions.models import Region

from .alliances import Alliance, Desk, alliance_reach, own_orgs

USER = settings.AUTH_USER_MODEL


class Industry(models.TextChoices):
    ENERGY = "energy", _("能源化工")
    EQUIPMENT = "equipment", _("装备制造")
    INFORMATION = "information", _("信息技术")
    MEDICINE = "medicine", _("生物医药")
    LOGISTICS = "logistics", _("港航物流")
    RESEARCH = "research", _("科研平台")
    PUBLIC = "public", _("民生配套")
    OTHER = "other", _("其他")


class AllianceProjectQuerySet(models.QuerySet["AllianceProject"]):
    def visible_to(self, actor: Any) -> AllianceProjectQuerySet:
        """Return those of alliances one has a part in, on land one overlooks, and one's own unit's."""
        own = Q(owner__in=own_orgs(actor)) | Q(contact=actor.pk)
        here = reach(actor, LAND_ROLES, column="region__path")
        return self.filter(alliance_reach(actor, "alliance__") | here | own)


class AllianceProject(models.Model):
    """A project of a firm or other unit, carried by exactly one desk at a time (S0.2, S0.4)."""

    class State(models.TextChoices):
        ACTIVE = "active", _("推进中")
        FINISHED = "finished", _("已完成")
        WITHDRAWN = "withdrawn", _("已退出")

    alliance = models.ForeignKey(
        Alliance, models.PROTECT, related_name="projects", verbose_name=_("联盟")
    )
    desk = models.ForeignKey(
        Desk, models.PROTECT, related_name="projects", verbose_name=_("工作部")
    )
    name = models.CharField(_("项目名称"), max_length=80)
    owner = models.ForeignKey(
        Org, models.PROTECT, related_name="alliance_projects", verbose_name=_("项目单位")
    )
    # Who speaks for the owner: reports problems, confirms them, says how satisfied it is.
    contact = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("项目联系人")
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    address = models.CharField(_("地址"), max_length=120, blank=True, default="")
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    industry = models.CharField(_("行业"), max_length=12, choices=Industry, default=Industry.OTHER)
    investment_fen = models.BigIntegerField(_("投资额（分）"), default=0)
    is_major = models.BooleanField(_("重大项目"), default=False)
    text = models.TextField(_("简介"), blank=True, default="")
    starts_on = models.DateField(_("启动日期"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ACTIVE)
    closed_on = models.DateField(_("结束日期"), null=True)
    is_example = models.BooleanField(_("典型代表"), default=False)  # S0.11
    example_label = models.CharField(_("案例"), max_length=100, blank=True, default="")
    example_url = models.CharField(max_length=200, blank=True, default="")
    # Its coordination meetings, one after the other (S0.3).
    series = models.ForeignKey(Series, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = AllianceProjectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联盟项目")
        constraints = [
            # A project stands in one desk: its owner does not bring it in a second time elsewhere.
            models.UniqueConstraint(fields=["owner", "name"], name="one_alliance_project"),
            models.CheckConstraint(
                condition=Q(investment_fen__gte=0), name="project_investment_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["desk", "state"], name="project_of_desk")]

    def __str__(self) -> str:
        return self.name


class DeskTurn(models.Model):
    """Which desk had a project from when to when, and why it changed hands."""

    project = models.ForeignKey(AllianceProject, models.PROTECT, related_name="turns")
    desk = models.ForeignKey(Desk, models.PROTECT, related_name="+")
    from_on = models.DateField(_("开始日期"))
    to_on = models.DateField(_("结束日期"), null=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("工作部承接记录")
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(to_on=None), name="project_in_one_desk"
            )
        ]


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def visible_to(self, actor: Any) -> IndicatorQuerySet:
        return self.filter(project__in=AllianceProject.objects.visible_to(actor).values("pk"))


class Indicator(models.Model):
    """A figure a project has to meet (规划指标, S0.6): what is needed, what it is now, by when."""

    class Rule(models.TextChoices):
        LEAST = "least", _("不低于")
        MOST = "most", _("不高于")

    project = models.ForeignKey(AllianceProject, models.PROTECT, related_name="indicators")
    name = models.CharField(_("指标"), max_length=60)
    unit = models.CharField(_("单位"), max_length=12, blank=True, default="")
    rule = models.CharField(_("要求"), max_length=6, choices=Rule, default=Rule.LEAST)
    needed = models.DecimalField(_("应达到"), max_digits=14, decimal_places=2)
    now = models.DecimalField(_("目前"), max_digits=14, decimal_places=2, null=True)
    due_on = models.DateField(_("期限"), null=True)
    basis = models.CharField(_("依据"), max_length=120, blank=True, default="")
    met_on = models.DateField(_("落实日期"), null=True)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("规划指标")
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_indicator_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_met(self) -> bool:
        if self.now is None:
            return False
        return self.now >= self.needed if self.rule == self.Rule.LEAST else self.now <= self.needed


class IndicatorReading(models.Model):
    """What an indicator was on a day: appended, never changed."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="readings")
    on = models.DateField(_("日期"))
    value = models.DecimalField(_("数值"), max_digits=14, decimal_places=2)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()


class SatisfactionQuerySet(models.QuerySet["Satisfaction"]):
    def visible_to(self, actor: Any) -> SatisfactionQuerySet:
        """Return those of alliances one has a part in, and one's own unit's."""
        seen = AllianceProject.objects.visible_to(actor)
        return self.filter(project__in=seen.values("pk"))


class Satisfaction(models.Model):
    """What the owner of a project is asked once, after a milestone or at the end (S0.10)."""

    class How(models.TextChoices):
        LINK = "link", _("链接")
        USER = "user", _("登录")

    project = models.ForeignKey(AllianceProject, models.PROTECT, related_name="satisfactions")
    # What it was asked after: the code of a milestone, or "end".
    moment = models.CharField(max_length=30)
    label = models.CharField(_("评价环节"), max_length=80)
    asked_at = models.DateTimeField(_("发起时间"))
    stars = models.PositiveSmallIntegerField(_("星级"), null=True)
    words = models.CharField(_("评价"), max_length=500, blank=True, default="")
    answered_at = models.DateTimeField(_("评价时间"), null=True)
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    how = models.CharField(_("方式"), max_length=4, choices=How, blank=True, default="")

    objects = SatisfactionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("项目单位评价")
        constraints = [
            models.UniqueConstraint(fields=["project", "moment"], name="asked_once_after_a_moment"),
            models.CheckConstraint(
                condition=Q(stars=None) | Q(stars__range=(1, 5)), name="alliance_stars_of_five"
            ),
        ]
