"""Dues: a unit's grid of months, a member's account, receipts, the quarterly sheet."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.kit.tables_out import write_xlsx
from tongxin.orgs.models import Membership
from tongxin.orgs.scope import keeps_register
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..contributions import dues_for
from ..dates import Quarter, month_of
from ..forms import BaseForm, ForwardForm, PayForm, RefundForm, WaiverForm
from ..models import Payment, Posting, Waiver
from .frame import PAGE, PHONE, me, one_of, show, status_of, tried, unit_kept

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_RECEIPTS = 60
# Accounts whose balance stands on the credit side; shown as what came in.
CREDITED = (Posting.Account.DUES, Posting.Account.BELOW)


@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the units whose dues one keeps, with this quarter's figures."""
    units = queries.kept_units(request.user)
    today = localdate()
    quarter = Quarter.of(today)
    lines, total = queries.quarter_sheet(units, quarter, on=today)
    context = {"lines": [one for one in lines], "total": total, "quarter": quarter}
    return show(request, "dues_units", context, tab="dues-units")


@login_required
@require_GET
def grid(request: HttpRequest, unit: int) -> HttpResponse:
    """Show every member of a unit against the months of a year."""
    org, today = unit_kept(request, unit), localdate()
    year = _year(request, today)
    months = [date(year, n, 1) for n in range(1, 13)]
    accounts = queries.accounts_of(queries.members_of(org))
    arrears = queries.arrears_of(accounts.values(), today)
    late = {one.membership.pk for one in arrears}
    rows = [
        {
            "account": account,
            "member": account.membership,
            "cells": [(month, account.cells.get(month)) for month in months],
            "late": account.membership.pk in late,
        }
        for account in accounts.values()
    ]
    balance = queries.balances(org)
    this_month = month_of(today)
    waiting = queries.uncharged(org, this_month)
    context = {
        "unit": org,
        "year": year,
        "years": [year - 1, year, year + 1] if year < today.year else [year - 1, year],
        "months": months,
        "rows": rows,
        "cash": balance[Posting.Account.CASH],
        "open": sum((max(one.balance, Decimal(0)) for one in accounts.values()), Decimal(0)),
        "this_month": this_month,
        "to_charge": sum(base is not None for _one, base in waiting),
        "no_base": [one for one, base in waiting if base is None],
        "arrears": arrears,
        "quarter": Quarter.of(today),
        "form": ForwardForm(initial={"on": today}),
    }
    return show(request, "dues", context, tab="dues-units")


def _year(request: HttpRequest, today: date) -> int:
    text = request.GET.get("year", "")
    is_year = text.isascii() and text.isdecimal() and 2000 <= int(text[:6]) <= today.year
    return int(text) if is_year else today.year


@login_required
@require_POST
def charge(request: HttpRequest, unit: int) -> HttpResponse:
    """Charge the members of a unit for the month that runs."""
    org, at = unit_kept(request, unit), now()
    count = actions.charge_month(unit=org, month=localdate(at), at=at, by=me(request))
    messages.success(request, _("已为 %d 名党员计算本月应交。") % count)
    return redirect("affairs:dues", unit)


@login_required
@require_http_methods(["GET", "POST"])
def forward(request: HttpRequest, unit: int) -> HttpResponse:
    """Pass dues on to the unit above."""
    org = unit_kept(request, unit)
    form = ForwardForm(request.POST or None, initial={"on": localdate()})
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.forward_dues(unit=org, at=now(), by=me(request), **form.cleaned_data),
        )
        if done:
            messages.success(request, _("已登记上缴 %s 元。") % done.amount)
            return redirect("affairs:quarter", unit)
    cash = queries.balances(org)[Posting.Account.CASH]
    context = {"form": form, "unit": org, "title": _("上缴党费"), "verb": _("登记上缴")}
    context["note"] = _("库存党费 %(cash)s 元；接收单位：%(above)s") % {
        "cash": cash,
        "above": org.parent or _("未登记上级"),
    }
    return show(request, "dues_form", context, tab="dues-units", status=status_of(form))


def _member(request: HttpRequest, pk: int) -> Membership:
    rows = Membership.objects.visible_to(request.user).select_related("unit", "person")
    row = one_of(rows, pk, _("没有找到这名党员，或您看不到。"))
    own = row.person.user_id == request.user.pk
    if not own:  # a commissioner reads the register, but not what people earn
        unit_kept(request, row.unit_id)
    return row


