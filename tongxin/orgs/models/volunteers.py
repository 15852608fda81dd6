"""What makes a user a volunteer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from ..scope import reach

# Who says whether somebody may serve in a community.
ADMITTERS = ("dispatcher", "officer")


class Skill(models.Model):
    name = models.CharField(_("名称"), max_length=20, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("技能")

    def __str__(self) -> str:
        return self.name


class Volunteer(models.Model):
    """What makes a user a volunteer: skills, how much they take on, where they are at home."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, verbose_name=_("用户")
    )
    home = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name=_("常住社区"),
        limit_choices_to={"level": Region.Level.COMMUNITY},
    )
    skills = models.ManyToManyField(Skill, blank=True, verbose_name=_("技能"))
    cap = models.PositiveSmallIntegerField(_("同时接单上限"), default=3)
    is_paused = models.BooleanField(_("暂停接单"), default=False)
    # Kept by the ledger's action in the same transaction; `tongxin verify` recounts both.
    points = models.IntegerField(_("积分"), default=0)
    minutes = models.PositiveIntegerField(_("服务时长（分钟）"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("志愿者")

    def __str__(self) -> str:
        return str(self.user)


class VolunteerTime(models.Model):
    """A time of the week at which a volunteer can mostly serve; recommendation looks at it."""

    class Weekday(models.IntegerChoices):
        MONDAY = 1, _("周一")
        TUESDAY = 2, _("周二")
        WEDNESDAY = 3, _("周三")
        THURSDAY = 4, _("周四")
        FRIDAY = 5, _("周五")
        SATURDAY = 6, _("周六")
        SUNDAY = 7, _("周日")

    volunteer = models.ForeignKey(
        Volunteer, models.CASCADE, related_name="times", verbose_name=_("志愿者")
    )
    weekday = models.PositiveSmallIntegerField(_("星期"), choices=Weekday)
    since = models.TimeField(_("从"))
    until = models.TimeField(_("到"))

    class Meta:
        verbose_name = verbose_name_plural = _("可服务时间")
        constraints = [
            models.UniqueConstraint(
                fields=["volunteer", "weekday", "since"], name="one_volunteer_time"
            ),
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("since")), name="volunteer_time_has_length"
            ),
        ]
        indexes = [models.Index(fields=["weekday", "since"], name="volunteer_times")]

    def __str__(self) -> str:
        return (
            f"{self.volunteer} · {self.get_weekday_display()} {self.since:%H:%M}–{self.until:%H:%M}"
        )


class VolunteerRequestQuerySet(models.QuerySet["VolunteerRequest"]):
    def visible_to(self, actor) -> VolunteerRequestQuerySet:
        """Return those of the communities where the actor dispatches or is the officer."""
        return self.filter(reach(actor, ADMITTERS, column="home__path"))


class VolunteerRequest(models.Model):
    """Somebody asks a community to be its volunteer; until it says yes they take no orders."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待审核")
        ADMITTED = "admitted", _("已通过")
        REFUSED = "refused", _("未通过")
        WITHDRAWN = "withdrawn", _("已撤回")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="volunteer_requests"
    )
    home = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("常住社区"))
    skills = models.ManyToManyField(Skill, blank=True, related_name="+", verbose_name=_("技能"))
    times = models.JSONField(default=list)  # [[weekday, "08:00", "12:00"], …]
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(_("申请时间"))
    decided_at = models.DateTimeField(_("审核时间"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(_("理由"), max_length=200, blank=True, default="")

    objects = VolunteerRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("志愿者申请")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(state="waiting"),
                name="one_waiting_volunteer_request",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["home", "state", "-id"], name="volunteer_requests")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_state_display()}"


class OpenDoor(models.Model):
    """A community where who registers as a volunteer is one at once, without being admitted."""

    region = models.OneToOneField(Region, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("登记即生效的社区")
