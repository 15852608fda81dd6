"""An election on one page: what comes next, the count with its sums, the posts it proposes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.orgs.scope import keeps_register
from tongxin.ui.forms import Form

from .. import actions, queries
from ..ballots import checks_of, least_candidates, outcome_of
from ..forms import (
    CandidatesForm,
    ElectionForm,
    FewerForm,
    PapersForm,
    ReasonForm,
    RoundForm,
)
from ..models import Election
from .frame import me, one_of, show, status_of, tried, unit_kept

Step = Election.Step
COUNTING = (Step.READY, Step.AGAIN, Step.ELECTED)
ASKING = {
    Step.DECIDED: actions.ask_election,
    Step.AGREED: actions.ask_candidates,
    Step.CHOSEN: actions.report_result,
}


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, unit: int) -> HttpResponse:
    """Record the decision to hold an election."""
    org = unit_kept(request, unit)
    term = org.terms.filter(ended_on__isnull=True).first()
    seats = term.seats if term else 3
    initial = {"decided_on": localdate(), "seats": seats, "has_committee": seats > 1}
    form = ElectionForm(request.POST or None, initial=initial)
    if request.method == "POST":
        made = tried(
            form,
            lambda: actions.start_election(unit=org, at=now(), by=me(request), **form.cleaned_data),
        )
        if made:
            return redirect("affairs:election", made.pk)
    context = {"form": form, "unit": org, "term": term, "members": queries.electorate(org)}
    return show(request, "new_election", context, tab="terms", status=status_of(form))


def _election(request: HttpRequest, pk: int) -> Election:
    rows = Election.objects.visible_to(request.user).select_related("unit__parent", "term")
    return one_of(rows, pk, _("没有找到这次换届，或您看不到它。"))


@login_required
@require_http_methods(["GET", "POST"])
def election(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an election; the form is that of the step it stands in."""
    row = _election(request, pk)
    name, form = _form_of(request, row)
    if request.method == "POST":
        act = WRITES.get(request.POST.get("do", ""))
        if act is not None and name == request.POST["do"]:
            if tried(form, lambda: act(request, row, form)):
                return redirect("affairs:election", pk)
        elif request.POST.get("do") in LOOSE:
            LOOSE[request.POST["do"]](request, row)
            return redirect("affairs:election", pk)
    context = {
        **_facts(request, row),
        "do": name,
        "may_skip": _elects_secretary(row),
        "form": form,
        "keeps": keeps_register(request.user, row.unit.path),
    }
    return show(request, "election", context, tab="terms", status=status_of(form))


def _form_of(request: HttpRequest, row: Election) -> tuple[str, Any]:
    """Return what may be written in this step, and its form."""
    sent = request.POST.get("do") if request.method == "POST" else None
    if row.step == Step.AGREED and sent != "ask":
        people = queries.full_members(row.unit)
        chosen = [one.person_id for one in row.candidates.all()]
        data = request.POST if sent == "candidates" else None
        return "candidates", CandidatesForm(data, people=people, initial={"people": chosen})
    if row.step in ASKING:
        return "ask", ReasonForm(request.POST if sent == "ask" else None)
    if row.step in COUNTING:
        data = request.POST if sent == "round" else None
        initial = {"held_on": localdate(), "entitled": _entitled(row)}
        form = RoundForm(
            data,
            candidates=queries.may_stand(row),
            may_skip=_elects_secretary(row),
            initial=initial,
        )
        return "round", form
    return "", Form()


def _elects_secretary(row: Election) -> bool:
    """A secretary may be elected without a rival, so not all of the committee stand."""
    return row.step == Step.ELECTED or not row.has_committee


def _entitled(row: Election) -> int:
    if row.step == Step.ELECTED:
        return row.candidates.filter(result="commissioner").count()
    return queries.electorate(row.unit)


def _ask(request: HttpRequest, row: Election, form: Any) -> Any:
    done = ASKING[Step(row.step)](
        election=row, reason=form.cleaned_data["reason"], at=now(), by=me(request)
    )
    messages.success(request, _("已报上级，等待批复。"))
    return done


def _candidates(request: HttpRequest, row: Election, form: Any) -> None:
    people = list(form.cleaned_data["people"])
    actions.set_candidates(election=row, people=people, at=now(), by=me(request))
    messages.success(request, _("候选人已保存，共 %d 人。") % len(people))


