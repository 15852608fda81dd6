"""Approvals of any subject: the chain as data, its steps with their days, joint reviews, letters."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.regions.models import Region

from .alliances import own_orgs
from .projects import AllianceProject

USER = settings.AUTH_USER_MODEL


class Gate(models.TextChoices):
    """Which of the three dates waits for an approval (or for the letter that stands for it)."""

    BEGUN = "begun", _("开工")
    USED = "used", _("使用")


class ApprovalChain(models.Model):
    """A template of approvals for a kind of subject; data with an effective date."""

    code = models.CharField(_("代码"), max_length=20)
    version = models.CharField(_("版本"), max_length=12)
    name = models.CharField(_("名称"), max_length=60)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("审批链模板")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_chain_of_a_version")
        ]

    def __str__(self) -> str:
        return self.name


class ChainStep(models.Model):
    """One approval of a template: who decides, in how many working days, after which others."""

    chain = models.ForeignKey(ApprovalChain, models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField()
    code = models.CharField(_("代码"), max_length=30)
    name = models.CharField(_("审批事项"), max_length=60)
    department = models.CharField(_("审批部门"), max_length=60)
    days = models.PositiveSmallIntegerField(_("承诺时限（工作日）"))
    gate = models.CharField(_("把关环节"), max_length=5, choices=Gate, blank=True, default="")
    # The character of its dot on the board of projects; empty: the first of its name.
    mark = models.CharField(_("点"), max_length=1, blank=True, default="")
    # After these the owner is asked how satisfied it is.
    is_milestone = models.BooleanField(_("里程碑"), default=False)
    after = models.CharField(_("前置事项代码"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("审批链事项")
        ordering = ["chain", "order"]
        constraints = [models.UniqueConstraint(fields=["chain", "code"], name="one_chain_step")]


class DossierQuerySet(models.QuerySet["Dossier"]):
    def visible_to(self, actor: Any) -> DossierQuerySet:
        """Return those on land one overlooks, of one's unit, decided by it, or of a project one sees."""
        orgs = own_orgs(actor)
        decides = ApprovalItem.objects.filter(department__in=orgs).values("dossier")
        seen = AllianceProject.objects.visible_to(actor).values("pk")
        return self.filter(
            reach(actor, LAND_ROLES, column="region__path")
            | Q(owner__in=orgs)
            | Q(keeper__in=orgs)
            | Q(pk__in=decides)
            | Q(project__in=seen)
        )


class Dossier(models.Model):
    """The approvals of one subject: a project of an alliance, a building site, anything with a kind.

    Its three dates (早开工、早建成、早使用, S1.45) are planned and actual; lead time is counted from
    `starts_on`, the day on which the subject came in.
    """

    project = models.OneToOneField(
        AllianceProject, models.PROTECT, null=True, related_name="dossier", verbose_name=_("项目")
    )
    source_kind = models.CharField(max_length=30)
    source_id = models.CharField(max_length=60)
    source_label = models.CharField(_("对象"), max_length=100)
    source_url = models.CharField(max_length=200, blank=True, default="")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    owner = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("申请单位")
    )
    keeper = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("牵头单位"))
    chain = models.ForeignKey(
        ApprovalChain, models.PROTECT, null=True, related_name="dossiers", verbose_name=_("审批链")
    )
    starts_on = models.DateField(_("启动日期"))
    plan_begun_on = models.DateField(_("计划开工"), null=True)
    plan_built_on = models.DateField(_("计划建成"), null=True)
    plan_used_on = models.DateField(_("计划使用"), null=True)
    begun_on = models.DateField(_("实际开工"), null=True)
    built_on = models.DateField(_("实际建成"), null=True)
    used_on = models.DateField(_("实际使用"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("审批档案")
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id"], name="one_dossier_of_a_subject"
            ),
            models.CheckConstraint(
                condition=(Q(begun_on=None) | Q(begun_on__gte=F("starts_on")))
                & (Q(built_on=None) | Q(built_on__gte=F("begun_on")))
                & (Q(used_on=None) | Q(used_on__gte=F("built_on"))),
                name="begun_then_built_then_used",
            ),
        ]

    def __str__(self) -> str:
        return self.source_label


class ApprovalItemQuerySet(models.QuerySet["ApprovalItem"]):
    def visible_to(self, actor: Any) -> ApprovalItemQuerySet:
        return self.filter(dossier__in=Dossier.objects.visible_to(actor).values("pk"))


