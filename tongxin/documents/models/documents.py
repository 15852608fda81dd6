"""A document from the first draft to the last reply, and all that was said on its way."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org

from ..scope import desk_reach, desks_of
from .kinds import DocumentKind, DocumentNumber, DocumentTemplate


def written_by(actor) -> Q:
    """Return the filter of documents the actor's units wrote, or that they drafted."""
    return desk_reach(actor, "org") | Q(drafter=actor.pk)


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, actor) -> DocumentQuerySet:
        """Return what the actor's unit writes, what it is asked about, and what was issued to it.

        The superuser sees none without a post: a letter of supervision is nobody else's.
        """
        if actor is None or not actor.is_authenticated:
            return self.none()
        return self.filter(written_by(actor) | self.received_by(actor) | self.asked_of(actor))

    @staticmethod
    def received_by(actor) -> Q:
        delivered = Recipient.objects.filter(
            document=OuterRef("pk"), org__in=desks_of(actor), delivered_at__isnull=False
        )
        return Q(Exists(delivered))

    @staticmethod
    def asked_of(actor) -> Q:
        asked = Countersign.objects.filter(
            document=OuterRef("pk"), org__in=desks_of(actor), asked_at__isnull=False
        )
        return Q(Exists(asked))


class Document(models.Model):
    """An official document. Its steps are a case's; only `documents.actions` writes it."""

    id = models.UUIDField(primary_key=True)  # version 7: ordered by time
    kind = models.ForeignKey(DocumentKind, models.PROTECT, related_name="+", verbose_name=_("文种"))
    case = models.OneToOneField(Case, models.PROTECT, related_name="document")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("发文机关"))
    drafter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("拟稿人")
    )
    drafted_at = models.DateTimeField(_("拟稿时间"))
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("正文"), blank=True, default="")
    template = models.ForeignKey(
        DocumentTemplate, models.PROTECT, null=True, related_name="+", verbose_name=_("模板")
    )
    context = models.JSONField(default=dict)  # what filled the template
    # 版头 and 版记 of GB/T 9704-2012: 份号, 密级和保密期限, 紧急程度 from the top down (7.2.1 to 7.2.3).
    print_run = models.PositiveSmallIntegerField(_("印制份数"), null=True)  # None: no 份号
    secrecy = models.CharField(_("密级"), max_length=2, blank=True, default="")
    secrecy_term = models.CharField(_("保密期限"), max_length=6, blank=True, default="")
    urgency = models.CharField(_("紧急程度"), max_length=4, blank=True, default="")
    head_org = models.CharField(_("发文机关标志"), max_length=60, blank=True, default="")
    contact = models.CharField(_("联系人及电话"), max_length=80, blank=True, default="")
    note = models.CharField(_("附注"), max_length=100, blank=True, default="")
    reply_by = models.DateField(_("回复期限"), null=True, blank=True)

    number = models.OneToOneField(
        DocumentNumber, models.PROTECT, null=True, related_name="document",
        verbose_name=_("发文字号"),
    )  # fmt: skip
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("签发人"),
    )  # fmt: skip
    signed_at = models.DateTimeField(_("签发时间"), null=True)
    issued_on = models.DateField(_("成文日期"), null=True)
    issued_at = models.DateTimeField(_("印发时间"), null=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("印发人"),
    )  # fmt: skip
    # After it was issued a document is revoked or replaced by another document only.
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaced_by", verbose_name=_("代替")
    )
    is_revocation = models.BooleanField(_("撤销原文"), default=False)
    # After it was dealt with: put into the archive by a person, and how long it is to be kept.
    archived_at = models.DateTimeField(_("归档时间"), null=True)
    kept_until = models.DateField(_("保管期满"), null=True)  # None once archived: for ever
    # What it is about, known by its words only: nothing of the floors above is imported.
    source_kind = models.CharField(max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=64, blank=True, default="")
    source_label = models.CharField(_("来源"), max_length=120, blank=True, default="")
    source_url = models.CharField(max_length=200, blank=True, default="")
    substitutions = models.JSONField(default=dict)  # {asked face: face of the PDF}
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("公文")
        indexes = [
            models.Index(fields=["org", "-id"], name="documents_of_org"),
            models.Index(
                fields=["source_kind", "source_id"],
                name="documents_of_source",
                condition=~Q(source_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def step(self) -> str:
        return self.case.step

    @property
    def secrecy_mark(self) -> str:
        """Return 密级 with its term as the paper says it: 机密★10年 (GB/T 9704-2012, 7.2.2)."""
        return "★".join(filter(None, [self.secrecy, self.secrecy_term]))

    def joint_units(self) -> models.QuerySet[Countersign]:
        """Return the units that issue it too (联合行文), in their order."""
        return Countersign.objects.filter(document=self, is_joint=True).order_by("order")

    @property
    def is_issued(self) -> bool:
        return self.issued_at is not None

    @property
    def is_draft(self) -> bool:
        return self.case.step == "drafted"


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def visible_to(self, actor) -> RecipientQuerySet:
        """Return those of the documents the actor's units wrote; what came in: `queries.received`."""
        return self.filter(desk_reach(actor, "document__org"))


class Recipient(models.Model):
    """A unit the document goes to: first to be named (主送) or copied (抄送), with its receipt."""

    class Part(models.TextChoices):
        MAIN = "main", _("主送")
        COPY = "copy", _("抄送")

    document = models.ForeignKey(Document, models.CASCADE, related_name="recipients")
    part = models.CharField(_("方式"), max_length=4, choices=Part, default=Part.MAIN)
    order = models.PositiveSmallIntegerField(default=0)
    # None: a unit that does not work here; it gets the paper.
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("单位")
    )
    name = models.CharField(_("名称"), max_length=100)
    delivered_at = models.DateTimeField(_("送达时间"), null=True)
    received_at = models.DateTimeField(_("签收时间"), null=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("签收人"),
    )  # fmt: skip
    # The reply that is owed is a case of its own: it has the deadline.
    case = models.OneToOneField(Case, models.PROTECT, null=True, related_name="owed_reply")

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("受文单位")
        constraints = [
            models.UniqueConstraint(fields=["document", "name"], name="one_recipient_of_a_name")
        ]
        indexes = [models.Index(fields=["org", "-delivered_at"], name="documents_received")]

    def __str__(self) -> str:
        return self.name


class Countersign(models.Model):
    """A unit whose opinion is asked before the document is signed (会签).

    One that issues it too (联合行文, `is_joint`) signs it by its head; `order` is its place behind the
    unit that writes.
    """

    document = models.ForeignKey(Document, models.CASCADE, related_name="countersigns")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("会签单位"))
    asked_at = models.DateTimeField(_("送会签时间"), null=True)
    agreed_at = models.DateTimeField(_("会签时间"), null=True)
    is_joint = models.BooleanField(_("联合行文"), default=False)
    order = models.PositiveSmallIntegerField(default=0)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("会签人"),
    )  # fmt: skip
    case = models.OneToOneField(Case, models.PROTECT, null=True, related_name="countersign")

    class Meta:
        verbose_name = verbose_name_plural = _("会签")
        constraints = [
            models.UniqueConstraint(fields=["document", "org"], name="one_countersign_of_a_unit")
        ]

    def __str__(self) -> str:
        return self.org.name


