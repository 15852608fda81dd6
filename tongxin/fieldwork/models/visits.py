"""Visits: one going somewhere, what was found there, who saw it and when it became known."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .checklists import Checklist, Item
from .kinds import VisitKind
from .plans import OVERSEERS, Plan, Target, ordering_orgs

# Who reads of visits to people at home: whoever arranges help for them.
CARERS = ("officer", "dispatcher")
AT_HOME = (VisitKind.CARE, VisitKind.HOUSEHOLD)


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, actor) -> VisitQuerySet:
        """Return one's own, those one ordered, and those on land one oversees.

        An unannounced one that has not begun is seen by its team and by those who ordered it alone;
        a visit to somebody's home not by leaders, inspectors and secretaries, unless they went.
        """
        if not posts_of(actor):
            return self.filter(team_of(actor))
        open_ = Q(is_secret_until_begun=False) | Q(begun_at__isnull=False)
        abroad = Q(reach(actor, OVERSEERS), ~Q(kind__in=AT_HOME))
        at_home = Q(reach(actor, CARERS), kind__in=AT_HOME)
        return self.filter(ordered_by(actor) | Q(open_, abroad | at_home))

    def walked_by(self, actor) -> VisitQuerySet:
        """Return those of whose team the actor is one."""
        return self.filter(team_of(actor))


def team_of(actor) -> Q:
    return Q(pk__in=VisitWorker.objects.filter(user=actor.pk).values("visit"))


def ordered_by(actor) -> Q:
    """Return the visits of the actor's team, of their own order, or of the order of their office."""
    return team_of(actor) | Q(made_by=actor.pk) | Q(org__in=ordering_orgs(actor))


class Visit(models.Model):
    """A visit, planned or on the spot. `at` of begin and finish is when it happened, `recorded_at`
    when the house learnt of it. `marks` is what to look at: [{"code", "metres"|"hours"|…}].

    `org` is the organisation that ordered it, `visited` the one gone to.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("待走访")
        BEGUN = "begun", _("进行中")
        DONE = "done", _("已完成")
        MISSED = "missed", _("未按期")
        CANCELLED = "cancelled", _("已取消")

    class How(models.TextChoices):
        GPS = "gps", _("定位")
        QR = "qr", _("扫码")
        NONE = "none", _("未签到")

    class Mood(models.TextChoices):
        UNKNOWN = "", _("未记")
        CALM = "calm", _("平和满意")
        WORRIED = "worried", _("有顾虑")
        UPSET = "upset", _("不满")
        ANGRY = "angry", _("情绪激动")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("编号"), max_length=24, unique=True)
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name=_("计划")
    )
    target = models.ForeignKey(
        Target, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name=_("对象")
    )
    kind = models.CharField(_("类型"), max_length=12, choices=VisitKind)
    title = models.CharField(_("名称"), max_length=100)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    area = models.CharField(max_length=40, editable=False)
    place_name = models.CharField(_("地点"), max_length=100, blank=True, default="")
    lng = models.FloatField(_("经度"), null=True, blank=True)
    lat = models.FloatField(_("纬度"), null=True, blank=True)
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("组织单位")
    )
    visited = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("被走访单位")
    )
    checklist = models.ForeignKey(
        Checklist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("清单")
    )
    due_from = models.DateField(_("起始日"), null=True, blank=True)
    due_on = models.DateField(_("截止日"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PLANNED)
    begun_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    recorded_at = models.DateTimeField(_("上传时间"), null=True)
    check_lng = models.FloatField(_("签到经度"), null=True)
    check_lat = models.FloatField(_("签到纬度"), null=True)
    check_accuracy = models.FloatField(_("定位精度（米）"), null=True)
    check_how = models.CharField(_("签到方式"), max_length=4, choices=How, default=How.NONE)
    marks = models.JSONField(_("提示"), default=list)
    note = models.TextField(_("走访记录"), blank=True, default="")
    mood = models.CharField(_("居民情绪"), max_length=8, choices=Mood, blank=True, default="")
    score = models.DecimalField(_("得分"), max_digits=7, decimal_places=1, null=True)
    max_score = models.DecimalField(_("满分"), max_digits=7, decimal_places=1, null=True)
    bad_count = models.PositiveSmallIntegerField(_("问题数"), default=0)
    is_secret_until_begun = models.BooleanField(_("开始前保密"), default=False)
    source_kind = models.CharField(max_length=40, blank=True, default="")
    source_id = models.CharField(max_length=64, blank=True, default="")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("安排时间"))
    # Who made it once: "plan:3:17:2026-03-02", or a phone's own key.
    key = models.CharField(max_length=120, blank=True, default="")
    begin_key = models.CharField(max_length=80, blank=True, default="")
    finish_key = models.CharField(max_length=80, blank=True, default="")
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("填报人"),
    )

    workers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="VisitWorker", related_name="visits"
    )

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("走访")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="visit_once"),
            models.CheckConstraint(
                condition=Q(due_on=None) | Q(due_from=None) | Q(due_on__gte=F("due_from")),
                name="visit_due_after_it_opens",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(begun_at__isnull=False, finished_at__isnull=False),
                name="visit_done_was_made",
            ),
            models.CheckConstraint(
                condition=~Q(state="planned") | Q(begun_at__isnull=True),
                name="visit_planned_has_not_begun",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "due_on"], name="visits_of_area"),
            models.Index(fields=["plan", "due_from"], name="visits_of_plan"),
            models.Index(fields=["source_kind", "source_id"], name="visits_of_source"),
            models.Index(
                fields=["due_on"], name="visits_open", condition=Q(state__in=["planned", "begun"])
            ),
            models.Index(fields=["kind", "finished_at"], name="visits_of_kind"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_hidden(self) -> bool:
        return self.is_secret_until_begun and self.begun_at is None


class VisitWorker(models.Model):
    """One of the team; the lead answers for it."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_lead = models.BooleanField(_("负责人"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("走访人员")
        constraints = [
            models.UniqueConstraint(fields=["visit", "user"], name="one_place_in_a_visit"),
            models.UniqueConstraint(
                fields=["visit"], condition=Q(is_lead=True), name="one_lead_of_a_visit"
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)


class Answer(models.Model):
    """What was found at one item, by the version that the worker saw."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="answers")
    item = models.ForeignKey(Item, models.PROTECT, related_name="answers")
    value = models.JSONField(_("答案"), null=True)
    note = models.CharField(_("说明"), max_length=500, blank=True, default="")
    is_bad = models.BooleanField(_("有问题"), default=False)
    score = models.DecimalField(_("得分"), max_digits=6, decimal_places=1, null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("检查结果")
        constraints = [models.UniqueConstraint(fields=["visit", "item"], name="one_answer_an_item")]
        indexes = [models.Index(fields=["item"], name="bad_answers", condition=Q(is_bad=True))]

    def __str__(self) -> str:
        return f"{self.item}: {self.value}"


class AnswerPhoto(models.Model):
    answer = models.ForeignKey(Answer, models.CASCADE, related_name="photos")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return str(self.photo_id)


SIGNED = "signature"  # the slot of the picture of a signature


class VisitPhoto(models.Model):
    """A photo of the whole: the place, the people (合影), the door; or a signature."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="photos")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")
    slot = models.CharField(max_length=20, blank=True, default="")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return str(self.photo_id)


