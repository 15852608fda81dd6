"""Reopening by class and batch: counts, batches, a firm's conditions (S0.62)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name

from .. import actions, queries
from ..forms import ApplyForm, BatchForm
from ..models import Condition, ResumeBatch, Resumption, Site
from .common import FORM, PAGE, ask, do, must_enter, show

STATES = {"applied": "waiting", "unmet": "late", "checked": "verify", "approved": "done"}


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """Show how many firms of each class have reopened, and the batches."""
    must_enter(request.user)
    rows = Resumption.objects.visible_to(request.user)
    batches = ResumeBatch.objects.visible_to(request.user).select_related("region")
    listed = batches.annotate(
        n=Count("firms"),
        ready=Count("firms", filter=Q(firms__state="checked")),
        back=Count("firms", filter=Q(firms__state="approved")),
    ).order_by("-pk")
    context = {
        "lines": queries.by_class(rows),
        "states": Resumption.State.labels,
        "batches": listed[:PAGE],
        "may_plan": bool(_own_paths(request)),
        "has_conditions": Condition.objects.public().exists(),
    }
    return show(request, "resuming", context, tab="resuming")


def _own_paths(request: SignedIn) -> set[str]:
    return {post.path for post in posts_of(request.user) if post.role == "officer"}


@login_required
@require_POST
def load(request: SignedIn) -> HttpResponse:
    """Load the sample conditions."""
    if not _own_paths(request):
        raise NotFound(_("由管理员载入条件。"))
    return do(
        request, actions.load_conditions, done=_("样例条件已载入。"),
        back=reverse("inspections:resuming"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Make the next batch of a class."""
    paths = _own_paths(request)
    if not paths:
        raise NotFound(_("由管理员安排复工批次。"))
    inside = Q(path__in=paths)
    for path in paths:
        inside |= Q(path__under=path, level=Region.Level.STREET)
    lands = Region.objects.public().filter(inside, valid_to=None).order_by("path")
    form = BatchForm(request.POST or None, regions=lands, initial={"planned_on": localdate()})

    def act() -> str:
        made = actions.make_batch(by=request.user, at=now(), **form.cleaned_data)
        return reverse("inspections:batch", args=[made.pk])

    return ask(
        request, form, act, done=_("批次已建立，接着登记企业申请。"), tab="resuming",
        heading=_("安排复工批次"), verb=_("建立批次"), back=reverse("inspections:resuming"),
    )  # fmt: skip


def seen_batch(request: SignedIn, pk: int) -> ResumeBatch:
    rows = ResumeBatch.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("region", "approved_by"), pk=pk)


@login_required
@require_GET
def batch(request: SignedIn, pk: int) -> HttpResponse:
    """Show a batch: its firms with what is met, and what is still missing."""
    row = seen_batch(request, pk)
    firms = Resumption.objects.visible_to(request.user).filter(batch=row)
    firms = firms.select_related("site__region").annotate(
        met=Count("answers", filter=Q(answers__found=True)), asked=Count("answers")
    )
    roles = roles_over(request.user, row.region.path)
    is_open = row.approved_at is None
    context = {
        "row": row,
        "firms": [
            (one, STATES[one.state], place_name(one.site.region.path))
            for one in firms.order_by("pk")[:500]
        ],
        "conditions": queries.conditions_for(row.firm_class, localdate()),
        "may_apply": is_open and not roles.isdisjoint(("officer", "inspector")),
        "may_approve": is_open and not roles.isdisjoint(("officer", "leader")),
    }
    return show(request, "batch", context, tab="resuming")


@login_required
@require_http_methods(FORM)
def apply(request: SignedIn, pk: int) -> HttpResponse:
    """Enter a firm's application."""
    row = seen_batch(request, pk)
    sites = Site.objects.visible_to(request.user).open().filter(
        region__path__under=row.region.path
    ).order_by("street_path", "name")  # fmt: skip
    form = ApplyForm(
        request.POST or None, sites=sites, initial={"key": uuid4().hex},
        conditions=queries.conditions_for(row.firm_class, localdate()),
    )  # fmt: skip
    back = reverse("inspections:batch", args=[pk])

    def act() -> str:
        actions.apply_to_resume(batch=row, by=request.user, at=now(), **form.given())
        return back

    return ask(
        request, form, act, done=_("申请已登记，等待现场核查。"), tab="resuming",
        heading=_("登记复工申请"), verb=_("登记申请"), back=back,
        lede=_("%(name)s第 %(n)d 批") % {"name": row.get_firm_class_display(), "n": row.number},
    )  # fmt: skip


@login_required
@require_POST
def approve(request: SignedIn, pk: int) -> HttpResponse:
    """Approve a batch."""
    row = seen_batch(request, pk)
    return do(
        request, lambda: actions.approve_batch(batch=row, by=request.user, at=now()),
        done=_("这一批已批准，核查通过的企业可以复工。"), back=reverse("inspections:batch", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def check(request: SignedIn, pk: int) -> HttpResponse:
    """Check a firm's conditions on the spot, one by one."""
    rows = Resumption.objects.visible_to(request.user).select_related(
        "site__region", "batch__region", "checked_by"
    )
    row = get_object_or_404(rows, pk=pk)
    answers = list(row.answers.select_related("condition").order_by("condition__code"))
    roles = roles_over(request.user, row.site.region.path)
    may_check = row.batch.approved_at is None and not roles.isdisjoint(("officer", "inspector"))
    status, problem, remedy = 200, "", ""
    if request.method == "POST":
        if not may_check:
            raise NotFound(_("没有找到这份申请，或不由您核查。"))
        status = 422
        try:
            actions.check_resumption(
                resumption=row, found=_said(request, answers), by=request.user, at=now()
            )
        except Refused as refusal:
            status, problem, remedy = refusal.status, str(refusal.message), str(refusal.remedy)
        else:
            return do(
                request, lambda: None, done=_("核查已登记。"),
                back=reverse("inspections:batch", args=[row.batch_id]),
            )  # fmt: skip
    context: dict[str, Any] = {
        "row": row, "may_check": may_check, "problem": problem, "remedy": remedy,
        "state": STATES[row.state], "place": place_name(row.site.region.path),
        "answers": [
            (
                one,
                request.POST.get(f"met-{one.condition.code}")
                or {True: "yes", False: "no", None: ""}[one.found],
                request.POST.get(f"note-{one.condition.code}", one.note),
            )
            for one in answers
        ],
    }  # fmt: skip
    return show(request, "check", context, tab="resuming", status=status)


def _said(request: SignedIn, answers: list[Any]) -> dict[str, tuple[bool, str]]:
    """Return what was ticked: only conditions with a yes or no; the action says which are missing."""
    found = {}
    for one in answers:
        code = one.condition.code
        met = request.POST.get(f"met-{code}")
        if met in ("yes", "no"):
            found[code] = (met == "yes", request.POST.get(f"note-{code}", ""))
    return found
