"""Transfers between branches: started in two steps, confirmed by both sides, printed as a slip."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotPermitted, Refused

from .. import actions, queries
from ..forms.people import AskInForm, TransferForm, WhyForm
from ..models import Membership, Transfer
from ..scope import keeps_register
from . import people_page
from .people import PAGE, answered, membership_of, person_of, reader

CLOSED_SHOWN = 30
RELATED = ("membership__person", "from_unit", "to_unit", "started_by", "home_by", "host_by")


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the transfers that wait for somebody's side, those on their way, and the last settled."""
    reader(request)
    today = localdate()
    rows = Transfer.objects.visible_to(request.user).select_related(*RELATED)
    cards = [card_of(one, request.user, today) for one in rows.open().order_by("valid_until")[:200]]
    closed = rows.exclude(state=Transfer.State.OPEN).order_by("-closed_at")[:CLOSED_SHOWN]
    context = {
        "mine": [card for card in cards if card["may_confirm"]],
        "others": [card for card in cards if not card["may_confirm"]],
        "closed": [card_of(one, request.user, today) for one in closed],
        "may_ask": queries.may_search_identity(request.user),
    }
    return render(request, "orgs/people/transfers.html", context)


def card_of(transfer: Transfer, user, today) -> dict[str, Any]:
    """Return a transfer as the pages draw it: its line of dots, and what somebody may do about it."""
    is_open = transfer.state == Transfer.State.OPEN
    home = keeps_register(user, transfer.from_unit.path)
    host = keeps_register(user, transfer.to_unit.path)
    confirmed = user.pk in (transfer.home_by_id, transfer.host_by_id)
    waits_mine = (home and not transfer.home_at) or (host and not transfer.host_at)
    left = (transfer.valid_until - today).days
    return {
        "transfer": transfer,
        "person": transfer.membership.person,
        "line": line_of(transfer, left, is_open=is_open),
        "left": left,
        "may_confirm": is_open and waits_mine and not confirmed and left >= 0,
        "may_withdraw": is_open and ((home and transfer.home_at) or (host and transfer.host_at)),
        "needs_other": is_open and waits_mine and confirmed,
    }


def line_of(transfer: Transfer, left: int, *, is_open: bool) -> dict[str, Any]:
    """Return the line of dots: 出 confirmed by the home branch, 入 by the receiving one, 转 moved."""
    ended = not is_open and transfer.state != Transfer.State.DONE

    def dot(char: str, title: str, at, who) -> dict[str, Any]:
        state = "done" if at else "skipped" if ended else "now"
        return {"char": char, "title": title, "state": state, "at": at, "who": str(who or "")}

    done = transfer.state == Transfer.State.DONE
    dots = [
        dot("出", _("转出方确认"), transfer.home_at, transfer.home_by),
        dot("入", _("转入方确认"), transfer.host_at, transfer.host_by),
        {
            "char": "转",
            "title": _("完成转接"),
            "state": "done" if done else "skipped" if ended else "todo",
            "at": transfer.closed_at if done else None,
            "who": "",
        },
    ]
    if is_open:
        words = _("还剩 %d 天") % left if left >= 0 else _("介绍信已到期")
        rule = queries.member_rule("remind_days", transfer.valid_until)
        tone = "ok" if left > rule.value else "soon" if left >= 0 else "late"
        return {"dots": dots, "left": words, "tone": tone}
    return {
        "dots": dots,
        "left": transfer.get_state_display(),
        "tone": "done" if done else "waiting",
    }


