"""How units are rated in a year, what lagging ones do about it, and who helps them (S2.24-S2.30)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..scope import register_reach
from .org import Org


class RatingLabel(models.Model):
    """A label that units carry (五好党支部): who may, since when, by which paper. Data, not code."""

    class Tone(models.TextChoices):
        GOOD = "good", _("先进")
        LAGGING = "lagging", _("相对后进")

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    name = models.CharField(_("名称"), max_length=30)
    tone = models.CharField(_("性质"), max_length=8, choices=Tone)
    # Which units may carry it; empty: of any sector, of any kind.
    sectors = models.CharField(_("适用领域"), max_length=120, blank=True, default="")
    unit_kinds = models.CharField(_("适用类型"), max_length=120, blank=True, default="")
    criteria = models.TextField(_("标准"), blank=True, default="")
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("评定等次")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_label_of_a_version")
        ]

    def __str__(self) -> str:
        return self.name


class OfUnitQuerySet(models.QuerySet):
    """Rows that hang on a party unit: seen by who holds any post in it or above it, or over its land."""

    def visible_to(self, actor):
        return self.filter(register_reach(actor, to="unit__"))


class UnitRating(models.Model):
    """A label that a unit carries for a year, decided by a person, with the reason."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="ratings", verbose_name=_("党组织"))
    year = models.PositiveSmallIntegerField(_("年度"))
    label = models.ForeignKey(
        RatingLabel, models.PROTECT, related_name="ratings", verbose_name=_("等次")
    )
    reason = models.CharField(_("理由"), max_length=300)
    on = models.DateField(_("评定日期"))
    at = models.DateTimeField(_("记录时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("评定人")
    )
    withdrawn_on = models.DateField(_("撤销日期"), null=True, blank=True)
    withdrawn_why = models.CharField(_("撤销理由"), max_length=300, blank=True, default="")

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评定")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year", "label"],
                condition=Q(withdrawn_on__isnull=True),
                name="one_label_a_year",
            )
        ]
        indexes = [models.Index(fields=["year", "label"], name="rating_of_year")]

    def __str__(self) -> str:
        return f"{self.unit} {self.year} {self.label}"


class ImprovementPlan(models.Model):
    """What a lagging unit does to catch up, and when the rating was lifted (整顿提升)."""

    unit = models.ForeignKey(Org, models.PROTECT, related_name="plans", verbose_name=_("党组织"))
    rating = models.OneToOneField(
        UnitRating, models.PROTECT, related_name="plan", verbose_name=_("评定")
    )
    causes = models.TextField(_("问题原因"))
    due = models.DateField(_("完成期限"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("制定时间"))
    lifted_on = models.DateField(_("销号日期"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    lifted_why = models.CharField(_("销号意见"), max_length=300, blank=True, default="")

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("整改方案")

    def __str__(self) -> str:
        return f"{self.unit} {self.due}"


class PlanMeasure(models.Model):
    """One measure of a plan: what, by when, by whom, and how it was done."""

    plan = models.ForeignKey(ImprovementPlan, models.CASCADE, related_name="measures")
    text = models.CharField(_("措施"), max_length=200)
    who = models.CharField(_("责任人"), max_length=40, blank=True, default="")
    due = models.DateField(_("期限"))
    done_on = models.DateField(_("完成日期"), null=True, blank=True)
    note = models.CharField(_("完成情况"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("整改措施")

    def __str__(self) -> str:
        return self.text


class PairingQuerySet(models.QuerySet["UnitPairing"]):
    def visible_to(self, actor) -> PairingQuerySet:
        """Return those of which the actor may read either side."""
        either = register_reach(actor, to="good__") | register_reach(actor, to="lagging__")
        return self.filter(either)


class UnitPairing(models.Model):
    """A good branch and a lagging one (互帮互促, S2.26): what they agreed, and what came of it."""

    good = models.ForeignKey(Org, models.PROTECT, related_name="helps", verbose_name=_("先进支部"))
    lagging = models.ForeignKey(
        Org, models.PROTECT, related_name="helped_by", verbose_name=_("后进支部")
    )
    goals = models.CharField(_("帮、带、扶的内容"), max_length=300)
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True, blank=True)
    outcome = models.CharField(_("成效"), max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("记录时间"))

    objects = PairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("互帮互促")
        constraints = [
            models.UniqueConstraint(
                fields=["good", "lagging"],
                condition=Q(to_date__isnull=True),
                name="one_pairing_of_two",
            ),
            models.CheckConstraint(condition=~Q(good=F("lagging")), name="pairing_is_of_two_units"),
        ]

    def __str__(self) -> str:
        return f"{self.good} — {self.lagging}"
