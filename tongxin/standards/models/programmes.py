"""A programme of branch building: aims, the papers it rests on, goals by field and year (S4.1-S4.7)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Sector
from tongxin.orgs.scope import posts_of, register_reach

from .frame import StandardSet


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def visible_to(self, actor) -> ProgrammeQuerySet:
        """Return those led by a unit one may read, or by one above a unit in which one holds a post."""
        return self.filter(_seen(actor, "unit"))


def _seen(actor, column: str) -> Q:
    above = {int(pk) for post in posts_of(actor) for pk in post.org_path.split("/") if pk}
    return register_reach(actor, to=f"{column}__") | Q(**{f"{column}__in": above})


class Programme(models.Model):
    """A programme (工程, 行动计划) under one name. Its name is data; `standard` is what it measures by.

    A year declared a campaign (标准化建设年) is `campaign_year` with its own title (S4.7).
    """

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="programmes", verbose_name=_("牵头党组织")
    )
    name = models.CharField(_("名称"), max_length=60)
    summary = models.TextField(_("总体要求"), blank=True, default="")
    from_year = models.PositiveSmallIntegerField(_("起始年度"))
    to_year = models.PositiveSmallIntegerField(_("结束年度"))
    standard = models.ForeignKey(
        StandardSet, models.PROTECT, null=True, related_name="programmes", verbose_name=_("标准")
    )
    campaign_year = models.PositiveSmallIntegerField(_("活动年度"), null=True)
    campaign_title = models.CharField(_("活动名称"), max_length=60, blank=True, default="")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("建立时间"))
    closed_on = models.DateField(_("结束日期"), null=True)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("建设规划")
        constraints = [
            models.UniqueConstraint(fields=["unit", "name"], name="one_programme_of_a_name"),
            models.CheckConstraint(
                condition=Q(to_year__gte=F("from_year")), name="programme_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def years(self) -> range:
        return range(self.from_year, self.to_year + 1)


class Basis(models.Model):
    """A paper that a programme rests on (实施意见、行动计划)."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="papers")
    title = models.CharField(_("文件"), max_length=120)
    number = models.CharField(_("文号"), max_length=60, blank=True, default="")
    issued_on = models.DateField(_("印发日期"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("依据文件")

    def __str__(self) -> str:
        return self.title


class Aim(models.Model):
    """One of the aims of a programme (S4.3), by which its goals are classed."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="aims")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(_("目标方向"), max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = _("目标方向")
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="one_aim_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class GoalQuerySet(models.QuerySet["Goal"]):
    def visible_to(self, actor) -> GoalQuerySet:
        """Return those of the programmes one sees, and those one's units answer for."""
        seen = _seen(actor, "programme__unit")
        return self.filter(seen | register_reach(actor, to="owner__"))


class Goal(models.Model):
    """What a field is to reach in a year, run as a project: target, who answers for it, by when (S4.5).

    `counts` says where its figure comes from: entries that people write, or the confirmed
    assessments below the programme's unit (S4.8). The field "" is all fields.
    """

    class Counts(models.TextChoices):
        ENTRIES = "entries", _("按进展填报")
        STANDARD = "standard", _("按考核结果计算的达标率")

    class Unit(models.TextChoices):
        PERCENT = "percent", _("%")
        COUNT = "count", _("个（次）")
        DONE = "done", _("完成即可")

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="goals")
    sector = models.CharField(_("领域"), max_length=16, choices=Sector, blank=True, default="")
    year = models.PositiveSmallIntegerField(_("年度"))
    aim = models.ForeignKey(
        Aim, models.PROTECT, null=True, related_name="goals", verbose_name=_("目标方向")
    )
    title = models.CharField(_("任务"), max_length=120)
    measure = models.CharField(_("指标"), max_length=60)
    unit_of = models.CharField(_("计量"), max_length=8, choices=Unit, default=Unit.PERCENT)
    target = models.DecimalField(_("目标值"), max_digits=9, decimal_places=1)
    counts = models.CharField(_("取数"), max_length=8, choices=Counts, default=Counts.ENTRIES)
    owner = models.ForeignKey(
        Org, models.PROTECT, related_name="goals", verbose_name=_("责任党组织")
    )
    due = models.DateField(_("完成期限"))
    closed_on = models.DateField(_("办结日期"), null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("建立时间"))

    objects = GoalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("年度任务")
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "sector", "year", "title"], name="one_goal_of_a_title"
            )
        ]
        indexes = [models.Index(fields=["owner", "due"], name="goal_of_owner")]

    def __str__(self) -> str:
        return self.title


class GoalEntryQuerySet(models.QuerySet["GoalEntry"]):
    def visible_to(self, actor) -> GoalEntryQuerySet:
        """Return those of the goals one sees."""
        return self.filter(goal__in=Goal.objects.visible_to(actor))


class GoalEntry(models.Model):
    """A step on the way to a goal: what was done, with its figure and evidence. Append-only.

    A per cent is kept as `done` of `total`, so that it shows its base. A wrong entry is corrected
    by a later one that names it.
    """

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="entries")
    on = models.DateField(_("日期"))
    text = models.CharField(_("进展"), max_length=500)
    evidence = models.CharField(_("佐证"), max_length=300, blank=True, default="")
    done = models.PositiveIntegerField(_("完成数"), null=True)
    total = models.PositiveIntegerField(_("总数"), null=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="correction", verbose_name=_("更正")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("填报人")
    )
    at = models.DateTimeField(_("填报时间"))
    key = models.CharField(max_length=120, blank=True, default="")

    objects = GoalEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("任务进展")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="goal_entry_once")
        ]
        indexes = [models.Index(fields=["goal", "on"], name="entry_of_goal")]

    def __str__(self) -> str:
        return f"{self.goal} {self.on}"
