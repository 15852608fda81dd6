"""The register: centres from the street down to a point (S3.17), their rooms, hours and services."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

USER = settings.AUTH_USER_MODEL
# Who keeps the register of their own land; a centre of the street is its officers' to found.
KEEPERS = ("officer", "dispatcher", "secretary", "first_secretary")


def works_around(actor, column: str):
    """Return the rows on the land of any post; one of a grid or building reaches its community."""
    roles = {post.role for post in posts_of(actor)}
    return reach(actor, roles, widen="community", column=column)


class CentreQuerySet(models.QuerySet["Centre"]):
    def visible_to(self, actor) -> CentreQuerySet:
        """Return those on the land of the actor's posts, in any state; what is open is public."""
        return self.filter(works_around(actor, "region__path"))

    def public(self) -> CentreQuerySet:
        """A centre that is open is there for everybody."""
        return self.filter(state=Centre.State.OPEN)

    def standing(self) -> CentreQuerySet:
        return self.exclude(state=Centre.State.CLOSED)


class Centre(models.Model):
    """A 党群服务中心, a station of a community, a park's centre, a builders' home, a point."""

    class Kind(models.TextChoices):
        STREET = "street", _("街道党群服务中心")
        COMMUNITY = "community", _("社区党群服务工作站")
        VILLAGE = "village", _("村党群服务工作站")
        PARK = "park", _("园区党群服务中心")
        BUILDERS_HOME = "builders_home", _("建设者之家")
        POINT = "point", _("党群服务点")

    class State(models.TextChoices):
        PLANNED = "planned", _("规划")
        BUILDING = "building", _("建设中")
        OPEN = "open", _("开放")
        CLOSED = "closed", _("关闭")

    code = models.CharField(_("编号"), max_length=30, unique=True)
    kind = models.CharField(_("类型"), max_length=13, choices=Kind)
    name = models.CharField(_("名称"), max_length=60)
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="centres", verbose_name=_("所在区域")
    )
    org = models.ForeignKey(
        Org,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="centres",
        verbose_name=_("管理单位"),
    )
    address = models.CharField(_("地址"), max_length=120, blank=True, default="")
    lng = models.FloatField(_("经度"), null=True, blank=True)
    lat = models.FloatField(_("纬度"), null=True, blank=True)
    area_m2 = models.PositiveIntegerField(_("面积（平方米）"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.PLANNED)
    state_on = models.DateField(_("状态日期"), null=True, blank=True)
    opened_on = models.DateField(_("开放日期"), null=True, blank=True)
    closed_on = models.DateField(_("关闭日期"), null=True, blank=True)
    phone = models.CharField(_("公开电话"), max_length=30, blank=True, default="")
    intro = models.CharField(_("简介"), max_length=300, blank=True, default="")
    by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    at = models.DateTimeField(_("登记时间"))
    key = models.CharField(max_length=120, null=True, unique=True, editable=False)

    objects = CentreQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党群服务中心")
        constraints = [
            # One station for each community or village, one centre for each street (S1.1, S3.17).
            models.UniqueConstraint(
                fields=["region"],
                condition=Q(kind__in=("street", "community", "village")) & ~Q(state="closed"),
                name="one_centre_of_a_place",
            ),
            models.UniqueConstraint(
                fields=["region", "name"],
                condition=~Q(state="closed"),
                name="one_centre_of_a_name",
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(opened_on__isnull=False), name="open_centre_has_day"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_on__isnull=False)
                | Q(~Q(state="closed"), closed_on__isnull=True),
                name="closed_centre_has_day",
            ),
        ]
        indexes = [models.Index(fields=["kind", "state"], name="centre_kind_state")]

    def __str__(self) -> str:
        return self.name


