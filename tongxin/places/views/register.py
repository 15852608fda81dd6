"""The register: the list, the map, a centre in four parts, which communities have none yet."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import get_land, world
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import NewCentreForm
from ..models import Centre, CentrePaper, PhaseItem, RoomKind, SignStandard
from ..models.centres import KEEPERS
from .common import (
    FORM,
    PAGE,
    TONES,
    ask,
    centre_of,
    judges,
    keeps,
    land_of,
    own_lands,
    posted,
    regions_of,
    show,
    streets_of,
    works_here,
)

PARTS = ("facts", "rooms", "standards", "scores")
PLACES = (Region.Level.DISTRICT, Region.Level.STREET, Region.Level.COMMUNITY)


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """List the centres of the reader's land, narrowed by kind, state, street and words."""
    if not works_here(request):
        return redirect("centres:public")
    rows = Centre.objects.visible_to(request.user).select_related("region")
    asked = {name: request.GET.get(name, "")[:30] for name in ("kind", "state", "street", "q")}
    for name in ("kind", "state"):
        if asked[name]:
            rows = rows.filter(**{name: asked[name]})
    if asked["street"]:
        rows = rows.filter(region__path__under=get_land(asked["street"]).path)
    if asked["q"]:
        rows = rows.filter(
            Q(name__icontains=asked["q"]) | Q(address__icontains=asked["q"]) | Q(code=asked["q"])
        )
    in_use = Q(rooms__ended_on__isnull=True)
    found, following = page_of(
        rows.annotate(n_rooms=Count("rooms", filter=in_use)), request.GET.get("cursor", ""), PAGE
    )
    today = queries.days_of_many(found, localdate())
    streets = streets_of(request)
    context = {
        "rows": [
            {"one": one, "tone": TONES[one.state], "today": today[one.pk],
             "place": _place(one)}
            for one in found
        ],
        "next_cursor": following,
        "filters": [
            {"name": "kind", "label": _("类型"), "value": asked["kind"],
             "choices": [("", _("全部")), *Centre.Kind.choices]},
            {"name": "state", "label": _("状态"), "value": asked["state"],
             "choices": [("", _("全部")), *Centre.State.choices]},
            *([{"name": "street", "label": _("街镇"), "value": asked["street"],
                "choices": [("", _("全部")), *streets]}] if streets else []),
        ],
        "search": {"name": "q", "value": asked["q"], "placeholder": _("名称、地址或编号")},
        "narrowed": any(asked.values()),
        "may_add": bool(own_lands(request, KEEPERS)),
        "lacks_samples": not found and not RoomKind.objects.public().exists(),
    }  # fmt: skip
    return show(request, "home", context, tab="home")


def _place(centre: Centre) -> str:
    land = world().by_id.get(centre.region_id)
    street = world().by_id.get(land.parent_id) if land and land.parent_id else None
    if street is not None and street.level == Region.Level.STREET:
        return f"{street.short_name} · {centre.region.short_name}"
    return centre.region.short_name


@login_required
@require_GET
def map(request: SignedIn) -> HttpResponse:
    """Show the centres of the reader's land on the map."""
    return show(request, "map", {"land": land_of(request)}, tab="map")


