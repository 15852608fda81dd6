"""A campaign (专项任务): one piece of work for every grid or community of an area, each a case."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from .admission import AdmissionItem, BurdenKind

# Who gives such work out, and who has it under their eyes.
ISSUERS = ("officer",)
OVERSEERS = ("officer", "leader", "inspector")
DOERS = ("grid_worker", "dispatcher", "secretary", "verifier")


class CampaignKind(models.TextChoices):
    TOMB = "tomb", _("文明祭扫")
    EPIDEMIC = "epidemic", _("疫情防控")
    POVERTY = "poverty", _("扶贫助困")
    SAFETY = "safety", _("安全排查")
    NIGHT_PATROL = "night_patrol", _("夜间巡查")
    FLOOD = "flood", _("防汛备汛")
    COLLECT = "collect", _("信息采集")
    OTHER = "other", _("其他")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, actor) -> CampaignQuerySet:
        """Return those on the actor's land, and those issued that their land has to do."""
        over = reach(actor, OVERSEERS, column="region__path")
        own = {post.path for post in posts_of(actor) if post.role in (*OVERSEERS, *DOERS)}
        above = {prefix for path in own for prefix in prefixes(path)}
        issued = Q(region__path__in=above) & ~Q(state__in=Campaign.UNSEEN)
        return self.filter(over | issued)


class Campaign(models.Model):
    """Work for all grids (or communities) of an area, from its draft to its report."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        ISSUING = "issuing", _("下发中")
        RUNNING = "running", _("进行中")
        CLOSED = "closed", _("已结束")
        WITHDRAWN = "withdrawn", _("已撤销")

    class Level(models.TextChoices):
        GRID = "grid", _("每个网格")
        COMMUNITY = "community", _("每个社区（村）")

    UNSEEN = (State.DRAFT, State.WITHDRAWN)

    kind = models.CharField(_("类型"), max_length=12, choices=CampaignKind)
    name = models.CharField(_("名称"), max_length=60)
    text = models.TextField(_("要求"), blank=True, default="")
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="campaigns", verbose_name=_("范围")
    )
    level = models.CharField(_("下到"), max_length=10, choices=Level, default=Level.GRID)
    from_on = models.DateField(_("开始日期"))
    due_on = models.DateField(_("完成期限"))
    # What every task answers: [{"code", "text", "kind": yes_no|number|text, "unit"}].
    items = models.JSONField(_("填报项"), default=list)
    needs_photo = models.BooleanField(_("须附照片"), default=True)
    burden = models.CharField(_("计入"), max_length=6, choices=BurdenKind, default=BurdenKind.TASK)
    admitted_by = models.ForeignKey(
        AdmissionItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name=_("准入事项"),
    )
    org = models.ForeignKey(
        Org, models.PROTECT, related_name="campaigns", verbose_name=_("下发单位")
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("发起人")
    )
    at = models.DateTimeField(_("创建时间"))
    issued_at = models.DateTimeField(_("下发时间"), null=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    # How many tasks there shall be, and behind which path the worker goes on making them.
    wanted = models.PositiveIntegerField(_("任务数"), default=0)
    cursor = models.CharField(max_length=40, blank=True, default="")
    # Codes of the places it goes to, where a trial narrows them (S0.27); empty: all.
    only = models.JSONField(default=list)
    closed_at = models.DateTimeField(_("结束时间"), null=True)
    report = models.TextField(_("总结"), blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("专项任务")
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=F("from_on")), name="campaign_due_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(issued_at__isnull=False),
                name="campaign_issued_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="campaign_issuing",
                condition=Q(state__in=["issuing", "running"]),
            )
        ]

    def __str__(self) -> str:
        return self.name


class CampaignTaskQuerySet(models.QuerySet["CampaignTask"]):
    def visible_to(self, actor) -> CampaignTaskQuerySet:
        return self.filter(reach(actor, (*OVERSEERS, *DOERS), column="region__path"))


class CampaignTask(models.Model):
    """What one grid or community has to do: a case of the flow `grid_task`, and what it answered."""

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="grid_task", verbose_name=_("事件单")
    )
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="tasks", verbose_name=_("专项任务")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("网格或社区")
    )
    due_on = models.DateField(_("完成期限"))
    answers = models.JSONField(_("填报"), default=dict)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    objects = CampaignTaskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("网格任务")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "region"], name="one_task_of_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.region}"
