"""How a finding is put right: each unit's answer, reports of progress, money that came, calls."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.photos.models import Photo

from .findings import Finding, FindingUnit


class RectificationQuerySet(models.QuerySet["Rectification"]):
    def visible_to(self, actor) -> RectificationQuerySet:
        """Return those whose case one sees."""
        return self.filter(case__in=Case.objects.visible_to(actor))


class Rectification(models.Model):
    """What a rectification adds to its case: the deadline, the cause, the plan, who did what.

    With several supervised units each has its own, under one case that presses on all (S0.79);
    that one has no `unit`.
    """

    case = models.OneToOneField(
        Case, models.CASCADE, primary_key=True, related_name="rectification"
    )
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="rectifications")
    unit = models.ForeignKey(
        FindingUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("责任单位")
    )
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    deadline = models.DateField(_("整改时限"))
    cause = models.TextField(_("原因说明"), blank=True, default="")
    plan = models.TextField(_("整改方案"), blank=True, default="")
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    done_note = models.TextField(_("完成情况"), blank=True, default="")
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    done_at = models.DateTimeField(_("完成时间"), null=True)
    rechecked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    rechecked_at = models.DateTimeField(_("复查时间"), null=True)
    returns = models.PositiveSmallIntegerField(_("退回次数"), default=0)
    # 定期报送进度: every so many days, until it is done.
    report_every = models.PositiveSmallIntegerField(_("报送间隔（天）"), null=True, blank=True)
    next_report_on = models.DateField(_("下次报送"), null=True, blank=True)
    alarmed_on = models.DateField(null=True)  # the day the last alarm for a late report was given

    objects = RectificationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("整改")
        indexes = [
            models.Index(
                fields=["next_report_on"],
                name="rectification_reports",
                condition=Q(next_report_on__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding.number} {self.unit.name if self.unit else ''}"


class ProgressReport(models.Model):
    """What a unit reported of its progress on a day; for money, how much had come by then."""

    rectification = models.ForeignKey(Rectification, models.PROTECT, related_name="reports")
    on = models.DateField(_("日期"))
    text = models.CharField(_("进展"), max_length=500)
    paid_fen = models.PositiveBigIntegerField(_("已到位（分）"), null=True, blank=True)
    was_late = models.BooleanField(_("逾期报送"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("进度报送")
        constraints = [
            models.UniqueConstraint(fields=["rectification", "on"], name="one_report_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.rectification} {self.on}"


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, actor) -> PaymentQuerySet:
        """Return those of the findings one sees."""
        return self.filter(finding__in=Finding.objects.visible_to(actor))


class Payment(models.Model):
    """Money that came for a fund of a finding, with its receipt. Never changed; taken back by a reason."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="payments")
    unit = models.ForeignKey(
        FindingUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("拨付单位")
    )
    on = models.DateField(_("拨付日期"))
    fen = models.PositiveBigIntegerField(_("金额（分）"))
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    receipt = models.ForeignKey(
        Photo, models.PROTECT, null=True, related_name="+", verbose_name=_("凭证")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("登记时间"))
    revoked_at = models.DateTimeField(_("撤销时间"), null=True)
    revoked_why = models.CharField(_("撤销原因"), max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资金到位")
        constraints = [models.CheckConstraint(condition=Q(fen__gt=0), name="payment_of_something")]

    def __str__(self) -> str:
        return f"{self.finding.number} {self.fen}"


class FollowUpCall(models.Model):
    """A call that followed a rectification up (电话跟进, S0.76): whom, when, what was said, when next."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="calls")
    unit = models.ForeignKey(
        FindingUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("责任单位")
    )
    at = models.DateTimeField(_("通话时间"))
    spoke_to = models.CharField(_("通话对象"), max_length=60)
    reached = models.BooleanField(_("已接通"), default=True)
    text = models.CharField(_("通话内容"), max_length=500)
    next_on = models.DateField(_("下次跟进"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("跟进人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("电话跟进")
        indexes = [
            models.Index(fields=["next_on"], name="call_next", condition=Q(next_on__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.finding.number} {self.spoke_to}"
