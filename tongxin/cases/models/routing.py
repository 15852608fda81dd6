"""Who handles what: a district's table of rules, draft by draft, and what it chose for each case."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from .case import Case
from .topics import Topic, TopicCategory

# Whose work the rules govern: they may read them wherever they stand in the district.
READERS = frozenset(
    "dispatcher officer leader inspector verifier grid_worker handler operator".split()
)


class RoutingRuleSetQuerySet(models.QuerySet["RoutingRuleSet"]):
    def visible_to(self, actor) -> RoutingRuleSetQuerySet:
        """Return the tables of the land on which, above or below which the actor works."""
        if actor.is_superuser:
            return self
        inside = Q(pk__in=[])
        for path in {post.path for post in posts_of(actor) if post.role in READERS}:
            inside |= Q(region__path__in=list(prefixes(path))) | Q(region__path__under=path)
        return self.filter(inside)

    def in_force(self, at) -> RoutingRuleSetQuerySet:
        later = Q(effective_to__isnull=True) | Q(effective_to__gt=at)
        return self.filter(later, state="published", effective_from__lte=at)


class RoutingRuleSet(models.Model):
    """One version of a district's table of rules: a draft that may be changed, or published.

    Published rows are never changed again but for their end. Between them they cover time without
    overlap, so that for every moment at most one table is in force.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        DISCARDED = "discarded", _("已放弃")

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("适用区域"))
    number = models.PositiveIntegerField(_("版本"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    effective_from = models.DateTimeField(_("生效"), null=True)
    effective_to = models.DateTimeField(_("失效"), null=True)
    reason = models.CharField(_("依据和理由"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)
    based_on = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    # What the dry run said when it was published: {"since", "until", "n", "changed"}.
    trial = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = RoutingRuleSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("流转规则表")
        constraints = [
            models.UniqueConstraint(fields=["region", "number"], name="one_rule_set_of_a_number"),
            models.UniqueConstraint(
                fields=["region"], condition=Q(state="draft"), name="one_draft_of_a_region"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(effective_from__isnull=False),
                name="published_rules_begin",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
                name="rules_end_after_they_begin",
            ),
        ]
        indexes = [models.Index(fields=["state", "effective_from"], name="rule_sets_by_time")]

    def __str__(self) -> str:
        return _("%(place)s流转规则第 %(n)d 版") % {
            "place": self.region.short_name,
            "n": self.number,
        }

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class RoutingRule(models.Model):
    """A line: under which conditions who handles it. What is left empty holds for everything."""

    class Hours(models.TextChoices):
        ANY = "", _("不限")
        WORKING = "working", _("工作时间")
        OFF = "off", _("工作时间外")
        WORKDAY = "workday", _("工作日")
        REST_DAY = "rest_day", _("休息日")

    class Lane(models.TextChoices):
        ANY = "", _("不限")
        FAST = "fast", _("绿色通道")
        ORDINARY = "ordinary", _("普通")

    class Target(models.TextChoices):
        ORG = "org", _("指定单位")
        DESK = "desk", _("社区派单")
        COMMUNITY = "community", _("所在社区（村）居委会")
        TEAM = "team", _("所在社区志愿服务队")
        STREET = "street", _("所在街镇")
        DISTRICT = "district", _("所在区")

    class Mode(models.TextChoices):
        ANY = "", _("不建议")
        ASSIGN = "assign", _("指派")
        GRAB = "grab", _("放入抢单大厅")
        OFFER = "offer", _("依次推荐")

    class Backstop(models.TextChoices):
        NONE = "", _("退回社区派单")
        STREET = "street", _("所在街镇")
        DISTRICT = "district", _("所在区")
        ORG = "org", _("指定单位")

    ruleset = models.ForeignKey(RoutingRuleSet, models.CASCADE, related_name="rules")
    code = models.CharField(_("编号"), max_length=8)
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("事项")
    )
    category = models.ForeignKey(
        TopicCategory,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("大类"),
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("区域")
    )
    # Words of the channels by which requests come in ("hotline api"); "" for all of them.
    sources = models.CharField(_("来源"), max_length=80, blank=True, default="")
    hours = models.CharField(_("时间"), max_length=10, choices=Hours, blank=True, default="")
    lane = models.CharField(_("通道"), max_length=10, choices=Lane, blank=True, default="")

    target = models.CharField(_("由谁受理"), max_length=10, choices=Target, default=Target.ORG)
    handler = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("承办单位")
    )
    mode = models.CharField(_("建议方式"), max_length=8, choices=Mode, blank=True, default="")
    # Straight to the handler, who receives it first and stays responsible (首接负责).
    is_direct = models.BooleanField(_("直接派达"), default=False)
    backstop = models.CharField(_("兜底"), max_length=10, choices=Backstop, blank=True, default="")
    backstop_org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("兜底单位")
    )
    note = models.CharField(_("备注"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("流转规则")
        constraints = [
            models.UniqueConstraint(fields=["ruleset", "code"], name="one_rule_of_a_code"),
            models.CheckConstraint(
                condition=Q(topic__isnull=True) | Q(category__isnull=True),
                name="rule_topic_or_category",
            ),
            models.CheckConstraint(
                condition=Q(target="org", handler__isnull=False)
                | (~Q(target="org") & Q(handler__isnull=True)),
                name="rule_names_its_handler",
            ),
            models.CheckConstraint(
                condition=Q(backstop="org", backstop_org__isnull=False)
                | (~Q(backstop="org") & Q(backstop_org__isnull=True)),
                name="rule_names_its_backstop",
            ),
            models.CheckConstraint(
                condition=Q(is_direct=False) | ~Q(target="desk"), name="desk_is_not_direct"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CaseRoute(models.Model):
    """What the rules chose for a case when it was opened, and why: written with it.

    `backstops` are organisations in the order in which it falls back to them; `fallen` says how
    many of them have had it.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="route")
    rule = models.ForeignKey(RoutingRule, models.PROTECT, related_name="routes")
    handler = models.ForeignKey(Org, models.PROTECT, null=True, related_name="+", db_index=False)
    mode = models.CharField(max_length=8, blank=True, default="")
    is_direct = models.BooleanField(default=False)
    backstops = models.JSONField(default=list)
    fallen = models.PositiveSmallIntegerField(default=0)
    why = models.CharField(_("理由"), max_length=300)
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("流转依据")
