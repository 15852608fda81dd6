"""Organisations as a tree, the posts people hold in them, and volunteers."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region


class OrgQuerySet(models.QuerySet["Org"]):
    def public(self) -> OrgQuerySet:
        """The names of organisations and what they answer for are public."""
        return self.filter(dissolved_on__isnull=True)


class Org(models.Model):
    """A party unit, a department, a community office, a company or a team that answers for a region."""

    class Kind(models.TextChoices):
        PARTY = "party", _("党组织")
        GOVERNMENT = "government", _("街镇（政府）")
        DEPARTMENT = "department", _("职能部门")
        COMMUNITY = "community", _("社区（村）居委会")
        TEAM = "team", _("志愿服务队")
        UNIT = "unit", _("驻区单位")

    name = models.CharField(_("名称"), max_length=100)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind)
    region = models.ForeignKey(Region, models.PROTECT, related_name="orgs", verbose_name=_("辖区"))
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级"),
    )
    phone = models.CharField(_("公开电话"), max_length=30, blank=True, default="")
    dissolved_on = models.DateField(_("撤销日期"), null=True, blank=True)
    # The grid a party unit covers (S0.26): a grid without one is a gap that the map shows.
    grids = models.ManyToManyField(
        Region,
        blank=True,
        related_name="party_units",
        verbose_name=_("红网格"),
        limit_choices_to={"level": Region.Level.GRID},
    )

    objects = OrgQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("组织")
        constraints = [models.UniqueConstraint(fields=["region", "name"], name="one_org_of_a_name")]

    def __str__(self) -> str:
        return self.name


class PostQuerySet(models.QuerySet["Post"]):
    def held_on(self, day: date) -> PostQuerySet:
        return self.filter(
            Q(from_date__isnull=True) | Q(from_date__lte=day),
            Q(to_date__isnull=True) | Q(to_date__gt=day),
        )


class Post(models.Model):
    """A user's office in an organisation, with its reach. The only source of permission."""

    class Role(models.TextChoices):
        VOLUNTEER = "volunteer", _("志愿者")
        GRID_WORKER = "grid_worker", _("网格员")
        HANDLER = "handler", _("部门经办人")
        DISPATCHER = "dispatcher", _("社区派单员")
        VERIFIER = "verifier", _("党组织验单员")
        OFFICER = "officer", _("街镇（区）管理员")
        LEADER = "leader", _("领导")
        INSPECTOR = "inspector", _("监督员")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="posts", verbose_name=_("用户")
    )
    org = models.ForeignKey(Org, models.PROTECT, related_name="posts", verbose_name=_("组织"))
    role = models.CharField(_("角色"), max_length=12, choices=Role)
    # How far it reaches: the organisation's own region unless another is named.
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="posts", verbose_name=_("管辖范围")
    )
    from_date = models.DateField(_("任职日期"), null=True, blank=True)
    to_date = models.DateField(_("离任日期"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("岗位")
        constraints = [
            # One that has ended stays beside the one given again later.
            models.UniqueConstraint(
                fields=["user", "org", "role", "region"],
                condition=Q(to_date__isnull=True),
                name="one_post",
            ),
            models.CheckConstraint(
                condition=Q(from_date__isnull=True)
                | Q(to_date__isnull=True)
                | Q(to_date__gte=models.F("from_date")),
                name="post_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["org", "role"], name="post_of_org")]

    def __str__(self) -> str:
        return f"{self.user} · {self.org} · {self.get_role_display()}"


class Skill(models.Model):
    name = models.CharField(_("名称"), max_length=20, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("技能")

    def __str__(self) -> str:
        return self.name


class Volunteer(models.Model):
    """What makes a user a volunteer: skills, how much they take on, where they are at home."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, verbose_name=_("用户")
    )
    home = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name=_("常住社区"),
        limit_choices_to={"level": Region.Level.COMMUNITY},
    )
    skills = models.ManyToManyField(Skill, blank=True, verbose_name=_("技能"))
    cap = models.PositiveSmallIntegerField(_("同时接单上限"), default=3)
    is_paused = models.BooleanField(_("暂停接单"), default=False)
    # Kept by the ledger's action in the same transaction; `tongxin verify` recounts both.
    points = models.IntegerField(_("积分"), default=0)
    minutes = models.PositiveIntegerField(_("服务时长（分钟）"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("志愿者")

    def __str__(self) -> str:
        return str(self.user)
