"""组织推进: the leading group, command areas, who went where, meetings, bulletins, what follows; slips and difficulties."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import world

from .. import actions, forms, queries
from ..models import Criterion, Difficulty, RenovationCampaign, Site, SlipRequest
from ..models.campaigns import ISSUERS
from .common import FORM, ask, leads, led_campaign, overlooks, regions_of, seen_campaign, show


@login_required
@require_GET
def push(request: SignedIn, pk: int) -> HttpResponse:
    """Who leads, who goes where, what comes again (S1.12–S1.22, S1.40, S1.41, S1.54, S1.55)."""
    one = seen_campaign(request, pk)
    if not overlooks(request):
        raise NotFound(_("组织推进情况由街镇以上查看。"))
    found = queries.push_of(one)
    context = {
        **found, "leads": leads(request, one), "today": localdate(),
        "leaders": queries.visits_by_leader(one)[:30], "matrix": queries.visit_matrix(one),
        "secret": queries.unannounced(one), "charges": queries.charges_of(one),
        "lead_times": queries.lead_times(one, one.region.path),
    }  # fmt: skip
    return show(request, "push", context, campaign=one, tab="push")


def _lands(one: RenovationCampaign, *levels: str) -> Any:
    lands = [
        land
        for land in world().lands
        if land.path.startswith(one.region.path) and land.level in levels
    ]
    return regions_of(lands)


def _data(request: SignedIn) -> Any:
    return request.POST if request.method == "POST" else None


def _seat(request: SignedIn, one: RenovationCampaign) -> Any:
    return forms.SeatForm(
        _data(request),
        choices={"user": queries.people_in(one.region.path, queries.SEAT_ROLES, localdate())},
    )


def _command(request: SignedIn, one: RenovationCampaign) -> Any:
    choices = {
        "region": _lands(one, "district", "street"),
        "head": queries.heads_of(one.region.path, localdate(), inside=True),
    }
    return forms.CommandForm(_data(request), choices=choices)


def _criteria(request: SignedIn, one: RenovationCampaign) -> Any:
    names = "\n".join(
        row.name
        for row in actions.criteria_on(one, localdate())
        if row.group == Criterion.Group.TEN
    )
    return forms.CriteriaForm(_data(request), initial={"group": "ten", "names": names})


def _rhythm(request: SignedIn, one: RenovationCampaign) -> Any:
    choices = {
        "region": _lands(one, "city", "district", "street"),
        "org": queries.own_orgs(request.user, ISSUERS),
        "chair": queries.people_in(one.region.path, queries.CHAIR_ROLES, localdate()),
    }
    return forms.RhythmForm(_data(request), choices=choices, initial={"every_days": 14, "hour": 9})


def _team(request: SignedIn, one: RenovationCampaign) -> Any:
    choices = {
        "regions": _lands(one, "district", "street", "community"),
        "members": queries.people_in(one.region.path, queries.TEAM_ROLES, localdate()),
    }
    number = one.teams.count() + 1
    return forms.TeamForm(_data(request), choices=choices, initial={"number": number})


def _secret(request: SignedIn, one: RenovationCampaign) -> Any:
    sites = Site.objects.visible_to(request.user).filter(campaign=one).exclude(state="exempt")
    choices = {
        "sites": sites.order_by("path"),
        "workers": queries.people_in(
            one.region.path, ("officer", "inspector", "leader"), localdate()
        ),
    }
    first = {"due_from": localdate(), "key": uuid4().hex}
    return forms.SecretForm(_data(request), choices=choices, initial=first)


def _norm(request: SignedIn, one: RenovationCampaign) -> Any:
    return forms.NormForm(_data(request), initial={"effective_from": localdate()})


def _follow(request: SignedIn, one: RenovationCampaign) -> Any:
    return forms.FollowUpForm(_data(request))


def _do_criteria(one: RenovationCampaign, given: dict[str, Any], who: dict[str, Any]) -> None:
    names = [line.strip() for line in given["names"].splitlines() if line.strip()]
    actions.set_criteria(one, group=given["group"], names=names, source=given["source"], **who)


def _do_team(one: RenovationCampaign, given: dict[str, Any], who: dict[str, Any]) -> None:
    actions.found_team(
        one,
        number=given["number"],
        regions=list(given["regions"]),
        members=list(given["members"]),
        **who,
    )


def _do_secret(one: RenovationCampaign, given: dict[str, Any], who: dict[str, Any]) -> None:
    actions.plan_unannounced(
        one, sites=list(given["sites"]), workers=list(given["workers"]), due_from=given["due_from"],
        due_on=given["due_on"], key=given["key"], **who,
    )  # fmt: skip


VERBS: dict[str, tuple[Any, Any, Any, Any]] = {
    "seat": (_seat, lambda one, given, who: actions.seat_member(one, **given, **who), gettext_lazy("加入领导小组"), gettext_lazy("已加入。")),
    "command": (_command, lambda one, given, who: actions.set_command(one, **given, **who), gettext_lazy("划分战区"), gettext_lazy("已划分。")),
    "norm": (_norm, lambda one, given, who: actions.set_area_norm(one, **given, **who), gettext_lazy("设定面积标准"), gettext_lazy("已设定，没有销号的点位已按新标准重算。")),
    "criteria": (_criteria, _do_criteria, gettext_lazy("设定验收标准"), gettext_lazy("已设定，从今天起按新标准验收。")),
    "rhythm": (_rhythm, lambda one, given, who: actions.set_rhythm(one, **given, **who), gettext_lazy("安排例会"), gettext_lazy("已安排，会前一周自动发起会议。")),
    "team": (_team, _do_team, gettext_lazy("组建调研组"), gettext_lazy("已组建。")),
    "secret": (_secret, _do_secret, gettext_lazy("安排暗访"), gettext_lazy("已安排，被访单位事前看不到。")),
    "follow": (_follow, lambda one, given, who: actions.set_follow_up(one, **given, **who), gettext_lazy("部署后续提升"), gettext_lazy("已部署。")),
}  # fmt: skip


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """One verb of a campaign: its form, its act."""
    one = led_campaign(request, pk)
    if name not in VERBS:
        raise NotFound(_("没有这件事可办。"))
    make, do, label, done = VERBS[name]
    form = make(request, one)
    back = reverse("renovation:push", args=[pk])

    def act() -> str:
        do(one, form.cleaned_data, {"by": request.user, "at": now()})
        return back

    return ask(
        request,
        form,
        act,
        done=done,
        campaign=one,
        tab="push",
        heading=label,
        verb=label,
        back=back,
        lede="",
    )


@login_required
@require_POST
def bulletin(request: SignedIn, pk: int) -> HttpResponse:
    """Draft the next bulletin and open it."""
    one = led_campaign(request, pk)
    made = actions.draft_bulletin(one, by=request.user, at=now())
    messages.success(request, _("第 %d 期通报已起草，请核对后送审。") % made.number)
    return redirect(reverse("documents:document", args=[made.document_id]))


@login_required
@require_POST
def finish(request: SignedIn, pk: int) -> HttpResponse:
    """End the campaign."""
    one = led_campaign(request, pk)
    actions.close_campaign(one, by=request.user, at=now())
    messages.success(request, _("改造已收官。"))
    return redirect(reverse("renovation:campaign", args=[pk]))


@login_required
@require_http_methods(FORM)
def slip(request: SignedIn, pk: int) -> HttpResponse:
    """Answer a wish to slip."""
    rows = SlipRequest.objects.visible_to(request.user).select_related("stage__plan__site__campaign__region", "asked_by", "site")  # fmt: skip
    asked = get_object_or_404(rows, pk=pk)
    form = forms.SlipDecideForm(_data(request))
    back = reverse("renovation:site", args=[asked.site_id])

    def act() -> str:
        given = form.cleaned_data
        actions.decide_slip(
            asked,
            approve=given["approve"] == "yes",
            words=given["words"],
            by=request.user,
            at=now(),
        )
        return back

    words = {
        "who": asked.asked_by,
        "stage": asked.stage.name,
        "a": asked.from_on,
        "b": asked.to_on,
        "why": asked.reason,
    }
    return ask(
        request, form, act, done=_("已审批。"), campaign=asked.stage.plan.site.campaign,
        heading=_("%s · 审批工序调整") % asked.site.name, verb=_("提交审批"), back=back,
        lede=_("%(who)s申请把“%(stage)s”从 %(a)s 调整到 %(b)s：%(why)s") % words,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def solve(request: SignedIn, pk: int) -> HttpResponse:
    """Write down how a difficulty was solved."""
    rows = Difficulty.objects.visible_to(request.user).select_related("site__campaign__region")
    row = get_object_or_404(rows, pk=pk)
    form = forms.SolveForm(_data(request), initial={"on": localdate()})
    back = reverse("renovation:site", args=[row.site_id])

    def act() -> str:
        actions.solve_difficulty(row, **form.cleaned_data, by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("难点已解决。"), campaign=row.site.campaign, heading=_("%s · 解决难点") % row.site.name,
        lede=f"{row.get_kind_display()}：{row.text}", verb=_("登记解决"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def lift(request: SignedIn, pk: int) -> HttpResponse:
    """Carry a difficulty one level up."""
    rows = Difficulty.objects.visible_to(request.user).select_related("site__campaign__region")
    row = actions.escalate(get_object_or_404(rows, pk=pk), by=request.user, at=now())
    messages.success(request, _("已提级到%s。") % row.get_level_display())
    return redirect(reverse("renovation:site", args=[row.site_id]))
