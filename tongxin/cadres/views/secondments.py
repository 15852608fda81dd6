"""Who serves where; one secondment with its two lines and what happened to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.kit.errors import NotFound
from tongxin.regions.queries import get_land, place_name

from .. import actions
from ..forms import FieldUnitForm, ProlongForm, RecallForm, TransferForm, region_of_choice
from ..models import Secondment
from ..queries.needs import communities_of
from ..queries.ratings import span_of, sums_of
from ..scope import rates
from .common import ask, carried_out, found, me, page_of

RELATED = ("person", "from_unit", "community", "office", "operation")
ICONS = {
    "begun": ("login", "working"), "prolonged": ("calendar-plus", "working"),
    "transferred": ("arrows-exchange", "waiting"), "recalled": ("arrow-back-up", "late"),
    "finished": ("check", "done"), "closed": ("flag", "done"), "joined": ("flag", "working"),
}  # fmt: skip


@login_required
@require_GET
def secondments(request: HttpRequest) -> HttpResponse:
    """List who serves, or served, on either line of the actor."""
    today = localdate()
    rows = Secondment.objects.visible_to(request.user)
    state = request.GET.get("state", "now")
    rows = rows.filter(ended_on__lt=today) if state == "over" else rows.serving_on(today)
    operation = request.GET.get("operation", "")
    if operation.isdecimal():
        rows = rows.filter(operation=int(operation))
    land = get_land(request.GET["region"]) if request.GET.get("region") else None
    if land is not None:
        rows = rows.filter(community__path__under=land.path)
    if q := request.GET.get("q", "").strip()[:20]:
        rows = rows.filter(person__name__contains=q)
    page, next_cursor = page_of(request, rows.select_related(*RELATED).defer("community__polygon"))
    context = {
        "rows": [(one, place_name(one.community.path)) for one in page],
        "next_cursor": next_cursor,
        "land": land,
        "search": {"name": "q", "value": q, "placeholder": _("姓名")},
        "filters": [
            {"name": "state", "label": _("状态"), "value": state,
             "choices": [("now", _("在岗")), ("over", _("已结束"))]}
        ],
        "hidden": [(n, request.GET[n]) for n in ("operation", "region") if request.GET.get(n)],
    }  # fmt: skip
    return render(request, "cadres/secondments.html", context)


def _row(request: HttpRequest, pk: int) -> Secondment:
    rows = Secondment.objects.visible_to(request.user).select_related(
        *RELATED, "field_unit", "before__community", "operation__region", "operation__ordered_by"
    )
    return found(rows.defer("community__polygon", "operation__region__polygon"), pk)


@login_required
@require_GET
def secondment(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one: home line and field line, its days, its history, this month's ratings."""
    row = _row(request, pk)
    today = localdate()
    first, last = span_of("month", today)
    _same, month = sums_of([row], first, last, today)[row.pk]
    context = {
        "row": row,
        "place": place_name(row.community.path),
        "serving": row.from_date <= today <= row.last_day,
        "events": [
            {"who": one.by.name if one.by else _("系统"), "what": one.get_kind_display(),
             "at": one.at, "facts": [one.text], "note": one.note,
             "icon": ICONS[one.kind][0], "tone": ICONS[one.kind][1]}
            for one in row.events.select_related("by")
        ],
        "month": month,
        "days": row.ratings.order_by("-day")[:14],
        "directs": not row.ended_on and actions.may_direct(me(request), row),
        "may_recall": not row.ended_on and actions.may_recall(me(request), row),
        "may_join": not row.ended_on and actions.may_join(me(request), row),
        "may_rate": rates(request.user, row.community.path),
    }  # fmt: skip
    return render(request, "cadres/secondment.html", context)


def _back(row: Secondment) -> str:
    return reverse("cadres:secondment", args=[row.pk])


@login_required
@require_http_methods(["GET", "POST"])
def prolong(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody serve longer."""
    row = _row(request, pk)
    if not actions.may_direct(me(request), row):
        raise NotFound(_("没有找到，或您看不到它。"))
    form = ProlongForm(request.POST or None)

    def act(data: dict[str, Any]) -> None:
        actions.prolong(secondment=row, at=now(), by=me(request), **data)

    if carried_out(request, form, act):
        messages.success(request, _("已延长。"))
        return redirect(_back(row))
    return ask(
        request, form, heading=_("延长%s的下沉时间") % row.person, verb=_("延长"),
        icon="calendar-plus", back=_back(row), lede=_("现在的末日是 %s。") % row.to_date,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Move somebody to another community from tomorrow on."""
    row = _row(request, pk)
    if not actions.may_direct(me(request), row):
        raise NotFound(_("没有找到，或您看不到它。"))
    lands = [
        land for land in communities_of(row.operation.region.path) if land.id != row.community_id
    ]
    form = TransferForm(request.POST or None, lands=lands)
    made: list[Secondment] = []

    def act(data: dict[str, Any]) -> None:
        community = region_of_choice(data["community"])
        made.append(
            actions.transfer(
                secondment=row, community=community, note=data["note"], at=now(), by=me(request)
            )
        )

    if carried_out(request, form, act):
        messages.success(request, _("已调整，明天起生效。"))
        return redirect(_back(made[0]))
    return ask(
        request, form, heading=_("调整%s的点位") % row.person, verb=_("调整"),
        icon="arrows-exchange", back=_back(row),
        lede=_("今天仍在%s，明天起到新的社区；末日不变。") % row.community,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's service."""
    row = _row(request, pk)
    if not actions.may_recall(me(request), row):
        raise NotFound(_("没有找到，或您看不到它。"))
    form = RecallForm(request.POST or None)

    def act(data: dict[str, Any]) -> None:
        actions.recall(secondment=row, at=now(), by=me(request), **data)

    if carried_out(request, form, act):
        messages.success(request, _("已召回，今天是最后一天。"))
        return redirect(_back(row))
    return ask(
        request, form, heading=_("召回%s") % row.person, verb=_("召回"), icon="arrow-back-up",
        back=_back(row), danger=True, lede=_("今天是最后一天，明天起回%s。") % row.from_unit,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def field_unit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put somebody into a temporary unit of the place, or take them out."""
    row = _row(request, pk)
    if row.ended_on or not actions.may_join(me(request), row):
        raise NotFound(_("没有找到，或您看不到它。"))
    units = actions.field_units(row)
    form = FieldUnitForm(request.POST or None, units=units, initial={"unit": row.field_unit_id})

    def act(data: dict[str, Any]) -> None:
        actions.join_field_unit(secondment=row, at=now(), by=me(request), **data)

    if carried_out(request, form, act):
        messages.success(request, _("已保存。"))
        return redirect(_back(row))
    return ask(
        request, form, heading=_("%s的临时党组织") % row.person, verb=_("保存"), icon="flag",
        back=_back(row), lede=_("组织关系不变，下沉期间在这里过组织生活。"),
    )  # fmt: skip
