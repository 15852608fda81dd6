"""What phones sent and what stands disagree, side by side; and what was refused."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.fieldwork.models import Visit
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import place_name
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import DecideForm
from ..models import JUDGES, FieldAction
from ..queries.told import kind_label, said_by_phone

PAGE = 30
TABS = ("conflict", "refused", "decided")


def _check_entrance(user) -> None:
    """:raises NotPermitted: for who decides nowhere"""
    if not user.is_superuser and not any(post.role in JUDGES for post in posts_of(user)):
        raise NotPermitted(_("外勤核对由派单员和街镇（区）管理员办理。"))


@login_required
@require_safe
def conflicts(request: SignedIn) -> HttpResponse:
    """List what waits for a decision, what was refused, what was decided; newest first."""
    _check_entrance(request.user)
    tab = request.GET.get("state", "conflict")
    tab = tab if tab in TABS else "conflict"
    every = FieldAction.objects.visible_to(request.user).exclude(user=request.user)
    rows = {
        "conflict": every.filter(state="conflict"),
        "refused": every.filter(state="refused", decided_at=None),
        "decided": every.filter(decided_at__isnull=False),
    }[tab]
    found, cursor = page_of(
        rows.select_related("user", "decided_by"), request.GET.get("cursor", ""), PAGE
    )
    labels = {"conflict": _("待核对"), "refused": _("未办成"), "decided": _("已核对")}
    here = reverse("mobile:conflicts")
    context = {
        "tab": tab,
        "rows": [_row(one) for one in found],
        "next_cursor": cursor,
        "segments": [
            {"label": labels[one], "url": f"{here}?state={one}", "active": one == tab}
            for one in TABS
        ],
    }
    return render(request, "mobile/conflicts.html", context)


def _row(one: FieldAction) -> dict[str, Any]:
    return {
        "action": one,
        "kind": kind_label(one),
        "title": one.found.get("title") or one.about.get("title") or kind_label(one),
        "place": place_name(one.area) if one.area else "",
        "sentence": one.sentence or queries.plain_words(one),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: SignedIn, pk: int) -> HttpResponse:
    """Show both sides, and decide."""
    _check_entrance(request.user)
    rows = FieldAction.objects.visible_to(request.user).exclude(user=request.user)
    action = get_object_or_404(rows.select_related("user", "decided_by", "device"), pk=pk)
    form = DecideForm(request.POST if request.method == "POST" else None, action=action)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            actions.decide(
                action=action, decision=given["decision"], why=given["why"], by=request.user,
                at=now(),
            )  # fmt: skip
            messages.success(request, _("已处理，并告诉了%s。") % action.user.name)
            return redirect("mobile:conflicts")
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    return render(request, "mobile/conflict.html", _page(request, action, form), status=status)


def _page(request: SignedIn, action: FieldAction, form: DecideForm) -> dict[str, Any]:
    may_read = _may_read(request.user, action)
    return {
        **_row(action),
        "form": form if action.state == "conflict" else None,
        "said": said_by_phone(action) if may_read else [],
        "photos": _photos(action) if may_read and action.state == "conflict" else [],
        "may_read": may_read,
        "about_url": action.about.get("url", "") if may_read else "",
        "case_url": _url_of(action),
    }


def _may_read(user, action: FieldAction) -> bool:
    """Say whether the content is the reader's business: of a visit, only who sees the visit."""
    if not action.kind.startswith("visit."):
        return True
    pk = str(action.data.get("visit", ""))
    return bool(pk) and Visit.objects.visible_to(user).filter(pk__in=[pk][: len(pk) == 36]).exists()


def _photos(action: FieldAction) -> list[dict[str, str]]:
    return [
        {
            "thumb": reverse("photos:thumb", args=[one["id"]]),
            "url": reverse("photos:file", args=[one["id"]]),
            "alt": _("手机上的照片"),
            "kind": "",
        }
        for one in action.photos
    ]


def _url_of(action: FieldAction) -> str:
    """Return the page of the order or visit that the action is about."""
    if case := action.found.get("case"):
        return reverse("cases:detail", args=[case])
    if visit := action.found.get("visit"):
        return reverse("fieldwork:visit", args=[visit])
    return ""
