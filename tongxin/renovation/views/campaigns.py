"""Campaigns: the list, one with its figures down to the street, its places, what to press on."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.kit.tables_out import write_xlsx
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, place_name, world

from .. import actions, queries
from ..forms import CampaignForm
from ..models import PlaceKind, RenovationCampaign, Site
from ..models.campaigns import ISSUERS, REPORTERS
from .common import (
    FORM,
    PAGE,
    TONES,
    XLSX,
    ask,
    crumbs,
    land_in,
    leads,
    overlooks,
    regions_of,
    seen_campaign,
    show,
)

COLUMNS = ("base", "exempt", "area_ok", "planned", "closed", "in_use", "late")


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """List the campaigns that reach the reader, and the places of their own communities."""
    today = localdate()
    rows = []
    found = RenovationCampaign.objects.visible_to(request.user)
    for one in found.select_related("region", "head").order_by("-pk")[:20]:
        lands = queries.own_lands(request.user, one.region.path)
        board = queries.board_of(one, today)
        figures = board.figures(lands[0].path) if lands else None
        rows.append({"one": one, "figures": figures, "days": (one.final_on - today).days})
    own: list[Site] = []
    if any(post.role in REPORTERS for post in posts_of(request.user)) and not overlooks(request):
        mine = Site.objects.visible_to(request.user).select_related("campaign")
        own = list(mine.exclude(state=Site.State.EXEMPT).order_by("-campaign", "path")[:10])
    context = {
        "rows": rows, "today": today, "may_start": any(p.role in ISSUERS for p in posts_of(request.user)),
        "own": [{"site": site, "tone": tone_of(site, today)} for site in own],
    }  # fmt: skip
    return show(request, "home", context)


def tone_of(site: Any, today: Any) -> str:
    """Return the colour of a place: late before its state."""
    is_late = site.due_on and site.due_on < today and site.state in queries.UNDER_WAY
    return "late" if is_late else TONES[site.state]


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Start a campaign."""
    own = [post.path for post in posts_of(request.user) if post.role in ISSUERS]
    if not own:
        raise NotFound(_("阵地改造由街镇、区或市的管理员启动。"))
    lands = [world().by_path[path] for path in own if path in world().by_path]
    lands = [land for land in lands if land.level in ("city", "district", "street")]
    top = lands[0].path if lands else ""
    today = localdate()
    choices = {
        "region": regions_of(lands),
        "org": queries.own_orgs(request.user, ISSUERS),
        "partner": queries.orgs_over(
            top, (Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT, Org.Kind.PARTY)
        ),
        "head": queries.heads_of(top, today),
    }
    form = CampaignForm(
        request.POST or None, choices=choices, initial={"begun_on": today, "key": uuid4().hex}
    )

    def act() -> str:
        made = actions.start_campaign(**form.cleaned_data, by=request.user, at=now())
        return reverse("renovation:campaign", args=[made.pk])

    return ask(
        request, form, act, done=_("已启动，范围内的社区和村都已列入。"), heading=_("启动阵地改造"),
        lede=_("范围内的每个社区和村都会列入；拆迁等情况再逐个核准免建。"), verb=_("启动"),
        back=reverse("renovation:home"),
    )  # fmt: skip


@login_required
@require_GET
def campaign(request: SignedIn, pk: int) -> HttpResponse:
    """Show how far a campaign is at a place, with what lies below it (S1.6)."""
    one, today = seen_campaign(request, pk), localdate()
    land = land_in(request, one)
    board = queries.board_of(one, today)
    url, sites_url = (reverse(f"renovation:{name}", args=[pk]) for name in ("campaign", "sites"))
    whole = board.figures(land.path)
    kinds: list[dict[str, Any]] = [
        {"label": label, "figures": board.figures(land.path, kind)}
        for kind, label in PlaceKind.choices
    ]
    ranks = board.ranking(land.path) if land.level in ("city", "district") else []
    area_norms = queries.norm_words(one, today)
    context = {
        "land": land, "crumbs": crumbs(request, one, land, url), "today": today, "whole": whole,
        "shares": {name: whole.share(name) for name in ("area_ok", "work_ok", "use_ok", "in_use", "closed")},
        "kinds": [row for row in kinds if row["figures"].total], "ranks": ranks[:20],
        "days": (one.final_on - today).days, "norms": area_norms,
        "columns": [
            {"label": _("区域")},
            *({"label": label, "figure": True} for label in (_("应改造"), _("免建"), _("面积达标"), _("已编方案"), _("已销号"), _("投入使用"), _("工序滞后"))),
        ],
        "rows": _rows(board, land, url, sites_url), "caption": f"{one.name} · {land.name}",
        "total_row": _line(_("合计"), "", whole, land, sites_url),
        "sites_url": f"{sites_url}?{urlencode({'region': land.code})}",
        "sheet_url": f"{reverse('renovation:sheet', args=[pk])}?{urlencode({'region': land.code})}",
        "leads": leads(request, one),
    }  # fmt: skip
    return show(request, "campaign", context, campaign=one, tab="campaign")


