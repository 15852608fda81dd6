"""Dispatches (出动): a team goes out on a day, who went, which sites they visit (S0.69, S0.70, S0.86)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tongxin.fieldwork.models import Visit
from tongxin.orgs.scope import LAND_ROLES, reach

from ..scope import inside, overlooked
from .operations import Subject, Team
from .sites import Site

USER = settings.AUTH_USER_MODEL


class Mode(models.TextChoices):
    """How one subject is supervised over time (S0.86)."""

    ON_SITE = "on_site", _("一线监督")
    FOLLOW_UP = "follow_up", _("跟进监督")
    WHOLE = "whole", _("全程监督")


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def visible_to(self, actor) -> DispatchQuerySet:
        """Return all of one's own operations; of those one overlooks, the ones that have gone out."""
        seen = overlooked(actor, to="team__operation__")
        return self.filter(inside(actor, to="team__operation__") | seen & Q(_gone()))

    def gone(self) -> DispatchQuerySet:
        """Return those that went out: at least one of their visits has begun."""
        return self.filter(_gone(), cancelled_at=None)


def _gone() -> Exists:
    return Exists(SiteVisit.objects.filter(dispatch=OuterRef("pk"), visit__begun_at__isnull=False))


class Dispatch(models.Model):
    """A team going out on a day (一组次). It has gone once one of its visits has begun."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="dispatches")
    number = models.PositiveSmallIntegerField(_("出动序号"))
    on = models.DateField(_("日期"))
    is_unannounced = models.BooleanField(_("四不两直（暗访）"), default=False)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(_("取消原因"), max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, blank=True, default="")

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("出动")
        constraints = [
            models.UniqueConstraint(fields=["team", "number"], name="one_number_of_a_dispatch"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="dispatch_once"),
        ]
        indexes = [models.Index(fields=["team", "on"], name="dispatch_of_team")]

    def __str__(self) -> str:
        return f"{self.team} {self.on}"


class DispatchMember(models.Model):
    """Somebody who goes out with a dispatch: one person-time (人次), unless they stayed away."""

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="members")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+")
    was_there = models.BooleanField(_("到场"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("出动人员")
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "user"], name="one_seat_in_a_dispatch")
        ]

    def __str__(self) -> str:
        return f"{self.dispatch} · {self.user}"


class SiteVisitQuerySet(models.QuerySet["SiteVisit"]):
    def visible_to(self, actor) -> SiteVisitQuerySet:
        """Return all of one's own operations; to others who overlook the place, what has begun."""
        outside = overlooked(actor, to="dispatch__team__operation__")
        outside |= reach(actor, LAND_ROLES, column="site__region__path")
        begun = Q(visit__begun_at__isnull=False)
        return self.filter(inside(actor, to="dispatch__team__operation__") | begun & outside)

    def begun(self) -> SiteVisitQuerySet:
        return self.filter(visit__begun_at__isnull=False)

    def done(self) -> SiteVisitQuerySet:
        return self.filter(visit__state="done")


class SiteVisit(models.Model):
    """A visit of a dispatch to a site. What happens there is a visit of `fieldwork`."""

    dispatch = models.ForeignKey(Dispatch, models.CASCADE, related_name="visits")
    site = models.ForeignKey(Site, models.PROTECT, related_name="visits")
    order = models.PositiveSmallIntegerField(_("顺序"))
    subject = models.ForeignKey(
        Subject, models.PROTECT, null=True, related_name="visits", verbose_name=_("监督对象")
    )
    mode = models.CharField(_("监督方式"), max_length=10, choices=Mode, default=Mode.ON_SITE)
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="site_visit")
    # The visit's id as findings name their source: counted by one subquery.
    visit_ref = models.CharField(max_length=36, editable=False, db_index=True)

    objects = SiteVisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("点位检查")
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "site"], name="one_visit_of_a_dispatch")
        ]
        indexes = [models.Index(fields=["site", "-id"], name="visit_of_site")]

    def __str__(self) -> str:
        return f"{self.site} · {self.dispatch}"
