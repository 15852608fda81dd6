"""The register of sites: list with map, one site with its visits, registered, changed, struck off."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name, world
from tongxin.ui.paging import page_of

from .. import actions
from ..forms import CloseSiteForm, SiteForm
from ..models import Operation, Site, SiteKind, SiteVisit
from ..scope import SITE_KEEPERS, SITE_READERS, keeps_sites
from .common import FORM, PAGE, ask, must_enter, show
from .rows import STATES

MOST_POINTS = 500


def narrowed(request: SignedIn) -> tuple[Any, dict[str, str]]:
    """Return the sites the address asks for, and its words."""
    words = {name: request.GET.get(name, "") for name in ("kind", "street", "q")}
    rows = Site.objects.visible_to(request.user).open()
    if words["kind"] in SiteKind.values:
        rows = rows.filter(kind=words["kind"])
    land = world().by_code.get(words["street"])
    if land:
        rows = rows.filter(region__path__under=land.path)
    if words["q"]:
        asked = words["q"][:40]
        rows = rows.filter(Q(name__contains=asked) | Q(code=asked) | Q(owner__contains=asked))
    return rows, words


@login_required
@require_GET
def sites(request: SignedIn) -> HttpResponse:
    """List the sites of one's land with the last visit, and where they are."""
    must_enter(request.user)
    rows, words = narrowed(request)
    page, following = page_of(
        rows.select_related("region", "org"), request.GET.get("cursor", ""), PAGE
    )
    seen = SiteVisit.objects.visible_to(request.user).filter(site__in=page)
    last = dict(seen.order_by().values_list("site").annotate(at=Max("visit__begun_at")))
    spots = rows.filter(lng__isnull=False).order_by("pk")[:MOST_POINTS]
    base = reverse("inspections:sites")
    context = {
        "rows": [(one, place_name(one.region.path), last.get(one.pk)) for one in page],
        "next": following,
        "points": [
            {"lng": lng, "lat": lat, "title": name, "url": f"{base}{pk}/", "tone": "working"}
            for pk, name, lng, lat in spots.values_list("pk", "name", "lng", "lat")
        ],
        "keeps": bool(keeper_paths(request)),
        "filters": [
            {"name": "kind", "label": _("类型"), "value": words["kind"],
             "choices": [("", _("全部类型")), *SiteKind.choices]},
            {"name": "street", "label": _("街镇"), "value": words["street"],
             "choices": [("", _("全部街镇")), *streets_of(request)]},
        ],
        "search": {"name": "q", "value": words["q"], "placeholder": _("名称、编号或责任单位")},
    }  # fmt: skip
    return show(request, "sites", context, tab="sites")


def streets_of(request: SignedIn) -> list[tuple[str, str]]:
    """Return the streets of one's land as choices, out of the snapshot of all land."""
    paths = {post.path for post in posts_of(request.user) if post.role in SITE_READERS}
    return [
        (land.code, land.short_name)
        for land in world().lands
        if land.level == "street"
        and any(land.path.startswith(p) or p.startswith(land.path) for p in paths)
    ]


def keeper_paths(request: SignedIn) -> set[str]:
    return {post.path for post in posts_of(request.user) if post.role in SITE_KEEPERS}


def lands_kept(request: SignedIn) -> Any:
    """Return the streets and communities for which one keeps the register."""
    inside = Q(pk__in=[])
    for path in keeper_paths(request):
        inside |= Q(path__under=path)
    levels = (Region.Level.STREET, Region.Level.COMMUNITY)
    rows = Region.objects.public().filter(inside, level__in=levels, valid_to=None)
    return rows.order_by("path")


def departments() -> Any:
    return Org.objects.public().filter(kind=Org.Kind.DEPARTMENT).order_by("name")


@login_required
@require_GET
def site(request: SignedIn, pk: int) -> HttpResponse:
    """Show a site with every visit the reader may know of."""
    rows = Site.objects.visible_to(request.user).select_related("region", "org", "regulator")
    row = get_object_or_404(rows, pk=pk)
    seen = SiteVisit.objects.visible_to(request.user).filter(site=row)
    related = seen.select_related("visit", "dispatch__team__operation").order_by("-pk")
    known = set(Operation.objects.visible_to(request.user).values_list("pk", flat=True))
    spot = row.lng is not None
    context = {
        "row": row,
        "place": place_name(row.region.path),
        "visits": [
            (one, STATES[one.visit.state], one.dispatch.team.operation_id in known)
            for one in related[:PAGE]
        ],
        "points": [{"lng": row.lng, "lat": row.lat, "title": row.name}] if spot else [],
        "keeps": keeps_sites(request.user, row.region.path) and row.closed_on is None,
    }
    return show(request, "site", context, tab="sites")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Register a site."""
    if not keeper_paths(request):
        raise NotFound(_("您的岗位不登记点位。"))
    form = SiteForm(request.POST or None, regions=lands_kept(request), orgs=departments())

    def act() -> str:
        made = actions.register_site(by=request.user, at=now(), **form.cleaned_data)
        return reverse("inspections:site", args=[made.pk])

    return ask(
        request, form, act, done=_("点位已登记。"), tab="sites", template="site_form",
        heading=_("登记点位"), verb=_("登记"), back=reverse("inspections:sites"),
    )  # fmt: skip


def kept_site(request: SignedIn, pk: int) -> Site:
    rows = Site.objects.visible_to(request.user).select_related("region", "org", "regulator")
    row = get_object_or_404(rows, pk=pk)
    if not keeps_sites(request.user, row.region.path):
        raise NotFound(_("没有找到这个点位，或不由您登记。"))
    return row


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Put a site right."""
    row = kept_site(request, pk)
    names = ("name", "kind", "region", "address", "owner", "regulator", "lng", "lat")
    form = SiteForm(
        request.POST or None, regions=lands_kept(request), orgs=departments(),
        initial={name: getattr(row, name) for name in names},
    )  # fmt: skip
    back = reverse("inspections:site", args=[pk])

    def act() -> str:
        actions.change_site(site=row, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("点位已修改。"), tab="sites", template="site_form",
        heading=_("修改点位"), verb=_("保存修改"), lede=row.code, back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Strike a site off."""
    row = kept_site(request, pk)
    form = CloseSiteForm(request.POST or None, initial={"on": localdate()})
    back = reverse("inspections:site", args=[pk])

    def act() -> str:
        actions.close_site(site=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("inspections:sites")

    return ask(
        request, form, act, done=_("点位已注销。"), tab="sites", heading=_("注销点位"),
        verb=_("注销"), lede=_("“%s”注销后不再安排检查，已有的检查照常查看。") % row.name, back=back,
    )  # fmt: skip
