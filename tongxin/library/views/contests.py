"""Contests: the list, one with its entries or its ranking, judging, the organiser's verbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.documents.queries import writes_for
from tongxin.documents.scope import DESK_ROLES, desks_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.kit.tables_out import write_xlsx
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import ContestForm, EntryForm, JudgeForm, MarkForm
from ..models import Contest, ContestEntry, Exemplar
from .common import FORM, PAGE, XLSX, ask, must_have_desk, show

TONES = {"draft": "idle", "open": "working", "judging": "verify", "ranked": "waiting", "published": "done"}  # fmt: skip


@login_required
@require_safe
def contests(request: SignedIn) -> HttpResponse:
    """List the contests the reader may see."""
    rows = Contest.objects.visible_to(request.user).select_related("org")
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    context = {
        "rows": [{"one": one, "tone": TONES[one.state]} for one in found],
        "next_cursor": following,
        "may_call": bool(desks_of(request.user)),
    }
    return show(request, "contests", context, tab="contests")


@login_required
@require_http_methods(FORM)
def call(request: SignedIn) -> HttpResponse:
    """Prepare a contest."""
    must_have_desk(request.user)
    today = localdate()
    initial = {
        "key": uuid4().hex, "opens_on": today, "closes_on": today + timedelta(days=30),
        "judging_until": today + timedelta(days=45), "least_marks": 3, "trims_from": 5,
        "criteria": "创新性 30\n实效性 40\n可推广 30", "prizes": "一等奖 1\n二等奖 3\n三等奖 6",
    }  # fmt: skip
    form = ContestForm(request.POST or None, orgs=queries.own_units(request.user), initial=initial)

    def act() -> str:
        data = form.cleaned_data
        made = actions.call_contest(by=request.user, at=now(), **data)
        return reverse("library:contest", args=[made.pk])

    return ask(
        request, form, act, done=_("已建好。请聘请评委，再开始征集。"), tab="contests",
        heading=_("发起征集评选"), lede=_("先定规则，再聘评委，然后开始征集。"), verb=_("保存"),
        back=reverse("library:contests"),
    )  # fmt: skip


def seen(request: HttpRequest, pk: int) -> Contest:
    rows = Contest.objects.visible_to(request.user).select_related("org__region").defer("org__region__polygon")  # fmt: skip
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def contest(request: SignedIn, pk: int) -> HttpResponse:
    """Show a contest: to its organiser with entries and judges, to a judge with what is to mark."""
    one = seen(request, pk)
    leads = writes_for(request.user, one.org)
    is_out = one.state == "published"
    rows = queries.ranking(one) if leads or is_out else []
    own = [] if leads or is_out else list(
        ContestEntry.objects.visible_to(request.user)
        .filter(contest=one, exemplar__org__in=desks_of(request.user)).select_related("exemplar__org")
    )  # fmt: skip
    to_mark = queries.to_mark(request.user, one) if one.state in ("judging", "ranked") else []
    if is_out:
        actions.count_read(subject="contest", object=pk, on=localdate())
    context = {
        "one": one, "tone": TONES[one.state], "leads": leads, "is_out": is_out,
        "criteria": list(one.criteria.all()),
        "judges": list(one.judges.select_related("user")) if leads else [],
        "rows": [{"entry": e, "why": queries.why(e)} for e in rows], "own": own,
        "to_mark": to_mark, "left": sum(not r["mark"] and not r["aside"] for r in to_mark),
        "may_enter": one.state == "open" and bool(desks_of(request.user)),
        "today": localdate(),
    }  # fmt: skip
    return show(request, "contest", context, tab="contests")


@login_required
@require_http_methods(FORM)
def judge(request: SignedIn, pk: int) -> HttpResponse:
    """Appoint a judge among those who hold a post on the land of the unit that calls."""
    one = _led(request, pk)
    people = queries.people_around(one.org, DESK_ROLES, localdate())
    form = JudgeForm(request.POST or None, people=people)
    back = reverse("library:contest", args=[pk])

    def act() -> str:
        actions.appoint_judge(one, user=form.cleaned_data["user"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已聘请。"), tab="contests", heading=_("聘请评委"), lede=one.title,
        verb=_("聘请"), back=back,
    )  # fmt: skip


def _led(request: SignedIn, pk: int) -> Contest:
    one = seen(request, pk)
    if not writes_for(request.user, one.org):
        raise NotFound(_("没有找到这次评选，或不由您主办。"))
    return one


@login_required
@require_http_methods(FORM)
def enter(request: SignedIn, pk: int) -> HttpResponse:
    """Enter an exemplar of one's own unit."""
    one = seen(request, pk)
    rows = (
        Exemplar.objects.visible_to(request.user).filter(org__in=desks_of(request.user))
        .exclude(state__in=("draft", "withdrawn")).exclude(entries__contest=one).order_by("-pk")
    )  # fmt: skip
    form = EntryForm(request.POST or None, exemplars=rows)
    back = reverse("library:contest", args=[pk])

    def act() -> str:
        actions.enter_contest(
            one, exemplar=form.cleaned_data["exemplar"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已报送参评。"), tab="contests", template="enter",
        heading=_("报送参评"), may_choose=rows.exists(),
        lede=_("%(title)s，%(day)s 截止。") % {"title": one.title, "day": one.closes_on}, verb=_("报送"),
        back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def mark(request: SignedIn, pk: int, number: int) -> HttpResponse:
    """Read an entry and mark it; in a blind contest without whose it is."""
    one = seen(request, pk)
    judge = queries.judge_of(request.user, one)
    if judge is None:
        raise NotFound(_("没有找到这次评选，或您不是评委。"))
    entry = get_object_or_404(
        one.entries.select_related("exemplar__kind", "exemplar__org__region"), number=number
    )
    kept = entry.marks.filter(judge=judge).first()
    initial = {f"c{code}": value for code, value in kept.points.items()} if kept else {}
    initial |= {"comment": kept.comment} if kept else {}
    form = MarkForm(request.POST or None, criteria=list(one.criteria.all()), initial=initial)
    exemplar, back = entry.exemplar, reverse("library:contest", args=[pk])

    def act() -> str:
        actions.mark_entry(
            entry,
            points=form.points,
            comment=form.cleaned_data["comment"],
            by=request.user,
            at=now(),
        )
        return back

    parts = exemplar.parts
    title = exemplar.title
    if one.is_blind:
        parts = [(head, queries.hidden(text, exemplar)) for head, text in parts]
        title = queries.hidden(title, exemplar)
    return ask(
        request, form, act, done=_("评分已记下，评审截止前可以改。"), tab="contests", template="mark",
        heading=title, lede=_("%d 号案例") % number, verb=_("提交评分"), back=back, parts=parts,
        exemplar=exemplar, contest=one,
        aside=queries.related_units(request.user)(exemplar.org),
    )  # fmt: skip


@login_required
@require_POST
def step(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Open the call, begin the judging, compute the ranking, publish it."""
    one = _led(request, pk)
    steps: dict[str, tuple[Any, str]] = {
        "open": (actions.open_contest, _("征集已开始。")),
        "judging": (actions.begin_judging, _("已进入评审，评委已收到通知。")),
        "rank": (actions.rank_entries, _("名次已算出，核对后公布。")),
        "publish": (actions.publish_contest, _("结果已公布。")),
    }
    if name not in steps:
        raise NotFound(_("没有这个操作。"))
    run, done = steps[name]
    try:
        run(one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, done)
    return redirect("library:contest", pk)


@login_required
@require_safe
def ranking_sheet(request: SignedIn, pk: int) -> HttpResponse:
    """Give the ranking as XLSX, with how each score came about."""
    one = seen(request, pk)
    if one.state != "published" and not writes_for(request.user, one.org):
        raise NotFound(_("结果还没有公布。"))
    header = [_("名次"), _("编号"), _("案例"), _("报送单位"), _("得分"), _("算法"), _("奖项")]
    rows = [
        [e.rank or "", e.number, e.exemplar.title, e.exemplar.org.name, e.score or "", queries.why(e), e.prize]
        for e in queries.ranking(one)
    ]  # fmt: skip
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="contest-{pk}.xlsx"'
    write_xlsx(answer, header, rows, sheet=one.title[:20])
    return answer


@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everybody a ranking that was published, with how it was computed."""
    one = get_object_or_404(Contest.objects.public().select_related("org"), pk=pk)
    actions.count_read(subject="contest", object=pk, on=localdate())
    rows = [{"entry": e, "why": queries.why(e)} for e in queries.ranking(one)]
    return render(request, "library/result.html", {"one": one, "rows": rows})
