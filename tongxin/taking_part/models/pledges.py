"""Campaigns of members by a list of items (十联十送十带头, S3.7), and discussion campaigns (S2.51)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Membership, Org
from tongxin.orgs.scope import READERS, posts_of, unit_reach
from tongxin.photos.models import Photo

User = settings.AUTH_USER_MODEL


class ItemCampaignQuerySet(models.QuerySet["ItemCampaign"]):
    def visible_to(self, actor) -> ItemCampaignQuerySet:
        """Return those of units the actor keeps, and those that reach the actor as a member."""
        return self.filter(unit_reach(actor, READERS, column="org__path") | reaching(actor))


def reaching(actor, column: str = "") -> Q:
    """Return the campaigns of units above the actor's own branch, or above a post of theirs."""
    if actor is None or not actor.is_authenticated:
        return Q(pk__in=[])
    own = Membership.objects.members().filter(person__user=actor.pk)
    paths = set(own.values_list("unit__path", flat=True))
    paths |= {post.org_path for post in posts_of(actor) if post.org_path and post.role in READERS}
    above = {part for path in paths for part in path.split("/") if part}
    return Q(**{f"{column}org_id__in": above})


def discussion_reach(actor, column: str) -> Q:
    return unit_reach(actor, READERS, column=f"{column}org__path") | reaching(actor, column)


class ItemCampaign(models.Model):
    """A campaign whose members each pick items out of a list, do them and prove them."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        OPEN = "open", _("进行中")
        CLOSED = "closed", _("已结束")

    name = models.CharField(_("名称"), max_length=60)
    text = models.CharField(_("要求"), max_length=500, blank=True, default="")
    org = models.ForeignKey(
        Org, models.PROTECT, related_name="item_campaigns", verbose_name=_("发起党组织")
    )
    least = models.PositiveSmallIntegerField(_("每人至少认领"), default=1)
    from_on = models.DateField(_("开始"))
    due_on = models.DateField(_("截止"))
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.DRAFT)
    is_sample = models.BooleanField(_("样例清单"), default=False)
    summary = models.TextField(_("总结"), blank=True, default="")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = ItemCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("认领清单活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=F("from_on")), name="item_campaign_ends_later"
            )
        ]

    def __str__(self) -> str:
        return self.name


class CampaignItem(models.Model):
    """One thing to pick: "联系一户困难群众"."""

    campaign = models.ForeignKey(ItemCampaign, models.PROTECT, related_name="items")
    group = models.CharField(_("组"), max_length=20)
    code = models.CharField(_("编号"), max_length=8)
    text = models.CharField(_("内容"), max_length=100)

    class Meta:
        verbose_name = verbose_name_plural = _("清单项")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="campaign_item_of_a_code")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class ItemPickQuerySet(models.QuerySet["ItemPick"]):
    def visible_to(self, actor) -> ItemPickQuerySet:
        """Return the actor's own and those of the units whose registers the actor reads."""
        own = Q(user=getattr(actor, "pk", None) or 0)
        return self.filter(own | unit_reach(actor, READERS, column="unit__path"))


class ItemPick(models.Model):
    """A member's pick: done and proved by themselves, looked at by their unit. Nobody is ranked."""

    item = models.ForeignKey(CampaignItem, models.PROTECT, related_name="picks")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Org, models.PROTECT, related_name="+")
    picked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_on = models.DateField(_("完成日期"), null=True)
    note = models.CharField(_("做了什么"), max_length=300, blank=True, default="")
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")

    objects = ItemPickQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("认领")
        constraints = [
            models.UniqueConstraint(fields=["item", "user"], name="picks_an_item_once"),
        ]
        indexes = [models.Index(fields=["unit", "item"], name="picks_of_unit")]


class DiscussionQuerySet(models.QuerySet["Discussion"]):
    def visible_to(self, actor) -> DiscussionQuerySet:
        return self.filter(unit_reach(actor, READERS, column="org__path") | reaching(actor))


class Discussion(models.Model):
    """A discussion campaign (主题讨论): a topic in rounds, contributions, a summary, what was adopted."""

    topic = models.CharField(_("主题"), max_length=100)
    text = models.CharField(_("讨论什么"), max_length=500, blank=True, default="")
    org = models.ForeignKey(
        Org, models.PROTECT, related_name="discussions", verbose_name=_("发起党组织")
    )
    opened_on = models.DateField(_("开始"))
    summary = models.TextField(_("讨论总结"), blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = DiscussionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("主题讨论")

    def __str__(self) -> str:
        return self.topic


class DiscussionRound(models.Model):
    """One question of a discussion, until a day."""

    discussion = models.ForeignKey(Discussion, models.PROTECT, related_name="rounds")
    n = models.PositiveSmallIntegerField()
    question = models.CharField(_("本轮问题"), max_length=100)
    until = models.DateField(_("截止"))

    class Meta:
        verbose_name = verbose_name_plural = _("讨论轮次")
        constraints = [models.UniqueConstraint(fields=["discussion", "n"], name="round_numbered")]


class ContributionQuerySet(models.QuerySet["Contribution"]):
    def visible_to(self, actor) -> ContributionQuerySet:
        return self.filter(discussion_reach(actor, "round__discussion__"))


class Contribution(models.Model):
    """What somebody said in a round, under their name: colleagues talk to each other."""

    round = models.ForeignKey(DiscussionRound, models.PROTECT, related_name="contributions")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.CharField(_("发言"), max_length=500)
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = ContributionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("讨论发言")


class AdoptedActionQuerySet(models.QuerySet["AdoptedAction"]):
    def visible_to(self, actor) -> AdoptedActionQuerySet:
        return self.filter(discussion_reach(actor, "discussion__"))


class AdoptedAction(models.Model):
    """What a discussion led to: who does what by when, and that it was done."""

    discussion = models.ForeignKey(Discussion, models.PROTECT, related_name="adopted")
    text = models.CharField(_("措施"), max_length=200)
    doer = models.CharField(_("责任人（单位）"), max_length=60)
    due_on = models.DateField(_("期限"))
    done_on = models.DateField(_("完成日期"), null=True)
    result = models.CharField(_("结果"), max_length=200, blank=True, default="")

    objects = AdoptedActionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("采纳的措施")
