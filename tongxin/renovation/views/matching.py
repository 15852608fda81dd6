"""Rooms for places that lack area: run the solver, confirm, give elsewhere, drop (S1.32)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import roles_over
from tongxin.regions.queries import place_name, world

from .. import actions, queries
from ..forms import GiveForm, RunForm
from ..models import Match, Site
from ..models.campaigns import ISSUERS
from .common import FORM, ask, crumbs, land_in, regions_of, seen_campaign, show


@login_required
@require_GET
def matching(request: SignedIn, pk: int) -> HttpResponse:
    """What lacks area, what is suggested, what was given."""
    one = seen_campaign(request, pk)
    land = land_in(request, one)
    board = queries.board_of(one, localdate())
    short = queries.picked(board, land.path, show="area_short")
    waiting = queries.waiting_matches(one, request.user, land.path)
    context = {
        "land": land, "crumbs": crumbs(request, one, land, reverse("renovation:matching", args=[pk])),
        "waiting": [
            {"match": row, "where": place_name(row.site.path, below="district")} for row in waiting
        ],
        "given": queries.confirmed_matches(one, request.user, land.path),
        "run": queries.last_run(one, land.path), "short_n": len(short),
        "short_m2": sum(max(0, place.needed_m2 - place.area_m2) for place in short),
        "rooms": queries.ledger_sums(request.user, land.path),
        "may_run": not roles_over(request.user, land.path).isdisjoint(ISSUERS),
        "run_url": f"{reverse('renovation:run', args=[pk])}?{urlencode({'region': land.code})}",
    }  # fmt: skip
    return show(request, "matching", context, campaign=one, tab="matching")


@login_required
@require_http_methods(FORM)
def run(request: SignedIn, pk: int) -> HttpResponse:
    """Let the solver suggest."""
    one = seen_campaign(request, pk)
    land = land_in(request, one)
    if roles_over(request.user, land.path).isdisjoint(ISSUERS):
        raise NotFound(_("房源匹配由街镇、区的管理员办理。"))
    lands = [
        land,
        *(child for child in world().children_of(land) if child.level in ("district", "street")),
    ]
    form = RunForm(
        request.POST if request.method == "POST" else None, choices={"region": regions_of(lands)},
        initial={"region": land.id},
    )  # fmt: skip
    back = f"{reverse('renovation:matching', args=[pk])}?{urlencode({'region': land.code})}"

    def act() -> str:
        made = actions.suggest_matches(
            one, region=form.cleaned_data["region"], most_m=form.cleaned_data["most_m"],
            by=request.user, at=now(),
        )  # fmt: skip
        return (
            f"{reverse('renovation:matching', args=[pk])}?{urlencode({'region': made.region.code})}"
        )

    return ask(
        request, form, act, done=_("已算出建议，请逐条确认。"), campaign=one, tab="matching",
        heading=_("计算房源匹配"), verb=_("开始计算"), back=back,
        lede=_("只用已复核的库存房源和配套用房，整间调配；先补足最多的面积，再取最近、花费最少的。"),
    )  # fmt: skip


def _seen(request: SignedIn, pk: int) -> Match:
    rows = Match.objects.visible_to(request.user).select_related(
        "site__campaign__region", "holding"
    )
    return get_object_or_404(rows, pk=pk)


def _back(match: Match) -> str:
    return reverse("renovation:matching", args=[match.site.campaign_id])


@login_required
@require_POST
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    """Give the room where it was suggested."""
    match = _seen(request, pk)
    actions.confirm_match(match, by=request.user, at=now())
    messages.success(request, _("“%(room)s”已调配给%(site)s。") % {"room": match.holding, "site": match.site})  # fmt: skip
    return redirect(_back(match))


@login_required
@require_POST
def drop(request: SignedIn, pk: int) -> HttpResponse:
    """Do not take a suggestion."""
    match = _seen(request, pk)
    actions.drop_match(match, by=request.user, at=now())
    messages.success(request, _("没有采用这条建议。"))
    return redirect(_back(match))


@login_required
@require_http_methods(FORM)
def give(request: SignedIn, pk: int) -> HttpResponse:
    """Give the room to another place than suggested."""
    match = _seen(request, pk)
    street = match.site.path.rsplit("/", 2)[0] + "/"
    rows = Site.objects.visible_to(request.user).filter(
        campaign=match.site.campaign, path__under=street, area_ok_on=None
    )
    choices = {"site": rows.exclude(state="exempt").order_by("path")}
    form = GiveForm(request.POST if request.method == "POST" else None, choices=choices)

    def act() -> str:
        actions.confirm_match(match, site=form.cleaned_data["site"], by=request.user, at=now())
        return _back(match)

    return ask(
        request, form, act, done=_("已调配。"), campaign=match.site.campaign, tab="matching",
        heading=_("%s 改给别处") % match.holding, lede=match.why, verb=_("调配"), back=_back(match),
    )  # fmt: skip
