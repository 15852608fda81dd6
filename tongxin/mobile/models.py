"""The server's side of the phone: devices, what they sent, photos on their way, duty, tracks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of, reach
from tongxin.photos.models import Photo

# Who answers for the phones and what they send of an area; who is asked when it moved on meanwhile.
KEEPERS = ("officer",)
JUDGES = ("officer", "dispatcher")

MARKS = {
    "clock_off": _("手机时间不准，已按服务器时间校正"),
    "from_future": _("手机记录的时间晚于收到的时间，按收到时间计"),
    "old": _("超过 7 天才送达"),
    "time_lost": _("手机记录的时间不可信，按收到时间计"),
    "lost_device": _("来自已报失的手机"),
}


class DeviceQuerySet(QuerySet["Device"]):
    def visible_to(self, actor: User) -> DeviceQuerySet:
        """Return one's own phone, and those of the land an officer answers for.

        One that nobody has registered belongs where who used it last works.
        """
        if actor.is_superuser:
            return self
        of_land = reach(actor, KEEPERS, column="org__region__path")
        there = Post.objects.filter(reach(actor, KEEPERS, column="region__path"))
        fresh = Q(org=None, last_user__in=there.values("user"))
        return self.filter(Q(holder=actor.pk) | of_land | fresh)


class Device(models.Model):
    """A phone that works for the grid (S3.50): whose it is, who carries it, when it was last heard."""

    uid = models.UUIDField(unique=True)  # made by the app at its first start
    label = models.CharField(_("编号或名称"), max_length=60, blank=True, default="")
    model = models.CharField(_("型号"), max_length=80, blank=True, default="")
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("配发单位")
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("领用人")
    )  # fmt: skip
    given_on = models.DateField(_("领用日期"), null=True)
    returned_on = models.DateField(_("交回日期"), null=True)
    lost_at = models.DateTimeField(_("报失时间"), null=True)
    lost_why = models.CharField(_("报失说明"), max_length=200, blank=True, default="")
    first_seen = models.DateTimeField(_("首次使用"))
    last_seen = models.DateTimeField(_("最近联系"))
    last_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    app_version = models.CharField(_("版本"), max_length=20, blank=True, default="")
    skew_seconds = models.IntegerField(default=0)
    # By which it is signed in, so that reporting it lost ends that.
    session_key = models.CharField(max_length=40, blank=True, default="")
    token_digest = models.CharField(max_length=64, blank=True, default="")

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("外勤手机")
        indexes = [models.Index(fields=["-last_seen"], name="device_last_seen")]

    def __str__(self) -> str:
        return self.label or self.model or str(self.uid)[:8]

    @property
    def state(self) -> str:
        """Return "lost", "returned", "given" or "new" (nobody has registered it)."""
        if self.lost_at:
            return "lost"
        if self.returned_on:
            return "returned"
        return "given" if self.given_on else "new"


class FieldActionQuerySet(QuerySet["FieldAction"]):
    def visible_to(self, actor: User) -> FieldActionQuerySet:
        """Return what one sent oneself, and what was sent from the land one answers for."""
        if actor.is_superuser:
            return self
        return self.filter(Q(user=actor.pk) | reach(actor, JUDGES))

    def to_judge(self, actor: User) -> FieldActionQuerySet:
        """Return the conflicts the actor has to decide: of their land, not their own."""
        return self.filter(reach(actor, JUDGES), state="conflict").exclude(user=actor.pk)


class FieldAction(models.Model):
    """One thing somebody did on a phone: kept first, as it came, then acted on once."""

    class State(models.TextChoices):
        RECEIVED = "received", _("已收到")
        WAITING = "waiting", _("等照片")
        DONE = "done", _("已完成")
        REFUSED = "refused", _("未办成")
        CONFLICT = "conflict", _("等人核对")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Decision(models.TextChoices):
        PHONE = "phone", _("采用手机上的")
        SERVER = "server", _("保留系统里的")
        NOTE = "note", _("作为补充说明")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # The id made on the phone as text; "junk:…" for what came without one, or with a used one.
    key = models.CharField(max_length=80)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=30, blank=True, default="")
    print = models.CharField(
        max_length=64
    )  # SHA-256 of what was sent, to tell a retry from a misuse
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    claimed_at = models.DateTimeField(null=True)  # by the phone's clock
    at = models.DateTimeField()  # by ours
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    skew_seconds = models.IntegerField(default=0)
    place = models.JSONField(null=True)
    # What it is about, "case:…" or "visit:…": the second step of a thing waits for the first.
    subject = models.CharField(max_length=50, blank=True, default="")
    data = models.JSONField(default=dict)  # of what could not be read: all of it
    photos = models.JSONField(default=list)  # as announced: id, sha256, size, slot
    based_on = models.IntegerField(null=True)
    area = models.CharField(max_length=40, blank=True, default="")  # whose business it is
    code = models.CharField(max_length=40, blank=True, default="")
    sentence = models.CharField(max_length=300, blank=True, default="")
    field = models.CharField(max_length=60, blank=True, default="")
    about = models.JSONField(default=dict)  # title, url, number of what came of it
    found = models.JSONField(default=dict)  # what stood here instead, in a conflict
    marks = models.JSONField(default=list)
    tries = models.PositiveSmallIntegerField(default=0)
    decision = models.CharField(max_length=10, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decided_why = models.CharField(max_length=200, blank=True, default="")

    objects = FieldActionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("外勤上传记录")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="field_action_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="field_action_own"),
            models.Index(
                fields=["area", "state"], name="field_action_to_judge",
                condition=Q(state__in=["conflict", "refused"]),
            ),
            models.Index(
                fields=["received_at"], name="field_action_unapplied", condition=Q(state="received")
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def warnings(self) -> list[str]:
        return [str(MARKS[mark]) for mark in self.marks if mark in MARKS]


class IncomingPhotoQuerySet(QuerySet["IncomingPhoto"]):
    def visible_to(self, actor: User) -> IncomingPhotoQuerySet:
        return self.filter(user=actor.pk)


class IncomingPhoto(models.Model):
    """A photo on its way: announced by an action, received in pieces, then proved and kept."""

    class State(models.TextChoices):
        WAITING = "waiting", _("上传中")
        KEPT = "kept", _("已收到")
        REFUSED = "refused", _("不能用")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uid = models.UUIDField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    sentence = models.CharField(max_length=300, blank=True, default="")
    announced_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")

    objects = IncomingPhotoQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "uid"], name="incoming_photo_once")]
        indexes = [
            models.Index(
                fields=["touched_at"], name="incoming_photo_open", condition=Q(state="waiting")
            )
        ]


class Owned(QuerySet[Any]):
    def visible_to(self, actor: User) -> Any:
        """Return one's own. An officer looks with a reason: `actions.look_at_track`."""
        return self.filter(user=actor.pk)


