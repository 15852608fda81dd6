"""What supplies could meet which needs: proposed, accepted, changed, declined; what was delivered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.cases.queries import dot_line
from tongxin.kit.errors import NotFound, Refused
from tongxin.regions.queries import region_of
from tongxin.ui.paging import bad_cursor, cut

from .. import actions, queries
from ..forms import AgreeForm, NoteForm
from ..forms.lists import counted
from ..models import Agreement, ListItem, Match, MatchRun, Matter
from ..scope import keeps_lists
from .common import FORM, PAGE, ask, land_of, own_lands, show


@login_required
@require_GET
def matching(request: SignedIn) -> HttpResponse:
    """Show the latest run of the reader's land with what it proposes."""
    land = land_of(request)
    runs = MatchRun.objects.visible_to(request.user).filter(region__path__under=land.path)
    run = runs.select_related("region", "by").order_by("-at", "-pk").first()
    rows: list[Match] = []
    if run is not None:
        seen = Match.objects.visible_to(request.user).filter(run=run)
        rows = list(
            seen.select_related("need__region", "supply__org", "decided_by").order_by(
                "state", "-gain", "pk"
            )[:100]
        )  # fmt: skip
    order = {"proposed": 0, "accepted": 1, "declined": 2, "stale": 3}
    rows.sort(key=lambda row: (order[row.state], -row.gain, row.pk))
    tones = {"proposed": "waiting", "accepted": "done", "declined": "idle", "stale": "idle"}
    context = {
        "land": land, "lands": own_lands(request.user)[:12], "run": run,
        "rows": [
            {"match": row, "tone": tones[row.state],
             "quantity": queries.quantity_words(row.need.matter, row.quantity)}
            for row in rows
        ],
        "may_run": keeps_lists(request.user, land.path),
        "met": queries.met_words(land.path),
    }  # fmt: skip
    return show(request, "matching", context, tab="matching")


