"""What one goes out for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class VisitKind(models.TextChoices):
    PATROL = "patrol", _("日常巡查")
    INSPECTION = "inspection", _("检查")
    UNANNOUNCED = "unannounced", _("暗访")
    HOUSEHOLD = "household", _("入户走访")
    CARE = "care", _("关爱走访")
    OFFICE_POINT = "office_point", _("流动办公点")
    STYLE = "style", _("作风检查")
    ACCEPTANCE = "acceptance", _("验收评估")
    CONTACT = "contact", _("联系点走访")
