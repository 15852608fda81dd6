"""Sessions of a body, what stands on their agenda, what was told of their period."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.meetings.models import Meeting

from ..scope import body_reach, run_reach
from .bodies import BodyMember, ConferenceBody

USER = settings.AUTH_USER_MODEL


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, actor) -> SessionQuerySet:
        """Return those of the bodies the actor may read; a plan only to who is not just a member."""
        seats = BodyMember.objects.held_by(actor).filter(to_date__isnull=True).values("body")
        told = Q(body__in=seats) & ~Q(meeting__state=Meeting.State.PLANNED)
        return self.filter(body_reach(actor, "body__") | told)

    def run_by(self, actor) -> SessionQuerySet:
        return self.filter(run_reach(actor, "body__"))


class Session(models.Model):
    """One meeting of a body: the gathering itself is a `Meeting`."""

    body = models.ForeignKey(ConferenceBody, models.PROTECT, related_name="sessions")
    meeting = models.OneToOneField(Meeting, models.PROTECT, related_name="conference")
    year = models.PositiveSmallIntegerField(_("年度"))
    seq = models.PositiveSmallIntegerField(_("次数"))

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联席会议（次）")
        constraints = [
            models.UniqueConstraint(fields=["body", "year", "seq"], name="session_of_a_year")
        ]

    def __str__(self) -> str:
        return self.meeting.title


class AgendaItemQuerySet(models.QuerySet["AgendaItem"]):
    def visible_to(self, actor) -> AgendaItemQuerySet:
        """Return those one proposed, and those of the bodies one may read.

        What waits to be picked is seen by who runs the body, and by who proposed it.
        """
        own = Q(proposed_by=actor.pk)
        seats = BodyMember.objects.held_by(actor).filter(to_date__isnull=True).values("body")
        told = Q(body__in=seats, session__isnull=False) & ~Q(
            session__meeting__state=Meeting.State.PLANNED
        )
        return self.filter(own | body_reach(actor, "body__") | told)


class AgendaItem(models.Model):
    """A matter for a body: proposed, picked for a session, decided (S3.21)."""

    class Kind(models.TextChoices):
        MAJOR = "major", _("重大事项")
        SERVICE = "service", _("公共服务")
        DELIBERATION = "deliberation", _("协商事项")
        BULLETIN = "bulletin", _("通报")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待选")
        PICKED = "picked", _("列入议程")
        DECIDED = "decided", _("已议定")
        DEFERRED = "deferred", _("下次再议")
        DECLINED = "declined", _("不列入")

    body = models.ForeignKey(ConferenceBody, models.PROTECT, related_name="items")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="items")
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    title = models.CharField(_("议题"), max_length=100)
    text = models.TextField(_("情况"), blank=True, default="")
    # Where it comes from: a case, a need, a problem, a resolution; "" for what a member proposed.
    source_kind = models.CharField(max_length=20, blank=True, default="")
    source_id = models.CharField(max_length=40, blank=True, default="")
    source_label = models.CharField(max_length=120, blank=True, default="")
    source_url = models.CharField(max_length=200, blank=True, default="")
    proposed_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    proposed_for = models.CharField(_("提出单位"), max_length=60, blank=True, default="")
    proposed_at = models.DateTimeField(_("提出时间"))
    seq = models.PositiveSmallIntegerField(_("次序"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.PROPOSED)
    decision = models.TextField(_("议定意见"), blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("议定时间"), null=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("议题")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "declined"]) | Q(session__isnull=False),
                name="agenda_item_has_a_session",
            ),
            models.UniqueConstraint(
                fields=["body", "source_kind", "source_id"],
                condition=Q(state__in=["proposed", "picked"]) & ~Q(source_kind=""),
                name="agenda_item_waits_once",
            ),
        ]
        indexes = [models.Index(fields=["body", "state"], name="agenda_of_a_body")]

    def __str__(self) -> str:
        return self.title


class BodyReminder(models.Model):
    """A body was told what its period lacks: once for each kind of lack."""

    body = models.ForeignKey(ConferenceBody, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=10)
    period = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("联席会议提醒")
        constraints = [
            models.UniqueConstraint(fields=["body", "kind", "period"], name="body_reminded_once")
        ]

    def __str__(self) -> str:
        return f"{self.body_id} {self.kind} {self.period}"
