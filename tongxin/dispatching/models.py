"""What weighs how much when people are proposed; plans for many orders at once; simulated years."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case, Event
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

DESK = ("dispatcher", "officer")
LOOKS = (*DESK, "leader", "inspector")


class WeightingQuerySet(models.QuerySet["Weighting"]):
    def visible_to(self, actor) -> WeightingQuerySet:
        """Return those of the districts in which the actor holds any post: weights are no secret."""
        above = Q(pk__in=[])
        for post in posts_of(actor):
            parts = post.path.split("/")
            above |= Q(region__path="/".join(parts[:2]) + "/") | Q(region__path__under=post.path)
        return self.filter(above)


class Weighting(models.Model):
    """The weights of a district from a day on. What a new installation has is `data/weights.csv`."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区县"))
    effective_from = models.DateField(_("施行日期"))
    weights = models.JSONField(_("权重"))  # {criterion: 0..100}; people's sum to 100, units' too
    far_m = models.PositiveIntegerField(_("距离计分上限（米）"))
    limit_m = models.PositiveIntegerField(_("最远推荐距离（米）"))
    floor = models.PositiveSmallIntegerField(_("评单计分的最少件数"))
    source = models.CharField(_("依据"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("记录时间"))

    objects = WeightingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("推荐权重")
        constraints = [
            models.UniqueConstraint(fields=["region", "effective_from"], name="one_weighting_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.effective_from}"


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, actor) -> PlanQuerySet:
        """Return those of land on which the actor dispatches or overlooks."""
        return self.filter(reach(actor, LOOKS, column="region__path"))


class Plan(models.Model):
    """A proposal of who takes which of an area's open orders: a draft until a person confirms it.

    `instance` keeps the numbers it was computed from, so that its proof can be recomputed and the
    price of a change told exactly, whatever has happened since.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草案")
        CONFIRMED = "confirmed", _("已下发")
        DROPPED = "dropped", _("已作废")

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    at = models.DateTimeField(_("计算时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("计算人")
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    as_offer = models.BooleanField(_("推荐而不是直接派单"), default=False)
    key = models.CharField(max_length=120, null=True, unique=True)
    instance = models.BinaryField()  # see `assign.pack`
    cost = models.BigIntegerField(_("总代价"))
    bound = models.BigIntegerField(_("下界"))
    seconds = models.FloatField(_("用时（秒）"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("下发时间"), null=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("批量派单方案")
        indexes = [models.Index(fields=["region", "-id"], name="plans_of_region")]

    def __str__(self) -> str:
        return f"{self.region} {self.at:%Y-%m-%d %H:%M}"

    @property
    def gap(self) -> int:
        return self.cost - self.bound


class PlanLine(models.Model):
    """One order of a plan: for whom, at what price, and what became of it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待下发")
        OUT = "out", _("已取出")
        DONE = "done", _("已派出")
        STALE = "stale", _("情况已变")
        REFUSED = "refused", _("未派成")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lines", verbose_name=_("方案"))
    row = models.PositiveIntegerField()  # the order's place in the plan's instance
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("事件单"))
    length = models.PositiveIntegerField()  # the case's when the plan was made
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    was = models.ForeignKey(  # what was computed, where a person changed it
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    is_changed = models.BooleanField(_("手工改过"), default=False)
    why = models.CharField(_("理由"), max_length=300, blank=True, default="")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PROPOSED)
    said = models.CharField(_("结果"), max_length=300, blank=True, default="")
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = verbose_name_plural = _("方案明细")
        constraints = [
            models.UniqueConstraint(fields=["plan", "row"], name="one_line_a_row"),
            models.UniqueConstraint(fields=["plan", "case"], name="one_line_a_case"),
        ]


class SimulationQuerySet(models.QuerySet["Simulation"]):
    def visible_to(self, actor) -> SimulationQuerySet:
        """Return those of the districts where the actor dispatches or overlooks: only numbers."""
        above = {
            path for post in posts_of(actor) if post.role in LOOKS for path in prefixes(post.path)
        }
        return self.filter(Q(region__path__in=above) | reach(actor, LOOKS, column="region__path"))


class Simulation(models.Model):
    """A made-up year replayed under several ways of dispatching: its question and its answer."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待计算")
        RUNNING = "running", _("计算中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("没有算成")

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区县"))
    at = models.DateTimeField(_("提交时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提交人")
    )
    question = models.JSONField(_("假设"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    started_at = models.DateTimeField(null=True)
    answer = models.JSONField(_("结果"), null=True)
    said = models.CharField(max_length=300, blank=True, default="")

    objects = SimulationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("模拟")
        indexes = [
            models.Index(
                fields=["id"],
                name="simulations_waiting",
                condition=Q(state__in=["waiting", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.at:%Y-%m-%d %H:%M}"