class Consent(models.Model):
    """Somebody agreed to a version of the notice on positions (PIPL Art. 13, 14), or took it back (Art. 15)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    agreed_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = Owned.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "version"], condition=Q(revoked_at=None), name="consent_once"
            )
        ]


class Duty(models.Model):
    """On duty from, until. While it lasts, and only then, positions are taken."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    area = models.CharField(max_length=40, blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_timed_out = models.BooleanField(default=False)

    objects = Owned.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="one_open_duty"
            )
        ]
        indexes = [models.Index(fields=["user", "-started_at"], name="field_duty_of_user")]


class TrackPoint(models.Model):
    """Where somebody on duty was: kept 30 days, read by themselves, by an officer for a reason."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    duty = models.ForeignKey(Duty, models.CASCADE, related_name="points")
    at = models.DateTimeField(db_index=True)
    lng = models.FloatField()
    lat = models.FloatField()
    accuracy = models.FloatField(null=True)

    objects = Owned.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "at"], name="track_point_once")]


def home_of(user: User) -> str:
    """Return the path of the land whose business somebody's work is: of their nearest post."""
    on_foot = [post.path for post in posts_of(user) if post.role == Post.Role.GRID_WORKER]
    paths = on_foot or [post.path for post in posts_of(user)]
    return max(paths, key=len, default="")
