"""A village's income of a year: kinds and lines are data, entries carry proof, the street verifies."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

USER = settings.AUTH_USER_MODEL
# Who works in a village and reports what it earns.
REPORTERS = ("secretary", "organiser", "first_secretary", "team_leader", "dispatcher")
# Who reads what villages earn: those who work there, and whoever overlooks the land.
READERS = (*REPORTERS, *LAND_ROLES, "commissioner", "handler")


class IncomeKind(models.Model):
    """A kind of income. `counts`: it is the village's own earning, not a grant (清零 looks at it)."""

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    counts = models.BooleanField(_("计入集体经济收入"), default=True)
    is_sustainable = models.BooleanField(_("可持续"), default=False)
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("收入类别")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class IncomeLine(models.Model):
    """A line that the income of a year is held against, from a year on (S4.62: 5 万元)."""

    amount_fen = models.PositiveBigIntegerField(_("可持续收入标准（分）"))
    from_year = models.PositiveSmallIntegerField(_("启用年度"), unique=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("收入标准")

    def __str__(self) -> str:
        return f"{self.from_year}"


class VillageYearQuerySet(models.QuerySet["VillageYear"]):
    def visible_to(self, actor) -> VillageYearQuerySet:
        return self.filter(reach(actor, READERS, column="village__path"))


class VillageYear(models.Model):
    """What a village earned in a year, as reported and verified. Sums are kept by the actions."""

    class State(models.TextChoices):
        OPEN = "open", _("填报中")
        REPORTED = "reported", _("待街镇核实")
        VERIFIED = "verified", _("已核实")

    village = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("村（社区）")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OPEN)
    # What counts as its own earning, and what of it is sustainable.
    total_fen = models.BigIntegerField(_("集体经济收入（分）"), default=0)
    sustainable_fen = models.BigIntegerField(_("可持续收入（分）"), default=0)
    # Grants and gifts: shown beside it, never counted in it.
    grants_fen = models.BigIntegerField(_("补助和捐赠（分）"), default=0)
    reported_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("填报人")
    )
    reported_at = models.DateTimeField(_("上报时间"), null=True)
    verified_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("核实人")
    )
    verified_at = models.DateTimeField(_("核实时间"), null=True)
    # Why it was sent back, or what the street said.
    remark = models.CharField(_("核实意见"), max_length=200, blank=True, default="")

    objects = VillageYearQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("村集体经济年报")
        constraints = [
            models.UniqueConstraint(fields=["village", "year"], name="one_village_year"),
            models.CheckConstraint(
                condition=Q(sustainable_fen__gte=0) & Q(total_fen__gte=models.F("sustainable_fen")),
                name="village_year_sums",
            ),
            models.CheckConstraint(
                condition=~Q(state="verified") | ~Q(verified_by=models.F("reported_by")),
                name="village_year_by_two",
            ),
        ]
        indexes = [models.Index(fields=["year", "state"], name="village_year_of_state")]

    def __str__(self) -> str:
        return f"{self.village} {self.year}"


class IncomeEntryQuerySet(models.QuerySet["IncomeEntry"]):
    def visible_to(self, actor) -> IncomeEntryQuerySet:
        return self.filter(reach(actor, READERS, column="of_year__village__path"))

    def standing(self) -> IncomeEntryQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class IncomeEntry(models.Model):
    """One income, with its day, kind and proof; taken back with a reason while the year is open."""

    of_year = models.ForeignKey(VillageYear, models.PROTECT, related_name="entries")
    kind = models.ForeignKey(
        IncomeKind, models.PROTECT, related_name="+", verbose_name=_("收入类别")
    )
    amount_fen = models.PositiveBigIntegerField(_("金额（分）"))
    on = models.DateField(_("日期"))
    is_sustainable = models.BooleanField(_("可持续"), default=False)
    text = models.CharField(_("说明"), max_length=200, blank=True, default="")
    project = models.ForeignKey(
        "economy.VillageProject", models.PROTECT, null=True, blank=True, related_name="incomes",
        verbose_name=_("来自项目"),
    )  # fmt: skip
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    at = models.DateTimeField(_("登记时间"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True)
    withdrawn_why = models.CharField(_("撤回原因"), max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = IncomeEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("村集体收入")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="income_of_something")
        ]
        indexes = [models.Index(fields=["of_year", "on"], name="income_of_year")]

    def __str__(self) -> str:
        return f"{self.of_year} {self.kind}"


class IncomePhoto(models.Model):
    """Proof of an income: contract, receipt, bank slip."""

    entry = models.ForeignKey(IncomeEntry, models.PROTECT, related_name="photos")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("收入凭证")
        constraints = [models.UniqueConstraint(fields=["entry", "photo"], name="income_photo_once")]