class Opinion(models.Model):
    """A line of the approval sheet (发文稿纸): who said what, in which post, at which step."""

    class Step(models.TextChoices):
        SUBMIT = "submit", _("拟稿")
        REVIEW = "review", _("核稿")
        COUNTERSIGN = "countersign", _("会签")
        SIGN = "sign", _("签发")
        ISSUE = "issue", _("编号印发")
        VOID = "void", _("作废")

    document = models.ForeignKey(Document, models.CASCADE, related_name="opinions")
    step = models.CharField(_("环节"), max_length=12, choices=Step)
    agrees = models.BooleanField(_("同意"), default=True)
    text = models.CharField(_("意见"), max_length=500, blank=True, default="")
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+")
    role = models.CharField(_("岗位"), max_length=16, blank=True, default="")
    # What was read when it was said: the hash over title, recipients and body.
    read = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("办理意见")
        indexes = [models.Index(fields=["document", "id"], name="opinions_of_document")]

    def __str__(self) -> str:
        return f"{self.get_step_display()} {self.text}"


class ReplyQuerySet(models.QuerySet["Reply"]):
    def visible_to(self, actor) -> ReplyQuerySet:
        """Return those to the actor's units, and those their own units gave; never another's."""
        return self.filter(
            desk_reach(actor, "recipient__document__org") | Q(recipient__org__in=desks_of(actor))
        )


class Reply(models.Model):
    """What a recipient answered: words, attachments, or a document of its own."""

    class Verdict(models.TextChoices):
        WAITING = "", _("待认定")
        ACCEPTED = "accepted", _("符合要求")
        RETURNED = "returned", _("退回补充")

    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="replies")
    text = models.TextField(_("回复内容"), blank=True, default="")
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, related_name="answers", verbose_name=_("复函")
    )
    at = models.DateTimeField(_("回复时间"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_late = models.BooleanField(_("逾期"), default=False)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True, default="")
    verdict_note = models.CharField(_("认定意见"), max_length=500, blank=True, default="")
    judged_at = models.DateTimeField(_("认定时间"), null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("回复")
        indexes = [models.Index(fields=["recipient", "id"], name="replies_of_recipient")]

    def __str__(self) -> str:
        return self.text[:40]


def paper_path(row: DocumentFile, name: str) -> str:
    return f"documents/{uuid.uuid4().hex[:2]}/{row.sha256[:32]}{name[name.rfind('.') :]}"


class DocumentFileQuerySet(models.QuerySet["DocumentFile"]):
    def visible_to(self, actor) -> DocumentFileQuerySet:
        """Return the files of documents the actor reads, and of the replies they read."""
        documents = Document.objects.visible_to(actor)
        replies = Reply.objects.visible_to(actor)
        return self.filter(
            Q(reply__isnull=True, document__in=documents.values("pk"))
            | Q(reply__in=replies.values("pk"))
        )


class DocumentFile(models.Model):
    """A file of a document: what was issued (docx, pdf), or an attachment of it or of a reply."""

    class Slot(models.TextChoices):
        DOCX = "docx", "DOCX"
        PDF = "pdf", "PDF"
        ATTACHMENT = "attachment", _("附件")

    document = models.ForeignKey(Document, models.CASCADE, related_name="files")
    reply = models.ForeignKey(Reply, models.CASCADE, null=True, related_name="files")
    slot = models.CharField(max_length=10, choices=Slot, default=Slot.ATTACHMENT)
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("名称"), max_length=120)
    file = models.FileField(upload_to=paper_path, max_length=120)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = DocumentFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("公文文件")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "slot"],
                condition=~Q(slot="attachment"),
                name="one_issued_file_of_a_form",
            )
        ]
        indexes = [models.Index(fields=["document", "order"], name="files_of_document")]

    def __str__(self) -> str:
        return self.name
