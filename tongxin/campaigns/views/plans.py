"""A plan of visits that waits: named as an item of the list, or asked for (S4.65)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.fieldwork.models import Plan
from tongxin.fieldwork.queries import burden_of, leave_of

from .. import actions
from ..forms import PlanItemForm, ReasonForm
from .common import FORM, admitted_items, ask


def _seen(request: SignedIn, pk: int) -> Plan:
    rows = Plan.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("region"), pk=pk)


@login_required
@require_http_methods(FORM)
def plan(request: SignedIn, pk: int) -> HttpResponse:
    """Choose the item of the list that admits a plan; where none is of its kind, ask for leave."""
    one = _seen(request, pk)
    back = reverse("fieldwork:plan", args=[pk])
    if one.state != Plan.State.WAITING:
        return redirect(back)
    admitted = admitted_items(one.area, (burden_of(one),))
    asks = reverse("campaigns:ask-plan", args=[pk])
    if not admitted.exists():
        return redirect(asks)
    form = PlanItemForm(request.POST or None, admitted=admitted)

    def act() -> str:
        code = form.cleaned_data["item"].code
        actions.name_plan_item(one, code=code, at=now(), by=request.user)
        return back

    leave = leave_of(one, max(localdate(), one.starts_on))
    return ask(
        request, form, act, done=_("已准入，到期的走访会自动安排。"), tab="admission",
        heading=_("办理准入：%s") % one.name, lede=leave.why if leave else "", verb=_("按这一项准入"),
        back=back, other={"url": asks, "label": _("目录里没有，申请准入")},
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def ask_for(request: SignedIn, pk: int) -> HttpResponse:
    """Ask for what is not on the list, with the reason."""
    one = _seen(request, pk)
    form = ReasonForm(request.POST or None)
    back = reverse("fieldwork:plan", args=[pk])

    def act() -> str:
        actions.ask_for_plan(one, at=now(), by=request.user, **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已申请，区里另一位管理员审批同意后自动开始。"), tab="admission",
        heading=_("申请准入：%s") % one.name, verb=_("提交申请"), back=back,
        lede=_("写清为什么要让社区承担、依据是什么。"),
    )  # fmt: skip