@login_required
@require_http_methods(PAGE)
def start(request: SignedIn, pk: int) -> HttpResponse:
    """Start a transfer of a member: where to and why, then a look at it, then the slip."""
    person = person_of(request, pk)
    held, at = membership_of(request, person), now()
    if not keeps_register(request.user, held.unit.path):
        raise NotPermitted(_("组织关系转接由双方党组织的书记或组织员办理。"))
    days = queries.member_rule("slip_days", localdate(at)).value
    data = request.POST if request.method == "POST" else None
    form, status = TransferForm(data, initial={"days": days}), 200
    step = 1
    if request.method == "POST" and "again" not in request.POST:
        status = 422
        if form.is_valid() and "start" not in request.POST:
            step, status = 2, 200
        elif form.is_valid():
            try:
                made = actions.start_transfer(
                    membership=held, at=at, by=request.user, **form.cleaned_data
                )
            except Refused as refusal:
                status = answered(form, refusal)
            else:
                messages.success(request, _("已发起转接，等待对方党组织确认。"))
                return redirect("orgs:transfer", made.pk)
    labels = (_("去向"), _("核对"), _("等待确认"))
    states = ("done" if n < step else "now" if n == step else "todo" for n in (1, 2, 3))
    context = {
        "form": form,
        "step": step,
        "person": person,
        "held": held,
        "steps": [
            {"label": label, "state": state} for label, state in zip(labels, states, strict=True)
        ],
    }
    return render(request, "orgs/people/transfer_start.html", context, status=status)


@login_required
@require_http_methods(PAGE)
def ask(request: SignedIn) -> HttpResponse:
    """Ask for somebody's transfer into a branch whose register one keeps."""
    if not queries.may_search_identity(request.user):
        raise NotPermitted(_("组织关系转接由双方党组织的书记或组织员办理。"))
    kept = people_page.kept_branches(request.user)
    only = list(kept()[:2])
    initial = {"to_unit": only[0]} if len(only) == 1 else {}
    form, status = AskInForm(request.POST or None, kept=kept, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = actions.ask_in(at=now(), by=request.user, **form.cleaned_data)
            except Refused as refusal:
                status = answered(form, refusal)
            else:
                messages.success(request, _("已发起转接，等待转出党组织确认。"))
                return redirect("orgs:transfer", made.pk)
    return render(request, "orgs/people/transfer_ask.html", {"form": form}, status=status)


def _transfer(request: HttpRequest, pk: int) -> Transfer:
    rows = Transfer.objects.visible_to(request.user).select_related(*RELATED, "closed_by")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a transfer, and what somebody may do about it."""
    return _show(request, _transfer(request, pk), WhyForm())


def _show(request: HttpRequest, found: Transfer, form: WhyForm, status: int = 200) -> HttpResponse:
    member: Membership = found.membership
    is_mine = member.person.user_id == request.user.pk
    context = {
        "card": card_of(found, request.user, localdate()),
        "transfer": found,
        "person": member.person,
        "member": member,
        "numbers": queries.masked_numbers(member.person),
        "form": form,
        "is_mine": is_mine,
        "layout": "ui/phone.html" if is_mine else "ui/desk.html",
    }
    return render(request, "orgs/people/transfer.html", context, status=status)


@login_required
@require_POST
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm a transfer for one's side."""
    found = actions.confirm_transfer(transfer=_transfer(request, pk), at=now(), by=request.user)
    if found.state == Transfer.State.DONE:
        messages.success(request, _("组织关系已转接。"))
    else:
        messages.success(request, _("已确认，等待对方党组织确认。"))
    return redirect("orgs:transfer", pk)


@login_required
@require_POST
def close(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Send a transfer back (`refuse`), or take it back (`withdraw`), with the reason."""
    found, form = _transfer(request, pk), WhyForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    act = actions.refuse_transfer if name == "refuse" else actions.withdraw_transfer
    act(transfer=found, reason=form.cleaned_data["reason"], at=now(), by=request.user)
    messages.success(request, _("已退回。") if name == "refuse" else _("已撤回。"))
    return redirect("orgs:transfer", pk)


@login_required
@require_safe
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """Print the letter of introduction and its stub."""
    found = _transfer(request, pk)
    context = {
        "transfer": found,
        "person": found.membership.person,
        "member": found.membership,
        "numbers": queries.masked_numbers(found.membership.person),
        "days": (found.valid_until - localdate(found.started_at)).days,
    }
    return render(request, "orgs/people/slip.html", context)
