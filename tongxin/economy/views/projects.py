"""A village's one project: its stages, its money, subsidies after building."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.funds.queries import of_subjects, yuan
from tongxin.kit.errors import NotFound
from tongxin.ui.forms import Form, fen_of
from tongxin.ui.paging import page_of

from .. import actions
from ..forms import (
    AcceptForm,
    BuiltForm,
    MoneyForm,
    ProjectForm,
    ResultForm,
    StageForm,
    StartUpForm,
    SubsidyForm,
    WhyForm,
)
from ..models import BuildSubsidy, VillageProject, VillageStage
from .common import (
    FORM,
    PAGE,
    ask,
    keep_one,
    kept_accounts,
    show,
    sources_of,
    worked_village,
)

TONES = {
    "planned": "waiting",
    "building": "working",
    "earning": "done",
    "ended": "idle",
    "stopped": "idle",
}
STEPS = {"applied": "waiting", "built": "verify", "failed": "late", "accepted": "working",
         "granted": "done", "refused": "idle"}  # fmt: skip


@login_required
@require_GET
def projects(request: SignedIn) -> HttpResponse:
    """List the projects of one's land with what each got, those behind their days first by a word."""
    state = request.GET.get("state", "")
    rows = VillageProject.objects.visible_to(request.user)
    rows = rows.filter(state=state) if state in VillageProject.State.values else rows.running()
    page, following = page_of(
        rows.select_related("village", "helper").prefetch_related("stages"),
        request.GET.get("cursor", ""), PAGE,
    )  # fmt: skip
    sums = of_subjects("village_project", [one.pk for one in page], on=localdate())
    today = localdate()
    context = {
        "rows": [
            {"one": one, "tone": TONES[one.state], "sums": sums[str(one.pk)],
             "done": sum(s.done_on is not None for s in one.stages.all()),
             "stages": len(one.stages.all()),
             "late": any(s.done_on is None and s.due_on < today for s in one.stages.all())}
            for one in page
        ],
        "next": following,
        "segments": [
            {"label": label, "url": f"?state={value}", "active": value == state, "count": None}
            for value, label in (("", _("在办")), *VillageProject.State.choices)
        ],
    }  # fmt: skip
    return show(request, "projects", context, tab="projects")


def seen(request: SignedIn, pk: int) -> VillageProject:
    rows = VillageProject.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("village", "helper", "by"), pk=pk)


def url_of(project: VillageProject) -> str:
    return reverse("economy:project", args=[project.pk])


@login_required
@require_GET
def project(request: SignedIn, pk: int) -> HttpResponse:
    """Show a project: how it is to earn, its stages, subsidies, contracts, and its money by fragment."""
    one, user = seen(request, pk), request.user
    over = actions.looks_over(user, one.village.path)
    runs = one.state not in VillageProject.OVER
    keeps = kept_accounts(user).exists()
    stages = list(one.stages.select_related("done_by", "photo").order_by("seq"))
    context = {
        "one": one,
        "tone": TONES[one.state],
        "stages": stages,
        "subsidies": [
            {"one": subsidy, "tone": STEPS[subsidy.state], "verbs": _verbs(subsidy, user, over, keeps)}
            for subsidy in one.subsidies.select_related("accepted_by", "allocation").order_by("pk")
        ],
        "incomes": one.incomes.standing().select_related("kind", "of_year").order_by("-on", "-pk")[:10],
        "works": runs and (over or actions.works_in(user, one.village.path)),
        "over": runs and over,
        "keeps": runs and keeps,
        "all_done": all(stage.done_on for stage in stages),
        "today": localdate(),
    }  # fmt: skip
    return show(request, "project", context, tab="projects")


