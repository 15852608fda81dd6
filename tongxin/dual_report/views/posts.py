"""Posts to claim: the list for everybody, claiming and giving back; offering and confirming at the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Refused
from tongxin.regions.queries import get_land, lands_of, region_of

from .. import actions
from ..forms import MinutesForm, PostForm
from ..models import PostClaim, VolunteerPost
from ..queries import desk, people, posts
from ..queries.rules import kinds
from .me import tabs


@login_required
@require_safe
def board(request: SignedIn) -> HttpResponse:
    """List the posts to come where one reported or lives; the street's and the district's too."""
    at, user = now(), request.user
    report = people.report_of(user)
    chain = lands_of(report.community.path if report else people.home_path(user))
    wide = [land for land in chain if land.level in ("district", "street", "community")]
    code = request.GET.get("region", "")
    land = next((one for one in wide if one.code == code), wide[-1] if wide else None)
    service = request.GET.get("service", "")
    found, cursor = posts.open_posts(
        under=land.path if land else "", at=at, service=service,
        cursor=request.GET.get("cursor", ""),
    )  # fmt: skip
    claims, named = posts.claims_of(user, found), kinds("service", localdate(at))
    kept = {"service": service} if service else {}
    context = {
        "tabs": tabs(request),
        "report": report,
        "coming": posts.coming(user, at),
        "rows": [
            {"post": one, "claim": claims.get(one.pk), "service": _name(named, one.service)}
            for one in found
        ],
        "next_cursor": cursor,
        "segments": [
            {"label": one.short_name, "url": f"?{urlencode({'region': one.code, **kept})}",
             "active": one == land}
            for one in reversed(wide)
        ],
        "filters": [
            {"name": "service", "label": _("服务类别"), "value": service,
             "choices": [("", _("全部")), *((one.code, one.name) for one in named.values())]}
        ],
        "hidden": [("region", code)] if code else [],
    }  # fmt: skip
    return render(request, "dual_report/posts.html", context)


def _name(named: dict[str, Any], code: str) -> str:
    return named[code].name if code in named else code


@login_required
@require_POST
def claim(request: SignedIn, pk: int) -> HttpResponse:
    """Claim a place, or a place in the waiting list."""
    post = get_object_or_404(VolunteerPost.objects.public(), pk=pk)
    made = actions.claim_post(
        post=post, by=request.user, at=now(), wait=request.POST.get("wait") == "1"
    )
    held = made.state == PostClaim.State.HELD
    words = _("已认领：%s。") if held else _("已排候补：%s。有人退出会通知您。")
    messages.success(request, words % post.title)
    return redirect("dual_report:posts")


@login_required
@require_POST
def release(request: SignedIn, pk: int) -> HttpResponse:
    """Give a place back."""
    held = get_object_or_404(
        PostClaim.objects.visible_to(request.user).select_related("post"),
        pk=pk,
        user=request.user.pk,
    )
    actions.release_claim(claim=held, by=request.user, at=now())
    messages.success(request, _("已退出：%s。") % held.post.title)
    return redirect("dual_report:posts")


# At the desk.


@login_required
@require_safe
def manage(request: SignedIn) -> HttpResponse:
    """List the posts of the desk's land with who claimed them, and confirm hours."""
    at = now()
    land = desk.land_of(request.user, request.GET.get("region", ""))
    found, cursor = posts.posts_at_desk(
        request.user, under=land.path, at=at, cursor=request.GET.get("cursor", "")
    )
    named = kinds("service")
    year = localdate(at).replace(month=1, day=1)
    context = {
        "land": land,
        "rows": [
            {"post": one, "service": _name(named, one.service), "is_over": one.ends_at <= at,
             "is_open": one.starts_at > at,
             "minutes": round((one.ends_at - one.starts_at).total_seconds() / 60)}
            for one in found
        ],
        "figures": posts.claimed(land.path, year, localdate(at).replace(month=12, day=31)),
        "next_cursor": cursor,
    }  # fmt: skip
    return render(request, "dual_report/manage_posts.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: SignedIn) -> HttpResponse:
    """Offer a post."""
    at = now()
    land = desk.land_of(request.user, request.GET.get("region", ""))
    lands = desk.communities(land)
    data = request.POST if request.method == "POST" else None
    form = PostForm(data, lands=lands, on=localdate(at))
    status = 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        fields = ("title", "service", "text", "place", "wanted", "who")
        try:
            actions.offer_post(
                community=region_of(get_land(given["community"])), by=request.user, at=at,
                key=given["key"] or None, **form.moments(), **{name: given[name] for name in fields},
            )  # fmt: skip
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已发布岗位：%s。") % given["title"])
            return redirect(
                f"{reverse('dual_report:manage-posts')}?{urlencode({'region': land.code})}"
            )
    elif form.is_bound:
        status = 422
    context = {"form": form, "land": land, "one_place": len(lands) == 1}
    return render(request, "dual_report/offer.html", context, status=status)


@login_required
@require_POST
def cancel(request: SignedIn, pk: int) -> HttpResponse:
    """Call off a post."""
    post = get_object_or_404(VolunteerPost.objects.visible_to(request.user), pk=pk)
    actions.cancel_post(post=post, by=request.user, at=now())
    messages.success(request, _("已取消：%s，认领的人会收到通知。") % post.title)
    return redirect("dual_report:manage-posts")


@login_required
@require_POST
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm how long somebody served; 0 if they did not come."""
    held = get_object_or_404(PostClaim.objects.visible_to(request.user), pk=pk)
    form = MinutesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写 0 到 1440 之间的分钟数。"))
        return redirect("dual_report:manage-posts")
    done = actions.confirm_claim(
        claim=held, minutes=form.cleaned_data["minutes"], by=request.user, at=now()
    )
    messages.success(
        request,
        _("已确认%(name)s服务 %(minutes)d 分钟。")
        % {"name": done.user.name, "minutes": done.minutes}
        if done.minutes
        else _("已记为未到：%s。") % done.user.name,
    )
    return redirect("dual_report:manage-posts")
