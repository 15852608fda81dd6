"""The life log of a unit (全程纪实册): one append-only, chained book per unit and year."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..scope import READERS, posts_of, unit_reach
from .org import Org

# Who reads the books of all units on a piece of land, beside those who keep the registers.
BOOK_WATCHERS = ("officer", "leader", "inspector")


def reads_books(actor, *, unit: str = "", area: str = "region__path") -> Q:
    """Return the rows of units whose book the actor may read; `unit` and `area` lead to them."""
    found = unit_reach(actor, READERS, column=f"{unit}path")
    paths = {post.path for post in posts_of(actor) if post.role in BOOK_WATCHERS}
    for path in sorted(paths):
        found |= Q(**{f"{unit}{area}__under": path})
    return found


class LogEntryQuerySet(models.QuerySet["LogEntry"]):
    def visible_to(self, actor) -> LogEntryQuerySet:
        """Return those of units whose registers one reads, or on land one looks over."""
        return self.filter(reads_books(actor, unit="unit__"))


class LogEntry(models.Model):
    """One fact of a unit's life, as it was when it was written; never changed, never deleted.

    `source` says where it came from ("meetings.meeting:12"), `key` that it came once.
    """

    class Kind(models.TextChoices):
        UNIT = "unit", _("组织变动")
        PEOPLE = "people", _("党员队伍")
        MEETING = "meeting", _("组织生活")
        STUDY = "study", _("学习教育")
        ELECTION = "election", _("换届选举")
        DEVELOPMENT = "development", _("发展党员")
        DUES = "dues", _("党费收缴")
        DISCLOSURE = "disclosure", _("党务公开")
        SERVICE = "service", _("双报到服务")
        CADRE = "cadre", _("干部下沉")
        VILLAGE = "village", _("驻村帮扶")
        ASSESSMENT = "assessment", _("考核评议")
        HONOUR = "honour", _("表彰荣誉")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="log", verbose_name=_("党组织"))
    year = models.PositiveSmallIntegerField(_("年度"))
    seq = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    text = models.CharField(_("内容"), max_length=500)
    data = models.JSONField(default=dict)
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    at = models.DateTimeField(_("发生时间"))
    recorded_at = models.DateTimeField(_("记录时间"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("记录人"),
    )
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("全程纪实")
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "seq"], name="log_entry_place"),
            models.UniqueConstraint(fields=["unit", "key"], name="log_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}-{self.seq:04d}"
