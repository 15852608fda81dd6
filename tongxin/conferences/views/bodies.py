"""The bodies of a district, one body with its charter and seats, the check of how often they meet."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.meetings.models import OF_FACT
from tongxin.orgs.models import Org
from tongxin.regions.queries import region_of, world

from .. import actions, queries
from ..forms import CharterForm, ConvenerForm, NoteForm, SeatForm
from ..models import BodyMember, ConferenceBody, MemberKind, Resolution
from ..scope import convenes, runs_body
from .common import FORM, ask, body_of, convened_body, outlines_of, own_lands, run_body, show

TONES = {"met": "done", "missed": "late", "at_risk": "waiting", "due": "working", "free": "idle"}


def state_words(state: str) -> str:
    return {
        "met": _("已召开"), "missed": _("未召开"), "at_risk": _("快到期"), "due": _("待召开"),
        "free": _("不要求"),
    }[state]  # fmt: skip


def _line(one: Any, on: Any) -> dict[str, Any]:
    state = one.state(on)
    return {
        "body": one.body, "span": one.span.words(), "state": state, "tone": TONES[state],
        "words": state_words(state), "sentence": one.sentence(on), "next_at": one.next_at,
        "no_minutes": one.without_minutes,
    }  # fmt: skip


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """Show the bodies one has to do with: those one runs, those of one's land, street by street."""
    on = localdate()
    seen = ConferenceBody.objects.visible_to(request.user).standing()
    rows = queries.standings(seen, on)
    states = Counter(one.state(on) for one in rows)
    chairs = queries.chairs_of([one.body for one in rows], on)
    open_ones = Resolution.objects.visible_to(request.user).filter(closed_at=None)
    told = open_ones.aggregate(n=Count("pk"), late=Count("pk", filter=Q(due_on__lt=on)))
    district = _district(request)
    lines = queries.by_street(rows, on)
    mine = [one for one in rows if runs_body(request.user, one.body)]
    context = {
        "own": [_line(one, on) for one in mine[:6]],
        "few": [_line(one, on) for one in rows] if len(rows) <= 12 else [],
        "total": len(rows), "states": states, "resolutions": told,
        "no_minutes": sum(len(one.without_minutes) for one in rows),
        "without_chair": [one.body for one in rows if chairs[one.body.pk].user is None],
        "columns": [
            {"label": _("街镇")}, {"label": _("街道会议")},
            {"label": _("社区会议"), "figure": True}, {"label": _("本期已开"), "figure": True},
            {"label": _("快到期"), "figure": True}, {"label": _("未召开"), "figure": True},
            {"label": _("缺纪要"), "figure": True},
        ],
        "rows": [_street_row(line, on) for line in lines] if len(lines) > 1 else [],
        "points": _points(rows, on) if len(rows) > 1 else [],
        "areas_url": outlines_of(lands[0].code) if (lands := own_lands(request.user)) else "",
        "caption": f"{district.name if district else ''} {on:%Y-%m-%d}",
        "district": district,
        "missing": queries.coverage(district.path) if district else None,
    }  # fmt: skip
    return show(request, "home", context, tab="home")


def _points(rows: list[Any], on: Any) -> list[dict[str, Any]]:
    """Return the bodies as pins at their land; those of land without a known place are not shown."""
    lands = world().by_id
    return [
        {"lng": land.lng, "lat": land.lat, "title": f"{one.body.name} · {state_words(one.state(on))}",
         "url": reverse("conferences:body", args=[one.body.pk]), "tone": TONES[one.state(on)]}
        for one in rows
        if (land := lands.get(one.body.region_id)) and land.lng is not None
    ]  # fmt: skip


def _district(request: SignedIn) -> Any:
    """Return the district the reader may found bodies in, as a region; None without one."""
    for land in own_lands(request.user):
        if land.level in ("district", "street"):
            found = world().by_path.get("/".join(land.path.split("/")[:2]) + "/")
            region = region_of(found) if found else None
            if region is not None and actions.may_found(request.user, region):
                return region
    return None


