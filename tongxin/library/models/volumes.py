"""A compiled volume (《资料汇编》): exemplars chosen and put in order, with foreword and parts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.documents.scope import desk_reach
from tongxin.orgs.models import Org

from .common import USER, file_path
from .exemplars import Exemplar


class VolumeQuerySet(models.QuerySet["Volume"]):
    def visible_to(self, actor) -> VolumeQuerySet:
        """Return those of one's unit and those under it, and what was issued."""
        if actor is None or not actor.is_authenticated:
            return self.public()
        return self.filter(desk_reach(actor, "org") | Q(state=Volume.State.ISSUED))

    def public(self) -> VolumeQuerySet:
        return self.filter(state=Volume.State.ISSUED)


class Volume(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("编辑中")
        ISSUED = "issued", _("已印发")

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("编印单位"))
    title = models.CharField(_("书名"), max_length=60)
    subtitle = models.CharField(_("副题"), max_length=80, blank=True, default="")
    foreword = models.TextField(_("前言"), blank=True, default="")
    year = models.PositiveSmallIntegerField(_("年度"))
    # How many were collected to choose from, as said in the foreword and on the last page (S2.34).
    collected = models.PositiveIntegerField(_("征集数"), default=0)
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.DRAFT)
    issued_on = models.DateField(_("印发日期"), null=True)
    issued_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    docx = models.FileField(upload_to=file_path, max_length=120, blank=True, default="")
    pdf = models.FileField(upload_to=file_path, max_length=120, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = VolumeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("资料汇编")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft") | Q(issued_on__isnull=False, issued_by__isnull=False),
                name="volume_issued_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.title


class VolumePart(models.Model):
    volume = models.ForeignKey(Volume, models.CASCADE, related_name="parts")
    order = models.PositiveSmallIntegerField()
    title = models.CharField(_("篇名"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = _("篇")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["volume", "title"], name="part_once")]

    def __str__(self) -> str:
        return self.title


class VolumeItem(models.Model):
    volume = models.ForeignKey(Volume, models.CASCADE, related_name="items")
    part = models.ForeignKey(VolumePart, models.CASCADE, related_name="items")
    exemplar = models.ForeignKey(Exemplar, models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField(_("顺序"))

    class Meta:
        verbose_name = verbose_name_plural = _("篇目")
        ordering = ["part__order", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["volume", "exemplar"], name="bound_once")]

    def __str__(self) -> str:
        return str(self.exemplar)
