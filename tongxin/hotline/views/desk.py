"""The desk: take a call, write while they talk, end it with what came of it; calls, promises, orders."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.cases.models import Case
from tongxin.cases.queries import topic_by_code
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import get_land
from tongxin.ui.forms import ReasonForm

from .. import actions, queries
from ..forms import BackForm, CallForm, NoteForm, NumberForm, PromiseForm, StarsForm
from ..models import OVERSEERS, Call, CallBack, OutsideOrder

PAGE = ["GET", "HEAD", "POST"]
ROWS = 30


def _check_entrance(request: HttpRequest) -> None:
    if not any(post.role in OVERSEERS for post in posts_of(request.user)):
        raise Http404


def _running(request: SignedIn) -> Call | None:
    calls = Call.objects.visible_to(request.user).running(request.user)
    return calls.select_related("region").first()


def _call(request: SignedIn, pk: int) -> Call:
    """Return one's own call, whether it still runs or not."""
    calls = Call.objects.visible_to(request.user).filter(operator=request.user)
    return get_object_or_404(calls.select_related("region"), pk=pk)


@login_required
@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """Show the call that runs, or wait for the next one."""
    _check_entrance(request)
    call = _running(request)
    if call is not None:
        return _show_call(request, call, CallForm(call=call, initial=call.draft))
    return _show_idle(request, NumberForm())


def _show_idle(request: SignedIn, form: NumberForm, status: int = 200) -> HttpResponse:
    at, region = now(), queries.desk_of(request.user)
    backs = queries.waiting_call_backs(request.user)
    context = {
        **frame("desk"),
        "form": form,
        "region": region,
        "figures": queries.figures_of(region, at=at) if region else None,
        "backs": [_back_row(one, at) for one in backs[:6]],
        "calls": [
            _call_row(one)
            for one in Call.objects.visible_to(request.user)
            .filter(ended_at__isnull=False)
            .select_related("operator", "case")
            .order_by("-pk")[:6]
        ],
    }
    return render(request, "hotline/desk.html", context, status=status)


def frame(here: str) -> dict[str, Any]:
    sections = (
        ("desk", _("坐席"), reverse("hotline:desk")),
        ("calls", _("通话记录"), reverse("hotline:calls")),
        ("backs", _("回拨"), reverse("hotline:backs")),
        ("orders", _("来文工单"), reverse("hotline:orders")),
        ("answers", _("常用答复"), reverse("hotline:answers")),
    )
    return {
        "sections": [
            {"label": label, "url": url, "active": name == here} for name, label, url in sections
        ]
    }


def _call_row(call: Call) -> dict[str, Any]:
    return {"call": call, "number": queries.masked(call.phone_sealed)}


def _back_row(one: CallBack, at) -> dict[str, Any]:
    return {"back": one, "number": queries.masked(one.phone_sealed), "late": one.due_at <= at}


