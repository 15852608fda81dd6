"""Packages handed down to streets; activities that units share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.funds.models import Account, Source
from tongxin.kit.errors import NotFound, Refused
from tongxin.meetings.queries import gathers
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import world

from .. import actions, queries
from ..forms import (
    ActivityForm,
    HoldForm,
    IssueForm,
    JoinForm,
    NoteForm,
    PackageForm,
    PackageItemForm,
    ProgressForm,
)
from ..models import ActivityPart, JointActivity, Package, Series
from ..scope import keeps_lists, org_ids
from .common import FORM, ask, desk_regions, outlines_of, own_lands, own_orgs, show

TONES = {"draft": "idle", "issued": "working", "closed": "done", "waiting": "waiting",
         "running": "working", "done": "verify", "confirmed": "done"}  # fmt: skip
ACTIVITY_TONES = {"planned": "working", "held": "done", "cancelled": "idle"}


@login_required
@require_GET
def packages(request: SignedIn) -> HttpResponse:
    """List the packages of a year."""
    this = localdate().year
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and 2000 <= int(asked) <= 2100 else this
    board = queries.packages_board(request.user, year)
    for row in board["rows"]:
        row["tone"] = TONES[row["package"].state]
    context = {
        "board": board, "year": year,
        "filters": [{"name": "year", "label": _("年度"), "value": str(year),
                     "choices": [(str(y), str(y)) for y in range(this + 1, this - 3, -1)]}],
        "may_draft": bool(_givers(request)),
    }  # fmt: skip
    return show(request, "packages", context, tab="packages")


def _givers(request: SignedIn) -> list[Org]:
    """Return the organisations above streets for which the reader may hand something down."""
    rows = own_orgs(request.user).filter(region__level__in=("city", "district"))
    return [org for org in rows[:6] if gathers(request.user, org)]


def _package(request: SignedIn, pk: int) -> Package:
    rows = Package.objects.visible_to(request.user).select_related("street", "org", "issued_by")
    return get_object_or_404(rows, pk=pk)


def _given(request: SignedIn, pk: int) -> Package:
    """:raises NotFound: unless the reader acts for the unit that hands it down"""
    one = _package(request, pk)
    if not gathers(request.user, one.org):
        raise NotFound(_("没有找到，或不由您下放。"))
    return one


@login_required
@require_GET
def package(request: SignedIn, pk: int) -> HttpResponse:
    """Show a package: its policy, its projects with money, and how far each is."""
    one = _package(request, pk)
    rows = queries.items_of(one)
    for row in rows:
        row["tone"] = TONES[row["item"].state]
    context = {
        "one": one, "tone": TONES[one.state], "rows": rows,
        "gives": gathers(request.user, one.org),
        "does": keeps_lists(request.user, one.street.path),
    }  # fmt: skip
    return show(request, "package", context, tab="packages")


@login_required
@require_http_methods(FORM)
def new_package(request: SignedIn) -> HttpResponse:
    """Draft a package."""
    givers, lands = _givers(request), own_lands(request.user)
    if not givers or not lands:
        raise NotFound(_("打包下放由区里办理。"))
    orgs = own_orgs(request.user).filter(pk__in=[org.pk for org in givers])
    streets = Region.objects.public().filter(level="street", valid_to=None).defer("polygon")
    streets = streets.filter(path__under=lands[0].path[:8]).order_by("path")
    form = PackageForm(
        request.POST or None, streets=streets, orgs=orgs, initial={"year": localdate().year}
    )

    def act() -> str:
        made = actions.draft_package(by=request.user, at=now(), **form.cleaned_data)
        return reverse("conferences:package", args=[made.pk])

    return ask(
        request, form, act, done=_("已拟好，请加上项目和资金。"), tab="packages",
        heading=_("拟一包"), lede=_("政策、项目、资金一起下放到街镇。"), verb=_("保存"),
        back=reverse("conferences:packages"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def package_item(request: SignedIn, pk: int) -> HttpResponse:
    """Add a project."""
    one = _given(request, pk)
    form = PackageItemForm(request.POST or None, initial={"amount_fen": 0})
    back = reverse("conferences:package", args=[pk])

    def act() -> str:
        actions.add_package_item(package=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已加入。"), tab="packages", heading=_("加一个项目"),
        lede=one.name, verb=_("加入"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def issue(request: SignedIn, pk: int) -> HttpResponse:
    """Hand a package down."""
    one = _given(request, pk)
    form = IssueForm(
        request.POST or None,
        accounts=Account.objects.visible_to(request.user),
        sources=Source.objects.visible_to(request.user),
    )
    back = reverse("conferences:package", args=[pk])

    def act() -> str:
        actions.issue_package(package=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已下放，街镇会收到通知。"), tab="packages",
        heading=_("下放"), lede=f"{one.street} · {one.name}", verb=_("下放"), back=back,
    )  # fmt: skip


def _project(request: SignedIn, pk: int) -> Any:
    rows = Package.objects.visible_to(request.user).filter(items=pk).select_related("street", "org")
    one = get_object_or_404(rows)
    item = one.items.select_related("package__street", "package__org").get(pk=pk)
    return one, item


@login_required
@require_http_methods(FORM)
def report(request: SignedIn, pk: int) -> HttpResponse:
    """Say how far a project is."""
    one, item = _project(request, pk)
    form = ProgressForm(request.POST or None, initial={"served": item.served})
    back = reverse("conferences:package", args=[one.pk])

    def act() -> str:
        actions.report_package_item(item=item, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已上报。"), tab="packages", heading=_("上报落实情况"),
        lede=item.title, verb=_("上报"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm that a project is there."""
    one, item = _project(request, pk)
    try:
        actions.confirm_package_item(item=item, accept=True, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message}{refusal.remedy}")
    else:
        messages.success(request, _("已确认。"))
    return redirect("conferences:package", one.pk)


