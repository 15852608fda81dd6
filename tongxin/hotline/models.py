"""Calls, promises to call back, quick answers, and the orders another hotline hands over."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region

# Who takes calls, and who overlooks those who do. Nobody else reads who called.
OPERATORS = ("operator",)
OVERSEERS = ("operator", "officer")


class OfLandQuerySet(models.QuerySet):
    """Rows of a desk, which belongs to a piece of land."""

    def visible_to(self, actor):
        """Return those of the land where the actor takes calls or is the officer."""
        return self.filter(reach(actor, OVERSEERS, column="region__path"))


class CallQuerySet(OfLandQuerySet):
    def running(self, operator):
        return self.filter(operator=operator, ended_at__isnull=True)


class Call(models.Model):
    """A conversation at the desk. Who called is sealed, and found again by exact number only.

    While it runs, `draft` holds what the operator has written so far; nothing of it is filed.
    """

    class Outcome(models.TextChoices):
        NONE = "", _("通话中")
        FILED = "filed", _("已建单")
        ANSWERED = "answered", _("当场答复")
        ADDED = "added", _("补充到原单")
        URGED = "urged", _("代为催单")
        RATED = "rated", _("代为评单")
        LATER = "later", _("约定回拨")
        NOTHING = "nothing", _("无效来电")

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("坐席"))
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("话务员")
    )
    phone_sealed = models.TextField(blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, default="", db_index=True)
    started_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"), null=True)
    outcome = models.CharField(
        _("结果"), max_length=10, choices=Outcome, blank=True, default=Outcome.NONE
    )
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="calls")
    # What was asked, and what was said, of a call that opened no case.
    asked = models.CharField(_("问题"), max_length=500, blank=True, default="")
    answer = models.TextField(_("答复"), blank=True, default="")
    draft = models.JSONField(default=dict)
    drafted_at = models.DateTimeField(null=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("来电")
        constraints = [
            models.UniqueConstraint(
                fields=["operator"], condition=Q(ended_at__isnull=True), name="one_call_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="call_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="")
                | Q(ended_at__isnull=False) & ~Q(outcome=""),
                name="call_ends_with_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["region", "-id"], name="calls_of_desk")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} · {self.get_outcome_display()}"


class CallBack(models.Model):
    """Somebody was promised a call, or has to be asked how it went."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    call = models.ForeignKey(Call, models.PROTECT, null=True, related_name="call_backs")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    phone_sealed = models.TextField()
    due_at = models.DateTimeField(_("约定时间"))
    reason = models.CharField(_("事由"), max_length=200)
    tries = models.PositiveSmallIntegerField(_("已拨"), default=0)
    done_at = models.DateTimeField(_("完成时间"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    result = models.CharField(_("结果"), max_length=300, blank=True, default="")

    objects = OfLandQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("回拨")
        constraints = [
            # Somebody is asked once how it went, whichever worker notices that it is done.
            models.UniqueConstraint(
                fields=["case"], condition=Q(case__isnull=False), name="one_call_back_of_a_case"
            )
        ]
        indexes = [
            models.Index(
                fields=["region", "due_at"], name="call_backs_due", condition=Q(done_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.reason


class QuickAnswerQuerySet(models.QuerySet["QuickAnswer"]):
    def visible_to(self, actor) -> QuickAnswerQuerySet:
        """Return all of them, those out of use too, to who works at a hotline or installs it."""
        works_here = any(post.role in OVERSEERS for post in posts_of(actor))
        return self if works_here or actor.is_superuser else self.none()

    def public(self) -> QuickAnswerQuerySet:
        """What a hotline answers to everybody is public knowledge."""
        return self.filter(is_active=True)


class QuickAnswer(models.Model):
    """What is said to a question that comes every day, with where it is written."""

    code = models.CharField(_("代码"), max_length=12, unique=True)
    title = models.CharField(_("问题"), max_length=60)
    text = models.TextField(_("答复"), max_length=1000)
    keywords = models.CharField(_("常用说法"), max_length=200, blank=True, default="")
    source = models.CharField(_("出处"), max_length=120, blank=True, default="")
    checked_on = models.DateField(_("核对日期"), null=True, blank=True)
    is_sample = models.BooleanField(_("样例"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)

    objects = QuickAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("常用答复")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class AnswerVersion(models.Model):
    """What a quick answer said from a moment on, and who wrote it; never changed."""

    answer = models.ForeignKey(QuickAnswer, models.CASCADE, related_name="versions")
    seq = models.PositiveIntegerField(_("版本"))
    title = models.CharField(max_length=60)
    text = models.TextField()
    keywords = models.CharField(max_length=200, blank=True, default="")
    source = models.CharField(max_length=120, blank=True, default="")
    checked_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True)
    at = models.DateTimeField(null=True)  # null: as it was before the first change
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer", "seq"], name="one_version_of_an_answer")
        ]


class OutsideOrder(models.Model):
    """An order of another hotline (12345): its own number makes it one case, however often it comes.

    `print` is of what it said, so that a changed order is noticed.
    """

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("来文单位"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    number = models.CharField(_("来文编号"), max_length=60)
    case = models.OneToOneField(Case, models.PROTECT, related_name="outside_order")
    print = models.CharField(max_length=64)
    versions = models.PositiveSmallIntegerField(default=1)
    deadline = models.DateTimeField(_("来文时限"), null=True)
    caller_sealed = models.TextField(blank=True, default="")
    topic_hint = models.CharField(_("来文分类"), max_length=60, blank=True, default="")
    reminded_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(_("收到时间"))
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfLandQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("来文工单")
        constraints = [
            models.UniqueConstraint(fields=["org", "number"], name="one_case_of_an_order")
        ]
        indexes = [
            models.Index(fields=["region", "-id"], name="orders_of_desk"),
            models.Index(
                fields=["deadline"],
                name="orders_to_remind",
                condition=Q(deadline__isnull=False, reminded_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number