def _street_row(line: Any, on: Any) -> dict[str, Any]:
    own = line.street
    url = reverse("conferences:frequency")
    return {
        "label": line.name or line.path,
        "url": reverse("conferences:body", args=[own.body.pk]) if own else "",
        "cells": [
            {"value": state_words(own.state(on)) if own else "—", "is_text": True,
             "late": bool(own and own.state(on) == "missed")},
            {"value": line.bodies}, {"value": line.met},
            {"value": line.at_risk, "url": f"{url}?state=at_risk" if line.at_risk else ""},
            {"value": line.missed, "late": line.missed > 0},
            {"value": line.no_minutes, "late": line.no_minutes > 0},
        ],
    }  # fmt: skip


@login_required
@require_POST
def found(request: SignedIn) -> HttpResponse:
    """Found what is missing in the reader's district, in one act."""
    district = _district(request)
    if district is None:
        raise NotFound(_("联席会议由区委组织员、书记或管理员建立。"))
    n = actions.found_bodies(district=district, by=request.user, at=now())
    messages.success(
        request, _("已建立 %d 个联席会议。") % n if n else _("街镇、社区都已有联席会议。")
    )
    return redirect("conferences:home")


@login_required
@require_GET
def frequency(request: SignedIn) -> HttpResponse:
    """List the bodies that lack something in this period, or lacked it in the one before."""
    on = localdate()
    back = 1 if request.GET.get("span") == "last" else 0
    state = request.GET.get("state", "")
    seen = ConferenceBody.objects.visible_to(request.user).standing()
    rows = [_line(one, on) for one in queries.standings(seen, on, back=back)]
    wanted = {
        "at_risk": lambda row: row["state"] == "at_risk",
        "missed": lambda row: row["state"] == "missed",
        "minutes": lambda row: row["no_minutes"],
        "met": lambda row: row["state"] == "met",
    }.get(state)  # fmt: skip
    counts = Counter(row["state"] for row in rows)
    context = {
        "rows": [row for row in rows if wanted is None or wanted(row)][:200],
        "total": len(rows), "counts": counts,
        "segments": [
            {"label": label, "url": f"?span={'last' if back else ''}&state={name}",
             "active": state == name, "count": count}
            for name, label, count in (
                ("", _("全部"), len(rows)), ("at_risk", _("快到期"), counts["at_risk"]),
                ("missed", _("未召开"), counts["missed"]),
                ("minutes", _("缺纪要"), sum(bool(row["no_minutes"]) for row in rows)),
                ("met", _("已召开"), counts["met"]),
            )
        ],
        "filters": [{"name": "span", "label": _("时间"), "value": "last" if back else "",
                     "choices": [("", _("本期")), ("last", _("上一期"))]}],
        "hidden": [("state", state)] if state else [],
    }  # fmt: skip
    return show(request, "frequency", context, tab="frequency")


@login_required
@require_GET
def body(request: SignedIn, pk: int) -> HttpResponse:
    """Show a body: chair, charter, seats, sessions, what it resolved."""
    one, on = body_of(request, pk), localdate()
    runs = runs_body(request.user, one)
    rules = queries.rules_by_level(on).get(one.level, [])
    sessions = queries.sessions_of(one, request.user, on)
    standing = queries.standing_of(one, on, rules=rules, sessions=reversed(sessions))
    resolutions = list(
        Resolution.objects.visible_to(request.user).filter(body=one)
        .select_related("case").order_by("closed_at", "due_on")[:20]
    )  # fmt: skip
    context = {
        "body": one, "runs": runs, "convenes": runs or convenes(request.user, one), "chair": queries.chairs_of([one], on)[one.pk],
        "charter": queries.charter_on(one, on), "rule": queries.rule_at(rules, on),
        "standing": _line(standing, on) if standing else None,
        "seats": queries.seats_on(one, on),
        "sessions": [row for row in sessions if vars(row)["is_seen"]][:12], "held": OF_FACT, "today": on,
        "resolutions": resolutions,
        "waiting": queries.waiting_items(one) if runs else [],
        "may_found": actions.may_found(request.user, one.region),
        "may_propose": runs or BodyMember.objects.visible_to(request.user).held_by(
            request.user).filter(body=one, to_date=None).exists(),
    }  # fmt: skip
    return show(request, "body", context, tab="home")