@login_required
@require_GET
def points(request: SignedIn) -> JsonResponse:
    """Answer with the points of the map."""
    rows = Centre.objects.visible_to(request.user).standing().exclude(lng=None)
    found = rows.select_related("region").order_by("pk")[:1000]
    return JsonResponse(
        [
            {
                "lng": one.lng, "lat": one.lat, "title": one.name,
                "note": f"{one.get_kind_display()} · {one.get_state_display()}",
                "url": reverse("places:centre", args=[one.pk]), "tone": TONES[one.state],
                "char": one.name[:1],
            }
            for one in found
        ],
        safe=False,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Enter a centre."""
    regions = regions_of(request, KEEPERS, PLACES)
    if not own_lands(request, KEEPERS):
        raise NotFound(_("您的岗位不登记党群服务中心。"))
    ids = {post.org_id for post in posts_of(request.user)}
    form = NewCentreForm(
        posted(request), regions=regions, orgs=Org.objects.public().filter(pk__in=ids),
        initial={"key": uuid4().hex, "region": request.GET.get("region"), "kind": "community"},
    )  # fmt: skip

    def act() -> str:
        made = actions.register_centre(at=now(), by=request.user, **form.cleaned_data)
        return reverse("places:centre", args=[made.pk])

    return ask(
        request, form, act, done=_("已登记，填好地址后可以开放。"), heading=_("登记党群阵地"),
        lede=_("一个社区（村）登记一个工作站；另外的场所登记为党群服务点。"), verb=_("登记"),
        back=reverse("places:home"), picks=True,
    )  # fmt: skip


@login_required
@require_POST
def samples(request: SignedIn) -> HttpResponse:
    """Bring in the sample kinds of rooms, standards and checklists."""
    if not own_lands(request, ("officer",)):
        raise NotFound(_("样例由管理员载入。"))
    actions.load_samples()
    return redirect("places:home")


@login_required
@require_GET
def centre(request: SignedIn, pk: int) -> HttpResponse:
    """Show a centre: facts, rooms, signs and papers, scores. A resident is led to its public page."""
    one = (
        Centre.objects.visible_to(request.user).filter(pk=pk).first()
        if works_here(request)
        else None
    )
    if one is None:
        get_object_or_404(Centre.objects.public(), pk=pk)
        return redirect("places:public", pk)
    one = centre_of(request, pk)
    part = request.GET.get("part", "")
    part = part if part in PARTS else "facts"
    labels = (_("概况"), _("功能室"), _("标识与制度"), _("建管用评分"))
    url = reverse("places:centre", args=[pk])
    context = {
        "one": one,
        "tone": TONES[one.state],
        "place": _place(one),
        "part": part,
        "parts": [
            {"label": label, "url": f"{url}?{urlencode({'part': name})}", "active": name == part, "count": None}
            for name, label in zip(PARTS, labels, strict=True)
        ],
        "keeps": keeps(request, one),
        "judges": judges(request, one),
        "today": localdate(),
        **READS[part](one),
    }  # fmt: skip
    return show(request, "centre", context, tab="home")


def _facts(one: Centre) -> dict[str, Any]:
    today = localdate()
    week = queries.week_in_force(one, today)
    hours = week.days if week else queries.WEEK
    return {
        "hours": list(zip((_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")), hours, strict=True)),
        "holiday": week.holiday if week else "",
        "notices": queries.notices_ahead(one, today, 60),
        "services": one.services.filter(ended_on__isnull=True),
        "photos": list(one.photos.select_related("photo")),
        "points": [{"lng": one.lng, "lat": one.lat, "title": one.name, "char": one.name[:1], "tone": "working"}]
        if one.lng is not None else [],
    }  # fmt: skip


def _rooms(one: Centre) -> dict[str, Any]:
    rooms = list(one.rooms.filter(ended_on__isnull=True).select_related("kind"))
    return {
        "rooms": rooms,
        "room_area": sum(room.area_m2 or 0 for room in rooms),
        "area_changes": list(one.area_changes.select_related("by")[:20]),
    }


def _standards(one: Centre) -> dict[str, Any]:
    today = localdate()
    hung = {
        sign.standard_id: sign
        for sign in one.signs.filter(removed_on__isnull=True).select_related("photo", "by")
    }
    in_force = SignStandard.objects.public().on(today)
    return {
        "signs": [
            {"standard": row, "sign": hung.get(row.pk)}
            for row in in_force
            if not row.kinds or one.kind in row.kinds.split()
        ],
        "papers": list(CentrePaper.objects.public().of(one, today)),
        "drafts": list(one.papers.filter(published_at__isnull=True).order_by("-pk")),
    }


def _scores(one: Centre) -> dict[str, Any]:
    latest = queries.latest_scores([one])[one.pk]
    return {
        "phases": [
            {
                "phase": phase, "label": label, "score": latest.get(phase),
                "answers": list(latest[phase].answers.select_related("item")) if phase in latest else [],
            }
            for phase, label in PhaseItem.Phase.choices
        ],
        "history": list(one.scores.select_related("by")[:12]),
    }  # fmt: skip


READS = {"facts": _facts, "rooms": _rooms, "standards": _standards, "scores": _scores}


@login_required
@require_GET
def coverage(request: SignedIn) -> HttpResponse:
    """Show street by street (community by community) who has a centre and who has none (S1.56)."""
    land = land_of(request)
    rows = queries.coverage_of(land)
    url = reverse("places:coverage")
    total, opened = sum(one.communities for one in rows), sum(one.open for one in rows)
    missing = [one for row in rows for one in row.missing]
    context = {
        "land": land,
        "communities": total,
        "opened": opened,
        "share": opened * 100 // total if total else None,
        "missing": missing[:60],
        "more": max(0, len(missing) - 60),
        "columns": [{"label": _("区域")}, {"label": _("社区（村）"), "figure": True},
                    {"label": _("已开放"), "figure": True}, {"label": _("规划建设中"), "figure": True},
                    {"label": _("还没有"), "figure": True}, {"label": _("面积（平方米）"), "figure": True},
                    {"label": _("覆盖率"), "figure": True}],
        "rows": [
            {"label": row.land.short_name,
             "url": f"{url}?{urlencode({'region': row.land.code})}" if row.land.level == "street" else "",
             "cells": [{"value": row.communities}, {"value": row.open}, {"value": row.building},
                       {"value": len(row.missing), "late": bool(row.missing)},
                       {"value": row.area_m2},
                       {"value": "—" if row.share is None else f"{row.share}%"}]}
            for row in rows
        ],
        "caption": f"{land.name} · {localdate():%Y-%m-%d}",
    }  # fmt: skip
    return show(request, "coverage", context, tab="coverage")
