"""爱心认领: the board of small wishes, a wish of one's own, the wall of thanks (S2.49, S3.26)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.cases.queries import moves_open_to
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import locate

from .. import actions, pages
from ..forms import WishForm
from .places import place_context, place_given


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the wishes that wait, those one has claimed, and the latest thanks."""
    user, at = request.user, now()
    land = _land(request)
    under = land.path if land else ""
    found, cursor = pages.published_wishes(under=under, cursor=request.GET.get("cursor", ""))
    context = {
        "wishes": [pages.wish_card(case) | {"may_claim": _may_claim(user, case)} for case in found],
        "next_cursor": cursor,
        "claimed": [
            pages.card(case, at=at) for case in (pages.my_wishes(user) if posts_of(user) else [])
        ],
        "thanks": pages.thanks(under=under),
        "filters": [
            {
                "name": "street",
                "label": _("看哪里的心愿"),
                "value": request.GET.get("street", ""),
                "choices": _street_choices(),
            }
        ],
    }
    return render(request, "requests/wishes.html", context)


def _land(request: HttpRequest):
    code = request.GET.get("street", "")
    streets = {street.code: street for _name, those in pages.streets() for street in those}
    return streets.get(code)


def _street_choices() -> list[tuple[str, str]]:
    named = [(one.code, one.short_name) for _name, those in pages.streets() for one in those]
    return [("", _("全部街镇")), *named]


def _may_claim(user, case) -> bool:
    if not user.is_authenticated:
        return False
    return any(move.name == "claim" for move in moves_open_to(user, case))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Collect a wish: one's own, or that of somebody one knows."""
    form = WishForm(request.POST if request.method == "POST" else None)
    status = 200
    if "look" in request.POST:
        form = WishForm(initial={name: request.POST.get(name, "") for name in form.fields})
    elif request.method == "POST" and form.is_valid():
        try:
            return _collect(request, form)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    path = pages.last_path(request.user)
    context = {"form": form, **place_context(form, path=path)}
    return render(request, "requests/new_wish.html", context, status=status)


def _collect(request: HttpRequest, form: WishForm) -> HttpResponse:
    given, place = form.cleaned_data, place_given(form)
    region = place["region"]
    if region is None and place["lng"] is not None:
        region = Region.objects.public().get(pk=locate(place["lng"], place["lat"]).id)
    if region is None:
        raise Invalid(_("请选择心愿人所在的社区。"), field="region")
    case = actions.collect_wish(
        title=given["title"],
        text=given["text"],
        wisher=given["wisher"],
        cost=given["cost"] or 0,
        region=region,
        key=given["key"] or None,
        at=now(),
        actor=request.user,
    )
    return redirect("requests:filed", pk=case.pk)
