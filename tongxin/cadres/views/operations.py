"""Emergency mode: switched on, led through its phases, switched off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, unit_reach
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

from .. import actions
from ..forms import EndForm, OperationForm, PhaseForm, region_of_choice
from ..models import AllocationRun, Operation, Secondment
from ..queries.pool import pool_figures
from ..scope import LEADS, ORDERERS, leads
from .common import ask, carried_out, directed_operation, found, me, operation_of


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Switch emergency mode on, by an order."""
    if not actions.may_start(me(request)):
        raise NotFound(_("没有找到，或您看不到它。"))
    lands, orgs = _places(request.user), _orderers(request.user)
    form = OperationForm(request.POST or None, lands=lands, orgs=orgs)
    made: list[Operation] = []

    def act(data: dict[str, Any]) -> None:
        given = {name: data[name] for name in ("name", "document_no", "reason", "ends_on")}
        org = found(Org.objects.public().select_related("region"), int(data["ordered_by"]))
        region = region_of_choice(data["region"])
        made.append(
            actions.start_operation(
                region=region, ordered_by=org, at=now(), by=me(request), **given
            )
        )

    if carried_out(request, form, act):
        messages.success(request, _("已启动。下一步：汇总干部名单，确定各社区需求。"))
        return redirect("cadres:operation", made[0].pk)
    return ask(
        request, form, heading=_("启动应急行动"), verb=_("启动"), icon="alarm",
        back=reverse("cadres:home"),
        lede=_("凭决定启动：谁决定、为什么、从何时到何时。启动后本区域工作页面会显示提示。"),
    )  # fmt: skip


def _places(actor) -> list[Land]:
    """Return the districts and streets on the actor's land."""
    levels = {Region.Level.DISTRICT, Region.Level.STREET}
    paths = [post.path for post in posts_of(actor) if post.role in (*LEADS, *ORDERERS)]
    return [
        land
        for land in world().lands
        if land.level in levels and any(land.path.startswith(path) for path in paths)
    ]


def _orderers(actor) -> list[Org]:
    """Return who could have ordered it: party units and governments of the actor's land."""
    inside = unit_reach(actor, ORDERERS, column="path")
    for post in posts_of(actor):
        if post.role in LEADS:
            inside |= Q(region__path__under=post.path)
    rows = Org.objects.public().filter(inside, kind__in=("party", "government"))
    levels = (Region.Level.DISTRICT, Region.Level.STREET)
    return list(rows.filter(region__level__in=levels).order_by("region__path", "-kind", "pk")[:200])


@login_required
@require_GET
def operation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one operation: order, phases, and how far pool, needs, allocation and guides are."""
    one = operation_of(request, pk)
    today = localdate()
    serving = Secondment.objects.visible_to(request.user).serving_on(today).filter(operation=one)
    directs = leads(request.user, one)
    runs = AllocationRun.objects.visible_to(request.user).filter(operation=one)
    context = {
        "operation": one,
        "days": (one.ends_on - today).days,
        "phases": one.phases.select_related("by"),
        "serving": serving.count(),
        "places": serving.values("community").distinct().count(),
        "guides": one.guides.filter(is_current=True).order_by("pk"),
        "directs": directs,
        "figures": pool_figures(one) if directs else None,
        "run": runs.exclude(state="dropped").order_by("-number").first() if directs else None,
    }
    return render(request, "cadres/operation.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def phase(request: HttpRequest, pk: int) -> HttpResponse:
    """Go over to the regular phase, or prolong."""
    one = directed_operation(request, pk)
    form = PhaseForm(request.POST or None, initial={"phase": "regular", "keep": True})

    def act(data: dict[str, Any]) -> None:
        kept = actions.enter_phase(operation=one, at=now(), by=me(request), **data)
        messages.success(request, _("已办理，%d 名干部延长。") % kept)

    if carried_out(request, form, act):
        return redirect("cadres:operation", one.pk)
    return ask(
        request, form, heading=_("转段或延期"), verb=_("确定"), icon="calendar-plus",
        back=reverse("cadres:operation", args=[one.pk]),
        lede=_("现在是%(phase)s，计划到 %(day)s。") % {"phase": one.get_phase_display(), "day": one.ends_on},
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch emergency mode off."""
    one = directed_operation(request, pk)
    form = EndForm(request.POST or None)

    def act(data: dict[str, Any]) -> None:
        actions.end_operation(operation=one, at=now(), by=me(request), **data)
        messages.success(request, _("“%s”已结束。") % one.name)

    if carried_out(request, form, act):
        return redirect("cadres:home")
    serving = Secondment.objects.visible_to(request.user).standing().filter(operation=one).count()
    return ask(
        request, form, heading=_("结束应急行动"), verb=_("结束"), icon="player-stop", danger=True,
        back=reverse("cadres:operation", args=[one.pk]),
        lede=_("还有 %d 名干部在岗。结束前要说明他们的去留。") % serving if serving else _("没有在岗干部。"),
    )  # fmt: skip