def _round(request: HttpRequest, row: Election, form: Any) -> Any:
    data = form.cleaned_data
    done = actions.record_round(
        election=row,
        held_on=data["held_on"],
        place=data["place"],
        tellers=data["tellers"],
        numbers=form.numbers(),
        marks=form.marks(),
        at=now(),
        by=me(request),
    )
    messages.success(request, _("计票结果已记录。"))
    return done


WRITES: dict[str, Callable[..., Any]] = {
    "ask": _ask,
    "candidates": _candidates,
    "round": _round,
}


def _confirm(request: HttpRequest, row: Election) -> None:
    done = actions.confirm_outcome(election=row, at=now(), by=me(request))
    messages.success(
        request,
        _("换届完成：任职 %(given)d 人，离任 %(ended)d 人。")
        % {"given": len(done["given"]), "ended": len(done["ended"])},
    )
    if done["waiting"]:
        messages.warning(request, _("还没有账号、未任职：%s") % "、".join(done["waiting"]))


def _fewer(request: HttpRequest, row: Election) -> None:
    form = FewerForm(request.POST)
    count = form.cleaned_data["in_favour"] if form.is_valid() else 0
    actions.accept_fewer(election=row, in_favour=count, at=now(), by=me(request))
    messages.success(request, _("名额已减少，请选举书记。"))


def _cancel(request: HttpRequest, row: Election) -> None:
    reason = request.POST.get("reason", "").strip()[:300] or _("未写明")
    actions.cancel_election(election=row, reason=reason, at=now(), by=me(request))
    messages.success(request, _("换届已取消。"))


def _papers(request: HttpRequest, row: Election) -> None:
    form = PapersForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["papers"])))
        return
    papers = form.cleaned_data["papers"]
    actions.keep_minutes(election=row, papers=papers, at=now(), by=me(request))
    messages.success(request, _("材料已保存。"))


LOOSE: dict[str, Callable[..., None]] = {
    "papers": _papers,
    "confirm": _confirm,
    "fewer": _fewer,
    "cancel": _cancel,
}


def _facts(request: HttpRequest, row: Election) -> dict[str, Any]:
    rule = actions.rule_of(row)
    candidates = list(row.candidates.select_related("person").order_by("pk"))
    names = {one.pk: one.person.name for one in candidates}
    rounds = row.rounds.prefetch_related("votes__candidate__person").order_by("number")
    counted = []
    for one in rounds:
        count = queries.counted(one)
        counted.append(
            {
                "round": one,
                "checks": checks_of(count, rule, names),
                "outcome": outcome_of(count),
                "votes": sorted(one.votes.all(), key=lambda vote: -vote.in_favour),
            }
        )
    least = least_candidates(row.seats, rule) if row.has_committee else 1
    return {
        "election": row,
        "line": queries.line_of(row),
        "rule": rule,
        "least": least,
        "candidates": candidates,
        "papers": row.papers.all(),
        "papers_form": PapersForm(),
        "enough": len(candidates) >= least,
        "counted": counted,
        "askings": row.askings.select_related("asked_by", "decided_by").order_by("asked_at"),
        "proposals": (
            queries.proposed_posts(row, on=localdate()) if row.step == Step.APPROVED else []
        ),
        "fewer": FewerForm() if row.step == Step.AGAIN and row.has_committee else None,
        "may_cancel": row.step not in (*Election.OVER, "chosen", "reported", "approved", "elected"),
        "disclosure": row.unit.disclosures.filter(period=f"election-{row.pk}").first(),
    }


@login_required
@require_POST
def tally(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the sums of a count while it is typed; writes nothing."""
    row = _election(request, pk)
    form = RoundForm(
        request.POST, candidates=queries.may_stand(row), may_skip=_elects_secretary(row)
    )
    form.is_valid()
    context: dict[str, Any] = {"checks": [], "outcome": None, "names": []}
    if row.step in COUNTING and form.has_count():
        count, standing = actions.count_of(row, form.numbers(), form.marks())
        names = {pk: one.person.name for pk, one in standing.items()}
        checks = checks_of(count, actions.rule_of(row), names)
        context["checks"] = checks
        if all(check.ok for check in checks):
            outcome = outcome_of(count)
            context["outcome"] = outcome
            context["elected"] = [names[pk] for pk in outcome.elected]
            context["tied"] = [names[pk] for pk in outcome.tied]
    return render(request, "affairs/bits/tally.html", context)


@login_required
@require_GET
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Print the report of the result (选举结果报告单)."""
    row = _election(request, pk)
    return render(request, "affairs/print_election.html", _facts(request, row))
