"""Targets that cascade: a figure to be reached in a place by a year, split below, rolled up (S1.16)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

from .common import OVERSEERS, PARTY, Field, amount, land_above, own_orgs
from .programmes import Programme


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, actor) -> TargetQuerySet:
        """Return those of the actor's land and, so that one sees what one serves, of the land above."""
        over = reach(actor, (*OVERSEERS, *PARTY), column="region__path")
        above = Q(region__path__in=land_above(actor))
        return self.filter(over | above | Q(org__in=own_orgs(actor)))


class Target(models.Model):
    """What shall be reached: `value` of a measure in a place from `from_on` to the end of `to_year`.

    `path` is the chain of ids from the top, own id last. A leaf's figure is what was reported for it
    or, where tasks serve it, the sum of theirs; a parent's is the sum of its children.
    """

    programme = models.ForeignKey(
        Programme, models.PROTECT, null=True, blank=True, related_name="targets",
        verbose_name=_("方案"),
    )  # fmt: skip
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("上级目标"),
    )  # fmt: skip
    path = models.CharField(max_length=120, blank=True, default="", db_index=True)
    name = models.CharField(_("目标"), max_length=80)
    field = models.CharField(_("领域"), max_length=12, choices=Field)
    unit = models.CharField(_("单位"), max_length=12)
    value = amount(_("目标值"))
    baseline = amount(_("基数"), null=True, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    org = models.ForeignKey(
        "orgs.Org", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("责任单位"),
    )  # fmt: skip
    from_year = models.PositiveSmallIntegerField(_("起始年度"))
    to_year = models.PositiveSmallIntegerField(_("终止年度"))
    from_on = models.DateField(_("起始日期"))  # fixed: nothing counts before it
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("目标")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "region", "from_year", "to_year"], condition=Q(org=None),
                name="one_share_of_a_place",
            ),
            models.UniqueConstraint(
                fields=["parent", "org", "from_year", "to_year"], condition=Q(org__isnull=False),
                name="one_share_of_an_org",
            ),
            models.CheckConstraint(
                condition=Q(to_year__gte=F("from_year")), name="target_years_in_order"
            ),
            models.CheckConstraint(condition=Q(value__gt=0), name="target_above_zero"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def years(self) -> str:
        same = self.from_year == self.to_year
        return str(self.from_year) if same else f"{self.from_year}–{self.to_year}"


class TargetFigure(models.Model):
    """The figure a target had reached on a day, in all since its start; append-only, the last counts."""

    target = models.ForeignKey(Target, models.PROTECT, related_name="figures")
    on = models.DateField(_("截至"))
    value = amount(_("完成值"))
    note = models.CharField(_("说明和佐证"), max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("完成情况")
        ordering = ["on", "pk"]
        indexes = [models.Index(fields=["target", "-on"], name="figure_of_target")]
