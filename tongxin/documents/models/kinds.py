"""Kinds of documents, the registers they are numbered in, the templates they are begun from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org

from ..scope import desk_reach


class DocumentKind(models.Model):
    """A kind of document with its layout; data with an effective date and a source."""

    class Layout(models.TextChoices):
        PAPER = "paper", _("文件式")
        LETTER = "letter", _("信函式")
        MINUTES = "minutes", _("纪要式")

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    name = models.CharField(_("文种"), max_length=20)
    layout = models.CharField(_("版式"), max_length=8, choices=Layout, default=Layout.PAPER)
    # One of the fifteen of 党政机关公文处理工作条例, article 8; all others are working papers.
    is_statutory = models.BooleanField(_("法定文种"), default=False)
    is_upward = models.BooleanField(_("上行文"), default=False)  # names who signs in its head
    asks_reply = models.BooleanField(_("一般要求回复"), default=False)
    retention_years = models.PositiveSmallIntegerField(_("保管年限"), default=10)  # 0: for ever
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)
    is_active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("文种")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_kind_of_a_version")
        ]

    def __str__(self) -> str:
        return self.name


class NumberRegisterQuerySet(models.QuerySet["NumberRegister"]):
    def visible_to(self, actor) -> NumberRegisterQuerySet:
        """Return the registers of the units whose papers the actor writes or oversees."""
        return self.filter(desk_reach(actor, "org"))


class NumberRegister(models.Model):
    """A unit's book of numbers under one 发文机关代字: "津滨纪监" gives 津滨纪监〔2026〕3号."""

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("发文机关"))
    prefix = models.CharField(_("发文机关代字"), max_length=20)
    # The kinds numbered here, as codes; "": all that have no register of their own.
    kinds = models.CharField(_("文种"), max_length=200, blank=True, default="")
    is_active = models.BooleanField(_("在用"), default=True)

    objects = NumberRegisterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("发文字号登记簿")
        constraints = [
            models.UniqueConstraint(fields=["org", "prefix"], name="one_register_of_a_prefix")
        ]

    def __str__(self) -> str:
        return self.prefix


class RegisterYear(models.Model):
    """How far a register has come in a year; one statement takes the next."""

    register = models.ForeignKey(NumberRegister, models.PROTECT, related_name="years")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["register", "year"], name="one_count_of_a_year")
        ]


class DocumentNumber(models.Model):
    """A number that was taken: it belongs to one document, or is void for a reason."""

    register = models.ForeignKey(NumberRegister, models.PROTECT, related_name="numbers")
    year = models.PositiveSmallIntegerField(_("年度"))
    serial = models.PositiveIntegerField(_("序号"))
    taken_at = models.DateTimeField(_("编号时间"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("编号人")
    )
    is_void = models.BooleanField(_("作废"), default=False)
    reason = models.CharField(_("作废原因"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("发文字号")
        constraints = [
            models.UniqueConstraint(
                fields=["register", "year", "serial"], name="one_document_of_a_number"
            ),
            models.CheckConstraint(
                condition=Q(is_void=False) | ~Q(reason=""), name="void_number_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.register.prefix}〔{self.year}〕{self.serial}号"


def template_path(template: DocumentTemplate, name: str) -> str:
    return (
        f"documents/templates/{template.kind_code}-{template.version}-{template.sha256[:12]}.docx"
    )


class DocumentTemplateQuerySet(models.QuerySet["DocumentTemplate"]):
    def visible_to(self, actor) -> DocumentTemplateQuerySet:
        """Return the samples everybody may use, and those of units the actor writes for."""
        return self.filter(Q(org__isnull=True) | desk_reach(actor, "org"))


class DocumentTemplate(models.Model):
    """The standing words of a kind, written in Word; a new version replaces, none is lost."""

    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("单位")
    )  # None: the sample
    kind_code = models.CharField(_("文种"), max_length=30)
    name = models.CharField(_("名称"), max_length=60)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    file = models.FileField(_("文件"), upload_to=template_path, max_length=160)
    sha256 = models.CharField(max_length=64)
    title = models.CharField(_("标题"), max_length=200, blank=True, default="")
    body = models.TextField(_("正文"))  # the words of the file, as they are filled in
    at = models.DateTimeField(_("上传时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("上传人"),
    )  # fmt: skip
    is_active = models.BooleanField(_("在用"), default=True)
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = DocumentTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("公文模板")
        constraints = [
            models.UniqueConstraint(
                fields=["org", "kind_code", "name", "version"],
                name="one_template_of_a_version",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
