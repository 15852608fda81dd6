"""What the pages keep: the views of the desk somebody has named, and what units owe."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import READERS, posts_of, unit_reach


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, actor) -> SavedViewQuerySet:
        return self.filter(user=actor.pk)


class SavedView(models.Model):
    """A view of the desk under a name: the words of its address, and nothing else."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(_("名称"), max_length=20)
    query = models.CharField(max_length=500, blank=True, default="")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("收件箱视图")
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_view_of_a_name")]

    def __str__(self) -> str:
        return self.name


class DueItemQuerySet(models.QuerySet["DueItem"]):
    def visible_to(self, actor) -> DueItemQuerySet:
        """Return those of units whose registers one reads; of one's village, its own work only.

        Who is sent to a village helps it earn, so what its economy wants is theirs as well.
        """
        sent = [post.org_id for post in posts_of(actor) if post.role in DueItem.SENT]
        own = (DueItem.Source.SECRETARIES, DueItem.Source.ECONOMY)
        village = Q(unit__in=sent, source__in=own)
        return self.filter(unit_reach(actor, READERS, column="unit__path") | village)


class DueItem(models.Model):
    """Something a unit owes, as the rules of an app found it; the worker keeps the list.

    It is found again and again by whoever knows the rules, so a page reads one table instead of
    five apps. Nobody writes here by hand: what is done is no longer found, and goes.
    """

    SENT = ("first_secretary", "team_leader", "adviser")

    class Source(models.TextChoices):
        MEETINGS = "meetings", _("组织生活")
        AFFAIRS = "affairs", _("党务")
        SECRETARIES = "secretaries", _("书记队伍")
        REPORT = "report", _("双报到")
        UNITS = "units", _("组织")
        STANDARDS = "standards", _("标准化建设")
        VISITS = "visits", _("巡查走访")
        FINDINGS = "findings", _("问题整改")
        DOCUMENTS = "documents", _("公文")
        CONFERENCES = "conferences", _("联席会议")
        ALLIANCES = "alliances", _("党建联盟")
        PROJECTS = "projects", _("重点任务")
        RENOVATION = "renovation", _("挂图作战")
        FUNDS = "funds", _("资金专账")
        PLACES = "places", _("党群阵地")
        ECONOMY = "economy", _("集体经济")
        LIBRARY = "library", _("案例与学习")
        TAKING_PART = "taking_part", _("议事与表决")

    unit = models.ForeignKey(Org, models.CASCADE, related_name="due_items")
    source = models.CharField(max_length=12, choices=Source)
    kind = models.CharField(max_length=30)
    sentence = models.CharField(_("事项"), max_length=300)
    due = models.DateField(_("期限"), null=True)
    url = models.CharField(max_length=200)
    found_at = models.DateTimeField(_("发现时间"))

    objects = DueItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("待办事项")
        indexes = [models.Index(fields=["unit", "due"], name="due_of_a_unit")]

    def __str__(self) -> str:
        return self.sentence
