"""Firms beside villages: what they set aside, pairs, contracts of sharing, dividends."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.funds.models import Source
from tongxin.funds.queries import yuan
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region
from tongxin.ui.forms import Form, fen_of

from .. import actions, queries
from ..actions.common import VERIFIERS
from ..forms import FirmForm, LinkForm, PairForm, ReserveForm, ShareForm, link_words
from ..models import BenefitLink, Dividend, Firm, FirmPair, FirmReserve, Share, VillageProject
from .common import FORM, ask, kept_accounts, show, sources_of, worked_village


def _organises(request: SignedIn) -> bool:
    return any(p.role in VERIFIERS and p.level in actions.ABOVE for p in posts_of(request.user))


@login_required
@require_GET
def firms(request: SignedIn) -> HttpResponse:
    """List the firms of one's land with what they set aside; the sums are those of the rows."""
    lines, sums = queries.firms_of(request.user)
    context = {"lines": lines, "sums": sums, "may": _organises(request)}
    return show(request, "firms", context, tab="firms")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Register a firm."""
    if not _organises(request):
        raise NotFound(_("没有找到这个页面，或不由您登记。"))
    form = FirmForm(request.POST or None, initial={"joined_on": localdate()})
    rows = Region.objects.public().filter(
        reach(request.user, VERIFIERS, column="path"), level__in=("district", "street"), valid_to=None
    )  # fmt: skip
    form.choose_from(region=rows.defer("polygon").order_by("path"))

    def act() -> str:
        data = dict(form.cleaned_data)
        pledged = fen_of(data.pop("pledged"))
        made = actions.register_firm(pledged_fen=pledged, by=request.user, at=now(), **data)
        return reverse("economy:firm", args=[made.pk])

    return ask(
        request, form, act, done=_("企业已登记。"), tab="firms", heading=_("登记帮扶企业"), verb=_("登记"),
        lede="", back=reverse("economy:firms"),
    )  # fmt: skip


def _seen(request: SignedIn, pk: int) -> Firm:
    rows = Firm.objects.visible_to(request.user).select_related("region", "org")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_GET
def firm(request: SignedIn, pk: int) -> HttpResponse:
    """Show a firm: its reserves out of the ledger, the villages it is paired with, its contracts."""
    one = _seen(request, pk)
    reserves = FirmReserve.objects.visible_to(request.user).filter(firm=one).standing()
    lines = list(reserves.select_related("line__account").order_by("-line__on", "-pk")[:50])
    pairs = FirmPair.objects.visible_to(request.user).filter(firm=one)
    context = {
        "one": one,
        "received": sum(row.line.amount_fen for row in lines),
        "reserves": lines,
        "pairs": [
            {
                "one": pair,
                "over": actions.looks_over(request.user, pair.village.path) and pair.until is None,
                "works": pair.until is None and (
                    actions.works_in(request.user, pair.village.path)
                    or actions.looks_over(request.user, pair.village.path)),
                "links": [
                    {"one": link, "words": link_words(link), "given": _given(link)}
                    for link in pair.links.all()
                ],
            }
            for pair in pairs.select_related("village").prefetch_related(
                "links__shares", "links__dividends", "links__project").order_by("until", "pk")
        ],
        "may": _organises(request),
        "keeps": kept_accounts(request.user).exists(),
        "today": localdate(),
    }  # fmt: skip
    return show(request, "firm", context, tab="firms")


def _given(link: BenefitLink) -> list[tuple[Dividend, str]]:
    """Return the dividends of a contract, each with what every party got, newest first."""
    words = dict(Share.Party.choices)
    rows = sorted(link.dividends.all(), key=lambda one: one.on, reverse=True)
    return [
        (one, "，".join(f"{words[party]} {yuan(fen)}" for party, fen in one.parts.items()))
        for one in rows
    ]


@login_required
@require_http_methods(FORM)
def reserve(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what a firm put in."""
    one, accounts = _seen(request, pk), kept_accounts(request.user)
    if not accounts.exists():
        raise NotFound(_("没有找到这个页面，或您的岗位不经办资金。"))
    form = ReserveForm(
        request.POST or None, accounts=accounts,
        sources=sources_of(request.user, kind=Source.Kind.FIRM),
        initial={"on": localdate(), "key": uuid4().hex},
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        actions.put_reserve(
            firm=one, account=data["account"], source=data["source"], on=data["on"],
            amount_fen=fen_of(data["amount"]), by=request.user, at=now(), key=data["key"],
        )  # fmt: skip
        return reverse("economy:firm", args=[one.pk])

    return ask(
        request, form, act, done=_("备用金已入账。"), tab="firms", heading=_("登记备用金到账"),
        verb=_("入账"), lede=one.name, back=reverse("economy:firm", args=[one.pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def pair(request: SignedIn, pk: int) -> HttpResponse:
    """Pair a firm with a village."""
    one = _seen(request, pk)
    if not _organises(request):
        raise NotFound(_("没有找到这个页面，或不由您登记。"))
    form = PairForm(request.POST or None, initial={"since": localdate()})
    villages = queries.villages_of(request.user)
    ids = [village.pk for village in villages]
    form.choose_from(village=Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path"))  # fmt: skip

    def act() -> str:
        actions.pair(firm=one, by=request.user, at=now(), **form.cleaned_data)
        return reverse("economy:firm", args=[one.pk])

    return ask(
        request, form, act, done=_("已结对。"), tab="firms", heading=_("与村结对"), verb=_("结对"),
        lede=one.name, back=reverse("economy:firm", args=[one.pk]),
    )  # fmt: skip


def _seen_pair(request: SignedIn, pk: int) -> FirmPair:
    rows = FirmPair.objects.visible_to(request.user).select_related("firm", "village")
    found = get_object_or_404(rows, pk=pk)
    if not actions.looks_over(request.user, found.village.path):
        raise NotFound(_("没有找到这对结对，或不由您办理。"))
    return found


@login_required
@require_http_methods(FORM)
def end_pair(request: SignedIn, pk: int) -> HttpResponse:
    """End a pair."""
    found = _seen_pair(request, pk)
    back = reverse("economy:firm", args=[found.firm_id])

    def act() -> str:
        actions.end_pair(pair=found, by=request.user, at=now())
        return back

    return ask(
        request, Form(request.POST if request.method == "POST" else None), act, done=_("结对已结束。"), tab="firms", verb=_("确认结束"),
        heading=_("结束结对"), lede=str(found), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def sign(request: SignedIn, pk: int) -> HttpResponse:
    """Write down a contract of sharing."""
    found = _seen_pair(request, pk)
    form = LinkForm(request.POST or None, initial={"signed_on": localdate()})
    form.choose_from(project=VillageProject.objects.visible_to(request.user).filter(village=found.village_id))  # fmt: skip
    back = reverse("economy:firm", args=[found.firm_id])

    def act() -> str:
        data = form.cleaned_data
        actions.sign_link(
            pair=found, title=data["title"], number=data["number"], signed_on=data["signed_on"],
            ends_on=data["ends_on"], project=data["project"], shares=form.shares(),
            by=request.user, at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("合同已登记。"), tab="firms", heading=_("登记利益联结合同"), verb=_("登记"),
        lede=str(found), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def share(request: SignedIn, pk: int) -> HttpResponse:
    """Share a profit out by a contract."""
    rows = BenefitLink.objects.visible_to(request.user).select_related(
        "pair__village", "pair__firm"
    )
    link = get_object_or_404(rows.prefetch_related("shares"), pk=pk)
    worked_village(request, link.pair.village.code)
    form = ShareForm(request.POST or None, initial={"on": localdate(), "key": uuid4().hex})
    back = reverse("economy:firm", args=[link.pair.firm_id])

    def act() -> str:
        data = form.cleaned_data
        actions.share_out(
            link=link, profit_fen=fen_of(data["profit"]), on=data["on"], by=request.user, at=now(),
            key=data["key"],
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("已按合同分配，村集体的份额已记入收入。"), tab="firms", heading=_("登记分红"),
        verb=_("分配"), lede=link_words(link), back=back,
    )  # fmt: skip
