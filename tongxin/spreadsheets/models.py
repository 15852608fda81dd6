"""An import of a spreadsheet from upload to undo; its rows in sealed blocks; mappings remembered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SheetImportQuerySet(models.QuerySet["SheetImport"]):
    def visible_to(self, actor) -> SheetImportQuerySet:
        """Return the actor's own: what somebody uploads holds sensitive data of their register."""
        return self.filter(by=actor.pk)


class SheetImport(models.Model):
    """One file on its way into one register; `state` says how far it came.

    The upload and the rows are sealed, and forgotten some time after the decision; counts and who
    decided what stay.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("待对应列")
        CHECKING = "checking", _("正在校验")
        READY = "ready", _("待确认")
        RUNNING = "running", _("正在导入")
        DONE = "done", _("已导入")
        UNDOING = "undoing", _("正在撤销")
        UNDONE = "undone", _("已撤销")
        DROPPED = "dropped", _("已放弃")
        FAILED = "failed", _("未完成")

    AT_WORK = (State.CHECKING, State.RUNNING, State.UNDOING)

    sheet = models.CharField(_("登记册"), max_length=40)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("导入人")
    )
    # Whose way of keeping sheets this is: what `Sheet.office` said of the one who uploads.
    office = models.CharField(max_length=60)
    name = models.CharField(_("文件名"), max_length=200)
    file = models.CharField(max_length=120, blank=True, default="")
    size = models.PositiveIntegerField(_("大小"))
    pages = models.JSONField(default=list)
    # What was found in each page when the file was looked through (`kit.books.Marks`).
    marks = models.JSONField(default=dict)
    page = models.CharField(_("工作表"), max_length=100, blank=True, default="")
    header_line = models.PositiveIntegerField(_("表头所在行"), default=1)
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # name of a column: its place from 0
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    total = models.PositiveIntegerField(_("行数"), default=0)
    blocks_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # verdict: rows, as previewed
    outcome = models.JSONField(default=dict)  # created, updated, unchanged, refused
    trouble = models.CharField(_("未完成的原因"), max_length=300, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("上传时间"))
    checked_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(_("确认时间"), null=True)
    done_at = models.DateTimeField(_("完成时间"), null=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)
    forgotten_at = models.DateTimeField(null=True)

    objects = SheetImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("表格导入")
        indexes = [
            models.Index(
                fields=["id"],
                name="import_at_work",
                condition=models.Q(state__in=("checking", "running", "undoing")),
            ),
            models.Index(fields=["by", "-id"], name="import_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.sheet}"

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK


class ImportBlock(models.Model):
    """Some hundred rows of an import, sealed; `counts` says which verdicts are inside.

    46,000 rows are 92 of these: one insert each, and a page of the preview reads one or two.
    """

    source = models.ForeignKey(SheetImport, models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    first_line = models.PositiveIntegerField()
    rows = models.TextField()
    counts = models.JSONField(default=dict)
    # What was before and after, for taking it back; empty until the block was applied.
    undo = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="import_block_place")
        ]


class SavedMapping(models.Model):
    """Which column of an office's own form is which of a register's, for the next time."""

    office = models.CharField(max_length=60)
    sheet = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    labels = models.JSONField()  # name of a column: the label of the office's form
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "sheet", "fingerprint"], name="one_mapping_of_a_form"
            )
        ]