class AreaChange(models.Model):
    """How the area of a centre came to be what it is: before, after, why. Append-only."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="area_changes")
    before_m2 = models.PositiveIntegerField(_("原面积"), null=True)
    after_m2 = models.PositiveIntegerField(_("现面积"))
    reason = models.CharField(_("原因"), max_length=200)
    on = models.DateField(_("日期"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("面积变化")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.centre} {self.after_m2}"


class CentrePhoto(models.Model):
    """A picture of a centre (its gate, its hall), public once the centre is open."""

    class Kind(models.TextChoices):
        GATE = "gate", _("门头")
        INSIDE = "inside", _("内景")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="photos")
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="centre_photo")
    kind = models.CharField(_("部位"), max_length=6, choices=Kind, default=Kind.GATE)
    caption = models.CharField(_("说明"), max_length=60, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("中心照片")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.centre} {self.get_kind_display()}"


class OpeningWeek(models.Model):
    """Opening hours of a week from a day on; seven strings, Monday first ("" is closed).

    `holiday` holds the hours of statutory days off; a working weekend keeps Monday's.
    """

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="weeks")
    effective_from = models.DateField(_("启用日期"))
    days = models.JSONField(_("每周开放时间"))
    holiday = models.CharField(_("法定节假日"), max_length=60, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("开放时间")
        constraints = [
            models.UniqueConstraint(fields=["centre", "effective_from"], name="one_opening_week")
        ]

    def __str__(self) -> str:
        return f"{self.centre} {self.effective_from}"


class DayNotice(models.Model):
    """A day on which a centre opens otherwise than its week says, announced with the reason."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="day_notices")
    day = models.DateField(_("日期"))
    spans = models.CharField(_("开放时间"), max_length=60, blank=True, default="")  # "": closed
    reason = models.CharField(_("原因"), max_length=100)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("公告时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("临时开放安排")
        constraints = [models.UniqueConstraint(fields=["centre", "day"], name="one_day_notice")]

    def __str__(self) -> str:
        return f"{self.centre} {self.day}"


class CentreService(models.Model):
    """Something a centre does for people every day: what, where in the house, when, at what fee."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="services")
    name = models.CharField(_("服务"), max_length=40)
    text = models.CharField(_("说明"), max_length=200, blank=True, default="")
    hours = models.CharField(_("时间"), max_length=60, blank=True, default="")
    fee = models.CharField(_("收费"), max_length=40, blank=True, default="")
    ended_on = models.DateField(_("停办日期"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("服务项目")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "name"],
                condition=Q(ended_on__isnull=True),
                name="one_service_of_a_centre",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RoomKindQuerySet(models.QuerySet["RoomKind"]):
    def public(self) -> RoomKindQuerySet:
        """What kinds of rooms there are is no secret."""
        return self


class RoomKind(models.Model):
    """What a room is for: data. `use` is the side of the house (S1.56): political or for people."""

    class Use(models.TextChoices):
        POLITICAL = "political", _("政治功能")
        CONVENIENCE = "convenience", _("便民服务")

    code = models.CharField(_("代码"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=30)
    use = models.CharField(_("功能"), max_length=11, choices=Use)
    # S1.3: a place to meet in, or one where matters are dealt with.
    is_service = models.BooleanField(_("办事场所"), default=False)
    is_care = models.BooleanField(_("照料场所"), default=False)
    sort = models.PositiveSmallIntegerField(_("顺序"), default=0)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = RoomKindQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("功能室类型")
        ordering = ["sort", "code"]

    def __str__(self) -> str:
        return self.name


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, actor) -> RoomQuerySet:
        """Return those of centres on the land of the actor's posts."""
        return self.filter(works_around(actor, "centre__region__path"))

    def public(self) -> RoomQuerySet:
        """Return those in use in centres that are open."""
        return self.filter(centre__state=Centre.State.OPEN, ended_on__isnull=True)


class Room(models.Model):
    """A room of a centre; its `capacity` bounds every booking and every session."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="rooms", verbose_name=_("中心"))
    kind = models.ForeignKey(RoomKind, models.PROTECT, related_name="rooms", verbose_name=_("类型"))
    name = models.CharField(_("名称"), max_length=40)
    area_m2 = models.PositiveIntegerField(_("面积（平方米）"), null=True, blank=True)
    capacity = models.PositiveSmallIntegerField(_("容纳人数"))
    is_bookable = models.BooleanField(_("可预约"), default=False)
    needs_approval = models.BooleanField(_("预约须审核"), default=False)
    note = models.CharField(_("设备与说明"), max_length=120, blank=True, default="")
    ended_on = models.DateField(_("停用日期"), null=True, blank=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("功能室")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "name"],
                condition=Q(ended_on__isnull=True),
                name="one_room_of_a_name",
            ),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="room_holds_somebody"),
        ]

    def __str__(self) -> str:
        return self.name
