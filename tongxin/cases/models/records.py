"""What happened to a case, what proves it, and what was asked about its time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .case import Case


class Event(models.Model):
    """One line of a case's timeline. Written once, never changed (`settled_at` apart).

    It is the history people read, the outbox notices are sent from, and the fact that figures
    count. `hash` covers this event and the hash of the one before.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="events", db_index=False, verbose_name=_("事件单")
    )
    seq = models.PositiveIntegerField(_("序号"))
    at = models.DateTimeField(_("发生时间"))  # may be hours ago, offline
    recorded_at = models.DateTimeField(_("记录时间"))  # when we learnt it
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("操作人"),
    )  # null: the system, or a resident with a link
    name = models.CharField(_("操作"), max_length=20)  # the move, or the clock that rang
    source = models.CharField(_("原环节"), max_length=20, blank=True)
    target = models.CharField(_("新环节"), max_length=20)
    note = models.TextField(_("说明"), blank=True, default="")
    data = models.JSONField(_("数据"), default=dict)
    key = models.CharField(max_length=120, null=True)  # idempotency
    print = models.CharField(max_length=16, blank=True, default="")  # of what was asked with `key`
    prev = models.CharField(_("前一条指纹"), max_length=64)
    hash = models.CharField(_("指纹"), max_length=64)
    settled_at = models.DateTimeField(null=True)  # null: its notices are still to be sent

    is_replay = False

    class Meta:
        verbose_name = verbose_name_plural = _("办理记录")
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="one_event_a_place"),
            models.UniqueConstraint(
                fields=["key"], name="one_event_of_a_key", condition=Q(key__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="event_unsettled", condition=Q(settled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} #{self.seq}"


def evidence_path(evidence: Evidence, name: str) -> str:
    return f"evidence/{evidence.case_id}/{evidence.pk}-{name}"


class Evidence(models.Model):
    """A photo, receipt or signature handed in with a move; its own EXIF is kept apart, unseen."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("照片")
        BEFORE = "before", _("办理前")
        AFTER = "after", _("办理后")
        RECEIPT = "receipt", _("票据")
        SIGNATURE = "signature", _("签字")

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="evidence")
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="evidence")
    kind = models.CharField(max_length=10, choices=Kind)
    file = models.FileField(upload_to=evidence_path)
    thumb = models.FileField(upload_to=evidence_path)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    uploaded_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    exif = models.JSONField(default=dict)  # place and device: for officers with a reason only
    key = models.CharField(max_length=120, null=True, unique=True)


class Adjustment(models.Model):
    """延期, 挂账, 退回, 作废: asked by who does the work, decided by an officer. A ledger."""

    class Kind(models.TextChoices):
        EXTEND = "extend", _("延期")
        SUSPEND = "suspend", _("挂账")
        RETURN = "return", _("退回")
        VOID = "void", _("作废")

    class Verdict(models.TextChoices):
        PENDING = "", _("待审批")
        APPROVED = "approved", _("同意")
        REFUSED = "refused", _("不同意")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="adjustments", verbose_name=_("事件单")
    )
    kind = models.CharField(_("申请"), max_length=8, choices=Kind)
    reason = models.TextField(_("理由"))
    until = models.DateTimeField(_("挂账至"), null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    asked_at = models.DateTimeField(_("申请时间"))
    verdict = models.CharField(_("结论"), max_length=8, choices=Verdict, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True)
    decision = models.TextField(_("审批意见"), blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("时限调整")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(verdict=""), name="one_adjustment_waits"
            )
        ]
