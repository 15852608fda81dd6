"""The list of what may be asked of communities (社区事务准入目录), what is asked beside it, and how much
it all is. Mission S4.65; the shape follows 中办、国办《关于加强基层治理体系和治理能力现代化建设的意见》."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.fieldwork.models import Plan
from tongxin.orgs.models import Org
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

# Who reads what a community has to bear: those who overlook it and those who work in it.
BURDEN_READERS = (
    *("officer", "leader", "inspector", "dispatcher", "verifier", "grid_worker"),
    *("secretary", "commissioner", "organiser", "first_secretary"),
)


class BurdenKind(models.TextChoices):
    TASK = "task", _("任务")
    FORM = "form", _("表格报表")
    CHECK = "check", _("检查考核")
    PLATE = "plate", _("挂牌")


class ListQuerySet(models.QuerySet["AdmissionList"]):
    def public(self) -> ListQuerySet:
        """What may be asked of communities is published, or it would not guard them."""
        return self

    def in_force(self, path: str, day: date) -> AdmissionList | None:
        """Return the list a place goes by on a day: the nearest, then the newest."""
        parts = path.split("/")[:-1]
        above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        rows = self.filter(
            Q(effective_to=None) | Q(effective_to__gt=day),
            region__path__in=above,
            effective_from__lte=day,
            published_at__isnull=False,
        )
        nearest: AdmissionList | None = None
        for one in rows.select_related("region").order_by("effective_from", "pk"):
            if nearest is None or len(one.region.path) >= len(nearest.region.path):
                nearest = one
        return nearest


class AdmissionList(models.Model):
    """One version of the list; once published its items do not change, another version follows."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("适用范围"))
    name = models.CharField(_("名称"), max_length=60)
    version = models.CharField(_("版本"), max_length=20)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    is_sample = models.BooleanField(_("样例"), default=False)
    published_at = models.DateTimeField(_("发布时间"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("经办"),
    )

    objects = ListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("准入目录")
        constraints = [
            models.UniqueConstraint(fields=["region", "version"], name="one_list_of_a_version"),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="list_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ItemQuerySet(models.QuerySet["AdmissionItem"]):
    def public(self) -> ItemQuerySet:
        """The items of a list are as public as the list."""
        return self


class AdmissionItem(models.Model):
    """Something that may be asked: by whom, on what ground, how often a year (0: as needed)."""

    list = models.ForeignKey(
        AdmissionList, models.PROTECT, related_name="items", verbose_name=_("目录")
    )
    code = models.CharField(_("编号"), max_length=10)
    kind = models.CharField(_("类型"), max_length=6, choices=BurdenKind)
    name = models.CharField(_("事项"), max_length=100)
    department = models.CharField(_("下达部门"), max_length=100, blank=True, default="")
    basis = models.CharField(_("依据"), max_length=300)
    times_a_year = models.PositiveSmallIntegerField(_("每年次数"), default=0)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("准入事项")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["list", "code"], name="one_admission_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, actor) -> ApprovalQuerySet:
        """Return those on the land the actor overlooks."""
        return self.filter(reach(actor, ("officer", "leader", "inspector"), column="region__path"))


class Approval(models.Model):
    """Leave to ask communities for something that is not on the list, until a day: a campaign once, the
    visits of a plan as often as it says."""

    class Verdict(models.TextChoices):
        WAITING = "", _("待审批")
        APPROVED = "approved", _("同意")
        REFUSED = "refused", _("不同意")

    campaign = models.ForeignKey(
        "Campaign", models.PROTECT, null=True, related_name="approvals", verbose_name=_("专项任务")
    )
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, related_name="approvals", verbose_name=_("走访计划")
    )
    kind = models.CharField(_("类型"), max_length=6, choices=BurdenKind)
    title = models.CharField(_("事项"), max_length=100)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    reason = models.CharField(_("理由"), max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    asked_at = models.DateTimeField(_("申请时间"))
    verdict = models.CharField(_("结论"), max_length=8, choices=Verdict, blank=True, default="")
    decision = models.CharField(_("审批意见"), max_length=300, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True)
    expires_on = models.DateField(_("有效期至"), null=True)
    used_at = models.DateTimeField(_("使用时间"), null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("准入审批")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(verdict=""), name="one_approval_waits"
            ),
            models.UniqueConstraint(
                fields=["plan"], condition=Q(verdict=""), name="one_approval_of_a_plan_waits"
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | ~Q(decided_by=F("asked_by")),
                name="approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="approved") | Q(expires_on__isnull=False),
                name="approval_expires",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class OfCommunityQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(reach(actor, BURDEN_READERS, column="community__path"))


class Burden(models.Model):
    """Something a community was asked for: a task, a form, a check. Append-only.

    A campaign writes one for each community it reaches; what came on other ways is written down by
    the community.
    """

    community = models.ForeignKey(
        Region, models.PROTECT, related_name="burdens", verbose_name=_("社区（村）")
    )
    kind = models.CharField(_("类型"), max_length=6, choices=BurdenKind)
    title = models.CharField(_("事项"), max_length=100)
    from_name = models.CharField(_("谁下达的"), max_length=100)
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("下达单位")
    )
    item = models.ForeignKey(
        AdmissionItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("准入事项"),
    )
    is_admitted = models.BooleanField(_("在准入目录内或经审批"), default=False)
    campaign = models.ForeignKey(
        "Campaign", models.PROTECT, null=True, related_name="burdens", verbose_name=_("专项任务")
    )
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, related_name="burdens", verbose_name=_("走访计划")
    )
    on = models.DateField(_("日期"))
    month = models.DateField()  # its first day: what figures are counted by
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("登记人"),
    )
    at = models.DateTimeField(_("登记时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("社区负担")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "community"],
                condition=Q(campaign__isnull=False),
                name="one_burden_of_a_campaign",
            )
        ]
        indexes = [models.Index(fields=["month", "community"], name="burden_month")]

    def __str__(self) -> str:
        return f"{self.community} · {self.title}"


class Plate(models.Model):
    """牌子: a plate on a community's wall, who wanted it and on what ground, until it is taken down."""

    community = models.ForeignKey(
        Region, models.PROTECT, related_name="plates", verbose_name=_("社区（村）")
    )
    text = models.CharField(_("牌子"), max_length=100)
    from_name = models.CharField(_("谁要求挂的"), max_length=100)
    item = models.ForeignKey(
        AdmissionItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("准入事项"),
    )
    reason = models.CharField(_("理由"), max_length=200)
    is_outside = models.BooleanField(_("挂在室外"), default=False)
    hung_on = models.DateField(_("挂牌日期"))
    removed_on = models.DateField(_("摘牌日期"), null=True, blank=True)
    removal = models.CharField(_("摘牌说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    at = models.DateTimeField(_("登记时间"))

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("挂牌")
        constraints = [
            models.UniqueConstraint(
                fields=["community", "text"],
                condition=Q(removed_on=None),
                name="one_plate_of_a_text",
            ),
            models.CheckConstraint(
                condition=Q(removed_on=None) | Q(removed_on__gte=F("hung_on")),
                name="plate_comes_down_after_it_went_up",
            ),
        ]

    def __str__(self) -> str:
        return self.text
