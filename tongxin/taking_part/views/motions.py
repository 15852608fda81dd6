"""The desk: motions of one's land by stage, one with its talk, meeting and polls; the rules."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import dot_line, moves_open_to
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import place_name
from tongxin.ui.paging import bad_cursor

from .. import actions
from ..forms import MeetingForm, RulesForm, WhyForm
from ..models import IndexFormula, Motion, MotionRule, PollRule, Statement
from ..models.common import keeps
from ..queries.polls import fraction_words
from .common import FORM, PAGE, ask, bound, own_paths, show, units_of
from .near import badge

STAGES = {
    "open": (gettext_lazy("在办"), ("raised", "supported", "discussing", "ready", "voting", "passed", "carried")),
    "answer": (gettext_lazy("待受理"), ("supported",)),
    "talk": (gettext_lazy("讨论中"), ("discussing", "ready")),
    "voting": (gettext_lazy("表决中"), ("voting",)),
    "carry": (gettext_lazy("待落实"), ("passed", "carried")),
    "ended": (gettext_lazy("已结束"), ("closed", "rejected", "refused", "lapsed", "withdrawn")),
}  # fmt: skip


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """List the motions of one's land, by stage; how many communities deliberate."""
    own_paths(request)
    stage = request.GET.get("stage", "open")
    stage = stage if stage in STAGES else "open"
    rows = Motion.objects.visible_to(request.user)
    counts = rows.aggregate(
        **{name: Count("pk", filter=Q(case__step__in=steps)) for name, (_l, steps) in STAGES.items()},
        communities=Count("community", distinct=True),
    )  # fmt: skip
    found = rows.filter(case__step__in=STAGES[stage][1]).select_related("case", "community")
    if cursor := request.GET.get("cursor", ""):
        try:
            found = found.filter(pk__lt=UUID(cursor))
        except ValueError:
            raise bad_cursor() from None
    page = list(found.order_by("-pk")[: PAGE + 1])
    context = {
        "rows": [
            {"motion": one, "badge": badge(one), "place": place_name(one.community.path),
             "line": dot_line(one.case, at=now())}
            for one in page[:PAGE]
        ],
        "next_cursor": str(page[PAGE - 1].pk) if len(page) > PAGE else "",
        "counts": counts,
        "overview": _by_community(rows) if counts["communities"] > 1 else None,
        "segments": [
            {"label": label, "url": f"?stage={name}", "active": name == stage, "count": counts[name]}
            for name, (label, _steps) in STAGES.items()
        ],
    }  # fmt: skip
    return show(request, "home", context, tab="home")


def _by_community(rows: Any) -> dict[str, Any]:
    """Return the table of motions by community, for who overlooks several; by place, no ranking."""
    names = ("open", "answer", "carry", "ended")
    counts = {f"n_{name}": Count("pk", filter=Q(case__step__in=STAGES[name][1])) for name in names}
    found = rows.order_by("community__path").values("community__path").annotate(**counts)
    return {
        "caption": _("各社区议题"),
        "columns": [
            {"label": _("社区（村）")},
            *({"label": STAGES[name][0], "figure": True} for name in names),
        ],
        "rows": [
            {
                "label": place_name(row["community__path"]),
                "cells": [{"value": row[f"n_{name}"]} for name in names],
            }
            for row in found[:200]
        ],
    }


