"""What money is for: allocations, when it has to be paid, who asks and approves, checks of its use."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, reach, unit_reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .accounts import READERS, Account, BudgetLine, Source

# Who works in a place that got money sees what it got.
LOCALS = (*LAND_ROLES, "secretary", "organiser", "first_secretary", "team_leader")


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def visible_to(self, actor) -> AllocationQuerySet:
        """Return those of accounts one sees, those to one's organisation and to one's land."""
        return self.filter(
            Q(account__in=Account.objects.visible_to(actor))
            | unit_reach(actor, READERS, column="org__path")
            | reach(actor, LOCALS, column="region__path")
        )

    def standing(self) -> AllocationQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class Allocation(models.Model):
    """Money given for a purpose out of an account; what it is for is a row of any app, by four words."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(_("编号"), max_length=24, unique=True)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="allocations", verbose_name=_("账户")
    )
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="allocations", verbose_name=_("资金来源")
    )
    budget = models.ForeignKey(
        BudgetLine, models.PROTECT, null=True, blank=True, related_name="allocations",
        verbose_name=_("预算科目"),
    )  # fmt: skip
    year = models.PositiveSmallIntegerField(_("年度"))
    amount_fen = models.PositiveBigIntegerField(_("拨付金额（分）"))
    paid_fen = models.BigIntegerField(_("已支付（分）"), default=0)
    purpose = models.CharField(_("用途"), max_length=200)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("用在"))
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("使用单位")
    )
    subject_kind = models.CharField(_("对象类型"), max_length=20, blank=True, default="")
    subject_id = models.CharField(max_length=40, blank=True, default="")
    subject_label = models.CharField(_("对象"), max_length=120, blank=True, default="")
    subject_url = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办")
    )
    at = models.DateTimeField(_("拨付时间"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资金拨付")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="allocation_of_something"),
            models.CheckConstraint(
                condition=Q(paid_fen__gte=0) & Q(paid_fen__lte=F("amount_fen")),
                name="allocation_paid_within",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="allocation_of_subject"),
            models.Index(fields=["year", "region"], name="allocation_of_year"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def left_fen(self) -> int:
        return 0 if self.withdrawn_at else self.amount_fen - self.paid_fen


class PayableQuerySet(models.QuerySet["Payable"]):
    def visible_to(self, actor) -> PayableQuerySet:
        return self.filter(allocation__in=Allocation.objects.visible_to(actor))

    def unpaid(self) -> PayableQuerySet:
        return self.filter(paid_fen__lt=F("amount_fen"), allocation__withdrawn_at__isnull=True)


class Payable(models.Model):
    """What has to be paid by a day; payments fill the earliest first."""

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="payables")
    due_on = models.DateField(_("应付日期"))
    amount_fen = models.PositiveBigIntegerField(_("应付（分）"))
    paid_fen = models.BigIntegerField(_("已付（分）"), default=0)
    note = models.CharField(_("说明"), max_length=120, blank=True, default="")
    # When the keeper and the supervisors were told that it is overdue: once.
    alarmed_at = models.DateTimeField(_("逾期提醒时间"), null=True)

    objects = PayableQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("应付款")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0)
                & Q(paid_fen__gte=0)
                & Q(paid_fen__lte=F("amount_fen")),
                name="payable_paid_within",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_on"], name="payables_open", condition=Q(paid_fen__lt=F("amount_fen"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.allocation} {self.due_on}"

    @property
    def left_fen(self) -> int:
        return self.amount_fen - self.paid_fen


class PayOrderQuerySet(models.QuerySet["PayOrder"]):
    def visible_to(self, actor) -> PayOrderQuerySet:
        """Return those of the accounts one sees."""
        return self.filter(allocation__account__in=Account.objects.visible_to(actor))

    def waiting(self) -> PayOrderQuerySet:
        return self.filter(state=PayOrder.State.WAITING)


class PayOrder(models.Model):
    """A payment that asks for a second person's approval; approved, it is a line of the ledger."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待审批")
        PAID = "paid", _("已审批付款")
        REFUSED = "refused", _("未通过")

    id = models.UUIDField(primary_key=True)
    allocation = models.ForeignKey(
        Allocation, models.PROTECT, related_name="orders", verbose_name=_("拨付")
    )
    amount_fen = models.PositiveBigIntegerField(_("金额（分）"))
    on = models.DateField(_("付款日期"))
    payee = models.CharField(_("收款方"), max_length=80)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    threshold_fen = models.PositiveBigIntegerField(_("须审批的金额（分）"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    at = models.DateTimeField(_("申请时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("审批人"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("审批时间"), null=True)
    reason = models.CharField(_("审批意见"), max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)
    photos: models.ManyToManyField = models.ManyToManyField(Photo, related_name="+", blank=True)

    objects = PayOrderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("付款申请")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(decided_by__isnull=False),
                name="pay_order_decided_by_somebody",
            ),
            # Maker and checker (双人复核): nobody approves what they asked for.
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("by")),
                name="pay_order_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.allocation} {self.payee}"


class UseCheckQuerySet(models.QuerySet["UseCheck"]):
    def visible_to(self, actor) -> UseCheckQuerySet:
        return self.filter(account__in=Account.objects.visible_to(actor))


class UseCheck(models.Model):
    """A check of how the money of an account was used (抽查, S1.47), by somebody who does not keep it."""

    class Result(models.TextChoices):
        PROPER = "proper", _("使用合规")
        FLAWED = "flawed", _("手续不全")
        MISUSED = "misused", _("改变用途")

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="checks", verbose_name=_("账户")
    )
    line = models.ForeignKey(
        "funds.Line", models.PROTECT, null=True, blank=True, related_name="checks",
        verbose_name=_("抽查的付款"),
    )  # fmt: skip
    on = models.DateField(_("抽查日期"))
    result = models.CharField(_("结果"), max_length=8, choices=Result)
    text = models.CharField(_("情况"), max_length=500)
    mend_by = models.DateField(_("整改期限"), null=True, blank=True)
    mended_on = models.DateField(_("整改日期"), null=True, blank=True)
    mended_text = models.CharField(_("整改情况"), max_length=300, blank=True, default="")
    mended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("抽查人")
    )
    at = models.DateTimeField(_("登记时间"))

    objects = UseCheckQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("使用抽查")
        constraints = [
            models.CheckConstraint(
                condition=Q(result="proper") | Q(mend_by__isnull=False),
                name="use_check_says_by_when",
            )
        ]
        indexes = [models.Index(fields=["account", "-on"], name="use_check_of_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.on}"


class UseCheckPhoto(models.Model):
    """A photo that shows what a check saw."""

    check_of = models.ForeignKey(UseCheck, models.PROTECT, related_name="photos")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("抽查照片")
        constraints = [
            models.UniqueConstraint(fields=["check_of", "photo"], name="use_check_photo_once")
        ]
