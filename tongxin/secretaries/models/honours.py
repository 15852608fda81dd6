"""Honours, and the lists of responsibilities of units and secretaries."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org

from ..sight import kept, watched
from .village import Proof

USER = settings.AUTH_USER_MODEL


class HonourQuerySet(models.QuerySet["Honour"]):
    def public(self) -> HonourQuerySet:
        """Return what was given and not taken back: who is honoured is meant to be known."""
        return self.filter(revoked_on=None)


class Honour(models.Model):
    """A title given to a secretary or a unit for a year (S4.27)."""

    code = models.CharField(_("称号"), max_length=20)
    title = models.CharField(_("称号名称"), max_length=40)
    year = models.PositiveSmallIntegerField(_("年度"))
    user = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="honours", verbose_name=_("个人")
    )
    unit = models.ForeignKey(Org, models.PROTECT, related_name="honours", verbose_name=_("党组织"))
    issuer = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("命名机关"))
    reason = models.CharField(_("事迹"), max_length=300)
    document = models.CharField(_("文号"), max_length=60, blank=True, default="")
    given_on = models.DateField(_("命名日期"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    revoked_on = models.DateField(_("撤销日期"), null=True)
    revoked_for = models.CharField(_("撤销理由"), max_length=200, blank=True, default="")

    objects = HonourQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("荣誉")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "year", "unit", "user"],
                condition=Q(revoked_on=None, user__isnull=False),
                name="person_honoured_once_a_year",
            ),
            models.UniqueConstraint(
                fields=["code", "year", "unit"],
                condition=Q(revoked_on=None, user=None),
                name="unit_honoured_once_a_year",
            ),
        ]
        indexes = [models.Index(fields=["year", "code"], name="honours_of_a_year")]


class DutyListQuerySet(models.QuerySet["DutyList"]):
    def visible_to(self, actor) -> DutyListQuerySet:
        """Return one's own, and those of units one keeps or looks over."""
        return self.filter(Q(user=actor.pk) | kept(actor, "unit") | watched(actor, "unit"))


class DutyList(models.Model):
    """What a unit, or its secretary, answers for in a year (责任清单, S0.38)."""

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="duty_lists", verbose_name=_("党组织")
    )
    user = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("书记")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    version = models.CharField(_("清单版本"), max_length=20)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = DutyListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("责任清单")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "user", "year"],
                condition=Q(user__isnull=False),
                name="one_duty_list_of_a_secretary",
            ),
            models.UniqueConstraint(
                fields=["unit", "year"], condition=Q(user=None), name="one_duty_list_of_a_unit"
            ),
        ]

    @property
    def whose(self) -> str:
        """Return whose it is, in words."""
        return f"{self.unit.name} {self.user.name}" if self.user else self.unit.name


class DutyItem(models.Model):
    """One duty of one period, due on its last day; done when there is evidence."""

    list = models.ForeignKey(DutyList, models.CASCADE, related_name="items")
    code = models.CharField(max_length=20)
    title = models.CharField(_("责任"), max_length=120)
    period = models.CharField(_("时段"), max_length=20)
    due = models.DateField(_("完成期限"))
    evidence = models.CharField(_("完成情况"), max_length=500, blank=True, default="")
    proof = models.ForeignKey(Proof, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("责任事项")
        constraints = [
            models.UniqueConstraint(fields=["list", "code", "due"], name="one_duty_a_period")
        ]
        indexes = [
            models.Index(fields=["due"], name="duty_open", condition=Q(done_at=None)),
        ]
