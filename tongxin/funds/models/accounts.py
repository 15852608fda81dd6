"""Sources of money, the accounts it lies in, and the months that are closed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, posts_of, reach, unit_reach
from tongxin.regions.models import Region

# Who writes into the books of an organisation's accounts: its own officer, secretary or organiser.
KEEPERS = ("officer", "secretary", "organiser")
# Who reads them: those, the committee, and whoever overlooks the land.
READERS = (*KEEPERS, "commissioner", "leader", "inspector")


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, actor) -> SourceQuerySet:
        """Return all to whoever holds a post: where money may come from is no secret of the house."""
        return self.all() if posts_of(actor) else self.none()


class Source(models.Model):
    """Where money comes from (财政资金、党费专项……). The list is data; what we composed is a sample."""

    class Kind(models.TextChoices):
        FISCAL = "fiscal", _("财政资金")
        PARTY_DUES = "party_dues", _("党费")
        SPECIAL = "special", _("专项资金")
        DONATION = "donation", _("捐赠")
        FIRM = "firm", _("企业出资")
        OWN = "own", _("自有资金")
        OTHER = "other", _("其他")

    class Level(models.TextChoices):
        NATION = "nation", _("中央")
        CITY = "city", _("市级")
        DISTRICT = "district", _("区级")
        STREET = "street", _("街镇")
        VILLAGE = "village", _("社区（村）")
        OUTSIDE = "outside", _("社会")

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    level = models.CharField(_("级次"), max_length=8, choices=Level)
    # What it may be used for, and the paper that says so.
    purpose = models.CharField(_("用途范围"), max_length=200, blank=True, default="")
    basis = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_open = models.BooleanField(_("在用"), default=True)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资金来源")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class FundCounter(models.Model):
    """How many numbers a prefix has given: taken in the transaction that writes the row."""

    prefix = models.CharField(max_length=24, primary_key=True)
    n = models.PositiveIntegerField()


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, actor) -> AccountQuerySet:
        """Return those of the organisations one keeps or reads the books of, and on one's land."""
        return self.filter(
            unit_reach(actor, READERS, column="org__path")
            | reach(actor, LAND_ROLES, column="region__path")
        )

    def standing(self) -> AccountQuerySet:
        return self.filter(closed_on__isnull=True)


class Account(models.Model):
    """An account; `is_special`: nothing but its purpose is paid out of it (专账, S1.47).

    Its sums are kept by the action that writes a line; `tongxin verify` adds the lines up again.
    """

    number = models.CharField(_("账号"), max_length=24, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    org = models.ForeignKey(
        Org, models.PROTECT, related_name="accounts", verbose_name=_("管理单位")
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    is_special = models.BooleanField(_("专账"), default=False)
    purpose = models.CharField(_("用途"), max_length=200, blank=True, default="")
    opened_on = models.DateField(_("开立日期"))
    closed_on = models.DateField(_("销户日期"), null=True, blank=True)
    balance_fen = models.BigIntegerField(_("余额（分）"), default=0)
    # Given and not yet paid.
    committed_fen = models.BigIntegerField(_("已拨待付（分）"), default=0)
    length = models.PositiveIntegerField(default=0)  # lines written: the last sequence number
    head = models.CharField(max_length=64, blank=True, default="")  # hash of the last line
    # The last day of the last closed month: nothing is dated on or before it.
    frozen_until = models.DateField(_("已结账至"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("开立人")
    )
    at = models.DateTimeField(_("登记时间"))

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资金账户")
        constraints = [
            models.UniqueConstraint(fields=["org", "name"], name="one_account_of_a_name"),
            models.CheckConstraint(condition=Q(balance_fen__gte=0), name="account_never_short"),
            models.CheckConstraint(condition=Q(committed_fen__gte=0), name="account_commits"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="account_closed_after_it_opened",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free_fen(self) -> int:
        """What lies in the account and was given to nobody; below zero: given ahead of the money."""
        return self.balance_fen - self.committed_fen


class Pot(models.Model):
    """What one source has brought into one account, and what of it was given and paid."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="pots")
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="pots", verbose_name=_("资金来源")
    )
    received_fen = models.BigIntegerField(_("到账（分）"), default=0)
    allocated_fen = models.BigIntegerField(_("拨付（分）"), default=0)
    paid_fen = models.BigIntegerField(_("支付（分）"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("账户资金构成")
        constraints = [
            models.UniqueConstraint(fields=["account", "source"], name="one_pot_of_a_source"),
            models.CheckConstraint(
                condition=Q(received_fen__gte=F("paid_fen")), name="pot_never_short"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.source}"

    @property
    def balance_fen(self) -> int:
        return self.received_fen - self.paid_fen


class Period(models.Model):
    """A closed month of an account: nothing dated in it is written any more."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="periods")
    month = models.DateField(_("月份"))  # its first day
    opening_fen = models.BigIntegerField(_("期初余额（分）"))
    income_fen = models.BigIntegerField(_("本期收入（分）"))
    paid_fen = models.BigIntegerField(_("本期支出（分）"))
    closing_fen = models.BigIntegerField(_("期末余额（分）"))
    lines = models.PositiveIntegerField(_("笔数"))
    frozen_at = models.DateTimeField(_("结账时间"))
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("结账人")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("月结")
        constraints = [
            models.UniqueConstraint(fields=["account", "month"], name="one_period_of_a_month"),
            models.CheckConstraint(
                condition=Q(closing_fen=F("opening_fen") + F("income_fen") - F("paid_fen")),
                name="period_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.month:%Y-%m}"


class PayRuleQuerySet(models.QuerySet["PayRule"]):
    def public(self) -> PayRuleQuerySet:
        """The rules of payment are no secret."""
        return self.all()


class PayRule(models.Model):
    """From which amount a payment needs a second person's approval, from a day on, in a place.

    The most specific place counts, then the latest day. `region` empty: everywhere.
    """

    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("范围")
    )
    threshold_fen = models.PositiveBigIntegerField(_("须审批的金额（分）"))
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = PayRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("付款审批规则")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "effective_from"],
                nulls_distinct=False,
                name="one_pay_rule_of_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.effective_from}"


class BudgetLineQuerySet(models.QuerySet["BudgetLine"]):
    def visible_to(self, actor) -> BudgetLineQuerySet:
        return self.filter(
            unit_reach(actor, READERS, column="org__path")
            | reach(actor, LAND_ROLES, column="region__path")
        )


class BudgetLine(models.Model):
    """A line of a year's budget; `for_base`: it goes to communities, villages, branches (S4.72)."""

    year = models.PositiveSmallIntegerField(_("年度"))
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("编制单位"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("资金来源"))
    name = models.CharField(_("科目"), max_length=80)
    for_base = models.BooleanField(_("投向基层"), default=False)
    amount_fen = models.PositiveBigIntegerField(_("预算（分）"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("登记时间"))

    objects = BudgetLineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("预算科目")
        constraints = [
            models.UniqueConstraint(fields=["org", "year", "name"], name="one_budget_line")
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.name}"
