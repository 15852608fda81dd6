"""The library of working methods, and what is on trial where."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound

from .. import actions, queries
from ..forms import registers as forms
from ..models import Pilot, WorkMethod
from ..scope import keeps_register
from .people_of_units import ask
from .take_overs import must_keep_some
from .units import must_read_units


@login_required
@require_GET
def methods(request: SignedIn) -> HttpResponse:
    """List the published methods by words; and those that wait for the reader to publish them."""
    must_read_units(request.user)
    q = request.GET.get("q", "").strip()[:40]
    after = request.GET.get("cursor", "")
    page, cursor = queries.methods_page(q, int(after) if after.isdecimal() else 0)
    context = {
        "rows": page,
        "next_cursor": cursor,
        "waiting": queries.methods_waiting(request.user),
        "search": {"name": "q", "value": q, "placeholder": _("名称、做法或关键词")},
        "q": q,
        "may_write": queries.keeps_some(request.user),
    }
    return render(request, "orgs/units/methods.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_method(request: SignedIn) -> HttpResponse:
    """Hand in a method; the unit above publishes it."""
    must_keep_some(request.user)
    form = forms.MethodForm(request.POST or None, actor=request.user)

    def act() -> None:
        actions.write_method(at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("已提交，由上级党组织审核发布。"), back=reverse("orgs:methods"),
        heading=_("提交工作法"), verb=_("提交"), back_label=_("工作法库"),
        lede=_("写清楚怎么做，别的支部照着就能做。"),
    )  # fmt: skip


@login_required
@require_GET
def method(request: SignedIn, pk: int) -> HttpResponse:
    """Show one method, who learnt it, and what the reader may do with it."""
    must_read_units(request.user)
    rows = WorkMethod.objects.visible_to(request.user).select_related("unit__parent", "by")
    one = get_object_or_404(rows, pk=pk)
    above = one.unit.parent or one.unit
    is_out = bool(one.published_on and not one.withdrawn_on)
    context = {
        "method": one,
        "is_out": is_out,
        "uses": one.uses.select_related("unit").order_by("-on", "-pk")[:100],
        "may_publish": keeps_register(request.user, above.path),
        "may_use": is_out and queries.keeps_some(request.user),
    }
    return render(request, "orgs/units/method.html", context)


@login_required
@require_POST
def publish(request: SignedIn, pk: int) -> HttpResponse:
    """Publish a method, or take it out again."""
    one = get_object_or_404(WorkMethod.objects.visible_to(request.user), pk=pk)
    if one.published_on and not one.withdrawn_on:
        actions.withdraw_method(method=one, at=now(), by=request.user)
        messages.success(request, _("已撤下。"))
    else:
        actions.publish_method(method=one, at=now(), by=request.user)
        messages.success(request, _("已发布。"))
    return redirect("orgs:method", pk)


@login_required
@require_http_methods(["GET", "POST"])
def use(request: SignedIn, pk: int) -> HttpResponse:
    """Say that a unit takes a method over."""
    one = get_object_or_404(WorkMethod.objects.public(), pk=pk)
    form = forms.UseForm(request.POST or None, actor=request.user)

    def act() -> None:
        actions.use_method(method=one, at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("已登记学用。"), back=reverse("orgs:method", args=[pk]),
        heading=_("登记学用"), verb=_("登记"), back_label=one.title, lede=one.summary,
    )  # fmt: skip


@login_required
@require_GET
def pilots(request: SignedIn) -> HttpResponse:
    """List what is on trial and where; elsewhere it is off."""
    must_read_units(request.user)
    rows = Pilot.objects.public().prefetch_related("regions").select_related("by")
    context = {
        "rows": list(rows.order_by("to_date", "-pk")[:50]),
        "may_start": queries.keeps_some(request.user),
    }
    return render(request, "orgs/units/pilots.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_pilot(request: SignedIn) -> HttpResponse:
    """Put a feature on trial in some communities."""
    must_keep_some(request.user)
    form = forms.PilotForm(request.POST or None, actor=request.user)

    def act() -> None:
        actions.start_pilot(at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("试点已开始。"), back=reverse("orgs:pilots"),
        heading=_("开始试点"), verb=_("开始试点"), back_label=_("试点"),
        lede=_("从开始之日起，只在选中的社区（村）可以办；别处不能办，直到试点结束。"),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def pilot(request: SignedIn, pk: int) -> HttpResponse:
    """Change where a feature is on trial, or end the trial."""
    must_keep_some(request.user)
    one = get_object_or_404(Pilot.objects.public(), pk=pk)
    if one.to_date:
        raise NotFound(_("试点已结束。"))
    if request.method == "POST" and "end" in request.POST:
        actions.change_pilot(pilot=one, at=now(), by=request.user, end=True)
        messages.success(request, _("试点已结束，现在各处都可以办。"))
        return redirect("orgs:pilots")
    form = forms.PilotForm(request.POST or None, actor=request.user, pilot=one)

    def act() -> None:
        regions = form.cleaned_data["regions"]
        actions.change_pilot(pilot=one, regions=regions, at=now(), by=request.user)

    return ask(
        request, form, act, done=_("试点范围已调整。"), back=reverse("orgs:pilots"),
        heading=_("调整试点范围"), verb=_("保存范围"), back_label=_("试点"),
        lede=str(one.get_feature_display()),
    )  # fmt: skip
