"""What a unit was found to be by the frame in a year: computed, judged, confirmed by a person (S4.6, S4.8)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import register_reach

from .frame import StandardItem, StandardSet


class Verdict(models.TextChoices):
    OPEN = "", _("待核查")
    MET = "met", _("达标")
    NOT_MET = "not_met", _("未达标")
    NOT_ASKED = "not_asked", _("不适用")


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, actor) -> AssessmentQuerySet:
        """Return those of the units one may read."""
        return self.filter(register_reach(actor, to="unit__"))


class Assessment(models.Model):
    """A unit by a version of the frame in a year. Computed as often as wished, until confirmed.

    `passed` is decided when it is confirmed, by somebody of the unit above; None before.
    """

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="assessments", verbose_name=_("党组织")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    standard = models.ForeignKey(StandardSet, models.PROTECT, related_name="assessments")
    on = models.DateField(_("统计截至"))
    computed_at = models.DateTimeField(_("核算时间"))
    # Nobody: the worker, which computes drafts anew once a day.
    computed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("确认时间"), null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("确认人"),
    )  # fmt: skip
    passed = models.BooleanField(_("达标"), null=True)
    times = models.PositiveSmallIntegerField(default=0)  # how often it was confirmed

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("达标考核")
        constraints = [
            models.UniqueConstraint(fields=["unit", "year"], name="one_assessment_a_year"),
            models.CheckConstraint(
                condition=Q(passed__isnull=True, confirmed_at__isnull=True)
                | Q(passed__isnull=False, confirmed_at__isnull=False),
                name="passed_when_confirmed",
            ),
        ]
        indexes = [models.Index(fields=["year", "passed"], name="assessment_of_year")]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}"


class AssessmentItemQuerySet(models.QuerySet["AssessmentItem"]):
    def visible_to(self, actor) -> AssessmentItemQuerySet:
        """Return those of the units one may read."""
        return self.filter(register_reach(actor, to="assessment__unit__"))


class AssessmentItem(models.Model):
    """One item of an assessment: what the computer found and why, and what a person ruled.

    `rows` are the facts it rests on, as sentences: [{"text", "source"}]. `verdict` is what counts.
    """

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="items")
    item = models.ForeignKey(StandardItem, models.PROTECT, related_name="+")
    computed = models.CharField(max_length=10, choices=Verdict, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    rows = models.JSONField(default=list)
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True, default="")

    objects = AssessmentItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("考核条目")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item"], name="one_verdict_of_an_item")
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.item_id}"


class Ruling(models.Model):
    """A person's verdict on an item, with the reason; the computed one stays beside it.

    Append-only: one that came with a sheet that was undone is withdrawn, and stays to be read.
    """

    row = models.ForeignKey(AssessmentItem, models.CASCADE, related_name="rulings")
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.CharField(_("理由和佐证"), max_length=300)
    from_above = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("人工核查")

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}：{self.reason}"
