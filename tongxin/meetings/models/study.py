"""Study: quarterly plans with lessons, hours, groups, hard tasks, the learning app's figures."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Person
from tongxin.orgs.scope import READERS, posts_of, unit_reach

USER = settings.AUTH_USER_MODEL


class OfUnit(models.QuerySet):
    """Rows of a unit, for those who may read its registers."""

    def visible_to(self, actor):
        return self.filter(unit_reach(actor, READERS, column="unit__path"))


class StudyPlanQuerySet(models.QuerySet["StudyPlan"]):
    def visible_to(self, actor) -> StudyPlanQuerySet:
        """Return those of one's registers, and what was issued by a unit above or beside it.

        A plan that was issued is meant to be read by every member below.
        """
        paths = [
            post.org_path for post in posts_of(actor) if post.org_path and post.role in READERS
        ]
        above = {int(one) for path in paths for one in path.strip("/").split("/")}
        issued = Q(state=StudyPlan.State.ISSUED, unit__in=above)
        return self.filter(unit_reach(actor, READERS, column="unit__path") | issued)


class StudyPlan(models.Model):
    """What a unit and those under it study in a quarter (S2.5), first the Party Constitution (S2.6)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        ISSUED = "issued", _("已印发")

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="study_plans", verbose_name=_("印发单位")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    quarter = models.PositiveSmallIntegerField(_("季度"))
    title = models.CharField(_("名称"), max_length=100)
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.DRAFT)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    issued_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(_("印发时间"), null=True)

    objects = StudyPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("学习计划")
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "quarter"], name="plan_of_quarter"),
            models.CheckConstraint(
                condition=Q(quarter__gte=1, quarter__lte=4), name="plan_has_a_quarter"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class LessonQuerySet(models.QuerySet["Lesson"]):
    def visible_to(self, actor) -> LessonQuerySet:
        """Return those of the plans one may read."""
        return self.filter(plan__in=StudyPlan.objects.visible_to(actor))


class Lesson(models.Model):
    """One lesson of a plan."""

    class Subject(models.TextChoices):
        CONSTITUTION = "constitution", _("党章")
        THEORY = "theory", _("创新理论")
        REGULATION = "regulation", _("党规党纪")
        HISTORY = "history", _("党史")
        POLICY = "policy", _("政策业务")
        EXAMPLE = "example", _("先进典型")

    plan = models.ForeignKey(StudyPlan, models.CASCADE, related_name="lessons")
    seq = models.PositiveSmallIntegerField(_("课次"))
    subject = models.CharField(_("类别"), max_length=12, choices=Subject)
    title = models.CharField(_("内容"), max_length=100)
    form = models.CharField(_("形式"), max_length=40, blank=True, default="")
    hours = models.DecimalField(_("学时"), max_digits=4, decimal_places=1)
    due_on = models.DateField(_("完成时间"))

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("课次")
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["plan", "seq"], name="lesson_place")]

    def __str__(self) -> str:
        return self.title


class LessonDone(models.Model):
    """A unit went through a lesson: in a meeting whose minutes were approved, or as it says."""

    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="done")
    unit = models.ForeignKey(Org, models.PROTECT, related_name="lessons_done")
    meeting = models.ForeignKey("meetings.Meeting", models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("完成情况")
        constraints = [models.UniqueConstraint(fields=["lesson", "unit"], name="lesson_done_once")]

    def __str__(self) -> str:
        return f"{self.unit} · {self.lesson}"


class StudyHourQuerySet(models.QuerySet["StudyHour"]):
    def visible_to(self, actor) -> StudyHourQuerySet:
        """Return those of the units whose registers the actor may read, and one's own."""
        kept = unit_reach(actor, READERS, column="unit__path")
        return self.filter(kept | Q(person__user=actor.pk))


class StudyHour(models.Model):
    """Hours of study credited to a person, once for each source."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="study_hours")
    unit = models.ForeignKey(Org, models.PROTECT, related_name="+")
    on = models.DateField(_("日期"))
    hours = models.DecimalField(_("学时"), max_digits=4, decimal_places=1)
    source = models.CharField(_("来源"), max_length=60)  # "meetings.meeting:12"
    text = models.CharField(_("内容"), max_length=100)
    at = models.DateTimeField()

    objects = StudyHourQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("学时")
        constraints = [
            models.UniqueConstraint(fields=["person", "source"], name="hours_once"),
            models.CheckConstraint(condition=Q(hours__gt=0), name="hours_are_some"),
        ]
        indexes = [models.Index(fields=["unit", "on"], name="hours_of_unit")]

    def __str__(self) -> str:
        return f"{self.person} {self.hours}"


class StudyGroupQuerySet(models.QuerySet["StudyGroup"]):
    def visible_to(self, actor) -> StudyGroupQuerySet:
        """Return those of one's units, and those one leads."""
        kept = unit_reach(actor, READERS, column="unit__path")
        return self.filter(kept | Q(leader__user=actor.pk))


class StudyGroup(models.Model):
    """理论学习中心组 (S2.4), 青年理论学习小组 (S2.9): a unit's group with a leader and members."""

    class Kind(models.TextChoices):
        CENTRAL = "central", _("理论学习中心组")
        YOUTH = "youth", _("青年理论学习小组")

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="study_groups", verbose_name=_("党组织")
    )
    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    name = models.CharField(_("名称"), max_length=60)
    leader = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("组长（领学人）")
    )
    members = models.ManyToManyField(Person, related_name="study_groups", verbose_name=_("成员"))
    founded_on = models.DateField(_("成立日期"))
    ended_on = models.DateField(_("撤销日期"), null=True)

    objects = StudyGroupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("学习小组")
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="group_of_a_name")]

    def __str__(self) -> str:
        return self.name


