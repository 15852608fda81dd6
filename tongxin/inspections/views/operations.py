"""Operations: the list, the plan, its home, and the buttons that carry it on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import geojson_of
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import OperationForm, ProlongForm, SubjectsForm
from ..models import POLICY_TAGS, Operation, SiteKind
from ..scope import RUNNERS, approves
from .common import (
    FORM,
    PAGE,
    address,
    ask,
    do,
    must_enter,
    run_operation,
    seen_operation,
    show,
    show_part,
    streets_in,
)

OUTLINE = 80  # metres: how much the borders of streets may be simplified on the map
HEADLINES = ("dispatches", "person_times", "visits", "findings", "settled")


def own_orgs(user: Any) -> Any:
    """Return the units in whose name the user may draft an operation."""
    ids = {post.org_id for post in posts_of(user) if post.role in RUNNERS}
    return Org.objects.public().filter(pk__in=ids).order_by("path")


def own_lands(user: Any) -> Any:
    """Return the land an operation may be drafted for: of the posts, and the streets in it."""
    paths = {post.path for post in posts_of(user) if post.role in RUNNERS}
    rows = Region.objects.public().filter(valid_to=None)
    found = rows.filter(path__in=paths)
    for path in paths:
        found |= rows.filter(path__under=path, level=Region.Level.STREET)
    return found.distinct().order_by("path")


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """List the operations one sees, latest first."""
    must_enter(request.user)
    state = request.GET.get("state", "")
    rows = Operation.objects.visible_to(request.user).select_related("org", "region")
    if state in Operation.State.values:
        rows = rows.filter(state=state)
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    choices = [("", _("全部")), *Operation.State.choices]
    context = {
        "rows": found,
        "next": following,
        "may_draft": own_orgs(request.user).exists(),
        "filters": [{"name": "state", "label": _("状态"), "value": state, "choices": choices}],
    }
    return show(request, "home", context)


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Draft an operation."""
    orgs, lands = own_orgs(request.user), own_lands(request.user)
    if not orgs.exists():
        raise NotFound(_("您的岗位不能组织专项监督。"))
    initial = {"starts_on": localdate()}
    form = OperationForm(request.POST or None, orgs=orgs, regions=lands, initial=initial)

    def act() -> str:
        made = actions.draft_operation(by=request.user, at=now(), **form.given())
        return reverse("inspections:operation", args=[made.pk])

    return ask(
        request, form, act, done=_("方案已起草。接着列出监督对象，组建监督组，再提请批准。"),
        heading=_("起草监督方案"), verb=_("保存方案"), back=reverse("inspections:home"),
        lede=_("写清监督什么、在哪里、什么时候；由领导或书记批准后启动。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Put a draft right; once approved only its last day."""
    row = run_operation(request, pk)
    back = reverse("inspections:operation", args=[pk])
    form: OperationForm | ProlongForm
    if row.state == Operation.State.DRAFTED:
        known = [tag for tag in row.tags if tag in POLICY_TAGS]
        names = (
            "name",
            "number",
            "starts_on",
            "ends_on",
            "scope",
            "requirements",
            "is_unannounced",
        )
        initial: dict[str, Any] = {name: getattr(row, name) for name in names}
        initial |= {"tags": known, "more_tags": "、".join(set(row.tags) - set(known))}
        form = OperationForm(
            request.POST or None, initial=initial, orgs=own_orgs(request.user),
            regions=own_lands(request.user),
        )  # fmt: skip
        del form.fields["org"], form.fields["region"]
    else:
        form = ProlongForm(request.POST or None, initial={"ends_on": row.ends_on})

    def act() -> str:
        given = form.given() if isinstance(form, OperationForm) else form.cleaned_data
        actions.change_operation(operation=row, by=request.user, at=now(), **given)
        return back

    return ask(
        request, form, act, done=_("方案已修改。"), heading=_("修改方案"), verb=_("保存修改"),
        lede=row.name, back=back,
    )  # fmt: skip


@login_required
@require_GET
def operation(request: SignedIn, pk: int) -> HttpResponse:
    """Show an operation: figures with how each is counted, streets on the map, teams, the plan."""
    row = seen_operation(request, pk)
    counts = queries.counts_of(row)
    figures = queries.figures_of(row, counts)
    kinds, streets = queries.streets_of(row, counts)
    by_code = {one.code: one for one in figures}
    days = (row.ends_on - row.starts_on).days + 1
    gone = min(max((localdate() - row.starts_on).days + 1, 0), days)
    context: dict[str, Any] = {
        "figures": figures,
        "headlines": [by_code[code] for code in HEADLINES],
        "rate": by_code["per_hundred"].value,
        "covers": [one for one in figures if one.code.startswith("covered_")],
        "kinds": [SiteKind(kind).label for kind in kinds],
        "streets": [(one, [one.cells[kind] for kind in kinds]) for one in streets],
        "map": _map(row, streets),
        "teams": queries.teams_of(row, counts),
        "subjects": len(counts.subjects),
        "days": days,
        "gone": gone,
        "may_approve": row.state == "drafted" and approves(request.user, row),
        "report": row.result,
    }
    return show_part(request, row, "operation", context)


def _map(row: Operation, streets: list[Any]) -> dict[str, Any] | None:
    by_code = {one.code: one for one in streets}
    lands = Region.objects.public().filter(code__in=list(by_code), level=Region.Level.STREET)
    drawn = geojson_of(lands.filter(valid_to=None), tolerance_m=OUTLINE)
    base = reverse("inspections:visits", args=[row.pk])
    for feature in drawn["features"]:
        one = by_code[feature["properties"]["code"]]
        feature["properties"] = {
            "name": one.name, "visits": one.visits, "findings": one.findings,
            "url": f"{base}?street={one.code}",
        }  # fmt: skip
    return drawn if drawn["features"] else None


@login_required
@require_GET
def plan(request: SignedIn, pk: int) -> HttpResponse:
    """Show the plan as paper: scope, requirements, subjects, teams."""
    row = seen_operation(request, pk)
    subjects: dict[str, list[str]] = {}
    for one in row.subjects.order_by("kind", "region__path", "name"):
        subjects.setdefault(str(one.get_kind_display()), []).append(one.name)
    teams = row.teams.select_related("leader").prefetch_related("areas", "members__user")
    context = {
        "row": row,
        "subjects": [(kind, len(names), names) for kind, names in subjects.items()],
        "teams": [
            (one, [m.user.name for m in one.members.all() if m.left_at is None])
            for one in teams.order_by("number")
        ],
        "now": now(),
    }
    return render(request, "inspections/plan.html", context)


@login_required
@require_http_methods(FORM)
def subjects(request: SignedIn, pk: int) -> HttpResponse:
    """Name whom the operation looks at."""
    row = run_operation(request, pk)
    back = reverse("inspections:coverage", args=[pk])
    departments = Org.objects.public().filter(
        kind__in=(Org.Kind.DEPARTMENT, Org.Kind.GOVERNMENT), region__path__under=row.region.path
    )
    streets = streets_in(row)
    form = SubjectsForm(
        request.POST or None, streets=streets, orgs=departments.order_by("name"),
        initial={"streets": [] if row.subjects.exists() else list(streets)},
    )  # fmt: skip

    def act() -> str:
        given = form.cleaned_data
        regions = list(given["streets"])
        if given["below"]:
            inner = Region.objects.public().filter(
                path__under=row.region.path, level=Region.Level.COMMUNITY, valid_to=None,
                kind=given["below"],
            )  # fmt: skip
            regions += list(inner.order_by("path"))
        actions.add_land(operation=row, regions=regions, by=request.user)
        if given["kind"]:
            actions.add_department(
                operation=row, kind=given["kind"], name=given["name"], org=given["org"],
                by=request.user,
            )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("监督对象已列入方案。"), heading=_("添加监督对象"),
        verb=_("列入方案"), lede=row.name, back=back,
    )  # fmt: skip


@login_required
@require_POST
def step(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Carry an operation on: ask for approval, approve, begin."""
    row = seen_operation(request, pk)
    back = reverse("inspections:operation", args=[pk])
    steps: dict[str, tuple[Any, str]] = {
        "ask": (actions.ask_for_approval, _("已提请批准。")),
        "approve": (actions.approve_operation, _("方案已批准。")),
        "begin": (actions.begin_operation, _("专项监督已启动，已通知监督组。")),
    }
    act, done = steps[verb]
    return do(request, lambda: act(operation=row, by=request.user, at=now()), done=done, back=back)


@login_required
@require_http_methods(FORM)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Close an operation: look at the report first, then let it be drafted as a document."""
    row = run_operation(request, pk)
    if request.method == "POST":
        return do(
            request,
            lambda: actions.close_operation(operation=row, by=request.user, at=now()),
            done=_("专项监督已结束，报告已起草为公文。"),
            back=reverse("inspections:report", args=[pk]),
        )
    if row.state != Operation.State.RUNNING:
        messages.error(request, _("进行中的专项监督才能结束。"))
        return redirect("inspections:operation", pk)
    return show_part(request, row, "report", {"report": queries.report_of(row), "is_preview": True})


@login_required
@require_GET
def report(request: SignedIn, pk: int) -> HttpResponse:
    """Show the report as it was when the operation was closed."""
    row = seen_operation(request, pk)
    if row.state != Operation.State.CLOSED:
        raise NotFound(_("专项监督还没有结束，没有报告。"))
    url = address("documents:document", row.report_ref) if row.report_ref else ""
    context = {"report": row.result, "is_preview": False, "report_url": url}
    return show_part(request, row, "report", context)
