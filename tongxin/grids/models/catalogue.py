"""The catalogue of components and matters, with the conditions under which a matter is filed.

Codes follow the series GB/T 47678-2026 as it is known second-hand: class (2 digits) and subclass
(3 digits); 001–079 belong to the standard, 080–999 to districts, assigned downward.
"""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Topic
from tongxin.regions.models import Region

EXTENSION_FROM = 80  # subclasses from here on are a district's own
EXTENSION_MARK = "（自定义）"


class Kind(models.TextChoices):
    COMPONENT = "component", _("部件")
    MATTER = "matter", _("事项")


class CatalogueQuerySet(models.QuerySet["CatalogueItem"]):
    def public(self) -> CatalogueQuerySet:
        """The catalogue is no secret."""
        return self

    def in_force(self, day: date) -> CatalogueQuerySet:
        return self.filter(Q(effective_to=None) | Q(effective_to__gt=day), effective_from__lte=day)

    def for_land(self, path: str) -> CatalogueQuerySet:
        """Filter to the items of the standard and those of the districts a place lies in."""
        parts = path.split("/")[:-1]
        above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        return self.filter(Q(region=None) | Q(region__path__in=above))


class CatalogueItem(models.Model):
    """A kind of component or matter. `region` is the district of an extension, null otherwise."""

    kind = models.CharField(_("类型"), max_length=10, choices=Kind)
    code = models.CharField(_("代码"), max_length=5)
    name = models.CharField(_("名称"), max_length=60)
    class_name = models.CharField(_("大类"), max_length=40)
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("自定义的区"),
    )
    department = models.CharField(_("主管部门"), max_length=100, blank=True, default="")
    # What residents' requests about it are filed as.
    topic = models.ForeignKey(
        Topic, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("服务事项")
    )
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("部件和事项目录")
        ordering = ["kind", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code", "effective_from"],
                condition=Q(region=None),
                name="one_standard_item",
            ),
            models.UniqueConstraint(
                fields=["kind", "code", "region", "effective_from"],
                condition=Q(region__isnull=False),
                name="one_item_of_a_district",
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="item_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def class_code(self) -> str:
        return self.code[:2]

    @property
    def is_extension(self) -> bool:
        return int(self.code[2:]) >= EXTENSION_FROM


class FilingCondition(models.Model):
    """立结案标准: when a matter is filed, when it is closed, within what time. Versioned by date."""

    class Unit(models.TextChoices):
        WORKING_HOUR = "wh", _("工作时")
        URGENT_HOUR = "h", _("紧急工作时")
        WORKING_DAY = "wd", _("工作日")

    item = models.ForeignKey(
        CatalogueItem, models.CASCADE, related_name="conditions", verbose_name=_("目录项")
    )
    number = models.PositiveSmallIntegerField(_("序号"))
    condition = models.CharField(_("立案条件"), max_length=300)
    closing = models.CharField(_("结案条件"), max_length=200)
    limit = models.PositiveSmallIntegerField(_("处置时限"))
    unit = models.CharField(_("时限单位"), max_length=2, choices=Unit)
    department = models.CharField(_("处置部门"), max_length=200, blank=True, default="")
    law = models.CharField(_("法律依据"), max_length=500, blank=True, default="")
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("立结案标准")
        ordering = ["item", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "number", "effective_from"], name="one_condition_of_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.number}"

    @property
    def norm(self) -> str:
        """The limit as the clocks write it: "4wh", "2h" (round the clock), "3wd"."""
        return f"{self.limit}{self.unit}"
