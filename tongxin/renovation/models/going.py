"""Who goes where: leaders in charge, visits with decisions on the spot, research teams, meetings, bulletins."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.documents.models import Document
from tongxin.meetings.models import Meeting
from tongxin.orgs.models import Org
from tongxin.orgs.scope import reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .campaigns import OVERSEERS, READERS, RenovationCampaign
from .plans import OfSiteQuerySet, SitePart
from .sites import Site


class Charge(models.Model):
    """联系包保 (S1.13): a leader answers for a community, from a day until another takes over."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="charges")
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("包保领导")
    )
    from_on = models.DateField(_("起"))
    to_on = models.DateField(_("止"), null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联系包保")
        constraints = [
            models.UniqueConstraint(
                fields=["site"], condition=Q(to_on=None), name="one_leader_in_charge"
            )
        ]

    def __str__(self) -> str:
        return f"{self.leader} · {self.site}"


class ResearchTeamQuerySet(models.QuerySet["ResearchTeam"]):
    def visible_to(self, actor) -> ResearchTeamQuerySet:
        return self.filter(
            reach(actor, OVERSEERS, column="campaign__region__path")
            | Q(members__user=actor.pk, pk__isnull=False)
        ).distinct()


class ResearchTeam(models.Model):
    """A research team that walks all places it was given (S1.19)."""

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="teams")
    number = models.PositiveSmallIntegerField(_("组号"))
    # The streets or districts it walks; their places are its list.
    regions = models.ManyToManyField(Region, related_name="+", verbose_name=_("走访范围"))
    at = models.DateTimeField()

    objects = ResearchTeamQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("调研组")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"], name="one_research_team_of_a_number"
            )
        ]

    def __str__(self) -> str:
        return _("第%d调研组") % self.number


class TeamMember(models.Model):
    team = models.ForeignKey(ResearchTeam, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_lead = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="one_seat_in_a_research_team"),
            models.UniqueConstraint(
                fields=["team"], condition=Q(is_lead=True), name="one_lead_of_a_research_team"
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)


class LeaderVisit(models.Model):
    """A leader's or a team's visit to a place (S1.17, S1.19, S1.22); what was decided there is cases."""

    class Kind(models.TextChoices):
        LEADER = "leader", _("领导督导")
        RESEARCH = "research", _("调研走访")

    site = models.ForeignKey(Site, models.CASCADE, related_name="visits")
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("带队人")
    )
    team = models.ForeignKey(
        ResearchTeam, models.PROTECT, null=True, related_name="visits", verbose_name=_("调研组")
    )
    on = models.DateField(_("日期"))
    text = models.CharField(_("现场情况"), max_length=500)
    photos = models.ManyToManyField(Photo, blank=True, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    at = models.DateTimeField(_("登记时间"))
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("实地督导")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "leader", "on", "kind"], name="one_visit_of_a_leader_a_day"
            ),
            models.CheckConstraint(
                condition=Q(kind="leader") | Q(team__isnull=False), name="research_is_by_a_team"
            ),
        ]
        indexes = [models.Index(fields=["kind", "leader"], name="visits_by_leader")]

    def __str__(self) -> str:
        return f"{self.leader} · {self.site} · {self.on}"


class VisitDecision(models.Model):
    """现场拍板: a decision made on the spot and the case that carries it out."""

    visit = models.ForeignKey(LeaderVisit, models.CASCADE, related_name="decisions")
    part = models.OneToOneField(SitePart, models.PROTECT, related_name="decision")

    class Meta:
        verbose_name = verbose_name_plural = _("现场拍板事项")

    def __str__(self) -> str:
        return str(self.part)


class OfRenovationQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(reach(actor, READERS, column="region__path"))


class Rhythm(models.Model):
    """Meetings that come again (例会 S1.14, 片区推动会 S1.18): the worker plans the next one."""

    class Kind(models.TextChoices):
        REGULAR = "regular", _("工作例会")
        PUSH = "push", _("片区推动会")
        JOINT = "coordination", _("两部门统筹调度")

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="rhythms")
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("片区"))
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("召集单位"))
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("主持人")
    )
    venue = models.CharField(_("地点"), max_length=80)
    every_days = models.PositiveSmallIntegerField(_("每隔几天"), default=14)
    next_on = models.DateField(_("下次日期"))
    hour = models.PositiveSmallIntegerField(_("几点"), default=9)
    ended_on = models.DateField(_("停止日期"), null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfRenovationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("例会安排")
        constraints = [
            models.CheckConstraint(condition=Q(every_days__gte=1), name="a_rhythm_moves_on")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.region}"


class RhythmMeeting(models.Model):
    """A meeting that a rhythm planned: once for each day."""

    rhythm = models.ForeignKey(Rhythm, models.CASCADE, related_name="meetings")
    meeting = models.OneToOneField(Meeting, models.PROTECT, related_name="+")
    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rhythm", "on"], name="one_meeting_of_a_rhythm_a_day")
        ]

    def __str__(self) -> str:
        return str(self.on)


class Bulletin(models.Model):
    """工作通报 (S1.15): a document drafted from the figures of a day, with the order of finishing."""

    campaign = models.ForeignKey(RenovationCampaign, models.CASCADE, related_name="bulletins")
    number = models.PositiveSmallIntegerField(_("期号"))
    on = models.DateField(_("截至"))
    document = models.OneToOneField(Document, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("工作通报")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="one_bulletin_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.number}"
