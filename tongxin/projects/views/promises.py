"""Promises of secretaries, duties by quarter, contact points and demonstration points."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.dual_report.models import ContactPoint
from tongxin.dual_report.scope import desk_paths
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of

from .. import actions, queries
from ..forms.others import DemonstrationForm, FiguresForm, JudgeForm, PromiseForm, TickForm, WhyForm
from ..models import Demonstration, DutyItem, DutyList, Promise, Target, Task
from ..models.common import own_orgs
from .common import FORM, ask, leads, one, own_path, show

MOST = 200
LEVELS = ("district", "street", "community")


def _year(request: SignedIn) -> int:
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdigit() and len(asked) == 4 else localdate().year


@login_required
@require_GET
def promises(request: SignedIn) -> HttpResponse:
    """Show the promises of a year with what the figures say and what was judged."""
    year, today = _year(request), localdate()
    rows = list(
        Promise.objects.visible_to(request.user).filter(year=year)
        .select_related("person", "org__region", "judged_by").order_by("org__region__path", "person", "n")[:MOST]
    )  # fmt: skip
    found = queries.appraise_all(rows, on=today)
    tones = {"": "idle", "kept": "done", "partly": "waiting", "not": "late"}
    context = {
        "year": year, "before": year - 1, "after": year + 1 if year <= today.year else None,
        "rows": [
            {
                "one": row, "appraisal": found[row.pk], "tone": tones[row.verdict],
                "may_judge": not row.verdict and row.person_id != request.user.pk
                and leads(request, row.org.region.path) and row.org_id not in own_orgs(request.user),
                "may_change": _writes(request, row),
            }
            for row in rows
        ],
        "may_make": _secretary_or_leader(request),
    }  # fmt: skip
    return show(request, "promises", context, tab="promises")


def _secretary_or_leader(request: SignedIn) -> bool:
    roles = {post.role for post in posts_of(request.user)}
    return bool(roles & {"secretary", "first_secretary", "officer", "organiser"})


@login_required
@require_http_methods(FORM)
def new_promise(request: SignedIn) -> HttpResponse:
    """Write down a promise and the figures it is read by."""
    if not _secretary_or_leader(request):
        raise NotFound(_("承诺由书记本人或上级登记。"))
    year, own = localdate().year, own_path(request)
    targets, tasks = _figures(request, year)
    initial: dict[str, Any] = {"year": year}
    post = next(
        (p for p in posts_of(request.user) if p.role in ("secretary", "first_secretary")), None
    )
    if post is not None:
        org = Org.objects.public().filter(pk=post.org_id).first()
        initial |= {"org": org.name if org else "", "person": request.user.name}
    form = PromiseForm(
        request.POST or None, path=own, targets=targets, tasks=tasks, initial=initial
    )
    back = reverse("projects:promises")

    def act() -> str:
        actions.make_promise(**form.cleaned_data, by=request.user, at=now())
        return f"{back}?year={form.cleaned_data['year']}"

    return ask(request, form, act, done=_("已登记承诺。"), tab="promises", heading=_("登记承诺"), verb=_("登记"), back=back)  # fmt: skip


def _figures(request: SignedIn, year: int) -> tuple[Any, Any]:
    """Return the targets and tasks by which promises of a year may be read."""
    targets = Target.objects.visible_to(request.user).filter(
        region__path__startswith=own_path(request), from_year__lte=year, to_year__gte=year
    )
    tasks = Task.objects.visible_to(request.user).filter(due_on__year=year, case__isnull=False)
    return _first(targets, "region__path"), _first(tasks, "org__name")


def _first(rows: Any, by: str) -> Any:
    """Return the first rows of an order so that it can still be chosen from them."""
    return rows.filter(pk__in=rows.order_by(by, "pk").values("pk")[:MOST]).order_by(by, "pk")


def _writes(request: SignedIn, row: Promise) -> bool:
    mine = row.person_id == request.user.pk or leads(request, row.org.region.path)
    return mine and not row.verdict


def _open(request: SignedIn, pk: int) -> Promise:
    """:raises NotFound: unless the reader may still change the promise"""
    rows = Promise.objects.visible_to(request.user).select_related("org__region", "person")
    found = one(rows, pk=pk)
    if not _writes(request, found):
        raise NotFound(_("没有找到这项承诺，或已经考核，不能再改。"))
    return found


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Change a promise, or by which figures it is read, until it is judged."""
    found = _open(request, pk)
    targets, tasks = _figures(request, found.year)
    kept: dict[str, list[Any]] = {
        "targets": list(found.targets.all()),
        "tasks": list(found.tasks.all()),
    }
    initial: dict[str, Any] = kept | {"text": found.text, "measures": found.measures}
    form = FiguresForm(
        request.POST or None,
        path=found.org.region.path,
        initial=initial,
        targets=targets,
        tasks=tasks,
    )
    back = f"{reverse('projects:promises')}?year={found.year}"

    def act() -> str:
        said = dict(form.cleaned_data)
        for name, rows in kept.items():  # what the reader could not choose from stays
            offered = set({"targets": targets, "tasks": tasks}[name])
            said[name] = [*said[name], *(one for one in rows if one not in offered)]
        actions.change_promise(found, **said, by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已修改承诺。"), tab="promises", template="promise",
        heading=_("修改承诺"), verb=_("保存"), back=back, promise=found,
        lede=f"{found.person} · {found.org.name} · {found.year}",
    )  # fmt: skip


