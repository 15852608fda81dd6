"""Households helped and their subsidies; letters of thanks, from the link to the public page."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register
from tongxin.ui.forms import ReasonForm

from .. import actions, queries
from ..actions.common import is_above
from ..forms import (
    ClosePlanForm,
    FinishForm,
    HelpForm,
    InspectForm,
    ModerateForm,
    PayForm,
    PlanForm,
    ProofForm,
    SubsidyForm,
    TakeBackForm,
    ThanksForm,
    WhyForm,
)
from ..models import AssistancePlan, HelpItem, Subsidy, Thanks
from ..rules import in_force
from ..sight import village_ids
from .common import PAGE, act, check_entrance, page_of
from .villages import get_village


@login_required
@require_safe
def plans(request: SignedIn) -> HttpResponse:
    """List the households helped, newest first, without their names."""
    check_entrance(request)
    rows = AssistancePlan.objects.visible_to(request.user)
    villages = queries.villages_of(request.user)
    chosen = request.GET.get("village", "")
    if chosen.isdecimal() and len(chosen) < 10:
        rows = rows.filter(village=int(chosen))
    page, cursor = page_of(queries.with_counts(rows.select_related("village")), request)
    paid = queries.paid_by_plan(page)
    context = {
        "rows": [
            {
                "plan": plan,
                "name": queries.masked_household(plan),
                "paid": actions.yuan(paid[plan.pk]) if paid.get(plan.pk) else "",
            }
            for plan in page
        ],
        "next_cursor": cursor,
        "filters": [
            {
                "name": "village",
                "label": _("村"),
                "value": chosen,
                "choices": [("", _("全部")), *((str(one.pk), one.name) for one in villages)],
            }
        ],
        "village": next((one for one in villages if str(one.pk) == chosen), None),
    }
    return render(request, "secretaries/plans.html", context)


def _plan(request: HttpRequest, pk: int) -> AssistancePlan:
    rows = AssistancePlan.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("village__region", "by").defer("village__region__polygon"), pk=pk
    )


def _works(request: HttpRequest, village: Org) -> bool:
    return village.pk in village_ids(request.user) or keeps_register(request.user, village.path)


@login_required
@require_http_methods(PAGE)
def plan(request: SignedIn, pk: int) -> HttpResponse:
    """Show a household's plan; its name for a reason, which is written down."""
    found = _plan(request, pk)
    form, name, status = ReasonForm(request.POST or None), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                name = actions.reveal_household(
                    plan=found,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                    at=now(),
                    address=address_of(request),
                )
                status = 200
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
    kinds, projects = in_force("help", localdate()), in_force("subsidies", localdate())
    subsidies = found.subsidies.select_related("inspector").prefetch_related("entries__by")
    context: dict[str, Any] = {
        "plan": found,
        "name": name or queries.masked_household(found),
        "shown": bool(name),
        "form": form,
        "items": [
            {"item": item, "kind": kinds.title(item.kind), "worth": _money(item.worth_fen)}
            for item in found.items.select_related("done_by").order_by("due", "pk")
        ],
        "subsidies": [
            {
                "one": one,
                "kind": projects.title(one.kind),
                "asked": actions.yuan(one.asked_fen),
                "cost": actions.yuan(one.cost_fen),
                "granted": _money(one.granted_fen),
                "steps": _steps(one),
                "entries": [(entry, actions.yuan(entry.fen)) for entry in one.entries.all()],
            }
            for one in subsidies.order_by("pk")
        ],
        "today": localdate(),
        "may_work": _works(request, found.village) and not found.closed_on,
        "may_reveal": _works(request, found.village),
        "is_above": is_above(request.user, found.village),
    }
    return render(request, "secretaries/plan.html", context, status=status)


def _money(fen: int) -> str:
    return actions.yuan(fen) if fen else ""


def _steps(one: Subsidy) -> list[dict[str, str]]:
    """Return the way of a subsidy as `ui/parts/steps.html` draws it."""
    ways = {"applied": 1, "built": 2, "failed": 1, "passed": 3, "paid": 4, "refused": 0}
    reached = ways[one.state]
    labels = [_("申请"), _("建成"), _("验收"), _("补助")]
    return [
        {"label": label, "state": "done" if n < reached else "now" if n == reached else "todo"}
        for n, label in enumerate(labels)
    ]


@login_required
@require_http_methods(PAGE)
def new_plan(request: SignedIn, pk: int) -> HttpResponse:
    village = get_village(request, pk)
    form = PlanForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.open_plan(village=village, by=request.user, at=now(), **form.cleaned_data),
        title=_("建立帮扶计划"),
        lede=village.name,
        button=_("建立"),
        icon="home-plus",
        back=f"{reverse('secretaries:plans')}?village={village.pk}",
        done=_("已建立帮扶计划，户主姓名已加密。"),
    )


