"""The care officer's desk and the street's: figures, officers, assessments, rights."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.queries import world

from .. import actions, queries
from ..forms import AnswerForm, ImpactForm, OfficerForm, SettleForm
from ..models import Impact, RightsRequest
from ..queries import figures as sums
from ..queries import lists, people
from ..scope import duty_paths, figure_paths, is_officer, officer_paths
from .common import handle, page
from .files import FORMS


@login_required
@require_safe
def figures(request: SignedIn) -> HttpResponse:
    """Show figures without names; small ones are hidden."""
    today = localdate()
    paths = figure_paths(request.user)
    asked = request.GET.get("region", "")
    lands = world()
    path = paths[0] if paths else ""
    if asked:
        land = lands.by_code.get(asked)
        inside = land is not None and any(land.path.startswith(own) for own in paths)
        path = land.path if land is not None and inside else ""
    if not path or path not in lands.by_path:
        raise NotFound(_("没有找到这个区域，或您看不到它的数字。"))
    year = date(today.year, 1, 1)
    least = queries.number("small_cell", today, path)
    aid, pairs = queries.aid_sums(path, year, today), lists.pairing_figures(path, today)
    codes = list(queries.kinds(today).values())
    counted = sums.counts_in(path)
    rows, total = queries.grid_figures(path, [one.code for one in codes], today, counted)
    context = {
        "land": lands.by_path[path], "kinds": codes, "rows": rows, "total": total,
        "least": least, "year": today.year,
        "aid": aid,
        "is_few": aid.tells_one(least), "wishes": queries.wish_count(path, year, today),
        "stays": sums.stay_figures(path, today, counted), "paired": None if 0 < pairs["households"] < least else pairs["households"],
        "reported": pairs["reported"],
        "may_below": [one for one in world().children_of(lands.by_path[path])],
    }  # fmt: skip
    return page(request, "figures.html", context)


@login_required
@require_http_methods(FORMS)
def officers(request: SignedIn) -> HttpResponse:
    """Show the care officers of one's land, and name one."""
    paths, at = officer_paths(request.user), now()
    if not paths:
        raise NotFound(_("没有找到这个页面。"))
    places = people.communities_below(paths)
    asked = request.POST.get("region") or request.GET.get("region", "")
    chosen = next((one for one in places if one.code == asked), places[0] if places else None)
    rows = people.people_of(chosen.path, localdate(at)) if chosen else []
    form = OfficerForm(
        request.POST if request.method == "POST" else None, places=places,
        people=[(one.pk, one.name) for one in rows],
        initial={"region": chosen.code if chosen else ""},
    )  # fmt: skip

    def act(given: dict[str, Any]) -> Any:
        region = people.land_named(places, given["region"])
        user = next((one for one in rows if str(one.pk) == given["user"]), None)
        if region is None or user is None:
            raise Invalid(_("请选择社区和人员。"), field="user")
        return actions.name_officer(user=user, region=region, by=request.user, at=at)

    duties = people.officers_of(paths)
    named = {one.region.code for one in duties}
    return handle(
        request, form, act, to=lambda _duty: reverse("care:officers"), done=_("已指定。"),
        template="officers.html", duties=duties, places=places, chosen=chosen,
        missing=[one for one in places if one.code not in named],
    )  # fmt: skip


@login_required
@require_POST
def end_officer(request: SignedIn, pk: int) -> HttpResponse:
    """End a care officer's duty."""
    found = next(
        (one for one in people.officers_of(officer_paths(request.user)) if one.pk == pk), None
    )
    if found is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    actions.end_officer(duty=found, by=request.user, at=now())
    messages.success(request, _("已结束，从此看不到档案。"))
    return redirect("care:officers")


@login_required
@require_safe
def impacts(request: SignedIn) -> HttpResponse:
    """Show the assessments of one's land."""
    if not (duty_paths(request.user) or figure_paths(request.user)):
        raise NotFound(_("没有找到这个页面。"))
    rows = queries.impacts_seen(request.user)
    may = bool(duty_paths(request.user) or officer_paths(request.user))
    return page(request, "impacts.html", {"impacts": rows, "may_write": may, "today": localdate()})


@login_required
@require_http_methods(FORMS)
def new_impact(request: SignedIn) -> HttpResponse:
    """Write an assessment."""
    places = people.lands_at((*duty_paths(request.user), *officer_paths(request.user)))
    if not places:
        raise NotFound(_("没有找到这个页面。"))
    form = ImpactForm(request.POST if request.method == "POST" else None, places=places)

    def act(given: dict[str, Any]) -> Impact:
        region = people.land_named(places, given["region"])
        if region is None:
            raise Invalid(_("请选择区域。"), field="region")
        return actions.write_impact(**{**given, "region": region}, by=request.user, at=now())

    return handle(
        request, form, act, to=lambda made: reverse("care:impact", args=[made.pk]),
        title=_("写影响评估"), verb=_("提交审定"), back=reverse("care:impacts"),
        lede=_("依据《个人信息保护法》第五十五条、第五十六条；处理敏感个人信息前先评估，至少保存三年。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def impact(request: SignedIn, pk: int) -> HttpResponse:
    """Show an assessment, and settle it."""
    rows = Impact.objects.visible_to(request.user)
    found = rows.select_related("region", "made_by", "settled_by").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这份评估，或您看不到它。"))
    form = SettleForm(request.POST if request.method == "POST" else None)
    may = (
        found.settled_at is None
        and found.made_by_id != request.user.pk
        and is_officer(request.user, found.region.path)
    )
    return handle(
        request, form,
        lambda given: actions.settle_impact(
            impact=found, accept=given["accept"] == "yes", note=given["note"], by=request.user,
            at=now(),
        ),
        to=lambda _impact: reverse("care:impacts"), done=_("已审定。"), template="impact.html",
        impact=found, may_settle=may, today=localdate(),
        parts=[
            (Impact._meta.get_field(name).verbose_name, getattr(found, name))  # type: ignore[union-attr]
            for name in ("legality", "data", "risks", "measures")
        ],
    )  # fmt: skip


@login_required
@require_safe
def rights(request: SignedIn) -> HttpResponse:
    """Show what people asked about their own data."""
    if not duty_paths(request.user):
        raise NotFound(_("没有找到这个页面。"))
    rows = lists.rights_seen(request.user)
    return page(request, "rights.html", {"rights": rows, "today": localdate()})


@login_required
@require_http_methods(FORMS)
def right(request: SignedIn, pk: int) -> HttpResponse:
    """Answer what somebody asked."""
    rows = RightsRequest.objects.visible_to(request.user).select_related("file", "asked_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这个请求，或您看不到它。"))
    form = AnswerForm(request.POST if request.method == "POST" else None)
    return handle(
        request, form,
        lambda given: actions.answer_right(
            asked=found, grant=given["accept"] == "yes", words=given["note"], by=request.user,
            at=now(),
        ),
        to=lambda _asked: reverse("care:rights"), done=_("已答复。"), template="right.html",
        asked=found, words=lists.words_of_right(found), today=localdate(),
    )  # fmt: skip