@login_required
@require_POST
def drop(request: SignedIn, pk: int) -> HttpResponse:
    """Take a promise off that was written down by mistake."""
    found = _open(request, pk)
    actions.drop_promise(found, by=request.user, at=now())
    messages.success(request, _("已删除。"))
    return redirect(f"{reverse('projects:promises')}?year={found.year}")


@login_required
@require_http_methods(FORM)
def judge(request: SignedIn, pk: int) -> HttpResponse:
    """Judge a promise at year-end, with the figures beside."""
    found = one(
        Promise.objects.visible_to(request.user).select_related("org__region", "person"), pk=pk
    )
    if not leads(request, found.org.region.path):
        raise NotFound(_("承诺由上级考核。"))
    appraisal = queries.appraise(found, on=localdate())
    form = JudgeForm(request.POST or None, initial={"verdict": appraisal.verdict})
    back = f"{reverse('projects:promises')}?year={found.year}"

    def act() -> str:
        actions.judge_promise(found, **form.cleaned_data, by=request.user, at=now())
        return back

    lede = f"{found.person} · {found.text} — {appraisal.sentence}"
    return ask(request, form, act, done=_("已考核。"), tab="promises", heading=_("考核承诺"), verb=_("确认"), back=back, lede=lede)  # fmt: skip


@login_required
@require_GET
def duties(request: SignedIn) -> HttpResponse:
    """Show what each level answers for, and who did what of it in a quarter."""
    today, year = localdate(), _year(request)
    level = request.GET.get("level", "")
    own = list(
        Org.objects.public()
        .filter(pk__in=own_orgs(request.user), kind="party")
        .select_related("region")
    )
    if level not in LEVELS:
        level = next((org.region.level for org in own if org.region.level in LEVELS), "street")
    asked = request.GET.get("quarter", "")
    quarter = int(asked) if asked in ("1", "2", "3", "4") else queries.quarter_of(today)
    items = queries.items_of(level, today)
    units = list(
        Org.objects.visible_to(request.user).filter(region__level=level, unit_kind__in=KINDS[level], dissolved_on=None)
        .select_related("region").order_by("region__path", "name")[:MOST]
    )  # fmt: skip
    rows = queries.duty_rows(request.user, units, items, year=year, quarter=quarter)
    mine = {org.pk for org in own}
    labels = dict(DutyList.Level.choices)
    words: dict[str, Any] = {"year": year, "quarter": quarter}
    context = {
        "items": items, "rows": rows, "mine": mine, "year": year, "quarter": quarter, "level": level,
        "is_future": (year, quarter) > (today.year, queries.quarter_of(today)),
        "own_rows": [row for row in rows if row.subject.pk in mine],
        "may_set": actions.keeps_lists(request.user),
        "segments": [
            {"label": labels[name], "url": f"?{urlencode(words | {'level': name})}", "active": name == level, "count": None}
            for name in LEVELS
        ],
        "quarters": [
            {"label": _("第 %d 季度") % n, "url": f"?{urlencode(words | {'level': level, 'quarter': n})}",
             "active": n == quarter, "count": None}
            for n in range(1, 5)
        ],
    }  # fmt: skip
    return show(request, "duties", context, tab="duties")


