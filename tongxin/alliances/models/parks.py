"""Parks with their enterprises, homes for builders, what they use, whom they gather and train."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.places.models import Centre
from tongxin.regions.models import Region

from .alliances import own_orgs
from .projects import AllianceProject

USER = settings.AUTH_USER_MODEL
PARK_LAND = (*LAND_ROLES, "dispatcher", "secretary")


class ParkQuerySet(models.QuerySet["Park"]):
    def visible_to(self, actor: Any) -> ParkQuerySet:
        """Return those on one's land, kept by one's organisation, or in which one's firm is."""
        orgs = own_orgs(actor)
        inside = Enterprise.objects.filter(Q(org__in=orgs) | Q(contact=actor.pk)).values("park")
        return self.filter(
            reach(actor, PARK_LAND, column="region__path")
            | Q(operator__in=orgs)
            | Q(branch__in=orgs)
            | Q(manager=actor.pk)
            | Q(pk__in=inside)
        )


class Park(models.Model):
    """A park, a makers' space, or a home for builders: a place where people of many firms work.

    A home (建设者之家, S3.41) stands beside one big project; parks and spaces have enterprises.
    """

    class Kind(models.TextChoices):
        PARK = "park", _("产业园区")
        SPACE = "space", _("创客空间")
        HOME = "home", _("建设者之家")

    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    name = models.CharField(_("名称"), max_length=60)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    address = models.CharField(_("地址"), max_length=120, blank=True, default="")
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    operator = models.ForeignKey(
        Org, models.PROTECT, related_name="parks_run", verbose_name=_("运营单位")
    )
    branch = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="parks_led", verbose_name=_("党组织")
    )
    centre = models.ForeignKey(
        Centre, models.PROTECT, null=True, related_name="+", verbose_name=_("党群服务中心")
    )
    # Who takes in what enterprises bring up, and gives it out.
    manager = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("服务专员")
    )
    project = models.ForeignKey(
        AllianceProject, models.PROTECT, null=True, related_name="homes", verbose_name=_("重大项目")
    )
    # Where the project is no project of an alliance: its name and size.
    project_name = models.CharField(_("所依托项目"), max_length=80, blank=True, default="")
    project_fen = models.BigIntegerField(_("项目投资额（分）"), default=0)
    opened_on = models.DateField(_("启用日期"))
    closed_on = models.DateField(_("停用日期"), null=True)
    text = models.TextField(_("简介"), blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = ParkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("园区")
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="one_park_of_a_name"),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")),
                name="park_closes_after_it_opened",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EnterpriseQuerySet(models.QuerySet["Enterprise"]):
    def visible_to(self, actor: Any) -> EnterpriseQuerySet:
        """Return those of the parks one keeps or overlooks, and one's own."""
        orgs = own_orgs(actor)
        return self.filter(
            reach(actor, PARK_LAND, column="park__region__path")
            | Q(park__operator__in=orgs)
            | Q(park__branch__in=orgs)
            | Q(park__manager=actor.pk)
            | Q(org__in=orgs)
            | Q(contact=actor.pk)
        )


class Enterprise(models.Model):
    """A firm in a park, from when to when (S4.77: 42 firms, 120 people)."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="enterprises")
    name = models.CharField(_("企业名称"), max_length=80)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True, default="")
    industry = models.CharField(_("行业"), max_length=40, blank=True, default="")
    staff = models.PositiveIntegerField(_("从业人数"), default=0)
    members = models.PositiveIntegerField(_("党员人数"), default=0)
    room = models.CharField(_("位置"), max_length=60, blank=True, default="")
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("单位")
    )
    contact = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("企业联系人")
    )
    moved_in_on = models.DateField(_("入驻日期"))
    moved_out_on = models.DateField(_("迁出日期"), null=True)

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("入驻企业")
        constraints = [
            models.UniqueConstraint(
                fields=["park", "name"], condition=Q(moved_out_on=None), name="one_enterprise"
            ),
            models.CheckConstraint(
                condition=Q(moved_out_on=None) | Q(moved_out_on__gte=F("moved_in_on")),
                name="moves_out_after_moving_in",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FacilityUse(models.Model):
    """How many used a facility of a park or home on a day (云医院、洗衣房、图书室, S3.42)."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="uses")
    facility = models.CharField(_("设施"), max_length=40)
    on = models.DateField(_("日期"))
    people = models.PositiveIntegerField(_("人次"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("设施使用")
        constraints = [
            models.UniqueConstraint(fields=["park", "facility", "on"], name="one_use_of_a_day")
        ]


class TalentCount(models.Model):
    """Figures of party members gathered, people recruited and trained in a month (S4.78)."""

    class Kind(models.TextChoices):
        GATHERED = "gathered", _("党员聚集")
        RECRUITED = "recruited", _("招聘人才")
        TRAINED = "trained", _("培养培训")

    park = models.ForeignKey(Park, models.PROTECT, related_name="talents")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    month = models.DateField(_("月份"))  # its first day
    people = models.PositiveIntegerField(_("人数"))
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("人才工作")
        constraints = [
            models.UniqueConstraint(fields=["park", "kind", "month"], name="one_talent_count")
        ]


class IndexRule(models.Model):
    """How much a part weighs in the index of the business environment (S3.46); data with a date."""

    code = models.CharField(_("代码"), max_length=20)
    version = models.CharField(_("版本"), max_length=12)
    name = models.CharField(_("名称"), max_length=40)
    weight = models.PositiveSmallIntegerField(_("权重"))
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("营商环境指数权重")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_weight_of_a_version")
        ]
