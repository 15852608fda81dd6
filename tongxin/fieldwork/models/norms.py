"""The numbers by which a visit is marked: data with a date, so that a district can set its own."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FieldNorm(models.Model):
    """One number from a day on ("far_m" = 200). The latest that holds on the day of a visit counts."""

    class Code(models.TextChoices):
        FAR_M = "far_m", _("签到偏离计划地点的米数")
        OUTSIDE_M = "outside_m", _("签到超出区域边界的米数")
        LATE_SENT_H = "late_sent_h", _("事后补传的小时数")
        SHORT_MIN = "short_min", _("停留过短的分钟数")
        REVISIT_DAYS = "revisit_days", _("情绪激动的住户几天内回访")

    code = models.CharField(_("代码"), max_length=20, choices=Code)
    value = models.PositiveIntegerField(_("数值"))
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=120, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("走访阈值")
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="one_field_norm_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} {self.value}"
