"""The list of what may be asked, the askings that wait, what communities bear, the plates."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import world

from .. import actions, queries
from ..forms import BurdenForm, DecideForm, ListForm, PlateForm, RemovalForm
from ..models import AdmissionList, Approval, BurdenKind, Plate
from .common import (
    FORM,
    PAGE,
    admitted_items,
    ask,
    communities_of,
    crumbs,
    land_of,
    regions_of,
    show,
)

PERIODS = (1, 3, 12)


def _districts(request: SignedIn) -> Any:
    ids = [
        p.region_id
        for p in posts_of(request.user)
        if p.role == "officer" and p.level in ("district", "city")
    ]
    return regions_of([world().by_id[pk] for pk in ids if pk in world().by_id])


@login_required
@require_GET
def admission(request: SignedIn) -> HttpResponse:
    """Show the list in force at the reader's place, and its versions."""
    land, today = land_of(request), localdate()
    current = AdmissionList.objects.public().in_force(land.path, today)
    asked = request.GET.get("list", "")
    versions = list(
        AdmissionList.objects.public()
        .filter(region__path__in=_above(land.path))
        .select_related("region")
        .order_by("-effective_from", "-pk")[:PAGE]
    )
    keeps = _districts(request)
    shown = next((one for one in versions if asked.isdigit() and one.pk == int(asked)), current)
    kind = request.GET.get("kind", "")
    items: Any = shown.items.all() if shown else []
    if shown and kind in BurdenKind.values:
        items = items.filter(kind=kind)
    context = {
        "land": land,
        "current": current,
        "shown": shown,
        "versions": versions,
        "items": items,
        "segments": [
            {"label": label, "active": value == kind, "count": None,
             "url": f"?{urlencode({name: v for name, v in (('kind', value), ('list', asked)) if v})}"}
            for value, label in (("", _("全部")), *BurdenKind.choices)
        ],
        "keeps": keeps.exists(),
        "may_publish": shown is not None and shown.published_at is None
        and any(region.pk == shown.region_id for region in keeps),
    }  # fmt: skip
    return show(request, "admission", context, tab="admission")


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


@login_required
@require_http_methods(FORM)
def new_list(request: SignedIn) -> HttpResponse:
    """Hand in a new version of the list as a file."""
    regions = _districts(request)
    if not regions.exists():
        raise NotFound(_("准入目录由区管理员编制。"))
    form = ListForm(
        request.POST or None, request.FILES or None, regions=regions,
        initial={"effective_from": localdate(), "region": regions.first()},
    )  # fmt: skip

    def act() -> str:
        given = dict(form.cleaned_data)
        file = given.pop("file")
        made = actions.load_list(file.read(), file=file.name, at=now(), by=request.user, **given)
        return f"{reverse('campaigns:admission')}?list={made.pk}"

    return ask(
        request, form, act, done=_("已读入，核对后发布。"), tab="admission", heading=_("编制准入目录"),
        lede=_("读入后先核对，发布后才生效；旧版本在新版本启用那天停用。"), verb=_("读入"),
        back=reverse("campaigns:admission"),
    )  # fmt: skip


@login_required
@require_POST
def sample(request: SignedIn) -> HttpResponse:
    """Load the sample list for the reader's district."""
    region = _districts(request).first()
    if region is None:
        raise NotFound(_("准入目录由区管理员编制。"))
    try:
        actions.load_sample(region=region, at=now(), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("样例已载入并发布，请按本地文件核定。"))
    return redirect("campaigns:admission")


@login_required
@require_POST
def publish(request: SignedIn, pk: int) -> HttpResponse:
    one = get_object_or_404(AdmissionList.objects.public(), pk=pk)
    try:
        actions.publish_list(one, at=now(), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("已发布：%s。") % one)
    return redirect("campaigns:admission")


# Approvals.