def _verbs(subsidy: BuildSubsidy, user: Any, over: bool, keeps: bool) -> list[tuple[str, str]]:
    """Return what the reader may do with a subsidy now: [(name, words)]."""
    works = over or actions.works_in(user, subsidy.project.village.path)
    own = user.pk in (subsidy.by_id, subsidy.built_by_id)
    found = []
    if subsidy.state in ("applied", "failed") and works:
        found.append(("built", _("报建成")))
    if subsidy.state == "built" and over and not own:
        found.append(("accept", _("验收")))
    if subsidy.state == "accepted" and keeps and user.pk not in (subsidy.by_id, subsidy.accepted_by_id):  # fmt: skip
        found.append(("grant", _("拨付补助")))
    if subsidy.state not in ("granted", "refused") and over:
        found.append(("refuse", _("不予补助")))
    return found


@login_required
@require_http_methods(FORM)
def new(request: SignedIn, code: str) -> HttpResponse:
    """Begin a village's project."""
    village = worked_village(request, code)
    form = ProjectForm(request.POST or None, initial={"started_on": localdate()})

    def act() -> str:
        data = dict(form.cleaned_data)
        made = actions.plan_project(
            village=village, planned_fen=fen_of(data.pop("planned")),
            goal_fen=fen_of(data.pop("goal")), by=request.user, at=now(), **data,
        )  # fmt: skip
        return url_of(made)

    return ask(
        request, form, act, done=_("项目已登记。"), tab="projects", verb=_("登记"),
        heading=_("登记项目：%s") % village.name, lede=_("一村一策一项目：一个村同时只办一个。"),
        back=reverse("economy:village", args=[village.code]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def stage(request: SignedIn, pk: int) -> HttpResponse:
    """Say that a stage is done."""
    visible = VillageProject.objects.visible_to(request.user).filter(stages=pk)
    one = get_object_or_404(visible.select_related("village"))
    found: VillageStage = get_object_or_404(one.stages, pk=pk)
    worked_village(request, one.village.code)
    form = StageForm(request.POST or None, request.FILES or None, initial={"on": localdate()})

    def act() -> str:
        data, at = form.cleaned_data, now()
        actions.finish_stage(
            stage=found, on=data["on"], note=data["note"], by=request.user, at=at,
            photo=keep_one(data["photos"], request.user, at),
        )  # fmt: skip
        return url_of(one)

    return ask(
        request, form, act, done=_("已登记完成。"), tab="projects", heading=_("完成：%s") % found.name,
        verb=_("登记完成"), lede=one.title, back=url_of(one),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """What may be done with a project: earn, end, stop, start-up money, ask for a subsidy."""
    one = seen(request, pk)
    make = {"earn": _earn, "end": _end, "stop": _stop, "start-up": _start_up, "apply": _apply}.get(name)  # fmt: skip
    if make is None:
        raise NotFound(_("没有找到这个页面。"))
    form, act, words = make(request, one)
    return ask(
        request, form, act, tab="projects", back=url_of(one), lede=one.title,
        done=words["done"], heading=words["heading"], verb=words["verb"],
    )  # fmt: skip


Made = tuple[Form, Callable[[], str], dict[str, Any]]


def _earn(request: SignedIn, one: VillageProject) -> Made:
    form = ResultForm(request.POST or None)

    def act() -> str:
        result = form.cleaned_data["result"]
        actions.begin_earning(project=one, result=result, by=request.user, at=now())
        return url_of(one)

    return form, act, {"done": _("已登记见效。"), "heading": _("项目见效"), "verb": _("登记见效")}


def _end(request: SignedIn, one: VillageProject, *, stopped: bool = False) -> Made:
    form = ResultForm(request.POST or None)

    def act() -> str:
        result = form.cleaned_data["result"]
        actions.end_project(project=one, result=result, stopped=stopped, by=request.user, at=now())
        return url_of(one)

    word = _("中止项目") if stopped else _("结束项目")
    return form, act, {"done": _("已登记，村里可以另立项目。"), "heading": word, "verb": word}


def _stop(request: SignedIn, one: VillageProject) -> Made:
    return _end(request, one, stopped=True)


def _start_up(request: SignedIn, one: VillageProject) -> Made:
    form = StartUpForm(
        request.POST or None, accounts=kept_accounts(request.user),
        sources=sources_of(request.user), initial={"key": uuid4().hex},
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        actions.grant_start_up(
            project=one, account=data["account"], source=data["source"], due_on=data["due_on"],
            amount_fen=fen_of(data["amount"]), by=request.user, at=now(), key=data["key"],
        )  # fmt: skip
        return url_of(one)

    return (
        form,
        act,
        {"done": _("启动资金已拨付。"), "heading": _("拨付启动资金"), "verb": _("拨付")},
    )


def _apply(request: SignedIn, one: VillageProject) -> Made:
    form = SubsidyForm(request.POST or None)

    def act() -> str:
        data = form.cleaned_data
        actions.apply_subsidy(
            project=one, title=data["title"], asked_fen=fen_of(data["asked"]), by=request.user,
            at=now(),
        )  # fmt: skip
        return url_of(one)

    return form, act, {"done": _("已申报；先建成，验收后拨付。"), "heading": _("申报先建后补"), "verb": _("申报")}  # fmt: skip


@login_required
@require_http_methods(FORM)
def subsidy(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """What may be done with a subsidy: say that it is built, accept, give the money, refuse."""
    rows = BuildSubsidy.objects.visible_to(request.user).select_related("project__village")
    one = get_object_or_404(rows, pk=pk)
    over = actions.looks_over(request.user, one.project.village.path)
    verbs = dict(_verbs(one, request.user, over, kept_accounts(request.user).exists()))
    if name not in verbs:
        raise NotFound(_("没有找到这个页面，或现在不由您办理。"))
    make = {"built": _built, "accept": _accept, "grant": _grant, "refuse": _refuse}[name]
    form, act, done = make(request, one)
    lede = _("%(title)s · 申报补助 %(money)s 元") % {
        "title": one.title,
        "money": yuan(one.asked_fen),
    }
    if one.granted_fen:
        lede += _("，核定 %s 元") % yuan(one.granted_fen)
    return ask(
        request, form, act, tab="projects", done=done, heading=verbs[name], verb=verbs[name],
        lede=lede, back=url_of(one.project),
    )  # fmt: skip


Answer = tuple[Form, Callable[[], str], Any]


def _built(request: SignedIn, one: BuildSubsidy) -> Answer:
    form = BuiltForm(request.POST or None, request.FILES or None, initial={"on": localdate()})

    def act() -> str:
        at = now()
        photo = keep_one(form.cleaned_data["photos"], request.user, at)
        actions.report_built(
            subsidy=one, photo=photo, on=form.cleaned_data["on"], by=request.user, at=at
        )
        return url_of(one.project)

    return form, act, _("已报建成，等街镇验收。")


def _accept(request: SignedIn, one: BuildSubsidy) -> Answer:
    form = AcceptForm(request.POST or None, request.FILES or None)

    def act() -> str:
        data, at = form.cleaned_data, now()
        actions.accept_subsidy(
            subsidy=one, passed=data["passed"] == "yes", opinion=data["opinion"],
            granted_fen=fen_of(data["granted"]), photo=keep_one(data["photos"], request.user, at),
            by=request.user, at=at,
        )  # fmt: skip
        return url_of(one.project)

    return form, act, _("验收结论已登记。")


def _grant(request: SignedIn, one: BuildSubsidy) -> Answer:
    form = MoneyForm(
        request.POST or None, accounts=kept_accounts(request.user),
        sources=sources_of(request.user), initial={"key": uuid4().hex},
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        actions.grant_subsidy(
            subsidy=one, account=data["account"], source=data["source"], due_on=data["due_on"],
            by=request.user, at=now(),
        )  # fmt: skip
        return url_of(one.project)

    return form, act, _("补助已拨付，在资金专账里支付。")


def _refuse(request: SignedIn, one: BuildSubsidy) -> Answer:
    form = WhyForm(request.POST or None)

    def act() -> str:
        reason = form.cleaned_data["reason"]
        actions.refuse_subsidy(subsidy=one, reason=reason, by=request.user, at=now())
        return url_of(one.project)

    return form, act, _("已登记不予补助。")