KINDS = {
    "district": ("committee", "work_committee"), "street": ("committee", "work_committee"),
    "community": ("committee", "general_branch", "branch"),
}  # fmt: skip


@login_required
@require_http_methods(FORM)
def tick(request: SignedIn, item: int) -> HttpResponse:
    """Say that one's unit, or a leader at a contact point, did a duty in a quarter."""
    lists = DutyList.objects.public().on(localdate())
    found = one(DutyItem.objects.public().filter(list__in=lists).select_related("list"), pk=item)
    today = localdate()
    year, asked = _year(request), request.GET.get("quarter", "")
    quarter = int(asked) if asked in ("1", "2", "3", "4") else queries.quarter_of(today)
    org = point = None
    if found.list.level == "leader":
        own_points = ContactPoint.objects.visible_to(request.user).select_related("region")
        point = one(own_points, pk=request.GET.get("point") or 0, leader=request.user)
        back = reverse("projects:points")
    else:
        rows = Org.objects.public().filter(pk__in=own_orgs(request.user)).select_related("region")
        org = one(rows, pk=request.GET.get("org") or 0)
        back = f"{reverse('projects:duties')}?{urlencode({'level': found.list.level, 'year': year, 'quarter': quarter})}"
    form = TickForm(request.POST or None)

    def act() -> str:
        actions.tick_duty(
            item=found, org=org, point=point, year=year, quarter=quarter,
            note=form.cleaned_data["note"], by=request.user, at=now(),
        )  # fmt: skip
        return back

    who = org.name if org else point.region.name if point else ""
    lede = _("%(who)s · %(year)d 年第 %(quarter)d 季度 · %(duty)s") % {"who": who, "year": year, "quarter": quarter, "duty": found.text}  # fmt: skip
    return ask(request, form, act, done=_("已记录履责。"), tab="duties", heading=_("记录履责"), verb=_("记录"), back=back, lede=lede)  # fmt: skip


@login_required
@require_GET
def points(request: SignedIn) -> HttpResponse:
    """Show leaders' contact points with their seven items of the year, and the demonstration points."""
    today = localdate()
    items = queries.items_of("leader", today)
    rows = list(
        ContactPoint.objects.visible_to(request.user).filter(to_date=None)
        .select_related("leader", "region", "demonstration").order_by("region__path", "pk")[:MOST]
    )  # fmt: skip
    found = queries.duty_rows(request.user, rows, items, year=today.year, quarter=None)
    context = {
        "items": items, "year": today.year, "quarter": queries.quarter_of(today),
        "may_set": bool(desk_paths(request.user)),
        "rows": [
            {"row": row, "point": row.subject, "shown": getattr(row.subject, "demonstration", None),
             "mine": row.subject.leader_id == request.user.pk,
             "leads": leads(request, row.subject.region.path) and row.subject.leader_id != request.user.pk}
            for row in found
        ],
    }  # fmt: skip
    return show(request, "points", context, tab="points")


@login_required
@require_http_methods(FORM)
def demonstrate(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Begin, name or end a demonstration point at a contact point."""
    point = one(
        ContactPoint.objects.visible_to(request.user).select_related("region", "leader"), pk=pk
    )
    back = reverse("projects:points")
    shown = (
        Demonstration.objects.visible_to(request.user)
        .filter(point=point)
        .select_related("point")
        .first()
    )
    if name == "begin":
        form: Any = DemonstrationForm(request.POST or None)
        heading, verb, done = _("打造示范点"), _("开始打造"), _("已开始打造示范点。")
    elif shown is not None and name in ("name", "end"):
        form = WhyForm(request.POST or None)
        heading = _("命名示范点") if name == "name" else _("撤销示范点")
        verb, done = (_("命名"), _("已命名。")) if name == "name" else (_("撤销"), _("已撤销。"))
    else:
        raise NotFound(_("没有找到这个示范点。"))

    def act() -> str:
        if name == "begin":
            actions.begin_demonstration(point, **form.cleaned_data, by=request.user, at=now())
        else:
            do = actions.name_demonstration if name == "name" else actions.end_demonstration
            do(cast(Demonstration, shown), **form.cleaned_data, by=request.user, at=now())
        return back

    return ask(request, form, act, done=done, tab="points", heading=heading, verb=verb, back=back, lede=f"{point.leader} · {point.region.name}")  # fmt: skip
