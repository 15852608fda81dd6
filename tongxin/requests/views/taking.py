"""The hall, and what somebody has in hand: take an order, do it, hand in what was done."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.cases.actions import make_move
from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.models import Case
from tongxin.cases.queries import as_seen_by, get_move, get_move_open_to
from tongxin.kit.errors import NotFound, NotPermitted, Refused, Stale

from .. import orders, pages, service, tabs
from ..forms import DoneForm
from ..story import story_of
from .places import point_of

SORTS = {
    "urgent": gettext_lazy("最急"),
    "near": gettext_lazy("最近"),
    "fit": gettext_lazy("最合适"),
}
EVERY = 5  # seconds between two looks of the page
DOING = {"request": "finish", "wish": "fulfil"}


class TakenAlready(Stale):
    """Somebody else was quicker."""


def _on_foot(request: HttpRequest) -> None:
    """Refuse whoever takes no orders.

    :raises NotPermitted: with the way to become a volunteer
    """
    if not tabs.roles_on_foot(request.user):
        raise NotPermitted(
            _("接单大厅是志愿者和网格员的。"), remedy=_("想帮邻居？到“我的”里登记成为志愿者。")
        )


@login_required
@require_safe
def hall(request: SignedIn) -> HttpResponse:
    """List the open orders of the street; the list alone, or nothing new, for the page's own looks."""
    _on_foot(request)
    user, at = request.user, now()
    sort = request.GET.get("sort", "") if request.GET.get("sort") in SORTS else "urgent"
    point = point_of(request.GET)
    volunteer = service.volunteer_of(user)
    rows = orders.hall_rows(user, volunteer, sort=sort, point=point)
    held = orders.held_by(user)
    tag = f'"{orders.hall_version(rows, held, at)}"'
    if request.htmx and request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=204)
    context: dict[str, Any] = {
        "rows": [_row(one, user, at) for one in rows],
        "keys": uuid.uuid4(),
        "is_full": bool(volunteer and held >= volunteer.cap),
    }
    if request.htmx:
        response = render(request, "requests/bits/hall_rows.html", context)
        response["ETag"] = tag
        return response
    context |= {
        "live_url": f"{request.path}?{request.GET.urlencode()}",
        "live_tag": tag,
        "every": EVERY,
        "point": point,
        "segments": _sort_links(sort, point),
        "held": held,
        "is_paused": bool(volunteer and volunteer.is_paused),
        "cap": volunteer.cap if volunteer else None,
        "volunteer": volunteer,
    }
    return render(request, "requests/hall.html", context)


def _row(one: orders.Hanging, user, at) -> dict[str, Any]:
    return {"order": one, "case": as_seen_by(user, one.case), **orders.left_of(one.case, at=at)}


def _sort_links(sort: str, point: tuple[float, float] | None) -> list[dict[str, Any]]:
    here = {"lng": f"{point[0]:.5f}", "lat": f"{point[1]:.5f}"} if point else {}
    return [
        {"label": label, "url": f"?{urlencode({'sort': name, **here})}", "active": name == sort}
        for name, label in SORTS.items()
    ]


@login_required
@require_POST
def grab(request: HttpRequest, pk) -> HttpResponse:
    """Take an order out of the hall; who comes too late is told who was quicker.

    :raises TakenAlready: if somebody else has it
    """
    user, at = request.user, now()
    case = orders.once_in_hall(user, pk)
    if case is None:
        raise Http404
    if case.step != "hall" and case.holder_id not in (None, user.pk):
        raise _taken(case, at)
    try:
        make_move(case, "grab", at=at, actor=user, key=request.POST.get("key") or None)
    except NotFound as refusal:  # it left the hall in between
        gone = orders.once_in_hall(user, pk)
        raise (_taken(gone, at) if gone and gone.holder_id else refusal) from refusal
    messages.success(request, _("接单成功：%s。请尽快联系居民。") % case.title)
    return redirect("requests:case", pk=case.pk)


