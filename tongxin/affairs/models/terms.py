"""The term of a party unit's committee, from an election to the next (任期)."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org

from .sight import UnitRows


class Term(models.Model):
    """A committee's term; `rule` is the version of the rule that set its years."""

    class Told(models.TextChoices):
        NO = "", _("未提醒")
        EARLY = "early", _("已提前提醒")
        OVER = "over", _("已提醒到期")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="terms", verbose_name=_("党组织"))
    number = models.PositiveSmallIntegerField(_("届次"))
    seats = models.PositiveSmallIntegerField(_("委员名额"), default=1)
    years = models.PositiveSmallIntegerField(_("任期（年）"))
    rule = models.CharField(_("规则版本"), max_length=12)
    from_date = models.DateField(_("起始日期"))
    to_date = models.DateField(_("届满日期"))
    extended_to = models.DateField(_("延期至"), null=True, blank=True)
    ended_on = models.DateField(_("换届日期"), null=True, blank=True)
    told = models.CharField(max_length=6, choices=Told, blank=True, default="", editable=False)

    objects = UnitRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("任期")
        constraints = [
            models.UniqueConstraint(fields=["unit", "number"], name="one_term_of_a_number"),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(ended_on__isnull=True), name="one_standing_term"
            ),
            models.CheckConstraint(
                condition=Q(to_date__gt=F("from_date")), name="term_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(
                fields=["to_date"], name="term_running", condition=Q(ended_on__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} 第 {self.number} 届"

    @property
    def due_on(self) -> date:
        """The day by which the next committee must be elected."""
        return self.extended_to or self.to_date
