"""Posts of service to claim (岗位认领, S3.27): so many places, first come, then a waiting list."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from ..scope import desk_reach

User = settings.AUTH_USER_MODEL


class VolunteerPostQuerySet(models.QuerySet["VolunteerPost"]):
    def public(self) -> VolunteerPostQuerySet:
        """What is offered is for everybody to see."""
        return self.filter(cancelled_at__isnull=True)

    def visible_to(self, actor) -> VolunteerPostQuerySet:
        """Return those of the land the actor acts for, cancelled ones too."""
        return self.filter(desk_reach(actor, "community__path"))

    def open(self, at: datetime) -> VolunteerPostQuerySet:
        return self.filter(cancelled_at__isnull=True, starts_at__gt=at)


class VolunteerPost(models.Model):
    """Service that a community asks for at a place and time, of so many people."""

    class Who(models.TextChoices):
        ALL = "all", _("人人可认领")
        MEMBERS = "members", _("限报到党员")

    community = models.ForeignKey(Region, models.PROTECT, related_name="volunteer_posts")
    title = models.CharField(_("岗位"), max_length=40)
    service = models.CharField(_("服务类别"), max_length=30)
    text = models.CharField(_("做什么"), max_length=300, blank=True, default="")
    place = models.CharField(_("地点"), max_length=60)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    wanted = models.PositiveSmallIntegerField(_("人数"))
    # Places given away; the row of the post is locked while it changes.
    taken = models.PositiveSmallIntegerField(default=0)
    who = models.CharField(_("谁可以认领"), max_length=8, choices=Who, default=Who.ALL)
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=80, null=True, unique=True)

    objects = VolunteerPostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("志愿服务岗位")
        constraints = [
            models.CheckConstraint(condition=Q(taken__lte=F("wanted")), name="no_place_twice"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="post_ends_later"),
        ]
        indexes = [models.Index(fields=["community", "starts_at"], name="posts_of_place")]

    def __str__(self) -> str:
        return self.title

    @property
    def left(self) -> int:
        return self.wanted - self.taken


class PostClaimQuerySet(models.QuerySet["PostClaim"]):
    def visible_to(self, actor) -> PostClaimQuerySet:
        return self.filter(Q(user=actor.pk) | desk_reach(actor, "post__community__path"))


class PostClaim(models.Model):
    """Somebody's place at a post, or their place in the waiting list; hours confirmed by another."""

    class State(models.TextChoices):
        HELD = "held", _("已认领")
        WAITING = "waiting", _("候补")
        RELEASED = "released", _("已退出")
        DONE = "done", _("已完成")
        ABSENT = "absent", _("未到")

    post = models.ForeignKey(VolunteerPost, models.PROTECT, related_name="claims")
    user = models.ForeignKey(User, models.PROTECT, related_name="post_claims")
    state = models.CharField(max_length=10, choices=State)
    at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = PostClaimQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("岗位认领")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "user"], condition=~Q(state="released"), name="claims_a_post_once"
            )
        ]
        indexes = [models.Index(fields=["user", "-at"], name="claims_of_user")]
