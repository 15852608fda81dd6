"""A secondment: a cadre serves in a community while the home unit stays theirs."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Person, Post
from tongxin.orgs.scope import unit_reach
from tongxin.regions.models import Region

from ..scope import HOME, LOOKS, in_field, lands
from .operations import Operation


class SecondmentQuerySet(models.QuerySet["Secondment"]):
    def visible_to(self, actor) -> SecondmentQuerySet:
        """Return those on either line of the actor: of their land or community, of their unit, own."""
        return self.filter(
            lands(actor, LOOKS, column="community__path")
            | in_field(actor, column="community__path")
            | unit_reach(actor, HOME, column="from_unit__path")
            | unit_reach(actor, HOME, column="operation__ordered_by__path")
            | Q(person__user=actor.pk)
        )

    def standing(self) -> SecondmentQuerySet:
        """Return those that have not ended."""
        return self.filter(ended_on__isnull=True)

    def serving_on(self, day: date) -> SecondmentQuerySet:
        """Return those that serve on a day: first and last day included."""
        return self.filter(
            Q(ended_on__isnull=True) | Q(ended_on__gte=day),
            from_date__lte=day,
            to_date__gte=day,
        )


class Secondment(models.Model):
    """A cadre in a community (干部下沉), from a first to a last day, both included.

    Two lines at once: the home line (`from_unit`; membership and posts there are untouched) and
    the field line (`community`, its office, a temporary party unit). `post` is what the field
    line lets them do. A transfer ends one and begins the next (`before`).
    """

    class End(models.TextChoices):
        FINISHED = "finished", _("期满")
        RECALLED = "recalled", _("召回")
        TRANSFERRED = "transferred", _("调整点位")
        CLOSED = "closed", _("行动结束")

    operation = models.ForeignKey(
        Operation, models.PROTECT, related_name="secondments", verbose_name=_("行动")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="secondments", verbose_name=_("干部")
    )
    from_unit = models.ForeignKey(
        Org, models.PROTECT, related_name="sent", verbose_name=_("派出单位")
    )
    community = models.ForeignKey(
        Region, models.PROTECT, related_name="secondments", verbose_name=_("下沉社区")
    )
    office = models.ForeignKey(
        Org, models.PROTECT, related_name="received", verbose_name=_("接收组织")
    )
    field_unit = models.ForeignKey(
        Org,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="field_secondments",
        verbose_name=_("临时党组织"),
    )
    post = models.OneToOneField(
        Post, models.PROTECT, null=True, blank=True, related_name="secondment"
    )
    from_date = models.DateField(_("首日"))
    to_date = models.DateField(_("末日"))
    ended_on = models.DateField(_("实际末日"), null=True, blank=True)
    end = models.CharField(_("结束方式"), max_length=12, choices=End, blank=True, default="")
    before = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="after"
    )

    objects = SecondmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("干部下沉")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_on__isnull=True), name="one_secondment"
            ),
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="secondment_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, end="") | Q(ended_on__isnull=False),
                name="secondment_end_has_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["community"],
                name="secondment_standing",
                condition=Q(ended_on__isnull=True),
            ),
            models.Index(fields=["operation", "from_unit"], name="secondment_of_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.community}"

    @property
    def last_day(self) -> date:
        return self.ended_on or self.to_date


class SecondmentEvent(models.Model):
    """What happened to a secondment: begun, prolonged, transferred, recalled, finished."""

    class Kind(models.TextChoices):
        BEGUN = "begun", _("到岗")
        PROLONGED = "prolonged", _("延长")
        TRANSFERRED = "transferred", _("调整点位")
        RECALLED = "recalled", _("召回")
        FINISHED = "finished", _("期满")
        CLOSED = "closed", _("行动结束")
        JOINED = "joined", _("编入临时党组织")

    secondment = models.ForeignKey(Secondment, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=300)
    note = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("下沉记录")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text
