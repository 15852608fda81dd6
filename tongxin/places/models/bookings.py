"""Bookings of rooms: one time is held by one booking; others wait. Limits are dated data."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

from .centres import KEEPERS, Room, RoomKind

USER = settings.AUTH_USER_MODEL


class BookingRule(models.Model):
    """Limits of booking from a day on: of one room, of a kind of room, or of all; on some land.

    The nearest rule counts: a room's own, its kind's, then all; of these the nearest land's.
    """

    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用范围")
    )
    kind = models.ForeignKey(
        RoomKind, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("类型")
    )
    room = models.ForeignKey(
        Room, models.PROTECT, null=True, blank=True, related_name="rules", verbose_name=_("功能室")
    )
    effective_from = models.DateField(_("启用日期"))
    most_minutes = models.PositiveSmallIntegerField(_("单次最长（分钟）"))
    lead_minutes = models.PositiveSmallIntegerField(_("最晚提前（分钟）"))
    ahead_days = models.PositiveSmallIntegerField(_("最早提前（天）"))
    most_open = models.PositiveSmallIntegerField(_("每人同时预约上限"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("预约规则")
        constraints = [
            models.UniqueConstraint(
                Coalesce("region", 0),
                Coalesce("kind", 0),
                Coalesce("room", 0),
                "effective_from",
                name="one_booking_rule",
            )
        ]

    def __str__(self) -> str:
        return f"{self.room or self.kind or '—'} {self.effective_from}"


class BookingSeries(models.Model):
    """A booking that comes again every week on the same day until a day."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="series")
    first_on = models.DateField(_("首次"))
    until = models.DateField(_("止于"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("每周预约")

    def __str__(self) -> str:
        return f"{self.room} {self.first_on} – {self.until}"


class BookingQuerySet(models.QuerySet["Booking"]):
    def visible_to(self, actor) -> BookingQuerySet:
        """Return one's own, and those of the land whose register the actor keeps."""
        own = Q(by=actor.pk) if actor.pk else Q(pk__in=[])
        return self.filter(own | reach(actor, KEEPERS, column="room__centre__region__path"))

    def holding(self) -> BookingQuerySet:
        """Return those that keep others out."""
        return self.filter(state__in=Booking.HOLDING)

    def over(self, starts_at, ends_at) -> BookingQuerySet:
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


class Booking(models.Model):
    """A room for a time. Of those that hold, no two of a room overlap: its row is the lock."""

    class State(models.TextChoices):
        ASKED = "asked", _("待审核")
        BOOKED = "booked", _("已预约")
        WAITING = "waiting", _("候补")
        USED = "used", _("已使用")
        NO_SHOW = "no_show", _("未到场")
        REFUSED = "refused", _("未通过")
        CANCELLED = "cancelled", _("已取消")
        LAPSED = "lapsed", _("候补未成")

    HOLDING = ("asked", "booked", "used")

    id = models.UUIDField(primary_key=True)
    room = models.ForeignKey(
        Room, models.PROTECT, related_name="bookings", verbose_name=_("功能室")
    )
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    purpose = models.CharField(_("用途"), max_length=60)
    people = models.PositiveSmallIntegerField(_("人数"))
    state = models.CharField(_("状态"), max_length=9, choices=State)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("预约人"))
    # A group's or unit's booking names it; a resident's own has none.
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位")
    )
    group = models.CharField(_("团队"), max_length=40, blank=True, default="")
    series = models.ForeignKey(
        BookingSeries, models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    at = models.DateTimeField(_("预约时间"))
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("处理时间"), null=True)
    reason = models.CharField(_("说明"), max_length=100, blank=True, default="")
    came = models.PositiveSmallIntegerField(_("到场人数"), null=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("预约")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(people__gt=0), name="booking_is_for_somebody"),
            # What starts at one moment in one room; overlaps of other kinds fall to the room's lock.
            models.UniqueConstraint(
                fields=["room", "starts_at"],
                condition=Q(state__in=("asked", "booked", "used")),
                name="one_booking_of_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "starts_at"], name="booking_of_room"),
            models.Index(fields=["by", "starts_at"], name="booking_of_person"),
            models.Index(
                fields=["ends_at"],
                condition=Q(state__in=("asked", "booked", "waiting")),
                name="booking_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.starts_at:%Y-%m-%d %H:%M}"
