"""Report a component that is broken: a request about it, with its topic and place (组件与点单的连接)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.grids.actions import may_report, may_walk
from tongxin.grids.models import Component, State
from tongxin.kit.errors import NotFound, Refused
from tongxin.regions.queries import place_name
from tongxin.ui.forms import Form, Photos, Words

from ..actions import report_component

STATES = [(State.BROKEN.value, State.BROKEN.label), (State.LOST.value, State.LOST.label)]


class ComponentReportForm(Form):
    text = Words(label=gettext_lazy("怎么坏的"), limit=500, rows=3)
    state = forms.ChoiceField(
        label=gettext_lazy("状态"), choices=STATES, widget=forms.RadioSelect, initial="broken"
    )
    photos = Photos(label=gettext_lazy("照片"), most=4, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


@login_required
@require_http_methods(["GET", "POST"])
def report(request: SignedIn, code: str) -> HttpResponse:
    """File a request about a component; until it is done the component counts as broken."""
    rows = Component.objects.visible_to(request.user).select_related("item__topic", "grid")
    one = get_object_or_404(rows, code=code)
    if not may_walk(request.user, one):
        raise NotFound(_("没有找到这个部件，或不由您报修。"))
    form = ComponentReportForm(
        request.POST or None, request.FILES or None, initial={"key": uuid4().hex}
    )
    status, remedy = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                given: dict[str, Any] = form.cleaned_data
                case = report_component(one, at=now(), by=request.user, **given)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, str(refusal.remedy)
            else:
                messages.success(request, _("已报修，单号 %s。") % case.number)
                return redirect("grids:component", code)
    context = {
        "form": form,
        "one": one,
        "place": place_name(one.area),
        "remedy": remedy,
        "is_open": not may_report(one),
    }
    return render(request, "portal/report_component.html", context, status=status)
