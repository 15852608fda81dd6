"""On foot: today's round in order, one visit begun, filled in and finished."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.photos.actions import keep_photo
from tongxin.regions.queries import place_name

from .. import actions, queries
from ..forms import FinishForm, MatterForm, PlaceForm, ReceivedForm
from ..models import Visit
from .common import FORM

State = Visit.State


@login_required
@require_safe
def round(request: SignedIn) -> HttpResponse:
    """Show today's visits in the order to walk them, the map, and what has been done today."""
    today = localdate()
    visits = queries.round_of(request.user, today, _start(request))
    for n, visit in enumerate(visits, start=1):
        visit.turn, visit.where = n, place_name(visit.area)  # type: ignore[attr-defined]
    context = {
        "today": today,
        "visits": visits,
        "done": queries.done_on(request.user, today),
        "missed": Visit.objects.visible_to(request.user).walked_by(request.user).filter(state=State.MISSED).select_related("region").order_by("-due_on")[:10],
        "points": _points(visits),
    }  # fmt: skip
    return render(request, "fieldwork/round.html", context)


def _start(request: SignedIn) -> tuple[float, float] | None:
    try:
        return float(request.GET["lng"]), float(request.GET["lat"])
    except (KeyError, ValueError):
        return None


def _points(visits: list[Visit]) -> list[dict[str, Any]]:
    found = []
    for n, visit in enumerate(visits, start=1):
        place = queries.place_of(visit)
        if place:
            found.append(
                {"lng": place[0], "lat": place[1], "title": visit.title, "char": str(n),
                 "url": reverse("fieldwork:go", args=[visit.pk]),
                 "tone": "working" if visit.state == State.BEGUN else "waiting"}
            )  # fmt: skip
    return found


def walked(request: SignedIn, pk: UUID) -> Visit:
    rows = Visit.objects.visible_to(request.user).walked_by(request.user)
    wanted = rows.select_related("region", "checklist", "plan").prefetch_related("team__user")
    return get_object_or_404(wanted, pk=pk)


@login_required
@require_http_methods(FORM)
def go(request: SignedIn, pk: UUID) -> HttpResponse:
    """Begin a visit, then fill in its checklist and finish it."""
    visit = walked(request, pk)
    if visit.state == State.DONE and request.method != "POST":
        return redirect("fieldwork:visit", pk)
    if visit.begun_at is None or visit.state == State.CANCELLED:
        return _begin(request, visit)
    return _finish(request, visit)


def _begin(request: SignedIn, visit: Visit) -> HttpResponse:
    form = PlaceForm(request.POST if request.method == "POST" else None)
    status, remedy = 200, ""
    if request.method == "POST" and form.is_valid():
        try:
            place = form.place()
            actions.begin_visit(
                visit, at=now(), by=request.user, place=place, how="gps" if place else "none"
            )
            return redirect("fieldwork:go", visit.pk)
        except Refused as refusal:
            form.take(refusal)
            status, remedy = refusal.status, refusal.remedy
    context = {"visit": visit, "form": form, "remedy": remedy, **_about(visit)}
    return render(request, "fieldwork/begin.html", context, status=status)


def _about(visit: Visit) -> dict[str, Any]:
    place = queries.place_of(visit)
    points = [{"lng": place[0], "lat": place[1], "title": visit.title, "url": "", "tone": "waiting"}] if place else []  # fmt: skip
    return {"where": place_name(visit.area), "points": points, "today": localdate()}


def _finish(request: SignedIn, visit: Visit) -> HttpResponse:
    checklist = visit.checklist
    items = list(checklist.items.order_by("number", "pk")) if checklist else []
    files = request.FILES if request.method == "POST" else None
    form = FinishForm(
        request.POST or None, files, checklist=checklist, items=items,
        asks_mood=visit.kind in queries.ASKS_MOOD, initial={"key": uuid4().hex},
    )  # fmt: skip
    status, remedy = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _report(request, visit, form)
            except Refused as refusal:
                remedy, status = refusal.remedy, refusal.status
                _beside(form, refusal)
            else:
                messages.success(request, _("走访已完成。"))
                return redirect("fieldwork:round")
    context = {
        "visit": visit, "form": form, "rows": form.rows(), "remedy": remedy, **_about(visit),
        **_desk_of(visit),
    }  # fmt: skip
    return render(request, "fieldwork/finish.html", context, status=status)


