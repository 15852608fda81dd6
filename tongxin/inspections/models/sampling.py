"""Random draws of sites and of people (双随机): seed, frame and reason kept, so that all can be redone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..scope import inside
from .operations import Operation
from .sites import Site

USER = settings.AUTH_USER_MODEL


class SamplingPlanQuerySet(models.QuerySet["SamplingPlan"]):
    def visible_to(self, actor) -> SamplingPlanQuerySet:
        """Return those of operations one is inside of: who is drawn is not told beforehand."""
        return self.filter(inside(actor, to="operation__"))


class SamplingPlan(models.Model):
    """A draw. `frame` are the codes of the sites it was drawn from, `pool` the ids of the people.

    From `seed`, `frame`, `pool`, `barred` and the sizes anybody can compute the same draw again.
    A redraw is a row of its own that names the one before and says why.
    """

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="draws")
    seed = models.CharField(_("随机种子"), max_length=40)
    kinds = models.JSONField(_("点位类型"), default=list)
    per_stratum = models.PositiveSmallIntegerField(_("每类每街镇抽取"))
    per_site = models.PositiveSmallIntegerField(_("每个点位人数"), default=2)
    reason = models.CharField(_("抽样说明"), max_length=300)
    frame = models.JSONField(default=list)
    pool = models.JSONField(default=list)
    # By the code of a site, by the id of a person: why they must stay away.
    barred = models.JSONField(default=dict)
    redraws = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="redrawn", verbose_name=_("重抽")
    )
    redraw_reason = models.CharField(_("重抽原因"), max_length=300, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("抽取人"))
    at = models.DateTimeField(_("抽取时间"))
    key = models.CharField(max_length=120, blank=True, default="")

    objects = SamplingPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("随机抽样")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="draw_once")
        ]

    def __str__(self) -> str:
        return f"{self.operation} · {self.seed}"


class SampledSite(models.Model):
    """A site that was drawn, with its stratum ("kind|street path") and its place in the draw."""

    plan = models.ForeignKey(SamplingPlan, models.CASCADE, related_name="sites")
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    stratum = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = _("抽中的点位")
        constraints = [models.UniqueConstraint(fields=["plan", "site"], name="one_draw_of_a_site")]

    def __str__(self) -> str:
        return str(self.site)


class SampledPerson(models.Model):
    """Somebody who was drawn for a site."""

    row = models.ForeignKey(SampledSite, models.CASCADE, related_name="people")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("抽中的人员")
        constraints = [models.UniqueConstraint(fields=["row", "user"], name="one_draw_of_a_person")]

    def __str__(self) -> str:
        return str(self.user)
