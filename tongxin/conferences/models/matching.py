"""Supplies that were proposed for needs, agreed upon, and delivered (S3.24)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.dual_report.models import PactTask
from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.regions.models import Region

from ..scope import desk_reach, org_ids
from .lists import ListItem

USER = settings.AUTH_USER_MODEL


class MatchRunQuerySet(models.QuerySet["MatchRun"]):
    def visible_to(self, actor) -> MatchRunQuerySet:
        over = desk_reach(actor, "region__path")
        return self.filter(over | reach(actor, LAND_ROLES, column="region__path"))


class MatchRun(models.Model):
    """One run of the solver over the open lists of a place."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    at = models.DateTimeField(_("计算时间"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    needs = models.PositiveIntegerField(_("需求"))
    supplies = models.PositiveIntegerField(_("供给"))
    pairs = models.PositiveIntegerField(_("可行配对"))
    value = models.BigIntegerField(_("方案得分"))
    is_optimal = models.BooleanField(_("已证最优"))
    took_ms = models.PositiveIntegerField(_("用时（毫秒）"))

    objects = MatchRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("供需匹配")

    def __str__(self) -> str:
        return f"{self.region} {self.at:%Y-%m-%d %H:%M}"


class MatchQuerySet(models.QuerySet["Match"]):
    def visible_to(self, actor) -> MatchQuerySet:
        """Return those of runs on the actor's land, and those of the actor's own units' supplies."""
        return self.filter(
            Q(run__in=MatchRun.objects.visible_to(actor)) | Q(supply__org__in=org_ids(actor))
        )


class Match(models.Model):
    """A supply proposed for a need, with its reasons; a person decides."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待确认")
        ACCEPTED = "accepted", _("已采纳")
        DECLINED = "declined", _("未采纳")
        STALE = "stale", _("已失效")

    run = models.ForeignKey(MatchRun, models.PROTECT, related_name="matches")
    need = models.ForeignKey(ListItem, models.PROTECT, related_name="+")
    supply = models.ForeignKey(ListItem, models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField(_("数量"))
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"))
    gain = models.BigIntegerField(_("得分"))
    why = models.CharField(_("理由"), max_length=300)
    is_changed = models.BooleanField(_("人工改动"), default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.PROPOSED)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("匹配方案")

    def __str__(self) -> str:
        return f"{self.need} ← {self.supply}"


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, actor) -> AgreementQuerySet:
        """Return those of needs on the actor's land, and those of either side's own units."""
        over = desk_reach(actor, "need__book__region__path")
        over |= reach(actor, LAND_ROLES, column="need__book__region__path")
        own = org_ids(actor)
        sides = Q(supply__org__in=own) | Q(need__org__in=own)
        return self.filter(over | sides | Q(supply__by=actor.pk) | Q(need__by=actor.pk))

    def standing(self) -> AgreementQuerySet:
        """Return those that bind the supply: not taken back."""
        return self.exclude(case__step="void")


class Agreement(models.Model):
    """A need and a supply that agreed; delivery is a case of the flow `delivery`."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="agreement")
    need = models.ForeignKey(ListItem, models.PROTECT, related_name="met_by")
    supply = models.ForeignKey(ListItem, models.PROTECT, related_name="given_to")
    match = models.OneToOneField(Match, models.PROTECT, null=True, related_name="agreement")
    quantity = models.PositiveBigIntegerField(_("数量"))
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"))
    # Where the two units have a co-building pact in force, the promise stands there too.
    pact_task = models.OneToOneField(PactTask, models.PROTECT, null=True, related_name="agreement")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("达成时间"))
    # What was really given, as the receiver confirmed it.
    delivered = models.PositiveBigIntegerField(_("实际数量"), null=True)
    minutes = models.PositiveIntegerField(_("服务时长（分钟）"), default=0)
    delivered_on = models.DateField(_("交付日期"), null=True)
    delivered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("确认时间"), null=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("供需协议")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="agreement_is_some"),
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="agreement_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need} ← {self.supply}"
