"""Campaigns: the list, one with its progress, its tasks, its verbs."""

from __future__ import annotations

from typing import IO, Any, cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.cases.actions import keep_evidence
from tongxin.cases.flow import get_flow
from tongxin.kit.errors import NotFound, Refused
from tongxin.kit.tables_out import write_xlsx
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import Land, get_land, place_name, world

from .. import actions, queries
from ..forms import (
    CampaignForm,
    CloseForm,
    DraftForm,
    ExtendForm,
    ReasonForm,
    TaskForm,
    items_as_text,
)
from ..models import Campaign, CampaignTask
from ..models.campaigns import DOERS, ISSUERS, OVERSEERS
from .common import (
    FORM,
    PAGE,
    admitted_items,
    ask,
    crumbs,
    may_issue,
    own_lands,
    regions_of,
    show,
)

TONES = {"draft": "idle", "issuing": "working", "running": "working", "closed": "done", "withdrawn": "idle"}  # fmt: skip
STATES = {"open": ("draft", "issuing", "running"), "closed": ("closed", "withdrawn")}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """List the campaigns of the reader's land, and the tasks of their own grids."""
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    rows = Campaign.objects.visible_to(request.user).filter(state__in=STATES[state])
    after = request.GET.get("cursor", "")
    if after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.select_related("region", "org").order_by("-pk")[: PAGE + 1])
    tallies = queries.tallies_of(found[:PAGE], request.user)
    labels = {"open": _("进行中"), "closed": _("已结束")}
    today = localdate()
    context = {
        "own": queries.own_tasks(request.user),
        "today": today,
        "segments": [
            {"label": label, "url": f"?state={name}", "active": name == state, "count": None}
            for name, label in labels.items()
        ],
        "rows": [
            {
                "one": one,
                "tone": "late"
                if one.state == "running" and one.due_on < today
                else TONES[one.state],
                "tally": tallies.get(one.pk),
            }
            for one in found[:PAGE]
        ],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "may_propose": may_issue(request),
    }
    return show(request, "home", context, tab="home")


def seen_campaign(request: SignedIn, pk: int) -> Campaign:
    rows = Campaign.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("region", "org", "by", "admitted_by__list"), pk=pk)


def led_campaign(request: SignedIn, pk: int) -> Campaign:
    """:raises NotFound: unless the reader is an officer over the area"""
    one = seen_campaign(request, pk)
    if roles_over(request.user, one.region.path).isdisjoint(ISSUERS):
        raise NotFound(_("没有找到这项专项任务，或不由您管。"))
    return one


def _land_in(request: SignedIn, campaign: Campaign) -> Land:
    """Return the place of a campaign looked at: its area, or what of it is the reader's."""
    whole = world().by_path[campaign.region.path]
    asked = request.GET.get("region", "")
    own = own_lands(request, (*OVERSEERS, *DOERS))
    if asked:
        land = get_land(asked[:18])
        inside = land.path.startswith(whole.path)
        if not inside or not any(land.path.startswith(one.path) for one in own):
            raise NotFound(_("没有找到这个区域，或不归您管。"))
        return land
    if any(whole.path.startswith(one.path) for one in own):
        return whole
    return next((one for one in own if one.path.startswith(whole.path)), whole)


@login_required
@require_GET
def campaign(request: SignedIn, pk: int) -> HttpResponse:
    """Show a campaign with how far it is, place by place."""
    one, at, today = seen_campaign(request, pk), now(), localdate()
    land = _land_in(request, one)
    progress = queries.progress_of(one, land, at=at, actor=request.user)
    url = reverse("campaigns:campaign", args=[pk])
    leads = not roles_over(request.user, one.region.path).isdisjoint(ISSUERS)
    tasks_url = reverse("campaigns:tasks", args=[pk])
    asked = one.approvals.select_related("asked_by", "decided_by").order_by("-asked_at")
    approval = asked.first()

    def cell(part: queries.Progress, name: str, state: str) -> dict[str, Any]:
        value = getattr(part, name)
        words = urlencode({"region": part.land.code, "state": state})
        return {
            "value": value,
            "url": f"{tasks_url}?{words}" if value else "",
            "late": name == "late" and value > 0,
        }

    columns = [("issued", _("待签收"), "issued"), ("accepted", _("办理中"), "accepted"),
               ("done", _("待核查"), "done"), ("closed", _("已完成"), "closed"), ("late", _("超期"), "late")]  # fmt: skip

    def line(part: queries.Progress) -> dict[str, Any]:
        goes_deeper = part.land.level not in (one.level, "grid", "building")
        return {
            "label": part.land.short_name,
            "url": f"{url}?{urlencode({'region': part.land.code})}" if goes_deeper else "",
            "cells": [
                {"value": part.total}, *(cell(part, name, state) for name, _label, state in columns),
                {"value": "—" if part.share is None else f"{part.share}%"},
            ],
        }  # fmt: skip

    context = {
        "one": one,
        "tone": "late" if one.state == "running" and one.due_on < today else TONES[one.state],
        "land": land,
        "crumbs": crumbs(request, land, url) if land.path != one.region.path else [],
        "progress": progress,
        "columns": [{"label": _("区域")}, {"label": _("任务"), "figure": True},
                    *({"label": label, "figure": True} for _name, label, _state in columns),
                    {"label": _("上报率"), "figure": True}],
        "rows": [line(part) for part in progress.children],
        "total_row": line(progress),
        "caption": f"{one.name} · {land.name}",
        "map_url": f"{reverse('campaigns:areas', args=[pk])}?{urlencode({'region': land.code})}",
        "tasks_url": f"{tasks_url}?{urlencode({'region': land.code})}",
        "sums": queries.sums_of(one, land.path) if one.items and progress.total else [],
        "admission": queries.admission_of(one, on=today) if one.state == "draft" else None,
        "approval": approval if leads else None,
        "is_waiting": approval is not None and approval.verdict == "",
        "leads": leads,
        "today": today,
    }  # fmt: skip
    return show(request, "campaign", context, tab="home")


