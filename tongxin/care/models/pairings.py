"""Who stands by a household in need (困难户帮扶, S0.36): measures, visits, a result each quarter."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org

from .files import CareFile

User = settings.AUTH_USER_MODEL


class HelpPairingQuerySet(models.QuerySet["Pairing"]):
    def visible_to(self, actor) -> HelpPairingQuerySet:
        """Return those of the files the actor reads; the helper in person is a carer of the file."""
        return self.filter(file__in=CareFile.objects.visible_to(actor))


class Pairing(models.Model):
    """A unit or a person who helps one household, from a day to a day."""

    file = models.ForeignKey(CareFile, models.PROTECT, related_name="pairings")
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("帮扶单位")
    )
    helper = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="care_pairings", verbose_name=_("帮扶人")
    )
    aim = models.CharField(_("帮扶目标"), max_length=120)
    since = models.DateField(_("结对日期"))
    until = models.DateField(_("结束日期"), null=True)
    outcome = models.CharField(_("帮扶成效"), max_length=200, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = HelpPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("结对帮扶")
        constraints = [
            models.CheckConstraint(
                condition=Q(org__isnull=False) | Q(helper__isnull=False),
                name="pairing_has_a_helper",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="care_pairing_ends_after",
            ),
        ]


class MeasureQuerySet(models.QuerySet["Measure"]):
    def visible_to(self, actor) -> MeasureQuerySet:
        return self.filter(pairing__in=Pairing.objects.visible_to(actor))


class Measure(models.Model):
    """One thing to be done for a household, by a day; its words are sealed like the file."""

    pairing = models.ForeignKey(Pairing, models.PROTECT, related_name="measures")
    text_sealed = models.TextField(blank=True, default="")
    due_on = models.DateField(_("完成期限"))
    done_on = models.DateField(_("完成日期"), null=True)
    result_sealed = models.TextField(blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = MeasureQuerySet.as_manager()


class QuarterReport(models.Model):
    """What came of a pairing in a quarter: visits counted, the result in words (sealed)."""

    pairing = models.ForeignKey(Pairing, models.PROTECT, related_name="quarters")
    year = models.PositiveSmallIntegerField(_("年度"))
    quarter = models.PositiveSmallIntegerField(_("季度"))
    visits = models.PositiveSmallIntegerField(_("走访次数"))
    text_sealed = models.TextField(blank=True, default="")
    at = models.DateTimeField(_("填报时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("季度帮扶成效")
        constraints = [
            models.UniqueConstraint(
                fields=["pairing", "year", "quarter"], name="one_result_a_quarter"
            ),
            models.CheckConstraint(
                condition=Q(quarter__gte=1, quarter__lte=4), name="quarter_of_four"
            ),
        ]
