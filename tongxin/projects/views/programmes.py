"""One screen of what matters; a programme as breakdown, board, bars of time, monthly report."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of

from .. import actions, queries
from ..forms.tasks import NodeForm, ProgrammeForm, TaskForm
from ..models import BenchmarkProject, Pairing, Programme, Target, Task
from ..models.common import OVERSEERS, own_orgs
from ..queries.reports import month_after
from .common import FORM, ask, leads, led_regions, one, own_path, show

MOST = 3000
SHOWN = 12
PAGES = 60
VIEWS = ("programme", "board", "gantt", "monthly")


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """Show what the reader has to do, what needs attention, and every programme with its progress."""
    today, mine = localdate(), own_orgs(request.user)
    state = "closed" if request.GET.get("state") == "closed" else "open"
    programmes = list(
        Programme.objects.visible_to(request.user)
        .filter(state__in=["closed"] if state == "closed" else ["draft", "running"])
        .select_related("region", "org").order_by("kind", "-pk")[:PAGES]
    )  # fmt: skip
    tasks = list(
        queries.ready(Task.objects.visible_to(request.user).filter(programme__in=programmes))
        .order_by("due_on", "n")[:MOST]
    )  # fmt: skip
    tallies = {programme.pk: queries.Tally() for programme in programmes}
    rows = []
    for task in tasks:
        row = queries.Row(task, queries.standing_of(task, today))
        rows.append(row)
        tallies[task.programme_id].add(task, row.standing)
    own = [row for row in rows if _is_mine(row, mine, request.user.pk)]
    oversees = any(post.role in OVERSEERS for post in posts_of(request.user))
    whole = {name: [row for row in rows if row.standing.state == name] for name in ("late", "risk", "verify", "waiting")}  # fmt: skip
    context = {
        "own": own[:SHOWN], "own_more": max(len(own) - SHOWN, 0), "today": today,
        "attention": [*whole["late"], *whole["risk"]][:SHOWN] if oversees else [],
        "counts": {name: len(found) for name, found in whole.items()},
        "open": sum(1 for row in rows if row.standing.state not in ("done", "void", "draft")),
        "programmes": [{"one": programme, "tally": tallies[programme.pk]} for programme in programmes],
        "parts": queries.open_parts(request.user, mine) if mine else [],
        "may_make": _may_make(request), "oversees": oversees,
        "segments": [
            {"label": label, "url": f"?state={name}", "active": state == name, "count": None}
            for name, label in (("open", _("进行中")), ("closed", _("已完结")))
        ],
    }  # fmt: skip
    return show(request, "home", context, tab="home")


def _is_mine(row: queries.Row, orgs: set[int], user: int) -> bool:
    task = row.task
    is_open = row.standing.state in ("waiting", "ok", "risk", "late")
    return is_open and (task.org_id in orgs or task.owner_id == user)


def _may_make(request: SignedIn) -> bool:
    return any(post.role in ("officer", "organiser") for post in posts_of(request.user))


def seen(request: SignedIn, pk: int) -> Programme:
    rows = Programme.objects.visible_to(request.user).select_related("region", "org", "parent")
    return one(rows, pk=pk)


def led(request: SignedIn, pk: int) -> Programme:
    """:raises NotFound: unless the reader leads the programme's place"""
    found = seen(request, pk)
    if not leads(request, found.region.path):
        raise NotFound(_("没有找到这个方案，或不由您管。"))
    return found


def _tree(request: SignedIn, programme: Programme, today: date) -> queries.Tree:
    rows = Task.objects.visible_to(request.user).filter(programme=programme)
    return queries.tree_of(programme, queries.ready(rows)[:MOST], today)


def _frame(request: SignedIn, programme: Programme, view: str) -> dict[str, Any]:
    labels = {
        "programme": _("任务分解"),
        "board": _("看板"),
        "gantt": _("甘特图"),
        "monthly": _("月度通报"),
    }
    views = [
        {"label": labels[name], "url": reverse(f"projects:{name}", args=[programme.pk]),
         "active": name == view, "count": None}
        for name in VIEWS
    ]  # fmt: skip
    if programme.kind == "benchmark":
        url = reverse("projects:benchmarks", args=[programme.pk])
        views.insert(
            0, {"label": _("对标"), "url": url, "active": view == "benchmarks", "count": None}
        )
    return {"one": programme, "views": views, "leads": leads(request, programme.region.path)}


