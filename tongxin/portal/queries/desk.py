"""The desk: what lies before somebody, in tabs, filtered, page by page, and whether it has changed.

A desk looks through one window of its owner (an area they oversee, or an organisation they work
in), so that every question follows one index however many cases there are.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.cases.models import Case, Topic
from tongxin.cases.queries import ANY, CLASS_NAMES, NONE, card_of
from tongxin.cases.sight import Window, windows_of
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, UnknownRegion, get_land, lands_of, world
from tongxin.requests.models import Channel
from tongxin.requests.queries import heart_rule
from tongxin.ui.paging import bad_cursor

PAGE = 50
FRESH = timedelta(minutes=1)  # after this the times on the page are written anew in any case
WORDS = (
    *("tab", "kind", "topic", "region", "card", "source", "q", "late", "since", "until", "org"),
    *("heart", "came"),
)


class NotYourDesk(NotFound):
    """The place or organisation asked for is none the person oversees."""


@dataclass(frozen=True)
class Tab:
    label: Any
    rule: Q
    counted: bool = True
    is_open: bool = True


def _steps(words: str) -> Q:
    return Q(step__in=words.split())


DOING = "dispatched accepted waiting suspended claimed blown called on_spot"
# Of an area: what waits for the desk, and what runs late elsewhere. {at} is filled in.
AREA_TABS = {
    "todo": Tab(gettext_lazy("待派单"), _steps("filed collected")),
    "pool": Tab(gettext_lazy("大厅"), _steps("hall offered published")),
    "doing": Tab(gettext_lazy("办理中"), _steps(DOING)),
    "check": Tab(gettext_lazy("待验单"), _steps("done")),
    "soon": Tab(gettext_lazy("将超时"), Q(card="yellow")),
    "late": Tab(gettext_lazy("已超时"), Q(card="red")),
    "asked": Tab(gettext_lazy("待审批"), ~Q(asked="")),
    "calls": Tab(gettext_lazy("回访"), Q(kind="follow_up")),
    "all": Tab(gettext_lazy("全部未办结"), Q()),
    "closed": Tab(gettext_lazy("已办结"), Q(), counted=False, is_open=False),
    "any": Tab(gettext_lazy("所有"), Q(), counted=False, is_open=False),
}
# Of an organisation: what it has been given.
ORG_TABS = {
    "todo": Tab(gettext_lazy("待接单"), _steps("dispatched called")),
    **{name: AREA_TABS[name] for name in ("doing", "check", "soon", "late", "asked", "all", "closed", "any")},
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """What somebody has before them: a place they oversee, or an organisation they work in."""

    land: Land | None
    org: int | None
    shows_private: bool = True

    @property
    def tabs(self) -> Mapping[str, Tab]:
        return ORG_TABS if self.org else AREA_TABS

    def rows(self, *, is_open: bool) -> QuerySet[Case]:
        rows = Case.objects.all()
        if self.org:
            rows = rows.filter(handler=self.org)
        elif self.land is not None:
            rows = rows.filter(area__under=self.land.path) if is_open else rows.in_area(self.land)
        if not self.shows_private:
            rows = rows.filter(is_private=False)
        return rows.open() if is_open else rows

    def as_words(self) -> list[Any]:
        """Return what `from_words` makes the same desk of, for a signed address."""
        return [self.land.id if self.land else 0, self.org, self.shows_private]

    @classmethod
    def from_words(cls, words: list[Any]) -> Desk:
        land, org, shows_private = words
        return cls(get_land(land) if land else None, org, shows_private)


def desk_of(user, *, role: str = "", region: str = "", org: str = "") -> Desk:
    """Return the desk asked for, or the one that goes with the role the user acts in.

    :raises NotYourDesk: for a place or organisation that is not the user's to oversee
    """
    windows = [w for w in windows_of(user) if not w.steps]
    if org:
        return _org_desk(windows, org)
    if region:
        return _area_desk(user, windows, _land_of(region))
    areas = {w.value for w in windows if w.column == "area"}
    mine = [p for p in posts_of(user) if p.path in areas and role in ("", p.role)]
    if mine:
        return _area_desk(user, windows, get_land(min(mine, key=lambda p: len(p.path)).region_id))
    if user.is_superuser:
        return Desk(None, None)
    offices = sorted(posts_of(user), key=lambda p: p.role != role)
    if offices:
        return Desk(None, offices[0].org_id)
    raise NotYourDesk(_("您的岗位没有收件箱。"))


def _org_desk(windows: list[Window], org: str) -> Desk:
    if org.isdecimal() and any(w.column == "handler_id" and w.value == int(org) for w in windows):
        return Desk(None, int(org))
    raise NotYourDesk(_("没有这个单位的收件箱，或者您不在这个单位任职。"))


def _land_of(code: str) -> Land:
    try:
        return get_land(code)
    except UnknownRegion as error:
        raise NotYourDesk(error.message) from error


def _area_desk(user, windows: list[Window], land: Land) -> Desk:
    if user.is_superuser:
        return Desk(land, None)
    over = [w for w in windows if w.column == "area" and land.path.startswith(str(w.value))]
    if not over:
        raise NotYourDesk(_("%s不在您的管辖范围内。") % land.name)
    return Desk(land, None, shows_private=any(w.shows_private for w in over))


@dataclass(frozen=True)
class View:
    """The words of the address: which tab, and what is left out of it."""

    tab: str
    kind: str = ""
    topic: str = ""
    card: str = ""
    source: str = ""
    q: str = ""
    late: str = ""
    since: str = ""
    until: str = ""
    holder: str = ""
    heart: str = ""  # a class of service, and what came of it: see `heart_rule`
    came: str = ""
    cursor: str = ""

    @classmethod
    def read(cls, words: Mapping[str, str], desk: Desk) -> View:
        names = "kind topic card source q late since until holder heart came cursor".split()
        tab = words.get("tab", "")
        return cls(
            tab=tab if tab in desk.tabs else next(iter(desk.tabs)),
            # A cursor of a moment to the microsecond and an id is 65 characters long.
            **{name: words.get(name, "").strip()[:80] for name in names},
        )


def filtered(rows: QuerySet[Case], view: View) -> QuerySet[Case]:
    """Apply the filters of a view, all but its tab."""
    rules: dict[str, Any] = {
        "kind": view.kind,
        "topic": view.topic if view.topic.isdecimal() else "",
        "card": view.card if view.card in ("yellow", "red") else "",
        "request__channel": view.source,
        "is_late": view.late == "1",
        "holder": view.holder if view.holder.isdecimal() else "",
        "opened_at__gte": _day(view.since),
        "opened_at__lt": _day(view.until, +1),
    }
    rows = rows.filter(**{name: value for name, value in rules.items() if value})
    if view.heart:
        rows = rows.filter(heart_rule(view.heart, view.came))
    for word in view.q.split()[:5]:
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(text__icontains=word)
            | Q(number__contains=word)
            | Q(address__icontains=word)
        )
    return rows


def _day(text: str, later: int = 0) -> datetime | None:
    """Return the beginning of a day written as 2026-11-22 (or of the one after), None for nothing."""
    try:
        day = date.fromisoformat(text) + timedelta(days=later)
    except ValueError:
        return None
    return datetime.combine(day, time(), get_current_timezone())


def counts(desk: Desk, view: View, at: datetime) -> tuple[dict[str, int], str]:
    """Return how many open cases each tab holds under the filters of the view, and a tag.

    The tag is a text that changes when any of these cases does, and every minute. One query.
    """
    rows = filtered(desk.rows(is_open=True), view)
    tabs = {name: tab for name, tab in desk.tabs.items() if tab.counted}
    found = rows.aggregate(
        events_=Sum("length"),
        last_=Max("stepped_at"),
        **{name: Count("pk", filter=_rule(name, tab, at) or None) for name, tab in tabs.items()},
    )
    minute = int(at.timestamp() // FRESH.total_seconds())
    tag = hashlib.sha256(f"{desk.as_words()}{found}{minute}".encode()).hexdigest()[:16]
    return {name: found[name] for name in tabs}, tag


def _rule(name: str, tab: Tab, at: datetime) -> Q:
    """Return the tab's rule at this moment: what has run out is late before a worker says so."""
    if name == "late":
        return Q(due_at__lte=at)
    return tab.rule & Q(due_at__gt=at) if name == "soon" else tab.rule


