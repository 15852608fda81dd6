"""One project for each village (一村一策一项目), subsidies after building, help with selling."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.funds.models import Allocation
from tongxin.orgs.models import Org
from tongxin.orgs.scope import reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .incomes import READERS, USER


class VillageProjectQuerySet(models.QuerySet["VillageProject"]):
    def visible_to(self, actor) -> VillageProjectQuerySet:
        return self.filter(reach(actor, READERS, column="village__path"))

    def running(self) -> VillageProjectQuerySet:
        return self.exclude(state__in=VillageProject.OVER)


class VillageProject(models.Model):
    """The project by which a village earns. One runs at a time; money for it is in the ledger of funds."""

    class State(models.TextChoices):
        PLANNED = "planned", _("谋划中")
        BUILDING = "building", _("建设中")
        EARNING = "earning", _("已见效")
        ENDED = "ended", _("已结束")
        STOPPED = "stopped", _("已中止")

    OVER = (State.ENDED, State.STOPPED)

    village = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("村（社区）")
    )
    title = models.CharField(_("项目"), max_length=80)
    # 一策: how this village, of all, is to earn by it.
    policy = models.CharField(_("发展思路"), max_length=300)
    industry = models.CharField(_("产业"), max_length=40, blank=True, default="")
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.PLANNED)
    started_on = models.DateField(_("开始日期"))
    earns_by = models.DateField(_("预计见效日期"))
    planned_fen = models.PositiveBigIntegerField(_("计划投资（分）"), default=0)
    goal_fen = models.PositiveBigIntegerField(_("年收入目标（分）"), default=0)
    helper = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("帮扶单位")
    )
    result = models.CharField(_("成效"), max_length=300, blank=True, default="")
    over_on = models.DateField(_("结束日期"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    at = models.DateTimeField(_("登记时间"))

    objects = VillageProjectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("村集体经济项目")
        constraints = [
            models.UniqueConstraint(
                fields=["village"],
                condition=Q(state__in=("planned", "building", "earning")),
                name="one_project_of_a_village",
            ),
            models.CheckConstraint(
                condition=Q(earns_by__gte=F("started_on")), name="village_project_days"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class VillageStage(models.Model):
    """A step of a project with its day, and what shows that it was done."""

    project = models.ForeignKey(VillageProject, models.PROTECT, related_name="stages")
    seq = models.PositiveSmallIntegerField(_("序号"))
    name = models.CharField(_("阶段"), max_length=40)
    due_on = models.DateField(_("计划完成"))
    done_on = models.DateField(_("完成日期"), null=True)
    note = models.CharField(_("完成情况"), max_length=200, blank=True, default="")
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    done_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("项目阶段")
        constraints = [
            models.UniqueConstraint(fields=["project", "seq"], name="one_stage_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.name}"


class BuildSubsidyQuerySet(models.QuerySet["BuildSubsidy"]):
    def visible_to(self, actor) -> BuildSubsidyQuerySet:
        return self.filter(reach(actor, READERS, column="project__village__path"))


class BuildSubsidy(models.Model):
    """先建后补 (S4.50): what a village builds first; money is given for it after acceptance, never before.

    A household's own plan and subsidy are in `secretaries`; this is what a village's project gets.
    """

    class State(models.TextChoices):
        APPLIED = "applied", _("已申报")
        BUILT = "built", _("已建成，待验收")
        FAILED = "failed", _("验收不合格")
        ACCEPTED = "accepted", _("验收合格")
        GRANTED = "granted", _("已拨付")
        REFUSED = "refused", _("不予补助")

    project = models.ForeignKey(
        VillageProject, models.PROTECT, related_name="subsidies", verbose_name=_("项目")
    )
    title = models.CharField(_("建设内容"), max_length=120)
    asked_fen = models.PositiveBigIntegerField(_("申报补助（分）"))
    granted_fen = models.PositiveBigIntegerField(_("核定补助（分）"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.APPLIED)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("申报人"))
    at = models.DateTimeField(_("申报时间"))
    built_on = models.DateField(_("建成日期"), null=True)
    built_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    proof = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    accepted_on = models.DateField(_("验收日期"), null=True)
    accepted_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("验收人")
    )
    opinion = models.CharField(_("验收意见"), max_length=200, blank=True, default="")
    acceptance_proof = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    allocation = models.OneToOneField(
        Allocation, models.PROTECT, null=True, related_name="build_subsidy", verbose_name=_("拨付")
    )

    objects = BuildSubsidyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("先建后补")
        constraints = [
            models.CheckConstraint(condition=Q(asked_fen__gt=0), name="build_subsidy_asked"),
            models.CheckConstraint(
                condition=Q(granted_fen__lte=F("asked_fen")), name="build_subsidy_within"
            ),
            # Money is never given before somebody else has accepted what was built.
            models.CheckConstraint(
                condition=Q(allocation__isnull=True)
                | Q(state="granted", built_on__isnull=False, accepted_by__isnull=False),
                name="build_subsidy_after_acceptance",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by__isnull=True)
                | (~Q(accepted_by=F("by")) & ~Q(accepted_by=F("built_by"))),
                name="build_subsidy_by_two",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SalesHelpQuerySet(models.QuerySet["SalesHelp"]):
    def visible_to(self, actor) -> SalesHelpQuerySet:
        return self.filter(reach(actor, READERS, column="village__path"))


class SalesHelp(models.Model):
    """Help with selling what a village grows (网上帮卖): what, through which channel, for how much."""

    class Channel(models.TextChoices):
        ONLINE = "online", _("网上帮卖")
        UNIT = "unit", _("单位采购")
        FAIR = "fair", _("展销对接")
        OTHER = "other", _("其他")

    village = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("村（社区）")
    )
    product = models.CharField(_("产品"), max_length=60)
    channel = models.CharField(_("渠道"), max_length=8, choices=Channel, default=Channel.ONLINE)
    quantity = models.CharField(_("数量"), max_length=40, blank=True, default="")
    amount_fen = models.PositiveBigIntegerField(_("销售额（分）"))
    helper = models.CharField(_("帮卖单位"), max_length=80, blank=True, default="")
    on = models.DateField(_("日期"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    at = models.DateTimeField(_("登记时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = SalesHelpQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("帮助销售")
        indexes = [models.Index(fields=["village", "-on"], name="sales_of_village")]

    def __str__(self) -> str:
        return f"{self.village} {self.product}"
