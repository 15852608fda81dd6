"""Files of development: the list, a file with its line of steps, and what is written into it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.orgs.models import Membership
from tongxin.orgs.scope import keeps_register
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import ApplicantForm, EndForm, HelpersForm, OpenFileForm, ReviewForm, StepForm
from ..models import Admission, Helper
from ..rules import admission_steps
from .frame import PAGE, PHONE, me, one_of, show, status_of, tried, unit_kept


@login_required
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the files one may see, by unit's order of keys; those open first."""
    state = request.GET.get("state", "open")
    rows = Admission.objects.visible_to(request.user).select_related("unit", "membership__person")
    if state in Admission.State.values:
        rows = rows.filter(state=state)
    page, following = page_of(rows, request.GET.get("cursor", ""), PAGE, oldest=True)
    applicants = (
        Membership.objects.visible_to(request.user)
        .standing()
        .filter(stage=Membership.Stage.APPLICANT, admission__isnull=True)
        .select_related("unit", "person")
        .order_by("pk")[:PAGE]
    )
    context = {
        "rows": [_brief(row) for row in page],
        "next_cursor": following,
        "segments": [
            {"label": label, "url": f"?state={value}", "active": value == state, "count": None}
            for value, label in Admission.State.choices
        ],
        "applicants": [a for a in applicants if keeps_register(request.user, a.unit.path)],
        "units": queries.kept_units(request.user),
        "today": localdate(),
    }
    return show(request, "admissions", context, tab="admissions")


