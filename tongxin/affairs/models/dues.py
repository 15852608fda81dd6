"""Dues: what each member owes and paid, and the ledger of each unit, to the fen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Membership, Org

from .sight import SensitiveRows, UnitRows


def money(label: Any, **more: Any) -> models.DecimalField:
    return models.DecimalField(label, max_digits=12, decimal_places=2, **more)


class Base(models.Model):
    """What a member's dues are counted from (党费计算基数), from a month on; the income is sealed."""

    class Kind(models.TextChoices):
        SALARIED = "salaried", _("在职（按月收入）")
        RETIRED = "retired", _("离退休")
        FARMER = "farmer", _("农民")
        STUDENT = "student", _("学生")
        LAID_OFF = "laid_off", _("下岗失业")
        ALLOWANCE = "allowance", _("依靠抚恤、救济或低保")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("党组织"))
    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="dues_bases", verbose_name=_("党员")
    )
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    base_sealed = models.TextField(_("月基数（加密）"), blank=True, default="")
    # Where the rule leaves a range (farmers), what the branch fixed within it.
    fixed = money(_("核定金额"), null=True, blank=True)
    from_month = models.DateField(_("起始月份"))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("核定时间"))

    objects = SensitiveRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党费基数")
        constraints = [
            models.UniqueConstraint(fields=["membership", "from_month"], name="one_base_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.membership} {self.from_month:%Y-%m}"


class Charge(models.Model):
    """What a member owes for a month; `why` is the arithmetic without the income."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("党组织"))
    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="charges", verbose_name=_("党员")
    )
    month = models.DateField(_("月份"))
    amount = money(_("应交"))
    waived = money(_("减免"), default=Decimal(0))
    why = models.CharField(_("依据"), max_length=200)
    at = models.DateTimeField()

    objects = SensitiveRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("应交党费")
        constraints = [
            models.UniqueConstraint(fields=["membership", "month"], name="one_charge_a_month"),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & Q(waived__gte=0) & Q(waived__lte=F("amount")),
                name="charge_is_no_gift",
            ),
        ]
        indexes = [models.Index(fields=["unit", "month"], name="charge_of_unit")]

    def __str__(self) -> str:
        return f"{self.membership} {self.month:%Y-%m} {self.amount}"


class Payment(models.Model):
    """Money taken, with a receipt; given back by a counter entry, never by erasing."""

    class Kind(models.TextChoices):
        DUES = "dues", _("党费")
        EXTRA = "extra", _("自愿多交")
        REFUND = "refund", _("退款")

    class Method(models.TextChoices):
        CASH = "cash", _("现金")
        TRANSFER = "transfer", _("转账")
        PHONE = "phone", _("手机支付")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("党组织"))
    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="payments", verbose_name=_("党员")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    number = models.PositiveIntegerField(_("收据号"))
    kind = models.CharField(_("类型"), max_length=6, choices=Kind, default=Kind.DUES)
    amount = money(_("金额"))
    method = models.CharField(_("方式"), max_length=8, choices=Method, default=Method.CASH)
    covers = models.CharField(_("所属月份"), max_length=60, blank=True, default="")
    paid_on = models.DateField(_("交款日期"))
    refund_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="refund"
    )
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经手人")
    )
    at = models.DateTimeField(_("记录时间"))
    key = models.CharField(max_length=120)

    objects = SensitiveRows.as_manager()

    is_replay = False  # set on what a retried request is answered with

    class Meta:
        verbose_name = verbose_name_plural = _("党费收据")
        constraints = [
            models.UniqueConstraint(fields=["unit", "key"], name="payment_once"),
            models.UniqueConstraint(fields=["unit", "year", "number"], name="receipt_number"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, refund_of__isnull=True)
                | Q(amount__lt=0, refund_of__isnull=False),
                name="only_refunds_are_negative",
            ),
        ]
        indexes = [models.Index(fields=["unit", "paid_on"], name="payment_of_unit")]

    def __str__(self) -> str:
        return self.receipt

    @property
    def receipt(self) -> str:
        """The number on the receipt: unit, year, serial."""
        return f"{self.unit_id}-{self.year}-{self.number:05d}"


class Waiver(models.Model):
    """少交或免交: discussed by the branch, asked of the unit above, in force once agreed."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("党组织"))
    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="waivers", verbose_name=_("党员")
    )
    from_month = models.DateField(_("起始月份"))
    to_month = models.DateField(_("截止月份"))
    pays = money(_("每月仍交"), default=Decimal(0))
    meeting_on = models.DateField(_("支部讨论日期"))
    reason = models.CharField(_("理由"), max_length=300)
    is_agreed = models.BooleanField(_("已批准"), default=False)

    objects = SensitiveRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党费减免")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_month__gte=F("from_month")), name="waiver_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership} {self.from_month:%Y-%m}–{self.to_month:%Y-%m}"


class Forward(models.Model):
    """Dues passed on to the unit above (上缴); it stands in the ledgers of both."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("上缴单位"))
    to_unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("接收单位"))
    amount = money(_("金额"))
    on = models.DateField(_("日期"))
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120)

    objects = UnitRows.as_manager()

    is_replay = False  # set on what a retried request is answered with

    class Meta:
        verbose_name = verbose_name_plural = _("党费上缴")
        constraints = [
            models.UniqueConstraint(fields=["unit", "key"], name="forward_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="forward_is_money"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} → {self.to_unit} {self.amount}"


class Posting(models.Model):
    """A line of a unit's ledger: from one account to another, so that it balances by its shape."""

    class Account(models.TextChoices):
        MEMBERS = "members", _("党员应交")
        DUES = "dues", _("党费收入")
        CASH = "cash", _("库存党费")
        ABOVE = "above", _("上缴上级")
        BELOW = "below", _("下级上缴")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("党组织"))
    membership = models.ForeignKey(
        Membership, models.PROTECT, null=True, related_name="+", verbose_name=_("党员")
    )
    on = models.DateField(_("日期"))
    debit = models.CharField(_("借"), max_length=8, choices=Account)
    credit = models.CharField(_("贷"), max_length=8, choices=Account)
    amount = money(_("金额"))
    text = models.CharField(_("摘要"), max_length=120)
    key = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects = UnitRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党费账")
        constraints = [
            models.UniqueConstraint(fields=["unit", "key"], name="posting_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & ~Q(debit=F("credit")), name="posting_moves_money"
            ),
        ]
        indexes = [models.Index(fields=["unit", "on"], name="posting_of_unit")]

    def __str__(self) -> str:
        return f"{self.on} {self.debit} → {self.credit} {self.amount}"
