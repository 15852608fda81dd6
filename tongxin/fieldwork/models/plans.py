"""Plans: who goes where how often, with which checklist; the places they name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region

from .checklists import Checklist
from .kinds import VisitKind

OVERSEERS = ("officer", "leader", "inspector", "dispatcher", "secretary", "organiser")


class VisitPlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, actor) -> VisitPlanQuerySet:
        """Return those of land one oversees and those one walks; unannounced: who ordered, who walks.

        A plan is ordered by who made it and by the officers and inspectors of its `org`.
        """
        if not posts_of(actor):
            return self.none()
        ours = ordering_orgs(actor)
        walks = Q(pk__in=PlanWorker.objects.filter(user=actor.pk).values("plan"))
        return self.filter(
            Q(reach(actor, OVERSEERS), is_unannounced=False)
            | walks
            | Q(made_by=actor.pk)
            | Q(org__in=ours)
        )


def ordering_orgs(actor) -> set[int]:
    """Return the organisations for which the actor orders visits: their own, by office."""
    return {
        post.org_id for post in posts_of(actor) if post.role in ("officer", "leader", "inspector")
    }


class Plan(models.Model):
    """Visits to many targets, made by the worker as they fall due.

    `every` gives the rhythm: `times` is used by TIMES (n visits in each `period`), `weekday` (1-7)
    by weekly, `month_day` by monthly. A visit may be made from its first day for `days` days.
    """

    class Every(models.TextChoices):
        ONCE = "once", _("一次")
        DAILY = "daily", _("每天")
        WORKDAYS = "workdays", _("每个工作日")
        WEEKLY = "weekly", _("每周")
        MONTHLY = "monthly", _("每月")
        TIMES = "times", _("每期若干次")

    class Period(models.TextChoices):
        WEEK = "week", _("周")
        MONTH = "month", _("月")
        QUARTER = "quarter", _("季度")
        YEAR = "year", _("年")

    class Assign(models.TextChoices):
        CREW = "crew", _("当地网格员")
        NAMED = "named", _("指定人员一起去")
        ROTATE = "rotate", _("指定人员轮流")
        EACH = "each", _("每人走遍每处")

    class State(models.TextChoices):
        ACTIVE = "active", _("执行中")
        WAITING = "waiting", _("待准入")
        STOPPED = "stopped", _("已暂停")
        ENDED = "ended", _("已结束")

    class TargetKind(models.TextChoices):
        GRID = "grid", _("网格")
        COMMUNITY = "community", _("社区（村）")
        BUILDING = "building", _("楼栋")
        SITE = "site", _("点位")
        COMPONENT = "component", _("部件")
        HOUSEHOLD = "household", _("住户")
        ORG = "org", _("单位")
        PERSON = "person", _("人员")

    kind = models.CharField(_("类型"), max_length=12, choices=VisitKind)
    name = models.CharField(_("名称"), max_length=80)
    checklist = models.ForeignKey(
        Checklist,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="plans",
        verbose_name=_("清单"),
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    area = models.CharField(max_length=40, editable=False, db_index=True)
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("组织单位")
    )
    target_kind = models.CharField(_("走访对象"), max_length=10, choices=TargetKind)
    every = models.CharField(_("频次"), max_length=8, choices=Every)
    times = models.PositiveSmallIntegerField(_("每期次数"), default=1)
    period = models.CharField(_("周期"), max_length=8, choices=Period, default=Period.MONTH)
    weekday = models.PositiveSmallIntegerField(_("星期"), default=1)
    month_day = models.PositiveSmallIntegerField(_("几号"), default=1)
    days = models.PositiveSmallIntegerField(_("完成天数"), default=1)
    assign = models.CharField(_("由谁去"), max_length=8, choices=Assign, default=Assign.CREW)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"), null=True, blank=True)
    is_unannounced = models.BooleanField(_("不打招呼"), default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.ACTIVE)
    made_through = models.DateField(_("已排到"), null=True)
    # What the list of tasks admitted to communities calls it (S4.65); the list stands above us.
    admission_code = models.CharField(_("准入编号"), max_length=10, blank=True, default="")
    # Why it is admitted or waits, as it was last judged; empty: it asks nothing of communities.
    admission_why = models.CharField(_("准入说明"), max_length=500, blank=True, default="")
    source_kind = models.CharField(max_length=40, blank=True, default="")
    source_id = models.CharField(max_length=64, blank=True, default="")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("建立时间"))
    key = models.CharField(max_length=120, blank=True, default="")

    objects = VisitPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("走访计划")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="plan_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="plan_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(weekday__gte=1, weekday__lte=7, month_day__gte=1, month_day__lte=31),
                name="plan_days_exist",
            ),
        ]
        indexes = [
            models.Index(
                fields=["made_through"], name="plans_at_work", condition=Q(state="active")
            ),
            models.Index(fields=["source_kind", "source_id"], name="plans_of_source"),
        ]

    def __str__(self) -> str:
        return self.name


class PlanWorker(models.Model):
    """Somebody named to go; `order` is their turn, the first of a team leads."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="named")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("计划人员")
        constraints = [models.UniqueConstraint(fields=["plan", "user"], name="one_place_in_a_plan")]
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return str(self.user)


class Target(models.Model):
    """A place, unit or household of a plan. One that is no longer gone to keeps its past visits."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="targets")
    kind = models.CharField(_("类型"), max_length=10, choices=Plan.TargetKind)
    name = models.CharField(_("名称"), max_length=100)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位")
    )
    # What another register calls it: a site's or a file's id.
    ref = models.CharField(max_length=64, blank=True, default="")
    lng = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    order = models.PositiveIntegerField(default=0)
    dropped_on = models.DateField(_("移出日期"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("走访对象")
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind", "region", "org", "ref", "name"], name="one_target_of_a_name"
            ),
        ]
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return self.name


class PlanChange(models.Model):
    """What was changed in a plan, by whom and why. Append-only."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="changes")
    text = models.CharField(_("变更"), max_length=300)
    reason = models.CharField(_("理由"), max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("计划变更")

    def __str__(self) -> str:
        return self.text
