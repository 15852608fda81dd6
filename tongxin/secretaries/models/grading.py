"""How secretaries are asked and graded, and how a post ends before its time (S4.25, S4.26)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Post

from ..sight import kept

USER = settings.AUTH_USER_MODEL


class SurveyRoundQuerySet(models.QuerySet["SurveyRound"]):
    def visible_to(self, actor) -> SurveyRoundQuerySet:
        """Return those of units whose registers one keeps, and those one is asked in."""
        return self.filter(kept(actor, "unit") | Q(surveys__user=actor.pk)).distinct()


class SurveyRound(models.Model):
    """One survey of all secretaries under a unit (书记履职尽责摸底排查), a year."""

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="survey_rounds", verbose_name=_("组织单位")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    title = models.CharField(_("名称"), max_length=80)
    opens_on = models.DateField(_("开始"))
    closes_on = models.DateField(_("截止"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = SurveyRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("书记摸底排查")
        constraints = [
            models.UniqueConstraint(fields=["unit", "year"], name="one_survey_a_year"),
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")), name="survey_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SecretarySurveyQuerySet(models.QuerySet["SecretarySurvey"]):
    def visible_to(self, actor) -> SecretarySurveyQuerySet:
        """Return one's own, and those of rounds one runs or that a unit of one's stands above."""
        return self.filter(Q(user=actor.pk) | kept(actor, "round__unit"))


class SecretarySurvey(models.Model):
    """One secretary in one survey: their own answers, the marks of others, the grade and its reason."""

    round = models.ForeignKey(SurveyRound, models.PROTECT, related_name="surveys")
    post = models.ForeignKey(Post, models.PROTECT, related_name="surveys")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("书记"))
    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("党组织"))
    version = models.CharField(_("指标版本"), max_length=20)
    # {code of a criterion: what was done, in words}
    answers = models.JSONField(default=dict)
    submitted_at = models.DateTimeField(null=True)
    grade = models.CharField(_("等次"), max_length=12, blank=True, default="")
    reason = models.CharField(_("评定理由"), max_length=500, blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = SecretarySurveyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("书记排查表")
        constraints = [
            models.UniqueConstraint(fields=["round", "post"], name="asked_once_a_round"),
            models.CheckConstraint(
                condition=Q(grade="") | ~Q(reason=""), name="grade_has_a_reason"
            ),
        ]


class SurveyMark(models.Model):
    """What one reviewer gave: {code of a criterion: points}."""

    survey = models.ForeignKey(SecretarySurvey, models.CASCADE, related_name="marks")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    points = models.JSONField(default=dict)
    note = models.CharField(_("评语"), max_length=300, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "by"], name="one_mark_of_a_reviewer")
        ]


class RemovalQuerySet(models.QuerySet["Removal"]):
    def visible_to(self, actor) -> RemovalQuerySet:
        """Return those of units one keeps from above, and one's own."""
        return self.filter(Q(post__user=actor.pk) | kept(actor, "unit"))


class Removal(models.Model):
    """A secretary taken out of the post (调整撤换), with category and reason."""

    post = models.OneToOneField(Post, models.PROTECT, related_name="removal")
    unit = models.ForeignKey(Org, models.PROTECT, related_name="removals", verbose_name=_("党组织"))
    year = models.PositiveSmallIntegerField(_("年度"))
    reason = models.CharField(_("原因类别"), max_length=20)
    text = models.CharField(_("具体原因"), max_length=500)
    survey = models.ForeignKey(SecretarySurvey, models.PROTECT, null=True, related_name="removals")
    on = models.DateField(_("免职日期"))
    decided_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = RemovalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("调整撤换")
        indexes = [models.Index(fields=["year", "reason"], name="removal_of_a_year")]
