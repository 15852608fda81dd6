"""Numbers of the rules, as rows with a date of effect: the newest in force holds."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

# The bands of an empty place, the most valuable first; falling, or the flow could not be solved.
WORTHS = ("first", "low", "minimum", "half", "rest")


KNOWN = {
    "need": {"grids_per_cadre", "reserve_percent"},
    "worth": {"first_km", "low_km", "minimum_km", "half_km", "rest_km"},
    "mix": {"seconded", "grassroots", "in_service", "volunteer"},
    "rating": {"late_days", "from_hour", "to_hour"},
}
FROM_ONE = {"grids_per_cadre"}


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

    def clean(self) -> None:
        """Refuse names that the rule does not know, and numbers that are none."""
        known = KNOWN.get(self.code, set())
        if not isinstance(self.params, dict) or not set(self.params) <= known:
            words = "、".join(sorted(known))
            raise ValidationError({"params": _("应是这些参数：%s") % words})
        for name, value in self.params.items():
            if type(value) is not int or not (name in FROM_ONE) <= value <= 10_000:
                raise ValidationError({"params": _("“%s”应是整数") % name})
        worths = [self.params.get(f"{name}_km") for name in WORTHS]
        given = [value for value in worths if value is not None]
        if given != sorted(given, reverse=True):
            raise ValidationError({"params": _("折算公里数应从前到后不增：先补的更值得")})
