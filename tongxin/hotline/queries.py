"""What the desk shows while somebody talks: who called before, what is near, what to answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.accounts.queries import sealer
from tongxin.cases.models import Case, Event, Topic
from tongxin.cases.queries import dot_line
from tongxin.cases.sight import sees
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import mask_phone, normal_phone
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, place_name, region_of, world

from .models import OPERATORS, Call, CallBack, OutsideOrder, QuickAnswer

MOST_BEFORE, MOST_NEAR, MOST_ANSWERS, MOST_PLACES = 8, 5, 3, 3
NEAR_DAYS = 30
LEAST_TEXT = 2
_LANDLINE = re.compile(r"(0\d{2,3})?[2-9]\d{6,7}", re.ASCII)


class BadCaller(Invalid):
    """A number that nobody can call from."""


def caller_number(text: str) -> str:
    """Return the digits of a mobile or fixed number, however it was typed; "" if it is not known.

    :raises BadCaller: for anything else
    """
    digits = re.sub(r"[\s\-—()（）]", "", text or "")
    if not digits:
        return ""
    try:
        return normal_phone(digits)
    except Refused:
        if _LANDLINE.fullmatch(digits):
            return digits
    raise BadCaller(
        _("号码应是 11 位手机号，或带区号的座机号；没有显示号码就留空。"), field="phone"
    )


def desk_of(actor) -> Region | None:
    """Return the land whose hotline the actor answers; None for those who answer none."""
    posts = [post for post in posts_of(actor) if post.role in OPERATORS]
    land = world().by_id.get(posts[0].region_id) if posts else None
    return region_of(land) if land else None


def masked(token: str) -> str:
    """Return a sealed number as it may be shown to anybody at the desk."""
    number = sealer().open(token)
    return mask_phone(number) if number else _("号码未显示")


# Who called before.


@dataclass(frozen=True)
class Before:
    """A request of the caller: its outline, and what may be done about it while they talk."""

    case: Case
    line: dict[str, Any]
    step: str
    url: str  # "" where the operator may not open it
    may: frozenset[str]


def requests_of(index: str, actor, *, at: datetime) -> list[Before]:
    """Return the caller's latest requests, by the number they named or sign in with; two queries."""
    if not index:
        return []
    rows = Case.objects.filter(
        Q(request__contact_index=index) | Q(reporter__phone_index=index), kind="request"
    )
    paths = tuple(post.path for post in posts_of(actor) if post.role in OPERATORS)
    found: list[Before] = []
    for case in rows.select_related("topic").order_by("-id")[: MOST_BEFORE * 3]:
        if case.area.startswith(paths) and len(found) < MOST_BEFORE:
            found.append(_before(case, actor, at))
    return found


def _before(case: Case, actor, at: datetime) -> Before:
    open_now = {move.name for move in case.flow.moves_from(case.step)}
    is_seen = sees(actor, case)
    may = open_now & ({"urge", "add", "rate"} if is_seen else {"rate"})
    return Before(
        case,
        dot_line(case, at=at),
        str(case.flow.step_of[case.step].label),
        reverse("cases:detail", args=[case.pk]) if is_seen else "",
        frozenset(may),
    )


def is_callers(index: str, case: Case) -> bool:
    """Say whether a request is that of the person with this number."""
    rows = Case.objects.filter(pk=case.pk)
    mine = Q(request__contact_index=index) | Q(reporter__phone_index=index)
    return bool(index) and rows.filter(mine).exists()


def calls_of(index: str, path: str) -> QuerySet[Call]:
    """Return the earlier calls from a number to the desks of a piece of land, latest first."""
    rows = Call.objects.filter(region__path__under=path, ended_at__isnull=False)
    return rows.filter(phone_index=index).select_related("operator", "case").order_by("-id")


# While they talk.


def similar(*, path: str, topic: Topic | None, text: str, at: datetime) -> list[Case]:
    """Return open public requests of a community about the same matter, latest first; one query.

    Without a topic, those that share a word of two or more characters with what was said.
    """
    if not path:
        return []
    rows = Case.objects.public().open()
    rows = rows.filter(
        kind="request", area__under=path, opened_at__gte=at - timedelta(days=NEAR_DAYS)
    )
    if topic is not None:
        rows = rows.filter(topic=topic)
    found = list(rows.select_related("topic").order_by("-id")[:60])
    if topic is None:
        said = _pairs(text)
        found = [case for case in found if len(said & _pairs(f"{case.title} {case.text}")) > 1]
    return found[:MOST_NEAR]


