"""Programmes and how they break down: sections or aspects, items, tasks, and each unit's part."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

from .common import LEADS, OVERSEERS, Field, amount, land_above, of_org, org_key, own_orgs


class ProgrammeKind(models.TextChoices):
    KEY_TASKS = "key_tasks", _("重点任务分解")  # S4.47
    LIVELIHOOD = "livelihood", _("民心工程")  # S1.4
    THREE_YEAR = "three_year", _("三年行动计划")  # S4.46
    BENCHMARK = "benchmark", _("对标改革")  # S2.16
    ANNUAL = "annual", _("年度重点工作")
    RURAL = "rural", _("乡村振兴")  # S4.56
    FRAME = "frame", _("总体布局")  # S4.45


class KeyProgrammeQuerySet(models.QuerySet["Programme"]):
    def visible_to(self, actor) -> KeyProgrammeQuerySet:
        """Return those of the actor's land, and those given out for land their own lies in."""
        over = reach(actor, OVERSEERS, column="region__path")
        given = Q(region__path__in=land_above(actor)) & ~Q(state=Programme.State.DRAFT)
        return self.filter(over | given)

    def led_by(self, actor) -> KeyProgrammeQuerySet:
        return self.filter(reach(actor, LEADS, column="region__path"))


class Programme(models.Model):
    """A body of work over one year or several: what is to be reached, broken down to who does what.

    `is_fixed`: the end is fixed (卡死后门): no task of it may be put off past `end_on`. A task is at
    risk once its progress lags `risk_gap` points behind the time used.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        RUNNING = "running", _("实施中")
        CLOSED = "closed", _("已完结")

    kind = models.CharField(_("类型"), max_length=12, choices=ProgrammeKind)
    name = models.CharField(_("名称"), max_length=80)
    text = models.TextField(_("总体要求"), blank=True, default="")
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    org = org_key(_("牵头督办单位"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("所属总体布局"),
    )  # fmt: skip
    start_on = models.DateField(_("开始日期"))
    end_on = models.DateField(_("完成日期"))
    is_fixed = models.BooleanField(_("完成日期卡死"), default=False)
    risk_gap = models.PositiveSmallIntegerField(_("进度滞后预警（百分点）"), default=20)
    is_sample = models.BooleanField(_("样例"), default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.DRAFT)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办")
    )
    at = models.DateTimeField(_("建立时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = KeyProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("重点任务方案")
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="one_key_programme_of_a_name"),
            models.CheckConstraint(
                condition=Q(end_on__gte=F("start_on")), name="key_programme_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(risk_gap__gte=1, risk_gap__lte=100), name="programme_gap_is_a_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Node(models.Model):
    """A part of a programme above its tasks: a section of the frame, an aspect (方面), an item (项)."""

    class Kind(models.TextChoices):
        SECTION = "section", _("板块")
        ASPECT = "aspect", _("方面")
        ITEM = "item", _("项")

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="nodes")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="children", verbose_name=_("上级")
    )
    kind = models.CharField(_("层次"), max_length=8, choices=Kind)
    n = models.PositiveSmallIntegerField(_("序号"))
    name = models.CharField(_("名称"), max_length=120)
    text = models.CharField(_("说明"), max_length=300, blank=True, default="")
    # Of the frame that this aspect serves (S4.45): a section of another programme.
    serves = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="served_by",
        verbose_name=_("服务的板块"),
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = _("任务分解")
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "parent", "name"], name="one_node_of_a_name"
            ),
            models.UniqueConstraint(
                fields=["programme", "name"], condition=Q(parent=None), name="one_top_of_a_name"
            ),
            models.CheckConstraint(
                condition=(Q(kind="item") & Q(parent__isnull=False))
                | (~Q(kind="item") & Q(parent__isnull=True)),
                name="items_stand_under_aspects",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class KeyTaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, actor) -> KeyTaskQuerySet:
        """Return what was given to the actor's units or their land, and all of who oversees it."""
        orgs = own_orgs(actor)
        led = reach(actor, OVERSEERS, column="programme__region__path")
        with_part = TaskPart.objects.filter(org__in=orgs).values("task")
        theirs = of_org(actor) | Q(pk__in=with_part) | Q(owner=actor.pk)
        return self.filter(led | (Q(case__isnull=False) & theirs))

    def overseen_by(self, actor) -> KeyTaskQuerySet:
        """Return those of programmes on the actor's land, given out or not."""
        return self.filter(reach(actor, OVERSEERS, column="programme__region__path"))

    def open(self) -> KeyTaskQuerySet:
        return self.filter(case__closed_at__isnull=True)


