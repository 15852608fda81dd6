"""Who else has the same matter; the index of rare words; hot topics and how people mended them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.regions.models import Region

# Who sees what is hot in an area, and may mend it: who overlooks land, and who dispatches there.
SEES_TOPICS = (*LAND_ROLES, "dispatcher")


class Joining(models.Model):
    """我也是: somebody has the same matter as an open public request. Who joined is not public."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="joinings", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("我也是")
        constraints = [
            models.UniqueConstraint(fields=["case", "user"], name="one_joins_a_matter_once")
        ]


class Trace(models.Model):
    """One telling word of a recent request: the look-up of likely duplicates goes by these rows."""

    district = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    word = models.BigIntegerField()  # a hash: words are compared, never read back
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["district", "word", "-case"], name="trace_of_word")]


class WordCount(models.Model):
    """In how many requests a word was met: what is met often tells little."""

    word = models.BigIntegerField(primary_key=True)
    n = models.PositiveIntegerField()


class Mark(models.Model):
    """How far a reader of the event log has come."""

    name = models.CharField(max_length=20, primary_key=True)
    event = models.BigIntegerField(default=0)
    swept_at = models.DateTimeField(null=True)


class HotRun(models.Model):
    """One look for hot topics over an area and a period [since, until)."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    since = models.DateField(_("从"))
    until = models.DateField(_("到"))
    made_at = models.DateTimeField(_("生成时间"))
    n = models.PositiveIntegerField(_("读过的诉求"))
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("热点分析")
        ordering = ["-until", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["region", "since", "until"], name="one_run_of_a_period")
        ]


class HotTopicQuerySet(models.QuerySet):
    def visible_to(self, actor) -> HotTopicQuerySet:
        """Return the topics that hold a request of land the actor overlooks, or dispatches in."""
        if actor.is_superuser:
            return self
        here = HotCase.objects.filter(reach(actor, SEES_TOPICS, column="case__area"))
        return self.filter(models.Exists(here.filter(topic=models.OuterRef("pk"))))


class HotTopic(models.Model):
    """热点: requests of a period about one matter. People are counted, never listed."""

    class State(models.TextChoices):
        SHOWN = "", _("在榜")
        DISMISSED = "dismissed", _("已排除")
        MERGED = "merged", _("已并入")

    run = models.ForeignKey(HotRun, models.CASCADE, related_name="topics")
    title = models.CharField(_("标题"), max_length=60)
    place = models.CharField(_("地点"), max_length=40, blank=True, default="")
    words = models.JSONField(_("关键词"), default=list)
    n = models.PositiveIntegerField(_("诉求"))
    people = models.PositiveIntegerField(_("人数"))
    approval = models.IntegerField(_("赞减反对"), default=0)
    first_at = models.DateTimeField(_("最早"))
    last_at = models.DateTimeField(_("最近"))
    heat = models.FloatField(_("热度"))
    parts = models.JSONField(default=dict)  # of the heat, for the sentence that explains it
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    state = models.CharField(max_length=10, choices=State, blank=True, default="")
    is_named = models.BooleanField(default=False)  # a person gave the title
    into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    cases: models.ManyToManyField = models.ManyToManyField(Case, through="HotCase")

    objects = HotTopicQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("热点")
        indexes = [models.Index(fields=["run", "-heat"], name="topic_by_heat")]

    def __str__(self) -> str:
        return self.title


class HotCase(models.Model):
    """A request counted in a topic; in one topic of a run only."""

    topic = models.ForeignKey(HotTopic, models.CASCADE, related_name="members")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    centrality = models.FloatField(default=0)  # 1: says it like all the others

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "case"], name="one_case_in_a_topic")
        ]


class Verdict(models.Model):
    """What a person said of two requests: the same matter, or not. The next run keeps to it."""

    low = models.ForeignKey(Case, models.CASCADE, related_name="+", db_index=False)
    high = models.ForeignKey(Case, models.CASCADE, related_name="+")
    is_same = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="one_verdict_of_two"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="verdict_in_order"),
        ]
