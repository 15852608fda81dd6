"""Cases: where each stands, who has it, what its clock says; the numbers people see."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..flow import Flow, get_flow
from ..sight import windows_of
from .topics import Topic


class CaseQuerySet(models.QuerySet):
    def visible_to(self, actor) -> CaseQuerySet:
        """Every look-up of a case starts here: one's area, one's organisation, one's own."""
        if actor.is_superuser:
            return self
        windows = [window.as_q() for window in windows_of(actor)]
        return self.filter(reduce(or_, windows)) if windows else self.none()

    def public(self) -> CaseQuerySet:
        """Cases anybody may see the outline of: title, place to the community, step."""
        return self.filter(is_private=False).exclude(step="void")

    def open(self) -> CaseQuerySet:
        return self.filter(closed_at__isnull=True)

    def in_area(self, region) -> CaseQuerySet:
        """Filter by the column that a street or community can be found by without scanning."""
        if region.level == Region.Level.STREET:
            return self.filter(street=region.id)
        if region.level == Region.Level.COMMUNITY:
            return self.filter(community=region.id)
        return self.filter(area__under=region.path)

    def ringing(self, at) -> CaseQuerySet:
        return self.filter(rings_at__lte=at).order_by("rings_at")


class Case(models.Model):
    """Something somebody must finish by a time. Only `cases.actions` writes `step` and the clock."""

    id = models.UUIDField(primary_key=True)  # version 7: ordered by time, may be made by the phone
    number = models.CharField(_("编号"), max_length=24)
    kind = models.CharField(_("类别"), max_length=20)
    step = models.CharField(_("环节"), max_length=20)
    title = models.CharField(_("标题"), max_length=120)
    text = models.TextField(_("内容"), blank=True, default="")
    # No index of its own: cases are looked up by where they lie, and every step writes all indexes.
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, db_index=False, verbose_name=_("事项")
    )

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("区域")
    )
    # The region's path, and its street and community, one column away: keys of every list.
    area = models.CharField(max_length=40)
    street = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", db_index=False)
    community = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="+", db_index=False
    )
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    address = models.CharField(_("地址"), max_length=120, blank=True, default="")

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("提交人"),
    )
    handler = models.ForeignKey(
        Org,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("承办单位"),
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("承办人"),
    )
    offeree = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="children",
        db_index=False,
        verbose_name=_("上级事件单"),
    )
    open_children = models.PositiveSmallIntegerField(default=0)

    is_private = models.BooleanField(_("不公开"), default=False)
    is_fast = models.BooleanField(_("绿色通道"), default=False)

    opened_at = models.DateTimeField(_("提交时间"))
    stepped_at = models.DateTimeField()
    closed_at = models.DateTimeField(_("办结时间"), null=True)
    # The clock of the present step: a norm, how much of it was used before a pause, how many
    # norms it has (extensions add one), and when it runs out.
    norm = models.CharField(max_length=8, blank=True, default="")
    norms = models.PositiveSmallIntegerField(default=1)
    clock_from = models.DateTimeField(null=True)
    clock_used = models.DurationField(null=True)
    due_at = models.DateTimeField(_("时限"), null=True)
    until = models.DateTimeField(null=True)
    rings_at = models.DateTimeField(null=True)
    rung = models.PositiveSmallIntegerField(default=0)  # how many clocks of this step have rung
    card = models.CharField(max_length=8, blank=True, default="")  # "", yellow, red
    is_late = models.BooleanField(_("曾超时"), default=False)  # once late, late for good
    asked = models.CharField(max_length=8, blank=True, default="")  # an adjustment that waits

    length = models.PositiveIntegerField(default=0)  # events so far: the version of the page
    head = models.CharField(max_length=64, blank=True, default="")  # hash of the last event
    is_counted = models.BooleanField(default=False)
    counted = models.CharField(max_length=120, blank=True, default="")  # the tallies it stands in

    objects = CaseQuerySet.as_manager()
    is_replay = False  # set on what a retried request is answered with

    class Meta:
        verbose_name = verbose_name_plural = _("事件单")
        # As a constraint: `unique=True` would add a second index for LIKE on PostgreSQL.
        constraints = [models.UniqueConstraint(fields=["number"], name="one_case_of_a_number")]
        indexes = [
            models.Index(
                fields=["area", "due_at"], name="case_open", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["street", "-id"], name="case_street"),
            models.Index(fields=["community", "-id"], name="case_community"),
            models.Index(fields=["reporter", "-id"], name="case_reporter"),
            models.Index(
                fields=["holder", "-id"], name="case_holder", condition=Q(holder__isnull=False)
            ),
            # How many orders somebody has in hand, however many they had before.
            models.Index(
                fields=["holder"],
                name="case_in_hand",
                condition=Q(holder__isnull=False, closed_at__isnull=True),
            ),
            models.Index(
                fields=["handler", "-id"], name="case_handler", condition=Q(handler__isnull=False)
            ),
            models.Index(fields=["offeree"], name="case_offer", condition=Q(offeree__isnull=False)),
            models.Index(fields=["parent"], name="case_parent", condition=Q(parent__isnull=False)),
            models.Index(
                fields=["rings_at"], name="case_rings", condition=Q(rings_at__isnull=False)
            ),
            models.Index(fields=["id"], name="case_uncounted", condition=Q(is_counted=False)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def flow(self) -> Flow:
        return get_flow(self.kind)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class NumberCounter(models.Model):
    """How many cases a district opened on a day: the tail of the number people see."""

    prefix = models.CharField(max_length=16, primary_key=True)
    n = models.PositiveIntegerField()
