"""A meeting from plan to minutes; who came; what was decided; what stays open in a series."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Person, Sector, UnitKind
from tongxin.orgs.scope import READERS, posts_of, unit_reach

from .rules import Kind, MeetingRule

USER = settings.AUTH_USER_MODEL
# Who calls gatherings beside those who keep a register: over the unit, and in the unit itself.
GATHERERS = ("officer", "leader")
OWN_GATHERER = "handler"
# A community's dispatcher calls the gatherings of the committee that leads this very community
# (社区联席会议, S3.33): its secretary chairs and approves, the desk prepares. Never of a branch.
COMMUNITY_GATHERER = "dispatcher"
LEADS_COMMUNITY = Q(
    kind=Org.Kind.PARTY,
    unit_kind__in=(UnitKind.COMMITTEE, UnitKind.GENERAL_BRANCH, UnitKind.JOINT_COMMITTEE),
    sector__in=("", Sector.COMMUNITY, Sector.VILLAGE),
)


def desks_of(actor) -> list[int]:
    """Return the communities (region ids) of which the actor is the dispatcher."""
    return sorted(
        post.region_id
        for post in posts_of(actor)
        if post.role == COMMUNITY_GATHERER and post.level == "community"
    )


class SeriesQuerySet(models.QuerySet["Series"]):
    def visible_to(self, actor) -> SeriesQuerySet:
        """Return those of the units whose registers the actor may read."""
        return self.filter(unit_reach(actor, READERS, column="unit__path"))


class Series(models.Model):
    """Several meetings on one matter, until it is settled (再次召开协调会, S0.3)."""

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="meeting_series", verbose_name=_("党组织")
    )
    subject = models.CharField(_("议题"), max_length=100)
    opened_at = models.DateTimeField(_("开始时间"))
    closed_at = models.DateTimeField(_("办结时间"), null=True)
    result = models.CharField(_("办结情况"), max_length=300, blank=True, default="")

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("系列会议")

    def __str__(self) -> str:
        return self.subject


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, actor) -> MeetingQuerySet:
        """Return those of the units whose registers the actor may read, and those one is asked to.

        Gatherings also to who calls them: officers and leaders over the unit, its own handlers,
        the dispatcher of the community that the unit leads.
        """
        kept = unit_reach(actor, READERS, column="unit__path")
        called = unit_reach(actor, GATHERERS, column="unit__path")
        own = [post.org_id for post in posts_of(actor) if post.role == OWN_GATHERER]
        if own:
            called |= Q(unit__in=own)
        desks = desks_of(actor)
        if desks:
            called |= Q(unit__in=Org.objects.filter(LEADS_COMMUNITY, region__in=desks))
        asked = Attendance.objects.filter(user=actor.pk).values("meeting")
        return self.filter(
            kept
            | (Q(is_gathering=True) & called)
            | (Q(pk__in=asked) & ~Q(state=Meeting.State.PLANNED))
        )

    def organisation_life(self) -> MeetingQuerySet:
        """Return what counts under the rules of organisation life: no gatherings."""
        return self.filter(is_gathering=False)

    def took_place(self) -> MeetingQuerySet:
        """Return those that were held, whether or not their minutes are approved yet."""
        return self.filter(state__in=OF_FACT)


class Meeting(models.Model):
    """Something a unit holds on a day: planned, announced, held, recorded, approved (定通到记审)."""

    class State(models.TextChoices):
        PLANNED = "planned", _("已计划")
        NOTICED = "noticed", _("已通知")
        HELD = "held", _("已召开")
        RECORDED = "recorded", _("待审定")
        APPROVED = "approved", _("已审定")
        CANCELLED = "cancelled", _("已取消")

    class Venue(models.TextChoices):
        """Where it happens: the scene (S2.3, S2.7)."""

        ROOM = "room", _("会议室")
        SITE = "site", _("项目现场")
        CONTACT = "contact", _("党建联系点")
        ALLIANCE = "alliance", _("联盟单位")
        RED_SITE = "red_site", _("红色教育基地")
        CENTER = "center", _("党群服务中心")
        ONLINE = "online", _("线上")
        OTHER = "other", _("其他场所")

    class Aim(models.TextChoices):
        """What it serves (S2.2)."""

        WORK = "work", _("围绕中心")
        TEAM = "team", _("建设队伍")
        PEOPLE = "people", _("服务群众")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="meetings", verbose_name=_("党组织"))
    kind = models.CharField(_("类型"), max_length=20, choices=Kind)
    # A joint conference or the like: no organisation life, never counted as such.
    is_gathering = models.BooleanField(_("联席类会议"), default=False, editable=False)
    rule = models.ForeignKey(MeetingRule, models.PROTECT, null=True, related_name="meetings")
    title = models.CharField(_("主题"), max_length=100)
    aim = models.CharField(_("服务方向"), max_length=8, choices=Aim, blank=True, default="")
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    # Year and month of the start in China, 202603: the rule check counts by it.
    month = models.PositiveIntegerField(editable=False)
    venue_kind = models.CharField(_("场所类型"), max_length=8, choices=Venue, default=Venue.ROOM)
    venue = models.CharField(_("地点"), max_length=100)
    chair = models.CharField(_("主持人"), max_length=40)
    speaker = models.CharField(_("主讲人"), max_length=60, blank=True, default="")
    agenda = models.TextField(_("议程"), blank=True, default="")
    # Titles of the template's steps that were gone through, as ticked with the record.
    steps_done = models.JSONField(default=list)
    series = models.ForeignKey(
        Series, models.PROTECT, null=True, related_name="meetings", verbose_name=_("系列会议")
    )
    group = models.ForeignKey(
        "meetings.StudyGroup", models.PROTECT, null=True, related_name="sessions",
        verbose_name=_("学习小组"),
    )  # fmt: skip
    lesson = models.ForeignKey(
        "meetings.Lesson", models.PROTECT, null=True, related_name="meetings",
        verbose_name=_("学习计划课次"),
    )  # fmt: skip
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PLANNED)
    created_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    noticed_at = models.DateTimeField(_("通知时间"), null=True)
    held_at = models.DateTimeField(_("到会确认时间"), null=True)
    minutes = models.TextField(_("会议记录"), blank=True, default="")
    recorder = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("记录人")
    )
    recorded_at = models.DateTimeField(_("记录时间"), null=True)
    returned = models.CharField(_("退回意见"), max_length=300, blank=True, default="")
    approver = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("审定人")
    )
    approved_at = models.DateTimeField(_("审定时间"), null=True)
    cancelled_at = models.DateTimeField(_("取消时间"), null=True)
    cancel_reason = models.CharField(_("取消原因"), max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("组织生活")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="meeting_ends_after_it_starts"
            ),
        ]
        indexes = [
            models.Index(fields=["month", "unit", "kind"], name="meeting_of_month"),
            models.Index(fields=["unit", "starts_at"], name="meeting_of_unit"),
        ]

    def __str__(self) -> str:
        return self.title


OF_FACT = (Meeting.State.HELD, Meeting.State.RECORDED, Meeting.State.APPROVED)
LATER_THAN_PLAN = (Meeting.State.NOTICED, *OF_FACT)


class Attendance(models.Model):
    """Somebody asked to a meeting, and whether they came. Tells who is a member: sensitive."""

    class Part(models.TextChoices):
        """As what somebody sits there; departments and outside agencies apart (S0.8)."""

        MEMBER = "member", _("应到人员")
        OBSERVER = "observer", _("列席")
        DEPARTMENT = "department", _("职能部门")
        AGENCY = "agency", _("外部机构")
        ALLIANCE = "alliance", _("联盟单位")
        RESIDENT = "resident", _("群众代表")

    class Status(models.TextChoices):
        EXPECTED = "expected", _("未签到")
        PRESENT = "present", _("到会")
        LEAVE = "leave", _("请假")
        ABSENT = "absent", _("缺席")

    class How(models.TextChoices):
        QR = "qr", _("扫码")
        LIST = "list", _("名单")

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="attendances")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="attendances", verbose_name=_("人员")
    )
    user = models.ForeignKey(USER, models.PROTECT, null=True, related_name="attendances")
    name = models.CharField(_("姓名"), max_length=40)
    part = models.CharField(_("身份"), max_length=10, choices=Part, default=Part.MEMBER)
    agency = models.CharField(_("单位"), max_length=60, blank=True, default="")
    votes = models.BooleanField(_("有表决权"), default=False)
    status = models.CharField(_("到会情况"), max_length=8, choices=Status, default=Status.EXPECTED)
    reason = models.CharField(_("请假事由"), max_length=100, blank=True, default="")
    is_late = models.BooleanField(_("迟到"), default=False)
    how = models.CharField(_("签到方式"), max_length=4, choices=How, blank=True, default="")
    at = models.DateTimeField(_("签到时间"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    # The one on leave whose seat this person takes.
    stands_for = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="substitute", verbose_name=_("代替")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("到会情况")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "person"],
                condition=Q(person__isnull=False),
                name="attends_once",
            ),
            models.UniqueConstraint(
                fields=["meeting", "user"],
                condition=Q(user__isnull=False),
                name="user_attends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.get_status_display()}"


class Decision(models.Model):
    """What was put to the vote, and how it went; the figures must agree with who was there."""

    class Method(models.TextChoices):
        HANDS = "hands", _("举手表决")
        ORAL = "oral", _("口头表决")
        BALLOT = "ballot", _("无记名投票")

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="decisions")
    seq = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("决议"), max_length=500)
    method = models.CharField(_("表决方式"), max_length=6, choices=Method)
    entitled = models.PositiveSmallIntegerField(_("有表决权应到"))
    present = models.PositiveSmallIntegerField(_("有表决权实到"))
    issued = models.PositiveSmallIntegerField(_("发出票"), null=True)
    returned = models.PositiveSmallIntegerField(_("收回票"), null=True)
    in_favour = models.PositiveSmallIntegerField(_("赞成"))
    against = models.PositiveSmallIntegerField(_("反对"))
    abstain = models.PositiveSmallIntegerField(_("弃权"))
    invalid = models.PositiveSmallIntegerField(_("无效"), default=0)
    is_passed = models.BooleanField(_("通过"))
    why = models.CharField(_("依据"), max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("决议")
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["meeting", "seq"], name="decision_place")]

    def __str__(self) -> str:
        return self.text


class Correction(models.Model):
    """What approved minutes got wrong: appended, the minutes stay as they were."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="corrections")
    text = models.CharField(_("更正"), max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("记录更正")

    def __str__(self) -> str:
        return self.text


class OpenPointQuerySet(models.QuerySet["OpenPoint"]):
    def visible_to(self, actor) -> OpenPointQuerySet:
        """Return those of the units whose registers the actor may read."""
        return self.filter(unit_reach(actor, READERS, column="series__unit__path"))


class OpenPoint(models.Model):
    """What a meeting of a series left to somebody, and how it was answered (S0.3)."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="points")
    raised_in = models.ForeignKey(Meeting, models.PROTECT, related_name="points")
    text = models.CharField(_("待办"), max_length=200)
    owner = models.CharField(_("责任单位（人）"), max_length=60)
    due_on = models.DateField(_("完成时限"))
    done_at = models.DateTimeField(_("办结时间"), null=True)
    answer = models.CharField(_("办理结果"), max_length=300, blank=True, default="")

    objects = OpenPointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("待办事项")

    def __str__(self) -> str:
        return self.text


def photo_path(photo: Photo, name: str) -> str:
    return f"meetings/{photo.id.hex[:2]}/{photo.id}-{name}"


class MeetingPhotoQuerySet(models.QuerySet["Photo"]):
    def visible_to(self, actor) -> MeetingPhotoQuerySet:
        """Return those of what the actor may read: a unit's registers."""
        kept = unit_reach(actor, READERS, column="meeting__unit__path")
        medals = unit_reach(actor, READERS, column="medal__membership__unit__path")
        return self.filter(kept | medals)


class Photo(models.Model):
    """A photo of a meeting or a delivery, cleaned; served only to who may see what it belongs to."""

    class What(models.TextChoices):
        SCENE = "scene", _("现场照片")
        SIGN_IN = "sign_in", _("签到表")
        SIGNATURE = "signature", _("签收单")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, related_name="photos")
    medal = models.ForeignKey("meetings.Medal", models.PROTECT, null=True, related_name="photos")
    what = models.CharField(_("内容"), max_length=10, choices=What)
    file = models.FileField(upload_to=photo_path)
    thumb = models.FileField(upload_to=photo_path)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = MeetingPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("照片")

    def __str__(self) -> str:
        return str(self.id)
