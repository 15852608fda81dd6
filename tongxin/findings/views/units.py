"""What a unit owes: rectifications in hand, reports of progress, self-checks to answer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import dot_line
from tongxin.kit.errors import NotFound
from tongxin.photos.queries import as_told

from .. import actions, queries
from ..forms import CheckForm, ReportForm
from ..models import Rectification, SelfCheck
from ..models.findings import own_orgs
from .common import FORM, ask, keep_photos, show

MOST = 100


@login_required
@require_GET
def mine(request: SignedIn) -> HttpResponse:
    """What the reader's units have in hand, the nearest day first, and what they are asked."""
    at, today = now(), localdate()
    running = Rectification.objects.visible_to(request.user)
    rows = queries.in_hand(running, own_orgs(request.user))[:MOST]
    checks = SelfCheck.objects.visible_to(request.user).filter(org__in=own_orgs(request.user))
    context = {
        "rows": [
            {
                "row": row,
                "line": dot_line(row.case, at=at),
                "step": row.case.flow.step_of[row.case.step].label,
                "late": row.done_at is None and row.deadline < today,
                "report": row.next_report_on,
                "report_late": row.next_report_on is not None and row.next_report_on < today,
            }
            for row in rows
        ],
        "checks": checks.waiting().select_related("round__group", "org").order_by("round__due_on"),
        "answered": checks.exclude(answer="").select_related("round__group", "org", "finding").order_by("-answered_at")[:20],
        "has_unit": bool(own_orgs(request.user)),
        "today": today,
        "at": at,
    }  # fmt: skip
    return show(request, "mine", context, tab="mine")


@login_required
@require_http_methods(FORM)
def report(request: SignedIn, pk: Any) -> HttpResponse:
    """Report how far the unit is."""
    rows = Rectification.objects.visible_to(request.user).select_related("case", "finding", "unit")
    row = get_object_or_404(rows, pk=pk)
    if row.case.handler_id not in own_orgs(request.user):
        raise NotFound(_("没有找到这项整改，或不由您报送。"))
    form = ReportForm(request.POST or None, initial={"on": localdate()})
    back = reverse("findings:finding", args=[row.finding_id])

    def act() -> str:
        actions.report_progress(row, at=now(), by=request.user, **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("进度已报送。"), heading=_("报送整改进度"), verb=_("报送"),
        lede=str(row.finding), back=back, tab="mine",
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def self_check(request: SignedIn, pk: int) -> HttpResponse:
    """Answer for one's unit, or read the answer."""
    rows = SelfCheck.objects.visible_to(request.user).select_related(
        "round__group", "org", "finding", "answered_by"
    )
    check, at = get_object_or_404(rows, pk=pk), now()
    may_answer = not check.answer and check.org_id in own_orgs(request.user)
    if not may_answer:
        photos = [
            {**as_told(one.photo), "alt": _("自查照片")}
            for one in check.pictures.select_related("photo")
        ]
        return show(request, "self_check", {"check": check, "photos": photos}, tab="mine")
    form = CheckForm(request.POST or None, request.FILES or None, round_=check.round, at=at)

    def act() -> str:
        data = form.cleaned_data
        kept = keep_photos(data.pop("photos"), request.user, at)
        actions.answer_self_check(check, photos=kept, at=at, by=request.user, **data)
        return reverse("findings:mine")

    return ask(
        request, form, act, done=_("自查结果已报送。"), heading=_("自查：%s") % check.round.group,
        verb=_("报送"), lede=str(check.org), back=reverse("findings:mine"), tab="mine",
        template="answer", check=check,
    )  # fmt: skip