@login_required
@require_POST
def run(request: SignedIn) -> HttpResponse:
    """Propose anew."""
    land = land_of(request)
    try:
        made = actions.run_matching(region=region_of(land), by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已提出 %d 条匹配方案，请逐条确认。") % made.matches.count())
    return redirect(f"{reverse('conferences:matching')}?region={land.code}")


def _match(request: SignedIn, pk: int) -> Match:
    rows = Match.objects.visible_to(request.user)
    one = get_object_or_404(
        rows.select_related("run__region", "need__region", "need__book__region", "supply"), pk=pk
    )
    if not keeps_lists(request.user, one.need.book.region.path):
        raise NotFound(_("没有找到，或不由您确认。"))
    return one


@login_required
@require_POST
def accept(request: SignedIn, pk: int) -> HttpResponse:
    """Take a proposal as it is."""
    one = _match(request, pk)
    try:
        made = actions.accept_match(match=one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已约定，提供单位会收到任务。"))
        return redirect("conferences:agreement", made.pk)
    return redirect("conferences:matching")


@login_required
@require_http_methods(FORM)
def decline(request: SignedIn, pk: int) -> HttpResponse:
    """Say why a proposal is not taken; what that costs the plan is shown first."""
    one = _match(request, pk)
    form = NoteForm(request.POST or None, label=_("不采纳的理由"))
    back = reverse("conferences:matching")
    cost = ""
    if request.method != "POST":
        cost = queries.cost_of_change(
            one.run, need=one.need_id, supply=None, today=localdate()
        ).words

    def act() -> str:
        actions.decline_match(match=one, note=form.cleaned_data["note"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已记下。"), tab="matching", heading=_("不采纳这条方案"),
        lede=f"{one.supply.party} → {one.need.title}", verb=_("不采纳"), back=back, notice=cost,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def agree(request: SignedIn, pk: int) -> HttpResponse:
    """Choose a supply for a need by hand: each with its points, distance and window."""
    rows = ListItem.objects.visible_to(request.user).select_related("book__region", "region")
    need = get_object_or_404(rows, pk=pk, book__kind="need")
    if not keeps_lists(request.user, need.book.region.path):
        raise NotFound(_("没有找到，或不由您约定。"))
    field = queries.field_of(need.book.region.path, localdate())
    found = queries.other_supplies(need, field)
    best = queries.solve(field.pairs)
    choices = []
    for pair in found:
        without = queries.solve(
            [one for one in field.pairs if one.want.id != need.pk or one.give.id == pair.give.id]
        )
        choices.append(_choice(pair, field, best.value - without.value))
    scale = 100 if need.matter == Matter.MONEY else 1
    form = AgreeForm(
        request.POST or None,
        supplies=ListItem.objects.public().filter(pk__in=[pair.give.id for pair in found]),
        initial={"supply": found[0].give.id if found else None,
                 "quantity": found[0].most / scale if found else None},
    )  # fmt: skip

    def act() -> str:
        given = form.cleaned_data
        made = actions.agree(
            need=need, supply=given["supply"], quantity=counted(need.matter, given["quantity"]),
            by=request.user, at=now(),
        )  # fmt: skip
        return reverse("conferences:agreement", args=[made.pk])

    return ask(
        request, form, act, done=_("已约定，提供单位会收到任务。"), tab="matching", template="agree",
        heading=_("为需求选供给"), lede=f"{need.region} · {need.title}", verb=_("约定"),
        back=reverse("conferences:item", args=[pk]), choices=choices,
    )  # fmt: skip


def _choice(pair: Any, field: Any, loss: int) -> dict[str, Any]:
    supply = field.supplies[pair.give.id]
    words = [queries.quantity_words(supply.matter, pair.most)]
    if pair.metres is not None:
        words.append(_("约 %.1f 公里") % (pair.metres / 1000))
    if pair.shared:
        words.append("、".join(pair.shared))
    return {
        "supply": supply, "words": " · ".join(words), "points": pair.gain(pair.most), "loss": loss,
        "window": f"{pair.first:%m-%d} – {pair.last:%m-%d}",
    }  # fmt: skip


@login_required
@require_GET
def agreements(request: SignedIn) -> HttpResponse:
    """List what was agreed, the open ones first asked for."""
    state = request.GET.get("state", "open")
    rows = Agreement.objects.visible_to(request.user)
    steps = {"open": ("agreed", "delivered"), "done": ("closed",), "void": ("void",)}
    rows = rows.filter(case__step__in=steps.get(state, steps["open"]))
    found, cursor = _page(rows, request.GET.get("cursor", ""))
    labels = {"open": _("进行中"), "done": _("已落实"), "void": _("已取消")}
    land = own_lands(request.user)
    context = {
        "rows": [_deal(one) for one in found], "next_cursor": cursor,
        "segments": [
            {"label": label, "url": f"?state={name}", "active": name == state, "count": None}
            for name, label in labels.items()
        ],
        "met": queries.met_words(land[0].path) if land else None,
    }  # fmt: skip
    return show(request, "agreements", context, tab="agreements")


def _page(rows: Any, cursor: str) -> tuple[list[Agreement], str]:
    """Return a page by the case's id, newest first: ids of cases are ordered by time."""
    if cursor:
        try:
            rows = rows.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    rows = rows.select_related("case", "need__region", "supply")
    return cut(list(rows.order_by("-pk")[: PAGE + 1]), PAGE)


def _deal(one: Agreement) -> dict[str, Any]:
    return {
        "deal": one, "step": one.case.flow.step_of[one.case.step],
        "words": queries.quantity_words(one.need.matter, one.quantity),
    }  # fmt: skip


@login_required
@require_GET
def agreement(request: SignedIn, pk: Any) -> HttpResponse:
    """Show an agreement, how far it is, and what was given."""
    rows = Agreement.objects.visible_to(request.user)
    one = get_object_or_404(
        rows.select_related("case", "need__book__region", "need__region", "supply__org", "by",
                            "pact_task__pact", "delivered_by", "confirmed_by"), pk=pk,
    )  # fmt: skip
    context = {
        **_deal(one), "line": dot_line(one.case, at=now()),
        "given": queries.quantity_words(one.need.matter, one.delivered) if one.delivered else "",
        "may_open": Case.objects.visible_to(request.user).filter(pk=pk).exists(),
        "may_cancel": one.case.step == "agreed"
        and keeps_lists(request.user, one.need.book.region.path),
    }  # fmt: skip
    return show(request, "agreement", context, tab="agreements")


@login_required
@require_http_methods(FORM)
def cancel(request: SignedIn, pk: Any) -> HttpResponse:
    """Take an agreement back."""
    rows = Agreement.objects.visible_to(request.user).select_related("need", "supply")
    one = get_object_or_404(rows, pk=pk)
    form = NoteForm(request.POST or None, label=_("取消原因"))
    back = reverse("conferences:agreement", args=[pk])

    def act() -> str:
        actions.cancel_agreement(
            agreement=one, reason=form.cleaned_data["note"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已取消。"), tab="agreements", heading=_("取消约定"),
        lede=f"{one.supply.party} → {one.need.title}", verb=_("取消约定"), back=back,
    )  # fmt: skip
