"""The three ledgers: lists, one line with its second look and history, the verbs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.funds.queries import yuan
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import Land, get_land, place_name, world
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import CheckForm, HoldingChangeForm, HoldingForm, ReasonForm, SettleForm
from ..models import Holding, HoldingChange
from ..models.campaigns import ISSUERS, REPORTERS
from .common import FORM, PAGE, ask, crumbs, land_in, regions_of, seen_campaign, show

TONES = {
    "found": "waiting",
    "disputed": "late",
    "checked": "working",
    "given": "done",
    "gone": "idle",
}
FIELDS = ("name", "owner", "address", "area_m2", "note", "lng", "lat")


@login_required
@require_GET
def ledgers(request: SignedIn, pk: int) -> HttpResponse:
    """List one of the three ledgers of an area (S1.31)."""
    one = seen_campaign(request, pk)
    land = land_in(request, one)
    ledger = request.GET.get("ledger", "stock")
    ledger = ledger if ledger in Holding.Ledger.values else "stock"
    state = request.GET.get("state", "")
    rows = Holding.objects.visible_to(request.user).filter(
        region__path__under=land.path, ledger=ledger
    )
    if state in Holding.State.values:
        rows = rows.filter(state=state)
    page, following = page_of(rows.select_related("region"), request.GET.get("cursor", ""), PAGE)
    counts = queries.ledger_sums(request.user, land.path)
    words = {"region": land.code}
    context = {
        "land": land, "crumbs": crumbs(request, one, land, reverse("renovation:ledgers", args=[pk])),
        "rows": [
            {"one": row, "tone": TONES[row.state], "where": place_name(row.region.path, below="district")}
            for row in page
        ],
        "next_cursor": following, "ledger": ledger, "sums": counts.get(ledger, {}),
        "segments": [
            {"label": label, "url": f"?{urlencode(words | {'ledger': value})}", "active": value == ledger, "count": counts.get(value, {}).get("n", 0)}
            for value, label in Holding.Ledger.choices
        ],
        "hidden": [("ledger", ledger), ("region", land.code)],
        "filters": [{"name": "state", "label": _("状态"), "value": state, "choices": [("", _("全部")), *Holding.State.choices]}],
        "may_add": any(post.role in REPORTERS for post in posts_of(request.user)),
    }  # fmt: skip
    return show(request, "ledgers", context, campaign=one, tab="ledgers")


@login_required
@require_http_methods(FORM)
def new_holding(request: SignedIn, pk: int) -> HttpResponse:
    """Enter what was found."""
    one = seen_campaign(request, pk)
    own = tuple(post.path for post in posts_of(request.user) if post.role in REPORTERS)
    if not own:
        raise NotFound(_("台账由社区和街镇登记。"))
    lands = [
        land for land in world().lands if land.level == "community" and land.path.startswith(own)
    ]
    choices = {
        "region": regions_of([land for land in lands if land.path.startswith(one.region.path)])
    }
    form = HoldingForm(
        request.POST if request.method == "POST" else None, choices=choices,
        initial={"ledger": request.GET.get("ledger", "stock")},
    )  # fmt: skip
    back = reverse("renovation:ledgers", args=[pk])

    def act() -> str:
        made = actions.add_holding(**form.cleaned_data, by=request.user, at=now())
        return reverse("renovation:holding", args=[pk, made.pk])

    return ask(
        request, form, act, done=_("已登记，请另一人复核。"), campaign=one, tab="ledgers",
        heading=_("登记资源"), lede=_("登记后由另一人到现场复核，两次不一致的由街镇核定。"), verb=_("登记"), back=back,
        map_url=_map_url(land_in(request, one)),
    )  # fmt: skip


def _seen(request: SignedIn, pk: int) -> Holding:
    rows = Holding.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("region", "by"), pk=pk)


@login_required
@require_GET
def holding(request: SignedIn, pk: int, holding_pk: int) -> HttpResponse:
    """A line with both looks and its history (S1.26, S1.27)."""
    one, row = seen_campaign(request, pk), _seen(request, holding_pk)
    found = queries.holding_whole(row)
    roles = roles_over(request.user, row.region.path)
    fixed = row.state in ("given", "gone")
    reports, issues = bool(roles & set(REPORTERS)), bool(roles & set(ISSUERS))
    verbs = [
        ("check", _("复核"), reports and not fixed and row.by_id != request.user.pk),
        (
            "settle",
            _("核定差异"),
            issues and row.state == "disputed" and row.by_id != request.user.pk,
        ),
        ("change", _("修改"), reports and not fixed),
        ("strike", _("注销"), issues and not fixed),
    ]
    labels = {
        name: getattr(Holding._meta.get_field(name), "verbose_name", name)
        for name in (*FIELDS, "state")
    } | {"cost_fen": _("改造费用（元）")}
    context = {
        "row": row, "tone": TONES[row.state], "where": place_name(row.region.path, below="city"),
        "checks": [
            {"check": check, "differences": [(labels.get(name, name), *pair) for name, pair in check.differences.items()]}
            for check in found["checks"]
        ],
        "changes": [_change_told(change, labels) for change in found["changes"]],
        "cost": yuan(row.cost_fen), "points": _points(row),
        "match": found["match"], "verbs": [(name, label) for name, label, ok in verbs if ok],
    }  # fmt: skip
    return show(request, "holding", context, campaign=one, tab="ledgers")


def _change_told(change: HoldingChange, labels: dict[str, Any]) -> dict[str, Any]:
    """Return a change in words: money in yuan, a state by its name."""
    states = dict(Holding.State.choices)

    def said(value: str) -> Any:
        if change.field == "cost_fen":
            return yuan(int(value))
        return states.get(value, value) if change.field == "state" else value

    label = labels.get(change.field, change.field)
    return {"change": change, "label": label, "before": said(change.before), "after": said(change.after)}  # fmt: skip


def _points(row: Holding) -> list[dict[str, Any]]:
    if row.lng is None:
        return []
    return [{"lng": row.lng, "lat": row.lat, "title": row.name, "note": row.address, "tone": TONES[row.state]}]  # fmt: skip


def _map_url(land: Land) -> str:
    """Return the outlines to pick a place on: those of the land of a community, or one level below."""
    code = land.code if land.level != "community" else get_land(land.parent_id or land.code).code
    return f"{reverse('api:children_geojson', args=[code])}?tolerance_m=20"


@login_required
@require_http_methods(FORM)
def holding_verb(request: SignedIn, pk: int, holding_pk: int, name: str) -> HttpResponse:
    """Check, settle, change or strike off a line."""
    one, row = seen_campaign(request, pk), _seen(request, holding_pk)
    data = request.POST if request.method == "POST" else None
    forms: dict[str, tuple[Any, Any, str, str]] = {
        "check": (CheckForm(data), _check, _("复核"), _("复核已登记。")),
        "settle": (SettleForm(data), _settle, _("核定差异"), _("已核定。")),
        "change": (HoldingChangeForm(data, initial=_as_written(row)), _change, _("修改"), _("已保存，原来的内容在变更记录里。")),
        "strike": (ReasonForm(data), _strike, _("注销"), _("已注销。")),
    }  # fmt: skip
    if name not in forms:
        raise NotFound(_("没有这件事可办。"))
    form, do, label, done = forms[name]
    back = reverse("renovation:holding", args=[pk, holding_pk])

    def act() -> str:
        do(request, row, form.cleaned_data)
        return back

    return ask(
        request, form, act, done=done, campaign=one, tab="ledgers", heading=f"{row.name} · {label}",
        lede="", verb=label, back=back,
        map_url=_map_url(get_land(row.region_id)) if name == "change" else "",
    )  # fmt: skip


def _as_written(row: Holding) -> dict[str, Any]:
    words = {name: getattr(row, name) for name in FIELDS}
    return words | {"cost": Decimal(row.cost_fen) / 100 if row.cost_fen else None}


def _check(request: SignedIn, row: Holding, given: dict[str, Any]) -> None:
    actions.check_holding(row, **given, by=request.user, at=now())


def _settle(request: SignedIn, row: Holding, given: dict[str, Any]) -> None:
    actions.settle(
        row,
        take_second=given["take"] == "second",
        reason=given["reason"],
        by=request.user,
        at=now(),
    )


def _change(request: SignedIn, row: Holding, given: dict[str, Any]) -> None:
    actions.change_holding(row, **given, by=request.user, at=now())


def _strike(request: SignedIn, row: Holding, given: dict[str, Any]) -> None:
    actions.strike_off(row, **given, by=request.user, at=now())
