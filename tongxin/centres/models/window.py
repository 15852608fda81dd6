"""One window (S1.53): numbers of the day, what is taken in there, the single result handed over."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.scope import reach
from tongxin.photos.models import Photo
from tongxin.places.models import Centre

from .catalogue import DelegatedService

USER = settings.AUTH_USER_MODEL
# Who sits at the window, and who overlooks it.
CLERKS = ("dispatcher", "officer", "secretary", "first_secretary")
WATCHERS = (*CLERKS, "leader", "inspector")


class WindowQuerySet(models.QuerySet["Window"]):
    def public(self) -> WindowQuerySet:
        """Windows, who holds one with honour, and the number called hang in the hall."""
        return self


class Window(models.Model):
    """A window of a centre's hall; open while a clerk sits there."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="windows")
    number = models.PositiveSmallIntegerField(_("窗口号"))
    name = models.CharField(_("名称"), max_length=30)
    clerk = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("当班")
    )
    ended_on = models.DateField(_("撤销日期"), null=True, blank=True)

    objects = WindowQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("窗口")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "number"],
                condition=Q(ended_on__isnull=True),
                name="one_window_of_a_number",
            ),
            # One sits at one window at a time.
            models.UniqueConstraint(
                fields=["clerk"], condition=Q(clerk__isnull=False), name="one_window_of_a_clerk"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} 号窗口"


class WindowHonourQuerySet(models.QuerySet["WindowHonour"]):
    def public(self) -> WindowHonourQuerySet:
        """An honour is there to be seen."""
        return self


class WindowHonour(models.Model):
    """党员先锋岗 and other honours of a window (S2.56), for a period and with the ground."""

    window = models.ForeignKey(Window, models.PROTECT, related_name="honours")
    title = models.CharField(_("荣誉"), max_length=30)
    holder = models.CharField(_("岗位人员"), max_length=30)
    pledge = models.CharField(_("承诺"), max_length=200, blank=True, default="")
    basis = models.CharField(_("评定依据"), max_length=200)
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"))
    withdrawn_on = models.DateField(_("撤销日期"), null=True, blank=True)
    withdrawn_why = models.CharField(_("撤销原因"), max_length=100, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = WindowHonourQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("窗口荣誉")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="honour_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"{self.window} {self.title}"


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, actor) -> TicketQuerySet:
        """Return one's own, and those of the halls on the land the actor works on."""
        own = Q(user=actor.pk) if actor.pk else Q(pk__in=[])
        return self.filter(own | reach(actor, WATCHERS, column="centre__region__path"))


class Ticket(models.Model):
    """A number of the day. `n` counts all of a centre's day; `code` is what is called out."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等候")
        CALLED = "called", _("已叫号")
        SERVED = "served", _("已办")
        GONE = "gone", _("过号")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="tickets")
    day = models.DateField(_("日期"))
    n = models.PositiveSmallIntegerField(_("号"))
    is_priority = models.BooleanField(_("优先（老人、残障、孕妇）"), default=False)
    by_phone = models.BooleanField(_("手机取号"), default=False)
    user = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("状态"), max_length=7, choices=State, default=State.WAITING)
    at = models.DateTimeField(_("取号时间"))
    window = models.ForeignKey(Window, models.PROTECT, null=True, related_name="tickets")
    called_at = models.DateTimeField(_("叫号时间"), null=True)
    done_at = models.DateTimeField(_("办完时间"), null=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("排队号")
        constraints = [
            models.UniqueConstraint(fields=["centre", "day", "n"], name="one_ticket_of_a_number"),
            models.UniqueConstraint(
                fields=["centre", "day", "user"],
                condition=Q(state__in=("waiting", "called"), user__isnull=False),
                name="one_open_ticket_of_a_person",
            ),
            # A window calls the next when the one before is done.
            models.UniqueConstraint(
                fields=["window"], condition=Q(state="called"), name="one_called_at_a_window"
            ),
        ]
        indexes = [models.Index(fields=["centre", "day", "state"], name="ticket_queue")]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return f"{'Y' if self.is_priority else 'A'}{self.n:03d}"


class MatterQuerySet(models.QuerySet["Matter"]):
    def visible_to(self, actor) -> MatterQuerySet:
        """Return one's own, and those of the halls on the land the actor works on."""
        own = Q(user=actor.pk) if actor.pk else Q(pk__in=[])
        return self.filter(own | reach(actor, WATCHERS, column="centre__region__path"))


class Matter(models.Model):
    """Something a person came with: which service, what they brought, its request, its one result."""

    class State(models.TextChoices):
        NOTICE = "notice", _("待补材料")
        FILED = "filed", _("办理中")
        READY = "ready", _("待领取")
        HANDED = "handed", _("已交付")
        REFERRED = "referred", _("已引导他处")
        DROPPED = "dropped", _("已撤回")

    id = models.UUIDField(primary_key=True)
    number = models.CharField(_("受理编号"), max_length=40, unique=True)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="matters")
    service = models.ForeignKey(DelegatedService, models.PROTECT, related_name="matters")
    window = models.ForeignKey(Window, models.PROTECT, null=True, related_name="matters")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="matters")
    case = models.OneToOneField(Case, models.PROTECT, null=True, related_name="matter")
    # Sealed as `accounts.queries.sealer` does; pages show `label` (王*芳).
    name_sealed = models.TextField()
    phone_sealed = models.TextField()
    phone_index = models.CharField(max_length=64)
    label = models.CharField(_("申请人"), max_length=40)
    user = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    # [{"name": …, "has": true}] as the service asked for them on the day.
    materials = models.JSONField(default=list)
    note = models.CharField(_("情况说明"), max_length=300, blank=True, default="")
    state = models.CharField(_("状态"), max_length=8, choices=State)
    day = models.DateField(_("受理日期"))
    due_on = models.DateField(_("办结期限"), null=True)
    referred_to = models.ForeignKey(Centre, models.PROTECT, null=True, related_name="+")
    result = models.CharField(_("办理结果"), max_length=300, blank=True, default="")
    ready_at = models.DateTimeField(_("办结时间"), null=True)
    handed_at = models.DateTimeField(_("交付时间"), null=True)
    handed_to = models.CharField(_("领取人"), max_length=40, blank=True, default="")
    signature = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("受理人"))
    at = models.DateTimeField(_("受理时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = MatterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("窗口事项")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("filed", "ready", "handed")) | Q(case__isnull=False),
                name="matter_is_filed_as_request",
            ),
            models.CheckConstraint(
                condition=~Q(state="handed") | (Q(handed_at__isnull=False) & ~Q(handed_to="")),
                name="matter_is_handed_to_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["centre", "state", "-day"], name="matter_of_centre"),
            models.Index(fields=["phone_index", "-day"], name="matter_of_person"),
            models.Index(fields=["day", "centre"], name="matter_of_day"),
        ]

    def __str__(self) -> str:
        return self.number
