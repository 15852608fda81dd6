"""The transfer of a membership from one branch to another (组织关系转接), with its slip."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..scope import READERS, unit_reach
from .org import Org
from .people import Membership


class TransferQuerySet(models.QuerySet["Transfer"]):
    def visible_to(self, actor) -> TransferQuerySet:
        """Return those of which the actor reads the register of one side, and the actor's own."""
        return self.filter(
            unit_reach(actor, READERS, column="from_unit__path")
            | unit_reach(actor, READERS, column="to_unit__path")
            | Q(membership__person__user=actor.pk)
        )

    def open(self) -> TransferQuerySet:
        return self.filter(state=Transfer.State.OPEN)


class Transfer(models.Model):
    """A membership on its way to another branch; it moves when both branches have confirmed."""

    class State(models.TextChoices):
        OPEN = "open", _("待确认")
        DONE = "done", _("已转接")
        REFUSED = "refused", _("已退回")
        WITHDRAWN = "withdrawn", _("已撤回")
        EXPIRED = "expired", _("已逾期失效")

    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="transfers", verbose_name=_("组织关系")
    )
    from_unit = models.ForeignKey(
        Org, models.PROTECT, related_name="transfers_out", verbose_name=_("转出党组织")
    )
    to_unit = models.ForeignKey(
        Org, models.PROTECT, related_name="transfers_in", verbose_name=_("转入党组织")
    )
    # Number of the slip (介绍信): the year's sequence of the branch that issues it.
    year = models.PositiveSmallIntegerField(_("年度"))
    seq = models.PositiveIntegerField(_("序号"))
    reason = models.CharField(_("转接原因"), max_length=200)
    dues_paid_until = models.DateField(_("党费交至"), null=True, blank=True)
    valid_until = models.DateField(_("有效期至"))
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.OPEN)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("发起人"),
    )  # fmt: skip
    started_at = models.DateTimeField(_("发起时间"))
    home_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("转出方确认人"),
    )  # fmt: skip
    home_at = models.DateTimeField(_("转出方确认时间"), null=True, blank=True)
    host_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("转入方确认人"),
    )  # fmt: skip
    host_at = models.DateTimeField(_("转入方确认时间"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("提醒时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("办结人"),
    )  # fmt: skip
    why_closed = models.CharField(_("退回（撤回）原因"), max_length=200, blank=True, default="")
    # The membership it led to.
    arrived = models.OneToOneField(
        Membership, models.PROTECT, null=True, blank=True, related_name="came_by",
        verbose_name=_("转入后的组织关系"),
    )  # fmt: skip

    # "7:abc": who started it and the key they gave it, so that a retry acts once.
    key = models.CharField(max_length=120, blank=True, default="", editable=False)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("组织关系转接")
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=Q(state="open"), name="one_transfer_at_a_time"
            ),
            models.UniqueConstraint(fields=["from_unit", "year", "seq"], name="transfer_number"),
            models.UniqueConstraint(
                fields=["key"], condition=~Q(key=""), name="transfer_started_once"
            ),
            models.CheckConstraint(
                condition=~Q(from_unit=F("to_unit")), name="transfer_between_two"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(~Q(state="open"), closed_at__isnull=False),
                name="transfer_closed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["valid_until"], name="transfers_open", condition=Q(state="open")),
            models.Index(fields=["to_unit", "state"], name="transfers_in"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"〔{self.year}〕{self.seq}号"
