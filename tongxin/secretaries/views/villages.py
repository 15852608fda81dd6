"""Villages: who is there and who is missing, the team, the diary on a phone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import keeps_register, posts_of
from tongxin.regions.queries import place_name

from .. import actions, queries
from ..actions.common import is_above
from ..forms import DiaryForm, JoinForm, SendForm, TeamForm, WhyForm
from ..models import AssistancePlan, DiaryEntry, Proof, Thanks, VillageTeam
from ..sight import WATCHERS, keeps_any, sees_villages, village_ids
from .common import PAGE, act, check_entrance, page_of


def get_village(request: HttpRequest, pk: int) -> Org:
    """Return a village's unit the reader may see. :raises NotFound: as if it were not there"""
    found = [one for one in queries.villages_of(request.user) if one.pk == pk]
    if not found:
        raise NotFound(_("没有找到这个村，或您看不到它。"))
    return found[0]


@login_required
@require_safe
def coverage(request: SignedIn) -> HttpResponse:
    """Show every village in one's scope, with whoever is there; the missing named first (S4.54)."""
    check_entrance(request)
    today = localdate()
    cover = queries.coverage_of(queries.villages_of(request.user), on=today)
    _add_bare(request, cover, today)
    gap, rows = cover.gap, []
    for one in sorted(cover.villages, key=lambda one: (one.is_covered, one.region.path)):
        since = one.first.from_date if one.first else None
        hint = queries.diary_hint(one.last_diary, since, on=today, gap=gap) if one.first else ""
        rows.append({"village": one, "place": place_name(one.region.path), "hint": hint})
    context = {
        "cover": cover,
        "rows": rows,
        "today": today,
        "may_import": keeps_any(request.user),
        "may_export": sees_villages(request.user),
    }
    return render(request, "secretaries/coverage.html", context)


def _add_bare(request: SignedIn, cover: queries.Coverage, today) -> None:
    """Add the villages on land one looks over that have no party unit at all: gaps like others."""
    seen = {one.region.pk for one in cover.villages}
    paths = {post.path for post in posts_of(request.user) if post.role in WATCHERS}
    for path in sorted(paths):
        for one in queries.village_coverage(on=today, path=path).villages:
            if one.unit is None and one.region.pk not in seen:
                seen.add(one.region.pk)
                cover.villages.append(one)


@login_required
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """Lead to the one village somebody is sent to; to the coverage where there are none or many."""
    ids = village_ids(request.user)
    if len(ids) == 1:
        return redirect("secretaries:village", ids[0])
    return redirect("secretaries:coverage")


@login_required
@require_safe
def village(request: SignedIn, pk: int) -> HttpResponse:
    """Show a village: first secretary, team, the diary, what waits."""
    unit = get_village(request, pk)
    today = localdate()
    cover = queries.coverage_of([unit], on=today)
    one = cover.villages[0]
    gap = cover.gap
    entries = DiaryEntry.objects.visible_to(request.user).filter(village=unit, adds_to=None)
    page, cursor = page_of(
        entries.select_related("author", "photo").prefetch_related("additions"), request, 10
    )
    works = pk in village_ids(request.user)
    since = one.first.from_date if one.first else None
    context: dict[str, Any] = {
        "unit": unit,
        "one": one,
        "place": place_name(unit.region.path),
        "members": list(one.team.members.select_related("user")) if one.team else [],
        "hint": queries.diary_hint(one.last_diary, since, on=today, gap=gap) if one.first else "",
        "entries": page,
        "next_cursor": cursor,
        "may_write": works,
        "may_decide": is_above(request.user, unit) and _above(request, unit),
        "may_plan": works or keeps_register(request.user, unit.path),
        "plans": AssistancePlan.objects.visible_to(request.user).filter(village=unit).count(),
        "letters": Thanks.objects.public().filter(village=unit).count(),
        "gap": gap,
        "stretches": queries.diary_stretches(one, on=today, gap=gap),
    }
    return render(request, "secretaries/village.html", context)


def _above(request: SignedIn, unit: Org) -> bool:
    above = unit.path.rstrip("/").rpartition("/")[0]
    return bool(above) and keeps_register(request.user, f"{above}/")


@login_required
@require_http_methods(PAGE)
def send(request: SignedIn, pk: int) -> HttpResponse:
    """Send a first secretary to a village without a round."""
    unit = get_village(request, pk)
    form = SendForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.send_first_secretary(
            village=unit, by=request.user, at=now(), **form.cleaned_data
        ),
        title=_("选派第一书记"),
        lede=unit.name,
        button=_("选派"),
        icon="user-plus",
        back=reverse("secretaries:village", args=[pk]),
        done=_("已选派，本人会收到通知。"),
    )


