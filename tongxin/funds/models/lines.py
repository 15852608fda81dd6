"""The ledger: one line for every movement, numbered without a gap in its account, chained."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.photos.models import Photo

from .accounts import Account, Source
from .allocations import Allocation


class LineQuerySet(models.QuerySet["Line"]):
    def visible_to(self, actor) -> LineQuerySet:
        """Return the lines of accounts one sees."""
        return self.filter(account__in=Account.objects.visible_to(actor))


class Line(models.Model):
    """One line; written once. A mistake is taken back by a counter-line, never by a change.

    `amount_fen` is its effect on the balance, `committed_fen` on what is given and not yet paid:
    income +a, 0; allocation 0, +a; payment −a, −a; a counter-line the opposite of its line.
    """

    class Kind(models.TextChoices):
        INCOME = "income", _("收入")
        ALLOCATE = "allocate", _("拨付")
        PAY = "pay", _("支付")
        REVERSE = "reverse", _("冲销")

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="lines", verbose_name=_("账户")
    )
    seq = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("资金来源"))
    allocation = models.ForeignKey(
        Allocation, models.PROTECT, null=True, related_name="lines", verbose_name=_("拨付")
    )
    on = models.DateField(_("日期"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    committed_fen = models.BigIntegerField(default=0)
    balance_fen = models.BigIntegerField(_("余额（分）"))
    payee = models.CharField(_("收款方"), max_length=80, blank=True, default="")
    note = models.CharField(_("摘要"), max_length=200, blank=True, default="")
    # SHA-256 of the photos handed in with it: what the hash covers of them.
    proof = models.JSONField(default=list)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversed_by", verbose_name=_("冲销的凭证")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办")
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("审批人"),
    )  # fmt: skip
    at = models.DateTimeField(_("登记时间"))
    # Whose wish it was and the key they gave it ("7:abc"), so that a retry acts once.
    key = models.CharField(max_length=120, null=True, unique=True)
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资金流水")
        constraints = [
            models.UniqueConstraint(fields=["account", "seq"], name="one_line_of_a_number"),
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False)
                | (~Q(kind="reverse") & Q(reverses__isnull=True)),
                name="counter_line_of_a_line",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("income", "reverse")) | Q(allocation__isnull=False),
                name="line_of_an_allocation",
            ),
        ]
        indexes = [models.Index(fields=["account", "on"], name="line_of_day")]

    def __str__(self) -> str:
        return f"{self.account_id}-{self.seq}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new line. :raises TypeError: for one that stands: the book is append-only"""
        if not self._state.adding:
            raise TypeError("a line of the ledger is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("a line of the ledger is never deleted")

    @property
    def sum_fen(self) -> int:
        """The amount people read: what it moved, whichever way."""
        return self.amount_fen or self.committed_fen

    @property
    def said_fen(self) -> int:
        """How much money a line speaks of, without its direction."""
        return abs(self.sum_fen)

    @property
    def is_income(self) -> bool:
        """Whether it stands in the column of what came: an income, or one taken back."""
        return self.kind == "income" or (
            self.reverses is not None and self.reverses.kind == "income"
        )

    @property
    def spent_fen(self) -> int:
        """What it says in the column of what went; below zero where a payment is taken back."""
        return 0 if self.is_income else -self.amount_fen


class LinePhoto(models.Model):
    """Evidence of a line: receipt, contract, delivery, as a photo."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="photos")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("付款凭证")
        constraints = [models.UniqueConstraint(fields=["line", "photo"], name="line_photo_once")]
