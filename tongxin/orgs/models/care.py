"""Looking after members: those on the move, those who help and are helped, those who grow."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from ..scope import READERS, unit_reach
from .org import Org
from .people import Membership, Person


class MobileStayQuerySet(models.QuerySet["MobileStay"]):
    def visible_to(self, actor) -> MobileStayQuerySet:
        """Return those of the home branch's readers, of the host branch's, and one's own."""
        return self.filter(
            unit_reach(actor, READERS, column="membership__unit__path")
            | unit_reach(actor, READERS, column="host__path")
            | Q(membership__person__user=actor.pk)
        )

    def open(self) -> MobileStayQuerySet:
        """Return those that have not ended."""
        return self.filter(back_on__isnull=True, membership__to_date__isnull=True)


class MobileStay(models.Model):
    """A member's time away from the home branch (流动党员), and the branch that looks after them."""

    class Why(models.TextChoices):
        WORK = "work", _("务工经商")
        FAMILY = "family", _("随子女或亲属居住")
        STUDY = "study", _("求学")
        OTHER = "other", _("其他")

    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="stays", verbose_name=_("组织关系")
    )
    since = models.DateField(_("外出日期"))
    place = models.CharField(_("外出地点"), max_length=80)
    why = models.CharField(_("外出原因"), max_length=8, choices=Why, default=Why.WORK)
    # 流动党员活动证
    certificate = models.CharField(_("活动证编号"), max_length=30, blank=True, default="")
    contact = models.CharField(_("支部联系人"), max_length=40, blank=True, default="")
    last_contact_on = models.DateField(_("最近联系日期"), null=True, blank=True)
    # The branch where they are, once they have reported to it (S3.43).
    host = models.ForeignKey(
        Org,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="guests",
        verbose_name=_("流入地党组织"),
    )
    reported_on = models.DateField(_("报到日期"), null=True, blank=True)
    back_on = models.DateField(_("返回日期"), null=True, blank=True)

    objects = MobileStayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("流动党员")
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=Q(back_on__isnull=True), name="one_stay_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(back_on__isnull=True) | Q(back_on__gte=F("since")),
                name="stay_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(host__isnull=True, reported_on__isnull=True)
                | Q(host__isnull=False, reported_on__isnull=False),
                name="stay_host_with_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["host"], name="guests_here", condition=Q(back_on__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.membership.person} · {self.place}"


class MemberPairingQuerySet(models.QuerySet["MemberPairing"]):
    def visible_to(self, actor) -> MemberPairingQuerySet:
        """Return one's own, and those of the members whose registers the actor reads."""
        kept = Membership.objects.standing().filter(unit_reach(actor, READERS, column="unit__path"))
        return self.filter(
            Q(helper__user=actor.pk)
            | Q(helped__user=actor.pk)
            | Exists(kept.filter(person=OuterRef("helper")))
            | Exists(kept.filter(person=OuterRef("helped")))
        )

    def standing(self) -> MemberPairingQuerySet:
        return self.filter(until__isnull=True)


class MemberPairing(models.Model):
    """A member who stands by an old member or one in hardship (结对帮扶, S2.48)."""

    helper = models.ForeignKey(
        Person, models.PROTECT, related_name="helps", verbose_name=_("帮扶党员")
    )
    helped = models.ForeignKey(
        Person, models.PROTECT, related_name="helped_by", verbose_name=_("帮扶对象")
    )
    aim = models.CharField(_("帮扶内容"), max_length=200)
    since = models.DateField(_("结对日期"))
    until = models.DateField(_("结束日期"), null=True, blank=True)
    outcome = models.CharField(_("帮扶成效"), max_length=200, blank=True, default="")
    # Kept by the action that writes a visit.
    visits_made = models.PositiveIntegerField(_("走访次数"), default=0)
    last_visit_on = models.DateField(_("最近走访"), null=True, blank=True)

    objects = MemberPairingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("结对帮扶")
        constraints = [
            models.UniqueConstraint(
                fields=["helper", "helped"], condition=Q(until__isnull=True), name="one_pairing"
            ),
            models.CheckConstraint(condition=~Q(helper=F("helped")), name="pairing_of_two"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="pairing_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.helper} → {self.helped}"


class PairingVisit(models.Model):
    """One visit of a pairing: what was seen and done, in a sentence."""

    pairing = models.ForeignKey(
        MemberPairing, models.PROTECT, related_name="visits", verbose_name=_("结对")
    )
    on = models.DateField(_("走访日期"))
    text = models.CharField(_("情况"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("记录人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("结对走访")
        constraints = [
            models.UniqueConstraint(fields=["pairing", "on"], name="one_visit_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.pairing} · {self.on}"


class GrowthEntry(models.Model):
    """A step in a member's working life that the party unit had a hand in (招聘培养, S4.78)."""

    class Kind(models.TextChoices):
        HIRED = "hired", _("招聘录用")
        TRAINED = "trained", _("培养培训")
        BACKBONE = "backbone", _("成长为骨干")

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="growth", verbose_name=_("人员")
    )
    # The unit that had a hand in it; its figures count it.
    unit = models.ForeignKey(Org, models.PROTECT, related_name="growth", verbose_name=_("党组织"))
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    on = models.DateField(_("日期"))
    text = models.CharField(_("内容"), max_length=120)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("记录人"),
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = _("成长记录")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "on", "text"], name="one_growth_entry"
            ),
        ]
        indexes = [models.Index(fields=["unit", "kind"], name="growth_of_unit")]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_kind_display()} · {self.on}"
