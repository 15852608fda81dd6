"""Volumes: the list, one being put together, its files."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.documents.queries import writes_for
from tongxin.documents.scope import desks_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..binding import bound, docx_of, pdf_of
from ..forms import BindForm, NewVolumeForm, VolumeForm
from ..models import Exemplar, Volume
from .common import DOCX, FORM, PAGE, ask, given_out, must_have_desk, show

CHOICES = 200
KINDS = {"docx": DOCX, "pdf": "application/pdf"}


@login_required
@require_safe
def volumes(request: SignedIn) -> HttpResponse:
    """List the volumes the reader may see."""
    rows = Volume.objects.visible_to(request.user).select_related("org")
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    context = {"rows": found, "next_cursor": following, "may_begin": bool(desks_of(request.user))}
    return show(request, "volumes", context, tab="volumes")


@require_safe
def volumes_public(request: HttpRequest) -> HttpResponse:
    """List the volumes that were issued, for everybody."""
    rows = Volume.objects.public().select_related("org")
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    return render(request, "library/volumes_public.html", {"rows": found, "next_cursor": following})


@login_required
@require_http_methods(FORM)
def begin(request: SignedIn) -> HttpResponse:
    """Begin a volume."""
    must_have_desk(request.user)
    initial = {"key": uuid4().hex, "year": localdate().year}
    orgs = queries.own_units(request.user)
    form = NewVolumeForm(request.POST or None, orgs=orgs, initial=initial)

    def act() -> str:
        made = actions.begin_volume(by=request.user, at=now(), **form.cleaned_data)
        return reverse("library:volume", args=[made.pk])

    return ask(
        request, form, act, done=_("已建好，请收入案例。"), tab="volumes", heading=_("编资料汇编"),
        lede=_("先定书名、前言和篇章，再从已发布的案例里挑选。"), verb=_("保存"),
        back=reverse("library:volumes"),
    )  # fmt: skip


def seen(request: HttpRequest, pk: int) -> Volume:
    rows = Volume.objects.visible_to(request.user).select_related("org", "issued_by")
    return get_object_or_404(rows, pk=pk)


def _led(request: SignedIn, pk: int) -> Volume:
    one = seen(request, pk)
    if not writes_for(request.user, one.org):
        raise NotFound(_("没有找到这本汇编，或不由您编。"))
    return one


@login_required
@require_safe
def volume(request: SignedIn, pk: int) -> HttpResponse:
    """Show a volume, part by part; who edits it may order it."""
    one = seen(request, pk)
    items: dict[int, list[Any]] = {}
    for row in one.items.select_related("exemplar__kind", "exemplar__org").order_by("order", "pk"):
        items.setdefault(row.part_id, []).append(row)
    parts = list(one.parts.all())
    context = {
        "one": one,
        "parts": [{"part": part, "items": items.get(part.pk, [])} for part in parts],
        "n": sum(len(rows) for rows in items.values()),
        "edits": one.state == "draft" and writes_for(request.user, one.org),
        "reads_draft": writes_for(request.user, one.org),
    }
    return show(request, "volume", context, tab="volumes")


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Put title, foreword and parts right."""
    one = _led(request, pk)
    initial = {name: getattr(one, name) for name in ("title", "subtitle", "foreword")}
    initial["parts"] = "\n".join(one.parts.values_list("title", flat=True))
    form, back = (
        VolumeForm(request.POST or None, initial=initial),
        reverse("library:volume", args=[pk]),
    )

    def act() -> str:
        actions.change_volume(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已保存。"), tab="volumes", heading=_("修改汇编"), lede=one.title,
        verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def bind(request: SignedIn, pk: int) -> HttpResponse:
    """Choose published exemplars for a part."""
    one = _led(request, pk)
    rows = queries.search(
        Exemplar.objects.public().exclude(pk__in=one.items.values("exemplar")),
        text=request.GET.get("q", "")[:40],
    ).order_by("-pk")  # fmt: skip
    choices = rows.filter(pk__in=list(rows.values_list("pk", flat=True)[:CHOICES]))
    form = BindForm(
        request.POST or None, parts=one.parts.all(), exemplars=choices,
        initial={"part": request.GET.get("part", "")},
    )  # fmt: skip
    back = reverse("library:volume", args=[pk])

    def act() -> str:
        data = form.cleaned_data
        actions.bind(
            one, part=data["part"], exemplars=list(data["exemplars"]), by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已收入。"), tab="volumes", heading=_("收入案例"), lede=one.title,
        verb=_("收入"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def item(request: SignedIn, pk: int, item: int, name: str) -> HttpResponse:
    """Move a text up or down, or take it out."""
    one = _led(request, pk)
    row = get_object_or_404(one.items.select_related("volume"), pk=item)
    try:
        if name == "out":
            actions.unbind(row, by=request.user, at=now())
        else:
            actions.move_item(row, step=-1 if name == "up" else 1, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    return redirect(f"{reverse('library:volume', args=[pk])}#part-{row.part_id}")


@login_required
@require_POST
def issue(request: SignedIn, pk: int) -> HttpResponse:
    """Issue a volume: both files are made and kept."""
    one = _led(request, pk)
    try:
        actions.issue_volume(one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已印发，可以下载 Word 和 PDF。"))
    return redirect("library:volume", pk)


@require_safe
def book(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Give the book out: as it was issued, or a draft of it to who edits it."""
    if kind not in KINDS:
        raise Http404
    one = seen(request, pk)
    name = f"{one.title}.{kind}"
    if one.state == "issued":
        return given_out(getattr(one, kind), name, KINDS[kind])
    if not writes_for(request.user, one.org):
        raise NotFound(_("没有找到这本汇编，或不由您编。"))
    data = docx_of(bound(one)) if kind == "docx" else pdf_of(bound(one))
    answer = HttpResponse(data, content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="volume-{pk}-draft.{kind}"'
    return answer
