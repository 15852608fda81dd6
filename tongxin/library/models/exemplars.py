"""An exemplar (典型案例、工作法、事例、经验总结): written, checked, signed off, published, withdrawn."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.documents.scope import desk_reach
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo

from .common import USER, TellsOf, file_path


class ExemplarKind(models.Model):
    """A kind of exemplar with the sections it is written in; which they are is data."""

    code = models.CharField(_("代码"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=20)
    sections = models.JSONField(_("章节"), default=list)  # [{"code", "title", "hint"}]
    order = models.PositiveSmallIntegerField(_("顺序"), default=0)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("案例类型")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class ExemplarQuerySet(models.QuerySet["Exemplar"]):
    def visible_to(self, actor) -> ExemplarQuerySet:
        """Return what is published, what the actor's unit writes, and what lies on its desk."""
        if actor is None or not actor.is_authenticated:
            return self.public()
        own = desk_reach(actor, "org") | Q(by=actor.pk)
        sent = desk_reach(actor, "desk") & Q(submitted_at__isnull=False)
        return self.filter(Q(state=Exemplar.State.PUBLISHED) | own | sent)

    def public(self) -> ExemplarQuerySet:
        return self.filter(state=Exemplar.State.PUBLISHED)


class Exemplar(TellsOf):
    """One text of the library. Its way is a case's; only `library.actions` writes it.

    Readers see the version that was signed: `published` is a copy of it, whatever is edited after.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("撰写中")
        SUBMITTED = "submitted", _("待审核")
        REVIEWED = "reviewed", _("待签发")
        SIGNED = "signed", _("已签发")
        PUBLISHED = "published", _("已发布")
        WITHDRAWN = "withdrawn", _("已撤下")

    case = models.OneToOneField(Case, models.PROTECT, related_name="exemplar")
    kind = models.ForeignKey(ExemplarKind, models.PROTECT, related_name="+", verbose_name=_("类型"))
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("报送单位"))
    desk = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("受理单位"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    title = models.CharField(_("标题"), max_length=80)
    summary = models.CharField(_("摘要"), max_length=300, blank=True, default="")
    authors = models.CharField(_("作者"), max_length=100, blank=True, default="")
    texts = models.JSONField(default=dict)  # {section code: text}
    tags = models.JSONField(_("标签"), default=list)
    year = models.PositiveSmallIntegerField(_("年度"))
    version = models.PositiveSmallIntegerField(_("版本"), default=0)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("撰写人"))
    at = models.DateTimeField(_("撰写时间"))
    submitted_at = models.DateTimeField(_("报送时间"), null=True)
    reviewed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("审核人")
    )
    signed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("签发人")
    )
    signed_at = models.DateTimeField(_("签发时间"), null=True)
    published_at = models.DateTimeField(_("发布时间"), null=True)
    private_checked = models.JSONField(default=list)  # kinds of private data somebody let stand
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = ExemplarQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("案例")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published")
                | Q(signed_by__isnull=False, published_at__isnull=False),
                name="published_after_sign_off",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="exemplars_by_state"),
            models.Index(fields=["org", "-id"], name="exemplars_of_org"),
            models.Index(
                fields=["source_kind", "source_id"],
                name="exemplars_of_source",
                condition=~Q(source_id=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Return the text as it is read: [(head of the section, words)]."""
        return [
            (section["title"], self.texts[section["code"]])
            for section in self.kind.sections
            if self.texts.get(section["code"])
        ]


class ExemplarVersion(models.Model):
    """An exemplar as it was handed in, kept: what was reviewed and signed can be shown later."""

    exemplar = models.ForeignKey(Exemplar, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版本"))
    title = models.CharField(_("标题"), max_length=80)
    summary = models.CharField(_("摘要"), max_length=300, blank=True, default="")
    texts = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("案例版本")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["exemplar", "number"], name="exemplar_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.exemplar} v{self.number}"


class ExemplarOpinion(models.Model):
    """What was said on the way: handed in, checked, sent back, signed, withdrawn."""

    class Step(models.TextChoices):
        SUBMIT = "submit", _("报送")
        COMMENT = "comment", _("意见")
        REVIEW = "review", _("审核通过")
        SEND_BACK = "send_back", _("退回修改")
        SIGN = "sign", _("签发")
        PUBLISH = "publish", _("发布")
        WITHDRAW = "withdraw", _("撤下")
        REOPEN = "reopen", _("重新修改")

    exemplar = models.ForeignKey(Exemplar, models.PROTECT, related_name="opinions")
    step = models.CharField(max_length=10, choices=Step)
    section = models.CharField(max_length=12, blank=True, default="")  # a comment on one section
    version = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(_("意见"), max_length=500, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("审签意见")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.exemplar} · {self.get_step_display()}"


class ExemplarPhoto(models.Model):
    exemplar = models.ForeignKey(Exemplar, models.CASCADE, related_name="photos")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")
    caption = models.CharField(_("图注"), max_length=60, blank=True, default="")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("案例照片")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["exemplar", "photo"], name="exemplar_photo_once")
        ]

    def __str__(self) -> str:
        return self.caption or str(self.photo_id)


class ExemplarFile(models.Model):
    exemplar = models.ForeignKey(Exemplar, models.CASCADE, related_name="files")
    name = models.CharField(_("文件名"), max_length=120)
    file = models.FileField(upload_to=file_path, max_length=120)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("案例附件")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
