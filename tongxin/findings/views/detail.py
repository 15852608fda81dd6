"""A finding: recorded, looked at, corrected, ordered, called about, paid, written off."""

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

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.regions.queries import get_land, place_name, region_of, world
from tongxin.ui.forms import ReasonForm

from .. import actions, queries
from ..forms import (
    CallForm,
    CorrectForm,
    DutiesForm,
    OrderForm,
    PaymentForm,
    ReceiptForm,
    RecordForm,
    WordsForm,
    fen_of,
)
from ..hooks import lacks, missing_duties, yuan
from ..models import Finding, Payment
from ..queries.access import REPORTERS
from .common import FORM, ask, keep_photos, lands_in, own_paths, show, unit_names


def seen(request: SignedIn, pk: Any) -> Finding:
    rows = queries.with_late(Finding.objects.visible_to(request.user), localdate())
    return get_object_or_404(queries.ready(rows).select_related("region", "group"), pk=pk)


def overseen(request: SignedIn, pk: Any) -> Finding:
    found = seen(request, pk)
    if not queries.may_oversee(request.user, found.area):
        raise NotFound(_("没有找到这个问题，或不由您办理。"))
    return found


def url_of(found: Finding) -> str:
    return reverse("findings:finding", args=[found.pk])


@login_required
@require_http_methods(FORM)
def record(request: SignedIn) -> HttpResponse:
    """Put a finding into the register."""
    paths, at = own_paths(request.user, REPORTERS), now()
    if not paths:
        raise NotFound(_("登记问题的应是当地的工作人员。"))
    initial = {"key": uuid4().hex, "region": _region_asked(request)}
    names = unit_names(paths)
    form = RecordForm(
        request.POST or None, request.FILES or None, initial=initial, lands=lands_in(request.user),
        names=names, at=at,
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        region = region_of(get_land(int(data["region"])))
        kept = keep_photos(data["photos"], request.user, at, data["key"])
        made = actions.record_finding(
            region=region, by=request.user, at=at, photos=kept, **form.given()
        )
        return url_of(made)

    return ask(
        request, form, act, done=_("问题已登记。"), template="record", names=sorted(names),
        heading=_("登记问题"), verb=_("登记"), back=reverse("findings:home"),
    )  # fmt: skip


def _region_asked(request: SignedIn) -> int | None:
    code = request.GET.get("region", "")
    land = world().by_code.get(code)
    return land.id if land else None


@login_required
@require_GET
def finding(request: SignedIn, pk: Any) -> HttpResponse:
    """Show a finding: what, where, whose, how it is put right."""
    found, at = seen(request, pk), now()
    oversees = queries.may_oversee(request.user, found.area)
    answers, over = queries.answers_of(found, request.user, at)
    pictures = queries.pictures_of(found)
    mine = found.found_by_id == request.user.pk
    context = {
        "finding": found,
        "line": queries.line_of(found, request.user, at),
        "place": place_name(found.area),
        "pictures": pictures,
        "pair": _pair(pictures),
        "points": _points(found),
        "answers": answers,
        "over": over,
        "oversees": oversees,
        "may_correct": found.step == Finding.Step.OPEN and (oversees or mine),
        "may_order": oversees and not found.is_settled,
        "may_void": oversees and found.step == Finding.Step.OPEN,
        "missing": missing_duties(found) if not found.is_settled else [],
        "lacks": lacks(found) if oversees and not found.is_settled else None,
        "named": bool(found.named_sealed) and oversees,
        "calls": found.calls.select_related("unit", "by").order_by("-at") if oversees else [],
        "chain": queries.chain_of(found, request.user),
        "may_pay": queries.may_pay(request.user, found),
        "at": at,
        **_money(found),
    }  # fmt: skip
    return show(request, "finding", context, tab="home")


def _pair(pictures: dict[str, list]) -> dict[str, Any] | None:
    before, after = pictures["before"], pictures["after"]
    if not before or not after:
        return None
    return {"before": before[0] | {"caption": ""}, "after": after[-1] | {"caption": ""}}


def _points(found: Finding) -> list[dict[str, Any]]:
    if found.lng is None or found.lat is None:
        return []
    return [{"lng": found.lng, "lat": found.lat, "title": found.site or found.title, "tone": "late"}]  # fmt: skip


def _money(found: Finding) -> dict[str, Any]:
    if found.due_fen is None:
        return {}
    return {
        "due": yuan(found.due_fen),
        "paid": yuan(found.paid_fen or 0),
        "unpaid": yuan(found.unpaid_fen),
        "percent": 100 * (found.paid_fen or 0) // found.due_fen,
        "payments": [
            {"row": one, "yuan": yuan(one.fen)} for one in queries.payments_of(found)
        ],
    }  # fmt: skip


@login_required
@require_http_methods(FORM)
def correct(request: SignedIn, pk: Any) -> HttpResponse:
    """Close it on the spot, with proof."""
    found, at = seen(request, pk), now()
    form = CorrectForm(request.POST or None, request.FILES or None)

    def act() -> str:
        kept = keep_photos(form.cleaned_data["photos"], request.user, at)
        actions.correct_on_the_spot(
            found, note=form.cleaned_data["note"], photos=kept, at=at, by=request.user
        )
        return url_of(found)

    return ask(
        request, form, act, done=_("已按现场纠正办结。"), heading=_("现场纠正"), verb=_("办结"),
        lede=str(found), back=url_of(found),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def order(request: SignedIn, pk: Any) -> HttpResponse:
    """Order one or several units to put it right."""
    found, at = overseen(request, pk), now()
    names = unit_names([found.area])
    form = OrderForm(request.POST or None, finding=found, names=names, at=at)

    def act() -> str:
        data = form.cleaned_data
        orders = [
            actions.Order(org, data["deadline"], data["note"], duty, data["every"])
            for org, duty in form.orgs()
        ]
        actions.press_on_units(found, orders=orders, at=at, by=request.user)
        return url_of(found)

    return ask(
        request, form, act, done=_("已交办整改，已通知责任单位。"), heading=_("交办整改"),
        verb=_("交办"), lede=str(found), back=url_of(found), names=sorted(names),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def duties(request: SignedIn, pk: Any) -> HttpResponse:
    """Say anew who answers for it."""
    found = overseen(request, pk)
    names = unit_names([found.area])
    form = DutiesForm(request.POST or None, finding=found, names=names)

    def act() -> str:
        actions.name_responsible(found, units=form.units(), at=now(), by=request.user)
        return url_of(found)

    return ask(
        request, form, act, done=_("责任单位已更新。"), heading=_("明确责任单位"), verb=_("保存"),
        lede=str(found), back=url_of(found), names=sorted(names),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def void(request: SignedIn, pk: Any) -> HttpResponse:
    found = overseen(request, pk)
    form = WordsForm(request.POST or None)

    def act() -> str:
        actions.void_finding(found, reason=form.cleaned_data["note"], at=now(), by=request.user)
        return url_of(found)

    return ask(
        request, form, act, done=_("已作废，编号保留。"), heading=_("作废"), verb=_("作废"),
        lede=str(found), back=url_of(found),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def names(request: SignedIn, pk: Any) -> HttpResponse:
    """Show the persons named, for a reason; shown once, never kept in the address or a message."""
    found = overseen(request, pk)
    form, told, status = ReasonForm(request.POST or None), "", 200
    if request.method == "POST" and form.is_valid():
        try:
            told = actions.reveal_names(
                found, reason=form.cleaned_data["reason"], at=now(), by=request.user,
                address=address_of(request),
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    context = {"finding": found, "form": form, "told": told, "back": url_of(found)}
    response = show(request, "names", context, tab="home", status=status)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_http_methods(FORM)
def call(request: SignedIn, pk: Any) -> HttpResponse:
    """Log a call."""
    found, at = overseen(request, pk), now()
    form = CallForm(request.POST or None, finding=found, at=at)

    def act() -> str:
        data = dict(form.cleaned_data)
        unit = found.units.filter(pk=data.pop("unit") or 0).first()
        actions.log_call(found, unit=unit, at=at, by=request.user, **data)
        return f"{url_of(found)}#calls"

    return ask(
        request, form, act, done=_("通话已记录。"), heading=_("记录电话跟进"), verb=_("保存"),
        lede=str(found), back=url_of(found),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def payment(request: SignedIn, pk: Any) -> HttpResponse:
    """Record money that came."""
    found, at = seen(request, pk), now()
    if not queries.may_pay(request.user, found):
        raise NotFound(_("没有找到这笔资金，或不由您登记。"))
    form = PaymentForm(
        request.POST or None, request.FILES or None, finding=found, at=at,
        initial={"key": uuid4().hex},
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        kept = keep_photos(data["receipt"], request.user, at, data["key"])
        unit = found.units.filter(pk=data["unit"] or 0).first()
        actions.record_payment(
            found, fen=fen_of(data["amount"]) or 0, on=data["on"], at=at, by=request.user,
            receipt=kept[0] if kept else None, unit=unit, note=data["note"], key=data["key"],
        )  # fmt: skip
        return f"{url_of(found)}#money"

    lede = _("%(fund)s，还差 %(money)s 元") % {
        "fund": found.fund or found.title,
        "money": yuan(found.unpaid_fen),
    }
    return ask(
        request, form, act, done=_("到位资金已登记。"), heading=_("登记到位资金"), verb=_("登记"),
        lede=lede, back=url_of(found),
    )  # fmt: skip


def _payment(request: SignedIn, pk: int) -> Payment:
    row = Payment.objects.visible_to(request.user).select_related("finding").filter(pk=pk).first()
    if row is None or not queries.may_pay(request.user, row.finding):
        raise NotFound(_("没有找到这笔资金，或不由您登记。"))
    return row


@login_required
@require_http_methods(FORM)
def receipt(request: SignedIn, pk: int) -> HttpResponse:
    """Add the receipt of a payment."""
    row, at = _payment(request, pk), now()
    form = ReceiptForm(request.POST or None, request.FILES or None)

    def act() -> str:
        (kept,) = keep_photos(form.cleaned_data["receipt"], request.user, at)
        actions.add_receipt(row, receipt=kept, at=at, by=request.user)
        return f"{url_of(row.finding)}#money"

    return ask(
        request, form, act, done=_("凭证已补上。"), heading=_("补充到账凭证"), verb=_("上传"),
        lede=f"{row.on:%Y-%m-%d} · {yuan(row.fen)}", back=url_of(row.finding),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def revoke(request: SignedIn, pk: int) -> HttpResponse:
    """Take a payment back that was recorded by mistake."""
    row = _payment(request, pk)
    form = WordsForm(request.POST or None)

    def act() -> str:
        actions.revoke_payment(row, reason=form.cleaned_data["note"], at=now(), by=request.user)
        return f"{url_of(row.finding)}#money"

    return ask(
        request, form, act, done=_("已撤销这笔登记。"), heading=_("撤销到位登记"), verb=_("撤销"),
        lede=f"{row.on:%Y-%m-%d} · {yuan(row.fen)}", back=url_of(row.finding),
    )  # fmt: skip
