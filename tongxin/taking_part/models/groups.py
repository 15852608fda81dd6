"""Tools of self-government (S4.69): groups of residents, conventions, matters of three lines (S3.35)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .common import watch_reach
from .polls import Poll

User = settings.AUTH_USER_MODEL


class OfCommunityRows(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(watch_reach(actor, "community__path"))


class ResidentGroupQuerySet(OfCommunityRows):
    def public(self) -> ResidentGroupQuerySet:
        return self.filter(ended_on__isnull=True)


class ResidentGroup(models.Model):
    """A mass group, an association or a group of residents that stands in a community."""

    class Kind(models.TextChoices):
        MASS = "mass", _("群团组织")
        ASSOCIATION = "association", _("社会组织")
        SELF = "self", _("居民自治小组")
        INTEREST = "interest", _("文体队伍")

    community = models.ForeignKey(
        Region, models.PROTECT, related_name="resident_groups", verbose_name=_("社区（村）")
    )
    kind = models.CharField(_("类型"), max_length=12, choices=Kind)
    name = models.CharField(_("名称"), max_length=60)
    purpose = models.CharField(_("做什么"), max_length=200, blank=True, default="")
    leader = models.CharField(_("负责人"), max_length=40)  # shown masked outside the desk
    people = models.PositiveIntegerField(_("人数"), default=0)
    founded_on = models.DateField(_("成立日期"), null=True, blank=True)
    ended_on = models.DateField(_("解散日期"), null=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = ResidentGroupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("群团和居民组织")
        constraints = [
            models.UniqueConstraint(
                fields=["community", "name"], condition=Q(ended_on__isnull=True),
                name="one_group_of_a_name",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class GroupJoinQuerySet(models.QuerySet["GroupJoin"]):
    def visible_to(self, actor) -> GroupJoinQuerySet:
        """Return one's own, and those of the groups of the land one looks after."""
        own = Q(user=getattr(actor, "pk", None) or 0)
        return self.filter(own | watch_reach(actor, "group__community__path"))


class GroupJoin(models.Model):
    """A resident who asked to join, and whether the group took them in."""

    class State(models.TextChoices):
        ASKED = "asked", _("已申请")
        IN = "in", _("已加入")
        LEFT = "left", _("已退出")

    group = models.ForeignKey(ResidentGroup, models.PROTECT, related_name="joins")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    state = models.CharField(max_length=6, choices=State)
    at = models.DateTimeField()

    objects = GroupJoinQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("加入申请")
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="joins_once")]


class GroupActivity(models.Model):
    group = models.ForeignKey(ResidentGroup, models.PROTECT, related_name="activities")
    title = models.CharField(_("活动"), max_length=60)
    on = models.DateField(_("日期"))
    place = models.CharField(_("地点"), max_length=60, blank=True, default="")
    people = models.PositiveIntegerField(_("参加人数"), default=0)
    note = models.CharField(_("情况"), max_length=300, blank=True, default="")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("组织活动")


class ConventionQuerySet(OfCommunityRows):
    def public(self) -> ConventionQuerySet:
        """Return what was adopted, whether or not it is still in force."""
        return self.filter(state__in=("adopted", "superseded"))


class Convention(models.Model):
    """A version of a community's convention (居民公约, 村规民约): in force once a poll adopted it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草案")
        ADOPTED = "adopted", _("施行中")
        REJECTED = "rejected", _("未通过")
        SUPERSEDED = "superseded", _("已被新版代替")

    community = models.ForeignKey(
        Region, models.PROTECT, related_name="conventions", verbose_name=_("社区（村）")
    )
    name = models.CharField(_("名称"), max_length=60)
    version = models.PositiveSmallIntegerField(_("版次"))
    text = models.TextField(_("正文"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    poll = models.OneToOneField(Poll, models.PROTECT, null=True, related_name="convention")
    adopted_on = models.DateField(_("通过日期"), null=True)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()

    objects = ConventionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("居民公约")
        constraints = [
            models.UniqueConstraint(
                fields=["community", "name", "version"], name="one_convention_of_a_version"
            ),
            models.UniqueConstraint(
                fields=["community", "name"], condition=Q(state="adopted"),
                name="one_convention_in_force",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} 第{self.version}版"


class SharedMatterQuerySet(OfCommunityRows):
    def public(self) -> SharedMatterQuerySet:
        return self.all()


class SharedMatter(models.Model):
    """A matter on which community, units, trades and residents work together (三线联动)."""

    community = models.ForeignKey(
        Region, models.PROTECT, related_name="shared_matters", verbose_name=_("社区（村）")
    )
    title = models.CharField(_("事项"), max_length=60)
    text = models.CharField(_("说明"), max_length=300, blank=True, default="")
    source_kind = models.CharField(max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=40, blank=True, default="")
    source_label = models.CharField(max_length=100, blank=True, default="")
    source_url = models.CharField(max_length=200, blank=True, default="")
    opened_on = models.DateField(_("开始"))
    closed_on = models.DateField(_("办结"), null=True)
    result = models.CharField(_("结果"), max_length=300, blank=True, default="")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = SharedMatterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("三线联动事项")

    def __str__(self) -> str:
        return self.title


class MatterPartyQuerySet(models.QuerySet["MatterParty"]):
    def visible_to(self, actor) -> MatterPartyQuerySet:
        return self.filter(watch_reach(actor, "matter__community__path"))


class MatterParty(models.Model):
    """Who works on a shared matter, from which line, and what they do."""

    class Line(models.TextChoices):
        COMMUNITY = "community", _("社区")
        UNIT = "unit", _("单位")
        SECTOR = "sector", _("行业")
        RESIDENTS = "residents", _("居民组织")

    matter = models.ForeignKey(SharedMatter, models.PROTECT, related_name="parties")
    line = models.CharField(_("哪条线"), max_length=10, choices=Line)
    org = models.ForeignKey(Org, models.PROTECT, null=True, related_name="+")
    group = models.ForeignKey(ResidentGroup, models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("名称"), max_length=100)
    task = models.CharField(_("做什么"), max_length=100)
    done_on = models.DateField(_("完成日期"), null=True)

    objects = MatterPartyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("参与方")
        constraints = [
            models.UniqueConstraint(fields=["matter", "name"], name="takes_part_in_a_matter_once")
        ]
