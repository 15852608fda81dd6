"""The community's desk: what waits, members to confirm, units with their pacts and tasks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.orgs.scope import keeps_register
from tongxin.regions.queries import Land, get_land, lands_of, region_of
from tongxin.ui.paging import pk_of

from .. import actions
from ..forms import CorrectionForm, NoteForm, PactForm, ProofForm, TaskForm, UnitForm
from ..models import MemberReport, Pact, PactTask, ServiceEntry, UnitReport
from ..queries import coverage, desk, turns, units
from ..queries import record as record_queries
from ..queries.rules import kinds, number
from ..scope import at_desk, desk_paths

PAGE = 50


def crumbs(land: Land, actor) -> list[tuple[Land, str]]:
    """Return the way down to a land through what the actor acts for, each with its query."""
    mine = desk_paths(actor)
    way = [one for one in lands_of(land.path) if any(one.path.startswith(path) for path in mine)]
    return [(one, f"?{urlencode({'region': one.code})}") for one in way]


@login_required
@require_safe
def board(request: SignedIn) -> HttpResponse:
    """Show what waits: members and units to confirm, turns to appraise, pacts that end."""
    at = now()
    today = localdate(at)
    land = desk.land_of(request.user, request.GET.get("region", ""))
    year = today.replace(month=1, day=1)
    filed = desk.member_reports(
        request.user, land, state="filed", after=pk_of(request.GET.get("cursor", "")), size=PAGE + 1
    )
    context = {
        "land": land,
        "crumbs": crumbs(land, request.user),
        "waiting": desk.waiting(request.user, land, at, today),
        "filed": filed[:PAGE],
        "next_cursor": str(filed[PAGE - 1].pk) if len(filed) > PAGE else "",
        "verdicts": turns.verdicts(land.path, year, today),
        "target": number("good_share_target", today),
        "services": kinds("service"),
    }
    return render(request, "dual_report/desk.html", context)


def _member_report(request: SignedIn, pk: int) -> MemberReport:
    rows = MemberReport.objects.visible_to(request.user).select_related("person", "community")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_POST
def confirm_member(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm that a member lives there."""
    report = actions.confirm_member(report=_member_report(request, pk), by=request.user, at=now())
    messages.success(request, _("已确认%s的报到。") % report.person.name)
    return redirect("dual_report:desk")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def refuse_member(request: SignedIn, pk: int) -> HttpResponse:
    """Do not confirm, with a sentence to the member."""
    report = _member_report(request, pk)
    form = NoteForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        note = form.cleaned_data["note"]
        actions.end_member(
            report=report, reason=MemberReport.End.REFUSED, note=note, by=request.user, at=now()
        )
        messages.success(request, _("已告知%s。") % report.person.name)
        return redirect("dual_report:desk")
    if form.is_bound:
        status = 422
    context = {
        "form": form,
        "title": _("不确认报到"),
        "lede": _("%s会收到您写的原因。") % report.person.name,
        "verb": _("不确认"),
        "back": reverse("dual_report:desk"),
    }
    return render(request, "dual_report/note.html", context, status=status)


# Members who serve here.


@login_required
@require_safe
def members(request: SignedIn) -> HttpResponse:
    """List the members who reported to a place and were confirmed (S3.25)."""
    land = desk.land_of(request.user, request.GET.get("region", ""))
    found = desk.member_reports(
        request.user, land, state="confirmed", after=pk_of(request.GET.get("cursor", "")),
        size=PAGE + 1,
    )  # fmt: skip
    context = {
        "land": land,
        "crumbs": crumbs(land, request.user),
        "share": coverage.members_of(land, localdate()),
        "reports": found[:PAGE],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "services": kinds("service"),
        "today": localdate(),
    }
    return render(request, "dual_report/members.html", context)


# Units and pacts.


