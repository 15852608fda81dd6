"""Ratings of a year, plans of lagging units, pairings of good and lagging ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused

from .. import actions, queries
from ..forms import registers as forms
from ..models import ImprovementPlan, Org, RatingLabel, UnitPairing, UnitRating
from ..scope import keeps_register
from .people_of_units import ask
from .take_overs import must_keep_some
from .units import must_read_units

SHOWN = 100


@login_required
@require_GET
def ratings(request: SignedIn) -> HttpResponse:
    """List the ratings of a year by label, with the share of their base; lagging ones with their plan."""
    must_read_units(request.user)
    today = localdate()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and 2000 <= int(asked) <= today.year else today.year
    shares = queries.shares(request.user, year, on=today)
    codes = {share.label.code: share.label for share in shares}
    code = request.GET.get("label", "")
    code = code if code in codes else ""
    after = request.GET.get("cursor", "")
    rows = queries.ratings_of(request.user, year, label=code)
    rows = rows.filter(pk__gt=int(after)) if after.isdecimal() and len(after) < 19 else rows
    page = list(rows[: SHOWN + 1])
    keeps = bool(queries.keeps_some(request.user))
    context: dict[str, Any] = {
        "year": year,
        "years": range(today.year, today.year - 5, -1),
        "shares": shares,
        "rows": [_row(rating, request.user, today) for rating in page[:SHOWN]],
        "next_cursor": str(page[SHOWN - 1].pk) if len(page) > SHOWN else "",
        "segments": [
            {"label": _("全部"), "url": f"?year={year}", "active": not code},
            *(
                {"label": share.label.name, "url": f"?year={year}&label={share.label.code}",
                 "active": code == share.label.code, "count": share.n}
                for share in shares
            ),
        ],
        "chosen": codes.get(code),
        "may_rate": keeps,
    }  # fmt: skip
    return render(request, "orgs/units/ratings.html", context)


def _row(rating: UnitRating, user, today) -> dict[str, Any]:
    unit = rating.unit
    plan = getattr(rating, "plan", None)
    lagging = rating.label.tone == RatingLabel.Tone.LAGGING
    measures = list(plan.measures.all()) if plan else []
    state, words = "", ""
    if lagging and plan is None:
        state, words = "late", _("待制定整改方案")
    elif plan and plan.lifted_on:
        state, words = "done", _("%s 已销号") % plan.lifted_on
    elif plan:
        done = sum(one.done_on is not None for one in measures)
        state = "late" if plan.due < today else "working"
        words = _("措施 %(done)d / %(n)d，%(due)s 前完成") % {
            "done": done, "n": len(measures), "due": plan.due,
        }  # fmt: skip
    return {
        "rating": rating,
        "state": state,
        "words": words,
        "plan": plan,
        "may_plan": lagging and plan is None and keeps_register(user, unit.path),
        "may_change": unit.parent is not None and keeps_register(user, unit.parent.path),
    }


@login_required
@require_POST
def load_rules(request: SignedIn) -> HttpResponse:
    """Bring in the sample labels and requirements, where there are none yet."""
    must_keep_some(request.user)
    n = actions.load_unit_rules()
    messages.success(request, _("已载入样例 %d 条，请按本地文件核定。") % n)
    return redirect("orgs:ratings")


@login_required
@require_http_methods(["GET", "POST"])
def rate(request: SignedIn) -> HttpResponse:
    """Give a unit a label for a year."""
    must_keep_some(request.user)
    initial = {"unit": request.GET.get("unit", ""), "label": request.GET.get("label", "")}
    form = forms.RateForm(request.POST or None, actor=request.user, initial=initial)

    def act() -> None:
        actions.rate_unit(at=now(), by=request.user, **form.given())

    return ask(
        request, form, act, done=_("已评定。"), back=reverse("orgs:ratings"), heading=_("评定"),
        verb=_("评定"), back_label=_("评定提升"),
        lede=_("由人评定，写明理由；系统不打分、不排名。相对后进的，接着制定整改方案。"),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take a label back, with the reason."""
    one = get_object_or_404(UnitRating.objects.visible_to(request.user), pk=pk)
    form = forms.ReasonOfForm(request.POST or None)

    def act() -> None:
        why = form.cleaned_data["reason"]
        actions.withdraw_rating(rating=one, why=why, at=now(), by=request.user)

    return ask(
        request, form, act, done=_("已撤销评定。"), back=reverse("orgs:ratings"),
        heading=_("撤销评定"), verb=_("撤销评定"), back_label=_("评定提升"), lede=str(one),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def new_plan(request: SignedIn, pk: int) -> HttpResponse:
    """Write the plan of a lagging unit."""
    rows = UnitRating.objects.visible_to(request.user).select_related("unit", "label")
    one = get_object_or_404(rows, pk=pk)
    form = forms.PlanForm(request.POST or None)

    def act() -> None:
        found = form.cleaned_data
        actions.make_plan(
            rating=one, causes=found["causes"], due=found["due"], measures=form.measures(),
            at=now(), by=request.user,
        )  # fmt: skip

    return ask(
        request, form, act, done=_("整改方案已制定。"), back=reverse("orgs:ratings"),
        heading=_("制定整改方案"), verb=_("制定"), back_label=_("评定提升"),
        lede=_("%(unit)s · %(year)d 年 · %(why)s")
        % {"unit": one.unit, "year": one.year, "why": one.reason},
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: SignedIn, pk: int) -> HttpResponse:
    """Show a plan: its measures, what is done; add one, finish one, lift it."""
    rows = ImprovementPlan.objects.visible_to(request.user)
    rows = rows.select_related("unit__parent", "rating__label", "made_by", "lifted_by")
    one = get_object_or_404(rows, pk=pk)
    what = request.POST.get("what", "")
    bound = request.POST or None
    add = forms.MeasureForm(bound if what == "add" else None)
    lift = forms.LiftForm(bound if what == "lift" else None, initial={"on": localdate()})
    measures = list(one.measures.order_by("due", "pk"))
    chosen = next((m for m in measures if str(m.pk) == request.POST.get("measure")), None)
    finish = forms.FinishForm(bound if what == "finish" else None, initial={"on": localdate()})
    acts = {"add": add, "lift": lift, "finish": finish}
    status = 200
    if request.method == "POST":
        form, status = acts.get(what), 422
        if form is not None and form.is_valid() and (what != "finish" or chosen):
            try:
                _act_on_plan(what, one, chosen, form.cleaned_data, request.user)
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
            else:
                return redirect("orgs:plan", pk)
    may_work = keeps_register(request.user, one.unit.path) and not one.lifted_on
    may_lift = one.unit.parent and keeps_register(request.user, one.unit.parent.path)
    context = {
        "plan": one, "measures": measures, "add": add, "lift": lift, "finish": finish,
        "finishing": chosen, "may_work": may_work, "may_lift": may_lift and not one.lifted_on,
        "left": sum(m.done_on is None for m in measures), "today": localdate(),
    }  # fmt: skip
    return render(request, "orgs/units/plan.html", context, status=status)


def _act_on_plan(what: str, one: ImprovementPlan, measure, found: dict[str, Any], user) -> None:
    act: dict[str, Callable[[], Any]] = {
        "add": lambda: actions.add_measure(
            plan=one, measure=actions.Measure(found["text"], found["due"], found["who"]),
            at=now(), by=user,
        ),
        "finish": lambda: actions.finish_measure(
            measure=measure, on=found["on"], note=found["note"], at=now(), by=user
        ),
        "lift": lambda: actions.lift_plan(
            plan=one, why=found["reason"], on=found["on"], at=now(), by=user
        ),
    }  # fmt: skip
    act[what]()


@login_required
@require_GET
def pairings(request: SignedIn) -> HttpResponse:
    """List pairings with what the lagging unit's book says before and since."""
    must_read_units(request.user)
    over = request.GET.get("view") == "over"
    rows = UnitPairing.objects.visible_to(request.user).filter(to_date__isnull=not over)
    found = list(rows.select_related("good", "lagging__parent").order_by("-pk")[:SHOWN])
    effects = queries.effects(found, on=localdate())
    context = {
        "effects": [
            (effect, keeps_register(request.user, effect.pairing.lagging.parent.path)
             if effect.pairing.lagging.parent else False)
            for effect in effects
        ],
        "segments": [
            {"label": _("结对中"), "url": "?", "active": not over},
            {"label": _("已结束"), "url": "?view=over", "active": over},
        ],
        "may_pair": bool(queries.keeps_some(request.user)),
        "suggestions": [] if over else queries.suggested_pairings(request.user, on=localdate()),
    }  # fmt: skip
    return render(request, "orgs/units/pairings.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def pair(request: SignedIn) -> HttpResponse:
    """Set a good unit beside a lagging one."""
    must_keep_some(request.user)
    initial = {name: request.GET.get(name, "")[:120] for name in ("good", "lagging")}
    form = forms.PairForm(request.POST or None, actor=request.user, initial=initial)

    def act() -> None:
        actions.pair_units(at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("已结对。"), back=reverse("orgs:unit-pairings"),
        heading=_("结对互帮"), verb=_("结对"), back_label=_("互帮互促"),
        lede=_("先进支部帮、带、扶后进支部；成效用双方的全程纪实说话，不打分。"),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def unpair(request: SignedIn, pk: int) -> HttpResponse:
    """End a pairing with what came of it."""
    one = get_object_or_404(UnitPairing.objects.visible_to(request.user), pk=pk)
    form = forms.UnpairForm(request.POST or None, initial={"on": localdate()})

    def act() -> None:
        actions.unpair_units(pairing=one, at=now(), by=request.user, **form.cleaned_data)

    return ask(
        request, form, act, done=_("结对已结束。"), back=reverse("orgs:unit-pairings"),
        heading=_("结束结对"), verb=_("结束结对"), back_label=_("互帮互促"), lede=str(one),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def requirements(request: SignedIn, pk: int) -> HttpResponse:
    """Show what is asked of a unit by its sector, and how it stands; say how it stands (S2.28)."""
    unit = get_object_or_404(Org.objects.visible_to(request.user), pk=pk)
    year = localdate().year
    may_mark = keeps_register(request.user, unit.path) and not unit.dissolved_on
    rows = queries.requirements_of(unit, year)
    form = forms.MarkForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            found = form.cleaned_data
            asked = next((one for one, _m in rows if one.pk == found["requirement"]), None)
            try:
                if asked is not None:
                    actions.mark_requirement(
                        unit=unit, requirement=asked, year=year, state=found["state"],
                        note=found["note"], at=now(), by=request.user,
                    )  # fmt: skip
                    return redirect("orgs:requirements", pk)
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
    context = {"unit": unit, "rows": rows, "year": year, "may_mark": may_mark, "form": form}
    return render(request, "orgs/units/requirements.html", context, status=status)
