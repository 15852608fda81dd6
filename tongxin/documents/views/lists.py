"""Lists: what waits for me, what my unit wrote, what came in; and the fragment other pages load."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.cases.flow import get_flow
from tongxin.ui.paging import page_of

from .. import queries
from .common import PAGE, kinds_in_use, must_have_desk, number_of, show


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """What waits for me: to finish, check, countersign, sign, issue or judge; and what came in."""
    must_have_desk(request.user)
    rows = queries.my_turn(request.user).select_related("kind", "org", "case", "drafter", "number__register")  # fmt: skip
    found, next_cursor = queries.page_by_uuid(
        queries.with_reply_figures(rows), request.GET.get("cursor", ""), PAGE
    )
    context = {
        "rows": found,
        "next_cursor": next_cursor,
        "waiting": list(queries.waiting_in(request.user).order_by("case__due_at", "-id")[:20]),
        "at": now(),
    }
    return show(request, "home", context, tab="home")


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """What the units I write for or oversee have written; by kind, state, unit and words."""
    must_have_desk(request.user)
    get = request.GET
    at, steps = now(), {one.name: one.label for one in get_flow("document").steps}
    kind, step, words = get.get("kind", "")[:30], get.get("step", ""), get.get("q", "").strip()[:60]
    rows = queries.listed_documents(
        request.user, kind=kind, step=step if step in steps else "", words=words,
        org=number_of(request, "unit") or 0, late_at=at if step == "late" else None,
    )  # fmt: skip
    found, next_cursor = queries.page_by_uuid(
        queries.with_reply_figures(rows), get.get("cursor", ""), PAGE
    )
    units = [("", _("全部")), *((str(one.pk), one.name) for one in queries.units_written_for(request.user))]  # fmt: skip
    kinds = [("", _("全部")), *((one.code, one.name) for one in kinds_in_use())]
    states = [("", _("全部")), ("late", _("回复逾期")), *steps.items()]
    filters = [
        {"name": "kind", "label": _("文种"), "value": kind, "choices": kinds},
        {"name": "step", "label": _("状态"), "value": step, "choices": states},
    ]
    if len(units) > 2:
        filters.append({"name": "unit", "label": _("单位"), "value": get.get("unit", ""), "choices": units})  # fmt: skip
    context: dict[str, Any] = {
        "rows": found,
        "next_cursor": next_cursor,
        "filters": filters,
        "search": {"name": "q", "value": words, "placeholder": _("标题或事由")},
        "is_narrowed": bool(kind or step or words),
    }
    return show(request, "all", context, tab="all")


@login_required
@require_safe
def inbox(request: SignedIn) -> HttpResponse:
    """What came in to my unit: newest first, what asks for a reply marked with its day."""
    must_have_desk(request.user)
    state = request.GET.get("state", "")
    rows = queries.waiting_in(request.user) if state == "open" else queries.received(request.user)
    found, next_cursor = page_of(rows, request.GET.get("cursor", ""), PAGE)
    choices = [("", _("全部")), ("open", _("待签收、待回复"))]
    context = {
        "rows": found,
        "next_cursor": next_cursor,
        "filters": [{"name": "state", "label": _("状态"), "value": state, "choices": choices}],
        "at": now(),
    }
    return show(request, "inbox", context, tab="inbox")


@login_required
@require_safe
def of(request: SignedIn) -> HttpResponse:
    """The documents about something of another app, `?source=kind:id`, as a fragment for its page.

    With `&new=kind,kind` and label and url it offers to begin one.
    """
    kind, _colon, pk = request.GET.get("source", "").partition(":")
    rows = list(queries.about(request.user, kind[:30], pk[:64])[:20]) if pk else []
    offers = []
    wanted = request.GET.get("new", "").split(",")
    if pk and any(wanted) and queries.units_written_for(request.user).exists():
        given = {"source": f"{kind}:{pk}", "label": request.GET.get("label", ""), "url": request.GET.get("url", "")}  # fmt: skip
        offers = [
            {
                "label": one.name,
                "url": f"{reverse('documents:new')}?{urlencode({'kind': one.code, **given})}",
            }  # fmt: skip
            for one in kinds_in_use()
            if one.code in wanted
        ]
    return render(request, "documents/of.html", {"rows": rows, "offers": offers})
