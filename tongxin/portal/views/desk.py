"""The desk: the list of what waits, kept up to date, with views that people name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from tongxin.cases.flow import all_flows
from tongxin.kit.errors import Refused

from .. import actions, bulk, roles
from ..forms import ViewForm
from ..models import SavedView
from ..queries import desk as queries

SALT = "portal.desk"
CAME = [
    ("", gettext_lazy("全部")),
    ("done", gettext_lazy("已办结")),
    ("on_time", gettext_lazy("按时办结")),
    ("rated", gettext_lazy("已评价")),
]
A_DAY = 24 * 3600


def _desk(request: HttpRequest) -> queries.Desk:
    return queries.desk_of(
        request.user,
        role=roles.role_of(request).name,
        region=request.GET.get("region", ""),
        org=request.GET.get("org", ""),
    )


@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show the list; `?case=` names the one whose detail stands beside it."""
    mine, at = _desk(request), now()
    view = queries.View.read(request.GET, mine)
    words = _words(request)
    watch = signing.dumps([request.user.pk, *mine.as_words()], salt=SALT)
    context = {
        **_list(request, mine, view, at, words),
        "desk": mine,
        "filters": _filters(request, mine, view),
        "search": {"name": "q", "value": view.q, "placeholder": _("标题、内容、编号、地址")},
        "hidden": [(name, words[name]) for name in ("tab", "org", "since", "until", "late") if name in words],
        "views": SavedView.objects.visible_to(request.user).order_by("name"),
        "query": urlencode(words),
        "moves": bulk.offered(request.user),
        "live_url": f"{reverse('portal:desk-live')}?{urlencode({**words, 'w': watch})}",
    }  # fmt: skip
    return render(request, "portal/desk.html", context)


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """Answer 204 while nothing has changed, else the inside of the list. One query, mostly.

    Who asks, and for which desk, stands signed in the address, so that nobody is looked up just to
    hear that nothing is new; the list itself is only for whoever is signed in.
    """
    at = now()
    watched = _watched(request)
    if watched is not None:
        view = queries.View.read(request.GET, watched)
        counted = queries.counts(watched, view, at)
        if counted[1] == request.headers.get("If-None-Match", ""):
            return HttpResponse(status=204)
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    mine = _desk(request)
    context = _list(request, mine, queries.View.read(request.GET, mine), at, _words(request))
    context["is_live"] = True
    response = render(request, "portal/parts/desk_list.html", context)
    response["ETag"] = context["tag"]
    return response


def _watched(request: HttpRequest) -> queries.Desk | None:
    """Return the desk that the address is signed for, if by this session's user."""
    try:
        user, *words = signing.loads(request.GET.get("w", ""), salt=SALT, max_age=A_DAY)
    except signing.BadSignature:
        return None
    return queries.Desk.from_words(words) if request.session.get(SESSION_KEY) == str(user) else None


def _words(request: HttpRequest) -> dict[str, str]:
    """Return the words of the address that make the view; a link with them is the view."""
    return {name: request.GET[name] for name in queries.WORDS if request.GET.get(name)}


def _list(
    request: HttpRequest,
    mine: queries.Desk,
    view: queries.View,
    at: datetime,
    words: dict[str, str],
) -> dict[str, Any]:
    counted, tag = queries.counts(mine, view, at)
    cases, cursor = queries.page(mine, view, at)
    here = f"{reverse('portal:desk')}?{urlencode(words)}"
    cards = queries.cards(cases, at=at)
    for card in cards:
        card["url"] += f"?{urlencode({'next': here})}"
    tabs = [
        {
            "label": tab.label,
            "url": f"?{urlencode({**words, 'tab': name})}",
            "active": name == view.tab,
            "count": counted.get(name),
        }
        for name, tab in mine.tabs.items()
        if name != "any" or view.tab == "any"
    ]
    return {
        "cards": cards,
        "tabs_of_desk": tabs,
        "tab": view.tab,
        "next_cursor": cursor,
        "tag": tag,
        "is_filtered": bool(set(words) - {"tab", "region", "org"}),
    }


def _filters(request: HttpRequest, mine: queries.Desk, view: queries.View) -> list[dict[str, Any]]:
    """Return the filters as `ui/parts/filter_bar.html` draws them."""
    everything = ("", _("全部"))
    kinds = [(flow.kind, flow.label) for flow in all_flows()]
    cards = [("yellow", _("黄牌")), ("red", _("红牌"))]
    filters = [
        ("kind", _("类别"), view.kind, [everything, *kinds]),
        ("topic", _("事项"), view.topic, [everything, *queries.topics()]),
        ("card", _("督办牌"), view.card, [everything, *cards]),
        ("source", _("来源"), view.source, [everything, *queries.channels()]),
    ]
    if view.heart:
        hearts = [everything, *queries.hearts()]
        filters += [
            ("heart", _("五心服务"), view.heart, hearts),
            ("came", _("结果"), view.came, CAME),
        ]
    if mine.land is not None:
        places = queries.lands_below(request.user, mine.land)
        filters.insert(0, ("region", _("区域"), mine.land.code, places))
    names = ("name", "label", "value", "choices")
    return [dict(zip(names, one, strict=True)) for one in filters]


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the view one is looking at under a name."""
    form = ViewForm(request.POST)
    query = request.POST.get("query", "")[:500]
    if form.is_valid():
        try:
            view = actions.save_view(user=request.user, **form.cleaned_data)
            messages.success(request, _("视图“%s”已保存。") % view.name)
        except Refused as refusal:
            messages.error(request, refusal.message)
    else:
        messages.error(
            request, _("视图没有保存：%s") % " ".join(map(str, form.errors.get("name", [])))
        )
    return redirect(f"{reverse('portal:desk')}?{query}")


@login_required
@require_POST
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    actions.drop_view(view=view)
    messages.success(request, _("视图“%s”已删去。") % view.name)
    return redirect("portal:desk")
