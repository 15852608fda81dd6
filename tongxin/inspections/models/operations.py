"""An operation of supervision (专项监督): plan, whom it looks at, teams (S0.61, S0.64, S0.65, S0.82, S0.83)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..scope import inside, overlooked

USER = settings.AUTH_USER_MODEL
# Offered as tags; others may be typed. What a policy is called changes faster than a program.
POLICY_TAGS = ("六稳", "六保", "两个维护", "疫情防控", "复工复产", "脱贫攻坚", "过紧日子")


class SupervisionQuerySet(models.QuerySet["Operation"]):
    def visible_to(self, actor) -> SupervisionQuerySet:
        """Return those the actor is inside of, and what is told of on land they overlook."""
        return self.filter(inside(actor) | overlooked(actor))


class Operation(models.Model):
    """An operation. `is_unannounced`: 四不两直, nobody outside knows of it before it is closed."""

    class State(models.TextChoices):
        DRAFTED = "drafted", _("起草")
        APPROVED = "approved", _("已批准")
        RUNNING = "running", _("进行中")
        CLOSED = "closed", _("已结束")

    org = models.ForeignKey(
        Org, models.PROTECT, related_name="inspections", verbose_name=_("组织单位")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="inspections", verbose_name=_("监督范围")
    )
    name = models.CharField(_("名称"), max_length=80)
    number = models.CharField(_("方案文号"), max_length=40, blank=True, default="")
    tags = models.JSONField(_("政策标签"), default=list, blank=True)
    scope = models.TextField(_("监督内容"))
    requirements = models.TextField(_("工作要求"), blank=True, default="")
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))
    is_unannounced = models.BooleanField(_("四不两直（暗访）"), default=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFTED)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("起草人"))
    made_at = models.DateTimeField(_("起草时间"))
    approved_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("批准人")
    )
    approved_at = models.DateTimeField(_("批准时间"), null=True)
    closed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("结束人")
    )
    closed_at = models.DateTimeField(_("结束时间"), null=True)
    # What the report said when it was closed, so that later corrections do not change it unseen.
    result = models.JSONField(default=dict)
    # The draft of the report, as `documents` keeps it.
    report_ref = models.CharField(max_length=40, blank=True, default="")
    key = models.CharField(max_length=120, blank=True, default="")

    objects = SupervisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("专项监督")
        constraints = [
            models.UniqueConstraint(fields=["org", "name"], name="one_operation_of_a_name"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="operation_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="operation_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["state", "starts_on"], name="operation_of_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state != self.State.CLOSED


class SubjectKind(models.TextChoices):
    """What is looked at: departments by their field, and land (S0.65)."""

    HEALTH = "health", _("卫生健康")
    TRANSPORT = "transport", _("交通运输")
    CIVIL = "civil", _("民政")
    MARKET = "market", _("市场监管")
    DRUG = "drug", _("药品监管")
    REFORM = "reform", _("发展改革")
    PUBLICITY = "publicity", _("宣传")
    STREET = "street", _("街镇（开发区）")
    VILLAGE = "village", _("农村")
    COMMUNITY = "community", _("社区")
    OTHER = "other", _("其他")


# Kinds that are land: a visit anywhere inside it covers it.
LAND_KINDS = (SubjectKind.STREET, SubjectKind.VILLAGE, SubjectKind.COMMUNITY)


class SubjectQuerySet(models.QuerySet["Subject"]):
    def visible_to(self, actor) -> SubjectQuerySet:
        return self.filter(inside(actor, to="operation__") | overlooked(actor, to="operation__"))


class Subject(models.Model):
    """One that the plan names to be looked at: land, or a department. Coverage is counted over them."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="subjects")
    kind = models.CharField(_("对象类型"), max_length=10, choices=SubjectKind)
    name = models.CharField(_("名称"), max_length=80)
    org = models.ForeignKey(Org, models.PROTECT, null=True, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")

    objects = SubjectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("监督对象")
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "region"],
                condition=Q(region__isnull=False),
                name="one_land_in_an_operation",
            ),
            models.UniqueConstraint(
                fields=["operation", "kind", "name"],
                condition=Q(region__isnull=True),
                name="one_department_in_an_operation",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, actor) -> TeamQuerySet:
        return self.filter(inside(actor, to="operation__") | overlooked(actor, to="operation__"))


class Team(models.Model):
    """A team of an operation (监督组), led by a named person; by one of the leading body, if so said."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="teams")
    number = models.PositiveSmallIntegerField(_("组号"))
    name = models.CharField(_("名称"), max_length=40)
    leader = models.ForeignKey(
        USER, models.PROTECT, related_name="led_teams", verbose_name=_("带队")
    )
    leader_title = models.CharField(_("带队职务"), max_length=60, blank=True, default="")
    is_class_led = models.BooleanField(_("班子成员带队"), default=False)
    areas = models.ManyToManyField(Region, blank=True, related_name="+", verbose_name=_("负责街镇"))
    made_at = models.DateTimeField()

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("监督组")
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="one_number_of_a_team")
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """Somebody in a team, the leader too. Who leaves stays to be read."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    user = models.ForeignKey(USER, models.PROTECT, related_name="inspection_teams")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("监督组成员")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(left_at=None), name="one_seat_in_a_team"
            )
        ]
        indexes = [models.Index(fields=["user", "left_at"], name="team_of_user")]

    def __str__(self) -> str:
        return f"{self.team} · {self.user}"