@login_required
@require_http_methods(FORM)
def convener(request: SignedIn, pk: int) -> HttpResponse:
    """Name the Party unit that convenes a body: where none was found, or another one took over."""
    rows = ConferenceBody.objects.public().select_related("org", "region")
    one = get_object_or_404(rows, pk=pk)
    if not actions.may_found(request.user, one.region):
        raise NotFound(_("没有找到，或不由您负责。"))
    form = ConvenerForm(
        request.POST or None, orgs=queries.may_convene(one), initial={"org": one.org_id}
    )
    back = reverse("conferences:body", args=[pk])

    def act() -> str:
        actions.set_convener(body=one, by=request.user, at=now(), **form.cleaned_data)
        seen = ConferenceBody.objects.visible_to(request.user).filter(pk=pk).exists()
        return back if seen else reverse("conferences:home")

    return ask(
        request, form, act, done=_("召集单位已确定，由它的书记主持会议。"), tab="home",
        heading=_("确定召集单位"), lede=one.name, verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def charter(request: SignedIn, pk: int) -> HttpResponse:
    """Give a body another charter, from a day on."""
    one = run_body(request, pk)
    current = queries.charter_on(one, localdate())
    form = CharterForm(
        request.POST or None,
        initial={"text": current.text if current else "", "effective_from": localdate()},
    )
    back = reverse("conferences:body", args=[pk])

    def act() -> str:
        actions.adopt_charter(body=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("章程已更新，到施行日期生效。"), tab="home",
        heading=_("修订章程"), lede=one.name, verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def seat(request: SignedIn, pk: int) -> HttpResponse:
    """Give a unit a seat; units that could sit there are named with what speaks for them."""
    one, on = run_body(request, pk), localdate()
    found = queries.candidates(one, on)
    chosen = request.GET.get("org", "")
    first = next((row for row in found if str(row.org.pk) == chosen), None)
    kinds = MemberKind.objects.public().of(one.level)
    initial: dict[str, Any] = {"from_date": on}
    if first is not None:
        initial |= {"org": first.org.pk, "why": first.why,
                    "kind": next((row for row in kinds if row.code == first.kind), None)}  # fmt: skip
    orgs = Org.objects.public().filter(queries.may_sit(one)).exclude(kind="team").order_by("name")
    form = SeatForm(request.POST or None, kinds=kinds, orgs=orgs, initial=initial)
    back = reverse("conferences:body", args=[pk])

    def act() -> str:
        actions.seat_member(body=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已加入成员单位。"), tab="home", template="seat", runs=True,
        heading=_("加入成员单位"), lede=one.name, verb=_("加入"), back=back, found=found[:12],
        body=one,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def leave(request: SignedIn, pk: int) -> HttpResponse:
    """End a seat today, with the reason in the log of the page."""
    rows = BodyMember.objects.visible_to(request.user).select_related("body__org", "body__region")
    one = get_object_or_404(rows, pk=pk)
    run_body(request, one.body_id)
    form = NoteForm(request.POST or None, label=_("退出原因"))
    back = reverse("conferences:body", args=[one.body_id])

    def act() -> str:
        actions.end_seat(seat=one, on=localdate(), by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已退出。"), tab="home", heading=_("退出成员单位"),
        lede=one.name, verb=_("退出"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def year(request: SignedIn, pk: int) -> HttpResponse:
    """Plan what the rule still asks of this year."""
    one = convened_body(request, pk)
    try:
        n = actions.plan_year(body=one, year=localdate().year, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(
            request, _("已排好 %d 次会议，可以逐次修改。") % n if n else _("今年的会议都已排好。")
        )
    return redirect("conferences:body", pk)
