"""A contest (征集评选): a call with dates and rules, entries, judges, marks, ranking and prizes."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.documents.scope import desk_reach, desks_of
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import prefixes

from .common import USER
from .exemplars import Exemplar


class LibraryContestQuerySet(models.QuerySet["Contest"]):
    def visible_to(self, actor) -> LibraryContestQuerySet:
        """Return one's unit's, those one judges, those called where one works, and the published."""
        if actor is None or not actor.is_authenticated:
            return self.public()
        above = {path for post in posts_of(actor) for path in prefixes(post.path)}
        called = Q(org__region__path__in=above) & ~Q(state=Contest.State.DRAFT)
        judged = Q(judges__user=actor.pk) & ~Q(state=Contest.State.DRAFT)
        published = Q(state=Contest.State.PUBLISHED)
        return self.filter(desk_reach(actor, "org") | called | judged | published).distinct()

    def public(self) -> LibraryContestQuerySet:
        return self.filter(state=Contest.State.PUBLISHED)


class Contest(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("筹备中")
        OPEN = "open", _("征集中")
        JUDGING = "judging", _("评审中")
        RANKED = "ranked", _("待公布")
        PUBLISHED = "published", _("已公布")

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("主办单位"))
    title = models.CharField(_("名称"), max_length=80)
    rules = models.TextField(_("规则"), blank=True, default="")
    opens_on = models.DateField(_("征集开始"))
    closes_on = models.DateField(_("征集截止"))
    judging_until = models.DateField(_("评审截止"))
    is_blind = models.BooleanField(_("匿名评审"), default=False)
    # From so many marks on, the best and the worst are left out of the mean; 0: never.
    trims_from = models.PositiveSmallIntegerField(_("去掉最高最低分的最少评委数"), default=5)
    least_marks = models.PositiveSmallIntegerField(_("每件作品最少评委数"), default=2)
    prizes = models.JSONField(_("奖项"), default=list)  # [{"name", "count"}], the best first
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    ranked_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(_("公布时间"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = LibraryContestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("征集评选")
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on"), judging_until__gte=F("closes_on")),
                name="contest_days_in_order",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="criteria")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(_("评分项"), max_length=40)
    most = models.PositiveSmallIntegerField(_("满分"))

    class Meta:
        verbose_name = verbose_name_plural = _("评分项")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["contest", "name"], name="criterion_once"),
            models.CheckConstraint(condition=Q(most__gt=0), name="criterion_gives_points"),
        ]

    def __str__(self) -> str:
        return self.name


class Judge(models.Model):
    contest = models.ForeignKey(Contest, models.CASCADE, related_name="judges")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("评委"))
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("评委")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["contest", "user"], name="judge_once")]

    def __str__(self) -> str:
        return str(self.user)


class ContestEntryQuerySet(models.QuerySet["ContestEntry"]):
    def visible_to(self, actor) -> ContestEntryQuerySet:
        """Return those of one's own unit, of contests one runs or judges, and of published ones."""
        mine = Q(exemplar__org__in=desks_of(actor)) | Q(by=actor.pk)
        judged = Q(contest__judges__user=actor.pk) & ~Q(contest__state__in=["draft", "open"])
        published = Q(contest__state="published")
        return self.filter(mine | judged | published | desk_reach(actor, "contest__org")).distinct()


class ContestEntry(models.Model):
    contest = models.ForeignKey(Contest, models.PROTECT, related_name="entries")
    exemplar = models.ForeignKey(Exemplar, models.PROTECT, related_name="entries")
    number = models.PositiveSmallIntegerField(_("编号"))  # all a judge sees of a blind contest
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("报送时间"))
    score = models.DecimalField(_("得分"), max_digits=6, decimal_places=2, null=True)
    marks_counted = models.PositiveSmallIntegerField(default=0)
    marks_cut = models.JSONField(default=list)  # [the lowest, the highest] that were left out
    rank = models.PositiveSmallIntegerField(_("名次"), null=True)
    prize = models.CharField(_("奖项"), max_length=20, blank=True, default="")

    objects = ContestEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("参评案例")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contest", "exemplar"], name="entered_once"),
            models.UniqueConstraint(fields=["contest", "number"], name="entry_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contest} #{self.number}"


class Mark(models.Model):
    """What one judge gave one entry, criterion by criterion, and why."""

    entry = models.ForeignKey(ContestEntry, models.PROTECT, related_name="marks")
    judge = models.ForeignKey(Judge, models.PROTECT, related_name="marks")
    points = models.JSONField(default=dict)  # {criterion id: points}
    total = models.DecimalField(_("得分"), max_digits=6, decimal_places=1)
    comment = models.CharField(_("评语"), max_length=300)
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("评分")
        constraints = [models.UniqueConstraint(fields=["entry", "judge"], name="marked_once")]

    def __str__(self) -> str:
        return f"{self.entry} {self.total}"