class Task(models.Model):
    """One task of a programme; once given out a case of the flow `key_task`.

    `due_on` moves only by an extension that was asked for and granted, with `hard_end` never.
    `percent` is what the last report says, counted from `actual` where there is a target.
    """

    id = models.UUIDField(primary_key=True)
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="tasks")
    item = models.ForeignKey(
        Node, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("项")
    )
    n = models.PositiveIntegerField(_("序号"))
    title = models.CharField(_("任务"), max_length=110)
    text = models.TextField(_("要求"), blank=True, default="")
    field = models.CharField(_("领域"), max_length=12, choices=Field, blank=True, default="")
    org = org_key(_("责任单位"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("责任人"),
    )  # fmt: skip
    start_on = models.DateField(_("开始日期"))
    due_on = models.DateField(_("完成期限"))
    hard_end = models.BooleanField(_("期限卡死"), default=False)
    measure = models.CharField(_("衡量指标"), max_length=60, blank=True, default="")
    unit = models.CharField(_("单位"), max_length=12, blank=True, default="")
    target = amount(_("目标值"), null=True, blank=True)
    actual = amount(_("完成值"), null=True, blank=True)
    percent = models.PositiveSmallIntegerField(_("进度（%）"), default=0)
    aim = models.ForeignKey(
        "Target", models.PROTECT, null=True, blank=True, related_name="tasks",
        verbose_name=_("对应目标"),
    )  # fmt: skip
    case = models.OneToOneField(
        Case, models.PROTECT, null=True, related_name="key_task", verbose_name=_("事件单")
    )
    given_at = models.DateTimeField(_("下达时间"), null=True)
    reported_at = models.DateTimeField(_("最近进展"), null=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("完成时间"), null=True)
    # What it is about, kept by another app (S1.4): a site's plan, an alliance's project.
    source_kind = models.CharField(max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=40, blank=True, default="")
    source_label = models.CharField(_("所含项目"), max_length=120, blank=True, default="")
    source_url = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("建立时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = KeyTaskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("重点任务")
        constraints = [
            models.UniqueConstraint(fields=["programme", "n"], name="one_task_of_a_number"),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("start_on")), name="task_due_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(target=None) | Q(target__gt=0), name="task_target_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(case=None, given_at=None)
                | Q(case__isnull=False, given_at__isnull=False),
                name="task_given_with_its_case",
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="task_percent"),
        ]
        indexes = [
            models.Index(fields=["org", "due_on"], name="task_of_org"),
            models.Index(fields=["due_on"], name="task_open_due", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_fixed(self) -> bool:
        """No extension: the task's own end is fixed, or it is the programme's fixed end."""
        return self.hard_end or (self.programme.is_fixed and self.due_on >= self.programme.end_on)


class TaskPart(models.Model):
    """What a co-operating unit does of a task (S1.42): each has its own part and says when it is done."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="parts")
    org = org_key(_("协同单位"))
    text = models.CharField(_("分工"), max_length=200)
    due_on = models.DateField(_("期限"), null=True, blank=True)
    done_at = models.DateTimeField(_("完成时间"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField(_("完成情况"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("协同分工")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["task", "org"], name="one_part_of_an_org")]

    def __str__(self) -> str:
        return f"{self.org}：{self.text}"


class TaskReport(models.Model):
    """How far a task was on a day, as its unit reported it; append-only, evidence is the case's."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="reports")
    event = models.OneToOneField("cases.Event", models.PROTECT, related_name="+")
    value = amount(_("完成值"), null=True)
    percent = models.PositiveSmallIntegerField(_("进度（%）"))
    note = models.CharField(_("进展"), max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("任务进展")
        ordering = ["pk"]
