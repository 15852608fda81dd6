"""The rating of a day (日评价): its criteria, one rating a cadre and day, corrections with a trace."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .secondments import Secondment


class CriterionQuerySet(models.QuerySet["RatingCriterion"]):
    def public(self) -> CriterionQuerySet:
        """What is looked at is known to everybody."""
        return self


class RatingCriterion(models.Model):
    """What is looked at every day, from a day to a day; officers edit the rows (S0.25)."""

    code = models.CharField(_("代码"), max_length=20)
    name = models.CharField(_("评价项"), max_length=30)
    help = models.CharField(_("看什么"), max_length=100, blank=True, default="")
    order = models.PositiveSmallIntegerField(_("顺序"), default=1)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = CriterionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评价项")
        ordering = ["order", "code"]
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="one_criterion_a_day")
        ]

    def __str__(self) -> str:
        return self.name


class RatingQuerySet(models.QuerySet["DailyRating"]):
    def visible_to(self, actor) -> RatingQuerySet:
        """Return those of the secondments the actor sees: of either line, and one's own."""
        return self.filter(secondment__in=Secondment.objects.visible_to(actor).values("pk"))


class DailyRating(models.Model):
    """One cadre's day as the field line saw it; `marks` is {criterion code: level}."""

    class Level(models.IntegerChoices):
        GOOD = 3, _("到位")
        FAIR = 2, _("基本到位")
        POOR = 1, _("不到位")

    class Attendance(models.TextChoices):
        PRESENT = "present", _("在岗")
        LEAVE = "leave", _("请假")
        ABSENT = "absent", _("未到岗")

    secondment = models.ForeignKey(
        Secondment, models.PROTECT, related_name="ratings", verbose_name=_("下沉干部")
    )
    day = models.DateField(_("日期"))
    attendance = models.CharField(_("出勤"), max_length=8, choices=Attendance)
    marks = models.JSONField(_("评价"), default=dict)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("评价时间"))

    objects = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("日评价")
        constraints = [
            models.UniqueConstraint(fields=["secondment", "day"], name="one_rating_a_day"),
            models.CheckConstraint(
                condition=Q(attendance="present") | Q(marks={}), name="only_the_present_are_marked"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="rating_of_day")]

    def __str__(self) -> str:
        return f"{self.secondment} {self.day}"


class RatingChange(models.Model):
    """A correction: what the rating said before and after, who changed it and why; never changed."""

    rating = models.ForeignKey(DailyRating, models.CASCADE, related_name="changes")
    before = models.JSONField()
    after = models.JSONField()
    reason = models.CharField(_("更正理由"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("评价更正")

    def __str__(self) -> str:
        return self.reason
