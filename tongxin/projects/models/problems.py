"""Hard problems a secretary takes in hand (书记领办, S4.71), each a case of the flow `hard_problem`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.scope import reach
from tongxin.regions.models import Region

from .common import OVERSEERS, PARTY, of_org, org_key


class ProblemKind(models.TextChoices):
    SYSTEM = "system", _("体制机制")
    POWER = "power", _("权责权限")
    MONEY = "money", _("资金保障")
    INTEREST = "interest", _("利益调整")
    LAND = "land", _("土地房产")
    HISTORY = "history", _("历史遗留")
    OTHER = "other", _("其他")


class HardProblemQuerySet(models.QuerySet["HardProblem"]):
    def visible_to(self, actor) -> HardProblemQuerySet:
        """Return those on the actor's land or in their unit, and those they own or owned."""
        over = reach(actor, (*OVERSEERS, *PARTY), column="region__path")
        return self.filter(over | of_org(actor) | Q(owner=actor.pk) | Q(raised_by=actor.pk))


class HardProblem(models.Model):
    """A problem that moves systems, powers, money or interests: owned by a secretary, never by nobody.

    `region` is where it lies, `at_region` the level that has it in hand now; escalating moves that up.
    """

    id = models.UUIDField(primary_key=True)
    case = models.OneToOneField(Case, models.PROTECT, related_name="hard_problem")
    kind = models.CharField(_("类型"), max_length=10, choices=ProblemKind)
    title = models.CharField(_("难题"), max_length=110)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    at_region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("现由哪一级领办")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("领办书记")
    )
    org = org_key(_("领办党组织"))
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    goal = models.CharField(_("要达到什么"), max_length=300)
    plan = models.TextField(_("攻坚方案"), blank=True, default="")
    due_on = models.DateField(_("攻坚期限"))
    result = models.TextField(_("解决情况"), blank=True, default="")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = HardProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("攻坚难题")

    def __str__(self) -> str:
        return self.title


class ProblemStep(models.Model):
    """One step of the plan: what, by when, done when."""

    problem = models.ForeignKey(HardProblem, models.CASCADE, related_name="steps")
    n = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("步骤"), max_length=200)
    due_on = models.DateField(_("期限"))
    done_at = models.DateTimeField(_("完成时间"), null=True)
    note = models.CharField(_("完成情况"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("攻坚步骤")
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["problem", "n"], name="one_step_of_a_number")
        ]


class ProblemReview(models.Model):
    """What a conference found when it looked at the problem; the conference is another app's record."""

    problem = models.ForeignKey(HardProblem, models.PROTECT, related_name="reviews")
    on = models.DateField(_("研究日期"))
    text = models.CharField(_("研究意见"), max_length=500)
    source_kind = models.CharField(max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=40, blank=True, default="")
    source_label = models.CharField(_("会议"), max_length=120)
    source_url = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("会议研究")
        ordering = ["on", "pk"]
