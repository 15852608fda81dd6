"""Help for a household: what it needs, what was done, and the subsidy paid after building."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org

from ..sight import kept, lived_in, watched
from .village import Proof

USER = settings.AUTH_USER_MODEL


class AssistancePlanQuerySet(models.QuerySet["AssistancePlan"]):
    def visible_to(self, actor) -> AssistancePlanQuerySet:
        """Return those of villages one is sent to, keeps the registers of, or looks over."""
        return self.filter(
            kept(actor, "village") | watched(actor, "village") | lived_in(actor, "village")
        )


class AssistancePlan(models.Model):
    """How one household is helped (S4.50). Its name is sealed; what it needs says nothing of health."""

    village = models.ForeignKey(
        Org, models.PROTECT, related_name="assistance_plans", verbose_name=_("村")
    )
    household_sealed = models.TextField(_("户主（加密）"))
    household_index = models.CharField(max_length=64, editable=False)
    people = models.PositiveSmallIntegerField(_("家庭人口"), default=1)
    need = models.CharField(_("需要"), max_length=300)
    aim = models.CharField(_("目标"), max_length=300, blank=True, default="")
    helper = models.CharField(_("帮扶单位"), max_length=80, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    opened_on = models.DateField(_("建档日期"))
    closed_on = models.DateField(_("结束日期"), null=True)
    closing = models.CharField(_("结果"), max_length=300, blank=True, default="")

    objects = AssistancePlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("帮扶计划")
        constraints = [
            models.UniqueConstraint(
                fields=["village", "household_index"],
                condition=Q(closed_on=None),
                name="one_plan_of_a_household",
            )
        ]


class HelpItem(models.Model):
    """One thing to be done for a household, by a day; done with a proof (S4.51)."""

    plan = models.ForeignKey(AssistancePlan, models.PROTECT, related_name="items")
    kind = models.CharField(_("方式"), max_length=20)
    title = models.CharField(_("内容"), max_length=120)
    quantity = models.CharField(_("数量"), max_length=30, blank=True, default="")
    worth_fen = models.PositiveBigIntegerField(_("折合金额（分）"), default=0)
    due = models.DateField(_("完成期限"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    done_on = models.DateField(_("完成日期"), null=True)
    done_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("完成情况"), max_length=300, blank=True, default="")
    proof = models.ForeignKey(Proof, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("帮扶事项")


class Subsidy(models.Model):
    """先建后补: applied for, built with proof, inspected by another, and only then paid."""

    class State(models.TextChoices):
        APPLIED = "applied", _("已申请")
        BUILT = "built", _("已建成")
        PASSED = "passed", _("验收合格")
        FAILED = "failed", _("验收不合格")
        PAID = "paid", _("已补助")
        REFUSED = "refused", _("不予补助")

    plan = models.ForeignKey(AssistancePlan, models.PROTECT, related_name="subsidies")
    kind = models.CharField(_("项目"), max_length=20)
    version = models.CharField(_("标准版本"), max_length=20)
    title = models.CharField(_("建设内容"), max_length=120)
    cost_fen = models.PositiveBigIntegerField(_("预计投入（分）"))
    asked_fen = models.PositiveBigIntegerField(_("申请补助（分）"))
    granted_fen = models.PositiveBigIntegerField(_("核定补助（分）"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.APPLIED)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    built_on = models.DateField(_("建成日期"), null=True)
    built_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    proof = models.ForeignKey(Proof, models.PROTECT, null=True, related_name="+")
    inspected_on = models.DateField(_("验收日期"), null=True)
    inspector = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    finding = models.CharField(_("验收意见"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("先建后补")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="paid")
                | Q(built_on__isnull=False, inspected_on__isnull=False, inspector__isnull=False),
                name="subsidy_paid_after_built_and_inspected",
            )
        ]


class SubsidyEntry(models.Model):
    """The ledger of subsidies: what was paid, and what was taken back; only ever added to."""

    subsidy = models.ForeignKey(Subsidy, models.PROTECT, related_name="entries")
    fen = models.BigIntegerField(_("金额（分）"))
    voucher = models.CharField(_("凭证号"), max_length=40)
    text = models.CharField(_("说明"), max_length=200, blank=True, default="")
    day = models.DateField(_("日期"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("补助台账")
        ordering = ("pk",)