@login_required
@require_http_methods(PAGE)
def recall(request: SignedIn, pk: int) -> HttpResponse:
    """End the first secretary's post, with the reason."""
    unit = get_village(request, pk)
    one = queries.coverage_of([unit], on=localdate()).villages[0]
    if one.first is None:
        raise NotFound(_("这个村现在没有第一书记。"))
    post: Post = one.first
    form = WhyForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.recall_first_secretary(
            post=post, by=request.user, at=now(), **form.cleaned_data
        ),
        title=_("办理第一书记离任"),
        lede=f"{unit.name} · {post.user}",
        button=_("办理离任"),
        icon="user-minus",
        back=reverse("secretaries:village", args=[pk]),
        done=_("已办理离任，今天起不再任职。"),
    )


@login_required
@require_http_methods(PAGE)
def station(request: SignedIn, pk: int) -> HttpResponse:
    """Station a team; by the rule of the double post its leader is the first secretary."""
    unit = get_village(request, pk)
    one = queries.coverage_of([unit], on=localdate()).villages[0]
    initial = {"leader": one.first.user.username} if one.first else {}
    form = TeamForm(request.POST or None, initial=initial)
    return act(
        request,
        form,
        lambda: actions.station_team(village=unit, by=request.user, at=now(), **form.cleaned_data),
        title=_("派驻工作队"),
        lede=unit.name,
        button=_("派驻"),
        icon="users-plus",
        back=reverse("secretaries:village", args=[pk]),
        done=_("工作队已进驻。"),
    )


@login_required
@require_http_methods(PAGE)
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take the team out of its village."""
    unit = get_village(request, pk)
    team = get_object_or_404(
        VillageTeam.objects.visible_to(request.user).standing().select_related("village", "leader"),
        village=unit,
    )
    form = WhyForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.withdraw_team(team=team, by=request.user, at=now(), **form.cleaned_data),
        title=_("撤离工作队"),
        lede=unit.name,
        button=_("撤离"),
        icon="users-minus",
        back=reverse("secretaries:village", args=[pk]),
        done=_("工作队已撤离。"),
    )


def _team(request: HttpRequest, unit: Org) -> VillageTeam:
    rows = VillageTeam.objects.visible_to(request.user).standing().select_related("village")
    return get_object_or_404(rows, village=unit)


@login_required
@require_http_methods(PAGE)
def join(request: SignedIn, pk: int) -> HttpResponse:
    """Add a member to the team of a village."""
    unit = get_village(request, pk)
    team, form = _team(request, unit), JoinForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.join_team(team=team, by=request.user, at=now(), **form.cleaned_data),
        title=_("增加队员"),
        lede=unit.name,
        button=_("增加"),
        icon="user-plus",
        back=reverse("secretaries:village", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def leave(request: SignedIn, pk: int, member: int) -> HttpResponse:
    """Let a member leave the team, with the reason."""
    unit = get_village(request, pk)
    one = get_object_or_404(_team(request, unit).members.select_related("user"), pk=member)
    form = WhyForm(request.POST or None)
    return act(
        request,
        form,
        lambda: actions.leave_team(member=one, by=request.user, at=now(), **form.cleaned_data),
        title=_("队员离队"),
        lede=f"{unit.name} · {one.user}",
        button=_("离队"),
        icon="user-minus",
        back=reverse("secretaries:village", args=[pk]),
    )


@login_required
@require_http_methods(PAGE)
def write(request: SignedIn, pk: int) -> HttpResponse:
    """Write a day into one's diary, on a phone."""
    unit = get_village(request, pk)
    form = DiaryForm(request.POST or None, request.FILES or None, today=localdate())
    return act(
        request,
        form,
        lambda: actions.write_diary(author=request.user, village=unit, at=now(), **form.given()),
        title=_("记驻村日志"),
        lede=unit.name,
        button=_("保存日志"),
        icon="notebook",
        back=reverse("secretaries:village", args=[pk]),
        done=_("已记入日志。保存后不能修改，可以补充。"),
        layout="ui/phone.html",
    )


@login_required
@require_http_methods(PAGE)
def add(request: SignedIn, pk: int) -> HttpResponse:
    """Add to one of one's own entries; what was written stays."""
    entry = get_object_or_404(
        DiaryEntry.objects.visible_to(request.user).select_related("village"),
        pk=pk,
        author=request.user,
        adds_to=None,
    )
    form = DiaryForm(request.POST or None, request.FILES or None, adds=True, today=localdate())
    return act(
        request,
        form,
        lambda: actions.write_diary(
            author=request.user,
            village=entry.village,
            day=entry.day,
            adds_to=entry,
            at=now(),
            **form.given(),
        ),
        title=_("补充日志"),
        lede=f"{entry.day} · {entry.place or entry.village.name}",
        button=_("保存补充"),
        icon="notebook",
        back=reverse("secretaries:village", args=[entry.village_id]),
        done=_("已补充，原文保留。"),
        layout="ui/phone.html",
    )


@login_required
@require_GET
@cache_control(private=True, max_age=24 * 3600)
def proof(request: SignedIn, pk, thumb: bool = False) -> HttpResponseBase:
    """Serve a photo, or its thumbnail, to those who may see it."""
    item = get_object_or_404(Proof.objects.visible_to(request.user), pk=pk)
    try:
        file = (item.thumb if thumb else item.file).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, content_type="image/jpeg")
