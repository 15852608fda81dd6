"""Versions of the model for the administrator; fragments of advice that other pages load."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.cases.models import Case
from tongxin.cases.queries import moves_open_to

from . import actions, queries, shown
from .models import TextModel

LONGEST = 20_000  # characters of a text handed in; the rest is not looked at
WRITERS = {"finish", "answer", "verify", "conclude"}  # moves whose note the resident reads


def _versions(request: HttpRequest) -> Any:
    """Return the versions for the administrator; for anybody else there is no such page."""
    if not request.user.is_superuser:
        raise Http404
    return TextModel.objects.visible_to(request.user).select_related("asked_by", "used_by")


@login_required
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """Show the versions, the one in use first, and what there is to learn from."""
    versions = list(_versions(request)[: shown.MOST_VERSIONS])
    used = next((one for one in versions if one.is_used), None) or _versions(request).used().first()
    context = {
        "used": used,
        "is_broken": used is not None and queries.model_in_use() is None,
        "tiles": shown.tiles(used) if used else [],
        "versions": shown.version_rows(versions),
        "columns": shown.VERSION_COLUMNS,
        "at_work": next((one for one in versions if one.is_at_work), None),
        "failed": next((one for one in versions[:1] if one.state == TextModel.State.FAILED), None),
        "ended": queries.ended_cases(),
        "least": actions.LEAST_CASES,
    }
    return render(request, "texts/models.html", context)


@login_required
@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version: figures by class, what is taken for what, how it compares."""
    found = get_object_or_404(_versions(request), pk=pk)
    context = {
        "version": found,
        "tiles": shown.tiles(found),
        "columns": shown.CLASS_COLUMNS,
        "rows": shown.class_rows(found),
        "mix_columns": shown.MIX_COLUMNS,
        "mixes": shown.mix_rows(found),
        "rival": shown.rival_words(found),
    }
    return render(request, "texts/version.html", context)


@login_required
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a training is; once it has ended, the page is loaded again."""
    found = get_object_or_404(_versions(request), pk=pk)
    response = render(request, "texts/bits/progress.html", {"version": found})
    if not found.is_at_work:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def train(request: SignedIn) -> HttpResponse:
    """Ask for a new version."""
    _versions(request)
    actions.ask_training(at=now(), by=request.user)
    messages.success(request, _("已排队，后台进程会马上开始训练。"))
    return redirect("texts:models")


@login_required
@require_POST
def use(request: SignedIn, pk: int) -> HttpResponse:
    """Put a version in use."""
    found = get_object_or_404(_versions(request), pk=pk)
    actions.put_in_use(version=found, at=now(), by=request.user)
    messages.success(request, _("%s已启用。") % found)
    return redirect("texts:models")


@login_required
@require_POST
def stop(request: SignedIn) -> HttpResponse:
    """Make no suggestions by a model."""
    _versions(request)
    actions.stop_using(at=now(), by=request.user)
    messages.success(request, _("已停用。点单页仍按目录里的常用说法给建议。"))
    return redirect("texts:models")


@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """Give the topics that what is being written may be about; also for who is not signed in."""
    text = request.POST.get("text", "")[:LONGEST]
    found, chosen = queries.topics_for(text, besides=request.POST.get("topic", ""))
    return render(request, "requests/bits/suggestions.html", {"suggested": found, "topic": chosen})


def _case(request: HttpRequest, pk: Any) -> Case:
    return get_object_or_404(Case.objects.visible_to(request.user).select_related("topic"), pk=pk)


@login_required
@require_safe
def case(request: SignedIn, pk: Any) -> HttpResponse:
    """Suggest topic and department of a case, to who may correct it; empty for anybody else."""
    found, at = _case(request, pk), now()
    moves = {move.name for move in moves_open_to(request.user, found)}
    if found.kind != queries.KIND or "correct" not in moves:
        return HttpResponse("")
    context = {
        "case": found,
        "advice": queries.advice_for(found, at=at),
        "next": request.GET.get("next", ""),
    }
    return render(request, "texts/bits/case.html", context)


@login_required
@require_POST
def adopt(request: SignedIn, pk: Any) -> HttpResponse:
    """Give a case the topic that was suggested."""
    found = _case(request, pk)
    topic = queries.active_topic(request.POST.get("topic", ""))
    if topic is None:
        raise Http404
    expect = request.POST.get("expect", "")
    actions.adopt(
        case=found, topic=topic, actor=request.user, at=now(),
        expect=int(expect) if expect.isascii() and expect.isdigit() else None,
    )  # fmt: skip
    messages.success(request, _("事项已更正为“%s”。") % topic)
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return redirect(target if target and ours else reverse("cases:detail", args=[found.pk]))


@login_required
@require_POST
def reply(request: SignedIn, pk: Any) -> HttpResponse:
    """Say what a reply lacks before it is sent; nothing is kept, nothing is refused."""
    found = _case(request, pk)
    if not WRITERS & {move.name for move in moves_open_to(request.user, found)}:
        raise Http404
    note = request.POST.get("note", "")[:LONGEST]
    hints = queries.hints_for(found, note, at=now()) if note.strip() else []
    return render(request, "texts/bits/reply.html", {"hints": hints, "note": note.strip()})
