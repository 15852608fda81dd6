"""民主评议党员 and 谈心谈话."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.orgs.scope import keeps_register
from tongxin.ui.forms import ReasonForm as LookForm

from .. import actions, queries
from ..forms import BallotsForm, GradesForm, ReasonForm, SelfForm, TalkForm
from ..models import HeartTalk, Review, ReviewResult
from . import frame
from .meetings import PAGE


@login_required
@require_safe
def reviews(request: SignedIn) -> HttpResponse:
    """Show a unit's reviews and the register of talks."""
    unit, on = frame.unit_of(request), localdate()
    rows = Review.objects.visible_to(request.user).filter(unit__path__under=unit.path)
    talks = HeartTalk.objects.visible_to(request.user).filter(
        unit__path__under=unit.path, month__gte=on.year * 100
    )
    shown = list(talks.select_related("unit", "who", "whom").order_by("-on", "-pk")[:40])
    for one in shown:
        its = request.user.pk in (one.who.user_id, one.whom.user_id)
        one.is_open = its or keeps_register(request.user, one.unit.path)  # type: ignore[attr-defined]
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "reviews"),
        "filters": [frame.unit_filter(request, unit)],
        "reviews": list(rows.select_related("unit").order_by("-year", "unit__path")[:40]),
        "talks": shown,
        "n_talks": talks.count(),
        "keeps": keeps_register(request.user, unit.path),
        "runs": queries.runs(request.user, unit.path),
        "is_branch": unit.unit_kind in ("branch", "general_branch"),
        "year": on.year,
    }
    return render(request, "meetings/reviews.html", context)


@login_required
@require_POST
def open_review(request: SignedIn) -> HttpResponse:
    """Open this year's review of a branch."""
    unit, at = frame.unit_of(request), now()
    year = localdate(at).year
    review = actions.open_review(unit=unit, year=year, by=request.user, at=at)
    messages.success(request, _("民主评议已开始，请通知党员在“我的会议”里写自评。"))
    return redirect("meetings:review", pk=review.pk)


def _review(request: SignedIn, pk: int) -> Review:
    rows = Review.objects.visible_to(request.user).select_related("unit", "rule_set")
    review = get_object_or_404(rows, pk=pk)
    if not keeps_register(request.user, review.unit.path):
        raise NotFound(_("没有找到这次民主评议，或您不负责它。"))
    return review


def _rows(request: SignedIn, review: Review) -> list[ReviewResult]:
    rows = ReviewResult.objects.visible_to(request.user).filter(review=review)
    return list(rows.select_related("membership__person", "review__unit").order_by("pk"))


STEPS = [step for step in Review.Step if step != Review.Step.DONE]


@login_required
@require_http_methods(PAGE)
def review(request: SignedIn, pk: int) -> HttpResponse:
    """Show a review in its step, with the one form of that step."""
    it, at = _review(request, pk), now()
    rows = _rows(request, it)
    taking = [row for row in rows if not row.excused]
    order = [*Review.Step]
    here = order.index(Review.Step(it.step))
    steps = [
        {"label": step.label, "state": "done" if n < here else "now" if n == here else "todo"}
        for n, step in enumerate(STEPS)
    ]
    context = {
        "review": it,
        "unit": it.unit,
        "sections": frame.sections(it.unit, "reviews"),
        "rows": rows,
        "taking": taking,
        "steps": steps,
        "waiting": queries.waiting_for(it) if it.step == "self" else [],
        "most": queries.most_excellent(it, len(taking)),
        "share": queries.excellent_share(it),
        "grades": ReviewResult.Grade.choices,
    }
    back = reverse("meetings:review", args=[it.pk])
    by = request.user
    if it.step == Review.Step.TALLY:
        form: Any = BallotsForm(request.POST or None, rows=taking)
        do = lambda: actions.tally(review=it, by=by, at=at, **form.given())  # noqa: E731
    elif it.step == Review.Step.SETTLE:
        form = GradesForm(request.POST or None, rows=taking)
        do = lambda: actions.settle(review=it, grades=form.given(), by=by, at=at)  # noqa: E731
    else:
        return render(request, "meetings/review.html", context)
    return frame.act(
        request, form, "meetings/review.html", context, do, lambda made: back, said=_("已保存。")
    )