@login_required
@require_POST
def start(request: SignedIn) -> HttpResponse:
    """Take a call."""
    region = queries.desk_of(request.user)
    if region is None:
        raise Http404
    form = NumberForm(request.POST)
    if form.is_valid():
        try:
            actions.start_call(region=region, operator=request.user, at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
        else:
            return redirect("hotline:desk")
    return _show_idle(request, form, status=422)


def _show_call(request: SignedIn, call: Call, form: CallForm, status: int = 200) -> HttpResponse:
    at = now()
    before = queries.requests_of(call.phone_index, request.user, at=at)
    earlier = queries.calls_of(call.phone_index, call.region.path)[:3] if call.phone_index else ()
    draft = call.draft if not form.is_bound else form.data
    context = {
        "call": call,
        "form": form,
        "number": queries.masked(call.phone_sealed),
        "before": before,
        "earlier": list(earlier),
        **_heard(call, draft, at),
    }
    return render(request, "hotline/call.html", context, status=status)


def _heard(call: Call, given: Any, at) -> dict[str, Any]:
    """Return what fits what was said so far: places, similar requests, answers."""
    text, path, topic = str(given.get("text", "")), "", None
    code, item = str(given.get("region", "")), str(given.get("topic", ""))
    with suppress(Refused):  # what is not known yet, or no longer, narrows nothing
        path = get_land(code).path if code else ""
    with suppress(Refused):
        topic = topic_by_code(item) if item else None
    return {
        "similar": queries.similar(path=path, topic=topic, text=text, at=at),
        "answers": queries.answers_for(text),
        "places": [] if path else queries.places_in(text, call.region.path),
    }


@login_required
@require_POST
def listen(request: SignedIn, pk: int) -> HttpResponse:
    """Keep what has been written, and show what fits it."""
    call, at = _call(request, pk), now()
    actions.keep_draft(call=call, by=request.user, values=request.POST, at=at)
    context = {"call": call, "kept_at": at, "heard": True, **_heard(call, request.POST, at)}
    return render(request, "hotline/heard.html", context)


@login_required
@require_POST
def file(request: SignedIn, pk: int) -> HttpResponse:
    """File what the caller asks for."""
    call = _call(request, pk)
    form = CallForm(request.POST, call=call)
    if not form.is_valid():
        return _show_call(request, call, form, status=422)
    given = form.cleaned_data
    try:
        region = form.place()
        if region is None:
            raise Invalid(_("请选择在哪个社区（村）。"), field="region")
        case = actions.file_call(
            call=call, by=request.user, at=now(), text=given["text"], region=region,
            topic=given["topic"], address=given["address"], is_fast=given["is_fast"],
            is_private=given["is_private"],
        )  # fmt: skip
    except Refused as refusal:
        return _refused(request, call, form, refusal)
    words = {"number": case.number, "title": case.title}
    messages.success(request, _("已建单 %(number)s：%(title)s。通话已结束。") % words)
    return redirect("hotline:desk")


def _refused(request: SignedIn, call: Call, form: CallForm, refusal: Refused) -> HttpResponse:
    if isinstance(refusal, actions.CallOver):
        raise refusal  # said on the desk
    form.take(refusal)
    return _show_call(request, call, form, status=refusal.status)


@login_required
@require_POST
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """End the call with an answer on the spot."""
    call = _call(request, pk)
    form = CallForm(request.POST, call=call)
    try:
        actions.answer_call(
            call=call, by=request.user, at=now(), asked=request.POST.get("text", ""),
            answer=request.POST.get("answer", ""),
        )  # fmt: skip
    except Refused as refusal:
        form.is_valid()
        field = "answer" if request.POST.get("text", "").strip() else "text"
        refusal.field = refusal.field or field
        return _refused(request, call, form, refusal)
    messages.success(request, _("已记下答复，通话已结束。"))
    return redirect("hotline:desk")


@login_required
@require_POST
def drop(request: SignedIn, pk: int) -> HttpResponse:
    actions.drop_call(call=_call(request, pk), by=request.user, at=now())
    messages.success(request, _("已记为无效来电。"))
    return redirect("hotline:desk")


@login_required
@require_http_methods(PAGE)
def promise(request: SignedIn, pk: int) -> HttpResponse:
    """Promise to call back."""
    call, at = _call(request, pk), now()
    initial = {"reason": str(call.draft.get("text", "")).replace("\n", " ")[:200]}
    form = PromiseForm(request.POST or None, at=at, initial=initial)

    def act() -> str:
        actions.promise_call_back(call=call, by=request.user, at=now(), **form.cleaned_data)
        return _("已约定回拨，通话已结束。")

    return simple(
        request, form, act, title=_("约定回拨"), button=_("约定回拨"), icon="phone-calling"
    )


@login_required
@require_http_methods(PAGE)
def add(request: SignedIn, pk: int, case) -> HttpResponse:
    """Add what the caller says to a case that is already there."""
    call, found = _call(request, pk), _case(request, case)
    form = NoteForm(request.POST or None, initial={"note": call.draft.get("text", "")})

    def act() -> str:
        given = form.cleaned_data
        actions.add_for_caller(call=call, case=found, by=request.user, at=now(), **given)
        return _("已补充到 %s，通话已结束。") % found.number

    return simple(
        request, form, act, title=_("补充到这一单"), lede=f"{found.number} {found.title}",
        button=_("补充"), icon="message-plus",
    )  # fmt: skip


@login_required
@require_POST
def urge(request: SignedIn, pk: int, case) -> HttpResponse:
    call, found = _call(request, pk), _case(request, case)
    said = str(call.draft.get("text", ""))[:2000]
    actions.urge_for_caller(call=call, case=found, by=request.user, at=now(), note=said)
    messages.success(request, _("已代为催单 %s，通话已结束。") % found.number)
    return redirect("hotline:desk")


@login_required
@require_http_methods(PAGE)
def rate(request: SignedIn, pk: int, case) -> HttpResponse:
    """Write down the stars that the caller gives."""
    call = _call(request, pk)
    found = next(
        (
            one.case
            for one in queries.requests_of(call.phone_index, request.user, at=now())
            if one.case.pk == case
        ),
        None,
    )
    if found is None:
        raise Http404
    form = StarsForm(request.POST or None)

    def act() -> str:
        given = form.cleaned_data
        actions.rate_for_caller(call=call, case=found, by=request.user, at=now(), **given)
        return _("已代为评单 %s，通话已结束。") % found.number

    return simple(
        request, form, act, title=_("代为评单"), lede=f"{found.number} {found.title}",
        button=_("记下评价"), icon="star",
    )  # fmt: skip


def _case(request: SignedIn, pk) -> Case:
    return get_object_or_404(Case.objects.visible_to(request.user), pk=pk)


@login_required
@require_http_methods(PAGE)
def number(request: SignedIn, pk: int) -> HttpResponse:
    """Show the whole number, for a reason that is written down."""
    calls = Call.objects.visible_to(request.user).select_related("region")
    return _reveal(request, get_object_or_404(calls, pk=pk))


@login_required
@require_http_methods(PAGE)
def back_number(request: SignedIn, pk: int) -> HttpResponse:
    backs = CallBack.objects.visible_to(request.user).select_related("region")
    return _reveal(request, get_object_or_404(backs, pk=pk))


def _reveal(request: SignedIn, of: Call | CallBack) -> HttpResponse:
    form = ReasonForm(request.POST or None)
    found = ""
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.reveal_number(
                of=of, by=request.user, reason=form.cleaned_data["reason"], at=now(),
                address=address_of(request),
            )  # fmt: skip
        except NotPermitted:
            raise
        except Refused as refusal:
            form.take(refusal)
    context = {
        "form": form,
        "found": found,
        "title": _("查看完整号码"),
        "button": _("查看"),
        "icon": "eye",
    }
    status = 422 if form.errors else 200
    return render(request, "hotline/form.html", context, status=status)


@login_required
@require_safe
def calls(request: SignedIn) -> HttpResponse:
    """List the calls of one's desks, latest first."""
    _check_entrance(request)
    found = Call.objects.visible_to(request.user).filter(ended_at__isnull=False)
    outcome = request.GET.get("outcome", "")
    if outcome in Call.Outcome.values and outcome:
        found = found.filter(outcome=outcome)
    rows, following = _page(request, found.select_related("operator", "case"))
    choices = [("", _("全部")), *((value, label) for value, label in Call.Outcome.choices if value)]
    context = {
        **frame("calls"),
        "rows": [_call_row(one) for one in rows],
        "next_cursor": following,
        "filters": [{"name": "outcome", "label": _("结果"), "value": outcome, "choices": choices}],
    }
    return render(request, "hotline/calls.html", context)


def _page(request: HttpRequest, rows) -> tuple[list, str]:
    cursor = request.GET.get("cursor", "")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows.order_by("-pk")[: ROWS + 1])
    return found[:ROWS], str(found[ROWS - 1].pk) if len(found) > ROWS else ""