def _desk_of(visit: Visit) -> dict[str, Any]:
    point = getattr(visit, "point", None)
    return {
        "point": point,
        "matters": visit.matters.order_by("pk"),
        "matter_form": MatterForm(),
        "received_form": ReceivedForm(initial={"received": point.received}) if point else None,
    }


def _beside(form: FinishForm, refusal: Refused) -> None:
    field = f"a-{refusal.field}" if f"a-{refusal.field}" in form.fields else refusal.field
    form.add_error(field if field in form.fields else None, str(refusal.message))


def _report(request: SignedIn, visit: Visit, form: FinishForm) -> None:
    """Keep the photos, so that a refusal loses none, and hand in the answers."""
    said = form.cleaned_data
    form.data = request.POST.copy()
    at, key = now(), said.get("key") or uuid4().hex
    answers: dict[str, dict[str, Any]] = {}
    values = {item.code: said.get(f"a-{item.code}") or None for item in form.items}
    asked = {item.code for item in queries.asked_items(form.items, values)}
    for item in form.items:
        photos = _keep(request, form, f"p-{item.code}", f"k-{item.code}", key, at)
        if item.code in asked:
            answers[item.code] = {
                "value": values[item.code], "note": said[f"n-{item.code}"], "photos": photos,
            }  # fmt: skip
    photos = _keep(request, form, "photos", "kept", key, at)
    actions.finish_visit(
        visit, answers=answers, at=at, by=request.user, checklist_version=said["version"],
        note=said["note"], mood=said.get("mood", ""), photos=photos, key=key,
    )  # fmt: skip


def _keep(
    request: SignedIn, form: FinishForm, field: str, kept: str, key: str, at: Any
) -> list[str]:
    if field not in form.fields:
        return []
    ids = [one for one in form.cleaned_data[kept].split(",") if one]
    for n, data in enumerate(form.cleaned_data[field], start=len(ids)):
        photo = keep_photo(data=data, by=request.user, at=at, key=f"visit:{key}:{field}:{n}"[:100])
        ids.append(str(photo.pk))
    form.data[kept] = ",".join(ids)  # type: ignore[index]
    return ids


@login_required
@require_POST
def matter(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write down a matter somebody brought."""
    visit = walked(request, pk)
    form = MatterForm(request.POST)
    if form.is_valid():
        try:
            actions.take_matter(visit=visit, by=request.user, at=now(), **form.cleaned_data)
            messages.success(request, _("事项已登记。"))
        except Refused as refusal:
            messages.error(request, refusal.message)
    else:
        messages.error(
            request, " ".join(str(one) for errors in form.errors.values() for one in errors)
        )
    return redirect("fieldwork:go" if visit.state == State.BEGUN else "fieldwork:visit", pk)


@login_required
@require_POST
def received(request: SignedIn, pk: UUID) -> HttpResponse:
    """Say how many people came to a mobile office point."""
    visit = walked(request, pk)
    point = getattr(visit, "point", None)
    if point is None:
        raise NotFound(_("这次走访不是流动办公点。"))
    form = ReceivedForm(request.POST)
    if form.is_valid():
        try:
            actions.count_received(point=point, by=request.user, at=now(), **form.cleaned_data)
            messages.success(request, _("接待人数已保存。"))
        except Refused as refusal:
            messages.error(request, refusal.message)
    else:
        messages.error(request, _("接待人数请填整数。"))
    return redirect("fieldwork:go" if visit.state == State.BEGUN else "fieldwork:visit", pk)
