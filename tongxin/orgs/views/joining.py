"""Who asks to be a volunteer, as the community sees it: admitted, refused, or let in by an open door."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn, masked_phone
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import get_land, place_name, region_of
from tongxin.ui.paging import page_of

from .. import actions
from ..forms.people import NotAdmittedForm
from ..models import VolunteerRequest
from ..models.volunteers import ADMITTERS
from ..queries.joining import doors_of
from ..scope import own_lands
from .people_of_units import ask

ROWS = 30


def _lands(request: SignedIn) -> list:
    """Return the lands whose volunteers one admits; for those with none the page is not there."""
    lands = own_lands(request.user, ADMITTERS)
    if not lands:
        raise NotFound(_("没有这个页面，或不归您管。"))
    return lands


@login_required
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """List who asks, those who wait first; and which communities have opened their doors."""
    lands = _lands(request)
    state = request.GET.get("state", VolunteerRequest.State.WAITING)
    rows = VolunteerRequest.objects.visible_to(request.user)
    if state in VolunteerRequest.State.values:
        rows = rows.filter(state=state)
    rows = rows.select_related("user", "home", "decided_by").prefetch_related("skills")
    page, cursor = page_of(rows, request.GET.get("cursor", ""), ROWS)
    for one in page:
        one.place, one.phone = place_name(one.home.path, below="district"), masked_phone(one.user)
    choices = [*VolunteerRequest.State.choices, ("all", _("全部"))]
    context = {
        "rows": page,
        "next_cursor": cursor,
        "doors": doors_of(lands),
        "me": request.user,
        "filters": [{"name": "state", "label": _("状态"), "value": state, "choices": choices}],
    }
    return render(request, "orgs/volunteers/asked.html", context)


def _one(request: SignedIn, pk: int) -> VolunteerRequest:
    rows = VolunteerRequest.objects.visible_to(request.user).select_related("user", "home")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_POST
def admit(request: SignedIn, pk: int) -> HttpResponse:
    one = _one(request, pk)
    actions.admit_volunteer(asked=one, by=request.user, at=now())
    words = {"name": one.user.name, "place": one.home.name}
    messages.success(request, _("%(name)s已成为%(place)s志愿者，已通知本人。") % words)
    return redirect("orgs:joining")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: SignedIn, pk: int) -> HttpResponse:
    """Say no, and why."""
    one = _one(request, pk)
    form = NotAdmittedForm(request.POST or None)

    def act() -> None:
        actions.refuse_volunteer(asked=one, by=request.user, at=now(), **form.cleaned_data)

    return ask(
        request, form, act, done=_("已回复申请人。"), back=reverse("orgs:joining"),
        heading=_("不通过%s的申请") % one.user.name, verb=_("不通过"),
        back_label=_("志愿者申请"), lede=_("理由会发给申请人，对方可以再申请。"),
    )  # fmt: skip


@login_required
@require_POST
def door(request: SignedIn, code: str) -> HttpResponse:
    """Open a community's door to volunteers, or close it."""
    _lands(request)
    region, is_open = region_of(get_land(code)), request.POST.get("open") == "1"
    actions.open_door(region=region, is_open=is_open, by=request.user, at=now())
    said = _("%s：登记后直接成为志愿者。") if is_open else _("%s：登记后先由社区审核。")
    messages.success(request, said % region.name)
    return redirect("orgs:joining")
