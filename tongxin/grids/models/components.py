"""The register of components (部件): what stands where, who answers for it, how it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.orgs.scope import reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .catalogue import CatalogueItem

# Whose work reaches the components of their land; departments see the land they answer for.
COMPONENT_READERS = (
    *("officer", "leader", "inspector", "dispatcher", "verifier", "grid_worker", "handler"),
    *("secretary", "commissioner", "organiser", "first_secretary", "cadre"),
)


class State(models.TextChoices):
    """Source: attribute 状态 of components, GB/T 47678 part 5."""

    GOOD = "good", _("完好")
    BROKEN = "broken", _("破损")
    LOST = "lost", _("丢失")
    ABANDONED = "abandoned", _("废弃")
    REMOVED = "removed", _("移除")


STANDING = (State.GOOD, State.BROKEN, State.LOST)


class ComponentQuerySet(models.QuerySet["Component"]):
    def visible_to(self, actor) -> ComponentQuerySet:
        """Return the components on land where the actor holds a working post."""
        return self.filter(reach(actor, COMPONENT_READERS))

    def standing(self) -> ComponentQuerySet:
        return self.filter(state__in=STANDING)


class Component(models.Model):
    """One thing in the street, by its 17-digit id. Only `grids.actions` writes `state`."""

    class Accuracy(models.TextChoices):
        """Source: GB/T 47678 part 5: ±0.5 m, ±1.0 m, ±10 m."""

        A = "A", _("A（±0.5 米）")
        B = "B", _("B（±1 米）")
        C = "C", _("C（±10 米）")

    code = models.CharField(_("标识码"), max_length=17, unique=True)
    item = models.ForeignKey(
        CatalogueItem, models.PROTECT, related_name="components", verbose_name=_("类别")
    )
    name = models.CharField(_("名称"), max_length=60)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.GOOD)
    department_code = models.CharField(_("主管部门代码"), max_length=18, blank=True, default="")
    department = models.CharField(_("主管部门"), max_length=100, blank=True, default="")
    owner_code = models.CharField(_("权属单位代码"), max_length=18, blank=True, default="")
    owner = models.CharField(_("权属单位"), max_length=100, blank=True, default="")
    maintainer_code = models.CharField(_("养护单位代码"), max_length=18, blank=True, default="")
    maintainer = models.CharField(_("养护单位"), max_length=100, blank=True, default="")
    # The department of the register that answers for it, where it is one of ours.
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("责任单位")
    )
    grid = models.ForeignKey(
        Region, models.PROTECT, related_name="components", verbose_name=_("网格")
    )
    area = models.CharField(max_length=40)  # the grid's path: the key of every list
    # WGS-84, which at these accuracies is CGCS2000.
    lng = models.FloatField(_("经度"))
    lat = models.FloatField(_("纬度"))
    accuracy = models.CharField(_("定位精度"), max_length=1, choices=Accuracy, default=Accuracy.C)
    address = models.CharField(_("位置"), max_length=120, blank=True, default="")
    from_date = models.DateField(_("初始日期"))
    changed_on = models.DateField(_("变更日期"), null=True, blank=True)
    source = models.CharField(_("数据来源"), max_length=60, blank=True, default="")
    note = models.CharField(_("备注"), max_length=1000, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = ComponentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("部件")
        indexes = [
            models.Index(fields=["area", "code"], name="component_area"),
            models.Index(fields=["lat", "lng"], name="component_place"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lng__range=(-180, 180)) & Q(lat__range=(-90, 90)),
                name="component_on_earth",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class ComponentEventQuerySet(models.QuerySet["ComponentEvent"]):
    def visible_to(self, actor) -> ComponentEventQuerySet:
        return self.filter(component__in=Component.objects.visible_to(actor))


class ComponentEvent(models.Model):
    """One line of a component's history. Append-only.

    A `report` names the case that was opened; `settled_at` is set once, when the case has ended
    and the component's state followed it.
    """

    class What(models.TextChoices):
        ENTER = "enter", _("登记")
        STATE = "state", _("状态变化")
        CHANGE = "change", _("资料变更")
        REPORT = "report", _("报修")
        CHECK = "check", _("巡查")

    component = models.ForeignKey(
        Component, models.PROTECT, related_name="events", verbose_name=_("部件")
    )
    what = models.CharField(_("记录"), max_length=8, choices=What)
    before = models.CharField(_("原状态"), max_length=10, choices=State, blank=True, default="")
    after = models.CharField(_("现状态"), max_length=10, choices=State, blank=True, default="")
    changes = models.JSONField(default=dict)  # {"field": [before, after]}
    note = models.CharField(_("说明"), max_length=500, blank=True, default="")
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="+", verbose_name=_("事件单")
    )
    at = models.DateTimeField(_("发生时间"))
    recorded_at = models.DateTimeField(_("记录时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("经办"),
    )
    key = models.CharField(max_length=120, null=True, unique=True)
    settled_at = models.DateTimeField(null=True)
    photos = models.ManyToManyField(Photo, through="ComponentPhoto", related_name="+")

    objects = ComponentEventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("部件记录")
        indexes = [
            models.Index(
                fields=["id"],
                name="component_reports",
                condition=Q(what="report", settled_at=None),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(what="report", case__isnull=False),
                name="one_component_of_a_case",
            )
        ]

    def __str__(self) -> str:
        return f"{self.component_id} {self.what}"


class ComponentPhoto(models.Model):
    """A picture handed in with a change of a component, in order."""

    event = models.ForeignKey(ComponentEvent, models.PROTECT)
    photo = models.ForeignKey(Photo, models.PROTECT)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["event", "photo"], name="one_photo_of_component_event")
        ]