@login_required
@require_http_methods(FORM)
def redo(request: SignedIn, pk: int) -> HttpResponse:
    """Hand a project back with a reason."""
    one, item = _project(request, pk)
    form = NoteForm(request.POST or None, label=_("退回原因"))
    back = reverse("conferences:package", args=[one.pk])

    def act() -> str:
        actions.confirm_package_item(
            item=item, accept=False, note=form.cleaned_data["note"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已退回。"), tab="packages", heading=_("退回"),
        lede=item.title, verb=_("退回"), back=back,
    )  # fmt: skip


# Activities.


@login_required
@require_GET
def activities(request: SignedIn) -> HttpResponse:
    """List what units do together."""
    lands = own_lands(request.user)
    rows = queries.activities(request.user, lands[0].path if lands else "")
    context = {
        "rows": rows,
        "may_plan": any(gathers(request.user, org) for org in own_orgs(request.user)[:6]),
        "people": sum(row.residents for row in rows), "points": _points(rows),
        "areas_url": outlines_of(lands[0].code) if lands else "",
    }  # fmt: skip
    return show(request, "activities", context, tab="activities")


def _points(rows: Any) -> list[dict[str, Any]]:
    """Return activities as pins at the land they are on."""
    lands = world().by_id
    return [
        {"lng": land.lng, "lat": land.lat, "title": f"{row.title} · {row.place}",
         "url": reverse("conferences:activity", args=[row.pk]), "tone": ACTIVITY_TONES[row.state]}
        for row in rows
        if (land := lands.get(row.region_id)) and land.lng is not None
    ]  # fmt: skip


def _activity(request: SignedIn, pk: int) -> JointActivity:
    rows = JointActivity.objects.visible_to(request.user).select_related("host", "region", "by")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_GET
def activity(request: SignedIn, pk: int) -> HttpResponse:
    """Show an activity with the units that take part."""
    one = _activity(request, pk)
    own = set(org_ids(request.user))
    parts = list(one.parts.select_related("org").order_by("pk"))
    context = {
        "one": one, "parts": parts,
        "mine": [part for part in parts if part.org_id in own and one.state == "planned"],
        "may_hold": one.state == "planned" and now() >= one.starts_at
        and gathers(request.user, one.host),
        "people": sum(part.people for part in parts), "points": _points([one]),
        "areas_url": outlines_of(one.region.code),
        "joining": sum(part.answer == "joins" for part in parts),
        "tone": ACTIVITY_TONES[one.state], "series": dict(Series.choices).get(one.series, ""),
    }  # fmt: skip
    return show(request, "activity", context, tab="activities")


@login_required
@require_http_methods(FORM)
def new_activity(request: SignedIn) -> HttpResponse:
    """Plan an activity and ask other units to it."""
    hosts = own_orgs(request.user)
    lands = own_lands(request.user)
    regions = desk_regions(request.user)
    if not hosts.exists() or not lands:
        raise NotFound(_("共建活动由党组织和街镇、社区发起。"))
    orgs = (
        Org.objects.public()
        .filter(region__path__under=lands[0].path, kind__in=("party", "department", "unit"))
        .exclude(pk__in=hosts.values("pk")).order_by("kind", "name")[:200]
    )  # fmt: skip
    form = ActivityForm(
        request.POST or None, hosts=hosts, regions=regions,
        orgs=Org.objects.public().filter(pk__in=[org.pk for org in orgs]).order_by("kind", "name"),
        initial={"day": localdate(), "starts": "09:00", "ends": "11:00"},
    )  # fmt: skip

    def act() -> str:
        made = actions.plan_activity(by=request.user, at=now(), **form.given())
        return reverse("conferences:activity", args=[made.pk])

    return ask(
        request, form, act, done=_("已邀请各单位。"), tab="activities", heading=_("发起共建活动"),
        lede=_("几家单位一起做一件事，各自认领承担的内容。"), verb=_("发起"),
        back=reverse("conferences:activities"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def join(request: SignedIn, pk: int) -> HttpResponse:
    """Answer for one's unit."""
    seen = JointActivity.objects.visible_to(request.user)
    rows = ActivityPart.objects.visible_to(request.user).filter(activity__in=seen)
    part = get_object_or_404(rows.select_related("activity", "org"), pk=pk)
    form = JoinForm(request.POST or None)
    back = reverse("conferences:activity", args=[part.activity_id])

    def act() -> str:
        given = form.cleaned_data
        actions.answer_activity(
            part=part, joins=given["joins"] == "yes", people=given["people"] or 0,
            brings=given["brings"], by=request.user, at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("已回复。"), tab="activities", heading=_("回复邀请"),
        lede=f"{part.org} · {part.activity.title}", verb=_("回复"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def hold(request: SignedIn, pk: int) -> HttpResponse:
    """Say that an activity was held."""
    one = _activity(request, pk)
    if not gathers(request.user, one.host):
        raise NotFound(_("没有找到，或不由您登记。"))
    form = HoldForm(request.POST or None)
    back = reverse("conferences:activity", args=[pk])

    def act() -> str:
        actions.hold_activity(activity=one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已登记，并记入各党组织的全程纪实。"), tab="activities",
        heading=_("登记开展情况"), lede=one.title, verb=_("登记"), back=back,
    )  # fmt: skip
