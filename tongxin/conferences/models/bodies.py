"""Conference bodies of district, street and community; their charters; the units that sit there."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..scope import body_reach, org_ids, run_reach
from .rules import Level, MemberKind

USER = settings.AUTH_USER_MODEL


class ConferenceBodyQuerySet(models.QuerySet["ConferenceBody"]):
    def visible_to(self, actor) -> ConferenceBodyQuerySet:
        """Return those of the actor's units and land, and those the actor or their unit sits in."""
        mine = Q(representative=actor.pk) | Q(org__in=org_ids(actor))
        seats = BodyMember.objects.filter(mine, to_date__isnull=True).values("body")
        return self.filter(body_reach(actor) | Q(pk__in=seats))

    def public(self) -> ConferenceBodyQuerySet:
        """That a place has a joint conference is public; what happens there is not."""
        return self.filter(ended_on__isnull=True)

    def run_by(self, actor) -> ConferenceBodyQuerySet:
        return self.filter(run_reach(actor))

    def standing(self) -> ConferenceBodyQuerySet:
        return self.filter(ended_on__isnull=True)


class ConferenceBody(models.Model):
    """A joint conference (党建联席会议) of a level, convened by the committee that leads the land."""

    level = models.CharField(_("层级"), max_length=9, choices=Level)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    # None: the land has no committee that could convene it; shown as missing, holds no session.
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="conference_bodies", verbose_name=_("召集单位")
    )
    name = models.CharField(_("名称"), max_length=100)
    founded_on = models.DateField(_("成立日期"))
    ended_on = models.DateField(_("停止日期"), null=True)
    # How many resolutions were numbered in which year; taken under the row's lock.
    counted_year = models.PositiveSmallIntegerField(default=0, editable=False)
    counted = models.PositiveSmallIntegerField(default=0, editable=False)
    founded_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = ConferenceBodyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联席会议")
        constraints = [
            models.UniqueConstraint(
                fields=["region"], condition=Q(ended_on__isnull=True), name="one_body_of_a_place"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("founded_on")),
                name="body_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CharterQuerySet(models.QuerySet["Charter"]):
    def visible_to(self, actor) -> CharterQuerySet:
        return self.filter(body__in=ConferenceBody.objects.visible_to(actor))


class Charter(models.Model):
    """A version of a body's charter (S3.1), from a day on; never edited."""

    body = models.ForeignKey(ConferenceBody, models.PROTECT, related_name="charters")
    text = models.TextField(_("章程"))
    effective_from = models.DateField(_("施行日期"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    made_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    objects = CharterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("章程")
        constraints = [
            models.UniqueConstraint(fields=["body", "effective_from"], name="charter_of_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.body} {self.effective_from}"


class BodyMemberQuerySet(models.QuerySet["BodyMember"]):
    def visible_to(self, actor) -> BodyMemberQuerySet:
        return self.filter(body__in=ConferenceBody.objects.visible_to(actor))

    def held_by(self, actor) -> BodyMemberQuerySet:
        """Return the seats of the actor or of an organisation the actor holds a post in."""
        return self.filter(Q(representative=actor.pk) | Q(org__in=org_ids(actor)))

    def seated_on(self, day: date) -> BodyMemberQuerySet:
        return self.filter(from_date__lte=day).filter(Q(to_date__isnull=True) | Q(to_date__gt=day))


class BodyMember(models.Model):
    """A unit's seat: an organisation or a unit by name, who speaks for it, and why it was chosen."""

    body = models.ForeignKey(ConferenceBody, models.PROTECT, related_name="members")
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="body_seats", verbose_name=_("单位")
    )
    name = models.CharField(_("单位名称"), max_length=60)
    kind = models.ForeignKey(
        MemberKind, models.PROTECT, related_name="+", verbose_name=_("成员类型")
    )
    representative = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("代表（用户）")
    )
    rep_name = models.CharField(_("代表"), max_length=40)
    rep_title = models.CharField(_("职务"), max_length=40, blank=True, default="")
    why = models.CharField(_("推选理由"), max_length=200)
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = BodyMemberQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("成员单位")
        constraints = [
            models.UniqueConstraint(
                fields=["body", "name"],
                condition=Q(to_date__isnull=True),
                name="one_seat_of_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                name="seat_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name
