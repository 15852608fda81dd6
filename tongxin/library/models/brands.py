"""Brands (品牌): one of a village or of a sector's family, with its story and its own indicators."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.documents.scope import desk_reach
from tongxin.orgs.models import Org, Sector
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .common import USER
from .exemplars import Exemplar


class BrandFamily(models.Model):
    """A family of brands (活力党建 of organs, 一村一品一策 of villages) with indicators of its own."""

    code = models.CharField(_("代码"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=20)
    sector = models.CharField(_("领域"), max_length=16, choices=Sector, blank=True, default="")
    slogan = models.CharField(_("要义"), max_length=100, blank=True, default="")
    indicators = models.JSONField(_("指标"), default=list)  # [{"name", "unit"}]
    order = models.PositiveSmallIntegerField(default=0)
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("品牌系列")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class BrandQuerySet(models.QuerySet["Brand"]):
    def visible_to(self, actor) -> BrandQuerySet:
        if actor is None or not actor.is_authenticated:
            return self.public()
        return self.filter(desk_reach(actor, "org") | Q(by=actor.pk) | Brand.shown())

    def public(self) -> BrandQuerySet:
        return self.filter(Brand.shown())


class Brand(models.Model):
    class State(models.TextChoices):
        GROWING = "growing", _("培育中")
        STANDING = "standing", _("已命名")
        RETIRED = "retired", _("已撤销")

    family = models.ForeignKey(
        BrandFamily, models.PROTECT, related_name="brands", verbose_name=_("系列")
    )
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("所属单位"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在地"))
    name = models.CharField(_("品牌名称"), max_length=40)
    slogan = models.CharField(_("一句话"), max_length=100, blank=True, default="")
    product = models.CharField(_("一品（特色产业）"), max_length=60, blank=True, default="")
    plan = models.CharField(_("一策（发展思路）"), max_length=500, blank=True, default="")
    story = models.TextField(_("品牌故事"), blank=True, default="")
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.GROWING)
    state_reason = models.CharField(_("理由"), max_length=200, blank=True, default="")
    since = models.DateField(_("创建日期"))
    # The method it goes by (工作法, S4.79), if the library has it.
    method = models.ForeignKey(
        Exemplar, models.PROTECT, null=True, related_name="brands", verbose_name=_("工作法")
    )
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = BrandQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党建品牌")
        constraints = [
            models.UniqueConstraint(
                fields=["org", "name"], condition=~Q(state="retired"), name="one_brand_of_a_name"
            )
        ]
        indexes = [models.Index(fields=["family", "state"], name="brands_of_family")]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def shown() -> Q:
        return Q(state__in=[Brand.State.GROWING, Brand.State.STANDING])


class BrandIndicator(models.Model):
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="indicators")
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("指标"), max_length=40)
    unit = models.CharField(_("单位"), max_length=10, blank=True, default="")
    target = models.DecimalField(_("目标"), max_digits=12, decimal_places=2, null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("品牌指标")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["brand", "name"], name="indicator_once")]

    def __str__(self) -> str:
        return self.name


class BrandValue(models.Model):
    """The value of an indicator in a period; a correction replaces it and keeps what stood before."""

    indicator = models.ForeignKey(BrandIndicator, models.CASCADE, related_name="values")
    period = models.CharField(_("时期"), max_length=7)  # "2026" or "2026-Q1"
    value = models.DecimalField(_("数值"), max_digits=12, decimal_places=2)
    before = models.JSONField(default=list)  # [[value, who, when]] that were corrected
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("品牌指标值")
        ordering = ["period"]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "period"], name="value_of_a_period")
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.period}"


class BrandPhoto(models.Model):
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="photos")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")
    caption = models.CharField(_("图注"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("品牌照片")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.caption or str(self.photo_id)
