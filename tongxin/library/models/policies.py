"""Policy sets ("1+8"): a main document and those that support it, clause by clause, what each causes."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.documents.models import Document
from tongxin.documents.scope import desk_reach, desks_of
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import prefixes

from .common import USER, file_path


class PolicySetQuerySet(models.QuerySet["PolicySet"]):
    def visible_to(self, actor) -> PolicySetQuerySet:
        """Return the sets of one's unit and below, and those in force on the land one works on."""
        if actor is None or not actor.is_authenticated:
            return self.none()
        above = {path for post in posts_of(actor) for path in prefixes(post.path)}
        for_us = Q(org__region__path__in=above, published_at__isnull=False)
        return self.filter(desk_reach(actor, "org") | for_us)

    def public(self) -> PolicySetQuerySet:
        return self.filter(published_at__isnull=False, is_public=True)


class PolicySet(models.Model):
    """ "1+8": one main document and eight that support it. Also the three building standards (S1.37)."""

    class Kind(models.TextChoices):
        POLICY = "policy", _("制度文件")
        STANDARD = "standard", _("建设规范")

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("制定单位"))
    kind = models.CharField(_("类型"), max_length=8, choices=Kind, default=Kind.POLICY)
    name = models.CharField(_("名称"), max_length=80)
    note = models.CharField(_("说明"), max_length=500, blank=True, default="")
    is_public = models.BooleanField(_("向社会公开"), default=True)
    is_sample = models.BooleanField(_("样例"), default=False)
    published_at = models.DateTimeField(_("发布时间"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = PolicySetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("政策文件体系")

    def __str__(self) -> str:
        return self.name


class PolicyDocumentQuerySet(models.QuerySet["PolicyDocument"]):
    def visible_to(self, actor) -> PolicyDocumentQuerySet:
        """Return those of the sets one may read."""
        return self.filter(set__in=PolicySet.objects.visible_to(actor))

    def public(self) -> PolicyDocumentQuerySet:
        return self.filter(set__in=PolicySet.objects.public())


class PolicyDocument(models.Model):
    class Role(models.TextChoices):
        MAIN = "main", _("主文件")
        SUPPORTING = "supporting", _("配套文件")

    # What a standard of building is about (S1.37: 场所外观、建设流程、内部设计).
    class Subject(models.TextChoices):
        NONE = "", "—"
        OUTSIDE = "outside", _("场所外观")
        PROCESS = "process", _("建设流程")
        INSIDE = "inside", _("内部设计")

    set = models.ForeignKey(PolicySet, models.PROTECT, related_name="documents")
    role = models.CharField(_("位置"), max_length=10, choices=Role)
    subject = models.CharField(
        _("规范内容"), max_length=8, choices=Subject, blank=True, default=Subject.NONE
    )
    order = models.PositiveSmallIntegerField(_("序号"))
    title = models.CharField(_("标题"), max_length=120)
    number = models.CharField(_("文号"), max_length=40, blank=True, default="")
    issuer = models.CharField(_("印发机关"), max_length=60)
    issued_on = models.DateField(_("印发日期"))
    effective_from = models.DateField(_("施行日期"))
    effective_to = models.DateField(_("失效日期"), null=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaces", verbose_name=_("被代替")
    )
    # Either a document of this house, or a text or file that came from outside.
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    file = models.FileField(upload_to=file_path, max_length=120, blank=True, default="")
    file_name = models.CharField(max_length=120, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = PolicyDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("政策文件")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["set"], condition=Q(role="main", replaced_by__isnull=True),
                name="one_main_document",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
                name="policy_ends_after_it_begins",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def in_force(self, on) -> bool:
        """Say whether it is in force on a day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class Clause(models.Model):
    document = models.ForeignKey(PolicyDocument, models.CASCADE, related_name="clauses")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(_("条"), max_length=30)  # 第三条, 二（一）
    text = models.TextField(_("内容"))

    class Meta:
        verbose_name = verbose_name_plural = _("条款")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["document", "name"], name="clause_once")]

    def __str__(self) -> str:
        return self.name


class ClauseLink(models.Model):
    """What a clause causes: a task somebody has, or a rule the software goes by (S3.4, S3.5)."""

    class What(models.TextChoices):
        TASK = "task", _("任务")
        RULE = "rule", _("系统规则")

    clause = models.ForeignKey(Clause, models.CASCADE, related_name="links")
    what = models.CharField(max_length=4, choices=What)
    kind = models.CharField(_("类别"), max_length=30)  # "campaign", "key_task"; "meeting_rule" …
    ref = models.CharField(_("编号或代码"), max_length=64)
    label = models.CharField(_("名称"), max_length=120)
    url = models.CharField(_("页面"), max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("条款的落实")
        ordering = ["what", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["clause", "what", "kind", "ref"], name="clause_link_once")
        ]  # fmt: skip
        indexes = [models.Index(fields=["kind", "ref"], name="basis_of_a_thing")]

    def __str__(self) -> str:
        return self.label


class Audience(models.Model):
    """A unit that has to read a document, and who of it did so first (阅知回执)."""

    document = models.ForeignKey(PolicyDocument, models.CASCADE, related_name="audience")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("单位"))
    asked_at = models.DateTimeField()
    read_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(_("阅知时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("阅知")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["document", "org"], name="asked_to_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.org} · {self.document}"


class ConformityQuerySet(models.QuerySet["Conformity"]):
    def visible_to(self, actor) -> ConformityQuerySet:
        return self.filter(desk_reach(actor, "org") | Q(by=actor.pk) | Q(org__in=desks_of(actor)))


class Conformity(models.Model):
    """A place held against the standards of a set, clause by clause (S1.37): a list, no more."""

    set = models.ForeignKey(PolicySet, models.PROTECT, related_name="checks")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("检查单位"))
    place = models.CharField(_("场所"), max_length=80)
    place_url = models.CharField(max_length=200, blank=True, default="")
    on = models.DateField(_("检查日期"))
    verdicts = models.JSONField(default=dict)  # {clause id: yes | no | none}
    notes = models.JSONField(default=dict)  # {clause id: why not}
    met = models.PositiveSmallIntegerField(_("符合"), default=0)
    missed = models.PositiveSmallIntegerField(_("不符合"), default=0)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = ConformityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("规范对照检查")

    def __str__(self) -> str:
        return f"{self.place} {self.on}"
