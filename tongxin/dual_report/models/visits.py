"""Leaders at their contact points, and the rounds of visits with what is still unvisited."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..scope import desk_reach, watch_paths

User = settings.AUTH_USER_MODEL


def _watched(actor, column: str) -> Q:
    inside = Q(pk__in=[])
    for path in watch_paths(actor):
        inside |= Q(**{f"{column}__under": path})
    return inside


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def visible_to(self, actor) -> ContactPointQuerySet:
        return self.filter(Q(leader=actor.pk) | desk_reach(actor, "region__path"))


class ContactPoint(models.Model):
    """A leader keeps contact with a community or grid (联系点) and visits its households (S2.38)."""

    leader = models.ForeignKey(
        User, models.PROTECT, related_name="contact_points", verbose_name=_("联系领导")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="contact_points", verbose_name=_("联系点")
    )
    wanted = models.PositiveSmallIntegerField(_("全年应访户数"), default=12)
    from_date = models.DateField(_("开始日期"))
    to_date = models.DateField(_("结束日期"), null=True, blank=True)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联系点")
        constraints = [
            models.UniqueConstraint(
                fields=["leader", "region"],
                condition=Q(to_date__isnull=True),
                name="one_contact_point",
            )
        ]


class HouseholdVisitQuerySet(models.QuerySet["HouseholdVisit"]):
    def visible_to(self, actor) -> HouseholdVisitQuerySet:
        return self.filter(Q(point__leader=actor.pk) | desk_reach(actor, "point__region__path"))


class HouseholdVisit(models.Model):
    """A household to be visited, then what was said; no names in the open, no health data."""

    point = models.ForeignKey(ContactPoint, models.PROTECT, related_name="visits")
    household = models.CharField(_("住户"), max_length=40)  # a door, not a name
    planned_on = models.DateField(_("计划日期"))
    visited_at = models.DateTimeField(null=True)
    note = models.CharField(_("走访情况"), max_length=300, blank=True, default="")
    needs = models.CharField(_("需要解决的事"), max_length=200, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = HouseholdVisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联点访户")
        ordering = ["planned_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["point", "household", "planned_on"], name="one_visit_planned"
            )
        ]


class WalkQuerySet(models.QuerySet["Walk"]):
    def visible_to(self, actor) -> WalkQuerySet:
        return self.filter(Q(walker=actor.pk) | _watched(actor, "region__path"))


class Walk(models.Model):
    """A round of visits a secretary has to make (四个走遍, S2.39): every target of one kind, in a year."""

    walker = models.ForeignKey(User, models.PROTECT, related_name="walks", verbose_name=_("走访人"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    kind = models.CharField(_("走遍"), max_length=30)  # code of a `Kind` of group walk
    year = models.PositiveSmallIntegerField(_("年度"))
    set_at = models.DateTimeField()

    objects = WalkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("走遍")
        constraints = [
            models.UniqueConstraint(
                fields=["walker", "region", "kind", "year"], name="one_round_a_year"
            )
        ]


class WalkTargetQuerySet(models.QuerySet["WalkTarget"]):
    def visible_to(self, actor) -> WalkTargetQuerySet:
        return self.filter(Q(walk__walker=actor.pk) | _watched(actor, "walk__region__path"))


class WalkTarget(models.Model):
    """One that has to be visited in a round, and when it was."""

    walk = models.ForeignKey(Walk, models.CASCADE, related_name="targets")
    label = models.CharField(max_length=60)
    org = models.ForeignKey(Org, models.PROTECT, null=True, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    visited_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")

    objects = WalkTargetQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["walk", "label"], name="one_target_of_a_label")
        ]
