"""Every place of a campaign: one row for each community and village, what it lacks, how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import reach
from tongxin.photos.models import Photo
from tongxin.places.models import Centre
from tongxin.regions.models import Region

from .campaigns import READERS, PlaceKind, RenovationCampaign


class RenovationSiteQuerySet(models.QuerySet["Site"]):
    def visible_to(self, actor) -> RenovationSiteQuerySet:
        """Return the places on the land of the actor's posts."""
        return self.filter(reach(actor, READERS, column="path"))

    def base(self) -> RenovationSiteQuerySet:
        """Return those that count: all but the exempt (S1.7–S1.9)."""
        return self.exclude(state=Site.State.EXEMPT)


class Site(models.Model):
    """A community or village in a campaign. The three levels are days, each not before the one below (S1.33)."""

    class State(models.TextChoices):
        UNPLANNED = "unplanned", _("未编方案")
        PLANNED = "planned", _("已编方案")
        BUILDING = "building", _("施工中")
        CHECKING = "checking", _("待验收")
        ACCEPTED = "accepted", _("待销号")
        CLOSED = "closed", _("已销号")
        IN_USE = "in_use", _("已投入使用")
        EXEMPT = "exempt", _("免建")

    DONE = (State.CLOSED, State.IN_USE)

    campaign = models.ForeignKey(
        RenovationCampaign, models.CASCADE, related_name="sites", verbose_name=_("阵地改造")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("社区（村）")
    )
    centre = models.ForeignKey(
        Centre, models.PROTECT, null=True, related_name="+", verbose_name=_("党群服务中心")
    )
    kind = models.CharField(_("类别"), max_length=10, choices=PlaceKind)
    name = models.CharField(_("名称"), max_length=60)
    path = models.CharField(max_length=40)
    lng = models.FloatField(_("经度"), null=True)
    lat = models.FloatField(_("纬度"), null=True)
    area_m2 = models.PositiveIntegerField(_("现有面积"), default=0)
    needed_m2 = models.PositiveIntegerField(_("应有面积"), default=0)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.UNPLANNED)
    area_ok_on = models.DateField(_("面积达标"), null=True)
    work_ok_on = models.DateField(_("改造达标"), null=True)
    use_ok_on = models.DateField(_("规范使用"), null=True)
    # The stage under way and its last day: past it, the place is late.
    stage = models.CharField(_("当前工序"), max_length=30, blank=True, default="")
    due_on = models.DateField(_("工序期限"), null=True)
    # 销号: the number within the campaign, from 1 and without a hole (S1.30).
    number = models.PositiveIntegerField(_("销号编号"), null=True)
    closed_on = models.DateField(_("销号日期"), null=True)
    in_use_on = models.DateField(_("投入使用日期"), null=True)
    exempt_reason = models.CharField(_("免建原因"), max_length=200, blank=True, default="")
    exempt_document = models.CharField(_("批准文号"), max_length=60, blank=True, default="")
    exempt_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("核准人"),
    )  # fmt: skip
    exempt_at = models.DateTimeField(_("核准时间"), null=True)

    objects = RenovationSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("改造点位")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "region"], name="one_site_of_a_community"),
            models.UniqueConstraint(fields=["campaign", "number"], name="one_number_of_a_site"),
            models.CheckConstraint(
                condition=Q(work_ok_on=None)
                | Q(area_ok_on__isnull=False, work_ok_on__gte=F("area_ok_on")),
                name="work_ok_after_area_ok",
            ),
            models.CheckConstraint(
                condition=Q(use_ok_on=None)
                | Q(work_ok_on__isnull=False, use_ok_on__gte=F("work_ok_on")),
                name="use_ok_after_work_ok",
            ),
            models.CheckConstraint(
                condition=~Q(state="exempt") | Q(exempt_by__isnull=False) & ~Q(exempt_reason=""),
                name="exempt_says_why",
            ),
            models.CheckConstraint(
                condition=Q(number=None, closed_on=None)
                | Q(number__isnull=False, closed_on__isnull=False),
                name="a_number_has_its_day",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "path"], name="sites_by_path")]

    def __str__(self) -> str:
        return self.name

    @property
    def short_m2(self) -> int:
        """Return how many m² are lacking (gap analysis, S1.33)."""
        return max(0, self.needed_m2 - self.area_m2)

    @property
    def levels(self) -> int:
        """Return how many of the three levels are reached, in their order."""
        return sum(day is not None for day in (self.area_ok_on, self.work_ok_on, self.use_ok_on))


class SiteEvent(models.Model):
    """What happened at a place, with photos where there are some. Append-only: its ledger (S1.27)."""

    class Kind(models.TextChoices):
        PLAN = "plan", _("方案")
        STAGE = "stage", _("工序")
        REPORT = "report", _("进展")
        TROUBLE = "trouble", _("难点")
        AREA = "area", _("面积")
        CHECK = "check", _("验收")
        CLOSE = "close", _("销号")
        USE = "use", _("使用")
        VISIT = "visit", _("督导")
        EXEMPT = "exempt", _("免建")

    site = models.ForeignKey(Site, models.CASCADE, related_name="events")
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    text = models.CharField(_("内容"), max_length=500)
    on = models.DateField(_("日期"))
    photos = models.ManyToManyField(Photo, blank=True, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("记录人"),
    )  # fmt: skip
    at = models.DateTimeField(_("记录时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("点位纪实")
        indexes = [models.Index(fields=["site", "-id"], name="events_of_a_site")]

    def __str__(self) -> str:
        return self.text[:40]