class HardTaskQuerySet(models.QuerySet["HardTask"]):
    def visible_to(self, actor) -> HardTaskQuerySet:
        """Return those of one's units, those of units above them, and those for a group one leads."""
        paths = [p.org_path for p in posts_of(actor) if p.org_path and p.role in READERS]
        groups = StudyGroup.objects.filter(leader__user=actor.pk, ended_on=None)
        paths += groups.values_list("unit__path", flat=True)
        above = {int(one) for path in paths for one in path.strip("/").split("/")}
        return self.filter(unit_reach(actor, READERS, column="unit__path") | Q(unit__in=above))


class HardTask(models.Model):
    """急难险重任务 (S2.10): posted by a unit, taken up by youth groups under it."""

    class Tag(models.TextChoices):
        INVESTMENT = "investment", _("招商引资")
        EPIDEMIC = "epidemic", _("疫情防控")
        EMERGENCY = "emergency", _("应急抢险")
        PROJECT = "project", _("重点项目")
        SERVICE = "service", _("为民办事")

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="hard_tasks", verbose_name=_("发布单位")
    )
    tag = models.CharField(_("类型"), max_length=10, choices=Tag)
    title = models.CharField(_("任务"), max_length=100)
    text = models.CharField(_("要求"), max_length=500, blank=True, default="")
    due_on = models.DateField(_("完成时限"))
    posted_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(_("发布时间"))
    closed_at = models.DateTimeField(_("完成时间"), null=True)

    objects = HardTaskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("急难险重任务")

    def __str__(self) -> str:
        return self.title


class TakeUpQuerySet(models.QuerySet["TakeUp"]):
    def visible_to(self, actor) -> TakeUpQuerySet:
        """Return those of one's units' groups, and of those one leads."""
        kept = unit_reach(actor, READERS, column="group__unit__path")
        return self.filter(kept | Q(group__leader__user=actor.pk))


class TakeUp(models.Model):
    """A youth group takes a hard task, and says what came of it."""

    task = models.ForeignKey(HardTask, models.PROTECT, related_name="take_ups")
    group = models.ForeignKey(StudyGroup, models.PROTECT, related_name="take_ups")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("认领时间"))
    result = models.CharField(_("完成情况"), max_length=300, blank=True, default="")
    done_at = models.DateTimeField(_("完成时间"), null=True)

    objects = TakeUpQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("任务认领")
        constraints = [models.UniqueConstraint(fields=["task", "group"], name="taken_once")]

    def __str__(self) -> str:
        return f"{self.group} · {self.task}"


class AppCount(models.Model):
    """How many members of a unit are registered in the learning app, as counted by the unit (S4.44)."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="app_counts")
    on = models.DateField(_("统计日期"))
    members = models.PositiveIntegerField(_("党员"))
    registered = models.PositiveIntegerField(_("已注册"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OfUnit.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("学习平台注册")
        constraints = [
            models.UniqueConstraint(fields=["unit", "on"], name="app_count_of_day"),
            models.CheckConstraint(
                condition=Q(registered__lte=F("members")), name="registered_are_members"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.registered}/{self.members}"
