"""The register of components: list, map, one with its history, its state, its facts."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound, Refused
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region
from tongxin.regions.queries import geojson_of, place_name

from .. import actions, queries
from ..forms import ComponentForm, FactsForm, StateForm
from ..models import CatalogueItem, Component, ComponentEvent, Kind, State
from .common import PAGE, ask, holds, land_of, lands_above, place_choices, show

FORM = ["GET", "POST"]
TONES = {"good": "done", "broken": "late", "lost": "late", "abandoned": "idle", "removed": "idle"}
ICONS = {"enter": "circle-plus", "state": "arrows-exchange", "change": "pencil", "report": "tool", "check": "eye-check"}  # fmt: skip


def _wanted(request: SignedIn) -> dict[str, str]:
    return {
        "class_code": request.GET.get("class", "")[:2],
        "state": request.GET.get("state", "")[:10],
        "q": request.GET.get("q", "").strip()[:40],
    }


@login_required
@require_GET
def components(request: SignedIn) -> HttpResponse:
    """List the components of a place, or show them on a map."""
    land, today = land_of(request), localdate()
    wanted = _wanted(request)
    everything = queries.components_in(
        request.user, land.path, class_code=wanted["class_code"], q=wanted["q"]
    )
    counts = queries.state_counts(everything)
    rows = queries.components_in(request.user, land.path, **wanted)
    is_map = request.GET.get("view") == "map"
    after = request.GET.get("cursor", "")[:17]
    found: list[Component] = []
    if not is_map:
        page = rows.filter(code__gt=after) if after else rows
        found = list(page.select_related("item", "grid").order_by("code")[: PAGE + 1])
    chosen = {"region": land.code, "class": wanted["class_code"], "q": wanted["q"]}
    if is_map:
        chosen["view"] = "map"
    chosen = {name: value for name, value in chosen.items() if value}
    context: dict[str, Any] = {
        "land": land,
        "crumbs": lands_above(request, land, "grids:components"),
        "filters": [
            place_choices(request, land),
            {
                "name": "class", "label": _("大类"), "value": wanted["class_code"],
                "choices": [("", _("全部大类")), *queries.classes_in_force(today)],
            },
        ],
        "search": {"name": "q", "value": wanted["q"], "placeholder": _("标识码、名称、位置或权属单位")},
        "hidden": [("state", wanted["state"])] * bool(wanted["state"]) + [("view", "map")] * is_map,
        "segments": [
            {
                "label": label, "count": counts.get(name, 0) if name else sum(counts.values()),
                "url": f"?{urlencode(chosen | ({'state': name} if name else {}))}",
                "active": name == wanted["state"],
            }
            for name, label in (("", _("全部")), *State.choices)
        ],
        "view_url": f"?{urlencode(_without_view(chosen, wanted, '' if is_map else 'map'))}",
        "is_map": is_map,
        "points_url": f"{reverse('grids:component-points')}?{request.GET.urlencode()}",
        "areas": geojson_of(Region.objects.public().filter(pk=land.id)) if is_map else None,
        "rows": [{"one": one, "place": place_name(one.area, below="street"), "tone": TONES[one.state]} for one in found[:PAGE]],
        "next_cursor": found[PAGE - 1].code if len(found) > PAGE else "",
        "may_add": holds(request, actions.WALKERS),
    }  # fmt: skip
    return show(request, "components", context, tab="components")


def _without_view(chosen: dict[str, str], wanted: dict[str, str], view: str) -> dict[str, str]:
    words = {name: value for name, value in chosen.items() if name != "view"}
    if wanted["state"]:
        words["state"] = wanted["state"]
    return words | ({"view": view} if view else {})


@login_required
@require_GET
def points(request: SignedIn) -> HttpResponse:
    """Answer the components of a place as pins, at most 5,000."""
    land = land_of(request)
    rows = queries.components_in(request.user, land.path, **_wanted(request))
    url = reverse("grids:component", args=["CODE"])
    return JsonResponse(queries.points_of(rows, url), safe=False)


def seen_component(request: SignedIn, code: str) -> Component:
    rows = Component.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("item__topic", "grid", "org"), code=code)


@login_required
@require_http_methods(FORM)
def component(request: SignedIn, code: str) -> HttpResponse:
    """Show a component with its history; who walks there writes down how it is."""
    one, at = seen_component(request, code), now()
    may_walk = actions.may_walk(request.user, one)
    form = StateForm(
        request.POST or None,
        request.FILES or None,
        initial={"state": one.state, "key": uuid4().hex},
    )
    status, remedy = 200, ""
    if request.method == "POST":
        if not may_walk:
            raise NotFound(_("没有找到这个部件，或不由您更新。"))
        status = 422
        if form.is_valid():
            try:
                _set_state(request, one, form)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, str(refusal.remedy)
            else:
                messages.success(
                    request, _("已记录：%s。") % dict(State.choices)[form.cleaned_data["state"]]
                )
                return redirect("grids:component", code)
    events = ComponentEvent.objects.visible_to(request.user).filter(component=one)
    shown = list(
        events.select_related("by", "case").prefetch_related("photos").order_by("-at", "-pk")[:PAGE]
    )
    seen = set(
        Case.objects.visible_to(request.user)
        .filter(pk__in=[event.case_id for event in shown if event.case_id])
        .values_list("pk", flat=True)
    )
    running = next(
        (event for event in shown if event.what == "report" and event.settled_at is None), None
    )
    context = {
        "one": one,
        "tone": TONES[one.state],
        "place": place_name(one.area),
        "events": [_told(event, seen) for event in shown],
        "running": running if running and running.case_id in seen else None,
        "is_reported": running is not None,
        "conditions": queries.conditions_of([one.item_id], localdate(at)),
        "points": [{"lng": one.lng, "lat": one.lat, "title": one.name, "tone": "late" if TONES[one.state] == "late" else "working", "char": ""}],
        "areas": queries.outline_of(one.grid_id),
        "form": form,
        "remedy": remedy,
        "may_walk": may_walk,
        "may_keep": actions.may_keep(request.user, one),
        "may_report": may_walk and running is None and one.state not in ("abandoned", "removed"),
    }  # fmt: skip
    return show(request, "component", context, tab="components", status=status)


def _set_state(request: SignedIn, one: Component, form: StateForm) -> None:
    given, at = form.cleaned_data, now()
    key = given["key"]
    photos = [
        keep_photo(data=data, by=request.user, at=at, key=f"{key}:{n}" if key else None)
        for n, data in enumerate(given["photos"])
    ]
    actions.set_state(
        one,
        state=given["state"],
        note=given["note"],
        photos=photos,
        at=at,
        by=request.user,
        key=key,
    )


def _told(event: ComponentEvent, seen: set[Any]) -> dict[str, Any]:
    """Return an event as the timeline draws it."""
    facts = []
    if event.what == ComponentEvent.What.STATE:
        facts.append(f"{event.get_before_display()} → {event.get_after_display()}")
    elif event.what in (ComponentEvent.What.CHECK, ComponentEvent.What.REPORT):
        facts.append(event.get_after_display())
    if event.case and event.case_id in seen:
        facts.append(_("单号 %s") % event.case.number)
    labels = FactsForm.base_fields
    facts += [
        f"{labels[name].label if name in labels else _('责任单位')}：{before or '—'} → {after or '—'}"
        for name, (before, after) in event.changes.items()
    ]
    return {
        "what": event.get_what_display(),
        "who": event.by.name if event.by else _("系统"),
        "at": event.at,
        "facts": facts,
        "note": event.note if not event.case_id or event.case_id in seen else "",
        "icon": ICONS.get(event.what, "point"),
        "tone": TONES.get(event.after, ""),
        "evidence": [
            {
                "thumb": reverse("photos:thumb", args=[photo.pk]),
                "url": reverse("photos:file", args=[photo.pk]),
                "alt": event.get_what_display(),
                "kind": "",
            }
            for photo in event.photos.all()
        ],
    }


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Enter a component by a point on the map."""
    if not holds(request, actions.WALKERS):
        raise NotFound(_("没有找到，或不由您登记。"))
    land = land_of(request)
    items = (
        CatalogueItem.objects.public()
        .in_force(localdate())
        .for_land(land.path)
        .filter(kind=Kind.COMPONENT)
        .order_by("code")
    )
    form = ComponentForm(request.POST or None, items=items, initial={"key": uuid4().hex})
    status, remedy = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = actions.add_component(
                    at=now(), by=request.user, source=_("现场登记"), **form.cleaned_data
                )
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, str(refusal.remedy)
            else:
                messages.success(request, _("已登记，标识码 %s。") % made.code)
                return redirect("grids:component", made.code)
    context = {
        "form": form,
        "remedy": remedy,
        "areas": geojson_of(Region.objects.public().filter(pk=land.id)),
        "land": land,
    }
    return show(request, "new_component", context, tab="components", status=status)


@login_required
@require_http_methods(FORM)
def facts(request: SignedIn, code: str) -> HttpResponse:
    """Put the facts of a component right."""
    one = seen_component(request, code)
    if not actions.may_keep(request.user, one):
        raise NotFound(_("没有找到这个部件，或不由您修改。"))
    initial = {name: getattr(one, name) for name in FactsForm.base_fields}
    form = FactsForm(request.POST or None, initial=initial)
    back = reverse("grids:component", args=[code])

    def act() -> str:
        actions.change_component(one, at=now(), by=request.user, **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已保存。"), tab="components", heading=_("修改部件资料"),
        lede=f"{one.name} {one.code}", verb=_("保存"), back=back,
    )  # fmt: skip