DUE = F("due_at").asc(nulls_last=True)


def page(desk: Desk, view: View, at: datetime) -> tuple[list[Case], str]:
    """Return a page of the tab and the cursor of the next. What runs out first comes first.

    :raises BadCursor: for a cursor that no page gave
    """
    tab = desk.tabs[view.tab]
    rows = filtered(desk.rows(is_open=tab.is_open), view).filter(_rule(view.tab, tab, at))
    if view.tab == "closed":
        rows = rows.filter(closed_at__isnull=False)
    rows = _after(rows, view, tab.is_open)
    rows = rows.order_by(DUE, "id") if tab.is_open else rows.order_by("-id")
    found = list(rows.select_related("topic").defer("text", "counted")[: PAGE + 1])
    more = len(found) > PAGE
    return found[:PAGE], _cursor(found[PAGE - 1], tab.is_open) if more else ""


def _cursor(case: Case, by_due: bool) -> str:
    due = case.due_at.isoformat() if by_due and case.due_at else ""
    return f"{due}_{case.pk.hex}"


def _after(rows: QuerySet[Case], view: View, by_due: bool) -> QuerySet[Case]:
    if not view.cursor:
        return rows
    due, _sep, last = view.cursor.partition("_")
    try:
        at, pk = (datetime.fromisoformat(due.replace(" ", "+")) if due else None), uuid.UUID(last)
    except ValueError:
        raise bad_cursor() from None
    if not by_due:
        return rows.filter(id__lt=pk)
    if at is None:
        return rows.filter(due_at__isnull=True, id__gt=pk)
    return rows.filter(Q(due_at__gt=at) | Q(due_at=at, id__gt=pk) | Q(due_at__isnull=True))


