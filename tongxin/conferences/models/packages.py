"""Policy, project and money handed down as one package (S3.16); activities shared by units (S2.35)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.meetings.models import Meeting
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, READERS, reach, unit_reach
from tongxin.regions.models import Region

from ..scope import desk_reach, org_ids

USER = settings.AUTH_USER_MODEL


class PackageQuerySet(models.QuerySet["Package"]):
    def visible_to(self, actor) -> PackageQuerySet:
        """Return those of the actor's land, those one's unit hands down; a draft to its giver only."""
        over = desk_reach(actor, "street__path")
        over |= reach(actor, LAND_ROLES, column="street__path")
        giver = Q(org__in=org_ids(actor)) | unit_reach(actor, READERS, column="org__path")
        return self.filter(giver | (over & ~Q(state=Package.State.DRAFT)))


class Package(models.Model):
    """What a street gets in one packet: the policy, the projects under it, and the money."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草拟")
        ISSUED = "issued", _("已下放")
        CLOSED = "closed", _("已完成")

    street = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("街镇"))
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("下放单位"))
    year = models.PositiveSmallIntegerField(_("年度"))
    name = models.CharField(_("名称"), max_length=60)
    policy = models.TextField(_("政策"))
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.DRAFT)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    issued_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(_("下放时间"), null=True)
    closed_at = models.DateTimeField(_("完成时间"), null=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("打包下放")
        constraints = [
            models.UniqueConstraint(fields=["street", "year", "name"], name="package_of_a_street")
        ]

    def __str__(self) -> str:
        return self.name


class PackageItem(models.Model):
    """A project of a package, with its money and how far it is."""

    class Kind(models.TextChoices):
        MEDICAL = "medical", _("医疗卫生")
        LEGAL = "legal", _("法律援助")
        JOBS = "jobs", _("创业就业")
        ELDERLY = "elderly", _("养老助残")
        OTHER = "other", _("其他")

    class State(models.TextChoices):
        WAITING = "waiting", _("待实施")
        RUNNING = "running", _("实施中")
        DONE = "done", _("待确认")
        CONFIRMED = "confirmed", _("已落实")

    package = models.ForeignKey(Package, models.PROTECT, related_name="items")
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    title = models.CharField(_("项目"), max_length=80)
    amount_fen = models.PositiveBigIntegerField(_("资金（分）"), default=0)
    due_on = models.DateField(_("完成期限"))
    # The allocation of the ledger of money that carries it; what was paid is asked there.
    allocation = models.CharField(max_length=40, blank=True, default="")
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.WAITING)
    served = models.PositiveIntegerField(_("服务人次"), default=0)
    note = models.CharField(_("落实情况"), max_length=500, blank=True, default="")
    reported_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("下放项目")
        constraints = [
            models.UniqueConstraint(fields=["package", "title"], name="package_item_once")
        ]

    def __str__(self) -> str:
        return self.title


class JointActivityQuerySet(models.QuerySet["JointActivity"]):
    def visible_to(self, actor) -> JointActivityQuerySet:
        """Return those of the actor's land, and those one's units take part in."""
        over = desk_reach(actor, "region__path")
        over |= reach(actor, LAND_ROLES, column="region__path")
        parts = ActivityPart.objects.filter(org__in=org_ids(actor)).values("activity")
        return self.filter(over | Q(host__in=org_ids(actor)) | Q(pk__in=parts))


class JointActivity(models.Model):
    """Something several units do together (共同缔造)."""

    class State(models.TextChoices):
        PLANNED = "planned", _("已计划")
        HELD = "held", _("已开展")
        CANCELLED = "cancelled", _("已取消")

    title = models.CharField(_("活动"), max_length=80)
    text = models.CharField(_("内容"), max_length=500, blank=True, default="")
    series = models.CharField(_("系列"), max_length=10, blank=True, default="")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    place = models.CharField(_("地点"), max_length=100)
    host = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("牵头单位"))
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    meeting = models.OneToOneField(Meeting, models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.PLANNED)
    residents = models.PositiveIntegerField(_("参加居民"), default=0)
    result = models.CharField(_("开展情况"), max_length=500, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    held_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    held_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, null=True, unique=True, editable=False)

    objects = JointActivityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("共建活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="activity_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return self.title


class ActivityPartQuerySet(models.QuerySet["ActivityPart"]):
    def visible_to(self, actor) -> ActivityPartQuerySet:
        return self.filter(activity__in=JointActivity.objects.visible_to(actor))


class ActivityPart(models.Model):
    """A unit that takes part, whether it said yes, and with how many people."""

    class Answer(models.TextChoices):
        ASKED = "asked", _("待回复")
        JOINS = "joins", _("参加")
        DECLINES = "declines", _("不参加")

    activity = models.ForeignKey(JointActivity, models.CASCADE, related_name="parts")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("单位"))
    answer = models.CharField(_("回复"), max_length=8, choices=Answer, default=Answer.ASKED)
    brings = models.CharField(_("承担内容"), max_length=100, blank=True, default="")
    people = models.PositiveSmallIntegerField(_("人数"), default=0)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)

    objects = ActivityPartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("参加单位")
        constraints = [
            models.UniqueConstraint(fields=["activity", "org"], name="unit_takes_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.org} · {self.activity}"