@login_required
@require_safe
def unit_list(request: SignedIn) -> HttpResponse:
    """List the units that reported, each with its pact."""
    today = localdate()
    land = desk.land_of(request.user, request.GET.get("region", ""))
    found = desk.unit_reports(
        request.user, land, after=pk_of(request.GET.get("cursor", "")), size=PAGE + 1
    )
    reported, pacts = coverage.units_of(land, today)
    context = {
        "land": land,
        "crumbs": crumbs(land, request.user),
        "rows": [units.standing(report, today) for report in found[:PAGE]],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "reported": reported,
        "pacts": pacts,
    }
    return render(request, "dual_report/units.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_unit(request: SignedIn) -> HttpResponse:
    """File the report of a unit: at the community's desk, or by the unit's own party organisation."""
    land = units.land_for(request.user, request.GET.get("region", ""))
    lands = desk.communities(land)
    chosen = units.choosable(request.user, land)
    form = UnitForm(
        request.POST if request.method == "POST" else None, units=chosen, lands=lands,
        initial={"unit": request.GET.get("unit", "")},
    )  # fmt: skip
    status = 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            report = actions.report_unit(
                unit=given["unit"], community=region_of(get_land(given["community"])),
                contact=given["contact"], phone=given["phone"], offers=given["offers"],
                by=request.user, at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已登记%s的报到。") % report.unit.name)
            return redirect("dual_report:unit", pk=report.pk)
    elif form.is_bound:
        status = 422
    context = {"form": form, "land": land, "one_place": len(lands) == 1}
    return render(request, "dual_report/new_unit.html", context, status=status)


def _unit_report(request: SignedIn, pk: int) -> UnitReport:
    rows = UnitReport.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("unit", "community", "confirmed_by"), pk=pk)


@login_required
@require_safe
def unit(request: SignedIn, pk: int) -> HttpResponse:
    """Show a unit's report: its pacts, their tasks, and what may be done now."""
    report, today = _unit_report(request, pk), localdate()
    pacts = units.pacts_of(report, today)
    context: dict[str, Any] = {
        "report": report,
        "is_desk": at_desk(request.user, report.community.path),
        "is_unit": keeps_register(request.user, report.unit.path),
        "is_over": report.renew_by < today,
        "pacts": pacts,
        "phone": units.masked_phone(report),
        "task_form": TaskForm(),
        "today": today,
    }
    return render(request, "dual_report/unit.html", context)


@login_required
@require_POST
def move_unit(request: SignedIn, pk: int, move: str) -> HttpResponse:
    """Confirm, renew or end a unit's report."""
    report, at = _unit_report(request, pk), now()
    if move == "confirm":
        actions.confirm_unit(report=report, by=request.user, at=at)
        messages.success(request, _("已确认报到。"))
    elif move == "renew":
        renewed = actions.renew_unit(report=report, by=request.user, at=at)
        messages.success(request, _("已续报，有效期到 %s。") % renewed.renew_by)
    else:
        actions.end_unit(report=report, note=request.POST.get("note", ""), by=request.user, at=at)
        messages.success(request, _("已结束报到。"))
        return redirect("dual_report:units")
    return redirect("dual_report:unit", pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_pact(request: SignedIn, pk: int) -> HttpResponse:
    """Draft a pact; `from` in the address names the one it renews."""
    report, today = _unit_report(request, pk), localdate()
    previous = (
        Pact.objects.visible_to(request.user)
        .filter(report=report, pk=request.GET.get("from") or 0, renewal__isnull=True)
        .first()
    )
    initial = units.draft_of(report, previous, today)
    form = PactForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            actions.draft_pact(
                report=report, previous=previous, by=request.user, at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("协议已拟好，等双方签字。"))
            return redirect("dual_report:unit", pk=pk)
    elif form.is_bound:
        status = 422
    context = {"form": form, "report": report, "previous": previous}
    return render(request, "dual_report/new_pact.html", context, status=status)


def _pact(request: SignedIn, pk: int) -> Pact:
    rows = Pact.objects.visible_to(request.user)
    related = ("report__unit", "report__community", "unit_signed_by", "community_signed_by")
    return get_object_or_404(rows.select_related(*related), pk=pk)


@login_required
@require_POST
def sign(request: SignedIn, pk: int, side: str) -> HttpResponse:
    """Sign a pact for one side."""
    pact = actions.sign_pact(pact=_pact(request, pk), side=side, by=request.user, at=now())
    messages.success(request, _("已签字。") if not pact.is_signed else _("双方已签字，协议生效。"))
    return redirect("dual_report:unit", pk=pact.report_id)


@login_required
@require_safe
def print_pact(request: SignedIn, pk: int) -> HttpResponse:
    """Show a pact on A4."""
    pact = _pact(request, pk)
    return render(request, "dual_report/pact_print.html", {"pact": pact, "tasks": pact.tasks.all()})


@login_required
@require_POST
def new_task(request: SignedIn, pk: int) -> HttpResponse:
    """Add a task to a pact."""
    pact, form = _pact(request, pk), TaskForm(request.POST)
    if form.is_valid():
        actions.add_task(pact=pact, by=request.user, at=now(), **form.cleaned_data)
        messages.success(request, _("已添加任务。"))
    else:
        messages.error(request, _("请填写任务和完成期限。"))
    return redirect("dual_report:unit", pk=pact.report_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: SignedIn, pk: int, move: str) -> HttpResponse:
    """Say that a task is done (`done`), hand it back (`back`), or accept it (`accept`)."""
    found = get_object_or_404(
        PactTask.objects.visible_to(request.user).select_related("pact__report"), pk=pk
    )
    back = redirect("dual_report:unit", pk=found.pact.report_id)
    if move == "accept" and request.method == "POST":
        actions.check_task(task=found, accepted=True, by=request.user, at=now())
        messages.success(request, _("已核对：%s。") % found.title)
        return back
    form_class = ProofForm if move == "done" else NoteForm
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        if move == "done":
            actions.report_task(task=found, proof=given["proof"], by=request.user, at=now())
            messages.success(request, _("已填写，等社区核对。"))
        else:
            actions.check_task(
                task=found, accepted=False, note=given["note"], by=request.user, at=now()
            )
            messages.success(request, _("已退回。"))
        return back
    context = {
        "form": form,
        "title": found.title,
        "lede": _("写清楚什么时间、在哪里、做了什么、多少人参加。") if move == "done" else "",
        "verb": _("提交") if move == "done" else _("退回"),
        "back": reverse("dual_report:unit", args=[found.pact.report_id]),
    }
    status = 422 if form.is_bound else 200
    return render(request, "dual_report/note.html", context, status=status)


# The record of service of the place.


@login_required
@require_safe
def record(request: SignedIn) -> HttpResponse:
    """List the service confirmed at a place, to be corrected where it was wrong."""
    land = desk.land_of(request.user, request.GET.get("region", ""))
    found = record_queries.entries_at_desk(
        request.user, under=land.path, cursor=request.GET.get("cursor", ""), size=PAGE + 1
    )
    context = {
        "land": land,
        "crumbs": crumbs(land, request.user),
        "entries": found[:PAGE],
        "services": kinds("service"),
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
    }
    return render(request, "dual_report/record.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: SignedIn, pk: int) -> HttpResponse:
    """Set an entry right by a counter entry."""
    rows = ServiceEntry.objects.visible_to(request.user).select_related("community")
    entry = get_object_or_404(rows, pk=pk)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            actions.correct_service(entry=entry, by=request.user, at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已更正，原记录保留。"))
            return redirect("dual_report:record")
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "title": _("更正记录"),
        "lede": _("原记录 %(what)s，%(minutes)d 分钟。更正写成另一条记录，两条都保留。")
        % {"what": entry.what, "minutes": entry.minutes},
        "verb": _("更正"),
        "back": reverse("dual_report:record"),
    }
    return render(request, "dual_report/form.html", context, status=status)
