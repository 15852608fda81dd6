"""The pool of cadres, which of their units stay together, and what the communities need."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org, Person
from tongxin.orgs.scope import unit_reach
from tongxin.regions.models import Region

from ..scope import HOME, directed
from .operations import Operation


class PoolQuerySet(models.QuerySet["PoolEntry"]):
    def visible_to(self, actor) -> PoolQuerySet:
        """Return those of the operations the actor directs, of the units they keep, and oneself."""
        return self.filter(
            directed(actor, column="operation__")
            | unit_reach(actor, HOME, column="unit__path")
            | Q(person__user=actor.pk)
        )

    def ready(self) -> PoolQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class PoolEntry(models.Model):
    """Somebody a unit offers for an operation (干部统筹池), from a day to a day.

    `home` is the community they live in; its centre stands for the address, which nobody needs.
    """

    operation = models.ForeignKey(
        Operation, models.CASCADE, related_name="pool", verbose_name=_("行动")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="pool_entries", verbose_name=_("干部")
    )
    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="offered", verbose_name=_("派出单位")
    )
    home = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("居住社区"))
    from_date = models.DateField(_("可下沉起始日"))
    to_date = models.DateField(_("可下沉截止日"))
    most_km = models.PositiveSmallIntegerField(_("最远公里数"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=100, blank=True, default="")
    withdrawn_at = models.DateTimeField(_("撤出时间"), null=True, blank=True)

    objects = PoolQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("统筹池")
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "person"],
                condition=Q(withdrawn_at__isnull=True),
                name="once_in_the_pool",
            ),
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="pool_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["operation", "unit"], name="pool_of_unit")]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit}"


class Together(models.Model):
    """A unit that asked for its cadres to work in one street, or in one community."""

    class Level(models.TextChoices):
        STREET = "street", _("同一街镇")
        COMMUNITY = "community", _("同一社区")

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="together")
    unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("派出单位"))
    level = models.CharField(_("集中到"), max_length=10, choices=Level)

    class Meta:
        verbose_name = verbose_name_plural = _("成建制")
        constraints = [models.UniqueConstraint(fields=["operation", "unit"], name="together_once")]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_level_display()}"


class Need(models.Model):
    """How many cadres a community needs at the least, and how many it wishes; with the sum behind."""

    operation = models.ForeignKey(
        Operation, models.CASCADE, related_name="needs", verbose_name=_("行动")
    )
    community = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("社区"))
    minimum = models.PositiveSmallIntegerField(_("至少"))
    wish = models.PositiveSmallIntegerField(_("期望"))
    basis = models.CharField(_("依据"), max_length=200)
    # False: the suggestion; somebody who set it by hand is not overruled by the next suggestion.
    by_hand = models.BooleanField(default=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("社区需求")
        constraints = [
            models.UniqueConstraint(fields=["operation", "community"], name="one_need"),
            models.CheckConstraint(
                condition=Q(wish__gte=F("minimum")), name="wish_at_least_minimum"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.community} {self.minimum}–{self.wish}"
