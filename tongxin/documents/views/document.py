"""One document: its paper, its approval sheet, its replies, and what the reader may do now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.actions import audit
from tongxin.accounts.queries import SignedIn, address_of
from tongxin.cases.queries import dot_line
from tongxin.kit.errors import NotFound

from .. import actions, queries
from ..forms import ExtendForm, IssueForm, JudgeForm, ReplyForm, SayForm
from ..markup import blocks
from ..models import Document, DocumentFile, Recipient, Reply
from ..papers import first_page, sheet_of
from ..scope import desks_of
from .common import ask, number_of, seen_document
from .common import show as draw

FORM = ["GET", "POST"]
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}


@login_required
@require_safe
def show(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show a document to who writes it, is asked about it, or received it: each their part."""
    document, at = seen_document(request, pk), now()
    outside = queries.reads_as_recipient_only(request.user, document)
    verbs = queries.verbs_for(request.user, document)
    files = list(document.files.order_by("slot", "order"))
    recipients = document.recipients.select_related("org", "case", "received_by").order_by("order")
    asked = list(document.countersigns.select_related("org").order_by("order", "id")) if document.has_asked else []  # fmt: skip
    replies = list(queries.replies_seen(request.user, document))
    desks = desks_of(request.user)
    rows = [
        {"row": row, "replies": [
            (one, [file for file in files if file.reply_id == one.pk])
            for one in replies if one.recipient_id == row.pk
        ],
         "mine": row.org_id in desks and row.delivered_at, "is_late": _is_late(row, at)}
        for row in recipients
    ]  # fmt: skip
    context: dict[str, Any] = {
        "document": document,
        "outside": outside,
        "line": dot_line(document.case, at=at) if not outside else None,
        "step": document.case.flow.step_of[document.case.step],
        "verbs": verbs,
        "say": SayForm() if verbs else None,
        "issue": IssueForm() if any(one.name == "issue" for one in verbs) else None,
        "body": blocks(document.body),
        "issued": [file for file in files if file.slot != "attachment"],
        "attachments": [
            file for file in files if file.slot == "attachment" and file.reply_id is None
        ],
        "rows": rows,
        "names": "、".join(row.name for row in recipients if row.part == "main"),
        "mine": [row for row in rows if row["mine"]],
        "opinions": [] if outside else document.opinions.select_related("by", "org").order_by("id"),
        "countersigns": [] if outside else asked,
        "joint": "、".join(one.org.name for one in asked if one.is_joint),
        "may_write": not outside and "registrar" in queries.parts_in(request.user, document),
        "later": _later(request, document) if document.has_later else None,
        "at": at,
    }
    return draw(request, "document", context, tab="inbox" if outside else "all")


def _is_late(row: Recipient, at) -> bool:
    return bool(row.case and row.case.step == "asked" and row.case.due_at and row.case.due_at <= at)


def _later(request: SignedIn, document: Document) -> Document | None:
    rows = Document.objects.visible_to(request.user).filter(replaces=document, issued_at__isnull=False)  # fmt: skip
    return rows.select_related("number__register", "kind").first()


@login_required
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """The first page as a picture. :raises NoChineseFont: where the server cannot draw it"""
    document = seen_document(request, pk)
    data = first_page(sheet_of(document, on=localdate(document.drafted_at)), ppi=96)
    answer = HttpResponse(data, content_type="image/png")
    answer["Cache-Control"] = "private, max-age=60" if not document.is_issued else "private, max-age=86400"  # fmt: skip
    return answer


