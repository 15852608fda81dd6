"""The plan of several years: targets by field and year, and what was reached."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import ActualForm, TargetForm
from ..models import ProgrammeTarget
from . import frame
from .meetings import PAGE


@login_required
@require_http_methods(PAGE)
def programme(request: SignedIn) -> HttpResponse:
    """Show the matrix; who keeps the register adds a target."""
    unit = frame.unit_of(request)
    keeps = keeps_register(request.user, unit.path)
    form = TargetForm(request.POST or None, initial={"year": localdate().year})
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "programme"),
        "filters": [frame.unit_filter(request, unit)],
        "tables": queries.programme_matrix(request.user, unit),
        "keeps": keeps,
    }
    url = f"{reverse('meetings:programme')}?unit={unit.pk}"
    return frame.act(
        request, form, "meetings/programme.html", context,
        lambda: actions.set_target(unit=unit, by=request.user, at=now(), **form.cleaned_data),
        lambda made: url, said=_("目标已保存。"),
    )  # fmt: skip


@login_required
@require_http_methods(PAGE)
def actual(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what was reached of a target."""
    rows = ProgrammeTarget.objects.visible_to(request.user).select_related("unit")
    row = get_object_or_404(rows, pk=pk)
    if not keeps_register(request.user, row.unit.path):
        raise NotFound(_("没有找到这项目标。"))
    form = ActualForm(request.POST or None, initial={"on": localdate()})
    context = {"row": row, "unit": row.unit, "sections": frame.sections(row.unit, "programme")}
    return frame.act(
        request, form, "meetings/actual.html", context,
        lambda: actions.report_actual(target=row, by=request.user, at=now(), **form.cleaned_data),
        lambda made: f"{reverse('meetings:programme')}?unit={row.unit_id}", said=_("已登记。"),
    )  # fmt: skip


@login_required
@require_POST
def sample(request: SignedIn) -> HttpResponse:
    """Bring in the sample of targets."""
    unit = frame.unit_of(request)
    n = actions.load_programme(unit=unit, by=request.user, at=now())
    messages.success(request, _("载入了 %d 项样例目标。") % n)
    return redirect(f"{reverse('meetings:programme')}?unit={unit.pk}")
