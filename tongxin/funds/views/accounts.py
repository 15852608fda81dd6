"""Accounts: what lies in them, their ledger, what is written into it."""

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
from tongxin.kit.tables import write_xlsx
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.forms import fen_of
from tongxin.ui.paging import page_of

from .. import actions, gates, queries
from ..forms import (
    AccountForm,
    AllocateForm,
    MonthForm,
    ProofForm,
    ReceiveForm,
    WhyForm,
    first_of_month,
)
from ..models import Account, BudgetLine, Line, Payable
from .common import (
    FORM,
    PAGE,
    ask,
    keep_photos,
    keeps_any,
    kept_account,
    kept_orgs,
    lands_under,
    open_sources,
    seen_account,
    show,
    url_of,
)
from .subjects import subjects_asked

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """What is overdue first, then every account the reader sees with what lies in it."""
    today = localdate()
    accounts = Account.objects.visible_to(request.user)
    payables = Payable.objects.visible_to(request.user)
    page, following = page_of(
        accounts.standing().select_related("org", "region"), request.GET.get("cursor", ""), PAGE
    )
    n_late, late_fen = queries.overdue_sum(payables, today)
    late = list(queries.overdue_of(payables, today)[:5]) if n_late else []
    overdue = queries.with_overdue(page, today)
    context = {
        "rows": [{"one": one, "overdue": overdue.get(one.pk, 0)} for one in page],
        "next": following,
        "totals": queries.totals_of(accounts.standing()),
        "late": late,
        "n_late": n_late,
        "late_fen": late_fen,
        "n_waiting": queries.waiting_for(request.user).count(),
        "may_open": keeps_any(request.user),
        "today": today,
    }
    return show(request, "home", context, tab="home")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Open an account of one's own organisation."""
    orgs = kept_orgs(request.user)
    first = orgs.first()
    if first is None:
        raise NotFound(_("没有找到这个页面，或您的岗位不经办资金。"))
    form = AccountForm(
        request.POST or None, orgs=orgs, initial={"opened_on": localdate(), "org": first}
    )

    def act() -> str:
        org = form.cleaned_data["org"]
        made = actions.open_account(
            region=org.region, at=now(), by=request.user, **form.cleaned_data
        )
        return reverse("funds:account", args=[made.pk])

    return ask(
        request, form, act, done=_("账户已开立。"), heading=_("开立账户"), verb=_("开立"),
        lede=_("每个账户一本流水，只增不改；专账只能用于写明的用途。"), back=reverse("funds:home"),
    )  # fmt: skip


@login_required
@require_GET
def account(request: SignedIn, pk: int) -> HttpResponse:
    """Show an account: its sums, what makes them up, its ledger, its closed months and checks."""
    one, today = seen_account(request, pk), localdate()
    asked = queries.asked_lines(request.GET)
    lines, following = queries.page_of_lines(
        queries.lines_of(Line.objects.visible_to(request.user).filter(account=one), asked),
        request.GET.get("cursor", ""), PAGE,
    )  # fmt: skip
    pots = list(one.pots.select_related("source").order_by("source__code"))
    came, went = queries.year_of(one, today.year)
    keeps = actions.keeps_books(request.user, one.org)
    context = {
        "one": one,
        "lines": lines,
        "next": following,
        "pots": pots,
        "came": came,
        "went": went,
        "year": today.year,
        "overdue": queries.with_overdue([one], today).get(one.pk, 0),
        "periods": one.periods.select_related("frozen_by").order_by("-month")[:12],
        "checks": one.checks.select_related("by", "line").order_by("-on", "-pk")[:6],
        "filters": _line_filters(asked, pots),
        "keeps": keeps and one.closed_on is None,
        "may_check": actions.may_check(request.user, one),
    }
    return show(request, "account", context, tab="home")


def _line_filters(asked: queries.AskedLines, pots: list[Any]) -> list[dict[str, Any]]:
    return [
        {"name": "kind", "label": _("类型"), "value": asked.kind,
         "choices": [("", _("全部类型")), *Line.Kind.choices]},
        {"name": "source", "label": _("资金来源"), "value": asked.source,
         "choices": [("", _("全部来源")), *((pot.source.code, pot.source.name) for pot in pots)]},
    ]  # fmt: skip


@login_required
@require_GET
def ledger_sheet(request: SignedIn, pk: int) -> HttpResponse:
    """Give the whole ledger of an account as XLSX; its columns add up to the balance."""
    one = seen_account(request, pk)
    header, rows = queries.ledger_table(one)
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="ledger-{one.number}.xlsx"'
    write_xlsx(answer, header, rows, sheet=one.number)
    return answer


