"""What units publish: the list with what is missing, publishing, proof, and the public page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import PapersForm, PublishForm, ReasonForm
from ..models import Disclosure
from .frame import PAGE, me, one_of, show, status_of, tried, unit_kept

MOST_GAPS = 60


@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List what the units one keeps must publish, and what is public."""
    today = localdate()
    units = queries.kept_units(request.user)
    missing = queries.gaps(queries.keeping(units), today)
    rows = Disclosure.objects.visible_to(request.user).select_related("unit")
    shown = rows.exclude(state=Disclosure.State.DUE)
    context = {
        "gaps": [{"gap": gap, "late": gap.is_late(today)} for gap in missing[:MOST_GAPS]],
        "late": sum(gap.is_late(today) for gap in missing),
        "more": max(len(missing) - MOST_GAPS, 0),
        "rows": shown.order_by("state", "-public_from", "-pk")[:PAGE],
        "units": units,
        "today": today,
    }
    return show(request, "disclosures", context, tab="disclosures")


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, unit: int) -> HttpResponse:
    """Publish what the rule wants of a period, or something else."""
    org, today = unit_kept(request, unit), localdate()
    code = request.GET.get("code", "other")[:20]
    period = request.GET.get("period", f"{now():%Y%m%d%H%M%S}")[:20]
    return _publishing(request, org, code, period, today)


def _publishing(request: HttpRequest, org: Org, code: str, period: str, today) -> HttpResponse:
    gap = next(
        (g for g in queries.gaps([org], today) if (g.code, g.period) == (code, period)), None
    )
    item = queries.item_of(code, today)
    least = item.least_days if item else 1
    initial = {
        "title": gap.title if gap else "",
        "place": item.place if item else "board",
        "public_from": today,
        "public_to": today + timedelta(days=max(least, 7) - 1),
    }
    form = PublishForm(request.POST or None, initial=initial)
    if request.method == "POST":
        made = tried(
            form,
            lambda: actions.publish(
                unit=org, code=code, period=period, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if made:
            messages.success(request, _("已公开，请按期上传公开栏照片并办结。"))
            return redirect("affairs:disclosure", made.pk)
    context = {"form": form, "unit": org, "gap": gap, "item": item, "least": least}
    return show(request, "publish", context, tab="disclosures", status=status_of(form))


def _row(request: HttpRequest, pk: int) -> Disclosure:
    rows = Disclosure.objects.visible_to(request.user).select_related("unit", "published_by")
    return one_of(rows, pk, _("没有找到这项公开，或您看不到它。"))


@login_required
@require_http_methods(["GET", "POST"])
def disclosure(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an item; one that waits is published here, one that is public gets its proof."""
    row, today = _row(request, pk), localdate()
    keeps = keeps_register(request.user, row.unit.path)
    if row.state == Disclosure.State.DUE and keeps:
        return _publishing(request, row.unit, row.code, row.period, today)
    form = PapersForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.add_proof(
                disclosure=row, papers=form.cleaned_data["papers"], at=now(), by=me(request)
            ),
        )
        if done:
            messages.success(request, _("照片已保存。"))
            return redirect("affairs:disclosure", pk)
    is_over = row.public_to is not None and today >= row.public_to
    context: dict[str, Any] = {
        "row": row,
        "papers": row.papers.select_related("by"),
        "form": form,
        "keeps": keeps,
        "may_finish": keeps and row.state == Disclosure.State.PUBLIC and is_over,
        "item": queries.item_of(row.code, today),
    }
    return show(request, "disclosure", context, tab="disclosures", status=status_of(form))


@login_required
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an item whose days are over and that is proved."""
    row = _row(request, pk)
    actions.finish_disclosure(disclosure=row, papers=(), at=now(), by=me(request))
    messages.success(request, _("已办结。"))
    return redirect("affairs:disclosure", pk)


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an item off the public page; it is due again."""
    row = _row(request, pk)
    unit_kept(request, row.unit_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.withdraw_disclosure(
                disclosure=row, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if done:
            messages.success(request, _("已撤下，请改正后重新公开。"))
            return redirect("affairs:disclosure", pk)
    context = {
        "form": form, "unit": row.unit, "title": _("撤下"), "verb": _("撤下"), "note": row.title,
        "back": row.get_absolute_url(),
    }  # fmt: skip
    return show(request, "dues_form", context, tab="disclosures", status=status_of(form))


@require_GET
def public(request: HttpRequest, unit: int) -> HttpResponse:
    """Show what a unit has published, to anybody; nothing about members."""
    org = one_of(Org.objects.public().filter(kind=Org.Kind.PARTY), unit, _("没有找到这个党组织。"))
    today = localdate()
    rows = Disclosure.objects.public().filter(unit=org, public_from__lte=today)
    context = {
        "unit": org,
        "now_public": rows.filter(public_to__gte=today).order_by("-public_from", "-pk")[:PAGE],
        "before": rows.filter(public_to__lt=today).order_by("-public_from", "-pk")[:PAGE],
    }
    return render(request, "affairs/public.html", context)
