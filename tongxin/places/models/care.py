"""Sessions of day care and of the children's room (S1.51): so many places, who takes them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import reach

from .centres import KEEPERS, Centre, Room

USER = settings.AUTH_USER_MODEL


class CareSessionQuerySet(models.QuerySet["CareSession"]):
    def visible_to(self, actor) -> CareSessionQuerySet:
        """Return those of the land whose register the actor keeps."""
        return self.filter(reach(actor, KEEPERS, column="room__centre__region__path"))

    def public(self) -> CareSessionQuerySet:
        """When care is to be had is for everybody; who takes it is not."""
        return self.filter(cancelled_why="", room__centre__state=Centre.State.OPEN)


class CareSession(models.Model):
    """Some hours in a room with so many places."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    title = models.CharField(_("内容"), max_length=40)
    places = models.PositiveSmallIntegerField(_("名额"))
    cancelled_why = models.CharField(_("取消原因"), max_length=100, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = CareSessionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("照料场次")
        constraints = [
            models.UniqueConstraint(
                fields=["room", "starts_at"],
                condition=Q(cancelled_why=""),
                name="one_session_of_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["room", "-starts_at"], name="session_of_room")]

    def __str__(self) -> str:
        return f"{self.title} {self.starts_at:%Y-%m-%d}"


class CareSignUpQuerySet(models.QuerySet["CareSignUp"]):
    def visible_to(self, actor) -> CareSignUpQuerySet:
        """Return those one handed in, and those of the land whose register the actor keeps."""
        own = Q(by=actor.pk) if actor.pk else Q(pk__in=[])
        kept = reach(actor, KEEPERS, column="session__room__centre__region__path")
        return self.filter(own | kept)


class CareSignUp(models.Model):
    """A place in a session for a person, whose name, telephone and need are sealed and forgotten."""

    class State(models.TextChoices):
        SIGNED = "signed", _("已报名")
        WAITING = "waiting", _("候补")
        CAME = "came", _("已到")
        ABSENT = "absent", _("未到")
        CANCELLED = "cancelled", _("已取消")

    session = models.ForeignKey(CareSession, models.PROTECT, related_name="sign_ups")
    # Sealed as "accounts.queries.sealer" does; emptied by the worker after `forget_on`.
    name = models.CharField(max_length=255, blank=True, default="")
    phone = models.CharField(max_length=255, blank=True, default="")
    need = models.CharField(max_length=600, blank=True, default="")
    # Keyed hash of name and telephone: nobody is put down twice for one session.
    person_index = models.CharField(max_length=64, blank=True, default="")
    label = models.CharField(_("称呼"), max_length=40)  # masked: 王**
    state = models.CharField(_("状态"), max_length=9, choices=State)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("报名人"))
    at = models.DateTimeField(_("报名时间"))
    forget_on = models.DateField(_("清除日期"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = CareSignUpQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("照料报名")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person_index"],
                condition=~Q(state="cancelled") & ~Q(person_index=""),
                name="one_place_of_a_person",
            )
        ]
        indexes = [
            models.Index(fields=["forget_on"], condition=~Q(name=""), name="sign_up_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.session_id}"