def _rows(board: queries.Board, land: Land, url: str, sites_url: str) -> list[dict[str, Any]]:
    if land.level in ("street", "community"):
        return []
    by_path = world().by_path
    found = []
    for path, figures in sorted(board.by_child(land.path).items()):
        child = by_path.get(path)
        if child is not None:
            link = f"{url}?{urlencode({'region': child.code})}"
            found.append(_line(child.short_name, link, figures, child, sites_url))
    return found


def _line(
    label: str, link: str, figures: queries.Figures, land: Land, sites_url: str
) -> dict[str, Any]:
    def cell(name: str) -> dict[str, Any]:
        value = getattr(figures, name)
        words = {"region": land.code} | ({} if name == "base" else {"show": name})
        return {
            "value": value, "late": name == "late" and value > 0,
            "url": f"{sites_url}?{urlencode(words)}" if value else "",
        }  # fmt: skip

    return {"label": label, "url": link, "cells": [cell(name) for name in COLUMNS]}


@login_required
@require_GET
def sites(request: SignedIn, pk: int) -> HttpResponse:
    """List the places of a campaign, by what is asked of them."""
    one, today = seen_campaign(request, pk), localdate()
    land = land_in(request, one)
    asked = {name: request.GET.get(name, "")[:12] for name in ("state", "kind", "show")}
    after = request.GET.get("cursor", "")[:40]
    board = queries.board_of(one, today)
    found = queries.picked(board, land.path, **asked)
    rows = [place for place in found if place.path > after][: PAGE + 1]
    words = {"region": land.code}
    context = {
        "land": land, "count": len(found), "asked": asked,
        "rows": [
            {
                "place": place, "where": place_name(place.path, below="district"), "label": Site.State(place.state).label,
                "tone": "late" if queries.is_late(place, today) else TONES[place.state],
                "short": max(0, place.needed_m2 - place.area_m2),
            }
            for place in rows[:PAGE]
        ],
        "next_cursor": rows[PAGE - 1].path if len(rows) > PAGE else "",
        "hidden": [("region", land.code)] if request.GET.get("region") else [],
        "filters": [
            {"name": "state", "label": _("状态"), "value": asked["state"], "choices": [("", _("全部")), *Site.State.choices]},
            {"name": "kind", "label": _("类别"), "value": asked["kind"], "choices": [("", _("全部")), *PlaceKind.choices]},
            {"name": "show", "label": _("只看"), "value": asked["show"], "choices": [("", _("全部")), *queries.SHOWN.items()]},
        ],
        "sheet_url": f"{reverse('renovation:sheet', args=[pk])}?{urlencode(words)}",
        "crumbs": crumbs(request, one, land, reverse("renovation:sites", args=[pk])),
    }  # fmt: skip
    return show(request, "sites", context, campaign=one, tab="sites")


@login_required
@require_GET
def sheet(request: SignedIn, pk: int) -> HttpResponse:
    """Give the places of an area as XLSX."""
    one, today = seen_campaign(request, pk), localdate()
    land = land_in(request, one)
    header, rows = queries.table_of(queries.board_of(one, today), land.path)
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="renovation-{pk}.xlsx"'
    write_xlsx(answer, header, rows, sheet=one.name[:30])
    return answer


@login_required
@require_GET
def alarms(request: SignedIn, pk: int) -> HttpResponse:
    """What is late or not good enough (S1.20), and what holds places up (S1.24)."""
    one, today = seen_campaign(request, pk), localdate()
    land = land_in(request, one)
    board = queries.board_of(one, today)
    found = queries.alarms_of(one, board, land.path)
    kind = request.GET.get("kind", "")
    shown = [alarm for alarm in found if not kind or alarm.kind == kind]
    labels = {"": _("全部"), "schedule": _("进度"), "quality": _("质量")}
    counts = {"": len(found), **{word: sum(a.kind == word for a in found) for word in ("schedule", "quality")}}  # fmt: skip
    words = {"region": land.code}
    context = {
        "land": land, "more": max(0, len(shown) - 200),
        "found": [{"alarm": row, "where": place_name(row.path, below="district")} for row in shown[:200]],
        "segments": [
            {"label": label, "url": f"?{urlencode(words | ({'kind': word} if word else {}))}", "active": word == kind, "count": counts[word]}
            for word, label in labels.items()
        ],
        "troubles": queries.troubles_of(one, request.user, land.path),
        "crumbs": crumbs(request, one, land, reverse("renovation:alarms", args=[pk])),
    }  # fmt: skip
    return show(request, "alarms", context, campaign=one, tab="alarms")
