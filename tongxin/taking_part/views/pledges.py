"""Campaigns of members by a list of items, and discussions; for members and who keeps their units."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.orgs.models import Org
from tongxin.orgs.scope import REGISTRARS, keeps_register, unit_reach
from tongxin.ui.asking import act_on

from .. import actions
from ..forms import (
    AdoptedDoneForm,
    AdoptForm,
    ContributeForm,
    DiscussionForm,
    DoneForm,
    ItemCampaignForm,
    SummaryForm,
)
from ..models import AdoptedAction, Contribution, Discussion, ItemCampaign, ItemPick
from ..queries.pledges import coverage_of
from .common import FORM, ask, bound, draw, show

TALK = 100


def _units(request: SignedIn):
    return Org.objects.public().filter(unit_reach(request.user, REGISTRARS), kind=Org.Kind.PARTY).order_by("path")  # fmt: skip


@login_required
@require_safe
def campaigns(request: SignedIn) -> HttpResponse:
    """List the campaigns and discussions one keeps, or that reach one as a member."""
    context = {
        "campaigns": ItemCampaign.objects.visible_to(request.user).select_related("org").order_by("-id")[:30],
        "discussions": Discussion.objects.visible_to(request.user).select_related("org").order_by("-id")[:30],
        "may_start": _units(request).exists(),
    }  # fmt: skip
    return show(request, "campaigns", context, tab="campaigns")


@login_required
@require_http_methods(FORM)
def new_campaign(request: SignedIn) -> HttpResponse:
    """Start a campaign of items."""
    form = ItemCampaignForm(bound(request), orgs=_units(request), initial={"key": uuid4()})

    def act() -> str:
        given = form.cleaned_data | {"key": form.cleaned_data["key"] or None}
        made = actions.start_item_campaign(by=request.user, at=now(), **given)
        return reverse("taking_part:campaign", args=[made.pk])

    return ask(
        request, form, act, done=_("活动已开始，党员收到了通知。"), tab="campaigns",
        heading=_("发起认领活动"), lede=_("党员自己选、自己做、自己填；只看各支部完成多少，不给人排名。"),
        verb=_("发起"), back=reverse("taking_part:campaigns"),
    )  # fmt: skip


def _campaign(request: SignedIn, pk: int) -> ItemCampaign:
    return get_object_or_404(ItemCampaign.objects.visible_to(request.user).select_related("org"), pk=pk)  # fmt: skip


@login_required
@require_safe
def campaign(request: SignedIn, pk: int) -> HttpResponse:
    """Show how far a campaign is, by unit and item, to who keeps its unit; to members their own picks."""
    one = _campaign(request, pk)
    keeper = keeps_register(request.user, one.org.path)
    if not keeper:
        return redirect("taking_part:picks", pk)
    context = {"one": one, "keeper": keeper, "coverage": coverage_of(one)}
    return show(request, "campaign", context, tab="campaigns")


@login_required
@require_http_methods(FORM)
def close_campaign(request: SignedIn, pk: int) -> HttpResponse:
    """End a campaign with its summary."""
    one, form = _campaign(request, pk), SummaryForm(bound(request))
    back = reverse("taking_part:campaign", args=[pk])

    def act() -> str:
        actions.close_item_campaign(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已结束，记入全程纪实册。"), tab="campaigns", heading=_("结束并总结"),
        lede=one.name, verb=_("结束"), back=back,
    )  # fmt: skip


@login_required
@require_safe
def picks(request: SignedIn, pk: int) -> HttpResponse:
    """Show a member the list: what they picked, what they did, what there is."""
    one = _campaign(request, pk)
    mine = {
        pick.item_id: pick
        for pick in ItemPick.objects.visible_to(request.user).filter(item__campaign=one, user=request.user)
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"item": item, "pick": mine.get(item.pk)} for item in one.items.order_by("pk")
    ]
    context = {
        "one": one, "groups": [(name, list(found)) for name, found in groupby(rows, key=lambda row: row["item"].group)],
        "picked": len(mine), "done": sum(pick.done_at is not None for pick in mine.values()),
        "running": one.state == "open" and one.from_on <= localdate() <= one.due_on,
    }  # fmt: skip
    return draw(request, "picks", context)


@login_required
@require_POST
def pick(request: SignedIn, pk: int, item: int) -> HttpResponse:
    """Pick an item, or give it back."""
    one = _campaign(request, pk)
    if request.POST.get("back"):
        rows = ItemPick.objects.visible_to(request.user).filter(user=request.user)
        actions.put_back(get_object_or_404(rows, item=item, item__campaign=one), by=request.user, at=now())  # fmt: skip
        messages.success(request, _("已退回。"))
    else:
        actions.pick_item(get_object_or_404(one.items, pk=item), by=request.user, at=now())
        messages.success(request, _("已认领。"))
    return redirect("taking_part:picks", pk)


@login_required
@require_http_methods(FORM)
def done(request: SignedIn, pk: int) -> HttpResponse:
    """Say what one did."""
    rows = ItemPick.objects.visible_to(request.user).filter(user=request.user).select_related("item__campaign")  # fmt: skip
    one = get_object_or_404(rows, pk=pk)
    form = DoneForm(bound(request), request.FILES or None, initial={"on": localdate(), "note": one.note})  # fmt: skip
    back = reverse("taking_part:picks", args=[one.item.campaign_id])

    def act() -> str:
        given = form.cleaned_data
        photo = given["photos"][0] if given["photos"] else None
        actions.finish_item(one, note=given["note"], on=given["on"], photo=photo, by=request.user, at=now())  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("已记下。"), heading=_("填完成情况"), lede=one.item.text,
        verb=_("完成"), back=back,
    )  # fmt: skip


# Discussions.


@login_required
@require_http_methods(FORM)
def new_discussion(request: SignedIn) -> HttpResponse:
    """Start a discussion."""
    form = DiscussionForm(bound(request), orgs=_units(request), initial={"key": uuid4()})

    def act() -> str:
        given = form.cleaned_data | {"key": form.cleaned_data["key"] or None}
        made = actions.start_discussion(by=request.user, at=now(), **given)
        return reverse("taking_part:discussion", args=[made.pk])

    return ask(
        request, form, act, done=_("讨论已开始。"), tab="campaigns", heading=_("发起主题讨论"),
        lede=_("一轮一个问题，到期自动进入下一轮；总结和采纳的措施留在这里。"), verb=_("发起"),
        back=reverse("taking_part:campaigns"),
    )  # fmt: skip


def _discussion(request: SignedIn, pk: int) -> Discussion:
    return get_object_or_404(Discussion.objects.visible_to(request.user).select_related("org"), pk=pk)  # fmt: skip


@login_required
@require_http_methods(FORM)
def discussion(request: SignedIn, pk: int) -> HttpResponse:
    """Show a discussion: its rounds with what was said, the summary, what was adopted; speak."""
    one = _discussion(request, pk)
    rounds = list(one.rounds.order_by("n"))
    current = None if one.closed_at else actions.round_now(rounds, localdate())
    form, status = ContributeForm(bound(request), initial={"key": uuid4()}), 200
    if request.method == "POST" and current is not None:

        def act() -> str:
            given = form.cleaned_data
            actions.contribute(current, text=given["text"], key=given["key"] or None, by=request.user, at=now())  # fmt: skip
            return reverse("taking_part:discussion", args=[pk])

        went, _remedy, status = act_on(request, form, act, done=_("已发言。"))
        if went:
            return went
    said: dict[int, list[Contribution]] = {}
    rows = Contribution.objects.visible_to(request.user).filter(round__discussion=one)
    for row in rows.select_related("user").order_by("id")[:TALK]:
        said.setdefault(row.round_id, []).append(row)
    context = {
        "one": one, "current": current, "form": form, "keeper": keeps_register(request.user, one.org.path),
        "rounds": [{"round": r, "said": said.get(r.pk, [])} for r in rounds],
        "adopted": one.adopted.order_by("due_on", "id"), "today": localdate(),
    }  # fmt: skip
    return show(request, "discussion", context, tab="campaigns", status=status)


@login_required
@require_http_methods(FORM)
def adopt(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what a discussion led to."""
    one, form = _discussion(request, pk), AdoptForm(bound(request))
    back = reverse("taking_part:discussion", args=[pk])

    def act() -> str:
        actions.adopt_action(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已采纳。"), tab="campaigns", heading=_("采纳措施"), lede=one.topic,
        verb=_("采纳"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def adopted_done(request: SignedIn, pk: int) -> HttpResponse:
    """Say what became of an adopted action."""
    one, form = get_object_or_404(AdoptedAction.objects.visible_to(request.user), pk=pk), AdoptedDoneForm(bound(request))  # fmt: skip
    back = reverse("taking_part:discussion", args=[one.discussion_id])

    def act() -> str:
        actions.finish_adopted(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已完成。"), tab="campaigns", heading=_("填写结果"), lede=one.text,
        verb=_("完成"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def close_discussion(request: SignedIn, pk: int) -> HttpResponse:
    """End a discussion with its summary."""
    one, form = _discussion(request, pk), SummaryForm(bound(request))
    back = reverse("taking_part:discussion", args=[pk])

    def act() -> str:
        actions.close_discussion(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("讨论已结束，总结记入全程纪实册。"), tab="campaigns",
        heading=_("结束并总结"), lede=one.topic, verb=_("结束"), back=back,
    )  # fmt: skip