@login_required
@require_GET
def programme(request: SignedIn, pk: int) -> HttpResponse:
    """Show a programme broken down, with progress by year and by unit."""
    found, today = seen(request, pk), localdate()
    tree = _tree(request, found, today)
    years = queries.by_year(tree, found.start_on, found.end_on) if tree.tally.total else []
    drafts = sum(1 for row in queries.rows_of(tree) if row.standing.state == "draft")
    if found.kind == "frame":
        queries.add_serving(tree, found, Task.objects.visible_to(request.user), today)
    goals = Target.objects.visible_to(request.user).filter(programme=found, parent=None)
    tops = list(goals.order_by("field", "pk")[:SHOWN])
    figures = queries.rolled(tops)
    context = _frame(request, found, "programme") | {
        "tree": tree, "years": years if len(years) > 1 else [], "units": queries.by_org(tree)[:12],
        "drafts": drafts, "today": today, "goals": [figures[one.pk] for one in tops],
        "may_close": found.state == "running" and not drafts and tree.tally.total == tree.tally.done,
    }  # fmt: skip
    return show(request, "programme", context, tab="home")


@login_required
@require_GET
def board(request: SignedIn, pk: int) -> HttpResponse:
    """Show a programme's tasks in columns by where they stand."""
    found, today = seen(request, pk), localdate()
    rows = queries.ready(Task.objects.visible_to(request.user).filter(programme=found))[:MOST]
    context = _frame(request, found, "board") | {"columns": queries.board_of(rows, today)}
    return show(request, "board", context, tab="home")


@login_required
@require_GET
def gantt(request: SignedIn, pk: int) -> HttpResponse:
    """Show a programme as bars of time; `?print=1` on a sheet of A3."""
    found, today = seen(request, pk), localdate()
    chart = queries.gantt_of(_tree(request, found, today), found.start_on, found.end_on, today)
    context = _frame(request, found, "gantt") | {"chart": chart, "now": now()}
    if request.GET.get("print"):
        return render(request, "projects/gantt_print.html", context)
    return show(request, "gantt", context, tab="home")


def _month(request: SignedIn, today: date) -> date:
    try:
        return date.fromisoformat(
            f"{request.GET.get('month') or request.POST.get('month') or ''}-01"
        )
    except ValueError:
        return today.replace(day=1)


@login_required
@require_http_methods(FORM)
def monthly(request: SignedIn, pk: int) -> HttpResponse:
    """Show the month by exception; posted, draft the bulletin in the name of a unit."""
    found, today = seen(request, pk), localdate()
    first = _month(request, today)
    if request.method == "POST":
        return _draft(request, found, first)
    report = queries.monthly(found, first, today=today, actor=request.user)
    before = date.fromordinal(first.toordinal() - 1).replace(day=1)
    after = month_after(first)
    writing = [
        post.org_id for post in posts_of(request.user) if post.role in ("officer", "organiser")
    ]
    context = _frame(request, found, "monthly") | {
        "report": report, "first": first, "before": before,
        "after": after if after <= today else None,
        "text": queries.paragraphs(report),
        "orgs": Org.objects.public().filter(pk__in=writing).order_by("pk"),
    }  # fmt: skip
    return show(request, "monthly", context, tab="home")


