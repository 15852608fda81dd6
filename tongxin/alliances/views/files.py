"""The files of an approval: listed, put in, given out, taken out again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused

from .. import actions, queries
from ..forms.approvals import FileForm
from ..models import ApprovalFile, ApprovalItem
from .common import FORM, ask, given

DOSSIER = (
    "dossier__region", "dossier__project__desk", "dossier__project__alliance__region",
    "department",
)  # fmt: skip


@login_required
@require_http_methods(FORM)
def files(request: SignedIn, pk: int) -> HttpResponse:
    """Show the files of an approval to who sees it; put one in, if the reader registers its results."""
    rows = ApprovalItem.objects.visible_to(request.user).select_related(*DOSSIER)
    item = get_object_or_404(rows, pk=pk)
    may = queries.decides(request.user, item)
    if request.method == "POST" and not may:
        raise NotFound(_("没有找到这个审批事项，或不由您办理。"))
    initial = {"kind": "permit" if item.is_granted else "application"}
    form = FileForm(initial=initial, **given(request))
    here = reverse("alliances:files", args=[pk])

    def act() -> str:
        actions.attach_file(item, at=now(), by=request.user, **form.cleaned_data)
        return here

    kept = ApprovalFile.objects.visible_to(request.user).filter(item=item).select_related("by")
    return ask(
        request, form, act, done=_("附件已保存。"), tab="home", template="files",
        heading=_("%s的附件") % item.name, lede=item.dossier.source_label, verb=_("上传"),
        back=reverse("alliances:dossier", args=[item.dossier_id]), item=item, may=may,
        files=list(kept.order_by("kind", "pk")),
    )  # fmt: skip


def _file(request: SignedIn, pk: int) -> ApprovalFile:
    rows = ApprovalFile.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related(*(f"item__{name}" for name in DOSSIER)), pk=pk)


@login_required
@require_safe
def file(request: SignedIn, pk: int) -> Any:
    """Give a file out under its own name; the browser never shows it in our place."""
    row = _file(request, pk)
    try:
        opened = row.file.open()
    except FileNotFoundError:
        raise Http404(_("文件已不在，请联系管理员。")) from None
    answer = FileResponse(
        opened, as_attachment=True, filename=row.name, content_type="application/octet-stream"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@login_required
@require_POST
def remove(request: SignedIn, pk: int) -> HttpResponse:
    """Take a file out that was put in by mistake."""
    row = _file(request, pk)
    if not queries.decides(request.user, row.item):
        raise NotFound(_("没有找到这个附件，或不由您办理。"))
    try:
        actions.remove_file(row, at=now(), by=request.user)
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("附件已移除。"))
    return redirect("alliances:files", row.item_id)
