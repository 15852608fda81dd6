"""The development of a member (发展党员): a file that runs for two years and more, step by step."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Membership, Org, Person

from .sight import SensitiveRows


class Admission(models.Model):
    """One person's file; `version` is the table of steps in force on the day they applied."""

    class State(models.TextChoices):
        OPEN = "open", _("培养中")
        DONE = "done", _("已转正归档")
        ENDED = "ended", _("已终止")

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="admissions", verbose_name=_("党组织")
    )
    membership = models.OneToOneField(
        Membership, models.PROTECT, related_name="admission", verbose_name=_("组织关系")
    )
    version = models.CharField(_("规则版本"), max_length=12)
    applied_on = models.DateField(_("申请日期"))
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.OPEN)
    # The next step and its last day, kept so that reminders need no arithmetic over all files.
    next_code = models.CharField(max_length=20)
    next_no = models.PositiveSmallIntegerField(default=1)
    due_on = models.DateField(_("最晚日期"), null=True)
    due_told = models.CharField(max_length=4, blank=True, default="")
    review_due_on = models.DateField(_("下次考察"), null=True)
    review_told = models.BooleanField(default=False)
    ended_on = models.DateField(_("终止日期"), null=True)
    end_reason = models.CharField(_("终止原因"), max_length=300, blank=True, default="")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = SensitiveRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("发展党员")
        indexes = [
            models.Index(fields=["due_on"], name="admission_due", condition=Q(state="open")),
            models.Index(
                fields=["review_due_on"], name="admission_review_due", condition=Q(state="open")
            ),
            models.Index(fields=["unit", "state"], name="admission_of_unit"),
        ]

    def __str__(self) -> str:
        return str(self.membership.person)


class AdmissionStep(models.Model):
    """A step taken, or a vote that did not pass (`failed`); a step is passed once."""

    class Result(models.TextChoices):
        DONE = "done", _("已完成")
        FAILED = "failed", _("表决未通过")

    admission = models.ForeignKey(Admission, models.CASCADE, related_name="steps")
    code = models.CharField(max_length=20)
    no = models.PositiveSmallIntegerField(_("步骤"))
    result = models.CharField(_("结果"), max_length=6, choices=Result, default=Result.DONE)
    started_on = models.DateField(_("开始日期"), null=True)
    done_on = models.DateField(_("完成日期"))
    hours = models.PositiveSmallIntegerField(_("学时"), null=True)
    entitled = models.PositiveIntegerField(_("应到会有表决权人数"), null=True)
    present = models.PositiveIntegerField(_("实到会有表决权人数"), null=True)
    in_favour = models.PositiveIntegerField(_("赞成"), null=True)
    written = models.PositiveIntegerField(_("书面意见"), null=True)
    late_days = models.PositiveIntegerField(_("超期天数"), default=0)
    late_reason = models.CharField(_("超期说明"), max_length=300, blank=True, default="")
    note = models.CharField(_("说明"), max_length=500, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("发展步骤")
        ordering = ("no", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["admission", "code"],
                condition=Q(result="done"),
                name="admission_step_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.admission} {self.no}"


class AdmissionReview(models.Model):
    """What the branch saw when it looked at an activist or a probationary member (考察)."""

    admission = models.ForeignKey(Admission, models.CASCADE, related_name="reviews")
    on = models.DateField(_("考察日期"))
    text = models.CharField(_("考察意见"), max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("培养考察")
        ordering = ("on", "pk")
        constraints = [models.UniqueConstraint(fields=["admission", "on"], name="one_review_a_day")]

    def __str__(self) -> str:
        return f"{self.admission} {self.on}"


class Helper(models.Model):
    """A full member who guides (培养联系人) or vouches for (入党介绍人) somebody."""

    class Role(models.TextChoices):
        MENTOR = "mentor", _("培养联系人")
        SPONSOR = "sponsor", _("入党介绍人")

    admission = models.ForeignKey(Admission, models.CASCADE, related_name="helpers")
    role = models.CharField(_("角色"), max_length=8, choices=Role)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("党员"))

    class Meta:
        verbose_name = verbose_name_plural = _("联系人和介绍人")
        constraints = [
            models.UniqueConstraint(fields=["admission", "role", "person"], name="helper_once")
        ]

    def __str__(self) -> str:
        return str(self.person)