def _kept_member(request: HttpRequest, pk: int) -> Membership:
    row = _member(request, pk)
    unit_kept(request, row.unit_id)
    return row


@login_required
@require_GET
def member(request: HttpRequest, membership: int) -> HttpResponse:
    """Show a member's account: base, months, receipts."""
    return _account_page(request, _member(request, membership))


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Show one's own dues."""
    rows = Membership.objects.visible_to(request.user).filter(person__user=request.user.pk)
    own = rows.standing().select_related("unit", "person").first()
    if own is None:
        return show(request, "no_dues", {"layout": PHONE}, tab="dues-units")
    return _account_page(request, own, layout=PHONE)


def _account_page(request: HttpRequest, row: Membership, layout: str = "") -> HttpResponse:
    today = localdate()
    base = queries.base_on(row, month_of(today))
    owed = None
    if base is not None:
        owed = dues_for(queries.open_base(base), base.kind, today, fixed=base.fixed)
    account = queries.accounts_of([row])[row.pk]
    payments = Payment.objects.visible_to(request.user).filter(membership=row)
    waivers = Waiver.objects.visible_to(request.user).filter(membership=row)
    context = {
        "member": row,
        "base": base,
        "income": queries.open_base(base) if base and base.base_sealed else None,
        "owed": owed,
        "account": account,
        "cells": list(reversed(account.cells.values())),
        "payments": payments.select_related("refund_of").order_by("-paid_on", "-pk")[
            :MOST_RECEIPTS
        ],
        "waivers": waivers.prefetch_related("askings").order_by("-from_month"),
        # One's own page is a member's, whatever office they hold.
        "keeps": not layout and keeps_register(request.user, row.unit.path),
        "layout": layout,
        "ahead": -account.balance if account.balance < 0 else None,
    }
    return show(request, "dues_member", context, tab="dues-units")


@login_required
@require_http_methods(["GET", "POST"])
def base(request: HttpRequest, membership: int) -> HttpResponse:
    """Set what a member's dues are counted from."""
    row = _kept_member(request, membership)
    known = queries.base_on(row, month_of(localdate()))
    initial: dict[str, Any] = {"from_month": month_of(localdate())}
    if known is not None:
        initial |= {"kind": known.kind, "fixed": known.fixed}
        initial["base"] = queries.open_base(known) if known.base_sealed else None
    form = BaseForm(request.POST or None, initial=initial)

    def write() -> Any:
        data = form.cleaned_data
        return actions.set_base(
            membership=row,
            kind=data["kind"],
            base=data["base"] or Decimal(0),
            fixed=data["fixed"],
            from_month=data["from_month"],
            at=now(),
            by=me(request),
        )

    if request.method == "POST" and tried(form, write):
        messages.success(request, _("党费基数已核定。"))
        return redirect("affairs:dues-member", membership)
    context = {
        "form": form,
        "unit": row.unit,
        "member": row,
        "title": _("核定党费基数"),
        "verb": _("核定"),
        "note": _("已经计算的月份不变，从起始月份起的新月份按新基数计算。"),
    }
    return show(request, "dues_form", context, tab="dues-units", status=status_of(form))