@login_required
@require_GET
def approvals(request: SignedIn) -> HttpResponse:
    """List what was asked beside the list, waiting first."""
    rows = Approval.objects.visible_to(request.user)
    asked = request.GET.get("state", "waiting")
    rows = rows.filter(verdict="") if asked != "decided" else rows.exclude(verdict="")
    after = request.GET.get("cursor", "")
    if after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    found = list(
        rows.select_related("region", "asked_by", "decided_by", "campaign__org").order_by("-pk")[
            : PAGE + 1
        ]
    )
    labels = {"waiting": _("待审批"), "decided": _("已审批")}
    context = {
        "segments": [
            {"label": label, "url": f"?state={name}", "active": (name == "decided") == (asked == "decided"), "count": None}
            for name, label in labels.items()
        ],
        "rows": [
            {
                "one": one,
                "may_judge": one.verdict == "" and one.asked_by_id != request.user.pk
                and actions.may_judge(request.user, one.region.path),
                "tone": {"": "waiting", "approved": "done", "refused": "late"}[one.verdict],
            }
            for one in found[:PAGE]
        ],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
    }  # fmt: skip
    return show(request, "approvals", context, tab="approvals")


@login_required
@require_http_methods(FORM)
def decide(request: SignedIn, pk: int) -> HttpResponse:
    """Approve or refuse, by another officer of the district."""
    rows = Approval.objects.visible_to(request.user).select_related(
        "region", "asked_by", "campaign"
    )
    one = get_object_or_404(rows, pk=pk)
    if not actions.may_judge(request.user, one.region.path):
        raise NotFound(_("没有找到这份申请，或不由您审批。"))
    form = DecideForm(request.POST or None)

    def act() -> str:
        given = form.cleaned_data
        actions.decide_approval(
            one, approve=given["approve"] == "yes", expires_on=given["expires_on"],
            decision=given["decision"], at=now(), by=request.user,
        )  # fmt: skip
        return reverse("campaigns:approvals")

    words = {"name": one.asked_by, "reason": one.reason}
    return ask(
        request, form, act, done=_("审批意见已送达。"), tab="approvals", heading=_("审批：%s") % one.title,
        lede=_("%(name)s申请，理由：%(reason)s") % words, verb=_("提交审批"), back=reverse("campaigns:approvals"),
    )  # fmt: skip


# Burdens and plates.


@login_required
@require_GET
def burdens(request: SignedIn) -> HttpResponse:
    """Count what the communities of a place were asked for, month by month, and by whom."""
    land, today = land_of(request), localdate()
    until = _month(request.GET.get("month", ""), today)
    span = request.GET.get("span", "1")
    span = span if span.isdigit() and int(span) in PERIODS else "1"
    since = queries.months_until(until, int(span))[0]
    found = queries.burdens_of(land, request.user, since=since, until=until)
    url = reverse("campaigns:burdens")
    months = queries.months_until(queries.month_of(today))
    labels = dict(BurdenKind.choices)
    context = {
        "land": land,
        "crumbs": crumbs(request, land, url),
        "found": found,
        "filters": [
            {"name": "month", "label": _("月份"), "value": f"{until:%Y-%m}",
             "choices": [(f"{one:%Y-%m}", f"{one:%Y-%m}") for one in reversed(months)]},
            {"name": "span", "label": _("合计"), "value": span,
             "choices": [("1", _("当月")), ("3", _("近三个月")), ("12", _("近一年"))]},
        ],
        "hidden": [("region", land.code)],
        "columns": [{"label": _("社区（村）")},
                    *({"label": labels[kind], "figure": True} for kind in queries.COUNTED),
                    {"label": _("目录外"), "figure": True}, {"label": _("合计"), "figure": True},
                    {"label": _("现有牌子"), "figure": True}],
        "rows": [_burden_line(row) for row in found.rows[:200]],
        "chart": {
            "kind": "stack", "x": [f"{one:%Y-%m}" for one in found.months], "unit": _("项"),
            "series": [
                {"name": str(labels[kind]), "data": found.trend[kind], "tone": tone}
                for kind, tone in zip(queries.COUNTED, ("working", "waiting", "late"), strict=True)
            ],
        },
        "chart_rows": [
            (f"{one:%Y-%m}", [found.trend[kind][n] for kind in queries.COUNTED])
            for n, one in enumerate(found.months)
        ],
        "caption": f"{land.name} · {since:%Y-%m}" + (f" – {until:%Y-%m}" if since != until else ""),
        "average": round(found.total / len(found.rows), 1) if found.rows else 0,
        "may_record": communities_of(request, actions.KEEPERS).exists(),
    }  # fmt: skip
    return show(request, "burdens", context, tab="burdens")


