"""Firms that help villages: what they set aside, whom they are paired with, how they share."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.funds.models import Line
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, posts_of, reach
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from .incomes import READERS, USER
from .projects import VillageProject

WHOLE = 10_000  # shares are in hundredths of a per cent


class FirmQuerySet(models.QuerySet["Firm"]):
    def visible_to(self, actor) -> FirmQuerySet:
        """Return those of one's land, and those of the land above a village one works in."""
        above = {
            prefix
            for post in posts_of(actor)
            if post.role in READERS
            for prefix in prefixes(post.path)
        }
        return self.filter(
            reach(actor, (*LAND_ROLES, "secretary", "organiser"), column="region__path")
            | Q(region__path__in=above)
        )


class Firm(models.Model):
    """A firm that helps villages of an area; an organisation of the area where it is one."""

    name = models.CharField(_("名称"), max_length=100)
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("驻区单位")
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    industry = models.CharField(_("行业"), max_length=40, blank=True, default="")
    # What it promised to set aside (备用金, S4.61); what came is in its reserves.
    pledged_fen = models.PositiveBigIntegerField(_("承诺备用金（分）"), default=0)
    joined_on = models.DateField(_("参加日期"))
    left_on = models.DateField(_("退出日期"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("登记时间"))

    objects = FirmQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("帮扶企业")
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="one_firm_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class FirmReserveQuerySet(models.QuerySet["FirmReserve"]):
    def visible_to(self, actor) -> FirmReserveQuerySet:
        return self.filter(firm__in=Firm.objects.visible_to(actor))

    def standing(self) -> FirmReserveQuerySet:
        """Return those whose line was not taken back."""
        return self.filter(line__reversed_by__isnull=True)


class FirmReserve(models.Model):
    """Money a firm put in: a line of the ledger of funds, which alone says how much."""

    firm = models.ForeignKey(Firm, models.PROTECT, related_name="reserves")
    line = models.OneToOneField(Line, models.PROTECT, related_name="firm_reserve")

    objects = FirmReserveQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("企业备用金")


class FirmPairQuerySet(models.QuerySet["FirmPair"]):
    def visible_to(self, actor) -> FirmPairQuerySet:
        return self.filter(reach(actor, READERS, column="village__path"))

    def standing(self) -> FirmPairQuerySet:
        return self.filter(until__isnull=True)


class FirmPair(models.Model):
    """A firm paired with a village, from a day to a day (企业与村帮扶, S4.60)."""

    firm = models.ForeignKey(Firm, models.PROTECT, related_name="pairs", verbose_name=_("帮扶企业"))
    village = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("村（社区）")
    )
    text = models.CharField(_("帮扶内容"), max_length=200)
    since = models.DateField(_("结对日期"))
    until = models.DateField(_("结束日期"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("登记时间"))

    objects = FirmPairQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("企业与村结对")
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "village"],
                condition=Q(until__isnull=True),
                name="one_firm_pair",
            )
        ]

    def __str__(self) -> str:
        return f"{self.firm} · {self.village}"


class BenefitLinkQuerySet(models.QuerySet["BenefitLink"]):
    def visible_to(self, actor) -> BenefitLinkQuerySet:
        return self.filter(pair__in=FirmPair.objects.visible_to(actor))


class BenefitLink(models.Model):
    """The contract by which a firm and a village share (利益联结): its shares are a whole, always."""

    pair = models.ForeignKey(FirmPair, models.PROTECT, related_name="links")
    project = models.ForeignKey(
        VillageProject, models.PROTECT, null=True, blank=True, related_name="links",
        verbose_name=_("项目"),
    )  # fmt: skip
    title = models.CharField(_("合同"), max_length=80)
    number = models.CharField(_("合同编号"), max_length=40, blank=True, default="")
    signed_on = models.DateField(_("签订日期"))
    ends_on = models.DateField(_("到期日期"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("登记时间"))

    objects = BenefitLinkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("利益联结合同")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=models.F("signed_on")), name="benefit_link_days"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Share(models.Model):
    """What one party gets of the profit, in hundredths of a per cent; all of a contract are 10,000."""

    class Party(models.TextChoices):
        VILLAGE = "village", _("村集体")
        HOUSEHOLDS = "households", _("农户")
        COOPERATIVE = "cooperative", _("合作社")
        FIRM = "firm", _("企业")
        FUND = "fund", _("公益金")

    link = models.ForeignKey(BenefitLink, models.PROTECT, related_name="shares")
    party = models.CharField(_("分配对象"), max_length=12, choices=Party)
    hundredths = models.PositiveIntegerField(_("比例（万分之）"))

    class Meta:
        verbose_name = verbose_name_plural = _("分配比例")
        constraints = [
            models.UniqueConstraint(fields=["link", "party"], name="one_share_of_a_party"),
            models.CheckConstraint(
                condition=Q(hundredths__gt=0) & Q(hundredths__lte=WHOLE), name="share_within"
            ),
        ]

    @property
    def percent(self) -> str:
        """The share as people write it: 3050 is 30.5."""
        return f"{self.hundredths / 100:.2f}".rstrip("0").rstrip(".")


class Dividend(models.Model):
    """A profit that was shared out by a contract: to the fen, what each party got adds up to it."""

    link = models.ForeignKey(BenefitLink, models.PROTECT, related_name="dividends")
    on = models.DateField(_("分配日期"))
    profit_fen = models.PositiveBigIntegerField(_("利润（分）"))
    # {party: fen}, as the shares of that day gave it.
    parts = models.JSONField(_("分配"), default=dict)
    income = models.OneToOneField(
        "economy.IncomeEntry", models.PROTECT, null=True, related_name="dividend"
    )
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("登记时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("分红")
