"""Draws: made, shown with how they came about, computed again, drawn anew for a reason."""

from __future__ import annotations

from secrets import randbelow
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.regions.queries import world

from .. import actions, queries
from ..forms import DrawForm
from ..models import SamplingPlan, SiteKind, SiteVisit
from .common import FORM, PAGE, ask, must_be_inside, run_operation, seen_operation, show_part


@login_required
@require_GET
def draws(request: SignedIn, pk: int) -> HttpResponse:
    """List the draws of an operation, the latest first."""
    row = seen_operation(request, pk)
    must_be_inside(request, row)
    rows = SamplingPlan.objects.visible_to(request.user).filter(operation=row)
    found = rows.select_related("by", "redrawn").prefetch_related("sites").order_by("-pk")[:PAGE]
    labels = {kind.value: kind.label for kind in SiteKind}
    context = {
        "rows": [(one, [labels[k] for k in one.kinds], len(one.sites.all())) for one in found]
    }
    return show_part(request, row, "draws", context)


@login_required
@require_http_methods(FORM)
def new(request: SignedIn, pk: int) -> HttpResponse:
    """Draw sites and people."""
    row = run_operation(request, pk)
    return _draw(request, row, None)


@login_required
@require_http_methods(FORM)
def again(request: SignedIn, pk: int) -> HttpResponse:
    """Draw anew, for a reason."""
    before = seen_draw(request, pk)
    row = run_operation(request, before.operation_id)
    return _draw(request, row, before)


def _draw(request: SignedIn, row, before: SamplingPlan | None) -> HttpResponse:
    # A number to begin with; whoever draws in public writes theirs over it.
    initial = {"key": uuid4().hex, "seed": f"{localdate():%Y%m%d}-{randbelow(10**6):06d}"}
    if before:
        names = ("kinds", "per_stratum", "per_site", "reason")
        initial |= {name: getattr(before, name) for name in names}
    form = DrawForm(request.POST or None, initial=initial, is_redraw=before is not None)

    def act() -> str:
        made = actions.draw_sample(
            operation=row, redraws=before, by=request.user, at=now(), **form.cleaned_data
        )
        return reverse("inspections:draw", args=[made.pk])

    return ask(
        request, form, act, done=_("抽取完成，结果和算法都已留存。"),
        heading=_("重新抽取") if before else _("随机抽取点位和人员"), verb=_("抽取"),
        lede=_("按点位类型和街镇分层抽取；应当回避的人不会抽到自己的单位、街镇和社区。"),
        back=reverse("inspections:draws", args=[row.pk]),
    )  # fmt: skip


def seen_draw(request: SignedIn, pk: int) -> SamplingPlan:
    rows = SamplingPlan.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("operation__org", "by", "redraws"), pk=pk)


@login_required
@require_GET
def draw(request: SignedIn, pk: int) -> HttpResponse:
    """Show a draw: each site with its people, whether it was visited, whether the seed gives the same."""
    plan = seen_draw(request, pk)
    operation = seen_operation(request, plan.operation_id)
    visited = dict(
        SiteVisit.objects.visible_to(request.user)
        .filter(dispatch__team__operation=operation, visit__begun_at__isnull=False)
        .values_list("site", "dispatch")
    )
    lands, labels = world().by_path, {kind.value: kind.label for kind in SiteKind}
    rows = []
    for one in plan.sites.select_related("site").prefetch_related("people__user").order_by("order"):
        kind, _bar, path = one.stratum.partition("|")
        rows.append(
            {
                "row": one, "kind": labels.get(kind, kind),
                "street": lands[path].short_name if path in lands else "",
                "people": [person.user.name for person in one.people.all()],
                "away": len(plan.barred.get(one.site.code, {})),
                "dispatch": visited.get(one.site_id),
            }
        )  # fmt: skip
    context = {
        "plan": plan, "rows": rows, "same": queries.recomputed(plan),
        "redrawn": SamplingPlan.objects.visible_to(request.user).filter(redraws=plan).first(),
        "teams": operation.teams.order_by("number") if operation.state == "running" else [],
        "barred": sum(len(one) for one in plan.barred.values()),
    }  # fmt: skip
    return show_part(request, operation, "draw", context)
