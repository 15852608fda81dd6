"""The member's phone: report in, turns, posts to claim."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.scope import READERS, posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, lands_of, region_of, world

from .. import actions
from ..forms import HomeForm, JoinForm, ReportForm
from ..models import MemberReport, Roster
from ..queries import people, posts, turns
from ..queries.rules import kinds, rule
from ..scope import desk_paths, watch_paths


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the tabs at the foot of these pages."""
    here = request.resolver_match.url_name if request.resolver_match else ""
    items: tuple[tuple[str, str, str, set[str]], ...] = (
        (_("报到"), "dual_report:me", "home-heart", {"me", "new", "move"}),
        (_("轮值"), "dual_report:turns", "calendar-user", {"turns", "turn", "swap"}),
        (_("岗位"), "dual_report:posts", "hand-grab", {"posts", "post"}),
        (_("记录"), "portal:service-record", "certificate-2", set()),
    )
    return [
        {"label": label, "url": reverse(url), "icon": icon, "active": here in names}
        for label, url, icon, names in items
    ]


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Lead everybody to their own page: the desk, the figures, the branch, or one's own report."""
    user = request.user
    if desk_paths(user):
        return redirect("dual_report:desk")
    if watch_paths(user):
        return redirect("dual_report:coverage")
    if any(post.role in READERS for post in posts_of(user)):
        return redirect("dual_report:branches")
    return redirect("dual_report:me")


