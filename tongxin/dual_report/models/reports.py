"""The two reports: a unit's to the community where it sits, a member's to where they live."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Membership, Org, Person
from tongxin.orgs.scope import READERS, unit_reach
from tongxin.regions.models import Region

from ..scope import desk_reach

User = settings.AUTH_USER_MODEL


class State(models.TextChoices):
    FILED = "filed", _("待社区确认")
    CONFIRMED = "confirmed", _("已报到")
    ENDED = "ended", _("已结束")


class UnitReportQuerySet(models.QuerySet["UnitReport"]):
    def visible_to(self, actor) -> UnitReportQuerySet:
        """Return those of the actor's land, and of the units whose registers the actor keeps."""
        return self.filter(
            desk_reach(actor, "community__path") | unit_reach(actor, READERS, column="unit__path")
        )

    def standing(self, on: date) -> UnitReportQuerySet:
        """Return those confirmed and not due for renewal before the day."""
        return self.filter(state=State.CONFIRMED, renew_by__gte=on)


class UnitReport(models.Model):
    """A unit's party organisation has reported to the community where it sits (S2.36, S3.22)."""

    State = State

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="unit_reports", verbose_name=_("单位党组织")
    )
    resident = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("驻区单位")
    )
    community = models.ForeignKey(
        Region, models.PROTECT, related_name="unit_reports", verbose_name=_("报到社区")
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.FILED)
    contact = models.CharField(_("联系人"), max_length=40)
    phone_sealed = models.TextField(blank=True, default="")
    offers = models.CharField(_("可以提供的资源"), max_length=300, blank=True, default="")
    filed_at = models.DateTimeField(_("报到时间"))
    filed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("报到人"))
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    renew_by = models.DateField(_("续报期限"))
    ended_on = models.DateField(null=True)
    end_note = models.CharField(max_length=100, blank=True, default="")

    objects = UnitReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("单位报到")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "community"],
                condition=~Q(state="ended"),
                name="one_report_of_a_unit",
            )
        ]
        indexes = [models.Index(fields=["community", "state"], name="unit_report_place")]

    def __str__(self) -> str:
        return f"{self.unit} → {self.community}"


class PactQuerySet(models.QuerySet["Pact"]):
    def visible_to(self, actor) -> PactQuerySet:
        return self.filter(
            desk_reach(actor, "report__community__path")
            | unit_reach(actor, READERS, column="report__unit__path")
        )

    def in_force(self, on: date) -> PactQuerySet:
        """Return those that both sides have signed and that hold on the day."""
        return self.filter(
            unit_signed_at__isnull=False,
            community_signed_at__isnull=False,
            from_date__lte=on,
            to_date__gte=on,
        )


class Pact(models.Model):
    """A co-building pact (共建协议): its terms, signed by both sides, from a day to a day (S2.36)."""

    report = models.ForeignKey(UnitReport, models.PROTECT, related_name="pacts")
    previous = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="renewal", verbose_name=_("续签自")
    )
    title = models.CharField(_("名称"), max_length=80)
    text = models.TextField(_("约定内容"))
    from_date = models.DateField(_("生效日期"))
    to_date = models.DateField(_("到期日期"))
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    unit_signed_at = models.DateTimeField(_("单位签字时间"), null=True)
    unit_signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    community_signed_at = models.DateTimeField(_("社区签字时间"), null=True)
    community_signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reminded_at = models.DateTimeField(null=True)

    objects = PactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("共建协议")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date__gt=F("from_date")), name="pact_ends_after_it_begins"
            )
        ]
        indexes = [
            models.Index(
                fields=["to_date"], condition=Q(reminded_at__isnull=True), name="pact_to_remind"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_signed(self) -> bool:
        return bool(self.unit_signed_at and self.community_signed_at)


class PactTaskQuerySet(models.QuerySet["PactTask"]):
    def visible_to(self, actor) -> PactTaskQuerySet:
        return self.filter(
            desk_reach(actor, "pact__report__community__path")
            | unit_reach(actor, READERS, column="pact__report__unit__path")
        )


class PactTask(models.Model):
    """Something a pact promises, with the day it is due and the proof that it was done."""

    pact = models.ForeignKey(Pact, models.PROTECT, related_name="tasks")
    title = models.CharField(_("任务"), max_length=80)
    due_on = models.DateField(_("完成期限"))
    done_on = models.DateField(_("完成日期"), null=True)
    proof = models.CharField(_("完成情况"), max_length=500, blank=True, default="")
    reported_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = PactTaskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("共建任务")
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return self.title


class MemberReportQuerySet(models.QuerySet["MemberReport"]):
    def visible_to(self, actor) -> MemberReportQuerySet:
        """Return one's own, those to the land the actor acts for, those of units kept."""
        return self.filter(
            Q(person__user=actor.pk)
            | desk_reach(actor, "community__path")
            | unit_reach(actor, READERS, column="unit__path")
        )

    def standing(self, on: date) -> MemberReportQuerySet:
        """Return those confirmed and not due for renewal before the day."""
        return self.filter(state=State.CONFIRMED, renew_by__gte=on)

    def open(self) -> MemberReportQuerySet:
        return self.exclude(state=State.ENDED)


class MemberReport(models.Model):
    """A member serves where they live, whatever their home branch (S0.41, S2.37, S3.22).

    Holds what serving needs and no more; after it ended, what they wished for and could do is
    wiped on `erase_on` (minimum necessary, PIPL §6, §19).
    """

    State = State

    class End(models.TextChoices):
        MOVED = "moved", _("搬家")
        WITHDRAWN = "withdrawn", _("本人撤回")
        REFUSED = "refused", _("社区未确认")
        LAPSED = "lapsed", _("到期未续")
        LEFT = "left", _("不再是党员或转出")

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="member_reports", verbose_name=_("党员")
    )
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="member_reports", verbose_name=_("所在党组织")
    )
    community = models.ForeignKey(
        Region, models.PROTECT, related_name="member_reports", verbose_name=_("居住社区")
    )
    grid = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="+", verbose_name=_("服务网格")
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.FILED)
    end = models.CharField(max_length=10, choices=End, blank=True, default="")
    # Codes of kinds of service, and when they can: "weekday", "evening", "weekend".
    wants = models.JSONField(_("愿意做的"), default=list)
    times = models.JSONField(_("方便的时间"), default=list)
    note = models.CharField(_("特长"), max_length=100, blank=True, default="")
    filed_at = models.DateTimeField(_("报到时间"))
    filed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # When they were told what this is kept for, and agreed.
    agreed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    renew_by = models.DateField(_("续报期限"))
    reminded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_note = models.CharField(max_length=100, blank=True, default="")
    erase_on = models.DateField(null=True)

    objects = MemberReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党员报到")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=~Q(state="ended"), name="one_report_of_a_member"
            )
        ]
        indexes = [
            models.Index(fields=["community", "state"], name="member_report_place"),
            models.Index(fields=["unit", "state"], name="member_report_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.community}"