def _brief(row: Admission) -> dict[str, Any]:
    steps = admission_steps(row.version)
    step = next((one for one in steps if one.code == row.next_code), steps[-1])
    today = localdate()
    late = row.due_on is not None and row.due_on < today
    return {"row": row, "step": step, "of": len(steps), "late": late}


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, unit: int) -> HttpResponse:
    """Write down somebody who applies, and open their file."""
    org = unit_kept(request, unit)
    form = ApplicantForm(request.POST or None, request.FILES or None)

    if request.method == "POST":
        made = tried(
            form,
            lambda: actions.admit_applicant(
                unit=org, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if made:
            messages.success(request, _("已建档，请按步骤办理。"))
            return redirect("affairs:admission", made.pk)
    context = {"form": form, "unit": org, "who": None}
    return show(request, "new_admission", context, tab="admissions", status=status_of(form))


@login_required
@require_http_methods(["GET", "POST"])
def open_file(request: HttpRequest, membership: int) -> HttpResponse:
    """Open the file of an applicant who stands in the register already."""
    rows = Membership.objects.visible_to(request.user).select_related("unit__region", "person")
    row = one_of(rows, membership, _("没有找到这名同志，或您看不到。"))
    unit_kept(request, row.unit_id)
    form = OpenFileForm(
        request.POST or None, request.FILES or None, initial={"applied_on": row.applied_on}
    )
    if request.method == "POST":
        made = tried(
            form,
            lambda: actions.open_admission(
                membership=row, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if made:
            messages.success(request, _("已建档，请按步骤办理。"))
            return redirect("affairs:admission", made.pk)
    context = {"form": form, "unit": row.unit, "who": row.person}
    return show(request, "new_admission", context, tab="admissions", status=status_of(form))


def _file(request: HttpRequest, pk: int) -> Admission:
    rows = Admission.objects.visible_to(request.user).select_related(
        "unit__region", "unit__parent", "membership__person"
    )
    return one_of(rows, pk, _("没有找到这份档案，或您看不到它。"))


def _kept_file(request: HttpRequest, pk: int) -> Admission:
    row = _file(request, pk)
    unit_kept(request, row.unit_id)
    return row


@login_required
@require_GET
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a file: where it stands, what comes next and between which days, all steps."""
    row = _file(request, pk)
    views = queries.schedule(row)
    current = next((view for view in views if view.state == "now"), None)
    stages: list[tuple[str, list[Any]]] = []
    for view in views:
        if not stages or stages[-1][0] != view.rule.stage:
            stages.append((view.rule.stage, []))
        stages[-1][1].append(view)
    keeps = keeps_register(request.user, row.unit.path)
    above = row.unit.parent
    keeps_above = above is not None and keeps_register(request.user, above.path)
    helpers = list(row.helpers.select_related("person").order_by("role", "pk"))
    is_own = row.membership.person.user_id == request.user.pk and not (keeps or keeps_above)
    context = {
        "layout": PHONE if is_own else "",
        "file": row,
        "person": row.membership.person,
        "current": current,
        "stages": stages,
        "steps": queries.stages_of(views),
        "done": sum(view.state == "done" for view in views),
        "total": len(views),
        "source": views[0].rule.source,
        "today": localdate(),
        "keeps": keeps,
        "may_take": current is not None and (keeps_above if current.rule.by_above else keeps),
        "mentors": [one.person for one in helpers if one.role == Helper.Role.MENTOR],
        "sponsors": [one.person for one in helpers if one.role == Helper.Role.SPONSOR],
        "reviews": row.reviews.select_related("by").order_by("-on"),
    }
    return show(request, "admission", context, tab="admissions")


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, pk: int) -> HttpResponse:
    """Pass the next step, or record that its vote did not pass."""
    row = _kept_file(request, pk)
    view = next((one for one in queries.schedule(row) if one.state == "now"), None)
    if view is None:
        return redirect("affairs:admission", pk)
    today = localdate()
    form = StepForm(
        request.POST or None,
        request.FILES or None,
        step=view.rule,
        may_be_late=view.window.is_late(today),
        initial={"done_on": today},
    )
    if request.method == "POST" and request.POST.get("code") != view.rule.code:
        messages.warning(request, _("这一步已经办过，下面是现在的下一步。"))
        return redirect("affairs:admission", pk)
    if request.method == "POST" and "failed" in request.POST:
        done = tried(
            form,
            lambda: actions.record_failed_vote(
                admission=row, code=view.rule.code, taken=form.taken(), at=now(), by=me(request)
            ),
        )
        if done:
            messages.warning(request, _("已登记表决未通过，这一步可以再次表决。"))
            return redirect("affairs:admission", pk)
    elif request.method == "POST":
        done = tried(
            form,
            lambda: actions.take_step(
                admission=row, code=view.rule.code, taken=form.taken(), at=now(), by=me(request)
            ),
        )
        if done:
            messages.success(request, _("已办：%s") % view.rule.title)
            return redirect("affairs:admission", pk)
    context = {
        "form": form, "file": row, "view": view, "person": row.membership.person, "today": today,
    }  # fmt: skip
    return show(request, "step", context, tab="admissions", status=status_of(form))


@login_required
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a half-yearly review."""
    row = _kept_file(request, pk)
    form = ReviewForm(request.POST or None, initial={"on": localdate()})
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.write_review(
                admission=row, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if done:
            messages.success(request, _("考察意见已登记。"))
            return redirect("affairs:admission", pk)
    context = {"form": form, "file": row, "title": _("登记考察"), "verb": _("登记")}
    return show(request, "file_form", context, tab="admissions", status=status_of(form))


@login_required
@require_http_methods(["GET", "POST"])
def helpers(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Name who guides somebody, or who vouches for them."""
    row = _kept_file(request, pk)
    if role not in Helper.Role.values:
        return redirect("affairs:admission", pk)
    people = queries.full_members(row.unit)
    chosen = row.helpers.filter(role=role).values_list("person", flat=True)
    form = HelpersForm(request.POST or None, people=people, initial={"people": list(chosen)})
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.set_helpers(
                admission=row,
                role=role,
                people=list(form.cleaned_data["people"]),
                at=now(),
                by=me(request),
            ),
        )
        if done:
            return redirect("affairs:admission", pk)
    context = {"form": form, "file": row, "title": Helper.Role(role).label, "verb": _("保存")}
    return show(request, "file_form", context, tab="admissions", status=status_of(form))


@login_required
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a file before its aim."""
    row = _kept_file(request, pk)
    form = EndForm(request.POST or None, initial={"on": localdate()})
    if request.method == "POST":
        done = tried(
            form,
            lambda: actions.end_admission(
                admission=row, at=now(), by=me(request), **form.cleaned_data
            ),
        )
        if done:
            messages.success(request, _("档案已终止。"))
            return redirect("affairs:admission", pk)
    context = {"form": form, "file": row, "title": _("终止培养"), "verb": _("终止培养")}
    return show(request, "file_form", context, tab="admissions", status=status_of(form))
