"""The money of errands (代买代办, S2.50): what was given, what it cost, whether the resident agrees."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.photos.models import Photo

from ..scope import duty_paths, officer_paths, overseeing_paths, paths_q

User = settings.AUTH_USER_MODEL


class ErrandQuerySet(models.QuerySet["Errand"]):
    def visible_to(self, actor) -> ErrandQuerySet:
        """Return one's own as volunteer or resident, and those of the land the actor answers for."""
        land = paths_q(
            {*duty_paths(actor), *officer_paths(actor), *overseeing_paths(actor)}, "area"
        )
        return self.filter(Q(volunteer=actor.pk) | Q(resident=actor.pk) | land)


class Errand(models.Model):
    """The money side of one errand; the errand itself is a request, and its case tells of it."""

    class Mode(models.TextChoices):
        ADVANCE = "advance", _("先给钱")
        PAY_BACK = "pay_back", _("先垫后结")

    class State(models.TextChoices):
        AGREED = "agreed", _("已说好，待办")
        TO_CONFIRM = "to_confirm", _("待居民确认")
        SETTLED = "settled", _("已结清")
        DISPUTED = "disputed", _("有异议")
        CALLED_OFF = "called_off", _("订单已撤销")

    class By(models.TextChoices):
        RESIDENT = "resident", _("居民确认")
        SIGNATURE = "signature", _("当面签字")
        OFFICER = "officer", _("专员核定")

    # What is odd about the money, in words that a person reads.
    MARKS = {
        "over_ceiling": _("金额超过本区代买上限"),
        "no_receipt": _("没有票据照片"),
        "over_advance": _("花费超过预付的钱"),
    }

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="errand")
    area = models.CharField(max_length=40)
    volunteer = models.ForeignKey(User, models.PROTECT, null=True, related_name="errands_run")
    resident = models.ForeignKey(User, models.PROTECT, null=True, related_name="errands_asked")
    mode = models.CharField(_("付款方式"), max_length=8, choices=Mode, default=Mode.PAY_BACK)
    given_fen = models.PositiveIntegerField(_("已给（分）"), default=0)
    spent_fen = models.PositiveIntegerField(_("花费（分）"), null=True)
    ceiling_fen = models.PositiveIntegerField(_("上限（分）"))
    receipts = models.PositiveSmallIntegerField(_("票据张数"), default=0)
    marks = models.JSONField(default=list)
    state = models.CharField(_("状态"), max_length=10, choices=State)
    at = models.DateTimeField(_("登记时间"))
    finished_at = models.DateTimeField(_("办结时间"), null=True)
    settled_at = models.DateTimeField(_("结清时间"), null=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_how = models.CharField(_("结清方式"), max_length=10, choices=By, blank=True, default="")
    signature = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    dispute = models.CharField(_("异议"), max_length=300, blank=True, default="")
    follow_up = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(_("处理意见"), max_length=300, blank=True, default="")

    objects = ErrandQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("代买代办")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="settled")
                | Q(settled_at__isnull=False, spent_fen__isnull=False),
                name="errand_settled_with_money",
            )
        ]
        indexes = [
            models.Index(fields=["volunteer", "-finished_at"], name="errands_of_volunteer"),
            models.Index(fields=["area", "finished_at"], name="errands_by_area"),
        ]

    def __str__(self) -> str:
        return str(self.case_id)

    @property
    def difference_fen(self) -> int:
        """What the resident still owes the volunteer; below zero: what they get back."""
        return (self.spent_fen or 0) - self.given_fen


class Mark(models.Model):
    """How far the log of cases has been read for errands."""

    name = models.CharField(max_length=20, primary_key=True)
    event = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
