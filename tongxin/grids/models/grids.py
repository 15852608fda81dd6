"""A grid at work: how large it is, who heads it, what it offers; what every grid has to do."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Topic, TopicCategory
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

# Who may look at the page of a grid on their land, and who keeps it.
GRID_READERS = (
    *("officer", "leader", "inspector", "dispatcher", "verifier", "grid_worker", "handler"),
    *("secretary", "commissioner", "organiser", "first_secretary", "cadre"),
)
GRID_KEEPERS = ("officer", "dispatcher", "secretary", "first_secretary")


class GridFunction(models.TextChoices):
    """What happens in the grid, S4.38: “在网格中”."""

    INSIGHT = "insight", _("社情民情掌握")
    DISPUTES = "disputes", _("矛盾化解")
    LIVELIHOOD = "livelihood", _("民生服务")
    CITY = "city", _("城市管理")


class OfGridQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(reach(actor, GRID_READERS, column="region__path"))


class GridProfile(models.Model):
    """What the register of a grid says beyond its land."""

    region = models.OneToOneField(
        Region, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("网格")
    )
    households = models.PositiveIntegerField(_("户数"), default=0)
    population = models.PositiveIntegerField(_("人口"), default=0)
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("网格长"),
    )
    head_since = models.DateField(_("任网格长日期"), null=True, blank=True)
    note = models.CharField(_("备注"), max_length=300, blank=True, default="")

    objects = OfGridQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("网格情况")

    def __str__(self) -> str:
        return str(self.region)


class GridService(models.Model):
    """Something residents find in a grid: a service point, a self-service desk, a corner to sit."""

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="grid_services", verbose_name=_("网格")
    )
    name = models.CharField(_("名称"), max_length=60)
    place = models.CharField(_("地点"), max_length=100, blank=True, default="")
    hours = models.CharField(_("时间"), max_length=60, blank=True, default="")
    phone = models.CharField(_("公开电话"), max_length=30, blank=True, default="")
    ended_on = models.DateField(_("停用日期"), null=True, blank=True)

    objects = OfGridQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("网格服务")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"],
                condition=Q(ended_on=None),
                name="one_service_of_a_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RuleQuerySet(models.QuerySet):
    def of_day(self, day: date):
        """Return the rows of the latest version in force on a day."""
        rows = self.filter(effective_from__lte=day)
        newest = rows.order_by("-effective_from").values("effective_from")[:1]
        return rows.filter(effective_from=newest)


class GridDuty(models.Model):
    """What a grid worker has to do; of each version all rows begin on the same day."""

    code = models.CharField(_("代码"), max_length=12)
    name = models.CharField(_("职责"), max_length=40)
    text = models.CharField(_("内容"), max_length=300)
    order = models.PositiveSmallIntegerField(_("顺序"))
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("网格员职责")
        ordering = ["-effective_from", "order"]
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="one_duty_of_a_day")
        ]

    def __str__(self) -> str:
        return self.name


class FunctionRule(models.Model):
    """Which function of the grid a case serves: by its topic, the topic's category, or its kind.

    The narrowest rule holds: topic before category before kind.
    """

    function = models.CharField(_("职能"), max_length=10, choices=GridFunction)
    category = models.ForeignKey(
        TopicCategory, models.CASCADE, null=True, blank=True, verbose_name=_("事项大类")
    )
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, verbose_name=_("事项"))
    kind = models.CharField(_("单子类别"), max_length=20, blank=True, default="")
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("网格职能归类")
        constraints = [
            models.CheckConstraint(
                condition=Q(category__isnull=False) | Q(topic__isnull=False) | ~Q(kind=""),
                name="function_rule_says_what",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_function_display()}: {self.topic or self.category or self.kind}"


class GridNorm(models.Model):
    """How large a grid may be, from a day on."""

    class Code(models.TextChoices):
        HOUSEHOLDS_MOST = "households_most", _("网格户数上限")

    code = models.CharField(_("项目"), max_length=20, choices=Code)
    value = models.PositiveIntegerField(_("数值"))
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("网格规模标准")
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="one_norm_of_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} {self.value}"
