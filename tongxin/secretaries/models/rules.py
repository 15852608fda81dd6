"""A district's own versions of the lists of `data/`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleVersion(models.Model):
    """A list as a district decided it: it holds from its day until the next begins."""

    class Kind(models.TextChoices):
        SELECTION = "selection", _("第一书记选派条件")
        SURVEY = "survey", _("书记摸底排查指标")
        GRADES = "grades", _("书记等次")
        REASONS = "reasons", _("调整撤换原因")
        HONOURS = "honours", _("荣誉称号")
        DUTIES = "duties", _("责任清单")
        SUBSIDIES = "subsidies", _("先建后补标准")
        HELP = "help", _("帮扶方式")
        VILLAGE = "village", _("驻村规则")

    kind = models.CharField(_("清单"), max_length=12, choices=Kind)
    version = models.CharField(_("版本"), max_length=20)
    effective_from = models.DateField(_("生效日期"))
    sector = models.CharField(_("领域"), max_length=16, blank=True, default="")
    source = models.CharField(_("依据"), max_length=200)
    rows = models.JSONField(default=list)

    class Meta:
        verbose_name = verbose_name_plural = _("书记工作规则")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "version"], name="secretaries_one_version_of_a_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"
