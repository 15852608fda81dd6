"""Who carries projects together: the alliance, its members, its numbered desks (S0.1, S0.2)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, posts_of, reach
from tongxin.regions.models import Region

USER = settings.AUTH_USER_MODEL
# Who answers for an organisation: those who work in it, not its volunteers.
OFFICES = frozenset(
    "handler officer leader inspector dispatcher verifier secretary commissioner organiser".split()
)


def own_orgs(actor: Any) -> set[int]:
    """Return the organisations for which the actor answers by a post."""
    return {post.org_id for post in posts_of(actor) if post.role in OFFICES}


def alliance_reach(actor: Any, to: str = "") -> Q:
    """Return the rows whose alliance the actor overlooks, convenes, is a member of or works for.

    `to` is the way to the alliance from the row ("alliance__").
    """
    orgs = own_orgs(actor)
    mine = AllianceMember.objects.filter(org__in=orgs, left_on=None).values("alliance")
    desks = DeskMember.objects.filter(user=actor.pk, to_on=None).values("desk__alliance")
    heads = Desk.objects.filter(head=actor.pk).values("alliance")
    return (
        reach(actor, LAND_ROLES, column=f"{to}region__path")
        | Q(**{f"{to}convenor__in": orgs})
        | Q(**{f"{to}pk__in": mine})
        | Q(**{f"{to}pk__in": desks})
        | Q(**{f"{to}pk__in": heads})
    )


class AllianceQuerySet(models.QuerySet["Alliance"]):
    def visible_to(self, actor: Any) -> AllianceQuerySet:
        """Return those one overlooks or has a part in."""
        return self.filter(alliance_reach(actor))


class Alliance(models.Model):
    """Units that carry projects through together (党建联盟): who convenes, what for, since when."""

    name = models.CharField(_("名称"), max_length=60)
    convenor = models.ForeignKey(
        Org, models.PROTECT, related_name="alliances_convened", verbose_name=_("召集单位")
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    purpose = models.CharField(_("目的"), max_length=300)
    founded_on = models.DateField(_("成立日期"))
    ended_on = models.DateField(_("结束日期"), null=True)
    is_example = models.BooleanField(_("典型代表"), default=False)  # S0.11
    example_label = models.CharField(_("案例"), max_length=100, blank=True, default="")
    example_url = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = AllianceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党建联盟")
        constraints = [
            models.UniqueConstraint(fields=["convenor", "name"], name="one_alliance_of_a_name"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("founded_on")),
                name="alliance_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AllianceMember(models.Model):
    """A unit in an alliance, as what, from when to when."""

    class Kind(models.TextChoices):
        APPROVAL = "approval", _("审批部门")
        SERVICE = "service", _("服务部门")
        PARTY = "party", _("党组织")
        FIRM = "firm", _("企业")
        AGENCY = "agency", _("中介机构")

    alliance = models.ForeignKey(Alliance, models.PROTECT, related_name="members")
    org = models.ForeignKey(
        Org, models.PROTECT, related_name="alliance_seats", verbose_name=_("单位")
    )
    kind = models.CharField(_("类型"), max_length=8, choices=Kind, default=Kind.APPROVAL)
    duty = models.CharField(_("职责"), max_length=100, blank=True, default="")
    joined_on = models.DateField(_("加入日期"))
    left_on = models.DateField(_("退出日期"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("成员单位")
        constraints = [
            models.UniqueConstraint(
                fields=["alliance", "org"], condition=Q(left_on=None), name="one_alliance_seat"
            ),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")),
                name="member_leaves_after_it_joined",
            ),
        ]

    def __str__(self) -> str:
        return str(self.org)


class DeskQuerySet(models.QuerySet["Desk"]):
    def visible_to(self, actor: Any) -> DeskQuerySet:
        return self.filter(alliance_reach(actor, "alliance__"))


class Desk(models.Model):
    """A numbered desk of an alliance (第一工作部): it owns projects."""

    alliance = models.ForeignKey(Alliance, models.PROTECT, related_name="desks")
    number = models.PositiveSmallIntegerField(_("序号"))
    name = models.CharField(_("名称"), max_length=40)
    head = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("负责人")
    )
    duty = models.CharField(_("职责"), max_length=200, blank=True, default="")

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("工作部")
        ordering = ["alliance", "number"]
        constraints = [
            models.UniqueConstraint(fields=["alliance", "number"], name="one_desk_of_a_number")
        ]

    def __str__(self) -> str:
        return self.name


class DeskMember(models.Model):
    """Somebody who works at a desk, sent by a unit."""

    desk = models.ForeignKey(Desk, models.PROTECT, related_name="members")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("人员"))
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("派出单位")
    )
    from_on = models.DateField(_("开始日期"))
    to_on = models.DateField(_("结束日期"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("工作部成员")
        constraints = [
            models.UniqueConstraint(
                fields=["desk", "user"], condition=Q(to_on=None), name="at_a_desk_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.user)