@login_required
@require_POST
def next_step(request: SignedIn, pk: int) -> HttpResponse:
    """Go on to the next step of a review, where it needs no figures."""
    it = _review(request, pk)
    do = actions.start_mutual if request.POST.get("to") == "mutual" else actions.finish_mutual
    do(review=it, by=request.user, at=now())
    messages.success(request, _("已进入下一步。"))
    return redirect("meetings:review", pk=it.pk)


@login_required
@require_POST
def mark(request: SignedIn, pk: int) -> HttpResponse:
    """Write down one member's appraisal on paper, or why they take no part."""
    row = get_object_or_404(
        ReviewResult.objects.visible_to(request.user).select_related("review__unit"), pk=pk
    )
    at, reason = now(), request.POST.get("reason", "")
    if reason:
        actions.excuse(result=row, by=request.user, at=at, reason=reason)
    else:
        grade = request.POST.get("grade", "")
        actions.paper_self(result=row, by=request.user, at=at, grade=grade)
    return redirect("meetings:review", pk=row.review_id)


@login_required
@require_http_methods(PAGE)
def self_appraisal(request: SignedIn, pk: int) -> HttpResponse:
    """Write one's own appraisal, on a phone."""
    row = get_object_or_404(
        ReviewResult.objects.visible_to(request.user).select_related("review__unit"),
        review=pk, membership__person__user=request.user.pk,
    )  # fmt: skip
    form = SelfForm(request.POST or None)
    context = {"review": row.review, "row": row}
    return frame.act(
        request, form, "meetings/self.html", context,
        lambda: actions.appraise_self(
            review=row.review, user=request.user, at=now(), **form.cleaned_data
        ),
        lambda made: reverse("meetings:mine"), said=_("自评已提交。"),
    )  # fmt: skip


@login_required
@require_http_methods(PAGE)
def look(request: SignedIn, pk: int) -> HttpResponse:
    """Read what somebody wrote of themselves, for a reason that is kept."""
    row = get_object_or_404(
        ReviewResult.objects.visible_to(request.user).select_related(
            "review__unit", "membership__person"
        ),
        pk=pk,
    )
    form = ReasonForm(request.POST or None, label=_("查看理由"))
    text = ""
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["text"]
        try:
            text = actions.open_self(result=row, by=request.user, reason=reason, at=now())
        except Invalid as refusal:
            form.add_error("text", str(refusal))
    context = {
        "row": row,
        "unit": row.review.unit,
        "sections": frame.sections(row.review.unit, "reviews"),
        "form": form,
        "text": text,
    }
    return render(request, "meetings/look.html", context)


@login_required
@require_http_methods(PAGE)
def new_talk(request: SignedIn) -> HttpResponse:
    """Write down that two people talked."""
    unit = frame.unit_of(request)
    if not queries.runs(request.user, unit.path):
        raise NotFound(_("您不负责%s的谈心谈话。") % unit.name)
    form = TalkForm(request.POST or None, unit=unit)
    context = {"unit": unit, "sections": frame.sections(unit, "reviews")}
    return frame.act(
        request, form, "meetings/talk_form.html", context,
        lambda: actions.record_talk(unit=unit, by=request.user, at=now(), **form.cleaned_data),
        lambda made: f"{reverse('meetings:reviews')}?unit={unit.pk}", said=_("已登记。"),
    )  # fmt: skip


@never_cache
@login_required
@require_http_methods(PAGE)
def talk(request: SignedIn, pk: int) -> HttpResponse:
    """Show a talk to the two who talked, with its note; to who keeps the register for a reason."""
    rows = HeartTalk.objects.visible_to(request.user).select_related("unit", "who", "whom")
    it = get_object_or_404(rows, pk=pk)
    is_part = request.user.pk in (it.who.user_id, it.whom.user_id)
    if not is_part and not keeps_register(request.user, it.unit.path):
        raise NotFound(_("没有找到这次谈话，或您看不到它。"))
    form, status = LookForm(request.POST or None), 200
    note, is_open = "", is_part or not it.note_sealed
    if is_part:
        note = actions.open_talk(talk=it, by=request.user, reason="", at=now())
    elif request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            note = actions.open_talk(talk=it, by=request.user, reason=reason, at=now())
            is_open = True
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    context = {
        "talk": it,
        "note": note,
        "is_open": is_open,
        "form": form,
        "layout": "ui/phone.html" if is_part else "ui/desk.html",
        "back": reverse("meetings:mine")
        if is_part
        else f"{reverse('meetings:reviews')}?unit={it.unit_id}",
    }
    return render(request, "meetings/talk.html", context, status=422 if form.errors else status)
