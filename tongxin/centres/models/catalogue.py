"""Public services delegated to communities (S1.52), which centre offers them; powers passed down (S4.66)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.places.models import Centre
from tongxin.regions.models import Region

USER = settings.AUTH_USER_MODEL


class DelegatedServiceQuerySet(models.QuerySet["DelegatedService"]):
    def public(self) -> DelegatedServiceQuerySet:
        """What one can have done, with what, how long and at what fee, is published."""
        return self

    def on(self, day) -> DelegatedServiceQuerySet:
        """Return the versions in force on a day."""
        ended = Q(effective_to=None) | Q(effective_to__gt=day)
        return self.filter(ended, effective_from__lte=day)


class DelegatedService(models.Model):
    """One version of a public service that is dealt with in communities. Data, not code."""

    code = models.CharField(_("代码"), max_length=10)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    name = models.CharField(_("事项"), max_length=60)
    category = models.CharField(_("类别"), max_length=20)
    department = models.CharField(_("主管部门"), max_length=40)
    decided_by = models.CharField(_("由谁决定"), max_length=60)
    materials = models.JSONField(_("所需材料"), default=list)
    days = models.PositiveSmallIntegerField(_("办理时限（工作日）"))
    fee = models.CharField(_("收费"), max_length=40, blank=True, default="")
    # The topic of the requests it is filed under, if the district's catalogue has one for it.
    topic_code = models.CharField(_("点单事项代码"), max_length=10, blank=True, default="")
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = DelegatedServiceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("下沉事项")
        ordering = ["code", "version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_delegated_service")
        ]

    def __str__(self) -> str:
        return self.name


class ServiceOffer(models.Model):
    """That a centre takes a service in, since when; by its code, so that a new version goes on."""

    class Way(models.TextChoices):
        SPOT = "spot", _("当场办结")
        TAKE = "take", _("受理后转办")
        HELP = "help", _("帮办代办")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="offers")
    code = models.CharField(_("事项代码"), max_length=10)
    way = models.CharField(_("办理方式"), max_length=4, choices=Way, default=Way.TAKE)
    from_date = models.DateField(_("开办日期"))
    to_date = models.DateField(_("停办日期"), null=True, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("开办事项")
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "code"],
                condition=Q(to_date__isnull=True),
                name="one_offer_of_a_service",
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")),
                name="offer_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["code", "centre"], name="offer_of_service")]

    def __str__(self) -> str:
        return f"{self.centre} {self.code}"


class DelegatedPowerQuerySet(models.QuerySet["DelegatedPower"]):
    def public(self) -> DelegatedPowerQuerySet:
        """Who decides what is published."""
        return self


class DelegatedPower(models.Model):
    """A power, staff or means passed down to streets or communities: from whom, on what ground."""

    class Kind(models.TextChoices):
        POWER = "power", _("职权")
        STAFF = "staff", _("力量")
        MEANS = "means", _("资源")

    class Level(models.TextChoices):
        STREET = "street", _("街镇")
        COMMUNITY = "community", _("社区（村）")

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("适用范围"))
    kind = models.CharField(_("类别"), max_length=5, choices=Kind)
    name = models.CharField(_("下放事项"), max_length=100)
    from_name = models.CharField(_("原单位"), max_length=60)
    from_org = models.ForeignKey(Org, models.PROTECT, null=True, blank=True, related_name="+")
    to_level = models.CharField(_("下放到"), max_length=9, choices=Level)
    basis = models.CharField(_("依据"), max_length=200)
    since = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    ended_why = models.CharField(_("收回原因"), max_length=100, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = DelegatedPowerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("下放清单")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "kind", "name", "to_level"],
                condition=Q(until__isnull=True),
                name="one_power_passed_down",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="power_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name
