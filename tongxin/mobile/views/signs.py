"""Signs to hang up on the spot, A6, and what happens when a camera reads one."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.fieldwork.models import Plan
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import place_name, world

from .. import queries

MOST = 200  # signs on one print
KEEP_SIGNS = ("officer", "dispatcher")
# Who lives where is not hung on a door.
NO_SIGN = ("household", "person")


def _check_entrance(user) -> None:
    if not user.is_superuser and not any(post.role in KEEP_SIGNS for post in posts_of(user)):
        raise NotPermitted(_("现场二维码由社区派单员和街镇（区）管理员打印。"))


@login_required
@require_safe
def signs(request: SignedIn) -> HttpResponse:
    """Choose of which plan, or of which land, to print the signs."""
    _check_entrance(request.user)
    plans = Plan.objects.visible_to(request.user).filter(is_unannounced=False, state="active")
    lands = sorted(_lands(request.user), key=lambda one: one.path)
    context = {
        "plans": list(plans.exclude(target_kind__in=NO_SIGN).select_related("region").order_by("-pk")[:100]),
        "lands": [{"land": one, "place": place_name(one.path)} for one in lands[:300]],
    }  # fmt: skip
    return render(request, "mobile/signs.html", context)


def _lands(user) -> list[Any]:
    """Return the communities and grids whose signs somebody prints."""
    return [
        land
        for land in world().lands
        if land.level in ("community", "grid")
        and (user.is_superuser or roles_over(user, land.path) & set(KEEP_SIGNS))
    ]


@login_required
@require_safe
def print_signs(request: SignedIn) -> HttpResponse:
    """Lay out the signs of a plan (`?plan=`) or of a region (`?region=`), one on a sheet of A6."""
    _check_entrance(request.user)
    if code := request.GET.get("region"):
        if code not in {land.code for land in _lands(request.user)}:
            raise Http404
        found = [queries.sign_of_region(code)]
    else:
        pk = request.GET.get("plan", "")
        plans = Plan.objects.visible_to(request.user).exclude(is_unannounced=True)
        plan = get_object_or_404(plans, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0)
        targets = plan.targets.filter(dropped_on=None).exclude(kind__in=NO_SIGN)
        found = [queries.sign_of_target(one) for one in targets.select_related("region")[:MOST]]
    context = {"signs": [_sign(one) for one in found if one is not None]}
    return render(request, "mobile/signs_print.html", context)


def _sign(site: queries.Site) -> dict[str, Any]:
    drawn = segno.make(queries.url_of(site), error="m").svg_inline(
        scale=8, border=2, svgclass="qr", lineclass=None
    )
    return {"site": site, "place": place_name(site.area), "svg": drawn}


@require_safe
def read_sign(request: HttpRequest, code: str) -> HttpResponse:
    """Open the app at the sign that any camera has read; a sign that is none of ours is refused."""
    site = queries.site_of(code)
    return redirect(f"{reverse('mobile:app')}#/sign/{site.code}")