@login_required
@require_GET
def areas(request: SignedIn, pk: int) -> HttpResponse:
    """Answer what lies below as GeoJSON with the share that was reported."""
    one = seen_campaign(request, pk)
    land = _land_in(request, one)
    progress = queries.progress_of(one, land, at=now(), actor=request.user)
    deeper = land.level != "community"
    url = f"{reverse('campaigns:campaign', args=[pk])}?region=CODE" if deeper else ""
    return JsonResponse(queries.areas_of(progress, url))


@login_required
@require_GET
def tasks(request: SignedIn, pk: int) -> HttpResponse:
    """List the tasks of a campaign at a place."""
    one, today = seen_campaign(request, pk), localdate()
    land = _land_in(request, one)
    state = request.GET.get("state", "")
    steps = get_flow("grid_task").step_of
    state = state if state in (*steps, "late") else ""
    rows = queries.tasks_of(one, request.user, land.path, state, today)
    after = request.GET.get("cursor", "")[:40]
    found = list((rows.filter(region__path__gt=after) if after else rows)[: PAGE + 1])
    words = {"region": land.code}
    labels = {
        "": _("全部"),
        "issued": _("待签收"),
        "accepted": _("办理中"),
        "done": _("待核查"),
        "closed": _("已完成"),
        "late": _("超期"),
    }
    context = {
        "one": one,
        "land": land,
        "segments": [
            {"label": label, "url": f"?{urlencode(words | ({'state': name} if name else {}))}", "active": name == state, "count": None}
            for name, label in labels.items()
        ],
        "rows": [
            {
                "task": task, "place": place_name(task.region.path, below="street"),
                "tone": "late" if task.case.step in queries.OPEN_STEPS and task.due_on < today else steps[task.case.step].tone,
                "words": steps[task.case.step].label,
            }
            for task in found[:PAGE]
        ],
        "next_cursor": found[PAGE - 1].region.path if len(found) > PAGE else "",
    }  # fmt: skip
    return show(request, "tasks", context, tab="home")


