"""民主评议党员 in its four steps, and 谈心谈话: results are for oneself and who keeps the register."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Membership, Org, Person
from tongxin.orgs.scope import READERS, unit_reach

from .meetings import Meeting
from .rules import RuleSet

USER = settings.AUTH_USER_MODEL


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, actor) -> ReviewQuerySet:
        """Return those of the units whose registers the actor may read, and one's own."""
        mine = ReviewResult.objects.filter(membership__person__user=actor.pk).values("review")
        return self.filter(unit_reach(actor, READERS, column="unit__path") | Q(pk__in=mine))


class Review(models.Model):
    """A year's review of a branch's members: 个人自评, 党员互评, 民主测评, 组织评定, in that order."""

    class Step(models.TextChoices):
        SELF = "self", _("个人自评")
        MUTUAL = "mutual", _("党员互评")
        TALLY = "tally", _("民主测评")
        SETTLE = "settle", _("组织评定")
        DONE = "done", _("已评定")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="reviews", verbose_name=_("党支部"))
    year = models.PositiveSmallIntegerField(_("年度"))
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, related_name="reviews")
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    step = models.CharField(_("步骤"), max_length=8, choices=Step, default=Step.SELF)
    ballots = models.PositiveSmallIntegerField(_("发出测评票"), null=True)
    returned = models.PositiveSmallIntegerField(_("收回测评票"), null=True)
    opened_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("民主评议")
        constraints = [models.UniqueConstraint(fields=["unit", "year"], name="one_review_a_year")]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}"


class ReviewResultQuerySet(models.QuerySet["ReviewResult"]):
    def visible_to(self, actor) -> ReviewResultQuerySet:
        """Return those of the registers the actor keeps, and the actor's own."""
        kept = unit_reach(actor, column="review__unit__path")
        return self.filter(kept | Q(membership__person__user=actor.pk))


class ReviewResult(models.Model):
    """One member in a review: what they wrote of themselves (sealed), votes, the grade."""

    class Grade(models.TextChoices):
        EXCELLENT = "excellent", _("优秀")
        QUALIFIED = "qualified", _("合格")
        BASIC = "basic", _("基本合格")
        UNQUALIFIED = "unqualified", _("不合格")

    review = models.ForeignKey(Review, models.PROTECT, related_name="results")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="reviews")
    self_sealed = models.TextField(_("个人自评（加密）"), blank=True, default="")
    self_at = models.DateTimeField(null=True)
    self_grade = models.CharField(max_length=12, choices=Grade, blank=True, default="")
    excused = models.CharField(_("未参加原因"), max_length=100, blank=True, default="")
    mutual = models.BooleanField(_("已互评"), default=False)
    excellent = models.PositiveSmallIntegerField(_("优秀票"), null=True)
    qualified = models.PositiveSmallIntegerField(_("合格票"), null=True)
    basic = models.PositiveSmallIntegerField(_("基本合格票"), null=True)
    unqualified = models.PositiveSmallIntegerField(_("不合格票"), null=True)
    grade = models.CharField(_("评定等次"), max_length=12, choices=Grade, blank=True, default="")

    objects = ReviewResultQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评议结果")
        constraints = [
            models.UniqueConstraint(fields=["review", "membership"], name="reviewed_once")
        ]

    def __str__(self) -> str:
        return str(self.membership)


class HeartTalkQuerySet(models.QuerySet["HeartTalk"]):
    def visible_to(self, actor) -> HeartTalkQuerySet:
        """Return those of the units whose registers the actor may read, and one's own."""
        mine = Q(who__user=actor.pk) | Q(whom__user=actor.pk)
        return self.filter(unit_reach(actor, READERS, column="unit__path") | mine)


class HeartTalk(models.Model):
    """That two people talked, on a day; of what, only a short note, sealed."""

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="heart_talks", verbose_name=_("党组织")
    )
    who = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("谈话人"))
    whom = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("谈话对象"))
    on = models.DateField(_("日期"))
    month = models.PositiveIntegerField(editable=False)
    note_sealed = models.TextField(_("备注（加密）"), blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = HeartTalkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("谈心谈话")
        constraints = [
            models.UniqueConstraint(fields=["who", "whom", "on"], name="talk_once_a_day"),
            models.CheckConstraint(condition=~Q(who=models.F("whom")), name="talk_with_another"),
        ]
        indexes = [models.Index(fields=["month", "unit"], name="talk_of_month")]

    def __str__(self) -> str:
        return f"{self.who} · {self.whom} {self.on}"
