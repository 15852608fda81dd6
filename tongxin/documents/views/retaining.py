"""The archive: papers that are due, what a person decides on them, what was done."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import ArchiveForm, DestroyedForm, ExpiredForm
from ..models import Retention
from .common import PAGE, ask, must_have_desk, show

STATES = {
    "archive": gettext_lazy("待归档"),
    "expired": gettext_lazy("期满待鉴定"),
    "destroy": gettext_lazy("已批准销毁，待登记"),
    "done": gettext_lazy("已处置"),
}


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """What is due for the archive or over its time, by state."""
    must_have_desk(request.user)
    state = request.GET.get("kind", "")
    state = state if state in STATES else "archive"
    rows = queries.retentions(request.user, state)
    found, next_cursor = page_of(rows, request.GET.get("cursor", ""), PAGE)
    lines = [{"row": row, "verbs": queries.verbs_of(request.user, row)} for row in found]
    context = {
        "rows": lines,
        "state": state,
        "label": STATES[state],
        "may_archive": any("archive" in line["verbs"] for line in lines),
        "form": ArchiveForm(),
        "next_cursor": next_cursor,
        "filters": [
            {"name": "kind", "label": _("事项"), "value": state, "choices": list(STATES.items())}
        ],
    }
    return show(request, "retention", context, tab="retention")


@login_required
@require_POST
def archive(request: SignedIn) -> HttpResponse:
    """Note that the papers ticked went into the archive."""
    keys = [int(one) for one in request.POST.getlist("row") if one.isascii() and one.isdigit()]
    rows = list(Retention.objects.visible_to(request.user).filter(pk__in=keys[:500]))
    form = ArchiveForm(request.POST)
    back = f"{reverse('documents:retention')}?kind=archive"
    if not form.is_valid():
        messages.error(request, _("请核对档号和保管期限。"))
        return redirect(back)
    try:
        done = actions.archive_papers(
            rows, by=request.user, at=now(), box=form.cleaned_data["box"],
            years=form.years(),
        )  # fmt: skip
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect(back)
    messages.success(request, _("已归档 %d 份。") % len(done))
    return redirect(back)


def _row(request: SignedIn, pk: int, verb: str) -> Retention:
    rows = Retention.objects.visible_to(request.user)
    row = get_object_or_404(rows.select_related("document__kind", "document__org", "document__number__register"), pk=pk)  # fmt: skip
    if verb not in queries.verbs_of(request.user, row):
        raise NotFound(_("没有找到这份公文，或现在不由您处置。"))
    return row


def _lede(row: Retention) -> str:
    return _("%(number)s · %(kind)s · 成文 %(day)s") % {
        "number": row.document.number, "kind": row.document.kind.name, "day": row.document.issued_on,
    }  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def decide(request: SignedIn, pk: int) -> HttpResponse:
    """Say what becomes of a paper whose time is over."""
    row, form = _row(request, pk, "decide"), ExpiredForm(request.POST or None)
    back = f"{reverse('documents:retention')}?kind=expired"

    def act() -> str:
        given = form.cleaned_data
        years = int(given["years"]) if given["years"] else None
        actions.decide_expired(
            row, decision=given["decision"], reason=given["reason"], years=years, by=request.user,
            at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("已登记处置决定。"), tab="retention", verb=_("提交决定"), back=back,
        heading=_("期满处置：%s") % row.document.title, lede=_lede(row),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def note(request: SignedIn, pk: int) -> HttpResponse:
    """Record that people destroyed a paper as approved."""
    row, form = _row(request, pk, "note"), DestroyedForm(request.POST or None)
    back = f"{reverse('documents:retention')}?kind=destroy"

    def act() -> str:
        day: date = form.cleaned_data["on"]
        actions.note_destroyed(
            row, on=day, witnesses=form.cleaned_data["witnesses"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已登记销毁。系统内的记录和文件仍然保留。"), tab="retention",
        verb=_("登记"), back=back, heading=_("登记销毁：%s") % row.document.title, lede=_lede(row),
    )  # fmt: skip
