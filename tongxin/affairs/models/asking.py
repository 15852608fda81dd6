"""What a unit asks of the unit above (请示) and its reply (批复): one table, one inbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org

from .sight import UnitRows


class Asking(models.Model):
    """A question to the unit above; never decided by who asked it, nor from inside the unit."""

    class Kind(models.TextChoices):
        EXTENSION = "extension", _("延期换届")
        ELECTION = "election", _("召开大会进行换届")
        CANDIDATES = "candidates", _("候选人预备人选")
        RESULT = "result", _("选举结果和书记人选")
        WAIVER = "waiver", _("少交或免交党费")

    class Verdict(models.TextChoices):
        PENDING = "", _("待批复")
        AGREED = "agreed", _("同意")
        REFUSED = "refused", _("不同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    kind = models.CharField(_("事项"), max_length=12, choices=Kind)
    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="askings", verbose_name=_("请示单位")
    )
    term = models.ForeignKey("Term", models.PROTECT, null=True, related_name="askings")
    election = models.ForeignKey("Election", models.PROTECT, null=True, related_name="askings")
    waiver = models.ForeignKey("Waiver", models.PROTECT, null=True, related_name="askings")
    months = models.PositiveSmallIntegerField(_("延期月数"), null=True)
    reason = models.CharField(_("理由"), max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("请示人")
    )
    asked_at = models.DateTimeField(_("请示时间"))
    verdict = models.CharField(_("批复"), max_length=10, choices=Verdict, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("批复人"),
    )
    decided_at = models.DateTimeField(_("批复时间"), null=True)
    decision = models.CharField(_("批复意见"), max_length=500, blank=True, default="")
    number = models.CharField(_("批复文号"), max_length=60, blank=True, default="")

    objects = UnitRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("请示")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "term"], condition=Q(verdict=""), name="one_open_asking_of_a_term"
            ),
            models.UniqueConstraint(
                fields=["kind", "election"],
                condition=Q(verdict=""),
                name="one_open_asking_of_an_election",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("asked_by")),
                name="asking_never_decided_by_its_asker",
            ),
        ]
        indexes = [models.Index(fields=["unit"], name="asking_open", condition=Q(verdict=""))]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_kind_display()}"
