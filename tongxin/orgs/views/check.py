"""The check of the chain: findings as a list and on the map; coverage in figures; temporary units."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import Land, get_land, world

from .. import actions, queries
from ..actions import Paper
from ..models import Org, OrgChange, Sector
from ..scope import LAND_ROLES, READERS, keeps_register, posts_of
from .units import must_read_units

SHOWN = 100


def land_of(request: SignedIn) -> Land:
    """Return the land looked at: the one asked for, if the reader's posts reach it, else their own.

    :raises NotFound: for who overlooks no land and holds no office of a party unit
    """
    roles = {*LAND_ROLES, *READERS}
    paths = sorted({post.path for post in posts_of(request.user) if post.role in roles}, key=len)
    if not paths:
        raise NotFound(_("您的岗位没有管辖范围。"))
    asked = request.GET.get("region", "")
    if asked:
        land = get_land(asked)
        if any(land.path.startswith(path) for path in paths):
            return land
        raise NotFound(_("没有找到这个区域，或不归您管。"))
    return world().by_path[paths[0]]


def crumbs(request: SignedIn, land: Land, page: str) -> list[tuple[Land, str]]:
    """Return the lands from the reader's own down to the one looked at, with their addresses."""
    roles = {*LAND_ROLES, *READERS}
    own = [post.path for post in posts_of(request.user) if post.role in roles]
    parts = land.path.split("/")[:-1]
    chain = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    lands = [world().by_path[path] for path in chain if path in world().by_path]
    seen = [one for one in lands if any(one.path.startswith(path) for path in own)]
    return [(one, f"{reverse(page)}?{urlencode({'region': one.code})}") for one in seen]


@login_required
@require_GET
def check(request: SignedIn) -> HttpResponse:
    """Show what is broken or uncovered in a place, by kind, each with what mends it."""
    land = land_of(request)
    survey = queries.Survey(land, request.user, on=localdate())
    found = survey.findings()
    counts = Counter(one.kind for one in found)
    kind = request.GET.get("kind", "")
    kind = kind if kind in queries.FINDINGS else ""
    shown = [one for one in found if not kind or one.kind == kind]
    start = request.GET.get("from", "")
    first = int(start) if start.isdecimal() and len(start) < 8 else 0
    words = urlencode({"region": land.code})
    context: dict[str, Any] = {
        "land": land,
        "crumbs": crumbs(request, land, "orgs:check"),
        "below": _below(land, "orgs:check"),
        "total": len(found),
        "findings": shown[first : first + SHOWN],
        "next_from": str(first + SHOWN) if len(shown) > first + SHOWN else "",
        "segments": [
            {"label": _("全部"), "url": f"?{words}", "active": not kind, "count": len(found)},
            *(
                {"label": label, "url": f"?{words}&kind={name}", "active": kind == name,
                 "count": counts[name]}
                for name, label in queries.FINDINGS.items() if counts[name] or kind == name
            ),
        ],
        "areas_url": f"{reverse('orgs:check-areas')}?{words}",
        "points": queries.building_points(survey),
        "today": localdate(),
    }  # fmt: skip
    return render(request, "orgs/units/check.html", context)


def _below(land: Land, page: str) -> list[tuple[str, str]]:
    if land.level not in ("city", "district", "street"):
        return []
    return [
        (one.short_name, f"{reverse(page)}?{urlencode({'region': one.code})}")
        for one in world().children_of(land)
    ]


@login_required
@require_GET
def areas(request: SignedIn) -> HttpResponse:
    """Answer the land as GeoJSON: its grids covered or not, or the gaps of what lies below."""
    survey = queries.Survey(land_of(request), request.user, on=localdate())

    def url_of(one: Land) -> str:
        return f"{reverse('orgs:check')}?{urlencode({'region': one.code})}"

    return JsonResponse(queries.cover_areas(survey, url_of=url_of))


@login_required
@require_GET
def coverage(request: SignedIn) -> HttpResponse:
    """Show coverage in figures with their bases, parks and spaces, and what was founded this year."""
    land, today = land_of(request), localdate()
    figures = queries.coverage(land, on=today)
    growth = queries.growth_of(today.year, request.user)
    kinds, sectors = dict(OrgChange.Kind.choices), dict(Sector.choices)
    context = {
        "land": land,
        "crumbs": crumbs(request, land, "orgs:coverage"),
        "five": figures[: len(queries.FIVE)],
        "others": figures[len(queries.FIVE) :],
        "full": sum(figure.is_full for figure in figures[: len(queries.FIVE)]),
        "parks": queries.parks_in(land),
        "growth": growth,
        "growth_rows": [
            (label, growth.by_kind[k]) for k, label in kinds.items() if k in growth.by_kind
        ],
        "new_rows": [
            (label, growth.new_by_sector[k])
            for k, label in sectors.items()
            if k in growth.new_by_sector
        ],
        "today": today,
    }
    return render(request, "orgs/units/coverage.html", context)


@login_required
@require_GET
def temporary(request: SignedIn) -> HttpResponse:
    """List the temporary units by the day they end, with what each is for and who leads it."""
    must_read_units(request.user)
    today = localdate()
    rows = queries.find_units(request.user, state="temporary").order_by("expires_on", "pk")
    after = request.GET.get("from", "")
    first = int(after) if after.isdecimal() and len(after) < 8 else 0
    page = list(rows[first : first + SHOWN + 1])
    leads = queries.leads_of(page, on=today)
    serving = queries.serving_in(page)
    context = {
        "rows": [
            (
                unit,
                leads.get(unit.pk, []),
                serving.get(unit.pk, 0),
                (unit.expires_on - today).days if unit.expires_on else 0,
            )
            for unit in page[:SHOWN]
        ],
        "next_from": str(first + SHOWN) if len(page) > SHOWN else "",
        "counts": queries.temporary_counts(request.user, on=today),
        "today": today,
    }
    return render(request, "orgs/units/temporary.html", context)


@login_required
@require_POST
def in_each(request: SignedIn, pk: int) -> HttpResponse:
    """Found a temporary group in every community of a temporary branch's land."""
    branch = get_object_or_404(Org.objects.visible_to(request.user), pk=pk, is_temporary=True)
    if branch.parent is None or not keeps_register(request.user, branch.parent.path):
        raise NotFound(_("由上级党组织办理。"))
    new = actions.found_in_each(
        branch=branch, purpose="", paper=Paper(localdate()), at=now(), by=request.user
    )
    if new:
        messages.success(request, _("新设临时党小组 %d 个。") % len(new))
    else:
        messages.info(request, _("辖区内每个社区（村）都已有临时党小组。"))
    return redirect("orgs:unit", pk)
