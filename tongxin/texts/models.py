"""Versions of the model that suggests topics, what it suggested, and what people chose."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case, Topic


class TextModelQuerySet(models.QuerySet["TextModel"]):
    def visible_to(self, actor) -> TextModelQuerySet:
        """Return what the administrator who installs the system looks after; nobody else's page."""
        return self if actor.is_superuser else self.none()

    def used(self) -> TextModelQuerySet:
        return self.filter(is_used=True)


class TextModel(models.Model):
    """One version: what it learnt from, how well it does on texts held back, since when it is used.

    `state` is that of the worker's job. The arithmetic lies in a file of `var/models/`; `digest` is
    the SHA-256 of that file, and a file with another one is not opened.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("等待训练")
        TRAINING = "training", _("正在训练")
        READY = "ready", _("可用")
        FAILED = "failed", _("未完成")

    AT_WORK = (State.QUEUED, State.TRAINING)

    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.QUEUED)
    is_sample = models.BooleanField(_("样例"), default=False)  # learnt from texts we composed
    trained_on = models.CharField(_("训练数据"), max_length=200, blank=True, default="")
    n = models.PositiveIntegerField(_("文本数"), default=0)
    classes = models.PositiveSmallIntegerField(_("事项数"), default=0)
    # As `language.topics.Figures.as_dict()`: macro_f1, calibration_error, per class, confusions.
    figures = models.JSONField(default=dict)
    # Of the model in use when this one was trained, on the same texts held back: {"macro_f1": …}.
    rival = models.JSONField(default=dict)
    file = models.CharField(max_length=80, blank=True, default="")
    digest = models.CharField(_("指纹"), max_length=64, blank=True, default="")
    done = models.PositiveSmallIntegerField(default=0)  # steps of `total`
    total = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(_("未完成的原因"), max_length=300, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(_("提出时间"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # null: the command line, or the set-up
    started_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(_("完成时间"), null=True)
    is_used = models.BooleanField(_("在用"), default=False)
    used_since = models.DateTimeField(_("启用时间"), null=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = TextModelQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("文本模型")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_used"], name="one_text_model_in_use", condition=models.Q(is_used=True)
            )
        ]

    def __str__(self) -> str:
        return _("第 %d 版") % self.pk

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK


class Suggestion(models.Model):
    """What was suggested for a case, and the topic people settled on: the next training's lesson.

    Only topics and their confidence are kept; the words stay in the case.
    """

    case = models.OneToOneField(Case, models.CASCADE, related_name="+", verbose_name=_("事件单"))
    model = models.ForeignKey(TextModel, models.PROTECT, related_name="suggestions")
    at = models.DateTimeField(_("建议时间"))
    # Codes with confidence, most likely first; empty: nothing was likely enough.
    top = models.JSONField(default=list)
    first = models.ForeignKey(Topic, models.SET_NULL, null=True, related_name="+")
    # What the case had when it ended; null while it is open.
    chosen = models.ForeignKey(Topic, models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("事项建议")
        indexes = [
            models.Index(
                fields=["case"], name="suggestion_open", condition=models.Q(settled_at=None)
            ),
            models.Index(fields=["model", "settled_at"], name="suggestion_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.top[:1]}"
