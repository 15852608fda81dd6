"""The catalogue of components and matters, a district's own kinds, filing conditions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.ui.forms import Form

from .. import actions, queries
from ..forms import ExtensionForm
from ..models import CatalogueItem, Kind
from .common import PAGE, ask, holds, land_of, show

FORM = ["GET", "POST"]


def _districts(request: SignedIn) -> Any:
    ids = [
        p.region_id for p in posts_of(request.user) if p.role == "officer" and p.level == "district"
    ]
    return Region.objects.public().filter(pk__in=ids).defer("polygon")


@login_required
@require_GET
def catalogue(request: SignedIn) -> HttpResponse:
    """List the kinds in force, of the standard and of the district."""
    land, today = land_of(request), localdate()
    kind = request.GET.get("kind", "component")
    kind = kind if kind in Kind.values else "component"
    q, chosen_class = request.GET.get("q", "").strip()[:20], request.GET.get("class", "")[:2]
    every = CatalogueItem.objects.public().in_force(today).for_land(land.path).filter(kind=kind)
    classes: dict[str, str] = {}
    for code, name in every.filter(region=None).order_by("code").values_list("code", "class_name"):
        classes.setdefault(code[:2], name)
    rows = every.filter(code__startswith=chosen_class)
    if q:
        rows = rows.filter(name__contains=q) | rows.filter(code__startswith=q)
    after = request.GET.get("cursor", "")[:5]
    page = rows.filter(code__gt=after) if after else rows
    found = list(page.select_related("topic").order_by("code")[: PAGE + 1])
    conditions: dict[int, int] = {}
    for one in queries.conditions_of([item.pk for item in found[:PAGE]], today):
        conditions[one.item_id] = conditions.get(one.item_id, 0) + 1
    context = {
        "land": land,
        "kind": kind,
        "segments": [
            {"label": label, "url": f"?{urlencode({'kind': value})}", "active": value == kind, "count": None}
            for value, label in Kind.choices
        ],
        "filters": [
            {"name": "class", "label": _("大类"), "value": chosen_class,
             "choices": [("", _("全部大类")), *classes.items()]},
        ],
        "search": {"name": "q", "value": q, "placeholder": _("名称或代码")},
        "hidden": [("kind", kind)],
        "rows": [(item, conditions.get(item.pk, 0)) for item in found[:PAGE]],
        "next_cursor": found[PAGE - 1].code if len(found) > PAGE else "",
        "may_extend": _districts(request).exists(),
        "may_load": holds(request, ("officer",)) and not classes,
    }  # fmt: skip
    return show(request, "catalogue", context, tab="catalogue")


@login_required
@require_GET
def item(request: SignedIn, pk: int) -> HttpResponse:
    """Show a kind with the conditions under which a matter of it is filed and closed."""
    land = land_of(request)
    rows = CatalogueItem.objects.public().for_land(land.path).select_related("topic", "region")
    one = get_object_or_404(rows, pk=pk)
    districts = {region.pk for region in _districts(request)}
    context = {
        "one": one,
        "conditions": queries.conditions_of([one.pk], localdate()),
        "may_end": one.region_id in districts and one.effective_to is None,
    }
    return show(request, "item", context, tab="catalogue")


@login_required
@require_http_methods(FORM)
def extend(request: SignedIn) -> HttpResponse:
    """Add a kind of the district's own."""
    regions = _districts(request)
    if not regions.exists():
        raise NotFound(_("扩展类别由区管理员添加。"))
    classes: dict[str, str] = {}
    for kind in Kind.values:
        for code, name in CatalogueItem.objects.public().filter(kind=kind, region=None).order_by("code").values_list("code", "class_name"):  # fmt: skip
            classes.setdefault(code[:2], f"{code[:2]} {name}")
    form: Form = ExtensionForm(
        request.POST or None, regions=regions, classes=list(classes.items()),
        topics=queries.topics_in_use(), initial={"region": regions.first()},
    )  # fmt: skip

    def act() -> str:
        made = actions.add_extension(on=localdate(), at=now(), by=request.user, **form.cleaned_data)
        return reverse("grids:item", args=[made.pk])

    return ask(
        request, form, act, done=_("扩展类别已添加。"), tab="catalogue", heading=_("添加本区扩展类别"),
        lede=_("代码从 999 往下排，名称加“（自定义）”。"), verb=_("添加"), back=reverse("grids:catalogue"),
    )  # fmt: skip


@login_required
@require_POST
def end(request: SignedIn, pk: int) -> HttpResponse:
    one = get_object_or_404(CatalogueItem.objects.public().select_related("region"), pk=pk)
    try:
        actions.end_extension(item=one, on=localdate(), at=now(), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("“%s”已停用。") % one.name)
    return redirect("grids:item", pk)


@login_required
@require_GET
def conditions(request: SignedIn, pk: Any) -> HttpResponse:
    """The fragment beside a dispatch: when such a matter is filed, closed, and within what time."""
    case = get_object_or_404(Case.objects.visible_to(request.user).select_related("topic"), pk=pk)
    rows = (
        queries.conditions_of_topic(case.topic.code, case.area, localdate()) if case.topic else ()
    )
    near = []
    if case.lng is not None and case.lat is not None and case.topic_id:
        near = queries.nearest(case.lng, case.lat, topic=case.topic_id, limit=3)
    return render(request, "grids/parts/conditions.html", {"rows": list(rows), "near": near})
