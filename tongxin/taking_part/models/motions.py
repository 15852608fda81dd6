"""Motions (议题): raised, supported, admitted, talked over, put to the vote, carried out, reported."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .common import watch_reach

User = settings.AUTH_USER_MODEL


class RaiserKind(models.TextChoices):
    """Who raises a motion: each has its own threshold of supporters."""

    RESIDENTS = "residents", _("居民（村民）")
    MEMBERS = "members", _("党员")
    OWNERS = "owners", _("业主")
    ORG = "org", _("单位、组织")


class MotionRuleQuerySet(models.QuerySet["MotionRule"]):
    def in_force(self, raiser: str, on: date) -> MotionRule | None:
        """Return the newest version of the rule for a kind of raiser on a day."""
        rows = self.filter(raiser=raiser, effective_from__lte=on)
        return rows.order_by("-effective_from", "-pk").first()

    def public(self) -> MotionRuleQuerySet:
        """Rules are for everybody to read."""
        return self.all()


class MotionRule(models.Model):
    """How many must support a motion and how long each stage takes; a new version supersedes."""

    raiser = models.CharField(_("由谁提出"), max_length=10, choices=RaiserKind)
    version = models.CharField(_("版本"), max_length=20)
    effective_from = models.DateField(_("施行日期"))
    supporters = models.PositiveSmallIntegerField(_("附议人数"))
    support_days = models.PositiveSmallIntegerField(_("征集附议天数"))
    answer_days = models.PositiveSmallIntegerField(_("答复天数"))
    discuss_days = models.PositiveSmallIntegerField(_("讨论天数"))
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = MotionRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("议题规则")
        constraints = [
            models.UniqueConstraint(fields=["raiser", "version"], name="one_motion_rule")
        ]

    def __str__(self) -> str:
        return f"{self.get_raiser_display()} {self.version}"


# Steps in which everybody may read a motion; what was refused is read by who raised it.
PUBLIC_STEPS = (
    "raised", "supported", "discussing", "ready", "voting", "passed", "carried", "closed",
    "rejected",
)  # fmt: skip
TALKING = ("discussing",)


class MotionQuerySet(models.QuerySet["Motion"]):
    def public(self) -> MotionQuerySet:
        return self.filter(case__step__in=PUBLIC_STEPS)

    def visible_to(self, actor) -> MotionQuerySet:
        """Return those of the land the actor looks after, and the actor's own."""
        return self.filter(
            watch_reach(actor, "community__path") | Q(raised_by=getattr(actor, "pk", None) or 0)
        )

    def readable_by(self, actor) -> MotionQuerySet:
        """Return what is public and what the actor sees besides."""
        return self.public() | self.visible_to(actor)


class Motion(models.Model):
    """What people of a community bring up for decision; its lifecycle is a case of the flow `motion`.

    Source: 《中共中央办公厅、国务院办公厅关于加强城乡社区协商的意见》 (2015): subjects, parties,
    forms and procedure of deliberation, results reported within the time set; article S3.34, S4.69.
    """

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="motion", verbose_name=_("事件单")
    )
    community = models.ForeignKey(
        Region, models.PROTECT, related_name="motions", verbose_name=_("社区（村）")
    )
    raiser = models.CharField(_("由谁提出"), max_length=10, choices=RaiserKind)
    raised_by = models.ForeignKey(User, models.PROTECT, related_name="motions")
    # The name as the public reads it: whole or masked, as the raiser chose.
    shown_as = models.CharField(_("公开署名"), max_length=60)
    org = models.ForeignKey(Org, models.PROTECT, null=True, blank=True, related_name="motions")
    rule = models.ForeignKey(MotionRule, models.PROTECT, related_name="+")
    # Counted under the lock of this row; the number needed is the rule's on the day it was raised.
    supports = models.PositiveIntegerField(_("附议人数"), default=0)
    needed = models.PositiveSmallIntegerField(_("须附议人数"))
    support_until = models.DateField(_("附议截止"))
    discuss_until = models.DateField(_("讨论截止"), null=True)
    reply = models.TextField(_("社区答复"), blank=True, default="")
    replied_at = models.DateTimeField(null=True)
    meeting = models.ForeignKey(
        Meeting, models.SET_NULL, null=True, related_name="motions", verbose_name=_("协商会议")
    )
    final_text = models.TextField(_("表决稿"), blank=True, default="")
    outcome = models.TextField(_("结果"), blank=True, default="")
    done_text = models.TextField(_("落实情况"), blank=True, default="")

    objects = MotionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("议题")
        indexes = [models.Index(fields=["community", "-case"], name="motions_of_community")]

    def __str__(self) -> str:
        return self.case.title

    @property
    def step_label(self):
        """What people call the step it stands in; the case must be at hand."""
        return self.case.flow.step_of[self.case.step].label


class Support(models.Model):
    """Somebody's support of a motion (附议); once each."""

    motion = models.ForeignKey(Motion, models.PROTECT, related_name="backing")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("附议")
        constraints = [
            models.UniqueConstraint(fields=["motion", "user"], name="supports_a_motion_once")
        ]


class StatementQuerySet(models.QuerySet["Statement"]):
    def public(self) -> StatementQuerySet:
        return self.filter(hidden_at__isnull=True)

    def visible_to(self, actor) -> StatementQuerySet:
        """Return all on the land the actor keeps, hidden ones too, and the actor's own."""
        return self.filter(
            watch_reach(actor, "motion__community__path") | Q(user=getattr(actor, "pk", None) or 0)
        )


class Statement(models.Model):
    """What somebody says to a motion. Hidden only with a reason that its author reads."""

    class Stance(models.TextChoices):
        FOR = "for", _("支持")
        AGAINST = "against", _("反对")
        OTHER = "other", _("建议")

    motion = models.ForeignKey(Motion, models.PROTECT, related_name="statements")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    shown_as = models.CharField(_("公开署名"), max_length=60)
    stance = models.CharField(_("态度"), max_length=8, choices=Stance, default=Stance.OTHER)
    text = models.CharField(_("意见"), max_length=500)
    at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    hidden_reason = models.CharField(_("隐藏理由"), max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("发言")
        constraints = [
            models.CheckConstraint(
                condition=Q(hidden_at__isnull=True) | ~Q(hidden_reason=""),
                name="hidden_statement_has_a_reason",
            ),
        ]
        indexes = [models.Index(F("motion"), F("id").desc(), name="statements_of_motion")]