def _taken(case: Case, at) -> TakenAlready:
    took = orders.taken_at(case) or case.stepped_at
    today = localtime(took).date() == localtime(at).date()
    when = localtime(took).strftime("%H:%M" if today else "%m月%d日 %H:%M")
    return TakenAlready(
        _("这张订单已被%(who)s于 %(when)s 接走，去看看其他订单。")
        % {"who": case.holder, "when": when}
    )


@login_required
@require_safe
def in_hand(request: HttpRequest) -> HttpResponse:
    """List what the user has to answer, is doing, waits for others with; or has finished."""
    user, at = request.user, now()
    is_done = request.GET.get("view") == "done"
    context: dict[str, Any] = {
        "is_done": is_done,
        "segments": [
            {"label": _("进行中"), "url": "?", "active": not is_done},
            {"label": _("已完成"), "url": "?view=done", "active": is_done},
        ],
    }
    if is_done:
        found, context["next_cursor"] = orders.finished_orders(user, request.GET.get("cursor", ""))
        context["cards"] = [pages.card(case, at=at) for case in found]
        return render(request, "requests/orders.html", context)
    mine = orders.orders_of(user)
    context |= {
        "orders": mine,
        "to_answer": [_answerable(case, at) for case in mine.to_answer],
        "at_work": [pages.card(case, at=at) for case in mine.at_work],
        "to_check": [pages.card(case, at=at) for case in mine.to_check],
    }
    return render(request, "requests/orders.html", context)


def _answerable(case: Case, at) -> dict[str, Any]:
    """Return a card with the two answers to an order: accept, or decline with a reason."""
    back = reverse("requests:orders")
    decline = reverse("cases:move", args=[case.pk, "decline"])
    return pages.card(case, at=at) | {
        "text": case.text,
        "accept_url": reverse("cases:move", args=[case.pk, "accept"]) + "?at_once=1",
        "accept_next": reverse("requests:case", args=[case.pk]),
        "decline_url": f"{decline}?{urlencode({'next': back})}",
        "is_offer": case.step == "offered",
        "length": case.length,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest, pk) -> HttpResponse:
    """Hand in what was done: photos before and after, receipt, hours, a sentence."""
    user, at = request.user, now()
    cases = Case.objects.visible_to(user).select_related(*pages.RELATED)
    case = get_object_or_404(cases, pk=pk, kind__in=DOING)
    name = DOING[case.kind]
    if request.method != "POST":
        move = get_move_open_to(user, case, name)
        minutes = story_of(case, user, at=at).minutes
        form = DoneForm(case=case, move=move, initial={"minutes": minutes or None})
        return _show_finish(request, case, form)
    move = get_move(case, name)
    form = DoneForm(request.POST, request.FILES, case=case, move=move)
    if not form.is_valid():
        return _show_finish(request, case, form, status=422)
    try:
        _hand_in(request, case, name, form, at)
    except Refused as refusal:
        form.take(refusal)
        return _show_finish(request, case, form, status=refusal.status)
    messages.success(request, _("已提交办结：%s") % case.title)
    return redirect("requests:orders")


def _hand_in(request: HttpRequest, case: Case, name: str, form: DoneForm, at) -> None:
    user = request.user
    evidence = [
        prepare_evidence(data=data, kind=kind, actor=user, at=at) for kind, data in form.pictures()
    ]
    make_move(
        case,
        name,
        at=at,
        actor=user,
        note=form.cleaned_data["note"],
        evidence=evidence,
        key=form.cleaned_data["key"] or None,
        **form.given(),
    )


def _show_finish(
    request: HttpRequest, case: Case, form: DoneForm, *, status: int = 200
) -> HttpResponse:
    at = now()
    context = {
        "case": case,
        "form": form,
        "card": pages.card(case, at=at),
        "spent": story_of(case, request.user, at=at).minutes,
    }
    return render(request, "requests/finish.html", context, status=status)
