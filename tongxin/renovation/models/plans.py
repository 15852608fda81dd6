"""One plan for each place (一村（居）一策, S1.28): its stages, parts, difficulties and what it came to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.orgs.scope import reach
from tongxin.photos.models import Photo

from .campaigns import READERS, Mode
from .sites import Site


class OfSiteQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Return what belongs to places on the land of the actor's posts."""
        return self.filter(reach(actor, READERS, column="site__path"))


class SitePlan(models.Model):
    """The plan of a place. The database holds one for each place; a second one cannot be."""

    class State(models.TextChoices):
        DRAFT = "draft", _("编制中")
        SUBMITTED = "submitted", _("待审议")
        APPROVED = "approved", _("已通过")
        RETURNED = "returned", _("退回修改")

    site = models.OneToOneField(
        Site, models.PROTECT, related_name="plan", verbose_name=_("改造点位")
    )
    mode = models.CharField(_("方式"), max_length=8, choices=Mode)
    text = models.TextField(_("方案"))
    # The task sheet (任务书, S1.34): [{"what", "who", "by"}].
    tasks = models.JSONField(_("任务书"), default=list)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.DRAFT)
    builder = models.CharField(_("施工单位"), max_length=100, blank=True, default="")
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("施工负责人")
    )
    # The standing committee that reviews it and what it decided (S1.23).
    committee = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("审议机构")
    )
    submitted_at = models.DateTimeField(_("提请时间"), null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("提请人"),
    )  # fmt: skip
    decided_on = models.DateField(_("审议日期"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("登记人"),
    )  # fmt: skip
    decision = models.CharField(_("审议意见"), max_length=300, blank=True, default="")
    # Three dates (S1.45): 早开工、早建成、早使用.
    started_on = models.DateField(_("开工"), null=True)
    built_on = models.DateField(_("建成"), null=True)
    used_on = models.DateField(_("使用"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("编制人")
    )
    at = models.DateTimeField(_("编制时间"))

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("改造方案")
        constraints = [
            models.CheckConstraint(
                condition=Q(built_on=None)
                | Q(started_on__isnull=False, built_on__gte=F("started_on")),
                name="built_after_it_was_begun",
            ),
            models.CheckConstraint(
                condition=Q(used_on=None) | Q(built_on__isnull=False, used_on__gte=F("built_on")),
                name="used_after_it_was_built",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(decided_on__isnull=False, committee__isnull=False),
                name="an_approved_plan_was_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} · {self.get_mode_display()}"


class PlanStage(models.Model):
    """A stage counted back from the campaign's last day; its days move by an approved slip only."""

    plan = models.ForeignKey(SitePlan, models.CASCADE, related_name="stages")
    place = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20)
    name = models.CharField(_("工序"), max_length=30)
    start_on = models.DateField(_("开始"))
    end_on = models.DateField(_("截止"))
    done_on = models.DateField(_("完成"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("工序")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="one_stage_of_a_plan"),
            models.CheckConstraint(
                condition=Q(end_on__gte=F("start_on")), name="stage_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SlipRequest(models.Model):
    """A wish to end a stage later, and the answer of somebody else. No stage moves without one (S1.29)."""

    class Verdict(models.TextChoices):
        WAITING = "", _("待审批")
        APPROVED = "approved", _("同意")
        REFUSED = "refused", _("不同意")

    stage = models.ForeignKey(PlanStage, models.CASCADE, related_name="slips")
    site = models.ForeignKey(Site, models.CASCADE, related_name="slips")
    from_on = models.DateField(_("原截止"))
    to_on = models.DateField(_("申请调整到"))
    reason = models.CharField(_("理由"), max_length=300)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    asked_at = models.DateTimeField(_("申请时间"))
    verdict = models.CharField(_("结论"), max_length=8, choices=Verdict, blank=True, default="")
    note = models.CharField(_("审批意见"), max_length=300, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("审批人"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("审批时间"), null=True)

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("工序调整")
        constraints = [
            models.UniqueConstraint(
                fields=["stage"], condition=Q(verdict=""), name="one_slip_waits"
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | ~Q(decided_by=F("asked_by")),
                name="slip_decided_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} → {self.to_on}"


class Difficulty(models.Model):
    """What holds a place up (S1.24): land, funds …; carried up level by level until it is solved."""

    class Kind(models.TextChoices):
        LAND = "land", _("土地")
        FUNDS = "funds", _("资金")
        HOUSE = "house", _("房源")
        APPROVAL = "approval", _("手续")
        OTHER = "other", _("其他")

    class Level(models.TextChoices):
        STREET = "street", _("街镇协调")
        DISTRICT = "district", _("区级协调")
        CITY = "city", _("市级协调")

    site = models.ForeignKey(Site, models.CASCADE, related_name="difficulties")
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    text = models.CharField(_("难点"), max_length=300)
    level = models.CharField(_("协调层级"), max_length=8, choices=Level, default=Level.STREET)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    raised_at = models.DateTimeField(_("提出时间"))
    escalated_at = models.DateTimeField(_("提级时间"), null=True)
    solved_on = models.DateField(_("解决日期"), null=True)
    solution = models.CharField(_("解决办法"), max_length=300, blank=True, default="")
    solved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("解决人"),
    )  # fmt: skip

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("难点问题")
        indexes = [
            models.Index(fields=["site"], condition=Q(solved_on=None), name="difficulties_open")
        ]

    def __str__(self) -> str:
        return self.text[:40]


class SitePart(models.Model):
    """A department's part in a place's plan (S1.42), or what a leader decided on the spot: a case."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="site_part")
    site = models.ForeignKey(Site, models.PROTECT, related_name="parts")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("责任部门"))
    what = models.CharField(_("任务"), max_length=200)
    due_on = models.DateField(_("期限"))

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("部门任务")
        indexes = [models.Index(fields=["site"], name="parts_of_a_site")]

    def __str__(self) -> str:
        return self.what[:40]


class Acceptance(models.Model):
    """A place looked at, item by item, with photos, by another than who built it (S1.30, S1.36, S1.37)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="acceptances")
    on = models.DateField(_("验收日期"))
    # {code of the criterion: {"ok": bool, "note": str}}
    answers = models.JSONField(_("逐项结果"), default=dict)
    passed = models.BooleanField(_("通过"))
    note = models.CharField(_("验收意见"), max_length=300, blank=True, default="")
    photos = models.ManyToManyField(Photo, blank=True, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("验收人")
    )
    at = models.DateTimeField(_("登记时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("验收")

    def __str__(self) -> str:
        return f"{self.site} {self.on}"


class UseCheck(models.Model):
    """A look at how a place is used after it opened: is it open, used rightly, not put to other ends."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="use_checks")
    on = models.DateField(_("检查日期"))
    is_open = models.BooleanField(_("正常开放"))
    is_own_use = models.BooleanField(_("没有挪作他用"))
    is_posted = models.BooleanField(_("服务信息已公示"))
    note = models.CharField(_("情况"), max_length=300, blank=True, default="")
    passed = models.BooleanField(_("规范使用"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("检查人")
    )
    at = models.DateTimeField(_("登记时间"))

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("使用检查")

    def __str__(self) -> str:
        return f"{self.site} {self.on}"
