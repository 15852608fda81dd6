"""Surveys: questionnaire, sample, tokens, answers. Anonymous by construction.

`Invite` knows whether a token was used, `Answer` what was answered; neither points at the other, ids
are random, there are no times. Free words lie in a table of their own, without place or answer, and
are purged after a term. Both tables are stirred when the survey closes (`actions.stir_answers`).
"""

from __future__ import annotations

import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from .common import watch_reach

User = settings.AUTH_USER_MODEL


class IndexFormulaQuerySet(models.QuerySet["IndexFormula"]):
    def in_force(self, code: str, on: date) -> IndexFormula | None:
        rows = self.filter(code=code, effective_from__lte=on)
        return rows.order_by("-effective_from", "-pk").first()

    def public(self) -> IndexFormulaQuerySet:
        return self.all()


class IndexFormula(models.Model):
    """An index (满意度指数, 幸福指数, S3.18): the weighted mean of the scores of its questions."""

    code = models.CharField(_("代码"), max_length=20)
    name = models.CharField(_("名称"), max_length=40)
    version = models.CharField(_("版本"), max_length=20)
    effective_from = models.DateField(_("施行日期"))
    weights = models.JSONField(_("权重"))  # {question code: weight}
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = IndexFormulaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("指数公式")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_formula_of_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.version}）"


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def public(self) -> QuestionnaireQuerySet:
        """Return those that may be answered, and those with published results."""
        return self.filter(state__in=("open", "published"))

    def visible_to(self, actor) -> QuestionnaireQuerySet:
        return self.filter(watch_reach(actor, "region__path"))


class Questionnaire(models.Model):
    """One wave of a survey over an area, from its draft to its published results."""

    class State(models.TextChoices):
        DRAFT = "draft", _("编制中")
        OPEN = "open", _("调查中")
        CLOSED = "closed", _("已结束")
        PUBLISHED = "published", _("已公布")

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="questionnaires", verbose_name=_("范围")
    )
    title = models.CharField(_("名称"), max_length=60)
    intro = models.CharField(_("说明"), max_length=500, blank=True, default="")
    # Waves of the same series make a trend: the same questions under the same codes.
    series = models.CharField(_("系列"), max_length=40, blank=True, default="")
    wave = models.CharField(_("期次"), max_length=20)
    # [{"code", "kind": scale|choice|multi|number|text, "text", "options": [{"code", "text"}],
    #   "required", "show_if": {"code", "value"} or None}]
    questions = models.JSONField(_("题目"), default=list)
    formula = models.ForeignKey(IndexFormula, models.PROTECT, null=True, related_name="+")
    takes_open = models.BooleanField(_("开放链接"), default=False)
    opens_on = models.DateField(_("开始"))
    closes_on = models.DateField(_("截止"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    texts_until = models.DateField(_("文字保留到"), null=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("问卷调查")
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")), name="questionnaire_closes_later"
            )
        ]
        indexes = [models.Index(fields=["series", "id"], name="waves_of_series")]

    def __str__(self) -> str:
        return f"{self.title} {self.wave}"


class Stratum(models.Model):
    """A community in the sample: how many live there (of whom), and how many are asked."""

    questionnaire = models.ForeignKey(Questionnaire, models.CASCADE, related_name="strata")
    community = models.ForeignKey(Region, models.PROTECT, related_name="+")
    population = models.PositiveIntegerField(_("总体（户或人）"))
    wanted = models.PositiveIntegerField(_("抽样数"))

    class Meta:
        verbose_name = verbose_name_plural = _("抽样层")
        constraints = [
            models.UniqueConstraint(
                fields=["questionnaire", "community"], name="one_stratum_of_a_community"
            ),
            models.CheckConstraint(
                condition=Q(wanted__lte=F("population")), name="no_more_asked_than_live_there"
            ),
        ]


class Invite(models.Model):
    """A token of the sample. The token itself is signed, not kept: see `queries.tokens`."""

    stratum = models.ForeignKey(Stratum, models.CASCADE, related_name="invites")
    n = models.PositiveIntegerField()
    is_used = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("邀请码")
        constraints = [models.UniqueConstraint(fields=["stratum", "n"], name="invite_numbered")]


class Answer(models.Model):
    """What somebody answered; nobody can tell who."""

    class Way(models.TextChoices):
        INVITE = "invite", _("邀请码")
        DOOR = "door", _("入户代填")
        OPEN = "open", _("开放链接")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="answers")
    community = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    way = models.CharField(max_length=6, choices=Way)
    values = models.JSONField()

    class Meta:
        verbose_name = verbose_name_plural = _("答卷")


class AnswerText(models.Model):
    """Free words, apart from everything else that was answered with them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="texts")
    question = models.CharField(max_length=8)
    text = models.CharField(max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = _("文字意见")
