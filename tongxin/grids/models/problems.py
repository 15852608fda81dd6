"""重点难点问题 (S4.32): what a community has struggled with, who leads, by when, how far."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region

from .grids import GRID_READERS


class ProblemQuerySet(models.QuerySet["Problem"]):
    def visible_to(self, actor) -> ProblemQuerySet:
        """Return those on the actor's land, and those their organisation leads."""
        own = Q(lead__in={post.org_id for post in posts_of(actor)})
        return self.filter(reach(actor, GRID_READERS, column="region__path") | own)

    def open(self) -> ProblemQuerySet:
        return self.filter(closed_on=None)


class Problem(models.Model):
    """A hard problem of a community or one of its grids. It is closed only with what came of it."""

    class Urgency(models.TextChoices):
        HARD = "hard", _("难点")
        KEY = "key", _("重点")

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="problems", verbose_name=_("社区或网格")
    )
    title = models.CharField(_("问题"), max_length=100)
    text = models.TextField(_("情况"), blank=True, default="")
    urgency = models.CharField(_("类型"), max_length=6, choices=Urgency, default=Urgency.HARD)
    lead = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("牵头单位"))
    measures = models.TextField(_("措施"), blank=True, default="")
    found_on = models.DateField(_("列入日期"))
    due_on = models.DateField(_("计划解决日期"))
    closed_on = models.DateField(_("销号日期"), null=True, blank=True)
    result = models.CharField(_("结果"), max_length=500, blank=True, default="")
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("事件单")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    at = models.DateTimeField(_("登记时间"))
    reminded_on = models.DateField(null=True, blank=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("重点难点问题")
        indexes = [
            models.Index(fields=["due_on"], name="problem_open", condition=Q(closed_on=None))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=F("found_on")), name="problem_due_after_found"
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | ~Q(result=""), name="problem_closed_with_result"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def state_on(self, day: date) -> str:
        """Return done, late or working."""
        if self.closed_on:
            return "done"
        return "late" if self.due_on < day else "working"


class ProblemNote(models.Model):
    """How far a problem is. Append-only."""

    problem = models.ForeignKey(
        Problem, models.PROTECT, related_name="notes", verbose_name=_("问题")
    )
    text = models.CharField(_("进展"), max_length=500)
    due_before = models.DateField(null=True)  # set where the date was put off, with the reason
    due_after = models.DateField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("填写人")
    )
    at = models.DateTimeField(_("填写时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("进展")

    def __str__(self) -> str:
        return self.text[:40]
