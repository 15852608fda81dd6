"""An operation (战时体制): who ordered it, why, from when to when, in which phase, with which guides."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from ..scope import directed, works_at


class OperationQuerySet(models.QuerySet["Operation"]):
    def visible_to(self, actor) -> OperationQuerySet:
        """Return those of land where the actor works, above or below it, and one's own postings'."""
        if actor is None or not actor.is_authenticated:
            return self.none()
        paths = works_at(actor)
        above = {prefix for path in paths for prefix in prefixes(path)}
        seen = Q(region__path__in=sorted(above))
        for path in sorted(paths):
            seen |= Q(region__path__under=path)
        mine = Operation.objects.filter(secondments__person__user=actor.pk).values("pk")
        return self.filter(seen | Q(pk__in=mine))

    def running(self) -> OperationQuerySet:
        """Return those that have not been ended."""
        return self.filter(ended_at__isnull=True)


class Operation(models.Model):
    """Emergency mode of a district or a street, switched on by an order and off by a decision."""

    class PhaseKind(models.TextChoices):
        INITIAL = "initial", _("集中攻坚")
        REGULAR = "regular", _("常态防控")

    name = models.CharField(_("名称"), max_length=60)
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="operations", verbose_name=_("范围")
    )
    ordered_by = models.ForeignKey(
        Org, models.PROTECT, related_name="ordered_operations", verbose_name=_("决定单位")
    )
    document_no = models.CharField(_("文号"), max_length=60)
    reason = models.CharField(_("启动原因"), max_length=500)
    starts_at = models.DateTimeField(_("启动时间"))
    ends_on = models.DateField(_("计划结束日期"))
    phase = models.CharField(_("阶段"), max_length=10, choices=PhaseKind, default="initial")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    end_reason = models.CharField(_("结束说明"), max_length=500, blank=True, default="")

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("应急行动")
        constraints = [
            models.UniqueConstraint(
                fields=["region"],
                condition=Q(ended_at__isnull=True),
                name="one_operation_of_a_region",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("starts_at")),
                name="operation_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Phase(models.Model):
    """A phase an operation entered, from when, and by whose decision; never changed."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="phases")
    phase = models.CharField(_("阶段"), max_length=10, choices=Operation.PhaseKind)
    at = models.DateTimeField(_("开始时间"))
    note = models.CharField(_("说明"), max_length=500, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("阶段")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.operation} {self.get_phase_display()}"


def guide_path(guide: Guide, name: str) -> str:
    """Return where the file of a guide lies: by an id of its own, so that its name says nothing."""
    text = str(uuid7())
    return f"guides/{text[-2:]}/{text}.{GUIDE_ENDS[guide.media]}"


# What a guide may carry, and how the name of such a file ends.
GUIDE_ENDS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "image/jpeg": "jpg",
}


class GuideQuerySet(models.QuerySet["Guide"]):
    def visible_to(self, actor) -> GuideQuerySet:
        """Return those of the operations the actor sees."""
        return self.filter(operation__in=Operation.objects.visible_to(actor).values("pk"))


class Guide(models.Model):
    """A guide of an operation (工作指南) in one of its versions; a newer one must be read anew."""

    operation = models.ForeignKey(
        Operation, models.CASCADE, related_name="guides", verbose_name=_("行动")
    )
    title = models.CharField(_("标题"), max_length=100)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    text = models.TextField(_("正文"), blank=True)
    # Of this version: what a cadre confirms to have read is the words and the file together.
    file = models.FileField(_("附件"), upload_to=guide_path, blank=True, default="")
    file_name = models.CharField(_("附件名称"), max_length=80, blank=True, default="")
    media = models.CharField(max_length=80, blank=True, default="")
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    published_at = models.DateTimeField(_("发布时间"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_current = models.BooleanField(_("现行"), default=True)

    objects = GuideQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("工作指南")
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "title", "version"], name="one_guide_of_a_version"
            ),
            models.UniqueConstraint(
                fields=["operation", "title"],
                condition=Q(is_current=True),
                name="one_current_guide",
            ),
            models.CheckConstraint(
                condition=~Q(text="") | ~Q(sha256=""), name="guide_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class ReadingQuerySet(models.QuerySet["GuideReading"]):
    def visible_to(self, actor) -> ReadingQuerySet:
        """Return the actor's own, and those of the operations they direct."""
        return self.filter(directed(actor, column="guide__operation__") | Q(user=actor.pk))


class GuideReading(models.Model):
    """A seconded cadre's word that they have read this version."""

    guide = models.ForeignKey(Guide, models.CASCADE, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(_("确认时间"))

    objects = ReadingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("阅读确认")
        constraints = [models.UniqueConstraint(fields=["guide", "user"], name="one_reading")]

    def __str__(self) -> str:
        return f"{self.user} · {self.guide}"