class ApprovalItem(models.Model):
    """One approval: planned, handed in, decided. A letter may stand for it for a while (以函代证)."""

    class State(models.TextChoices):
        TODO = "todo", _("未申报")
        SUBMITTED = "submitted", _("审批中")
        GRANTED = "granted", _("已批准")
        CONDITIONAL = "conditional", _("附条件批准")
        REFUSED = "refused", _("不予批准")

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="items")
    order = models.PositiveSmallIntegerField()
    code = models.CharField(_("代码"), max_length=30)
    name = models.CharField(_("审批事项"), max_length=60)
    department = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("审批部门")
    )
    department_name = models.CharField(_("审批部门"), max_length=60)
    days = models.PositiveSmallIntegerField(_("承诺时限（工作日）"))
    gate = models.CharField(_("把关环节"), max_length=5, choices=Gate, blank=True, default="")
    # The character of its dot on the board of projects; empty: the first of its name.
    mark = models.CharField(_("点"), max_length=1, blank=True, default="")
    # After these the owner is asked how satisfied it is.
    is_milestone = models.BooleanField(_("里程碑"), default=False)
    planned_on = models.DateField(_("计划办结"), null=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.TODO)
    submitted_on = models.DateField(_("申报日期"), null=True)
    decided_on = models.DateField(_("办结日期"), null=True)
    document = models.CharField(_("批文号"), max_length=60, blank=True, default="")
    conditions = models.CharField(_("条件"), max_length=300, blank=True, default="")
    # Bells rung for the planned day: 1 at seven days, 2 at one, 3 once it has passed.
    reminded = models.PositiveSmallIntegerField(default=0, editable=False)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = ApprovalItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("审批事项")
        ordering = ["dossier", "order"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "code"], name="one_approval_of_a_code"),
            models.CheckConstraint(
                condition=Q(decided_on=None) | Q(decided_on__gte=F("submitted_on")),
                name="decided_after_handed_in",
            ),
        ]
        indexes = [
            models.Index(
                fields=["planned_on"],
                name="approval_planned",
                condition=~Q(state__in=["granted", "conditional"]),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_granted(self) -> bool:
        return self.state in (self.State.GRANTED, self.State.CONDITIONAL)


def file_path(row: models.Model, name: str) -> str:
    """Keep a file under a name nobody can guess; its own name stands in the row."""
    return f"approvals/{uuid.uuid4().hex}.{name.rpartition('.')[2].lower()[:5]}"


class ApprovalFileQuerySet(models.QuerySet["ApprovalFile"]):
    def visible_to(self, actor: Any) -> ApprovalFileQuerySet:
        return self.filter(item__in=ApprovalItem.objects.visible_to(actor).values("pk"))


class ApprovalFile(models.Model):
    """A file with an approval: what was handed in, the letter, the permit, a photo of the site."""

    class Kind(models.TextChoices):
        APPLICATION = "application", _("申报材料")
        LETTER = "letter", _("代证的函")
        PERMIT = "permit", _("批文")
        OTHER = "other", _("其他")

    item = models.ForeignKey(ApprovalItem, models.PROTECT, related_name="files")
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    name = models.CharField(_("文件名"), max_length=120)
    file = models.FileField(upload_to=file_path, max_length=120)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("上传时间"))

    objects = ApprovalFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("审批附件")
        constraints = [
            # The same file twice, or a form sent twice, is one row.
            models.UniqueConstraint(fields=["item", "kind", "sha256"], name="one_file_of_a_content")
        ]

    def __str__(self) -> str:
        return self.name


class Prerequisite(models.Model):
    """An approval that must be there before another can be handed in. The graph holds no circle."""

    item = models.ForeignKey(ApprovalItem, models.CASCADE, related_name="needs")
    needed = models.ForeignKey(ApprovalItem, models.CASCADE, related_name="needed_by")

    class Meta:
        verbose_name = verbose_name_plural = _("前置关系")
        constraints = [
            models.UniqueConstraint(fields=["item", "needed"], name="one_prerequisite"),
            models.CheckConstraint(condition=~Q(item=F("needed")), name="not_before_itself"),
        ]


class JointReview(models.Model):
    """One session that decides several approvals (联合审查审批, S1.43), maybe on the site."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="reviews")
    held_on = models.DateField(_("会审日期"))
    place = models.CharField(_("地点"), max_length=100)
    chair = models.CharField(_("主持人"), max_length=40)
    summary = models.TextField(_("会审意见"), blank=True, default="")
    meeting_url = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("联合会审")


class JointVerdict(models.Model):
    """What a joint review decided on one approval, with its own conditions."""

    review = models.ForeignKey(JointReview, models.PROTECT, related_name="verdicts")
    item = models.ForeignKey(ApprovalItem, models.PROTECT, related_name="verdicts")
    state = models.CharField(_("结论"), max_length=12, choices=ApprovalItem.State)
    conditions = models.CharField(_("条件"), max_length=300, blank=True, default="")
    document = models.CharField(_("批文号"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("会审结论")
        constraints = [
            models.UniqueConstraint(fields=["review", "item"], name="one_verdict_of_an_approval")
        ]


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, actor: Any) -> LetterQuerySet:
        return self.filter(item__in=ApprovalItem.objects.visible_to(actor).values("pk"))


class Letter(models.Model):
    """A letter that stands for a permit until a day (以函代证, S1.44); the permit replaces it."""

    item = models.ForeignKey(ApprovalItem, models.PROTECT, related_name="letters")
    number = models.CharField(_("函号"), max_length=60)
    issuer = models.CharField(_("出具单位"), max_length=60)
    conditions = models.CharField(_("条件"), max_length=300)
    issued_on = models.DateField(_("出具日期"))
    valid_until = models.DateField(_("有效期至"))
    # Set by the permit; a letter renewed is replaced by its renewal.
    replaced_on = models.DateField(_("换证日期"), null=True)
    renews = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="renewal", verbose_name=_("续期自")
    )
    reminded = models.PositiveSmallIntegerField(default=0)  # the mark of days last rung: 30, 7, 1
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("以函代证")
        constraints = [
            # One letter stands for a permit at a time, whoever issues at the same moment.
            models.UniqueConstraint(
                fields=["item"], condition=Q(replaced_on=None), name="one_letter_stands"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("issued_on")), name="letter_valid_after_issue"
            ),
            models.CheckConstraint(
                condition=Q(replaced_on=None) | Q(replaced_on__gte=F("issued_on")),
                name="permit_after_its_letter",
            ),
        ]
        indexes = [
            models.Index(
                fields=["valid_until"], name="letter_standing", condition=Q(replaced_on=None)
            )
        ]

    def __str__(self) -> str:
        return self.number
