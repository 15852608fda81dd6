"""Terms of the units one reads; beginning one, asking for more time."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..dates import add_months
from ..forms import ExtensionForm, TermForm
from ..models import Election, Term
from ..rules import term_rule
from .frame import PAGE, me, one_of, show, status_of, tried, unit_kept


@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the running terms, the one that ends first on top."""
    today = localdate()
    rows = Term.objects.visible_to(request.user).filter(ended_on__isnull=True)
    rows = rows.annotate(due=Coalesce("extended_to", "to_date")).select_related("unit")
    due, pk = _after(request)
    if due:
        rows = rows.filter(Q(due__gt=due) | Q(due=due, pk__gt=pk))
    terms = list(rows.order_by("due", "pk")[: PAGE + 1])
    running = Election.objects.visible_to(request.user).exclude(step__in=Election.OVER)
    kept = queries.kept_units(request.user)
    known = set(
        Term.objects.visible_to(request.user)
        .filter(ended_on__isnull=True)
        .values_list("unit_id", flat=True)
    )
    context = {
        "terms": [_row(term, today) for term in terms[:PAGE]],
        "next_cursor": (
            f"{terms[PAGE - 1].due_on}:{terms[PAGE - 1].pk}" if len(terms) > PAGE else ""
        ),
        "elections": running.select_related("unit").order_by("decided_on", "pk")[:PAGE],
        "without": [unit for unit in kept if unit.pk not in known][:PAGE],
    }
    return show(request, "terms", context, tab="terms")


def _after(request: HttpRequest) -> tuple[date | None, int]:
    """Return the end and the key of the last term of the page before."""
    day, _colon, pk = request.GET.get("cursor", "").partition(":")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        return None, 0
    try:
        return date.fromisoformat(day), int(pk)
    except ValueError:
        return None, 0


def _row(term: Term, today: date) -> dict[str, Any]:
    left = (term.due_on - today).days
    notice = add_months(today, term_rule(term.unit, term.from_date).remind_months)
    if left < 0:
        state, words = "late", _("已超 %d 天") % -left
    elif term.due_on <= notice:
        state, words = "waiting", _("还有 %d 天") % left
    else:
        state, words = "done", _("任期内")
    return {"term": term, "state": state, "words": words}


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, unit: int) -> HttpResponse:
    """Register the committee that stands now."""
    org = unit_kept(request, unit)
    form = TermForm(request.POST or None)
    if request.method == "POST":
        made = tried(
            form,
            lambda: actions.begin_term(unit=org, at=now(), by=me(request), **form.cleaned_data),
        )
        if made:
            messages.success(request, _("已登记本届任期，届满 %s。") % made.to_date)
            return redirect("affairs:term", made.pk)
    rule = term_rule(org, localdate())
    context = {"form": form, "unit": org, "rule": rule}
    return show(request, "new_term", context, tab="terms", status=status_of(form))


@login_required
@require_http_methods(["GET", "POST"])
def term(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a term with its sum; ask for more time."""
    rows = Term.objects.visible_to(request.user).select_related("unit__parent")
    row = one_of(rows, pk, _("没有找到这个任期，或您看不到它。"))
    form = ExtensionForm(request.POST or None)
    if request.method == "POST":
        asked = tried(
            form,
            lambda: actions.ask_extension(term=row, at=now(), by=me(request), **form.cleaned_data),
        )
        if asked:
            messages.success(request, _("已向上级请示延期。"))
            return redirect("affairs:term", pk)
    rule = term_rule(row.unit, row.from_date)
    elections = row.unit.elections.select_related("unit").order_by("-decided_on", "-pk")
    shown = _row(row, localdate())
    running = next((one for one in elections if one.step not in Election.OVER), None)
    context = {
        "term": row,
        "state": shown["state"],
        "words": shown["words"],
        "rule": rule,
        "remind_on": add_months(row.due_on, -rule.remind_months),
        "askings": row.askings.select_related("asked_by", "decided_by").order_by("-asked_at"),
        "form": form,
        "elections": elections,
        "running": running,
        "committee": [] if row.ended_on else queries.committee_of(row.unit, localdate()),
        "keeps": keeps_register(request.user, row.unit.path),
    }
    return show(request, "term", context, tab="terms", status=status_of(form))