@login_required
@require_safe
def backs(request: SignedIn) -> HttpResponse:
    """List who still has to be called back."""
    _check_entrance(request)
    at = now()
    rows = queries.waiting_call_backs(request.user)[:100]
    context = {**frame("backs"), "rows": [_back_row(one, at) for one in rows]}
    return render(request, "hotline/backs.html", context)


@login_required
@require_http_methods(PAGE)
def back(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what came of calling back."""
    rows = CallBack.objects.visible_to(request.user).filter(done_at=None)
    found = get_object_or_404(rows.select_related("region", "case"), pk=pk)
    asks = found.case is not None and found.case.step == "verified"
    form = BackForm(request.POST or None, asks_stars=asks)

    def act() -> str:
        actions.call_back(promised=found, by=request.user, at=now(), **form.cleaned_data)
        return _("已记下回拨结果。")

    return simple(
        request, form, act, title=_("回拨结果"), button=_("记下"), icon="phone-check",
        lede=f"{queries.masked(found.phone_sealed)} · {found.reason}", back="hotline:backs",
    )  # fmt: skip


@login_required
@require_safe
def orders(request: SignedIn) -> HttpResponse:
    """List what another hotline handed over, latest first; the open ones past their time stand out."""
    _check_entrance(request)
    found = OutsideOrder.objects.visible_to(request.user).select_related("case", "org")
    state = request.GET.get("state", "open")
    if state in ("open", "closed"):
        found = found.filter(case__closed_at__isnull=state == "open")
    rows, following = _page(request, found)
    at = now()
    choices = [("open", _("在办")), ("closed", _("已结")), ("all", _("全部"))]
    context = {
        **frame("orders"),
        "rows": [{"order": one, **_order_told(one, request.user, at)} for one in rows],
        "next_cursor": following,
        "filters": [{"name": "state", "label": _("状态"), "value": state, "choices": choices}],
    }
    return render(request, "hotline/orders.html", context)


def _order_told(order: OutsideOrder, actor, at) -> dict[str, Any]:
    case = order.case
    step = case.flow.step_of[case.step]
    late = bool(case.is_open and order.deadline and order.deadline <= at)
    return {"step": step.label, "tone": "late" if late else step.tone, "late": late,
            "is_seen": queries.sees(actor, case)}  # fmt: skip


def simple(
    request: SignedIn, form, act: Callable[[], str], *, back: str = "hotline:desk", **words: str
) -> HttpResponse:
    """Show a form and do one thing with it."""
    if request.method == "POST" and form.is_valid():
        try:
            said = act()
        except Refused as refusal:
            form.take(refusal)
        else:
            messages.success(request, said)
            return redirect(back)
    context = {"form": form, "back_url": reverse(back), **words}
    return render(request, "hotline/form.html", context, status=422 if form.errors else 200)
