"""代买代办: the volunteer's errands, the resident's confirmation, the ledger by month."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound

from .. import actions
from ..forms import AgreeForm, DecideForm, NoteForm, SignForm, fen_of
from ..models import Errand
from ..queries import lists
from ..queries.calendar import month_of
from ..scope import duty_paths, has_duty, is_officer, officer_paths, overseeing_paths
from .common import bound, first_photo, handle, page
from .files import FORMS


@login_required
@require_safe
def errands(request: SignedIn) -> HttpResponse:
    """Show one's own errands, and the ledger by volunteer for who answers for the land."""
    back = request.GET.get("back", "")
    n = int(back) if back.isdecimal() and len(back) < 3 else 0
    first, after = month_of(localdate(), n)
    oversees = (
        duty_paths(request.user) or officer_paths(request.user) or overseeing_paths(request.user)
    )
    rows = Errand.objects.visible_to(request.user)
    page_, following = lists.errands_page(rows, request.GET.get("cursor", ""))
    context = {
        "errands": page_, "next": following, "month": first, "n": n, "oversees": bool(oversees),
        "months": lists.errand_months(request.user, first, after) if oversees else [],
        "orders": lists.orders_with_money(request.user), "me": request.user.pk,
    }  # fmt: skip
    return page(request, "errands.html", context)


def _errand(request: SignedIn, pk: UUID) -> Errand:
    rows = Errand.objects.visible_to(request.user)
    rows = rows.select_related("case", "volunteer", "resident", "settled_by", "follow_up")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这笔代买，或您看不到它。"))
    return found


@login_required
@require_safe
def errand(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show the money of an errand and what one may do now."""
    found = _errand(request, pk)
    waits = found.state == Errand.State.TO_CONFIRM
    mine, ran = found.resident_id == request.user.pk, found.volunteer_id == request.user.pk
    may_decide = (
        not (mine or ran)
        and found.state in (Errand.State.TO_CONFIRM, Errand.State.DISPUTED)
        and (has_duty(request.user, found.area) or is_officer(request.user, found.area))
    )
    odd = {"no_receipt", "over_ceiling"} & set(found.marks)
    context = {
        "errand": found, "receipts": lists.receipts_of(found),
        "marks": [Errand.MARKS[mark] for mark in found.marks],
        "may_confirm": waits and mine and not odd, "may_dispute": waits and mine,
        "may_sign": waits and ran and not odd, "may_decide": may_decide, "is_odd": waits and odd,
    }  # fmt: skip
    return page(request, "errand.html", context)


@login_required
@require_POST
def confirm(request: SignedIn, pk: UUID) -> HttpResponse:
    """Agree to what an errand cost."""
    actions.confirm_errand(errand=_errand(request, pk), by=request.user, at=now())
    messages.success(request, _("已结清，谢谢。"))
    return redirect("care:errand", pk=pk)


def _form(request: SignedIn, pk: UUID, form: Any, act: Any, **words: Any) -> HttpResponse:
    here = reverse("care:errand", args=[pk])
    return handle(request, form, act, to=lambda _errand: here, back=here, **words)


@login_required
@require_http_methods(FORMS)
def sign(request: SignedIn, pk: UUID) -> HttpResponse:
    """Settle by a signature on paper."""
    found, form = _errand(request, pk), SignForm(*bound(request))
    return _form(
        request, pk, form,
        lambda _given: actions.sign_errand(
            errand=found, signature=first_photo(form, "signature"), by=request.user, at=now()
        ),
        title=_("居民当面签字"), verb=_("结清"), done=_("已结清。"),
        lede=_("居民不用手机的，请他在票据上签字，拍下来上传。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def dispute(request: SignedIn, pk: UUID) -> HttpResponse:
    """Say that the money is wrong."""
    found = _errand(request, pk)
    form = NoteForm(request.POST if request.method == "POST" else None, label=_("哪里不对"))
    return _form(
        request, pk, form,
        lambda given: actions.dispute_errand(
            errand=found, text=given["note"], by=request.user, at=now()
        ),
        title=_("金额不对"), verb=_("提出异议"), done=_("已提出，社区会回访。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def decide(request: SignedIn, pk: UUID) -> HttpResponse:
    """Decide what an errand is taken to have cost."""
    found = _errand(request, pk)
    form = DecideForm(
        request.POST if request.method == "POST" else None,
        initial={"yuan": f"{(found.spent_fen or 0) / 100:.2f}"},
    )
    return _form(
        request, pk, form,
        lambda given: actions.decide_errand(
            errand=found, spent_fen=fen_of(given["yuan"]), verdict=given["verdict"],
            by=request.user, at=now(),
        ),
        title=_("核定金额"), verb=_("核定"), done=_("已核定结清。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def agree(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write down before one goes how the money is done."""
    case = Case.objects.visible_to(request.user).filter(pk=pk, kind="request").first()
    if case is None:
        raise NotFound(_("没有找到这张单子，或您看不到它。"))
    form = AgreeForm(
        request.POST if request.method == "POST" else None, initial={"mode": "pay_back"}
    )
    return handle(
        request, form,
        lambda given: actions.agree_errand(
            case=case, mode=given["mode"], given_fen=fen_of(given["yuan"]), by=request.user,
            at=now(),
        ),
        to=lambda _errand: reverse("care:errands"), title=_("代买怎么付钱"), verb=_("登记"),
        done=_("已登记，办结时填花费并拍票据。"), back=reverse("care:errands"),
        lede=f"{case.number} {case.title}",
    )  # fmt: skip