def _motion(request: SignedIn, pk: UUID) -> Motion:
    rows = Motion.objects.visible_to(request.user).select_related("case", "community", "meeting")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def motion(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show a motion to those who look after it: all that was said, its meeting, its polls, its moves."""
    one = _motion(request, pk)
    at = now()
    said = Statement.objects.visible_to(request.user).filter(motion=one).order_by("-id")
    stances = dict(one.statements.filter(hidden_at=None).values_list("stance").annotate(Count("pk")))  # fmt: skip
    keeper = keeps(request.user, one.community.path)
    moves = moves_open_to(request.user, one.case) if keeper else []
    context = {
        "motion": one, "case": one.case, "badge": badge(one), "line": dot_line(one.case, at=at),
        "place": place_name(one.community.path), "statements": said[:100],
        "stances": [(label, stances.get(value, 0)) for value, label in Statement.Stance.choices],
        "polls": one.polls.order_by("-id"), "keeper": keeper,
        "moves": [m for m in moves if m.name in actions.DESK_MOVES], "at": at,
        "may_meet": keeper and one.case.step in ("discussing", "ready"),
        "may_poll": keeper and one.case.step == "ready"
        and not one.polls.exclude(state__in=("void", "published")).exists(),
    }  # fmt: skip
    return show(request, "motion_desk", context, tab="home")


@login_required
@require_http_methods(FORM)
def hide(request: SignedIn, pk: int) -> HttpResponse:
    """Take a statement off the page, with a reason that its author reads."""
    rows = Statement.objects.visible_to(request.user).select_related("motion")
    one, form = get_object_or_404(rows, pk=pk), WhyForm(bound(request))
    back = reverse("taking_part:motion-desk", args=[one.motion_id])

    def act() -> str:
        actions.hide_statement(one, reason=form.cleaned_data["reason"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已隐藏，发言人会收到理由。"), tab="home", heading=_("隐藏发言"),
        lede=one.text[:80], verb=_("隐藏"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def meeting(request: SignedIn, pk: UUID) -> HttpResponse:
    """Call the consultation meeting of a motion."""
    one = _motion(request, pk)
    form = MeetingForm(
        bound(request), units=units_of(request),
        initial={"key": uuid4(), "chair": request.user.name},
    )  # fmt: skip
    back = reverse("taking_part:motion-desk", args=[pk])

    def act() -> str:
        given = form.cleaned_data | {"key": form.cleaned_data["key"] or None}
        actions.call_consultation(one, by=request.user, at=now(), **given)
        return back

    return ask(
        request, form, act, done=_("协商会已安排，纪要按会议流程记。"), tab="home",
        heading=_("召开协商会"), lede=one.case.title, verb=_("安排会议"), back=back,
    )  # fmt: skip


# Rules.


@login_required
@require_safe
def rules(request: SignedIn) -> HttpResponse:
    """Show every rule with its source and since when it holds."""
    polls = list(PollRule.objects.public().order_by("electorate", "code", "-effective_from"))
    context = {
        "motion_rules": MotionRule.objects.public().order_by("raiser", "-effective_from"),
        "poll_rules": [
            {
                "rule": one,
                "is_dated": one.is_dated(localdate()),
                "quorum": fraction_words(one.quorum_num, one.quorum_den, one.quorum_strict),
                "majority": fraction_words(one.majority_num, one.majority_den, one.majority_strict),
            }
            for one in polls
        ],
        "newer": sorted({one.newer_text for one in polls if one.is_dated(localdate())}),
        "formulas": IndexFormula.objects.public().order_by("code", "-effective_from"),
        "may_set": _may_set(request),
    }
    return show(request, "rules", context, tab="rules")


def _may_set(request: SignedIn) -> bool:
    return request.user.is_superuser or any(p.role == "officer" for p in posts_of(request.user))


@login_required
@require_POST
def load_sample(request: SignedIn) -> HttpResponse:
    """Load the sample rules."""
    made = actions.load_rules(at=now(), by=request.user)
    messages.success(request, _("已装载 %d 条规则。") % made)
    return redirect("taking_part:rules")


@login_required
@require_http_methods(FORM)
def load_table(request: SignedIn) -> HttpResponse:
    """Load poll rules of one's own from a table."""
    files = request.FILES if request.method == "POST" else None
    form = RulesForm(bound(request), files)

    def act() -> str:
        file = form.cleaned_data["file"]
        actions.load_rules(at=now(), by=request.user, data=file.read(), file=file.name)
        return reverse("taking_part:rules")

    return ask(
        request, form, act, done=_("已装载，原有版本保留。"), tab="rules", heading=_("装载表决规则"),
        lede=_("列名与样例一致；同一代码写新的版本和施行日期，到期自动换用。"), verb=_("装载"),
        back=reverse("taking_part:rules"),
    )  # fmt: skip
