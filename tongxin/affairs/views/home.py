"""What is due in the units one keeps; what the units below ask; papers."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import DecisionForm
from ..models import Admission, Asking, Paper
from .frame import me, one_of, show, status_of, tried

MOST_FINDINGS = 100


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """List what is due or late in the units whose registers one keeps, and what they ask."""
    units = queries.kept_units(request.user)
    found = queries.affairs_check(units, localdate()) if units else []
    context = {
        "units": units,
        "found": found[:MOST_FINDINGS],
        "late": sum(one["late"] for one in found),
        "total": len(found),
        "waiting": queries.waiting_for(request.user),
        "files": Admission.objects.visible_to(request.user)
        .filter(membership__person__user=request.user.pk)
        .select_related("unit", "membership__person"),
    }
    return show(request, "home", context, tab="home")


@login_required
@require_http_methods(["GET", "POST"])
def asking(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a unit asked; the unit above decides it here."""
    rows = Asking.objects.visible_to(request.user).select_related(
        "unit__parent", "asked_by", "decided_by", "term", "election", "waiver__membership__person"
    )
    row = one_of(rows, pk, _("没有找到这份请示，或您看不到它。"))
    above = row.unit.parent
    may_decide = (
        not row.verdict
        and above is not None
        and keeps_register(request.user, above.path)
        and row.asked_by_id != request.user.pk
    )
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        if "withdraw" in request.POST:
            actions.withdraw(asking=row, at=now(), by=me(request))
            return redirect("affairs:asking", pk)
        done = tried(
            form,
            lambda: actions.decide(asking=row, at=now(), by=me(request), **form.cleaned_data),
        )
        if done:
            messages.success(request, _("已批复。"))
            return redirect("affairs:asking", pk)
    sees_waiver = row.waiver is not None and keeps_register(request.user, row.unit.path)
    context = {
        "asking": row,
        "form": form if may_decide else None,
        "may_withdraw": not row.verdict and row.asked_by_id == request.user.pk,
        "waiver": row.waiver if sees_waiver else None,
        "candidates": row.election.candidates.select_related("person") if row.election else [],
    }
    return show(request, "asking", context, tab="home", status=status_of(form))


@login_required
@require_GET
def paper(request: HttpRequest, pk) -> HttpResponseBase:
    """Serve a paper to those who may see what it proves."""
    row = one_of(Paper.objects.visible_to(request.user), pk, _("没有找到这份材料，或您看不到它。"))
    try:
        file = row.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    is_pdf = row.media == "application/pdf"
    # A PDF may hold scripts of its own: it is handed over, not opened in our name.
    response = FileResponse(
        file, content_type=row.media, as_attachment=is_pdf, filename=f"{row.name[:60]}"
    )
    response["Cache-Control"] = "private, max-age=3600"
    return response
