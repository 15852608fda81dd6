"""Three ledgers (三本账, S1.31) found by a full inventory (S1.26), and which rooms go to which place (S1.32)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

from .campaigns import READERS, RenovationCampaign
from .sites import Site


class HoldingQuerySet(models.QuerySet["Holding"]):
    def visible_to(self, actor) -> HoldingQuerySet:
        """Return what lies on the land of the actor's posts."""
        return self.filter(reach(actor, READERS, column="region__path"))


class Holding(models.Model):
    """A line of a ledger: a centre as it stands, a stock room, or ancillary rooms of a housing estate."""

    class Ledger(models.TextChoices):
        CENTRE = "centre", _("党群服务中心")
        STOCK = "stock", _("库存房源")
        ANCILLARY = "ancillary", _("配套用房")

    class State(models.TextChoices):
        FOUND = "found", _("待复核")
        DISPUTED = "disputed", _("复核不一致")
        CHECKED = "checked", _("已复核")
        GIVEN = "given", _("已调配")
        GONE = "gone", _("已注销")

    ledger = models.CharField(_("台账"), max_length=10, choices=Ledger)
    code = models.CharField(_("编号"), max_length=30)
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("社区（村）")
    )
    name = models.CharField(_("名称"), max_length=80)
    owner = models.CharField(_("权属单位"), max_length=80, blank=True, default="")
    address = models.CharField(_("地址"), max_length=120, blank=True, default="")
    area_m2 = models.PositiveIntegerField(_("面积（平方米）"))
    # What it takes to make it fit for use.
    cost_fen = models.PositiveBigIntegerField(_("改造费用（分）"), default=0)
    lng = models.FloatField(_("经度"), null=True, blank=True)
    lat = models.FloatField(_("纬度"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.FOUND)
    note = models.CharField(_("备注"), max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    at = models.DateTimeField(_("登记时间"))

    objects = HoldingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资源台账")
        constraints = [
            models.UniqueConstraint(fields=["ledger", "code"], name="one_holding_of_a_code"),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="holding_has_area"),
        ]
        indexes = [models.Index(fields=["ledger", "region"], name="holdings_of_a_place")]

    def __str__(self) -> str:
        return self.name


class HoldingCheck(models.Model):
    """The second look of somebody else; what differs is shown, and settled (双人复核)."""

    holding = models.ForeignKey(Holding, models.CASCADE, related_name="checks")
    area_m2 = models.PositiveIntegerField(_("复核面积"))
    address = models.CharField(_("复核地址"), max_length=120, blank=True, default="")
    # Each field that differs with both readings: first, second.
    differences = models.JSONField(_("差异"), default=dict)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("复核人")
    )
    at = models.DateTimeField(_("复核时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("复核")

    def __str__(self) -> str:
        return f"{self.holding} {self.area_m2}"


class HoldingChange(models.Model):
    """What changed in a ledger's line: the ledger's history. Append-only."""

    holding = models.ForeignKey(Holding, models.CASCADE, related_name="changes")
    field = models.CharField(_("栏目"), max_length=20)
    before = models.CharField(_("原值"), max_length=120, blank=True, default="")
    after = models.CharField(_("现值"), max_length=120, blank=True, default="")
    reason = models.CharField(_("原因"), max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办")
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("台账变更")

    def __str__(self) -> str:
        return f"{self.field} {self.before} → {self.after}"


class MatchRun(models.Model):
    """One run of the solver over an area: what it was asked and what it found."""

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="runs")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    most_m = models.PositiveIntegerField(_("最远距离（米）"))
    short_before = models.PositiveIntegerField(_("原缺口（平方米）"))
    short_after = models.PositiveIntegerField(_("匹配后缺口（平方米）"))
    is_optimal = models.BooleanField(_("最优"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("房源匹配")

    def __str__(self) -> str:
        return f"{self.campaign} {self.at}"


class RoomMatchQuerySet(models.QuerySet["Match"]):
    def visible_to(self, actor) -> RoomMatchQuerySet:
        return self.filter(reach(actor, READERS, column="site__path"))


class Match(models.Model):
    """A room suggested for, or given to, a place. A room is given once; the database says so."""

    class State(models.TextChoices):
        SUGGESTED = "suggested", _("建议")
        CONFIRMED = "confirmed", _("已确认")
        DROPPED = "dropped", _("未采用")

    run = models.ForeignKey(MatchRun, models.CASCADE, null=True, related_name="matches")
    holding = models.ForeignKey(
        Holding, models.PROTECT, related_name="matches", verbose_name=_("房源")
    )
    site = models.ForeignKey(
        Site, models.PROTECT, related_name="matches", verbose_name=_("改造点位")
    )
    distance_m = models.PositiveIntegerField(_("距离（米）"), null=True)
    why = models.CharField(_("理由"), max_length=300, blank=True, default="")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.SUGGESTED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("确认人"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("确认时间"), null=True)

    objects = RoomMatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("匹配结果")
        constraints = [
            models.UniqueConstraint(
                fields=["holding"], condition=Q(state="confirmed"), name="a_room_is_given_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(decided_by__isnull=False),
                name="a_person_confirms_a_match",
            ),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.holding} → {self.site}"