@login_required
@require_http_methods(FORM)
def receive(request: SignedIn, pk: int) -> HttpResponse:
    """Write down money that came."""
    one = kept_account(request, pk)
    form = ReceiveForm(
        request.POST or None, request.FILES or None, sources=open_sources(request.user),
        initial={"on": localdate(), "key": uuid4().hex},
    )  # fmt: skip

    def act() -> str:
        data, at = form.cleaned_data, now()
        photos = keep_photos(data["photos"], request.user, at, data["key"])
        actions.receive(
            account=one, source=data["source"], amount_fen=fen_of(data["amount"]), on=data["on"],
            payer=data["payer"], note=data["note"], photos=photos, by=request.user, at=at,
            key=data["key"],
        )  # fmt: skip
        return reverse("funds:account", args=[one.pk])

    return ask(
        request, form, act, done=_("收入已入账。"), heading=_("登记收入"), verb=_("入账"),
        lede=one.name, back=reverse("funds:account", args=[one.pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def allocate(request: SignedIn, pk: int) -> HttpResponse:
    """Give money of an account for a purpose."""
    one, today = kept_account(request, pk), localdate()
    budgets = BudgetLine.objects.visible_to(request.user).filter(org=one.org_id, year=today.year)
    # 查找 without a script: the page is drawn again with what was filled in and what was found.
    looks = "find" in request.POST
    start = {"key": uuid4().hex, "region": one.region_id, "to": request.GET.get("to", "")}
    form = AllocateForm(
        None if looks else request.POST or None, sources=open_sources(request.user),
        budgets=budgets, lands=lands_under(one.region.path), subjects=subjects_asked(request),
        initial=request.POST.dict() if looks else start,
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        fen, about = fen_of(data["amount"]), data["to"]
        made = actions.allocate(
            account=one, source=data["source"], amount_fen=fen, purpose=data["purpose"],
            region=region_of(get_land(data["region"])), budget=data.get("budget"),
            payables=[(data["due_on"], fen)] if data["due_on"] else (), by=request.user, at=now(),
            key=data["key"], to=about and (about.kind, about.id, about.label, about.url),
        )  # fmt: skip
        return url_of(made)

    words: dict[str, Any] = {
        "heading": _("拨付资金"), "verb": _("拨付"), "kinds": gates.kinds(),
        "back": reverse("funds:account", args=[one.pk]), "looked": "about" in request.POST,
        "lede": _("从“%s”拨付；资金未到账也可以先拨付，支付时须有余额。") % one.name,
    }  # fmt: skip
    if looks:
        return show(request, "allocate", {"form": form, **words}, tab="home")
    done = _("已拨付，可以按期支付。")
    return ask(request, form, act, done=done, template="allocate", **words)


@login_required
@require_http_methods(FORM)
def freeze(request: SignedIn, pk: int) -> HttpResponse:
    """Close a month."""
    one = kept_account(request, pk)
    form = MonthForm(request.POST or None, initial={"month": first_of_month(localdate())})

    def act() -> str:
        actions.freeze(account=one, month=form.cleaned_data["month"], by=request.user, at=now())
        return reverse("funds:account", args=[one.pk])

    return ask(
        request, form, act, done=_("已结账，这个月不再记账。"), heading=_("月度结账"), verb=_("结账"),
        lede=_("结账后这个月及以前不能再记账；发现差错，用冲销在结账后的日期更正。"),
        back=reverse("funds:account", args=[one.pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Close an account with nothing in it."""
    from tongxin.ui.forms import Form

    one = kept_account(request, pk)

    def act() -> str:
        actions.close_account(account=one, by=request.user, at=now())
        return reverse("funds:home")

    return ask(
        request, Form(request.POST if request.method == "POST" else None), act, done=_("账户已销户。"), heading=_("销户"),
        verb=_("确认销户"), lede=_("余额和待付都为零才能销户；流水永远保留。"),
        back=reverse("funds:account", args=[one.pk]),
    )  # fmt: skip


def _kept_line(request: SignedIn, pk: int) -> Line:
    rows = Line.objects.visible_to(request.user).select_related("account__org", "source")
    line = get_object_or_404(rows, pk=pk)
    if not actions.keeps_books(request.user, line.account.org):
        raise NotFound(_("没有找到这笔流水，或不由您经办。"))
    return line


def _words_of(line: Line) -> str:
    words: dict[str, Any] = {
        "n": line.seq,
        "kind": line.get_kind_display(),
        "money": queries.yuan(abs(line.sum_fen)),
    }
    return _("第 %(n)d 号 · %(kind)s %(money)s 元") % words + (f" · {line.payee or line.note}")


@login_required
@require_http_methods(FORM)
def reverse_line(request: SignedIn, pk: int) -> HttpResponse:
    """Take a line back by a counter-line."""
    line = _kept_line(request, pk)
    form = WhyForm(request.POST or None)
    back = reverse("funds:account", args=[line.account_id])

    def act() -> str:
        actions.reverse(line=line, reason=form.cleaned_data["reason"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已冲销。"), heading=_("冲销"), verb=_("冲销"), lede=_words_of(line),
        back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def proof(request: SignedIn, pk: int) -> HttpResponse:
    """Add the evidence of a line that came later."""
    line = _kept_line(request, pk)
    form = ProofForm(request.POST or None, request.FILES or None)
    back = reverse("funds:account", args=[line.account_id])

    def act() -> str:
        at = now()
        photos = keep_photos(form.cleaned_data["photos"], request.user, at)
        actions.add_proof(line=line, photos=photos, by=request.user, at=at)
        return url_of(line.allocation) if line.allocation else back

    return ask(
        request, form, act, done=_("凭证已补上。"), heading=_("补凭证"), verb=_("保存"),
        lede=_words_of(line), back=back,
    )  # fmt: skip
