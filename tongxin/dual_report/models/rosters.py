"""Rosters of a community: who joined as what, whose turn it is, who came, how it went."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Person
from tongxin.regions.models import Region

from ..scope import desk_reach
from .reports import MemberReport

User = settings.AUTH_USER_MODEL


class Times(models.TextChoices):
    """When somebody can: a slot belongs to one of them by its weekday and hour."""

    WEEKDAY = "weekday", _("工作日白天")
    EVENING = "evening", _("工作日晚上")
    WEEKEND = "weekend", _("周末")


class RosterQuerySet(models.QuerySet["Roster"]):
    def public(self) -> RosterQuerySet:
        """What a community keeps watch over, when and where, is no secret; who does is."""
        return self.filter(closed_on__isnull=True)

    def visible_to(self, actor) -> RosterQuerySet:
        return self.filter(
            desk_reach(actor, "community__path") | Q(posts__person__user=actor.pk)
        ).distinct()


class Roster(models.Model):
    """A standing duty of a community at a place, with its weekly slots."""

    community = models.ForeignKey(
        Region, models.PROTECT, related_name="rosters", verbose_name=_("社区")
    )
    name = models.CharField(_("名称"), max_length=40)
    role = models.CharField(_("角色"), max_length=30)  # code of a `Kind` of group role
    service = models.CharField(_("服务类别"), max_length=30)
    place = models.CharField(_("地点"), max_length=60)
    lng = models.FloatField()  # WGS-84
    lat = models.FloatField()
    opened_at = models.DateTimeField()
    closed_on = models.DateField(_("停用日期"), null=True, blank=True)

    objects = RosterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("轮值表")
        constraints = [
            models.UniqueConstraint(
                fields=["community", "name"],
                condition=Q(closed_on__isnull=True),
                name="one_roster_of_a_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """A weekly time of a roster: so many people on this weekday from then to then."""

    roster = models.ForeignKey(Roster, models.CASCADE, related_name="slots")
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])  # Monday is 0
    starts = models.TimeField()
    ends = models.TimeField()
    wanted = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["weekday", "starts"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="slot_ends_later"),
            models.UniqueConstraint(
                fields=["roster", "weekday", "starts"], name="one_slot_of_a_time"
            ),
        ]

    @property
    def time(self) -> str:
        """Which of `Times` it is."""
        if self.weekday >= 5:
            return Times.WEEKEND
        return Times.EVENING if self.starts.hour >= 18 else Times.WEEKDAY


class RosterPostQuerySet(models.QuerySet["RosterPost"]):
    def visible_to(self, actor) -> RosterPostQuerySet:
        return self.filter(Q(person__user=actor.pk) | desk_reach(actor, "roster__community__path"))


class RosterPost(models.Model):
    """A member has joined a roster and been given its role (入列当“员”, S2.40)."""

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="posts")
    report = models.ForeignKey(MemberReport, models.PROTECT, related_name="posts")
    person = models.ForeignKey(Person, models.PROTECT, related_name="roster_posts")
    role = models.CharField(max_length=30)
    times = models.JSONField(default=list)
    joined_at = models.DateTimeField()
    joined_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    left_on = models.DateField(null=True)

    objects = RosterPostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("入列")
        constraints = [
            models.UniqueConstraint(
                fields=["roster", "person"],
                condition=Q(left_on__isnull=True),
                name="joins_a_roster_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.roster}"


class DutyTurnQuerySet(models.QuerySet["DutyTurn"]):
    def visible_to(self, actor) -> DutyTurnQuerySet:
        return self.filter(
            Q(post__person__user=actor.pk) | desk_reach(actor, "roster__community__path")
        )


class DutyTurn(models.Model):
    """One person's turn: planned, signed in and out on the spot, then appraised (S2.45)."""

    class State(models.TextChoices):
        PLANNED = "planned", _("待值")
        ON_DUTY = "on_duty", _("值守中")
        SERVED = "served", _("待鉴定")
        APPRAISED = "appraised", _("已鉴定")
        MISSED = "missed", _("未到岗")
        CANCELLED = "cancelled", _("已取消")

    class Verdict(models.TextChoices):
        GOOD = "good", _("好")
        FAIRLY = "fairly", _("较好")
        FAIR = "fair", _("一般")
        POOR = "poor", _("差")

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="turns")
    post = models.ForeignKey(RosterPost, models.PROTECT, related_name="turns")
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PLANNED)
    signed_in_at = models.DateTimeField(null=True)
    signed_out_at = models.DateTimeField(null=True)
    # What the phone said at signing in, WGS-84, and in metres how far from the place and how exact.
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    distance = models.PositiveIntegerField(null=True)
    accuracy = models.PositiveIntegerField(null=True)
    # Who signed for them, where a phone could not, and why.
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    sign_note = models.CharField(max_length=100, blank=True, default="")
    verdict = models.CharField(_("鉴定"), max_length=8, choices=Verdict, blank=True, default="")
    verdict_note = models.CharField(max_length=200, blank=True, default="")
    appraised_at = models.DateTimeField(null=True)
    appraised_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reminded_at = models.DateTimeField(null=True)
    chased_at = models.DateTimeField(null=True)

    objects = DutyTurnQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("轮值")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "starts_at"],
                condition=~Q(state="cancelled"),
                name="one_turn_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="turn_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["roster", "starts_at"], name="turns_of_roster"),
            models.Index(fields=["state", "ends_at"], name="turns_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.post.person} {self.starts_at:%Y-%m-%d %H:%M}"


class TurnSwapQuerySet(models.QuerySet["TurnSwap"]):
    def visible_to(self, actor) -> TurnSwapQuerySet:
        return self.filter(Q(taker__person__user=actor.pk) | Q(giver__person__user=actor.pk))


class TurnSwap(models.Model):
    """One asks another to take a turn; it changes hands only when the other agrees."""

    class State(models.TextChoices):
        ASKED = "asked", _("等对方答复")
        AGREED = "agreed", _("已换")
        DECLINED = "declined", _("对方不便")

    turn = models.ForeignKey(DutyTurn, models.PROTECT, related_name="swaps")
    giver = models.ForeignKey(RosterPost, models.PROTECT, related_name="+")
    taker = models.ForeignKey(RosterPost, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    objects = TurnSwapQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("换班")
        constraints = [
            models.UniqueConstraint(
                fields=["turn"], condition=Q(state="asked"), name="one_swap_asked"
            )
        ]
