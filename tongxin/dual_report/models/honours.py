"""Areas of duty and pioneer posts, contests of skill, and what people pledge at their window."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Person
from tongxin.orgs.scope import READERS, unit_reach
from tongxin.regions.models import Region

from ..scope import desk_reach

User = settings.AUTH_USER_MODEL


class DutyAreaQuerySet(models.QuerySet["DutyArea"]):
    def visible_to(self, actor) -> DutyAreaQuerySet:
        return self.filter(
            Q(person__user=actor.pk)
            | desk_reach(actor, "region__path")
            | unit_reach(actor, READERS, column="unit__path")
        )


class DutyArea(models.Model):
    """A member answers for a stretch of land (党员责任区) or holds a pioneer post (先锋岗, S2.31)."""

    class Kind(models.TextChoices):
        AREA = "area", _("党员责任区")
        PIONEER = "pioneer", _("党员先锋岗")

    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="duty_areas", verbose_name=_("党组织")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="duty_areas", verbose_name=_("党员")
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    place = models.CharField(_("范围或岗位"), max_length=60)
    duty = models.CharField(_("职责"), max_length=200)
    from_date = models.DateField(_("开始日期"))
    to_date = models.DateField(_("结束日期"), null=True)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = DutyAreaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("责任区与先锋岗")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                name="duty_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["kind", "person", "place"],
                condition=Q(to_date__isnull=True),
                name="one_duty_of_a_place",
            ),
        ]


class ContestQuerySet(models.QuerySet["Contest"]):
    def visible_to(self, actor) -> ContestQuerySet:
        return self.filter(
            unit_reach(actor, READERS, column="unit__path") | Q(results__person__user=actor.pk)
        ).distinct()


class Contest(models.Model):
    """A contest of skill (岗位练兵、技能比武): what, when, held by which unit."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="contests")
    title = models.CharField(_("名称"), max_length=60)
    subject = models.CharField(_("比什么"), max_length=60)
    held_on = models.DateField(_("举办日期"))
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = ContestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("练兵比武")
        constraints = [
            models.UniqueConstraint(fields=["unit", "title", "held_on"], name="one_contest")
        ]


class ContestResult(models.Model):
    """How somebody did; places are shared where scores are equal."""

    contest = models.ForeignKey(Contest, models.PROTECT, related_name="results")
    person = models.ForeignKey(Person, models.PROTECT, related_name="contest_results")
    score = models.DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        verbose_name = verbose_name_plural = _("比武成绩")
        constraints = [
            models.UniqueConstraint(fields=["contest", "person"], name="one_score_a_contest")
        ]


class PledgeQuerySet(models.QuerySet["Pledge"]):
    def public(self) -> PledgeQuerySet:
        """Return what those shown have agreed to show."""
        return self.filter(agreed_at__isnull=False, withdrawn_at__isnull=True)

    def visible_to(self, actor) -> PledgeQuerySet:
        return self.filter(Q(user=actor.pk) | desk_reach(actor, "window__region__path"))


class Pledge(models.Model):
    """What somebody who serves at a window pledges in public (亮身份、服务承诺, S2.32).

    Shown by their own consent only, and no longer than they wish.
    """

    window = models.ForeignKey(
        Org, models.PROTECT, related_name="pledges", verbose_name=_("窗口单位")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="pledges")
    shown_as = models.CharField(_("展示姓名"), max_length=40)
    post = models.CharField(_("岗位"), max_length=40)
    shows_member = models.BooleanField(_("亮明党员身份"), default=False)
    text = models.CharField(_("承诺"), max_length=200)
    made_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = PledgeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务承诺")
        constraints = [
            models.UniqueConstraint(
                fields=["window", "user"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_pledge_at_a_window",
            )
        ]