@login_required
@require_http_methods(PAGE)
def add_help(request: SignedIn, pk: int) -> HttpResponse:
    found = _plan(request, pk)
    choices = in_force("help", localdate()).choices
    form = HelpForm(request.POST or None, choices=choices)
    return act(
        request,
        form,
        lambda: actions.add_help(plan=found, by=request.user, at=now(), **form.cleaned_data),
        title=_("安排帮扶"),
        lede=f"{found.village.name} · {queries.masked_household(found)}",
        button=_("安排"),
        icon="plus",
        back=reverse("secretaries:plan", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def finish(request: SignedIn, pk: int, item: int) -> HttpResponse:
    found = _plan(request, pk)
    one: HelpItem = get_object_or_404(found.items, pk=item)
    form = FinishForm(request.POST or None, request.FILES or None)
    return act(
        request,
        form,
        lambda: actions.finish_help(
            item=one,
            note=form.cleaned_data["note"],
            photo=form.picture,
            by=request.user,
            at=now(),
        ),
        title=_("完成帮扶"),
        lede=one.title,
        button=_("完成"),
        back=reverse("secretaries:plan", args=[pk]),
        done=_("已完成，照片已留存。"),
    )


@login_required
@require_http_methods(PAGE)
def close(request: SignedIn, pk: int) -> HttpResponse:
    found = _plan(request, pk)
    form = ClosePlanForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.close_plan(plan=found, by=request.user, at=now(), **form.cleaned_data),
        title=_("结束帮扶计划"),
        lede=found.need,
        button=_("结束"),
        back=reverse("secretaries:plan", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def apply(request: SignedIn, pk: int) -> HttpResponse:
    found = _plan(request, pk)
    rules = in_force("subsidies", localdate())
    form = SubsidyForm(request.POST or None, choices=rules.choices)
    facts = [
        (
            row["title"],
            _("每项最多 %(each)s 元，每户每年 %(year)s 元，不超过投入的 %(percent)s%%")
            % {
                "each": actions.yuan(int(row["each_fen"])),
                "year": actions.yuan(int(row["year_fen"])),
                "percent": row["percent"],
            },
        )
        for row in rules
    ]
    return act(
        request,
        form,
        lambda: actions.apply_subsidy(
            plan=found,
            kind=form.cleaned_data["kind"],
            title=form.cleaned_data["title"],
            cost_fen=form.cleaned_data["cost"],
            asked_fen=form.cleaned_data["asked"],
            by=request.user,
            at=now(),
        ),
        title=_("申请先建后补"),
        lede=_("先申请，再建设；建成、由他人验收合格后才补助。依据：%s") % rules.source,
        facts=facts,
        button=_("申请"),
        back=reverse("secretaries:plan", args=[pk]),
    )


def _subsidy(request: HttpRequest, pk: int, subsidy: int) -> tuple[AssistancePlan, Subsidy]:
    found = _plan(request, pk)
    return found, get_object_or_404(found.subsidies, pk=subsidy)


@login_required
@require_http_methods(PAGE)
def built(request: SignedIn, pk: int, subsidy: int) -> HttpResponse:
    _found, one = _subsidy(request, pk, subsidy)
    form = ProofForm(request.POST or None, request.FILES or None)
    return act(
        request,
        form,
        lambda: actions.report_built(subsidy=one, photo=form.picture, by=request.user, at=now()),
        title=_("报建成"),
        lede=one.title,
        button=_("报建成"),
        icon="building",
        back=reverse("secretaries:plan", args=[pk]),
        done=_("已报建成，等待上级验收。"),
    )


@login_required
@require_http_methods(PAGE)
def inspect(request: SignedIn, pk: int, subsidy: int) -> HttpResponse:
    _found, one = _subsidy(request, pk, subsidy)
    form = InspectForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.inspect_subsidy(
            subsidy=one,
            passed=form.cleaned_data["passed"] == "yes",
            granted_fen=form.cleaned_data["granted"],
            finding=form.cleaned_data["finding"],
            by=request.user,
            at=now(),
        ),
        title=_("现场验收"),
        lede=_("%(title)s，申请 %(yuan)s 元")
        % {"title": one.title, "yuan": actions.yuan(one.asked_fen)},
        button=_("提交验收"),
        icon="eye-check",
        back=reverse("secretaries:plan", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def refuse(request: SignedIn, pk: int, subsidy: int) -> HttpResponse:
    _found, one = _subsidy(request, pk, subsidy)
    form = WhyForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.refuse_subsidy(subsidy=one, by=request.user, at=now(), **form.cleaned_data),
        title=_("不予补助"),
        lede=one.title,
        button=_("不予补助"),
        icon="x",
        back=reverse("secretaries:plan", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def pay(request: SignedIn, pk: int, subsidy: int) -> HttpResponse:
    _found, one = _subsidy(request, pk, subsidy)
    form = PayForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.pay_subsidy(subsidy=one, by=request.user, at=now(), **form.cleaned_data),
        title=_("办理补助"),
        lede=_("%(title)s，核定 %(yuan)s 元")
        % {"title": one.title, "yuan": actions.yuan(one.granted_fen)},
        button=_("确认补助"),
        icon="coin-yuan",
        back=reverse("secretaries:plan", args=[pk]),
        done=_("已记入补助台账。"),
    )


@login_required
@require_http_methods(PAGE)
def back(request: SignedIn, pk: int, subsidy: int) -> HttpResponse:
    _found, one = _subsidy(request, pk, subsidy)
    form = TakeBackForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.take_back(
            subsidy=one,
            fen=form.cleaned_data["amount"],
            voucher=form.cleaned_data["voucher"],
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=now(),
        ),
        title=_("补助退回"),
        lede=one.title,
        button=_("记入退回"),
        icon="receipt-refund",
        back=reverse("secretaries:plan", args=[pk]),
    )


# Thanks.


@never_cache
@require_http_methods(PAGE)
def thank(request: HttpRequest, token: str) -> HttpResponse:
    """Write a letter of thanks by a link, without signing in."""
    try:
        village, to, case = actions.target_of_token(token)
    except actions.BadLink as refusal:
        context: dict[str, Any] = {"refusal": refusal}
        return render(request, "secretaries/thank_over.html", context, status=refusal.status)
    form, status = ThanksForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.send_thanks(token=token, at=now(), **form.cleaned_data)
                return redirect("secretaries:thanked", village.pk)
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
    context = {"form": form, "village": village, "to": to, "case": case}
    return render(request, "secretaries/thank.html", context, status=status)


@require_safe
def thanked(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the letters of a village whose writers agreed, after they were looked at; public."""
    village = get_object_or_404(Org.objects.public().select_related("region"), pk=pk, kind="party")
    rows = Thanks.objects.public().filter(village=village).select_related("to")
    page, cursor = page_of(rows, request, 20)
    context = {"village": village, "letters": page, "next_cursor": cursor}
    return render(request, "secretaries/thanked.html", context)


@login_required
@require_safe
def letters(request: SignedIn) -> HttpResponse:
    """List the letters of one's villages, those that wait first, with the links to write by."""
    check_entrance(request)
    rows = Thanks.objects.visible_to(request.user).select_related("village", "to", "case")
    waiting = list(rows.filter(state=Thanks.State.WAITING).order_by("pk")[:100])
    page, cursor = page_of(rows.exclude(state=Thanks.State.WAITING), request)
    context = {
        "waiting": waiting,
        "letters": page,
        "next_cursor": cursor,
        "mine": request.user.pk,
    }
    return render(request, "secretaries/letters.html", context)


@login_required
@require_http_methods(PAGE)
def moderate(request: SignedIn, pk: int) -> HttpResponse:
    letter = get_object_or_404(
        Thanks.objects.visible_to(request.user).select_related("village", "to"), pk=pk
    )
    form = ModerateForm(request.POST or None)
    agreed = _("同意公开") if letter.consent else _("不同意公开，只能留存")
    return act(
        request,
        form,
        lambda: actions.moderate_thanks(
            thanks=letter, by=request.user, at=now(), **form.cleaned_data
        ),
        title=_("审核感谢信"),
        facts=[
            (_("写给"), letter.to),
            (_("内容"), letter.text),
            (_("署名"), letter.signed or _("未署名")),
            (_("写信人"), agreed),
        ],
        button=_("提交"),
        back=reverse("secretaries:letters"),
    )


@login_required
@require_safe
def card(request: SignedIn, pk: int) -> HttpResponse:
    """Show the QR code by which residents of a village thank its first secretary, to be printed."""
    village = get_village(request, pk)
    one = queries.coverage_of([village], on=localdate()).villages[0]
    if one.first is None:
        raise NotFound(_("这个村现在没有第一书记。"))
    case, number = None, request.GET.get("case", "").strip()[:40]
    if number:  # a letter about one order is kept with it
        case = get_object_or_404(Case.objects.visible_to(request.user), number=number)
    token = actions.thanks_token(village=village, to=one.first.user, case=case)
    url = request.build_absolute_uri(reverse("secretaries:thank", args=[token]))
    drawn = segno.make(url, error="m").svg_inline(scale=6, border=2, svgclass="qr", lineclass=None)
    context = {
        "village": village,
        "to": one.first.user,
        "url": url,
        "case": case,
        "code": mark_safe(drawn),  # noqa: S308 (drawn here from our own address)
    }
    return render(request, "secretaries/card.html", context)
