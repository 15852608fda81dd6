"""Visits received from elsewhere to see and to learn."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.documents.scope import desks_of
from tongxin.kit.tables_out import write_xlsx
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import NoteForm, ReceptionForm
from ..models import Reception
from .common import FORM, PAGE, XLSX, ask, must_have_desk, number_of, segments, show


@login_required
@require_safe
def receptions(request: SignedIn) -> HttpResponse:
    """List the visits of a year with how many batches and people."""
    today = localdate()
    year = number_of(request, "year") or today.year
    found = queries.receptions_of(request.user, year)
    rows, following = page_of(
        found["rows"].select_related("org"), request.GET.get("cursor", ""), PAGE
    )
    years = [(str(y), str(y)) for y in range(today.year, today.year - 4, -1)]
    context = {
        "rows": rows, "next_cursor": following, "year": year, "batches": found["batches"],
        "people": found["people"], "years": segments(request, "year", years, str(year)),
        "may_record": bool(desks_of(request.user)),
    }  # fmt: skip
    return show(request, "receptions", context, tab="receptions")


@login_required
@require_http_methods(FORM)
def record(request: SignedIn) -> HttpResponse:
    """Write a visit down."""
    must_have_desk(request.user)
    initial = {"key": uuid4().hex, "on": localdate()}
    form = ReceptionForm(
        request.POST or None, orgs=queries.own_units(request.user), initial=initial
    )
    back = reverse("library:receptions")

    def act() -> str:
        actions.record_reception(by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("来访已登记。"), tab="receptions", heading=_("登记来访考察"),
        verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def feedback(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what the visitors said."""
    one = get_object_or_404(Reception.objects.visible_to(request.user).select_related("org"), pk=pk)
    form = NoteForm(request.POST or None, label=_("来访方反馈"), initial={"note": one.feedback})
    back = reverse("library:receptions")

    def act() -> str:
        actions.add_feedback(one, feedback=form.cleaned_data["note"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("反馈已记下。"), tab="receptions", heading=_("来访方反馈"),
        lede=f"{one.from_name} · {one.topic}", verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_safe
def sheet(request: SignedIn) -> HttpResponse:
    """Give the visits of a year as XLSX."""
    year = number_of(request, "year") or localdate().year
    header = [_("日期"), _("来访单位"), _("考察主题"), _("人数"), _("带队"), _("点位"), _("接待单位"), _("接待安排"), _("来访方反馈")]  # fmt: skip
    rows = [
        [r.on.isoformat(), r.from_name, r.topic, r.people, r.led_by, r.route, r.org.name, r.reception, r.feedback]
        for r in queries.receptions_of(request.user, year)["rows"].select_related("org").order_by("on", "pk")
    ]  # fmt: skip
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="receptions-{year}.xlsx"'
    write_xlsx(answer, header, rows, sheet=_("来访考察"))
    return answer
