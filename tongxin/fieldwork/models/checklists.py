"""Checklists: what is looked at on a visit, written by officers, in versions with dates."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region

from .kinds import VisitKind

# Who writes the checklists and plans of their land; who works by them is anybody with a post.
WRITERS = ("officer", "inspector", "organiser", "secretary", "dispatcher")


class ChecklistQuerySet(models.QuerySet["Checklist"]):
    def visible_to(self, actor) -> ChecklistQuerySet:
        """Return published ones of the actor's own land and above it, and drafts of land one writes for."""
        posts = posts_of(actor)
        if not posts:
            return self.none()
        mine = Q(region=None) | reach(actor, [post.role for post in posts], column="area")
        for path in {post.path for post in posts}:
            parts = path.split("/")[:-1]
            above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
            mine |= Q(area__in=above)
        drafts = reach(actor, WRITERS, column="area")
        return self.filter(Q(mine, published_at__isnull=False) | drafts)

    def published(self) -> ChecklistQuerySet:
        return self.filter(published_at__isnull=False)

    def on(self, day) -> ChecklistQuerySet:
        """Return the versions that hold on a day."""
        return self.published().filter(
            Q(effective_to=None) | Q(effective_to__gt=day), effective_from__lte=day
        )


class Checklist(models.Model):
    """One version of a checklist. A draft is edited; once published it never changes, a copy does.

    `code` is what all versions share. One without a region is a sample that any district copies.
    `effective_to` is the day from which the next version holds.
    """

    code = models.CharField(_("代码"), max_length=30)
    name = models.CharField(_("名称"), max_length=60)
    about = models.CharField(_("说明"), max_length=300, blank=True, default="")
    kind = models.CharField(_("用途"), max_length=12, choices=VisitKind)
    version = models.PositiveSmallIntegerField(_("版本"))
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("适用区域")
    )
    area = models.CharField(max_length=40, blank=True, default="", editable=False)
    # One of several stages (三级验收): the stage before, by its code, and what has to be reached here.
    after_code = models.CharField(_("前一阶段"), max_length=30, blank=True, default="")
    pass_percent = models.PositiveSmallIntegerField(_("合格线（%）"), default=0)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("建立时间"), null=True)
    published_at = models.DateTimeField(_("发布时间"), null=True)

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("检查清单")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_version_of_a_checklist"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(published_at=None), name="one_draft_of_a_checklist"
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="checklist_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(pass_percent__lte=100), name="checklist_passed_by_percent"
            ),
            models.CheckConstraint(
                condition=~Q(after_code=F("code")), name="checklist_after_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} 第 {self.version} 版"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None


class Item(models.Model):
    """One thing looked at. `bad_when` says which answer is bad, by the grammar of `queries.asking`.

    `options` of a choice: [{"value", "score"}]. The item is asked only when the answer to the item
    `asked_if_item` is `asked_if_value`. A bad answer makes a finding of `finding_kind`, if it names one.
    """

    class Type(models.TextChoices):
        YES_NO = "yes_no", _("是／否")
        CHOICE = "choice", _("单选")
        NUMBER = "number", _("数字")
        TEXT = "text", _("文字")
        PHOTO = "photo", _("照片")
        SCORE = "score", _("打分")

    class Photos(models.TextChoices):
        NO = "no", _("不要求")
        WHEN_BAD = "when_bad", _("有问题时")
        ALWAYS = "always", _("每次都要")

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="items")
    code = models.CharField(_("代码"), max_length=20)
    number = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("检查内容"), max_length=200)
    help = models.CharField(_("说明"), max_length=200, blank=True, default="")
    type = models.CharField(_("答法"), max_length=8, choices=Type, default=Type.YES_NO)
    options = models.JSONField(_("选项"), default=list, blank=True)
    required = models.BooleanField(_("必填"), default=True)
    needs_photo = models.CharField(_("照片"), max_length=8, choices=Photos, default=Photos.NO)
    asked_if_item = models.CharField(max_length=20, blank=True, default="")
    asked_if_value = models.CharField(max_length=60, blank=True, default="")
    bad_when = models.CharField(_("何时算有问题"), max_length=120, blank=True, default="")
    max_score = models.DecimalField(_("满分"), max_digits=6, decimal_places=1, default=0)
    dimension = models.CharField(_("维度"), max_length=20, blank=True, default="")
    finding_kind = models.CharField(_("问题类别"), max_length=20, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("检查项")
        constraints = [
            models.UniqueConstraint(fields=["checklist", "code"], name="one_check_item_of_a_code"),
        ]
        ordering = ("number", "pk")

    def __str__(self) -> str:
        return f"{self.number} {self.text}"

    @property
    def condition(self) -> tuple[str, str] | None:
        return (self.asked_if_item, self.asked_if_value) if self.asked_if_item else None
