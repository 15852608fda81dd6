"""Land and working calendars. Figures of a day use the regions that were valid on that day."""

from __future__ import annotations

from datetime import date, time

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.kit import worktime


@models.CharField.register_lookup
class Under(models.Lookup):
    """`path__under="1201/16/"`: the row lies at or below that path.

    A prefix test that uses the index on both databases: a range on SQLite (whose LIKE scans),
    LIKE on PostgreSQL (right under every collation).
    """

    lookup_name = "under"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        lhs, lhs_params = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{lhs} LIKE %s", [*lhs_params, self.rhs.replace("_", r"\_") + "%"]
        end = self.rhs[:-1] + "0"  # "0" follows "/" in ASCII
        return f"({lhs} >= %s AND {lhs} < %s)", [*lhs_params, self.rhs, *lhs_params, end]


class RegionQuerySet(models.QuerySet):
    def public(self) -> RegionQuerySet:
        """Divisions are public knowledge; grids' crews are not stored here."""
        return self

    def valid_on(self, day: date) -> RegionQuerySet:
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        )

    def under(self, region: Region) -> RegionQuerySet:
        return self.filter(path__under=region.path)


class Region(models.Model):
    """A piece of land we answer for: city > district > street > community > grid > building.

    `code` is the 12-digit statistical code of a division (4 digits for the city, 6 for the
    district, 9 and 12 below), 15 digits for a grid (12 + 3, the unit-grid id), 18 for a building.
    `path` is the chain of the codes' own digits ("1201/16/001/002/001/"): "is inside" is a prefix
    test, and the key of every permission. A region that is split or merged is closed by
    `valid_to` and names its `successors`; old figures stay true.
    """

    class Level(models.TextChoices):
        CITY = "city", _("市")
        DISTRICT = "district", _("区")
        STREET = "street", _("街镇")
        COMMUNITY = "community", _("社区（村）")
        GRID = "grid", _("网格")
        BUILDING = "building", _("楼栋")

    class Kind(models.TextChoices):
        NONE = "", _("—")
        STREET = "street", _("街道")
        TOWN = "town", _("镇")
        TOWNSHIP = "township", _("乡")
        ZONE = "zone", _("开发区")
        COMMUNITY = "community", _("社区")
        VILLAGE = "village", _("村")
        BASIC = "basic", _("基础网格")
        DEDICATED = "dedicated", _("专属网格")

    code = models.CharField(_("代码"), max_length=18)
    name = models.CharField(_("名称"), max_length=100)
    short_name = models.CharField(_("简称"), max_length=60)
    level = models.CharField(_("层级"), max_length=10, choices=Level)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind, blank=True, default="")
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级"),
    )
    path = models.CharField(_("路径"), max_length=40, unique=True)
    valid_from = models.DateField(_("启用日期"), null=True, blank=True)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)
    successors = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="predecessors",
        verbose_name=_("承接区域"),
    )
    # GeoJSON geometry, WGS-84. Synthetic: drawn by us because no free polygon exists.
    polygon = models.JSONField(_("边界"), null=True, blank=True)
    is_synthetic = models.BooleanField(_("示意边界"), default=False)
    lng = models.FloatField(_("中心经度"), null=True, blank=True)
    lat = models.FloatField(_("中心纬度"), null=True, blank=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("区域")
        indexes = [
            models.Index(fields=["code"], name="region_code"),
            models.Index(fields=["level", "path"], name="region_level"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_to__gte=models.F("valid_from")),
                name="region_closes_after_it_opens",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def ancestor_path(self, level: str) -> str:
        """Return the path of the region of `level` that contains this one ("" if it lies above)."""
        depth = DEPTH[level]
        parts = self.path.split("/")[:-1]
        return "/".join(parts[:depth]) + "/" if len(parts) >= depth else ""


class LandVersion(models.Model):
    """One row whose number rises with every change of land or calendar; snapshots compare it."""

    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


DEPTH = {level: depth for depth, level in enumerate(Region.Level.values, start=1)}


class WorkHours(models.Model):
    """Working hours of a region from a date on, lunch break included: "08:30-12:00 14:00-17:30"."""

    region = models.ForeignKey(
        Region, models.CASCADE, related_name="work_hours", verbose_name=_("区域")
    )
    effective_from = models.DateField(_("起用日期"))
    spans = models.CharField(
        _("工作时段"),
        max_length=100,
        default="08:30-12:00 14:00-17:30",
        help_text=_("各时段用空格隔开，中间的空档就是午休"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("工作时间")
        constraints = [
            models.UniqueConstraint(fields=["region", "effective_from"], name="one_hours_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.effective_from} {self.spans}"

    def clean(self) -> None:
        try:
            parse_spans(self.spans)
        except worktime.BadWorkHours as refusal:
            raise ValidationError({"spans": refusal.message}) from refusal


def parse_spans(text: str) -> worktime.WorkHours:
    """Read "08:30-12:00 14:00-17:30". Raises kit's BadWorkHours."""
    try:
        spans = [tuple(map(time.fromisoformat, span.split("-"))) for span in text.split()]
        return worktime.WorkHours(tuple((start, end) for start, end in spans))
    except ValueError as error:
        raise worktime.BadWorkHours(
            _("工作时段读不懂，请写成“08:30-12:00 14:00-17:30”的样子"), field="spans"
        ) from error


class DayException(models.Model):
    """A day that differs from the State Council's notice: a local holiday or working day."""

    region = models.ForeignKey(
        Region, models.CASCADE, related_name="day_exceptions", verbose_name=_("区域")
    )
    day = models.DateField(_("日期"))
    is_workday = models.BooleanField(_("上班"))
    name = models.CharField(_("说明"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = _("日历例外")
        constraints = [
            models.UniqueConstraint(fields=["region", "day"], name="one_exception_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.day} {self.name}"
