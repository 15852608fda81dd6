"""Rounds of greetings, funds."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.ui.forms import ReasonForm
from tongxin.ui.paging import pk_of

from .. import actions, queries
from ..forms import FundForm, ListForm, PayForm, ReachForm, RoundForm, fen_of
from ..models import AidRound, Fund, FundEntry, RoundHousehold
from ..queries import lists, people
from ..scope import duty_paths, figure_paths, has_duty, is_officer, officer_paths
from .common import address, bound, first_photo, handle, keeps_any, page
from .files import FORMS


def _places(request: SignedIn) -> list[Any]:
    return people.lands_at((*duty_paths(request.user), *officer_paths(request.user)))


@login_required
@require_safe
def rounds(request: SignedIn) -> HttpResponse:
    """Show the rounds of one's land with how far they are."""
    if not figure_paths(request.user):
        raise NotFound(_("没有找到这个页面。"))
    rows = lists.rounds_seen(request.user)
    return page(request, "rounds.html", {"rounds": rows, "may_begin": bool(_places(request))})


@login_required
@require_http_methods(FORMS)
def new_round(request: SignedIn) -> HttpResponse:
    """Begin a round of greetings."""
    places, today = _places(request), localdate()
    if not places:
        raise NotFound(_("没有找到这个页面。"))
    rows = Fund.objects.visible_to(request.user).order_by("name", "pk")
    funds = {str(one.pk): one for one in rows}
    form = RoundForm(
        request.POST if request.method == "POST" else None, places=places,
        funds=[(pk, one.name) for pk, one in funds.items()],
        initial={"starts_on": today, "ends_on": today},
    )  # fmt: skip

    def act(given: dict[str, Any]) -> AidRound:
        region = people.land_named(places, given["region"])
        if region is None:
            raise Invalid(_("请选择范围。"), field="region")
        return actions.begin_round(
            name=given["name"], region=region, starts_on=given["starts_on"],
            ends_on=given["ends_on"], goods=given["goods"], value_fen=fen_of(given["yuan"]),
            fund=funds.get(given["fund"]), by=request.user, at=now(),
        )  # fmt: skip

    return handle(
        request, form, act, to=lambda made: reverse("care:round", args=[made.pk]),
        title=_("发起慰问"), verb=_("发起"), back=reverse("care:rounds"),
    )  # fmt: skip


def _round(request: SignedIn, pk: int) -> AidRound:
    found = lists.round_of(request.user, pk)
    if found is None:
        raise NotFound(_("没有找到这次慰问，或您看不到它。"))
    return found


