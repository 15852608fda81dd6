"""Courses and lectures with hours for the member; visits received from elsewhere."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.documents.scope import desk_reach
from tongxin.orgs.models import Membership, Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import prefixes

from .common import USER, file_path


def _above(actor) -> set[int]:
    """Return the units at and above those where the actor holds a post or is a member."""
    paths = [post.org_path for post in posts_of(actor) if post.org_path]
    own = Membership.objects.filter(person__user=actor.pk, to_date__isnull=True)
    paths += own.values_list("unit__path", flat=True)
    return {int(one) for path in paths for one in path.strip("/").split("/") if one}


class CourseQuerySet(models.QuerySet["Course"]):
    def visible_to(self, actor) -> CourseQuerySet:
        """Return those of one's unit and below, and the open ones of the units one belongs to."""
        if actor is None or not actor.is_authenticated:
            return self.none()
        offered = Q(org__in=_above(actor)) & ~Q(state=Course.State.DRAFT)
        lands = [post.path for post in posts_of(actor)]
        around = {path for land in lands for path in prefixes(land)}
        offered |= Q(org__region__path__in=around) & ~Q(state=Course.State.DRAFT)
        return self.filter(desk_reach(actor, "org") | offered | Q(by=actor.pk))


class Course(models.Model):
    class Kind(models.TextChoices):
        COURSE = "course", _("培训课程")
        LECTURE = "lecture", _("党课")
        SEMINAR = "seminar", _("研讨交流")
        TOUR = "tour", _("观摩学习")

    class State(models.TextChoices):
        DRAFT = "draft", _("筹备中")
        OPEN = "open", _("开放报名")
        CLOSED = "closed", _("已结束")

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("主办单位"))
    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    title = models.CharField(_("课程"), max_length=80)
    summary = models.CharField(_("简介"), max_length=500, blank=True, default="")
    lecturer = models.CharField(_("主讲"), max_length=40, blank=True, default="")
    hours = models.DecimalField(_("学时"), max_digits=4, decimal_places=1)
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.DRAFT)
    # The test at the end, if it has questions: the share to pass, and how often one may try.
    pass_share = models.PositiveSmallIntegerField(_("及格线（%）"), default=60)
    tries = models.PositiveSmallIntegerField(_("可考次数"), default=3)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("课程")
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gt=0, hours__lte=80), name="course_has_hours"
            ),
            models.CheckConstraint(
                condition=Q(pass_share__gt=0, pass_share__lte=100), name="pass_is_a_share"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class CourseMaterial(models.Model):
    course = models.ForeignKey(Course, models.CASCADE, related_name="materials")
    title = models.CharField(_("名称"), max_length=80)
    text = models.TextField(_("正文"), blank=True, default="")
    file = models.FileField(upload_to=file_path, max_length=120, blank=True, default="")
    file_name = models.CharField(max_length=120, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("课程资料")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class CourseQuestion(models.Model):
    course = models.ForeignKey(Course, models.CASCADE, related_name="questions")
    order = models.PositiveSmallIntegerField()
    text = models.CharField(_("题目"), max_length=200)
    choices = models.JSONField(_("选项"), default=list)
    answers = models.JSONField(_("答案"), default=list)  # indexes into the choices

    class Meta:
        verbose_name = verbose_name_plural = _("测试题")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.text


class CourseSessionQuerySet(models.QuerySet["CourseSession"]):
    def visible_to(self, actor) -> CourseSessionQuerySet:
        return self.filter(course__in=Course.objects.visible_to(actor))


class CourseSession(models.Model):
    class State(models.TextChoices):
        PLANNED = "planned", _("报名中")
        HELD = "held", _("已完成")
        CANCELLED = "cancelled", _("已取消")

    course = models.ForeignKey(Course, models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    venue = models.CharField(_("地点"), max_length=80)
    places = models.PositiveSmallIntegerField(_("名额"))
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.PLANNED)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = CourseSessionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("班次")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="course_session_has_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.course} · {self.starts_at:%Y-%m-%d}"


class SignUpQuerySet(models.QuerySet["SignUp"]):
    def visible_to(self, actor) -> SignUpQuerySet:
        """Return one's own, and those of the courses of one's desk."""
        return self.filter(desk_reach(actor, "session__course__org") | Q(user=actor.pk))


class SignUp(models.Model):
    class State(models.TextChoices):
        SIGNED = "signed", _("已报名")
        WAITING = "waiting", _("候补")
        CANCELLED = "cancelled", _("已取消")
        PRESENT = "present", _("已签到")
        ABSENT = "absent", _("未到")

    session = models.ForeignKey(CourseSession, models.PROTECT, related_name="sign_ups")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("学员"))
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.SIGNED)
    how = models.CharField(
        _("签到方式"), max_length=4, blank=True, default="",
        choices=[("qr", _("扫码")), ("list", _("名单"))],
    )  # fmt: skip
    at = models.DateTimeField(_("报名时间"))
    here_at = models.DateTimeField(_("签到时间"), null=True)
    credited_at = models.DateTimeField(_("计入学时"), null=True)

    objects = SignUpQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("报名")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="signed_up_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.session}"


class TestTry(models.Model):
    course = models.ForeignKey(Course, models.PROTECT, related_name="test_tries")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    answers = models.JSONField(default=dict)  # {question id: [indexes]}
    right = models.PositiveSmallIntegerField(_("答对"))
    total = models.PositiveSmallIntegerField(_("题数"))
    passed = models.BooleanField(_("及格"))
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("测试")
        constraints = [
            models.UniqueConstraint(fields=["course", "user", "number"], name="test_try_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.right}/{self.total}"


class ReceptionQuerySet(models.QuerySet["Reception"]):
    def visible_to(self, actor) -> ReceptionQuerySet:
        return self.filter(desk_reach(actor, "org") | Q(by=actor.pk))


class Reception(models.Model):
    """A visit received from elsewhere to see and to learn (S4.80: 9 批次 500 多人)."""

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("接待单位"))
    from_name = models.CharField(_("来访单位"), max_length=80)
    topic = models.CharField(_("考察主题"), max_length=100)
    on = models.DateField(_("日期"))
    people = models.PositiveSmallIntegerField(_("人数"))
    led_by = models.CharField(_("带队"), max_length=40, blank=True, default="")
    route = models.CharField(_("点位"), max_length=200, blank=True, default="")
    reception = models.CharField(_("接待安排"), max_length=300, blank=True, default="")
    feedback = models.CharField(_("来访方反馈"), max_length=500, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = ReceptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("来访考察")
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(people__gt=0), name="somebody_visited")
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.from_name} {self.on}"
