"""The pages of plans: what waits where, one plan before and after, its lines, what became of them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.kit.errors import NotFound, Refused
from tongxin.regions.queries import region_of

from .. import actions
from ..forms import PlanForm
from ..models import Plan, PlanLine
from ..queries import sheet
from ..queries.drafts import POINT, Draft
from .common import me

SHOWN_ALTERNATIVES = 8
PAGE = 20


@login_required
@require_http_methods(["GET", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """List the plans of one's land, and compute a new one."""
    lands = sheet.lands_to_plan(request.user)
    form = PlanForm(request.POST or None, lands=lands) if lands else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            plan = actions.make_plan(
                region=region_of(form.land()),
                at=now(),
                by=me(request),
                as_offer=form.cleaned_data["way"] == "offer",
                key=form.cleaned_data["key"],
            )
        except Refused as refusal:
            form.take(refusal)
        else:
            return redirect("dispatching:plan", pk=plan.pk)
    rows = Plan.objects.visible_to(request.user).defer("instance").select_related("region", "by")
    found = list(rows.order_by("-id")[:PAGE])
    if form is None and not found:
        raise NotFound(_("没有找到，或您看不到它。"))
    context = {
        "form": form,
        "plans": sheet.with_counts(found),
        "waiting": sheet.waiting_in(lands, request.user, now()),
        "key": str(uuid.uuid4()),
        "now": now(),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "dispatching/plans.html", context, status=status)


def _plan(request: HttpRequest, pk: int) -> Plan:
    rows = Plan.objects.visible_to(request.user).select_related("region", "by", "confirmed_by")
    plan = rows.defer("region__polygon").filter(pk=pk).first()
    if plan is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return plan


@login_required
@require_GET
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan: what it gains, its proof, every line with its reason."""
    found, at = _plan(request, pk), now()
    lines = list(found.lines.select_related("case", "case__topic", "person", "was").order_by("row"))
    context: dict[str, Any] = {
        "plan": found,
        "now": at,
        "may_change": found.state == Plan.State.DRAFT
        and actions.may_plan(request.user, found.region.path),
        "may_confirm": actions.may_plan(request.user, found.region.path),
        **sheet.sheet_of(found, lines),
    }
    return render(request, "dispatching/plan.html", context)


@login_required
@require_GET
def line(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Show who else could take an order of a draft, each with what the plan would cost more."""
    found = _plan(request, pk)
    one = found.lines.select_related("case", "person").filter(row=row).first()
    if one is None or not actions.may_plan(request.user, found.region.path):
        raise NotFound(_("没有找到，或您看不到它。"))
    draft = Draft(found)
    others = draft.alternatives(row)[:SHOWN_ALTERNATIVES]
    names = sheet.names_of([int(draft.ids[who]) for who, _more in others])
    context = {
        "plan": found,
        "line": one,
        "others": [
            {
                "id": int(draft.ids[who]),
                "name": names.get(int(draft.ids[who]), ""),
                "more": more / POINT,
                "way": sheet.way_of(draft, row, who),
                "held": int(draft.held[who]) + int((draft.person == who).sum()),
            }
            for who, more in others
        ],
    }
    return render(request, "dispatching/parts/line.html", context)


@login_required
@require_POST
def change(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Give an order of a draft to somebody else, or take it out (no person)."""
    found = _plan(request, pk)
    one = found.lines.select_related("plan", "plan__region").filter(row=row).first()
    if one is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    chosen = request.POST.get("person", "")
    person = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else None
    more = actions.change_line(line=one, person=person, by=me(request))
    if person is None:
        messages.success(request, _("已取出，这张单子留在原处。"))
    else:
        messages.success(request, sheet.more_words(more))
    return redirect(f"{_page(pk)}#line-{row}")


@login_required
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Compute a draft anew, confirm it, or put it away."""
    found = _plan(request, pk)
    verb = request.POST.get("verb", "")
    if verb == "replan":
        saved = actions.replan(plan=found, by=me(request))
        messages.success(request, _("其余的单子已重新算过，省 %.1f 分。") % (saved / POINT))
    elif verb == "drop":
        actions.drop_plan(plan=found, by=me(request))
        messages.success(request, _("方案已作废，没有单子派出。"))
    elif verb == "confirm":
        actions.confirm_plan(plan=found, at=now(), by=me(request))
        _report(request, found)
    return redirect(_page(pk))


def _report(request: HttpRequest, plan: Plan) -> None:
    done = plan.lines.filter(state=PlanLine.State.DONE).count()
    left = plan.lines.filter(state__in=[PlanLine.State.STALE, PlanLine.State.REFUSED]).count()
    words = ngettext("%(n)d 张已派出。", "%(n)d 张已派出。", done) % {"n": done}
    messages.success(request, words)
    waits = plan.lines.filter(state=PlanLine.State.PROPOSED, person__isnull=False).count()
    if waits:
        words = ngettext("另有 %(n)d 张由后台接着派出。", "另有 %(n)d 张由后台接着派出。", waits)
        messages.info(request, words % {"n": waits})
    if left:
        words = ngettext(
            "%(n)d 张没有派成，原因写在各行。", "%(n)d 张没有派成，原因写在各行。", left
        )
        messages.warning(request, words % {"n": left})


def _page(pk: int) -> str:
    return reverse("dispatching:plan", args=[pk])