def _month(text: str, today: date) -> date:
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return queries.month_of(today)
    return min(asked, queries.month_of(today))


def _burden_line(row: Any) -> dict[str, Any]:
    return {
        "label": row.land.short_name,
        "url": "",
        "cells": [
            *({"value": row.kinds.get(kind, 0)} for kind in queries.COUNTED),
            {"value": row.outside, "late": row.outside > 0}, {"value": row.total},
            {"value": row.plates, "url": f"{reverse('campaigns:plates')}?{urlencode({'region': row.land.code})}" if row.plates else ""},
        ],
    }  # fmt: skip


@login_required
@require_http_methods(FORM)
def new_burden(request: SignedIn) -> HttpResponse:
    """Write down what came on another way than a campaign."""
    communities = communities_of(request, actions.KEEPERS)
    first = communities.first()
    if first is None:
        raise NotFound(_("没有找到，或不由您登记。"))
    form = BurdenForm(
        request.POST or None, communities=communities,
        admitted=admitted_items(first.path, ("task", "form", "check")),
        initial={"on": localdate(), "key": uuid4().hex, "community": first},
    )  # fmt: skip

    def act() -> str:
        actions.record_burden(at=now(), by=request.user, **form.cleaned_data)
        return reverse("campaigns:burdens")

    return ask(
        request, form, act, done=_("已登记。"), tab="burdens", heading=_("登记社区负担"),
        lede=_("不是从这里下发的任务、报表和检查，登记在这里。"), verb=_("登记"), back=reverse("campaigns:burdens"),
    )  # fmt: skip


@login_required
@require_GET
def plates(request: SignedIn) -> HttpResponse:
    """List the plates that hang, or those taken down."""
    land = land_of(request)
    rows = queries.plates_in(request.user, land.path)
    state = request.GET.get("state", "hanging")
    rows = rows.exclude(removed_on=None) if state == "removed" else rows.filter(removed_on=None)
    after = request.GET.get("cursor", "")
    if after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    labels = {"hanging": _("还挂着"), "removed": _("已摘下")}
    context = {
        "land": land,
        "crumbs": crumbs(request, land, reverse("campaigns:plates")),
        "segments": [
            {"label": label, "url": f"?{urlencode({'region': land.code, 'state': name})}",
             "active": (name == "removed") == (state == "removed"), "count": None}
            for name, label in labels.items()
        ],
        "rows": found[:PAGE],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "may_record": communities_of(request, actions.KEEPERS).exists(),
    }  # fmt: skip
    return show(request, "plates", context, tab="plates")


@login_required
@require_http_methods(FORM)
def new_plate(request: SignedIn) -> HttpResponse:
    """Enter a plate with who wanted it and why."""
    communities = communities_of(request, actions.KEEPERS)
    first = communities.first()
    if first is None:
        raise NotFound(_("没有找到，或不由您登记。"))
    form = PlateForm(
        request.POST or None, communities=communities, admitted=admitted_items(first.path, ("plate",)),
        initial={"hung_on": localdate(), "community": first},
    )  # fmt: skip

    def act() -> str:
        actions.hang_plate(at=now(), by=request.user, **form.cleaned_data)
        return reverse("campaigns:plates")

    return ask(
        request, form, act, done=_("已登记。"), tab="plates", heading=_("登记牌子"),
        lede=_("写明谁要求挂的、为什么。"), verb=_("登记"), back=reverse("campaigns:plates"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def remove_plate(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a plate was taken down."""
    one = get_object_or_404(
        Plate.objects.visible_to(request.user).select_related("community"), pk=pk
    )
    form = RemovalForm(request.POST or None, initial={"on": localdate()})

    def act() -> str:
        actions.remove_plate(one, at=now(), by=request.user, **form.cleaned_data)
        return reverse("campaigns:plates")

    return ask(
        request, form, act, done=_("已登记摘牌。"), tab="plates", heading=_("登记摘牌"),
        lede=f"{one.community} · {one.text}", verb=_("登记"), back=reverse("campaigns:plates"),
    )  # fmt: skip