def cards(cases: list[Case], *, at: datetime) -> list[dict[str, Any]]:
    return [card_of(case, at=at) for case in cases]


# What the filters offer.


def crumbs(user, land: Land) -> list[Land]:
    """Return what lies above a place, as far as the user oversees it, and the place itself."""
    reach = [str(w.value) for w in windows_of(user) if w.column == "area" and not w.steps]
    above = lands_of(land.path)
    return [up for up in above if user.is_superuser or any(map(up.path.startswith, reach))]


def lands_below(user, land: Land) -> list[tuple[str, str]]:
    """Return (code, name) of a place, what lies above it within the user's reach, and right below."""
    lands = world()
    below = lands.children_of(land) or lands.children_of(lands.by_id.get(land.parent_id or 0))
    return list({one.code: one.short_name for one in [*crumbs(user, land), *below]}.items())


def widest() -> Land:
    """Return the only district that is served, or the city above several."""
    city = world().children_of(None)[0]
    below = world().children_of(city)
    return below[0] if len(below) == 1 else city


def topics() -> list[tuple[str, str]]:
    rows = Topic.objects.filter(is_active=True).values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]


def hearts() -> list[tuple[str, Any]]:
    """Return the classes of service to choose from; none of them is a choice too."""
    named = [(code, name) for code, name in CLASS_NAMES.items() if code]
    return [(ANY, _("五类和未归类")), *named, (NONE, _("未归类"))]


def channels() -> list[tuple[str, Any]]:
    return list(Channel.choices)


def orgs_named(ids: list[int]) -> list[tuple[str, str]]:
    """Return (id, name) of organisations, for somebody who works in several."""
    rows = Org.objects.public().filter(pk__in=ids).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]
