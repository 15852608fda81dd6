"""Seats of joint committees, duties in temporary units, heads of groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused

from .. import actions
from ..forms import registers as forms
from ..models import JointMember, Org, UnitKind, UnitMember


def ask(
    request: SignedIn,
    form: Any,
    act: Callable[[], Any],
    *,
    done: str,
    back: str,
    **words: Any,
) -> HttpResponse:
    """Show a form and do what it asks: `words` are heading, lede, verb, back_label of the page.

    A refusal is shown beside its field, with what to do instead.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                act()
            except Refused as refusal:
                form.take(refusal)
                form.remedy = refusal.remedy
                status = refusal.status
            else:
                messages.success(request, done)
                return redirect(back)
    context = {"form": form, "back_url": back, **words}
    return render(request, "orgs/units/ask.html", context, status=status)


def _unit(request: SignedIn, pk: int) -> Org:
    rows = Org.objects.visible_to(request.user).select_related("region", "parent")
    return get_object_or_404(rows.filter(dissolved_on=None), pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def seat(request: SignedIn, pk: int) -> HttpResponse:
    """Give somebody a seat in a joint committee."""
    committee = _unit(request, pk)
    if committee.unit_kind != UnitKind.JOINT_COMMITTEE:
        raise Http404
    form = forms.SeatForm(request.POST or None, committee=committee)

    def act() -> None:
        actions.give_seat(committee=committee, at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("已增加委员。"), back=reverse("orgs:unit", args=[pk]),
        heading=_("增加委员"), verb=_("增加"), back_label=committee.name,
        lede=_("主任委员由上级党组织的书记担任；其他委员由驻区单位、两新组织派出，有代表性、能办事。"),
    )  # fmt: skip


@login_required
@require_POST
def end_seat(request: SignedIn, pk: int) -> HttpResponse:
    """End a seat today."""
    one = JointMember.objects.visible_to(request.user).filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到这位委员。"))
    actions.end_seat(seat=one, at=now(), by=request.user)
    messages.success(request, _("%s 已卸任。") % one.name)
    return redirect("orgs:unit", one.committee_id)


@login_required
@require_http_methods(["GET", "POST"])
def serve(request: SignedIn, pk: int) -> HttpResponse:
    """Let a member serve in a temporary unit."""
    unit = _unit(request, pk)
    if not unit.is_temporary:
        raise Http404
    form = forms.ServeForm(request.POST or None, actor=request.user)

    def act() -> None:
        actions.let_serve(unit=unit, at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("已编入。"), back=reverse("orgs:unit", args=[pk]),
        heading=_("编入成员"), verb=_("编入"), back_label=unit.name,
        lede=_("组织关系留在原党支部；临时党组织撤销后，自动回原支部。"),
    )  # fmt: skip


@login_required
@require_POST
def end_service(request: SignedIn, pk: int) -> HttpResponse:
    """End somebody's duty in a unit today."""
    row = get_object_or_404(UnitMember.objects.visible_to(request.user), pk=pk)
    actions.end_service(row=row, on=localdate(), at=now(), by=request.user)
    messages.success(request, _("已离开。"))
    return redirect("orgs:unit", row.unit_id)


@login_required
@require_http_methods(["GET", "POST"])
def head(request: SignedIn, pk: int) -> HttpResponse:
    """Make somebody the head of a group."""
    unit = _unit(request, pk)
    if unit.unit_kind != UnitKind.GROUP:
        raise Http404
    form = forms.HeadForm(request.POST or None, actor=request.user)

    def act() -> None:
        actions.set_head(unit=unit, at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("组长已确定。"), back=reverse("orgs:unit", args=[pk]),
        heading=_("确定组长"), verb=_("确定"), back_label=unit.name,
        lede=_("楼宇党小组的组长由离退休老党员、老干部担任。"),
    )  # fmt: skip
