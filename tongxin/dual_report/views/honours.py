"""Areas of duty, pioneer posts and contests (S2.31); the public board of pledges (S2.32)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import lands_of, world
from tongxin.ui.paging import pk_of

from .. import actions
from ..forms import ContestForm, DutyAreaForm, PledgeForm
from ..models import DutyArea, Pledge
from ..queries import honours


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """List areas of duty, pioneer posts and contests one sees."""
    found = honours.areas_seen(
        request.user, after=pk_of(request.GET.get("cursor", "")), size=honours.PAGE + 1
    )
    shown = found[: honours.PAGE]
    context = {
        "areas": shown,
        "next_cursor": str(shown[-1].pk) if len(found) > honours.PAGE else "",
        "contests": honours.contests_seen(request.user),
        "may_set": _keeps_any(request),
    }
    return render(request, "dual_report/honours.html", context)


def _keeps_any(request: SignedIn) -> bool:
    return any(post.role in ("secretary", "organiser") for post in posts_of(request.user))


def _only_keepers(request: SignedIn) -> None:
    if not _keeps_any(request):
        raise NotPermitted(_("由党组织书记或组织员登记。"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_area(request: SignedIn) -> HttpResponse:
    """Give a member an area of duty or a pioneer post."""
    _only_keepers(request)
    data = request.POST if request.method == "POST" else None
    form = DutyAreaForm(data)
    status = 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            member = honours.member_named(request.user, given["member"])
            actions.set_duty_area(
                kind=given["kind"], unit=member.unit, person=member.person,
                region=member.unit.region, place=given["place"], duty=given["duty"],
                by=request.user, at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已登记。"))
            return redirect("dual_report:honours")
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "title": _("登记责任区或先锋岗"),
        "lede": _("有同名的人时，在姓名后空一格写所在支部。"),
        "verb": _("登记"),
        "back": reverse("dual_report:honours"),
    }
    return render(request, "dual_report/form.html", context, status=status)


@login_required
@require_POST
def end_area(request: SignedIn, pk: int) -> HttpResponse:
    """End an area of duty or a pioneer post."""
    rows = DutyArea.objects.visible_to(request.user).select_related("unit")
    actions.end_duty_area(area=get_object_or_404(rows, pk=pk), by=request.user, at=now())
    messages.success(request, _("已结束，记录保留。"))
    return redirect("dual_report:honours")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_contest(request: SignedIn) -> HttpResponse:
    """Write down a contest with everybody's score."""
    _only_keepers(request)
    form = ContestForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        unit = honours.units_kept(request.user).first()
        try:
            if unit is None:
                raise NotPermitted(_("由党组织书记或组织员登记。"))
            scores = honours.read_scores(given.pop("scores"), unit)
            actions.hold_contest(unit=unit, scores=scores, by=request.user, at=now(), **given)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已登记比武成绩，并写入全程纪实。"))
            return redirect("dual_report:honours")
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "title": _("登记练兵比武"),
        "lede": _("成绩每行写一人：姓名、空格、分数，例如“王芳 95.5”。"),
        "verb": _("登记"),
        "back": reverse("dual_report:honours"),
    }
    return render(request, "dual_report/form.html", context, status=status)


# Pledges.


@require_safe
def pledges(request: HttpRequest) -> HttpResponse:
    """Show who serves at the windows of a place and what they pledge; for everybody."""
    land = world().by_code.get(request.GET.get("region", ""))
    streets = [one for one in world().lands if one.level == Region.Level.STREET]
    context = {
        "land": land,
        "windows": honours.board(land.path if land else ""),
        "filters": [
            {"name": "region", "label": _("看哪里的窗口"), "value": _street_of(land),
             "choices": [("", _("全部")), *((one.code, one.short_name) for one in streets)]}
        ],
    }  # fmt: skip
    return render(request, "dual_report/pledges.html", context)


def _street_of(land) -> str:
    if land is None:
        return ""
    return next((one.code for one in lands_of(land.path) if one.level == "street"), land.code)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_pledge(request: SignedIn) -> HttpResponse:
    """Make a pledge at the window where one serves, or take it down."""
    at = now()
    windows = honours.windows_of(request.user, at)
    form = PledgeForm(request.POST if request.method == "POST" else None, windows=windows)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            actions.make_pledge(user=request.user, by=request.user, at=at, **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("承诺已公开展示，可随时撤下。"))
            return redirect("dual_report:my-pledge")
    elif form.is_bound:
        status = 422
    context = {"form": form, "mine": honours.pledges_of(request.user), "windows": windows}
    return render(request, "dual_report/my_pledge.html", context, status=status)


def _pledge(request: SignedIn, pk: int) -> Pledge:
    rows = Pledge.objects.visible_to(request.user).select_related("window__region")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_POST
def agree(request: SignedIn, pk: int) -> HttpResponse:
    """Agree that one's pledge is shown."""
    shows = request.POST.get("shows_member") == "on"
    actions.agree_to_show(
        pledge=_pledge(request, pk), by=request.user, at=now(), shows_member=shows
    )
    messages.success(request, _("承诺已公开展示，可随时撤下。"))
    return redirect("dual_report:my-pledge")


@login_required
@require_POST
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take a pledge down."""
    actions.withdraw_pledge(pledge=_pledge(request, pk), by=request.user, at=now())
    messages.success(request, _("已撤下承诺。"))
    return redirect("dual_report:my-pledge")
