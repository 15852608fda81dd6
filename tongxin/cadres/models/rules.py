"""Numbers of the rules, as rows with a date of effect: the newest in force holds."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rule(models.Model):
    """The numbers of one rule from a day on, and where they come from.

    What a fresh installation starts with is `data/rules.csv`; a row here with a later date
    replaces it.
    """

    class Code(models.TextChoices):
        NEED = "need", _("社区需求建议")
        WORTH = "worth", _("分配权重")
        MIX = "mix", _("混编最低配备")
        RATING = "rating", _("日评价")

    code = models.CharField(_("规则"), max_length=10, choices=Code)
    effective_from = models.DateField(_("施行日期"))
    params = models.JSONField(_("参数"))
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("规则参数")
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="one_rule_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} {self.effective_from}"
