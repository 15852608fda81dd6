"""What a session resolved: who does what, where, by when; and what came of it (S3.31, S3.32)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..scope import body_reach, org_ids
from .bodies import BodyMember, ConferenceBody
from .sessions import AgendaItem, Session

USER = settings.AUTH_USER_MODEL


class ResolutionQuerySet(models.QuerySet["Resolution"]):
    def visible_to(self, actor) -> ResolutionQuerySet:
        """Return those of the bodies the actor may read or sits in, and those they have to do."""
        seats = BodyMember.objects.held_by(actor).filter(to_date__isnull=True).values("body")
        tasks = ResolutionTask.objects.filter(
            Q(org__in=org_ids(actor)) | Q(holder=actor.pk)
        ).values("resolution")
        return self.filter(body_reach(actor, "body__") | Q(body__in=seats) | Q(pk__in=tasks))

    def open(self) -> ResolutionQuerySet:
        return self.filter(closed_at__isnull=True)


class Resolution(models.Model):
    """A resolution of a session: its work, place and day, with one task for each unit."""

    class End(models.TextChoices):
        DONE = "done", _("已办结")
        WITHDRAWN = "withdrawn", _("已撤回")

    body = models.ForeignKey(ConferenceBody, models.PROTECT, related_name="resolutions")
    session = models.ForeignKey(Session, models.PROTECT, related_name="resolutions")
    item = models.ForeignKey(AgendaItem, models.PROTECT, null=True, related_name="resolutions")
    year = models.PositiveSmallIntegerField(_("年度"))
    seq = models.PositiveSmallIntegerField(_("序号"))
    title = models.CharField(_("决议"), max_length=100)
    work = models.TextField(_("工作内容"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    place = models.CharField(_("地点"), max_length=100)
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    due_on = models.DateField(_("完成期限"))
    case = models.OneToOneField(Case, models.PROTECT, related_name="resolution")
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("形成时间"))
    result = models.TextField(_("办理结果"), blank=True, default="")
    end = models.CharField(_("结果"), max_length=9, choices=End, blank=True, default="")
    closed_at = models.DateTimeField(_("办结时间"), null=True)

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("决议")
        constraints = [
            models.UniqueConstraint(fields=["body", "year", "seq"], name="resolution_number")
        ]
        indexes = [
            models.Index(
                fields=["body", "due_on"],
                condition=Q(closed_at__isnull=True),
                name="resolution_open",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        return f"〔{self.year}〕{self.seq}号"


class ResolutionTask(models.Model):
    """What one unit or person has to do of a resolution: a case of the flow `resolution`."""

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="resolution_task"
    )
    resolution = models.ForeignKey(Resolution, models.PROTECT, related_name="tasks")
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("责任单位")
    )
    holder = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("责任人")
    )
    due_on = models.DateField(_("完成期限"))
    progress = models.CharField(_("进展"), max_length=2000, blank=True, default="")
    done_note = models.CharField(_("完成情况"), max_length=2000, blank=True, default="")
    done_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    returns = models.PositiveSmallIntegerField(_("退回次数"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("决议任务")
        constraints = [
            models.CheckConstraint(
                condition=Q(org__isnull=False) | Q(holder__isnull=False),
                name="resolution_task_has_an_owner",
            )
        ]

    def __str__(self) -> str:
        return str(self.resolution)

    @property
    def owner(self) -> str:
        return self.org.name if self.org else self.holder.name if self.holder else ""
