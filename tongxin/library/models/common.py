"""What the rows of this app share: what they tell of by words only, and files that came with them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

USER = settings.AUTH_USER_MODEL


class TellsOf(models.Model):
    """What a row is about, known by its words only: nothing of a neighbour is imported."""

    source_kind = models.CharField(max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=64, blank=True, default="")
    source_label = models.CharField(_("来自"), max_length=120, blank=True, default="")
    source_url = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        abstract = True


def file_path(row: models.Model, name: str) -> str:
    """Keep a file under a name nobody can guess; its own name stands in the row."""
    return f"library/{uuid.uuid4().hex}.{name.rpartition('.')[2].lower()[:5]}"


class ReadCount(models.Model):
    """How often something published was opened on a day (S4.83): a number, never who."""

    class Subject(models.TextChoices):
        EXEMPLAR = "exemplar", _("案例")
        POLICY = "policy", _("政策文件")
        CONTEST = "contest", _("征集评选")
        BRAND = "brand", _("品牌")

    subject = models.CharField(max_length=8, choices=Subject)
    object = models.BigIntegerField()
    on = models.DateField()
    times = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("浏览次数")
        constraints = [
            models.UniqueConstraint(fields=["subject", "object", "on"], name="reads_of_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.subject}:{self.object} {self.times}"