@login_required
@require_safe
def copy(request: SignedIn, pk: UUID) -> HttpResponse:
    """Print one numbered copy (份号) of an issued paper, `?n=12`; who took which is written down.

    :raises NoSuchCopy: for a number beyond the print run
    :raises NoChineseFont: where the server cannot draw it
    """
    document = seen_document(request, pk)
    if queries.reads_as_recipient_only(request.user, document):
        raise NotFound(_("编号印制由发文单位办理。"))
    number = number_of(request, "n") or 0
    data = actions.print_copy(document, number, by=request.user, at=now(), address=address_of(request))  # fmt: skip
    answer = HttpResponse(data, content_type="application/pdf")
    name = f"{document.number} {number:06d}.pdf".replace("/", "／")
    answer["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    return answer


@login_required
@require_safe
def sheet(request: SignedIn, pk: UUID) -> HttpResponse:
    """The approval sheet (发文稿纸), to be printed and filed with the paper."""
    document = seen_document(request, pk)
    if queries.reads_as_recipient_only(request.user, document):
        raise NotFound(_("发文稿纸只有发文单位能看。"))
    context = {
        "document": document,
        "opinions": document.opinions.select_related("by", "org").order_by("id"),
        "joint": "、".join(document.joint_units().values_list("org__name", flat=True)),
        "recipients": document.recipients.order_by("order"),
        "attachments": document.files.filter(slot="attachment", reply=None).order_by("order"),
    }
    return draw(request, "sheet", context, tab="all")


DONE = {
    "submit": gettext_lazy("已送核稿。"),
    "review": gettext_lazy("核稿通过。"),
    "agree": gettext_lazy("会签意见已提交。"),
    "object": gettext_lazy("会签意见已提交。"),
    "sign": gettext_lazy("已签发。"),
    "send_back": gettext_lazy("已退回拟稿人。"),
    "void": gettext_lazy("已作废。"),
}


@login_required
@require_POST
def do(request: SignedIn, pk: UUID, verb: str) -> HttpResponse:
    """Take a document one step on, with what is said."""
    document, form, issued = seen_document(request, pk), SayForm(request.POST), IssueForm(request.POST)  # fmt: skip
    note = form.cleaned_data["note"] if form.is_valid() else request.POST.get("note", "")
    serial = issued.cleaned_data.get("serial") if issued.is_valid() else 0  # 0 is refused in words
    made = actions.take_step(document, verb, note=note, serial=serial, by=request.user, at=now())
    said = _("已印发：%s。") % made.number if verb == "issue" else DONE.get(verb, "")
    messages.success(request, said)
    if verb == "void" or not Document.objects.visible_to(request.user).filter(pk=pk).exists():
        return redirect("documents:home")
    return redirect("documents:document", pk)


def _incoming(request: SignedIn, pk: int) -> Recipient:
    return get_object_or_404(queries.received(request.user), pk=pk)


@login_required
@require_http_methods(FORM)
def incoming(request: SignedIn, pk: int) -> HttpResponse:
    """Answer what came in, for one's unit."""
    row = _incoming(request, pk)
    if row.case is None or row.case.step != "asked":
        return redirect("documents:document", row.document_id)
    own = Document.objects.visible_to(request.user).filter(org=row.org, issued_at__isnull=False)
    form = ReplyForm(request.POST or None, request.FILES or None, documents=own.order_by("-id"))

    def act() -> str:
        given = form.cleaned_data
        actions.reply(
            row, by=request.user, at=now(), text=given["text"], document=given.get("document"),
            files=given["files"],
        )  # fmt: skip
        return reverse("documents:document", args=[row.document_id])

    return ask(
        request, form, act, done=_("已回复，等待认定。"), tab="inbox", verb=_("提交回复"),
        heading=_("回复：%s") % row.document.title, back=reverse("documents:document", args=[row.document_id]),
        lede=_("%(org)s · %(number)s") % {"org": row.document.org.name, "number": row.document.number},
    )  # fmt: skip


@login_required
@require_POST
def receive(request: SignedIn, pk: int) -> HttpResponse:
    """Note that a letter was received."""
    row = actions.receive(_incoming(request, pk), by=request.user, at=now())
    messages.success(request, _("已签收。"))
    return redirect("documents:document", row.document_id)


def _asked(request: SignedIn, pk: int) -> Recipient:
    """Return a recipient of a document of one's own unit."""
    rows = Recipient.objects.visible_to(request.user).select_related("document__org", "org", "case")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(FORM)
def extend(request: SignedIn, pk: int) -> HttpResponse:
    """Give a recipient more time."""
    row, form = _asked(request, pk), ExtendForm(request.POST or None)
    back = reverse("documents:document", args=[row.document_id])

    def act() -> str:
        actions.extend_reply(row, reply_by=form.cleaned_data["reply_by"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("期限已延长，已告知对方。"), tab="all", verb=_("延长期限"), back=back,
        heading=_("延长回复期限"), lede=f"{row.name} · {row.document.title}",
    )  # fmt: skip


@login_required
@require_POST
def urge(request: SignedIn, pk: int) -> HttpResponse:
    """Remind a recipient of the reply it owes."""
    row = _asked(request, pk)
    actions.urge(row, by=request.user, at=now())
    messages.success(request, _("已催办：%s。") % row.name)
    return redirect("documents:document", row.document_id)


@login_required
@require_http_methods(FORM)
def judge(request: SignedIn, pk: int) -> HttpResponse:
    """Say whether a reply suffices."""
    rows = Reply.objects.visible_to(request.user).select_related("recipient__document")
    row = get_object_or_404(rows, pk=pk)
    document = row.recipient.document
    if queries.reads_as_recipient_only(request.user, document):
        raise NotFound(_("没有找到这份回复，或不由您的单位认定。"))
    form = JudgeForm(request.POST or None, initial={"verdict": "accepted"})
    back = reverse("documents:document", args=[document.pk])

    def act() -> str:
        given = form.cleaned_data
        actions.judge(
            row, accepted=given["verdict"] == "accepted", note=given["note"],
            reply_by=given["reply_by"], by=request.user, at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("认定意见已告知对方。"), tab="all", heading=_("认定回复"),
        verb=_("提交认定"), back=back, lede=f"{row.recipient.name} · {document.title}", reply=row,
    )  # fmt: skip


@login_required
@require_safe
def file(request: SignedIn, pk: int) -> HttpResponse:
    """Hand out a file to who may read its document; taking an issued paper is written down."""
    row = get_object_or_404(
        DocumentFile.objects.visible_to(request.user).select_related("document"), pk=pk
    )
    if row.slot != "attachment":
        audit(
            actor=request.user, action="document.download", at=now(), address=address_of(request),
            object=f"{row.document.number} {row.name}", detail={"document": str(row.document_id)},
        )  # fmt: skip
    kind = row.name.rpartition(".")[2].lower()
    inline = kind == "pdf" and request.GET.get("inline") == "1"
    with row.file.open("rb") as paper:  # at most 20 MB
        answer = HttpResponse(
            paper.read(), content_type=TYPES.get(kind, "application/octet-stream")
        )
    answer["Content-Disposition"] = content_disposition_header(not inline, row.name) or "inline"
    return answer