def _draft(request: SignedIn, found: Programme, first: date) -> HttpResponse:
    org = one(Org.objects.public(), pk=request.POST.get("org") or 0)
    try:
        document = actions.draft_monthly(found, first=first, org=org, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal} {refusal.remedy}".strip())
        return redirect(f"{reverse('projects:monthly', args=[found.pk])}?month={first:%Y-%m}")
    messages.success(request, _("已起草通报，请核对后送审。"))
    return redirect("documents:document", document.pk)


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Make a programme as a draft."""
    regions = led_regions(request)
    if not regions:
        raise NotFound(_("方案由街镇或区的督办单位建立。"))
    frames = Programme.objects.visible_to(request.user).filter(kind="frame")
    today = localdate()
    initial = {"start_on": today, "end_on": date(today.year, 12, 31), "key": str(uuid4()),
               "org": _own_office(request)}  # fmt: skip
    form = ProgrammeForm(
        request.POST or None,
        initial=initial,
        regions=regions,
        frames=frames,
        path=own_path(request),
    )

    def act() -> str:
        made = actions.make_programme(**form.cleaned_data, by=request.user, at=now())
        return reverse("projects:programme", args=[made.pk])

    return ask(
        request, form, act, done=_("已建立方案，接着分解任务或从表格导入。"), heading=_("新建方案"),
        verb=_("建立"), back=reverse("projects:home"),
        lede=_("方案先是草稿，任务下达后各单位才能看到。"),
    )  # fmt: skip


def _own_office(request: SignedIn) -> str:
    for post in posts_of(request.user):
        if post.role in ("officer", "organiser"):
            org = Org.objects.public().filter(pk=post.org_id).first()
            return org.name if org else ""
    return ""


@login_required
@require_http_methods(FORM)
def new_node(request: SignedIn, pk: int) -> HttpResponse:
    """Add a section, an aspect or an item."""
    found = led(request, pk)
    kind = "section" if found.kind == "frame" else "aspect"
    form = NodeForm(request.POST or None, programme=found, initial={"kind": kind})
    back = reverse("projects:programme", args=[pk])

    def act() -> str:
        actions.add_node(programme=found, **form.cleaned_data, by=request.user, at=now())
        return back

    return ask(request, form, act, done=_("已添加。"), heading=_("添加方面或项"), verb=_("添加"), back=back, lede=found.name)  # fmt: skip


@login_required
@require_http_methods(FORM)
def new_task(request: SignedIn, pk: int) -> HttpResponse:
    """Add a task; it is given out afterwards."""
    found = led(request, pk)
    targets = Target.objects.visible_to(request.user).filter(to_year__gte=found.start_on.year)
    initial = {"start_on": max(localdate(), found.start_on), "due_on": found.end_on, "key": str(uuid4()),
               "item": request.GET.get("item")}  # fmt: skip
    form = TaskForm(
        request.POST or None,
        programme=found,
        targets=targets,
        path=found.region.path,
        initial=initial,
    )
    back = reverse("projects:programme", args=[pk])

    def act() -> str:
        given = dict(form.cleaned_data)
        parts = [actions.Part(*part) for part in given.pop("parts")]
        made = actions.make_task(programme=found, parts=parts, **given, by=request.user, at=now())
        return reverse("projects:task", args=[made.pk])

    return ask(request, form, act, done=_("已添加任务，下达后责任单位就能看到。"), heading=_("添加任务"), verb=_("添加"), back=back, lede=found.name)  # fmt: skip


@login_required
@require_POST
def give(request: SignedIn, pk: int) -> HttpResponse:
    """Give out all tasks that were not yet."""
    found = led(request, pk)
    try:
        n = actions.give_all(found, by=request.user, at=now())
        messages.success(request, _("已下达 %d 项任务。") % n)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("projects:programme", pk)


@login_required
@require_POST
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Close a programme whose tasks have all ended."""
    found = led(request, pk)
    try:
        actions.close_programme(found, by=request.user, at=now())
        messages.success(request, _("方案已完结。"))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("projects:programme", pk)


@login_required
@require_GET
def benchmarks(request: SignedIn, pk: int) -> HttpResponse:
    """Show who learns from whom, and every project with its gap."""
    found, today = seen(request, pk), localdate()
    pairs = list(
        Pairing.objects.visible_to(request.user).filter(programme=found)
        .select_related("org", "exemplar").order_by("org__name", "pk")[:MOST]
    )  # fmt: skip
    projects = list(
        BenchmarkProject.objects.visible_to(request.user).filter(pairing__programme=found)
        .select_related("pairing__org", "pairing__exemplar").order_by("due_on", "pk")[:MOST]
    )  # fmt: skip
    gaps = [queries.gap_of(project, today) for project in projects]
    rows = [{"one": project, "gap": gap} for project, gap in zip(projects, gaps, strict=True)]
    context = _frame(request, found, "benchmarks") | {
        "rows": rows, "pairs": pairs, "counts": queries.counts_from(pairs, gaps),
    }  # fmt: skip
    return show(request, "benchmarks", context, tab="home")