@login_required
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, membership: int) -> HttpResponse:
    """Take a member's dues and give a receipt."""
    row = _kept_member(request, membership)
    account = queries.accounts_of([row])[row.pk]
    initial = {"paid_on": localdate(), "amount": max(account.balance, Decimal(0)) or None}
    form = PayForm(request.POST or None, initial=initial)
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.take_payment(
                membership=row, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if done:
            messages.success(request, _("已收 %(amount)s 元，收据 %(receipt)s。") % {
                "amount": done.amount, "receipt": done.receipt,
            })  # fmt: skip
            return redirect("affairs:dues-member", membership)
    note = _("应交未交 %s 元") % max(account.balance, Decimal(0))
    context = {
        "form": form, "unit": row.unit, "member": row, "title": _("收党费"), "verb": _("收款并开收据"),
        "note": note,
    }  # fmt: skip
    return show(request, "dues_form", context, tab="dues-units", status=status_of(form))


@login_required
@require_http_methods(["GET", "POST"])
def waiver(request: HttpRequest, membership: int) -> HttpResponse:
    """Ask the unit above that a member pays less for some months."""
    row = _kept_member(request, membership)
    form = WaiverForm(request.POST or None)
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.ask_waiver(
                membership=row, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if done:
            messages.success(request, _("已报上级，等待批复。"))
            return redirect("affairs:dues-member", membership)
    context = {
        "form": form, "unit": row.unit, "member": row, "title": _("申请少交或免交"),
        "verb": _("报上级"), "note": _("经支部讨论、上级批准后生效。"),
    }  # fmt: skip
    return show(request, "dues_form", context, tab="dues-units", status=status_of(form))


@login_required
@require_GET
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Print a receipt."""
    rows = Payment.objects.visible_to(request.user).select_related(
        "unit", "membership__person", "received_by", "refund_of"
    )
    row = one_of(rows, pk, _("没有找到这张收据，或您看不到它。"))
    return render(request, "affairs/print_receipt.html", {"payment": row})


@login_required
@require_http_methods(["GET", "POST"])
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a receipt's money back."""
    rows = Payment.objects.visible_to(request.user).select_related("unit", "membership__person")
    row = one_of(rows, pk, _("没有找到这张收据，或您看不到它。"))
    unit_kept(request, row.unit_id)
    form = RefundForm(request.POST or None)
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.refund_payment(
                payment=row, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if done:
            messages.success(request, _("已退款，红字收据 %s。") % done.receipt)
            return redirect("affairs:dues-member", row.membership_id)
    context = {
        "form": form, "unit": row.unit, "member": row.membership, "title": _("退款"),
        "verb": _("退款"),
        "note": _("收据 %(number)s，%(amount)s 元。原收据保留，另开红字收据冲回。")
        % {"number": row.receipt, "amount": row.amount},
    }  # fmt: skip
    return show(request, "dues_form", context, tab="dues-units", status=status_of(form))


@login_required
@require_GET
def ledger(request: HttpRequest, unit: int) -> HttpResponse:
    """Show the ledger of a unit: every move of money from one account to another."""
    org = unit_kept(request, unit)
    page, following = page_of(queries.ledger_of(org), request.GET.get("cursor", ""), PAGE)
    state = queries.balances(org)
    context = {
        "unit": org,
        "rows": page,
        "next_cursor": following,
        "accounts": [
            (label, -state[value] if value in CREDITED else state[value])
            for value, label in Posting.Account.choices
        ],
        "sum": sum(state.values(), Decimal("0.00")),
    }
    return show(request, "ledger", context, tab="dues-units")


# --- the quarterly sheet


def _sheet(request: HttpRequest, unit: int) -> dict[str, Any]:
    org = unit_kept(request, unit)
    quarter = Quarter.parse(request.GET.get("q", "")) or Quarter.of(localdate())
    lines, total = queries.quarter_sheet(queries.units_under(org), quarter, on=localdate())
    own = next(line for line in lines if line.unit == org)
    return {
        "unit": org,
        "quarter": quarter,
        "before": quarter.shifted(-1),
        "after": quarter.shifted(1) if quarter < Quarter.of(localdate()) else None,
        "lines": lines,
        "own": own,
        "total": total,
        "adds_up": all(line.adds_up for line in lines),
        "forwards": queries.forwarded_in(org, quarter),
    }


@login_required
@require_GET
def quarter(request: HttpRequest, unit: int) -> HttpResponse:
    """Show the quarter of a unit and of all units under it."""
    return show(request, "quarter", _sheet(request, unit), tab="dues-units")


@login_required
@require_GET
def quarter_print(request: HttpRequest, unit: int) -> HttpResponse:
    """Print the quarterly sheet."""
    return render(request, "affairs/print_quarter.html", _sheet(request, unit))


@login_required
@require_GET
def quarter_xlsx(request: HttpRequest, unit: int) -> HttpResponse:
    """Hand out the quarterly sheet as a workbook."""
    sheet = _sheet(request, unit)
    header = [
        _("党组织"), _("党员数"), _("期初库存"), _("应交"), _("实收"), _("自愿多交"), _("退款"),
        _("下级上缴"), _("上缴上级"), _("期末库存"), _("欠交人数"),
    ]  # fmt: skip
    rows = [_cells(line, line.unit.name) for line in sheet["lines"]]
    rows.append(_cells(sheet["total"], _("合计")))
    buffer = io.BytesIO()
    write_xlsx(buffer, header, rows, sheet=str(sheet["quarter"]), widths=[30, *([12] * 10)])
    response = HttpResponse(buffer.getvalue(), content_type=XLSX)
    name = f"dues-{sheet['unit'].pk}-{sheet['quarter']}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cells(line: Any, label: str) -> list[Any]:
    return [
        label, line.members, line.opening, line.charged, line.paid, line.extra, line.refunded,
        line.below, line.forwarded, line.closing, line.behind,
    ]  # fmt: skip
