"""What a secretary promised, what each level answers for, and the points leaders keep contact with."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.dual_report.models import ContactPoint
from tongxin.orgs.scope import reach

from .common import OVERSEERS, PARTY, of_org, org_key
from .programmes import Task
from .targets import Target


class PromiseQuerySet(models.QuerySet["Promise"]):
    def visible_to(self, actor) -> PromiseQuerySet:
        return self.filter(of_org(actor) | Q(person=actor.pk))


class Promise(models.Model):
    """What a secretary promised when reporting on the work of the Party (S1.5), checked at year-end.

    `verdict` is a person's; what the linked figures say is shown beside it (`queries.appraise`).
    """

    class Verdict(models.TextChoices):
        OPEN = "", _("待考核")
        KEPT = "kept", _("已兑现")
        PARTLY = "partly", _("部分兑现")
        NOT = "not", _("未兑现")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("承诺人")
    )
    org = org_key(_("单位"))
    year = models.PositiveSmallIntegerField(_("年度"))
    n = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("承诺"), max_length=300)
    measures = models.CharField(_("兑现措施"), max_length=500, blank=True, default="")
    targets = models.ManyToManyField(Target, blank=True, related_name="promises")
    tasks = models.ManyToManyField(Task, blank=True, related_name="promises")
    verdict = models.CharField(_("考核"), max_length=6, choices=Verdict, blank=True, default="")
    why = models.CharField(_("考核理由"), max_length=500, blank=True, default="")
    figures = models.CharField(_("考核时的数据"), max_length=500, blank=True, default="")
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("考核人"),
    )  # fmt: skip
    judged_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("书记承诺")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "org", "year", "n"], name="one_promise_of_a_number"
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | ~Q(judged_by=models.F("person")),
                name="promise_judged_by_another",
            ),
        ]
        indexes = [models.Index(fields=["year", "org"], name="promise_of_year")]

    def __str__(self) -> str:
        return self.text


class DutyBookQuerySet(models.QuerySet["DutyList"]):
    def public(self) -> DutyBookQuerySet:
        """What each level answers for is no secret."""
        return self

    def on(self, day: date) -> DutyBookQuerySet:
        rows = self.filter(effective_from__lte=day)
        return rows.filter(Q(effective_to=None) | Q(effective_to__gt=day)).order_by("pk")


class DutyList(models.Model):
    """What one level answers for in the work of the Party in town and village (S3.3, S3.9, S3.10).

    Of `level` leader it is the checklist of a contact point (七个一, S3.6).
    """

    class Level(models.TextChoices):
        DISTRICT = "district", _("区")
        STREET = "street", _("街镇")
        COMMUNITY = "community", _("社区（村）")
        LEADER = "leader", _("联系点领导")

    class Responsibility(models.TextChoices):
        FIRST = "first", _("第一责任")
        DIRECT = "direct", _("直接责任")
        SPECIFIC = "specific", _("具体责任")
        CONTACT = "contact", _("包抓联系")

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"))
    name = models.CharField(_("名称"), max_length=60)
    level = models.CharField(_("层级"), max_length=10, choices=Level)
    responsibility = models.CharField(_("责任"), max_length=8, choices=Responsibility)
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)

    objects = DutyBookQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("责任清单")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_duty_list_of_a_version")
        ]

    def __str__(self) -> str:
        return self.name


class DutyItemQuerySet(models.QuerySet["DutyItem"]):
    def public(self) -> DutyItemQuerySet:
        """As public as its list."""
        return self


class DutyItem(models.Model):
    """One thing answered for, and what proves that it was done."""

    list = models.ForeignKey(DutyList, models.CASCADE, related_name="items")
    n = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("责任内容"), max_length=200)
    proof = models.CharField(_("佐证"), max_length=100, blank=True, default="")

    objects = DutyItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("责任事项")
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["list", "n"], name="one_duty_of_a_number")]

    def __str__(self) -> str:
        return self.text


class DutyTickQuerySet(models.QuerySet["DutyTick"]):
    def visible_to(self, actor) -> DutyTickQuerySet:
        over = reach(actor, (*OVERSEERS, *PARTY), column="point__region__path")
        return self.filter(of_org(actor) | over | Q(point__leader=actor.pk))


class DutyTick(models.Model):
    """That a duty was done in a quarter, by a unit or at a leader's contact point, with its evidence."""

    item = models.ForeignKey(DutyItem, models.PROTECT, related_name="ticks")
    org = org_key(_("单位"), null=True)
    point = models.ForeignKey(ContactPoint, models.PROTECT, null=True, related_name="+")
    year = models.PositiveSmallIntegerField(_("年度"))
    quarter = models.PositiveSmallIntegerField(_("季度"))
    note = models.CharField(_("做了什么、凭什么"), max_length=300)
    source_kind = models.CharField(max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=40, blank=True, default="")
    source_label = models.CharField(max_length=120, blank=True, default="")
    source_url = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = DutyTickQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("履责记录")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "org", "year", "quarter"], condition=Q(org__isnull=False),
                name="one_tick_of_a_unit",
            ),
            models.UniqueConstraint(
                fields=["item", "point", "year", "quarter"], condition=Q(point__isnull=False),
                name="one_tick_of_a_point",
            ),
            models.CheckConstraint(
                condition=Q(org=None, point__isnull=False) | Q(org__isnull=False, point=None),
                name="tick_of_a_unit_or_a_point",
            ),
            models.CheckConstraint(
                condition=Q(quarter__gte=1, quarter__lte=4), name="tick_in_a_quarter"
            ),
        ]  # fmt: skip


class DemonstrationQuerySet(models.QuerySet["Demonstration"]):
    def visible_to(self, actor) -> DemonstrationQuerySet:
        over = reach(actor, (*OVERSEERS, *PARTY), column="point__region__path")
        return self.filter(over | Q(point__leader=actor.pk) | Q(state="shown"))


class Demonstration(models.Model):
    """A contact point that is made, then shown as a demonstration point (示范点, S3.6)."""

    class State(models.TextChoices):
        BUILDING = "building", _("培育中")
        SHOWN = "shown", _("示范点")
        ENDED = "ended", _("已撤销")

    point = models.OneToOneField(ContactPoint, models.PROTECT, related_name="demonstration")
    theme = models.CharField(_("示范主题"), max_length=60)
    plan = models.CharField(_("打造措施"), max_length=500)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.BUILDING)
    named_on = models.DateField(_("命名日期"), null=True)
    why = models.CharField(_("命名或撤销理由"), max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = DemonstrationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("示范点")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="shown") | Q(named_on__isnull=False), name="shown_since_a_day"
            )
        ]
