"""Organisations as a tree: party units, offices, departments, communities, teams, resident units."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region


class UnitKind(models.TextChoices):
    """What a party unit is; empty for an organisation that is none."""

    COMMITTEE = "committee", _("党委")
    WORK_COMMITTEE = "work_committee", _("党工委")
    LEADING_GROUP = "leading_group", _("党组")
    GENERAL_BRANCH = "general_branch", _("党总支")
    BRANCH = "branch", _("党支部")
    GROUP = "group", _("党小组")
    JOINT_COMMITTEE = "joint_committee", _("大工委（大党委）")
    TASK_FORCE = "task_force", _("党员突击队")


class Sector(models.TextChoices):
    """The field of an organisation, by which requirements and plans differ (分领域)."""

    ORGAN = "organ", _("机关")
    STATE_FIRM = "state_firm", _("国有企业")
    EDUCATION = "education", _("教育")
    HEALTH = "health", _("卫生")
    STREET = "street", _("街镇")
    COMMUNITY = "community", _("社区")
    VILLAGE = "village", _("农村")
    PRIVATE_FIRM = "private_firm", _("非公企业")
    SOCIAL_ORG = "social_org", _("社会组织")


class OrgQuerySet(models.QuerySet["Org"]):
    def visible_to(self, actor) -> OrgQuerySet:
        """Return the party units the actor may open: where they hold a post or below, on their land."""
        from ..scope import register_reach

        return self.filter(register_reach(actor), kind=Org.Kind.PARTY)

    def units(self) -> OrgQuerySet:
        """Return the party units that stand."""
        return self.filter(kind=Org.Kind.PARTY, dissolved_on__isnull=True)

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
    # Chain of ids from the root, own id last ("1/45/678/"): "stands under" is a prefix test, and
    # with it the reach of whoever keeps the registers of a party unit.
    path = models.CharField(max_length=120, blank=True, default="", editable=False, db_index=True)
    # What a register calls it; the key by which a spreadsheet updates it.
    code = models.CharField(_("组织代码"), max_length=30, blank=True, default="")
    unit_kind = models.CharField(
        _("党组织类型"), max_length=16, choices=UnitKind, blank=True, default=""
    )
    sector = models.CharField(_("领域"), max_length=16, choices=Sector, blank=True, default="")
    founded_on = models.DateField(_("成立日期"), null=True, blank=True)
    # People who work in a firm, park or other unit of the area; 0: not known.
    headcount = models.PositiveIntegerField(_("从业人数"), default=0)
    is_temporary = models.BooleanField(_("临时党组织"), default=False)
    expires_on = models.DateField(_("到期日期"), null=True, blank=True)
    purpose = models.CharField(_("设立目的"), max_length=200, blank=True, default="")
    phone = models.CharField(_("公开电话"), max_length=30, blank=True, default="")
    dissolved_on = models.DateField(_("撤销日期"), null=True, blank=True)
    # The grids and buildings a party unit covers (S0.26): one without is a gap that the map shows.
    grids = models.ManyToManyField(
        Region,
        blank=True,
        related_name="party_units",
        verbose_name=_("红网格"),
        limit_choices_to={"level__in": (Region.Level.GRID, Region.Level.BUILDING)},
    )

    objects = OrgQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("组织")
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="one_org_of_a_name"),
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="one_org_of_a_code"
            ),
            models.CheckConstraint(
                condition=Q(is_temporary=False) | Q(expires_on__isnull=False),
                name="temporary_unit_expires",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new one learns its place in the tree. `actions.move_org` moves it later."""
        super().save(*args, **kwargs)
        if not self.path:
            self.path = f"{self.parent.path if self.parent else ''}{self.pk}/"
            super().save(update_fields=["path"])
