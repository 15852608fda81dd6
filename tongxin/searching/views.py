"""The page of the search: one box, a tab for each kind of thing, what narrows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from tongxin.cases.flow import Flow, all_flows
from tongxin.cases.queries import catalogue, topic_by_code
from tongxin.kit.errors import Refused
from tongxin.orgs.queries import MemberFilter, members_page
from tongxin.orgs.scope import READERS, posts_of
from tongxin.regions.queries import get_land, place_name, world

from . import queries
from .asking import Question, understand
from .marking import around, pieces_of
from .models import Entry
from .queries import CASE_TAB, DOCUMENT_TAB, PEOPLE_TAB, Found, Narrowed

WORDS = ("q", "tab", "kind", "step", "topic", "region", "period")
PERIODS = {
    "week": (gettext_lazy("近一周"), timedelta(days=7)),
    "month": (gettext_lazy("近一个月"), timedelta(days=30)),
    "quarter": (gettext_lazy("近三个月"), timedelta(days=91)),
    "year": (gettext_lazy("近一年"), timedelta(days=365)),
}
ICONS = {
    "log": "book-2",
    "meeting": "calendar-event",
    "disclosure": "news",
    "exemplar": "books",
    "topic": "list-check",
}
ON_FOOT = {"volunteer"}


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found; the number of a case one may see leads straight to it."""
    typed, tab = request.GET.get("q", ""), request.GET.get("tab", CASE_TAB)
    tabs = _tabs_of(request)
    tab = tab if tab in tabs else CASE_TAB
    context: dict[str, Any] = {"q": typed[:200], "tab": tab, "layout": _layout(request)}
    status = 200
    if typed.strip():
        try:
            asked = understand(typed)
            if asked.number and (case := queries.case_of_number(request.user, asked.number)):
                return redirect("cases:detail", pk=case.pk)
            context |= _found(request, asked, tab)
        except Refused as refusal:
            context["refusal"], status = refusal, refusal.status
    counted = context.get("counted", {})
    words = {name: request.GET[name] for name in WORDS if request.GET.get(name)}
    context["tabs_found"] = [
        {
            "label": label,
            "url": f"?{urlencode({**words, 'tab': name, 'kind': ''})}",
            "active": name == tab,
            "count": counted.get(name),
        }
        for name, label in tabs.items()
    ]
    context["filters"] = _filters(request, tab)
    return render(request, "searching/search.html", context, status=status)


def _layout(request: HttpRequest) -> str:
    user: Any = request.user
    has_desk = user.is_superuser or any(post.role not in ON_FOOT for post in posts_of(user))
    return "ui/desk.html" if has_desk else "ui/phone.html"


def _tabs_of(request: HttpRequest) -> dict[str, str]:
    tabs = {CASE_TAB: _("办件"), DOCUMENT_TAB: _("文件记录")}
    if any(post.role in READERS and post.org_path for post in posts_of(request.user)):
        tabs[PEOPLE_TAB] = _("党员")
    return tabs


def _found(request: HttpRequest, asked: Question, tab: str) -> dict[str, Any]:
    cursor = request.GET.get("cursor", "")
    if tab == PEOPLE_TAB:
        chosen = MemberFilter.read({"q": " ".join(asked.parts)[:40]})
        people, following = members_page(
            request.user, chosen, on=localdate(), cursor=cursor, size=queries.PAGE
        )
        return {"people": people, "next_cursor": following, "searched": True}
    found = queries.search(request.user, asked, _narrowed(request), tab=tab, cursor=cursor)
    page = found[tab]
    return {
        "rows": [_row(entry, asked) for entry in page.entries],
        "next_cursor": page.cursor,
        "counted": {name: one.counted for name, one in found.items()} if not cursor else {},
        "searched": True,
        "told": _told(page) if not cursor else "",
    }


def _told(page: Found) -> str:
    return _("找到 %s 条，最新的在前") % page.counted if page.count else ""


def _narrowed(request: HttpRequest) -> Narrowed:
    region, period = request.GET.get("region", ""), PERIODS.get(request.GET.get("period", ""))
    return Narrowed(
        flow=request.GET.get("kind", "")[:20],
        step=_step(request),
        topic=_topic(request),
        area=get_land(region).path if region else "",
        since=now() - period[1] if period else None,
    )


def _step(request: HttpRequest) -> str:
    """Return the step asked for, if the kind asked for has it: the filter goes with its kind."""
    flow = _flow(request.GET.get("kind", ""))
    step = request.GET.get("step", "")
    return step if flow and step in flow.step_of and _on_cases(request) else ""