@login_required
@require_GET
def sheet(request: SignedIn, pk: int) -> HttpResponse:
    """Give the tasks a reader sees, with their answers, as XLSX."""
    one = seen_campaign(request, pk)
    header, rows = queries.table_of(one, request.user)
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="campaign-{pk}.xlsx"'
    write_xlsx(cast(IO[bytes], answer), header, rows, sheet=one.name)
    return answer


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Propose a campaign."""
    if not may_issue(request):
        raise NotFound(_("专项任务由街镇或区管理员发起。"))
    own = own_lands(request, ISSUERS)
    lands = [one for land in own for one in (land, *world().children_of(land))]
    lands = [one for one in lands if one.level not in ("grid", "building")]
    orgs = Org.objects.public().filter(
        pk__in=[post.org_id for post in posts_of(request.user) if post.role in ISSUERS]
    )
    initial = {"key": uuid4().hex, "from_on": localdate(), "region": own[0].id, "level": "grid"}
    form = CampaignForm(
        request.POST or None, regions=regions_of(lands), orgs=orgs, initial=initial,
        admitted=admitted_items(own[0].path, ("task", "form", "check")),
    )  # fmt: skip

    def act() -> str:
        made = actions.propose_campaign(at=now(), by=request.user, **form.cleaned_data)
        return reverse("campaigns:campaign", args=[made.pk])

    return ask(
        request, form, act, done=_("草稿已保存，核对后下发。"), tab="home", heading=_("发起专项任务"),
        lede=_("先存为草稿；下发前系统会核对准入目录。"), verb=_("保存草稿"), back=reverse("campaigns:home"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Put a draft right."""
    one = led_campaign(request, pk)
    names = ("name", "text", "from_on", "due_on", "needs_photo")
    initial = {name: getattr(one, name) for name in names}
    initial |= {"items": items_as_text(one.items), "admitted_by": one.admitted_by_id}
    admitted = admitted_items(one.region.path, (one.burden,))
    form = DraftForm(request.POST or None, admitted=admitted, initial=initial)
    back = reverse("campaigns:campaign", args=[pk])

    def act() -> str:
        actions.change_campaign(one, at=now(), by=request.user, **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("草稿已修改。"), tab="home", heading=_("修改草稿"), lede=one.name,
        verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def issue(request: SignedIn, pk: int) -> HttpResponse:
    """Issue a draft: the worker makes the tasks within a minute."""
    one = led_campaign(request, pk)
    try:
        actions.issue_campaign(one, at=now(), by=request.user)
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已下发，任务正在生成，稍后刷新查看。"))
    return redirect("campaigns:campaign", pk)


@login_required
@require_POST
def chase(request: SignedIn, pk: int) -> HttpResponse:
    """Urge those who have not reported."""
    one = seen_campaign(request, pk)
    try:
        n, left = actions.chase_campaign(one, at=now(), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        words = _("已催办 %d 件。") % n if n else _("今天都催过了，或都已上报。")
        more = _("还有 %d 件，可再催一次。") % left if left else ""
        messages.success(request, words + more)
    return redirect("campaigns:campaign", pk)


VERBS = {
    "ask": (
        ReasonForm,
        gettext_lazy("申请准入"),
        gettext_lazy("申请"),
        gettext_lazy("申请已提交，已通知区管理员。"),
    ),
    "extend": (
        ExtendForm,
        gettext_lazy("延期"),
        gettext_lazy("延期"),
        gettext_lazy("期限已延后，各任务的时限随后更新。"),
    ),
    "close": (
        CloseForm,
        gettext_lazy("结束专项任务"),
        gettext_lazy("结束"),
        gettext_lazy("专项任务已结束。"),
    ),
    "withdraw": (
        ReasonForm,
        gettext_lazy("撤销专项任务"),
        gettext_lazy("撤销"),
        gettext_lazy("专项任务已撤销。"),
    ),
}


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Ask for admission, put the day off, close, withdraw: one form each."""
    one = led_campaign(request, pk)
    if name not in VERBS:
        raise NotFound(_("没有这个操作。"))
    kind, heading, label, done = VERBS[name]
    form = kind(request.POST or None)
    back = reverse("campaigns:campaign", args=[pk])
    run: Any = {
        "ask": actions.ask_approval, "extend": actions.extend_campaign,
        "close": actions.close_campaign, "withdraw": actions.withdraw_campaign,
    }[name]  # fmt: skip

    def act() -> str:
        run(one, at=now(), by=request.user, **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=str(done), tab="home", heading=heading, lede=one.name, verb=label,
        back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def task(request: SignedIn, pk: Any) -> HttpResponse:
    """Answer and report a task, on the phone of who works in the grid."""
    rows = CampaignTask.objects.visible_to(request.user).select_related(
        "case", "campaign", "region"
    )
    one = get_object_or_404(rows, pk=pk)
    case_url = reverse("cases:detail", args=[one.pk])
    if one.case.step != "accepted":
        return redirect(case_url)
    form = TaskForm(
        request.POST or None, request.FILES or None, items=one.campaign.items,
        needs_photo=one.campaign.needs_photo, initial={"key": uuid4().hex, **_as_given(one)},
    )  # fmt: skip
    status, remedy = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _report(request, one, form)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, str(refusal.remedy)
            else:
                messages.success(request, _("已上报，等街镇核查。"))
                return redirect("campaigns:home")
    context = {
        "task": one,
        "form": form,
        "remedy": remedy,
        "case_url": case_url,
        "place": place_name(one.region.path, below="street"),
        "questions": [form[code] for code in form.codes],
    }
    return show(request, "task", context, tab="home", status=status)


def _as_given(one: CampaignTask) -> dict[str, Any]:
    kinds = {item["code"]: item["kind"] for item in one.campaign.items}
    return {
        code: ("yes" if value else "no") if kinds.get(code) == "yes_no" else value
        for code, value in one.answers.items()
    }


def _report(request: SignedIn, one: CampaignTask, form: TaskForm) -> None:
    at, given = now(), form.cleaned_data
    photos = [
        keep_evidence(
            case=one.case,
            data=data,
            kind="photo",
            actor=request.user,
            at=at,
            key=f"{given['key']}:{n}" if given["key"] else None,
        )  # fmt: skip
        for n, data in enumerate(given["photos"])
    ]
    actions.finish_task(
        one, answers=form.answers(), note=given["note"], evidence=photos, at=at, by=request.user,
        key=given["key"] or None,
    )  # fmt: skip