def _pairs(text: str) -> set[str]:
    words = "".join(re.findall(r"[\u4e00-\u9fff]", text))
    return {words[n : n + 2] for n in range(len(words) - 1)}


def answers_for(text: str, *, limit: int = MOST_ANSWERS) -> list[QuickAnswer]:
    """Return the quick answers whose words were said, those with more of them first; one query."""
    if len(text.strip()) < LEAST_TEXT:
        return []
    scored = []
    for one in QuickAnswer.objects.public():
        words = {*one.keywords.split(), one.title}
        score = sum(len(word) for word in words if word in text)
        if score:
            scored.append((-score, one.code, one))
    return [one for *_rank, one in sorted(scored, key=lambda row: row[:2])[:limit]]


def places_in(text: str, path: str) -> list[Land]:
    """Return the communities below a path that are named in what was said; no query."""
    found = []
    for land in world().lands:
        if land.level == Region.Level.COMMUNITY and land.path.startswith(path):
            name = land.short_name
            stem = re.sub(r"(社区|村)$", "", name)
            if name in text or (len(stem) > 1 and stem in text):
                found.append((-len(stem), land.path, land))
    return [land for *_rank, land in sorted(found, key=lambda row: row[:2])[:MOST_PLACES]]


def place_groups(path: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the communities below a path by street, as options of a list; no query."""
    lands = [land for land in world().lands if land.path.startswith(path)]
    streets = [land for land in lands if land.level == Region.Level.STREET]
    return [
        (street.name, [(one.code, one.short_name) for one in world().children_of(street)])
        for street in streets
    ]


# The desk between two calls.


def figures_of(region: Region, *, at: datetime) -> dict[str, int]:
    """Return the day's figures of a desk: {"calls", "filed", "answered", "waiting"}; two queries."""
    day = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    found = dict(
        Call.objects.filter(region__path__under=region.path, started_at__gte=day)
        .order_by()
        .values_list("outcome")
        .annotate(Count("pk"))
    )
    waiting = CallBack.objects.filter(region__path__under=region.path, done_at=None).count()
    return {
        "calls": sum(found.values()),
        "filed": found.get("filed", 0),
        "answered": found.get("answered", 0),
        "waiting": waiting,
    }


def waiting_call_backs(actor) -> QuerySet[CallBack]:
    """Return who still has to be called back, the earliest promise first."""
    rows = CallBack.objects.visible_to(actor).filter(done_at=None)
    return rows.select_related("case", "call").order_by("due_at", "pk")


def progress_of(
    order: OutsideOrder, *, at: datetime, said: dict[Any, list[dict[str, Any]]] | None = None
) -> dict[str, Any]:
    """Return where an outside order stands, as the system it came from is told.

    `said` are the answers of many cases, where they were read together (`answers_to`).
    """
    case = order.case
    said = answers_to([case.pk]) if said is None else said
    return {
        "id": order.number,
        "case": case.number,
        "step": case.step,
        "step_label": str(case.flow.step_of[case.step].label),
        "is_open": case.is_open,
        "is_late": case.is_late,
        "place": place_name(case.area),
        "handler": case.handler.name if case.handler else None,
        "received_at": order.received_at,
        "deadline": order.deadline,
        "is_past_deadline": bool(order.deadline and case.is_open and order.deadline < at),
        "due_at": case.due_at,
        "closed_at": case.closed_at,
        "versions": order.versions,
        "answers": said.get(case.pk, []),
    }


TOLD = ("answer", "finish", "verify", "void")  # moves whose note is meant for who asked


def answers_to(ids: Iterable[Any]) -> dict[Any, list[dict[str, Any]]]:
    """Return what was said to who asked, by case: {id: [{"at", "what", "text"}]}; one query."""
    found: dict[Any, list[dict[str, Any]]] = {}
    rows = Event.objects.filter(case__in=list(ids), name__in=TOLD).exclude(note="")
    for case, name, at, note in rows.order_by("case", "seq").values_list(
        "case", "name", "at", "note"
    ):
        found.setdefault(case, []).append({"at": at, "what": name, "text": note})
    return found