def _topic(request: HttpRequest) -> int | None:
    """Return the topic asked for. An unknown one is refused as everywhere."""
    code = request.GET.get("topic", "")
    return topic_by_code(code).pk if code and _on_cases(request) else None


def _on_cases(request: HttpRequest) -> bool:
    return request.GET.get("tab", CASE_TAB) == CASE_TAB


def _flow(kind: str) -> Flow | None:
    return next((flow for flow in all_flows() if flow.kind == kind), None)


def _row(entry: Entry, asked: Question) -> dict[str, Any]:
    """Return an entry as the list draws it."""
    shown = "" if entry.text.strip() == entry.title.strip() else around(entry.text, asked.parts)
    if shown.rstrip("…").startswith(entry.title):
        shown = around(entry.text[len(entry.title) :].lstrip("，。；、 \n"), asked.parts)
    return {
        "id": entry.pk,
        "label": pieces_of(entry.label, asked.parts),
        "title": pieces_of(entry.title, asked.parts),
        "text": pieces_of(shown, asked.parts),
        "url": _url(entry),
        "at": None if entry.kind == Entry.Kind.TOPIC else entry.at,
        "place": place_name(entry.area) if entry.kind == Entry.Kind.CASE else "",
        "is_case": entry.kind == Entry.Kind.CASE,
        "icon": ICONS.get(entry.kind, ""),
        **_badge(entry),
    }


def _badge(entry: Entry) -> dict[str, Any]:
    if entry.kind != Entry.Kind.CASE:
        return {"kind": Entry.Kind(entry.kind).label}
    flow = _flow(entry.flow)
    step = flow.step_of.get(entry.step) if flow else None
    if flow is None or step is None:
        return {"kind": ""}
    return {"kind": flow.label, "badge": {"state": step.tone, "text": step.label}}


def _url(entry: Entry) -> str:
    if entry.kind == Entry.Kind.CASE:
        return reverse("cases:detail", args=[entry.case])
    if entry.kind == Entry.Kind.LOG:
        return reverse("orgs:log", args=[entry.unit, localtime(entry.at).year])
    if entry.kind == Entry.Kind.MEETING:
        return reverse("meetings:meeting", args=[entry.object])
    if entry.kind == Entry.Kind.EXEMPLAR:
        return reverse("library:exemplar", args=[entry.object])
    if entry.kind == Entry.Kind.DISCLOSURE:
        return reverse("affairs:public", args=[entry.unit])
    return f"{reverse('requests:new')}?{urlencode({'topic': entry.flow})}"


def _filters(request: HttpRequest, tab: str) -> list[dict[str, Any]]:
    """Return the filters as `ui/parts/filter_bar.html` draws them."""
    if tab == PEOPLE_TAB:
        return []
    everything = ("", _("全部"))
    if tab == CASE_TAB:
        kinds = [(flow.kind, flow.label) for flow in all_flows()]
        narrower = _narrower(request, everything)
    else:
        narrower = []
        kinds = [(kind, Entry.Kind(kind).label) for kind in queries.DOCUMENT_KINDS]
    periods = [(name, words) for name, (words, _span) in PERIODS.items()]
    filters = [
        ("kind", _("类别"), request.GET.get("kind", ""), [everything, *kinds]),
        *narrower,
        ("period", _("时间"), request.GET.get("period", ""), [everything, *periods]),
    ]
    if places := _places(request):
        filters.append(("region", _("区域"), request.GET.get("region", ""), [everything, *places]))
    names = ("name", "label", "value", "choices")
    return [dict(zip(names, one, strict=True)) for one in filters]


def _narrower(request: HttpRequest, everything: tuple[str, Any]) -> list[tuple]:
    """Return what only cases are narrowed by: the step, once a kind is chosen, and the topic."""
    filters = []
    if flow := _flow(request.GET.get("kind", "")):
        steps = [(step.name, step.label) for step in flow.steps]
        filters.append(("step", _("环节"), _step(request), [everything, *steps]))
    names = [(one.code, one.name) for each in catalogue() for one in each.topics.all()]
    chosen = request.GET.get("topic", "")
    return [*filters, ("topic", _("事项"), chosen, [everything, *names])] if names else filters


def _places(request: HttpRequest) -> list[tuple[str, str]]:
    """Return (code, name) of the widest land of the reader's posts and of what lies right below."""
    paths = sorted((post.path for post in posts_of(request.user)), key=len)
    lands = world()
    widest = lands.by_path.get(paths[0]) if paths else None
    if widest is None:
        return []
    below = lands.children_of(widest)
    return [(land.code, land.short_name) for land in [widest, *below]] if below else []
