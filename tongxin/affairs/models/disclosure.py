"""What a unit must publish and has published (党务公开)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org

from .sight import UnitRows


class DisclosureRows(UnitRows):
    def public(self) -> DisclosureRows:
        """Return those that anybody may read: published online, without personal data."""
        return self.filter(public_from__isnull=False, place__in=("online", "both"))


class Disclosure(models.Model):
    """One item of one period; due by a rule or by an event, public from a day to a day."""

    class State(models.TextChoices):
        DUE = "due", _("待公开")
        PUBLIC = "public", _("公开中")
        DONE = "done", _("已完成")

    class Place(models.TextChoices):
        BOARD = "board", _("公开栏")
        ONLINE = "online", _("网上")
        BOTH = "both", _("公开栏和网上")

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="disclosures", verbose_name=_("党组织")
    )
    code = models.CharField(_("事项"), max_length=20)
    version = models.CharField(_("规则版本"), max_length=12, blank=True, default="")
    period = models.CharField(_("所属时段"), max_length=20)
    title = models.CharField(_("标题"), max_length=100)
    content = models.TextField(_("内容"), blank=True, default="")
    place = models.CharField(_("公开方式"), max_length=6, choices=Place, default=Place.BOARD)
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.DUE)
    due_on = models.DateField(_("最晚公开日期"))
    least_days = models.PositiveSmallIntegerField(_("公开天数"), default=7)
    public_from = models.DateField(_("公开自"), null=True, blank=True)
    public_to = models.DateField(_("公开至"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    told_on = models.DateField(null=True, editable=False)

    objects = DisclosureRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党务公开")
        constraints = [
            models.UniqueConstraint(fields=["unit", "code", "period"], name="disclosed_once"),
            models.CheckConstraint(
                condition=Q(public_to__isnull=True) | Q(public_to__gte=F("public_from")),
                name="disclosure_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="disclosure_due", condition=Q(state="due")),
            models.Index(fields=["unit", "state"], name="disclosure_of_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("affairs:disclosure", args=[self.pk])

    def is_late(self, on: date) -> bool:
        return self.state == self.State.DUE and self.due_on < on
