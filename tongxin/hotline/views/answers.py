"""The quick answers: listed, written, changed, with what they said before."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of

from .. import actions
from ..forms import AnswerForm
from ..models import OVERSEERS, QuickAnswer
from .desk import PAGE, frame

ROWS = 50
STALE = timedelta(days=365)  # after which an answer is checked again with its source


def _answers(request: SignedIn):
    """Return the answers to who works at a hotline; for all others the page is not there."""
    works_here = any(post.role in OVERSEERS for post in posts_of(request.user))
    if not (works_here or request.user.is_superuser):
        raise Http404
    return QuickAnswer.objects.visible_to(request.user)


def _answer(request: SignedIn, code: str) -> QuickAnswer:
    return get_object_or_404(_answers(request), code=code)


@login_required
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """List the answers by code: narrowed by words, by those in use, by those not checked for a year."""
    rows, day = _answers(request), localdate(now())
    state, words = request.GET.get("state", "active"), request.GET.get("q", "").strip()[:60]
    unchecked = Q(checked_on=None) | Q(checked_on__lt=day - STALE)
    if state == "unchecked":
        rows = rows.filter(unchecked, is_active=True)
    elif state != "all":
        rows = rows.filter(is_active=state != "ended")
    if words:
        rows = rows.filter(
            Q(code=words.upper()) | Q(title__contains=words)
            | Q(keywords__contains=words) | Q(text__contains=words)
        )  # fmt: skip
    if cursor := request.GET.get("cursor", "")[:12]:
        rows = rows.filter(code__gt=cursor)
    found = list(rows.order_by("code")[: ROWS + 1])
    choices = [("active", _("启用的")), ("unchecked", _("一年没有核对")), ("ended", _("停用的")),
               ("all", _("全部"))]  # fmt: skip
    context = {
        **frame("answers"),
        "rows": found[:ROWS],
        "next_cursor": found[ROWS - 1].code if len(found) > ROWS else "",
        "stale_before": day - STALE,
        "keeps": actions.keeps_answers(request.user),
        "search": {"name": "q", "value": words, "placeholder": _("问题、说法、答复")},
        "filters": [{"name": "state", "label": _("状态"), "value": state, "choices": choices}],
    }
    return render(request, "hotline/answers.html", context)


@login_required
@require_safe
def show(request: SignedIn, code: str) -> HttpResponse:
    """Show one answer and every version of it, newest first."""
    answer = _answer(request, code)
    context = {
        **frame("answers"),
        "answer": answer,
        "versions": list(answer.versions.select_related("by").order_by("-seq")[:50]),
        "keeps": actions.keeps_answers(request.user),
        "stale_before": localdate(now()) - STALE,
    }
    return render(request, "hotline/answer.html", context)


@login_required
@require_http_methods(PAGE)
def edit(request: SignedIn, code: str = "") -> HttpResponse:
    """Write an answer, or change one."""
    answer = _answer(request, code) if code else None
    _answers(request)
    if not actions.keeps_answers(request.user):
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None, answer=answer)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_answer(
                answer=answer, by=request.user, at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.take(refusal)
        else:
            messages.success(
                request,
                _("已保存 %(code)s：%(title)s") % {"code": saved.code, "title": saved.title},
            )
            return redirect("hotline:answer-page", saved.code)
    context = {
        "form": form,
        "title": _("修改常用答复") if answer else _("新增常用答复"),
        "lede": f"{answer.code} · {answer.title}"
        if answer
        else _("保存后，通话中听到常用说法就会提示。"),
        "button": _("保存"),
        "icon": "check",
        "back_url": reverse("hotline:answer-page", args=[code])
        if code
        else reverse("hotline:answers"),
        "back_words": _("返回"),
    }
    return render(request, "hotline/form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def restore(request: SignedIn, code: str, seq: int) -> HttpResponse:
    """Let an answer say again what it said before."""
    version = get_object_or_404(_answer(request, code).versions.select_related("answer"), seq=seq)
    actions.restore_answer(version=version, by=request.user, at=now())
    messages.success(request, _("已恢复为第 %d 版的内容") % seq)
    return redirect("hotline:answer-page", code)
