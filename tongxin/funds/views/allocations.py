"""Allocations: what was planned against what was paid, the evidence; payments that two people make."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import unit_roles
from tongxin.ui.forms import fen_of

from .. import actions, queries
from ..actions.orders import APPROVERS
from ..forms import DecideForm, PayableForm, PayForm
from ..models import Allocation, Line, PayOrder, Source
from .common import FORM, PAGE, ask, keep_photos, kept_allocation, pictures_of, show, url_of
from .common import seen_allocation as seen


@login_required
@require_GET
def allocations(request: SignedIn) -> HttpResponse:
    """Every allocation the reader sees, newest first, with what of it is paid."""
    today = localdate()
    year, state, source = (request.GET.get(name, "") for name in ("year", "state", "source"))
    rows = queries.allocations_of(
        Allocation.objects.visible_to(request.user), state=state, source=source, on=today,
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
    )  # fmt: skip
    page, following = queries.page_of_allocations(rows, request.GET.get("cursor", ""), PAGE)
    choices = [
        ("", _("全部年度")),
        *((str(one), str(one)) for one in range(today.year, today.year - 5, -1)),
    ]
    sources = Source.objects.visible_to(request.user).values_list("code", "name")
    context = {
        "rows": page,
        "next": following,
        "filters": [
            {"name": "state", "label": _("状态"), "value": state,
             "choices": [("", _("全部状态")), ("open", _("未付清")), ("late", _("逾期未付")), ("paid", _("已付清"))]},
            {"name": "source", "label": _("资金来源"), "value": source,
             "choices": [("", _("全部来源")), *sources]},
            {"name": "year", "label": _("年度"), "value": year, "choices": choices},
        ],
    }  # fmt: skip
    return show(request, "allocations", context, tab="allocations")


@login_required
@require_GET
def allocation(request: SignedIn, pk: Any) -> HttpResponse:
    """Show an allocation: what it is for, what has to be paid by when, what was, with its evidence."""
    one, today = seen(request, pk), localdate()
    keeps = actions.keeps_books(request.user, one.account.org)
    lines = one.lines.select_related("by", "approved_by", "reverses", "reversed_by").order_by("seq")
    shown = list(lines.prefetch_related("photos__photo"))
    payables = list(one.payables.order_by("due_on", "pk"))
    context = {
        "one": one,
        "lines": [
            {"line": line, "pictures": pictures_of(
                [kept.photo for kept in line.photos.all()], _("第 %d 号凭证") % line.seq)}
            for line in shown
        ],
        "payables": payables,
        "overdue": sum(p.left_fen for p in payables if p.due_on < today),
        "orders": one.orders.select_related("by", "decided_by").order_by("-pk"),
        "keeps": keeps and one.withdrawn_at is None and one.account.closed_on is None,
        "sees_account": one.account.__class__.objects.visible_to(request.user)
        .filter(pk=one.account_id).exists(),
        "given": next((line for line in shown if line.kind == Line.Kind.ALLOCATE), None),
        "today": today,
    }  # fmt: skip
    return show(request, "allocation", context, tab="allocations")


@login_required
@require_http_methods(FORM)
def pay(request: SignedIn, pk: Any) -> HttpResponse:
    """Pay out of an allocation; from the threshold on, ask a second person to."""
    one = kept_allocation(request, pk)
    threshold = queries.threshold_for(one.account.region.path, localdate())
    form = PayForm(
        request.POST or None, request.FILES or None,
        initial={"on": localdate(), "key": uuid4().hex},
    )  # fmt: skip

    def act() -> str:
        data, at = form.cleaned_data, now()
        given = {
            "allocation": one, "amount_fen": fen_of(data["amount"]), "on": data["on"],
            "payee": data["payee"], "note": data["note"], "by": request.user, "at": at,
            "photos": keep_photos(data["photos"], request.user, at, data["key"]), "key": data["key"],
        }  # fmt: skip
        try:
            actions.pay(**given)
        except actions.NeedsApproval:
            actions.ask_payment(**given)
        return url_of(one)

    left = _("还可支付 %s 元。") % queries.yuan(one.left_fen)
    rule = _("一天向同一收款方付款达到 %s 元，提交后由另一位负责人审批。")
    return ask(
        request, form, act, done=_("已登记。"), tab="allocations", heading=_("支付"), verb=_("提交"),
        lede=left + (rule % queries.yuan(threshold) if threshold is not None else ""), back=url_of(one),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def payable(request: SignedIn, pk: Any) -> HttpResponse:
    """Say what more has to be paid, and by when."""
    one = kept_allocation(request, pk)
    form = PayableForm(request.POST or None)

    def act() -> str:
        data = form.cleaned_data
        actions.plan_payable(
            allocation=one, due_on=data["due_on"], amount_fen=fen_of(data["amount"]),
            note=data["note"], by=request.user, at=now(),
        )  # fmt: skip
        return url_of(one)

    return ask(
        request, form, act, done=_("已加入付款计划。"), tab="allocations", heading=_("加一期应付款"),
        verb=_("保存"), lede=one.purpose, back=url_of(one),
    )  # fmt: skip


@login_required
@require_GET
def orders(request: SignedIn) -> HttpResponse:
    """List the payments that wait for a second person, then what was decided of late."""
    waiting = list(queries.waiting_for(request.user).order_by("pk")[:PAGE])
    decided = (
        PayOrder.objects.visible_to(request.user)
        .exclude(state="waiting")
        .select_related("allocation__account__org", "by", "decided_by")
        .order_by("-decided_at")[:20]
    )
    context = {
        "waiting": [{"one": one, "may": _may_decide(request, one)} for one in waiting],
        "decided": decided,
    }
    return show(request, "orders", context, tab="orders")


def _may_decide(request: SignedIn, order: PayOrder) -> bool:
    roles = unit_roles(request.user, order.allocation.account.org.path)
    return order.by_id != request.user.pk and not roles.isdisjoint(APPROVERS)


@login_required
@require_http_methods(FORM)
def decide(request: SignedIn, pk: Any) -> HttpResponse:
    """Approve a payment or refuse it."""
    rows = PayOrder.objects.visible_to(request.user)
    one = get_object_or_404(rows.select_related("allocation__account__org", "by"), pk=pk)
    if not _may_decide(request, one):
        raise NotFound(_("没有找到这笔付款申请，或不由您审批。"))
    form = DecideForm(request.POST or None)

    def act() -> str:
        data = form.cleaned_data
        actions.decide_payment(
            order=one, approve=data["approve"] == "yes", reason=data["reason"], by=request.user,
            at=now(),
        )  # fmt: skip
        return reverse("funds:orders")

    words = {"by": one.by, "payee": one.payee, "purpose": one.allocation.purpose}
    return ask(
        request, form, act, done=_("审批意见已送达申请人。"), tab="orders", template="decide",
        heading=_("付款审批：%s 元") % queries.yuan(one.amount_fen), order=one,
        pictures=pictures_of(one.photos.all(), _("付款凭证")), verb=_("提交审批"),
        lede=_("%(by)s申请向%(payee)s付款，用于%(purpose)s") % words, back=reverse("funds:orders"),
    )  # fmt: skip
