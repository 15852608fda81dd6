"""What a person must decide about papers that were dealt with: to archive, to keep on, to destroy."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..scope import desk_reach
from .documents import Document


class RetentionQuerySet(models.QuerySet["Retention"]):
    def visible_to(self, actor) -> RetentionQuerySet:
        """Return those of papers the actor's units wrote, or oversee."""
        if actor is None or not actor.is_authenticated:
            return self.none()
        return self.filter(desk_reach(actor, "document__org"))


class Retention(models.Model):
    """A paper that is due for the archive, or whose time there is over, with what a person decided.

    The worker lists it and nothing more: no paper, file or row is ever destroyed by the software.
    """

    class Kind(models.TextChoices):
        ARCHIVE = "archive", _("待归档")
        EXPIRED = "expired", _("保管期满")

    class Decision(models.TextChoices):
        WAITING = "", _("待处置")
        ARCHIVED = "archived", _("已归档")
        EXTENDED = "extended", _("延长保管")
        KEPT = "kept", _("转为永久保管")
        DESTROY = "destroy", _("批准销毁")

    document = models.ForeignKey(Document, models.PROTECT, related_name="retentions")
    kind = models.CharField(_("事项"), max_length=8, choices=Kind)
    due_on = models.DateField(_("处置期限"))
    listed_at = models.DateTimeField(_("列出时间"))
    decision = models.CharField(
        _("决定"), max_length=8, choices=Decision, blank=True, default=Decision.WAITING
    )
    reason = models.CharField(_("理由"), max_length=300, blank=True, default="")
    years = models.PositiveSmallIntegerField(_("保管年限"), null=True)  # 0: for ever
    box = models.CharField(_("档号"), max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(_("决定时间"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("决定人"),
    )  # fmt: skip
    # What people did with the paper once its destruction was approved.
    destroyed_on = models.DateField(_("销毁日期"), null=True)
    witnesses = models.CharField(_("监销人"), max_length=60, blank=True, default="")
    noted_at = models.DateTimeField(_("登记时间"), null=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("登记人"),
    )  # fmt: skip

    objects = RetentionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("归档和销毁")
        constraints = [
            models.UniqueConstraint(fields=["document", "kind", "due_on"], name="one_retention_of_a_day"),
            models.CheckConstraint(
                condition=Q(decision="") | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="retention_decided_by_somebody",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["kind", "due_on"], name="retention_waits", condition=Q(decision=""))
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.document}"
