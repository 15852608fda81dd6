"""Writing: a document is begun, written with a look at its first page beside it, begun again."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused

from .. import actions, queries
from ..actions import NotADraft, To
from ..forms import StartForm, WriteForm, lines
from ..models import Document, DocumentFile, DocumentTemplate
from ..papers import NoChineseFont, first_page, sheet_of
from .common import ask, kinds_in_use, must_have_desk, seen_document, show

FORM = ["GET", "POST"]
HEADS = ("urgency", "secrecy", "secrecy_term", "print_run", "head_org", "contact", "note")


def _source(request: SignedIn) -> tuple[str, str, str, str]:
    kind, _colon, pk = request.GET.get("source", "").partition(":")
    url = request.GET.get("url", "")
    is_path = url.startswith("/") and not url.startswith("//")
    return kind[:30], pk[:64], request.GET.get("label", "")[:120], url[:200] if is_path else ""


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Begin a document: kind, unit, template; `?kind=&source=kind:id&label=&url=` from another page."""
    must_have_desk(request.user)
    units = queries.units_written_for(request.user)
    kinds, source = kinds_in_use(), _source(request)
    templates = DocumentTemplate.objects.visible_to(request.user).filter(is_active=True)
    form = StartForm(
        request.POST or None, kinds=kinds, units=units, templates=templates.order_by("kind_code", "name"),
        initial={"kind": request.GET.get("kind", ""), "source": source[2]},
    )  # fmt: skip

    def act() -> str:
        given = form.cleaned_data
        template = given["template"]
        label = given["source"]
        made = actions.draft(
            kind=template.kind_code if template else given["kind"], org=given["org"],
            context={"source": label} if label else {}, template=template, by=request.user,
            at=now(), source=(source[0], source[1], label or source[2], source[3]),
        )  # fmt: skip
        return reverse("documents:edit", args=[made.pk])

    return ask(
        request, form, act, done=_("已拟稿，请补充内容。"), tab="all", heading=_("拟写公文"),
        verb=_("开始拟稿"), back=reverse("documents:all"), lede="",
    )  # fmt: skip


def _draft(request: SignedIn, pk: UUID) -> Document:
    document = seen_document(request, pk)
    if not document.is_draft:
        raise NotADraft(_("这份公文已送审，不能再改；需要修改的，请先退回拟稿人。"))
    if (
        not queries.writes_for(request.user, document.org)
        and document.drafter_id != request.user.pk
    ):
        raise NotFound(_("没有找到这份稿子，或不由您的单位拟写。"))
    return document


def _initial(document: Document) -> dict[str, Any]:
    rows = list(document.recipients.order_by("order"))
    names = ("title", "body", "reply_by", *HEADS)
    asked = list(document.countersigns.select_related("org").order_by("order", "id"))
    return {
        **{name: getattr(document, name) for name in names},
        "main": "\n".join(row.name for row in rows if row.part == "main"),
        "copies": "\n".join(row.name for row in rows if row.part == "copy"),
        "countersigns": "\n".join(row.org.name for row in asked if not row.is_joint),
        "joint": "\n".join(row.org.name for row in asked if row.is_joint),
    }


def _given(form: WriteForm, document: Document) -> dict[str, Any]:
    """Turn what was typed into what the action takes: names become units where they work here."""
    given = {**form.cleaned_data}
    main, copies = lines(given.pop("main")), lines(given.pop("copies"))
    asked, joint = lines(given.pop("countersigns")), lines(given.pop("joint"))
    known = queries.units_named([*main, *copies, *asked, *joint], document.org)
    if unknown := [name for name in asked if name not in known]:
        raise NotFound(_("没有找到会签单位“%s”，请核对名称。") % unknown[0], field="countersigns")
    if unknown := [name for name in joint if name not in known]:
        raise NotFound(_("没有找到联合行文单位“%s”，请核对名称。") % unknown[0], field="joint")
    given.pop("files")
    return given | {
        "recipients": [
            *(To(known.get(name), name, "main") for name in main),
            *(To(known.get(name), name, "copy") for name in copies),
        ],
        "countersigns": [known[name] for name in asked],
        "joint": [known[name] for name in joint],
    }


@login_required
@require_http_methods(FORM)
def edit(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write a draft: its words, to whom, by when; save it, or save and hand it to review."""
    document, at = _draft(request, pk), now()
    form = WriteForm(request.POST or None, request.FILES or None, initial=_initial(document))
    status, remedy = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _save(request, document, form, at)
            except Refused as refusal:
                field = {"recipients": "main", "file": "files"}.get(
                    refusal.field or "", refusal.field
                )
                refusal.field = field
                form.take(refusal)
                status, remedy = refusal.status, refusal.remedy
    context = {
        "document": document,
        "form": form,
        "remedy": remedy,
        "files": document.files.filter(slot="attachment", reply=None).order_by("order"),
        "returned": document.opinions.filter(agrees=False)
        .select_related("by")
        .order_by("-id")
        .first(),
    }
    return show(request, "edit", context, tab="all", status=status)


def _save(request: SignedIn, document: Document, form: WriteForm, at) -> HttpResponse:
    given = _given(form, document)
    actions.change(document, by=request.user, at=at, **given)
    for upload in form.cleaned_data["files"]:
        actions.attach(document, upload, by=request.user, at=at)
    if request.POST.get("then") == "submit":
        actions.submit(document, by=request.user, at=at)
        messages.success(request, _("已送核稿。"))
        return redirect("documents:document", document.pk)
    messages.success(request, _("已保存。"))
    return redirect("documents:edit", document.pk)


@login_required
@require_POST
def preview(request: SignedIn, pk: UUID) -> HttpResponse:
    """Draw the first page of what is being written, saving nothing; a fragment with the picture.

    One asked for just before the draft was handed on comes too late and changes nothing (204).
    """
    try:
        document = _draft(request, pk)
    except NotADraft:
        return HttpResponse(status=204)
    form = WriteForm(request.POST, initial=_initial(document))
    form.is_valid()
    given = form.cleaned_data
    for name in ("title", "body", *HEADS):
        setattr(document, name, given.get(name, getattr(document, name)))
    sheet = sheet_of(
        document, on=localdate(), main=lines(given.get("main", "")), copies=lines(given.get("copies", "")),
        joint=lines(given.get("joint", "")),
    )  # fmt: skip
    try:
        picture = base64.b64encode(first_page(sheet, ppi=84)).decode()
    except NoChineseFont as refusal:
        return render(request, "documents/parts/preview.html", {"refusal": refusal})
    return render(request, "documents/parts/preview.html", {"picture": picture})


@login_required
@require_POST
def remove(request: SignedIn, pk: int) -> HttpResponse:
    """Take an attachment out of a draft."""
    rows = DocumentFile.objects.visible_to(request.user).select_related("document")
    file = get_object_or_404(rows, pk=pk)
    actions.detach(file, by=request.user, at=now())
    messages.success(request, _("附件已移除。"))
    return redirect("documents:edit", file.document_id)


@login_required
@require_POST
def again(request: SignedIn, pk: UUID) -> HttpResponse:
    """Begin the document that replaces or revokes an issued one (撤销、代替): the only way to do so."""
    old = seen_document(request, pk)
    revokes = request.POST.get("how") == "revoke"
    made = actions.begin_again(old, revokes=revokes, by=request.user, at=now())
    messages.success(request, _("已拟稿；新文印发后，原文即告失效。"))
    return redirect("documents:edit", made.pk)
