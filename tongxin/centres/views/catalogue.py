"""Delegated services and who offers them; the list of powers passed down."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import EndForm, OffersForm, PowerForm
from ..models import DelegatedPower
from .common import (
    FORM,
    PAGE,
    ask,
    hall_at,
    hall_choices,
    land_of,
    officer_regions,
    posted,
    serves,
    show,
    the_hall,
    works_here,
)


@login_required
@require_GET
def services(request: SignedIn) -> HttpResponse:
    """List the catalogue with what the hall one works at offers."""
    if not works_here(request):
        return redirect("centres:public")
    today = localdate()
    centre = hall_at(request)
    offers = queries.offers_of(centre, today) if centre else {}
    rows = queries.services_on(today)
    chosen = hall_choices(request, centre) if centre else None
    context = {
        "centre": centre,
        "rows": [{"one": one, "offer": offers.get(one.code)} for one in rows],
        "offered": len(offers),
        "filters": [chosen] if chosen else [],
        "serves": centre is not None and serves(request, centre),
        "may_load": not rows and officer_regions(request).exists(),
    }
    return show(request, "services", context, tab="services")


@login_required
@require_POST
def samples(request: SignedIn) -> HttpResponse:
    """Bring in the sample catalogue and the sample list of powers."""
    region = officer_regions(request).first()
    if region is None:
        raise Http404
    n = actions.load_services()
    if region.level == Region.Level.DISTRICT:
        n += actions.load_powers(region=region, by=request.user, at=now())
    messages.success(request, _("已载入样例 %d 条，请按本地文件核定。") % n)
    return redirect("centres:services")


@login_required
@require_http_methods(FORM)
def offers(request: SignedIn, pk: int) -> HttpResponse:
    """Tick which services a centre takes in."""
    centre = the_hall(request, pk)
    if not serves(request, centre):
        raise Http404
    today = localdate()
    form = OffersForm(
        posted(request), services=queries.services_on(today),
        initial={"codes": list(queries.offers_of(centre, today))},
    )  # fmt: skip

    def act() -> str:
        actions.offer_all(
            centre=centre, codes=form.cleaned_data["codes"], on=today, by=request.user, at=now()
        )
        return f"{reverse('centres:services')}?centre={pk}"

    return ask(
        request, form, act, done=_("开办事项已更新。"), tab="services",
        heading=_("%s · 开办事项") % centre.name, verb=_("保存"),
        lede=_("勾上的今天起受理，去掉的今天起停办。"), back=f"{reverse('centres:services')}?centre={pk}",
    )  # fmt: skip


@login_required
@require_GET
def powers(request: SignedIn) -> HttpResponse:
    """List what was passed down to streets and communities of the reader's district (S4.66)."""
    land = land_of(request)
    rows = DelegatedPower.objects.public().filter(region__path__in=list(prefixes(land.path)))
    rows |= DelegatedPower.objects.public().filter(region__path__under=land.path)
    asked = {name: request.GET.get(name, "") for name in ("kind", "to_level")}
    for name, value in asked.items():
        if value:
            rows = rows.filter(**{name: value})
    found, following = page_of(
        rows.select_related("region"), request.GET.get("cursor", ""), PAGE * 2, oldest=True
    )
    editable = set(officer_regions(request).values_list("pk", flat=True))
    context = {
        "land": land,
        "rows": [{"one": one, "may": one.region_id in editable and not one.until} for one in found],
        "next_cursor": following,
        "filters": [
            {"name": "kind", "label": _("类别"), "value": asked["kind"],
             "choices": [("", _("全部")), *DelegatedPower.Kind.choices]},
            {"name": "to_level", "label": _("下放到"), "value": asked["to_level"],
             "choices": [("", _("全部")), *DelegatedPower.Level.choices]},
        ],
        "may_add": bool(editable),
        "narrowed": any(asked.values()),
    }  # fmt: skip
    return show(request, "powers", context, tab="powers")


@login_required
@require_http_methods(FORM)
def new_power(request: SignedIn) -> HttpResponse:
    """Enter a power passed down."""
    regions = officer_regions(request)
    if not regions.exists():
        raise Http404
    form = PowerForm(posted(request), regions=regions, initial={"since": localdate()})

    def act() -> str:
        actions.pass_down(by=request.user, at=now(), **form.cleaned_data)
        return reverse("centres:powers")

    return ask(
        request, form, act, done=_("已列入下放清单。"), tab="powers", heading=_("登记下放事项"),
        lede=_("写明从哪里、下放到哪一级、依据什么。"), verb=_("登记"), back=reverse("centres:powers"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def end_power(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a power was taken back."""
    one = get_object_or_404(
        DelegatedPower.objects.public().filter(region__in=officer_regions(request)), pk=pk
    )
    form = EndForm(posted(request), initial={"on": localdate()})

    def act() -> str:
        actions.take_back(one, by=request.user, at=now(), **form.cleaned_data)
        return reverse("centres:powers")

    return ask(
        request, form, act, done=_("已收回。"), tab="powers", heading=_("收回：%s") % one.name,
        verb=_("收回"), back=reverse("centres:powers"),
    )  # fmt: skip
