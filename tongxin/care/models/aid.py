"""Help that was given, out of which money, and rounds of greetings at a festival."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..scope import duty_paths, overseeing_paths, own_grids, paths_q
from .files import CareFile

User = settings.AUTH_USER_MODEL


class FundQuerySet(models.QuerySet["Fund"]):
    def visible_to(self, actor) -> FundQuerySet:
        """Return those of the land the actor oversees or has the care of, and of land above it."""
        seen = Q(pk__in=[])
        for path in {*duty_paths(actor), *overseeing_paths(actor)}:
            parts = path.rstrip("/").split("/")
            above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts))]
            seen |= Q(region__path__under=path) | Q(region__path__in=above)
        return self.filter(seen)


class Fund(models.Model):
    """Money set aside for help: a party dues grant, a budget, donations."""

    class Source(models.TextChoices):
        DUES = "dues", _("党费下拨")
        FINANCE = "finance", _("财政资金")
        DONATION = "donation", _("社会捐赠")
        UNIT = "unit", _("单位资助")

    name = models.CharField(_("名称"), max_length=60)
    source = models.CharField(_("来源"), max_length=10, choices=Source)
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("出资单位")
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("使用范围"))
    # Kept with the ledger in one transaction; `queries.recount` compares.
    balance_fen = models.BigIntegerField(_("余额（分）"), default=0)
    opened_at = models.DateTimeField(_("设立时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办"))

    objects = FundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("帮扶资金")
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="one_fund_of_a_name"),
            models.CheckConstraint(condition=Q(balance_fen__gte=0), name="fund_never_below_zero"),
        ]

    def __str__(self) -> str:
        return self.name


class AidRoundQuerySet(models.QuerySet["AidRound"]):
    def visible_to(self, actor) -> AidRoundQuerySet:
        """Return those of land on which the actor walks a grid, has the care, or oversees."""
        seen = Q(pk__in=[])
        for path in {*duty_paths(actor), *overseeing_paths(actor), *own_grids(actor)}:
            parts = path.rstrip("/").split("/")
            above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts))]
            seen |= Q(region__path__under=path) | Q(region__path__in=above)
        return self.filter(seen)


class AidRound(models.Model):
    """Greetings to many households before a festival (节日慰问, S2.43): a list, goods, who was reached."""

    name = models.CharField(_("名称"), max_length=60)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    goods = models.CharField(_("每户慰问品"), max_length=120)
    value_fen = models.PositiveIntegerField(_("每户折价（分）"), default=0)
    fund = models.ForeignKey(
        Fund, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("资金来源")
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发起人"))
    at = models.DateTimeField(_("发起时间"))

    objects = AidRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("慰问活动")
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="one_aid_round_of_a_name"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="aid_round_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoundHouseholdQuerySet(models.QuerySet["RoundHousehold"]):
    def visible_to(self, actor) -> RoundHouseholdQuerySet:
        """Return the households of the actor's grid or community: who oversees sees figures only."""
        return self.filter(paths_q((*own_grids(actor), *duty_paths(actor)), "grid__path"))


class RoundHousehold(models.Model):
    """A household of a round: its name sealed, whether it was reached, with what proof."""

    class State(models.TextChoices):
        TODO = "todo", _("待慰问")
        DONE = "done", _("已慰问")
        AWAY = "away", _("家中无人")
        DECLINED = "declined", _("本人谢绝")

    round = models.ForeignKey(AidRound, models.PROTECT, related_name="households")
    grid = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("网格"))
    file = models.ForeignKey(CareFile, models.PROTECT, null=True, related_name="rounds")
    building = models.CharField(_("楼栋"), max_length=40, blank=True, default="")
    name_sealed = models.TextField(blank=True, default="")
    door_sealed = models.TextField(blank=True, default="")
    # Of community, name, building and door: the same household is on a list once.
    stamp = models.CharField(max_length=64)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.TODO)
    done_at = models.DateTimeField(_("时间"), null=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    signature = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("说明"), max_length=120, blank=True, default="")

    objects = RoundHouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("慰问户")
        constraints = [
            models.UniqueConstraint(fields=["round", "stamp"], name="household_once_in_a_round")
        ]
        indexes = [models.Index(fields=["round", "state"], name="round_states")]


class AidQuerySet(models.QuerySet["Aid"]):
    def visible_to(self, actor) -> AidQuerySet:
        """Return what was given to those whose file the actor reads; sums are `queries.aid_sums`."""
        return self.filter(
            Q(file__in=CareFile.objects.visible_to(actor))
            | Q(file__isnull=True) & paths_q((*own_grids(actor), *duty_paths(actor)), "area")
        )


class Aid(models.Model):
    """A line of the ledger of help: written once; what was wrong is set right by a line against it."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("物资")
        MONEY = "money", _("现金")
        SERVICE = "service", _("服务")

    community = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("社区"))
    area = models.CharField(max_length=40)
    file = models.ForeignKey(CareFile, models.PROTECT, null=True, related_name="aids")
    household = models.ForeignKey(RoundHousehold, models.PROTECT, null=True, related_name="aids")
    kind = models.CharField(_("方式"), max_length=8, choices=Kind)
    what = models.CharField(_("内容"), max_length=120)
    fen = models.BigIntegerField(_("金额（分）"), default=0)  # of goods: what they are worth
    fund = models.ForeignKey(
        Fund, models.PROTECT, null=True, related_name="aids", verbose_name=_("资金来源")
    )
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("帮扶单位")
    )
    on = models.DateField(_("日期"))
    receipt = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    signature = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办"))
    at = models.DateTimeField(_("登记时间"))
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="corrected_by", verbose_name=_("更正")
    )
    reason = models.CharField(_("更正原因"), max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, blank=True, default="")

    objects = AidQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("帮扶记录")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="aid_given_once"),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, fen__gte=0)
                | Q(corrects__isnull=False, fen__lte=0),
                name="aid_below_zero_corrects",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "on"], name="aid_by_area"),
            models.Index(fields=["file", "-on"], name="aid_of_file"),
        ]

    def __str__(self) -> str:
        return self.what


class FundEntryQuerySet(models.QuerySet["FundEntry"]):
    def visible_to(self, actor) -> FundEntryQuerySet:
        return self.filter(fund__in=Fund.objects.visible_to(actor))


class FundEntry(models.Model):
    """Money into a fund or out of it, with what remained."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="entries")
    fen = models.BigIntegerField(_("金额（分）"))
    balance_fen = models.BigIntegerField(_("余额（分）"))
    text = models.CharField(_("摘要"), max_length=120)
    aid = models.ForeignKey(Aid, models.PROTECT, null=True, related_name="entries")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办"))
    at = models.DateTimeField(_("时间"))
    key = models.CharField(max_length=120, blank=True, default="")

    objects = FundEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资金流水")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="fund_entry_once")
        ]