@login_required
@require_safe
def me(request: SignedIn) -> HttpResponse:
    """Show how one's report stands, and what is next."""
    at, user = now(), request.user
    today = localdate(at)
    membership = people.membership_of(user)
    report = people.report_of(user)
    named = kinds("service")
    context = {
        "tabs": tabs(request),
        "membership": membership,
        "report": report,
        "wants": [named[code].name for code in report.wants if code in named] if report else [],
        "is_due": bool(
            report and report.state == "confirmed" and (report.renew_by - today).days <= 30
        ),
        "is_over": bool(report and report.renew_by < today),
        "turn": turns.next_turn(user, at) if report else None,
        "claims": posts.coming(user, at)[:3],
        "erase_months": rule("erase_months", today).value,
    }
    return render(request, "dual_report/me.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Report to the community where one lives."""
    at, user = now(), request.user
    membership = people.membership_of(user)
    if membership is None:
        return redirect("dual_report:me")
    today = localdate(at)
    if request.method != "POST" or "look" in request.POST:
        home = membership.person.home
        initial = _first_home(home.path if home else "") | _again(request)
        return _show_new(request, ReportForm(initial=initial, on=today))
    form = ReportForm(request.POST, on=today)
    if not form.is_valid():
        return _show_new(request, form, status=422)
    given = form.cleaned_data
    try:
        report = actions.report_member(
            person=membership.person,
            by=user,
            at=at,
            agreed=given["agreed"],
            wants=given["wants"],
            times=given["times"],
            note=given["note"],
            **_home_given(form),
        )
    except Refused as refusal:
        form.take(refusal)
        return _show_new(request, form, status=refusal.status)
    messages.success(request, _("已向%s报到，等社区确认。") % report.community.short_name)
    return redirect("dual_report:me")


def _again(request: HttpRequest) -> dict[str, Any]:
    """Return what was filled in, when the page is only looked at again (without scripts)."""
    if "look" not in request.POST:
        return {}
    lists = {name: request.POST.getlist(name) for name in ("wants", "times")}
    return {name: request.POST.get(name, "") for name in ("street", "note")} | lists


def _show_new(request: HttpRequest, form: HomeForm, status: int = 200) -> HttpResponse:
    today = localdate(now())
    context = {
        "form": form,
        **home_context(form),
        "erase_months": rule("erase_months", today).value,
        "renewal_months": rule("member_renewal_months", today).value,
    }
    return render(request, "dual_report/new.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: SignedIn) -> HttpResponse:
    """Moved house: report to the community where one lives now."""
    at, report = now(), people.report_of(request.user)
    if report is None:
        return redirect("dual_report:me")
    status = 200
    form = HomeForm(request.POST if request.method == "POST" and "look" not in request.POST else None,
                    initial=_again(request))  # fmt: skip
    if form.is_bound and form.is_valid():
        try:
            made = actions.move_member(report=report, by=request.user, at=at, **_home_given(form))
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已改报到%s，等社区确认。") % made.community.short_name)
            return redirect("dual_report:me")
    elif form.is_bound:
        status = 422
    context = {"form": form, "report": report, **home_context(form)}
    return render(request, "dual_report/move.html", context, status=status)


@login_required
@require_POST
def renew(request: SignedIn) -> HttpResponse:
    """Say that one still lives there."""
    report = people.report_of(request.user)
    if report is not None:
        renewed = actions.renew_member(report=report, by=request.user, at=now())
        messages.success(request, _("已续报，有效期到 %s。") % renewed.renew_by)
    return redirect("dual_report:me")


@login_required
@require_POST
def withdraw(request: SignedIn) -> HttpResponse:
    """Take one's report back."""
    report = people.report_of(request.user)
    if report is not None:
        actions.end_member(
            report=report, reason=MemberReport.End.WITHDRAWN, by=request.user, at=now()
        )
        messages.success(request, _("已撤回报到，意愿和特长到期后清除。"))
    return redirect("dual_report:me")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: SignedIn) -> HttpResponse:
    """Choose a roster of one's community and join it."""
    report = people.report_of(request.user)
    if report is None:
        return redirect("dual_report:me")
    form = JoinForm(
        request.POST if request.method == "POST" else None, initial={"times": report.times}
    )
    if form.is_bound and form.is_valid():
        roster = get_object_or_404(
            Roster.objects.public(), pk=request.POST.get("roster") or 0,
            community=report.community_id,
        )  # fmt: skip
        actions.join_roster(
            roster=roster,
            report=report,
            by=request.user,
            at=now(),
            times=form.cleaned_data["times"],
        )
        messages.success(request, _("已入列“%s”，排班后会通知您。") % roster.name)
        return redirect("dual_report:turns")
    context = {
        "tabs": tabs(request),
        "form": form,
        "report": report,
        "rosters": turns.joinable(report.community_id, report.person_id),
        "roles": kinds("role"),
    }
    return render(request, "dual_report/join.html", context)


# Where somebody lives, out of lists.


def _first_home(path: str) -> dict[str, str]:
    found = {land.level: land.code for land in lands_of(path)} if path else {}
    return {"street": found.get("street", ""), "community": found.get("community", "")}


def home_context(form: HomeForm) -> dict[str, Any]:
    """Return the lists of `bits/home.html` and what is chosen in them."""
    street, community = (str(form[name].value() or "") for name in ("street", "community"))
    if community and not street:
        land = world().by_code.get(community)
        street = _first_home(land.path)["street"] if land else ""
    lands = world()
    districts = [land for land in lands.lands if land.level == Region.Level.DISTRICT]
    return {
        "streets": [(one.name, lands.children_of(one)) for one in districts],
        "street_code": street,
        "communities": _below(street, Region.Level.STREET),
        "community_code": community,
        "grids": _below(community, Region.Level.COMMUNITY),
        "grid_code": str(form["grid"].value() or ""),
    }


def _below(code: str, level: str) -> list[Land]:
    land = world().by_code.get(code)
    return world().children_of(land) if land and land.level == level else []


def _home_given(form: HomeForm) -> dict[str, Any]:
    given = form.cleaned_data
    community = world().by_code.get(given["community"])
    if community is None:
        raise Invalid(_("请选择居住的社区或村"), field="community")
    grid = region_of(get_land(given["grid"])) if given["grid"] else None
    return {"community": region_of(community), "grid": grid}


@login_required
@require_POST
def list_places(request: HttpRequest) -> HttpResponse:
    """Give what lies below the street or the community chosen, for the list beside it."""
    if "community" in request.POST:
        found = _below(request.POST["community"], Region.Level.COMMUNITY)
    else:
        found = _below(request.POST.get("street", ""), Region.Level.STREET)
    return render(request, "dual_report/bits/places.html", {"places": found})
