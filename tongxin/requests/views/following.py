"""A resident's home, their own requests, and the page of one case on the phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tongxin.accounts.queries import inbox
from tongxin.cases.models import Case
from tongxin.cases.queries import (
    OpenMove,
    as_seen_by,
    card_of,
    dot_line,
    moves_open_to,
    outlined,
    parts_of,
)
from tongxin.regions.queries import place_name

from .. import pages, tabs
from ..story import ICONS, story_of
from ..words import next_words

NOTICES = 3
SHOWN_AT_HOME = 5
# What somebody is in a case on this page: desks have their own.
PERSONAL = frozenset("reporter holder offeree handler_org volunteer grid_worker".split())
# Made with one press; the others ask for something, on a page of their own.
AT_ONCE = {"accept", "claim", "resume", "urge", "split"}
PLACED = {"check_in", "check_out"}
OURS = {"finish": "finish", "fulfil": "finish", "rate": "rate-case", "grab": "grab"}
ASK_FIRST = {
    "urge": gettext_lazy("催一下社区和承办人吗？"),
    "split": gettext_lazy("不是同一件事，要单独办理吗？"),
    "grab": gettext_lazy("接下这一单吗？"),
    "claim": gettext_lazy("认领这个心愿吗？"),
}
ORDER = (
    "accept grab claim rate thank check_in finish fulfil check_out resume urge answer wait "
    "split decline hand_back release cancel withdraw"
).split()
QUIET = {"split"}  # possible, but not what comes next
BUTTONS = 2  # in the bar; the others stand below


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what a resident may do here, and how their open requests are getting on."""
    user, at = request.user, now()
    cases: list[Case] = []
    notices: list = []
    path = ""
    if user.is_authenticated:
        cases, _more = pages.my_cases(user, is_open=True)
        notices = [one for one in inbox(user, size=NOTICES)[0] if one.read_at is None]
        path = cases[0].area if cases else pages.last_path(user)
    common = pages.common_topics(pages.active_topics(), _district_of(path), at)
    context = {
        "common": common,
        "cards": [pages.card(case, at=at) for case in cases[:SHOWN_AT_HOME]],
        "more": len(cases) > SHOWN_AT_HOME,
        "notices": notices,
    }
    return render(request, "requests/home.html", context)


def _district_of(path: str) -> str:
    return next(
        (one.path for one in pages.districts() if not path or path.startswith(one.path)), path
    )


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """List what the user asked for: under way, or finished."""
    is_open = request.GET.get("view") != "done"
    cases, cursor = pages.my_cases(
        request.user, is_open=is_open, cursor=request.GET.get("cursor", "")
    )
    at = now()
    context = {
        "cards": [pages.card(case, at=at) for case in cases],
        "next_cursor": cursor,
        "is_open": is_open,
        "segments": [
            {"label": _("办理中"), "url": "?", "active": is_open},
            {"label": _("已结束"), "url": "?view=done", "active": not is_open},
        ],
    }
    return render(request, "requests/mine.html", context)


@login_required
@require_safe
def case(request: HttpRequest, pk) -> HttpResponse:
    """Show one case to who asked for it or does it: line, next step, history, what they may do."""
    user, at = request.user, now()
    cases = Case.objects.visible_to(user).select_related(*pages.RELATED, "reporter", "parent")
    one = as_seen_by(user, get_object_or_404(cases, pk=pk))
    parts = parts_of(user, one) & PERSONAL
    story = story_of(one, user, at=at)
    buttons = buttons_for(one, moves_open_to(user, one, parts=parts), is_there=story.is_on_spot)
    context = {
        "case": one,
        "card": card_of(one, at=at),
        "story": story,
        "next_words": next_words(one, at=at) if "reporter" in parts else "",
        "place": place_name(one.area),
        "parts": parts,
        "is_doer": bool(parts & {"holder", "handler_org", "offeree"}),
        "buttons": buttons[:BUTTONS],
        "more": buttons[BUTTONS:],
        "rating": pages.stars_given(one) if one.kind == "request" and not one.is_open else None,
        "leader": leader_of(one, user, at=at),
        "tabs": tabs.tabs_of(request, resident="reporter" in parts),
    }
    return render(request, "requests/case.html", context)


def leader_of(case: Case, user, *, at: datetime) -> dict[str, Any] | None:
    """Return what a follower's people may know of the case that leads: its line, and if it is
    public or theirs its outline too."""
    if case.step != "merged" or case.parent is None:
        return None
    leader = as_seen_by(user, case.parent)
    is_open_to_all = not leader.is_private
    return {
        "number": leader.number,
        "title": leader.title if is_open_to_all or leader.reporter_id == user.pk else "",
        "url": reverse("requests:outline", args=[leader.pk]) if is_open_to_all else "",
        "line": dot_line(leader, at=at),
    }


def buttons_for(case: Case, moves: list[OpenMove], *, is_there: bool) -> list[dict[str, Any]]:
    """Return the moves as buttons, what comes next first.

    Somebody on the spot finishes or leaves; somebody who is not there yet arrives first.
    """
    hidden = {"check_in"} if is_there else {"check_out"}
    found = [move for move in moves if move.name not in hidden]
    found.sort(key=lambda move: ORDER.index(move.name) if move.name in ORDER else len(ORDER))
    return [
        _button(case, move, primary=n == 0 and move.name not in QUIET)
        for n, move in enumerate(found)
    ]


def _button(case: Case, move: OpenMove, *, primary: bool) -> dict[str, Any]:
    back = urlencode({"next": reverse("requests:case", args=[case.pk])})
    url = reverse("cases:move", args=[case.pk, move.name])
    how = "link"
    if move.name in OURS:
        url = reverse(f"requests:{OURS[move.name]}", args=[case.pk])
        how = "post" if move.name == "grab" else "link"
    elif move.name in PLACED:
        how = "place"
    elif move.name in AT_ONCE and not move.needs:
        how = "post"
    return {
        "name": move.name,
        "label": move.label,
        "icon": ICONS.get(move.name, "chevron-right"),
        "url": url,
        "form_url": f"{url}?{back}",
        "how": how,
        "primary": primary,
        "confirm": ASK_FIRST.get(move.name, ""),
    }


@require_safe
def outline(request: HttpRequest, pk) -> HttpResponse:
    """Show what anybody may know of a public request: its title, its community, its line."""
    cases = Case.objects.public().select_related("topic")
    one = outlined(get_object_or_404(cases, pk=pk, kind="request"))
    at = now()
    context = {
        "case": one,
        "card": card_of(one, at=at),
        "place": place_name(pages.community_path(one.area)),
    }
    return render(request, "requests/outline.html", context)