class RivalAnswers(models.Model):
    """A second report of a visit already finished: kept whole until a person decides which stands."""

    class Decision(models.TextChoices):
        OPEN = "", _("待裁定")
        FIRST = "first", _("以先到的为准")
        SECOND = "second", _("以后到的为准")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="rivals")
    # As it was handed in: {"answers", "note", "mood", "photos", "checklist"}, or, once it stands,
    # the report that stood before it.
    payload = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("完成时间"))
    recorded_at = models.DateTimeField(_("上传时间"))
    key = models.CharField(max_length=80, blank=True, default="")
    decision = models.CharField(
        _("裁定"), max_length=6, choices=Decision, blank=True, default=Decision.OPEN
    )
    reason = models.CharField(_("理由"), max_length=200, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("重复填报")
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "key"], condition=~Q(key=""), name="rival_answers_once"
            )
        ]
        indexes = [models.Index(fields=["visit"], name="rivals_open", condition=Q(decision=""))]

    def __str__(self) -> str:
        return f"{self.visit} · {self.by}"


class VisitChange(models.Model):
    """The history of a visit: begun, finished, cancelled, reopened, decided. Append-only."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10)
    text = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("走访记录")

    def __str__(self) -> str:
        return self.text


class OfficePointQuerySet(models.QuerySet["OfficePoint"]):
    def public(self) -> OfficePointQuerySet:
        """Return those that have been announced and are not called off."""
        return self.filter(announced_at__isnull=False).exclude(visit__state="cancelled")


class OfficePoint(models.Model):
    """A desk set up where people live (流动办公点): when, which services, who came (S4.39)."""

    visit = models.OneToOneField(Visit, models.CASCADE, primary_key=True, related_name="point")
    opens_at = models.DateTimeField(_("开始时间"))
    closes_at = models.DateTimeField(_("结束时间"))
    services = models.CharField(_("办理事项"), max_length=200)
    announced_at = models.DateTimeField(_("公布时间"), null=True)
    received = models.PositiveSmallIntegerField(_("接待人数"), default=0)

    objects = OfficePointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("流动办公点")
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="office_point_has_length"
            )
        ]

    def __str__(self) -> str:
        return str(self.visit)


class VisitMatter(models.Model):
    """A matter taken on a visit, settled at once or carried on elsewhere (a case's number)."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="matters")
    text = models.CharField(_("事项"), max_length=200)
    is_settled = models.BooleanField(_("当场办结"), default=False)
    case_number = models.CharField(_("转办编号"), max_length=30, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("收到的事项")

    def __str__(self) -> str:
        return self.text


class VisitCounter(models.Model):
    """How many visits a district planned in a year: the tail of the number people see."""

    prefix = models.CharField(max_length=16, primary_key=True)
    n = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.prefix}-{self.n}"
