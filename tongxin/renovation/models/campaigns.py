"""The campaign: its fixed last day, its numbers with dates, who leads it and what follows it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

OVERSEERS = ("officer", "leader", "inspector")
ISSUERS = ("officer",)
# Who tells of a community's own place; officers may in their stead.
REPORTERS = ("dispatcher", "secretary", "verifier", "first_secretary", "officer")
READERS = (*OVERSEERS, "organiser", "commissioner", "grid_worker", *REPORTERS[:-1])


class PlaceKind(models.TextChoices):
    COMMUNITY = "community", _("社区")
    VILLAGE = "village", _("村")


class RenovationQuerySet(models.QuerySet["RenovationCampaign"]):
    def visible_to(self, actor) -> RenovationQuerySet:
        """Return those of the actor's land and those that reach it from above."""
        own = {post.path for post in posts_of(actor) if post.role in READERS}
        above = {prefix for path in own for prefix in prefixes(path)}
        return self.filter(reach(actor, READERS, column="region__path") | Q(region__path__in=above))


class RenovationCampaign(models.Model):
    """A campaign that brings every centre of an area up to standard by one day that never moves (S1.29)."""

    class State(models.TextChoices):
        RUNNING = "running", _("进行中")
        CLOSED = "closed", _("已收官")

    name = models.CharField(_("名称"), max_length=60)
    programme = models.CharField(_("所属工程"), max_length=60, blank=True, default="")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("牵头部门"))
    # The second department: both schedule together (S1.40).
    partner = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("会同部门")
    )
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("第一责任人")
    )
    text = models.TextField(_("目标要求"), blank=True, default="")
    begun_on = models.DateField(_("启动日期"))
    final_on = models.DateField(_("完成期限"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.RUNNING)
    # Rises with every change of a place: what the wall map is kept by.
    version = models.PositiveIntegerField(default=1)
    # The last number given when places are written off, one by one and without a hole (S1.30).
    closed_count = models.PositiveIntegerField(_("已销号"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("发起人")
    )
    at = models.DateTimeField(_("发起时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = RenovationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("阵地改造")
        constraints = [
            models.CheckConstraint(
                condition=Q(final_on__gt=F("begun_on")), name="renovation_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(partner=None) | ~Q(partner=F("org")), name="two_departments_schedule"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AreaNorm(models.Model):
    """How large a centre must be, in m², from a day on."""

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="area_norms")
    kind = models.CharField(_("类别"), max_length=10, choices=PlaceKind)
    area_m2 = models.PositiveIntegerField(_("面积（平方米）"))
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("面积标准")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "kind", "effective_from"], name="one_area_norm_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.area_m2}"


class Mode(models.TextChoices):
    """建、改、扩 (S1.38)."""

    BUILD = "build", _("新建")
    RENOVATE = "renovate", _("改造")
    EXPAND = "expand", _("扩建")


class StageNorm(models.Model):
    """A stage of a way of working with its working days; stages follow each other by `place`."""

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="stage_norms")
    mode = models.CharField(_("方式"), max_length=8, choices=Mode)
    place = models.PositiveSmallIntegerField(_("顺序"))
    code = models.CharField(_("代码"), max_length=20)
    name = models.CharField(_("阶段"), max_length=30)
    days = models.PositiveSmallIntegerField(_("工作日"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("工期标准")
        ordering = ["mode", "place"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "mode", "code"], name="one_stage_norm"),
            models.UniqueConstraint(fields=["campaign", "mode", "place"], name="one_stage_a_place"),
        ]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """What a place is judged by: the ten items (十个有, S1.36) and three kinds of standard (S1.37)."""

    class Group(models.TextChoices):
        TEN = "ten", _("十个有")
        EXTERIOR = "exterior", _("场所外观")
        PROCESS = "process", _("建设流程")
        INTERIOR = "interior", _("内部设计")

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="criteria")
    group = models.CharField(_("类别"), max_length=8, choices=Group)
    code = models.CharField(_("代码"), max_length=10)
    name = models.CharField(_("内容"), max_length=60)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("验收标准")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="one_criterion_code")
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """Somebody of the leading group (领导小组, 专项工作组) with a duty (S1.12)."""

    class Part(models.TextChoices):
        HEAD = "head", _("组长")
        DEPUTY = "deputy", _("副组长")
        MEMBER = "member", _("成员")
        OFFICE = "office", _("办公室主任")

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="group")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("用户"),
    )
    name = models.CharField(_("姓名"), max_length=40)
    title = models.CharField(_("职务"), max_length=60, blank=True, default="")
    part = models.CharField(_("组内职务"), max_length=8, choices=Part)
    duty = models.CharField(_("分工"), max_length=200)
    from_on = models.DateField(_("起"))
    to_on = models.DateField(_("止"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("领导小组")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(part="head", to_on=None),
                name="one_head_of_a_group",
            ),
            models.UniqueConstraint(
                fields=["campaign", "name"], condition=Q(to_on=None), name="one_seat_in_a_group"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_part_display()}"


class CommandArea(models.Model):
    """战区制、主官上、权下放 (S1.54): an area, its top leader in command, what that leader decides alone."""

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="areas")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("战区"))
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("指挥长")
    )
    # Words of `DELEGATED`: what is decided here and need not go up.
    powers = models.JSONField(_("下放权限"), default=list)

    DELEGATED = {
        "slip": _("批准工序调整（不超过最后期限）"),
        "match": _("确认房源匹配"),
        "exempt": _("核准免建"),
    }

    class Meta:
        verbose_name = verbose_name_plural = _("战区")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "region"], name="one_command_of_an_area")
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.head}"


class OfCampaignQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Return what belongs to campaigns that the actor sees."""
        return self.filter(campaign__in=RenovationCampaign.objects.visible_to(actor))


class FollowUp(models.Model):
    """A programme after building: 功能化、规范化、制度化、体制化 (S1.55)."""

    class Kind(models.TextChoices):
        FUNCTION = "function", _("功能化建设")
        STANDARD = "standard", _("规范化建设")
        RULES = "rules", _("制度化建设")
        SYSTEM = "system", _("体制化建设")

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="follow_ups")
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    goal = models.CharField(_("目标"), max_length=200)
    due_on = models.DateField(_("期限"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("后续提升")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "kind"], name="one_follow_up_of_a_kind")
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class FollowUpMark(models.Model):
    """A place that has reached a follow-up programme's goal, with what shows it."""

    follow_up = models.ForeignKey(FollowUp, models.CASCADE, related_name="marks")
    site = models.ForeignKey("Site", models.PROTECT, related_name="marks")
    note = models.CharField(_("说明"), max_length=200)
    on = models.DateField(_("日期"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("提升完成")
        constraints = [
            models.UniqueConstraint(fields=["follow_up", "site"], name="one_mark_of_a_site")
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.follow_up}"
