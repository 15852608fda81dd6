"""Sites (点位): places that are inspected, registered by kind, with who is responsible (S0.67)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..scope import in_teams, sites_reached


class SiteKind(models.TextChoices):
    """What a site is, as the plan of supervision lists them (监督范围)."""

    MARKET = "market", _("商超")
    WHOLESALE = "wholesale", _("农贸批发市场")
    SEAFOOD = "seafood", _("沿街水产商店")
    RURAL = "rural", _("农村社区")
    HEALTH = "health", _("医疗卫生机构")
    STATION = "station", _("车站码头检测点")
    OFFICE = "office", _("机关企事业单位")
    OTHER = "other", _("其他")


class SiteQuerySet(models.QuerySet["Site"]):
    def visible_to(self, actor) -> SiteQuerySet:
        """Return those on land whose register the actor reads, and those their operations look at."""
        from .dispatches import SiteVisit

        mine = SiteVisit.objects.filter(dispatch__team__operation__in=in_teams(actor))
        return self.filter(sites_reached(actor) | Q(pk__in=mine.values("site")))

    def open(self) -> SiteQuerySet:
        return self.filter(closed_on=None)


class Site(models.Model):
    """A place that can be inspected. `code` is given by the register and never used again."""

    code = models.CharField(_("点位编号"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类型"), max_length=12, choices=SiteKind)
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="sites", verbose_name=_("所在社区（村）或街镇")
    )
    # The street's path, by which samples are drawn and coverage is counted.
    street_path = models.CharField(max_length=40, editable=False, db_index=True)
    address = models.CharField(_("地址"), max_length=120, blank=True, default="")
    lng = models.FloatField(_("经度"), null=True, blank=True)
    lat = models.FloatField(_("纬度"), null=True, blank=True)
    # Who is responsible for it (主体责任): a unit of the register, or a name only.
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="sites", verbose_name=_("责任单位")
    )
    owner = models.CharField(_("责任单位名称"), max_length=80, blank=True, default="")
    # Which department supervises it (监管责任).
    regulator = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("监管部门")
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("登记时间"))
    closed_on = models.DateField(_("注销日期"), null=True, blank=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("点位")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"], condition=Q(closed_on=None), name="one_site_of_a_name"
            )
        ]
        indexes = [models.Index(fields=["kind", "street_path"], name="site_of_kind")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        """Save; the street follows from the region."""
        self.street_path = self.region.ancestor_path(Region.Level.STREET) or self.region.path
        super().save(*args, **kwargs)

    @property
    def owner_name(self) -> str:
        return self.org.name if self.org else self.owner
