"""An election of a party unit: candidates, rounds of voting, votes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Person

from .sight import UnitRows
from .terms import Term


class Election(models.Model):
    """One change of committee (换届), from the decision to the posts."""

    class Step(models.TextChoices):
        DECIDED = "decided", _("已决定，待请示")
        ASKED = "asked", _("已请示，待批复")
        AGREED = "agreed", _("已批复，提名候选人")
        PROPOSED = "proposed", _("候选人待批复")
        READY = "ready", _("待召开大会")
        AGAIN = "again", _("待再次投票")
        ELECTED = "elected", _("委员已选出，待选书记")
        CHOSEN = "chosen", _("已选出，待报批")
        REPORTED = "reported", _("结果待批复")
        APPROVED = "approved", _("结果已批复，待任职")
        CLOSED = "closed", _("已完成")
        VOID = "void", _("已取消")

    OVER = (Step.CLOSED, Step.VOID)

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="elections", verbose_name=_("党组织")
    )
    term = models.ForeignKey(
        Term, models.PROTECT, null=True, related_name="elections", verbose_name=_("本届任期")
    )
    step = models.CharField(_("进度"), max_length=10, choices=Step, default=Step.DECIDED)
    seats = models.PositiveSmallIntegerField(_("应选名额"))
    has_committee = models.BooleanField(_("设委员会"), default=True)
    decided_on = models.DateField(_("决定换届日期"))
    rule = models.CharField(_("规则版本"), max_length=12)
    note = models.CharField(_("说明"), max_length=500, blank=True, default="")
    held_on = models.DateField(_("大会日期"), null=True, blank=True)
    closed_on = models.DateField(_("完成日期"), null=True, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = UnitRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("换届选举")
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                condition=~Q(step__in=["closed", "void"]),
                name="one_running_election",
            ),
            models.CheckConstraint(condition=Q(seats__gte=1), name="election_has_seats"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.decided_on:%Y} 换届"


class Candidate(models.Model):
    """Somebody who stands; what they became is written when the votes are counted."""

    class Result(models.TextChoices):
        OPEN = "", _("待选举")
        COMMISSIONER = "commissioner", _("当选委员")
        SECRETARY = "secretary", _("当选书记")
        NOT = "not", _("未当选")

    election = models.ForeignKey(Election, models.CASCADE, related_name="candidates")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("候选人"))
    result = models.CharField(_("结果"), max_length=12, choices=Result, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("候选人")
        constraints = [
            models.UniqueConstraint(fields=["election", "person"], name="candidate_once")
        ]

    def __str__(self) -> str:
        return str(self.person)


class Round(models.Model):
    """One ballot: who could vote, who came, the papers out and in."""

    class Office(models.TextChoices):
        COMMISSIONER = "commissioner", _("选举委员")
        SECRETARY = "secretary", _("选举书记")

    election = models.ForeignKey(Election, models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField(_("轮次"))
    office = models.CharField(_("选举内容"), max_length=12, choices=Office)
    held_on = models.DateField(_("日期"))
    place = models.CharField(_("地点"), max_length=80, blank=True, default="")
    seats = models.PositiveSmallIntegerField(_("应选名额"))
    entitled = models.PositiveIntegerField(_("应到会有选举权人数"))
    present = models.PositiveIntegerField(_("实到会有选举权人数"))
    issued = models.PositiveIntegerField(_("发出选票"))
    returned = models.PositiveIntegerField(_("收回选票"))
    valid = models.PositiveIntegerField(_("有效票"))
    tellers = models.CharField(_("监票人、计票人"), max_length=80)
    fewer = models.BooleanField(_("同意减少名额"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("投票")
        constraints = [
            models.UniqueConstraint(fields=["election", "number"], name="round_number"),
            models.CheckConstraint(
                condition=Q(returned__lte=models.F("issued"))
                & Q(valid__lte=models.F("returned"))
                & Q(present__lte=models.F("entitled")),
                name="ballots_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.election} 第 {self.number} 轮"


class Vote(models.Model):
    """What one candidate got in one round."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="votes")
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="votes")
    in_favour = models.PositiveIntegerField(_("赞成"))
    against = models.PositiveIntegerField(_("不赞成"))
    abstained = models.PositiveIntegerField(_("弃权"))
    is_elected = models.BooleanField(_("当选"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("得票")
        constraints = [models.UniqueConstraint(fields=["round", "candidate"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.candidate} {self.in_favour}"