@login_required
@require_http_methods(FORMS)
def one_round(request: SignedIn, pk: int) -> HttpResponse:
    """Show a round: its list masked until opened for the day, with who was reached."""
    found, today = _round(request, pk), localdate()
    state = request.GET.get("state", "todo")
    cursor = pk_of(request.GET.get("cursor", ""))
    is_open = lists.looked_at(request.user, f"care.round:{pk}", today)
    rows, following = lists.households_page(
        request.user, found, state=state, cursor=cursor, on=today, whole=is_open
    )
    reached = lists.reached_of(found)
    labels = [("todo", _("待慰问")), ("done", _("已慰问")), ("away", _("家中无人")), ("declined", _("谢绝")), ("all", _("全部"))]  # fmt: skip
    return handle(
        request, ReasonForm(request.POST if request.method == "POST" else None),
        lambda given: actions.look_at_round(
            round=found, reason=given["reason"], by=request.user, at=now(),
            address=address(request),
        ),
        to=lambda _look: reverse("care:round", args=[pk]),
        done=_("已打开，今天内显示姓名和门牌；这次查看已记录。"), template="round.html",
        round=found, rows=rows, next=following, reached=reached, state=state,
        is_open=is_open,
        may_list=keeps_any(request), by_grid=lists.reached_by_grid(found),
        segments=[
            {"label": label, "url": f"?state={code}", "active": code == state}
            for code, label in labels
        ],
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def add_households(request: SignedIn, pk: int) -> HttpResponse:
    """Put households on the list of a round."""
    found, at = _round(request, pk), now()
    grids = [
        one for one in people.grids_kept(request.user) if one.path.startswith(found.region.path)
    ]
    if not grids:
        raise NotFound(_("这次慰问没有您负责的网格。"))
    form = ListForm(
        request.POST if request.method == "POST" else None, grids=grids, on=localdate(at)
    )

    def act(given: dict[str, Any]) -> int:
        rows = form.households()
        grid = people.land_named(grids, given["grid"])
        if rows and grid is None:
            raise Invalid(_("请选择这些住户在哪个网格。"), field="grid")
        if not rows and not given["kinds_of"]:
            raise Invalid(_("请选择类别，或逐户填写。"), field="lines")
        given_: Any = {"round": found, "by": request.user, "at": at}
        made = actions.list_files(codes=given["kinds_of"], **given_)
        return made + actions.list_households(
            rows=[{**row, "grid": grid} for row in rows], **given_
        )

    return handle(
        request, form, act, to=lambda _n: reverse("care:round", args=[pk]), title=_("加入名单"),
        verb=_("加入"), done=_("名单已更新，重复的住户只算一户。"),
        back=reverse("care:round", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def household(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a household was greeted."""
    found: RoundHousehold | None = lists.household_of(request.user, pk)
    if found is None:
        raise NotFound(_("没有找到这一户，或您看不到它。"))
    form = ReachForm(*bound(request), initial={"state": "done"})
    back = reverse("care:round", args=[found.round_id])
    return handle(
        request, form,
        lambda given: actions.reach_household(
            household=found, state=given["state"], note=given["note"], by=request.user, at=now(),
            photo=first_photo(form, "photo"), signature=first_photo(form, "signature"),
        ),
        to=lambda _row: back, verb=_("保存"), done=_("已记录。"), back=back,
        title=_("慰问：%(place)s") % {"place": found.building or found.grid.short_name},
        lede=found.round.goods,
    )  # fmt: skip


# Funds.


@login_required
@require_http_methods(FORMS)
def funds(request: SignedIn) -> HttpResponse:
    """Show the funds of one's land with what remains, and set one up."""
    rows = Fund.objects.visible_to(request.user).select_related("region").order_by("name", "pk")
    places = _places(request)
    if not figure_paths(request.user):
        raise NotFound(_("没有找到这个页面。"))
    form = FundForm(request.POST if request.method == "POST" else None, places=places)

    def act(given: dict[str, Any]) -> Fund:
        region = people.land_named(places, given["region"])
        if region is None:
            raise Invalid(_("请选择范围。"), field="region")
        return actions.open_fund(
            name=given["name"], source=given["source"], region=region, by=request.user, at=now()
        )

    return handle(
        request, form, act, to=lambda made: reverse("care:fund", args=[made.pk]),
        done=_("已设立。"), template="funds.html", funds=rows, may_open=bool(places),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def fund(request: SignedIn, pk: int) -> HttpResponse:
    """Show the ledger of a fund, and pay in. Whom it helped is not told here."""
    found = Fund.objects.visible_to(request.user).select_related("region").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这笔资金，或您看不到它。"))
    rows = FundEntry.objects.visible_to(request.user).filter(fund=found)
    entries, following = queries.lists.entries_page(rows, request.GET.get("cursor", ""))
    form = PayForm(request.POST if request.method == "POST" else None)
    may = is_officer(request.user, found.region.path) or has_duty(request.user, found.region.path)
    return handle(
        request, form,
        lambda given: actions.pay_in(
            fund=found, fen=fen_of(given["yuan"]), text=given["text"], key=given["key"],
            by=request.user, at=now(),
        ),
        to=lambda _entry: reverse("care:fund", args=[pk]), done=_("已入账。"),
        template="fund.html", fund=found, entries=entries, next=following, may_pay=may,
    )  # fmt: skip
