"""What the page of a case shows: its line, its moves as buttons, its timeline with the evidence."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.chain import verify
from tongxin.kit.geo import distance_m
from tongxin.kit.text import mask_name
from tongxin.kit.worktime import RoundTheClock, parse_norm
from tongxin.regions.queries import calendar_for, place_name

from .actions.moves import payload_of
from .actions.outbox import CARDS
from .clocks import arithmetic, norm_words
from .models import Case, Event, Evidence
from .proof import before_and_after, photos_by_event
from .queries import OpenMove, card_of, dot_line, moves_open_to, parts_of, tags_of

# Parts that read every note of the case; a resident reads what is meant for them, the hall nothing.
INSIDE = frozenset(
    "dispatcher verifier officer leader inspector grid_worker operator holder handler_org".split()
)
ICONS = {
    "open": "circle-plus", "dispatch": "send", "post": "speakerphone", "offer": "user-question",
    "accept": "hand-stop", "grab": "hand-grab", "claim": "heart-handshake", "decline": "hand-off",
    "recall": "arrow-back-up", "hand_back": "arrow-back-up", "release": "arrow-back-up",
    "check_in": "map-pin-check", "check_out": "map-pin-off", "wait": "player-pause",
    "resume": "player-play", "finish": "checks", "fulfil": "checks", "verify": "eye-check",
    "confirm": "eye-check", "redo": "rotate", "rate": "star", "thank": "heart", "judge": "gavel",
    "reopen": "rotate", "urge": "bell-ringing", "supervise": "flag", "correct": "edit",
    "answer": "message", "hear": "world-share", "attach": "photo", "cancel": "x", "withdraw": "x", "report_in": "map-pin-check",
    "forward": "arrow-forward-up", "publish": "speakerphone", "conclude": "phone-check",
    "try": "phone-x", "merge": "arrows-join", "split": "arrows-split", "yellow": "clock-exclamation", "red": "alert-triangle",
    "plan": "clipboard-list", "send_back": "rotate", "carry_out": "checks", "recheck": "eye-check",
    "write_off": "circle-check", "assign": "arrow-forward-up",
    "escalate": "trending-up", "time_out": "clock-x", "lapse": "clock-check",
}  # fmt: skip
CARD_TONES = {"yellow": "waiting", "red": "late", "escalate": "late"}
QUIET_TAKES = {"note", "minutes"}  # what a move may leave out when it is made with one press
BUTTONS_SHOWN = 4


def page_of(case: Case, actor, *, at: datetime, next_url: str = "") -> dict[str, Any]:
    """Return all that `cases/parts/case.html` draws for this actor. About ten queries."""
    parts = parts_of(actor, case)
    moves = moves_open_to(actor, case, parts=parts)
    events = list(case.events.select_related("actor").order_by("seq"))
    photos = photos_by_event([case])
    panels = case.flow.panels
    drawn = panels(case, parts=parts, at=at, moves=moves) if panels else []
    return {
        "case": case,
        "card": card_of(case, at=at),
        "place": place_name(case.area),
        "tags": tags_of(case, at=at),
        "line": long_line(case, events, at, who=lambda event: _who(event, parts, actor)),
        "why": arithmetic(case),
        "buttons": buttons(case, moves, next_url),
        "asked": waiting_adjustment(case),
        "panels": drawn,
        "pair": before_and_after(events, photos),
        "events": timeline(case, events, photos, parts, actor)[::-1],
        "adjustments": list(
            case.adjustments.select_related("asked_by", "decided_by").order_by("-id")
        ),
        "children": [
            card_of(child, at=at)
            for child in Case.objects.visible_to(actor)
            .filter(parent=case)
            .exclude(step="merged")  # of the same matter, not born of this one
            .select_related("topic", "handler")
            .order_by("id")
        ],
        "parent": case.parent_id
        and Case.objects.visible_to(actor).filter(pk=case.parent_id).first(),
        # where a panel draws the place among other things, it is not drawn again
        "points": [] if any(panel.get("points") for panel in drawn) else _place(case),
        "next": next_url,
        "is_inside": bool(parts & INSIDE),
    }


def _place(case: Case) -> list[dict[str, Any]]:
    if case.lng is None or case.lat is None:
        return []
    return [{"lng": case.lng, "lat": case.lat, "title": case.title, "tone": "late"}]


def buttons(case: Case, moves: Iterable[OpenMove], next_url: str) -> dict[str, list[dict]]:
    """Return {"shown", "more"}: the moves as buttons, what carries the case on first."""
    ahead = case.flow.ahead.split()
    light = {*case.flow.undo, *case.flow.undo.values(), *ahead}
    ordered = sorted(
        moves, key=lambda move: ahead.index(move.name) if move.name in ahead else len(ahead)
    )
    found = [
        {
            "name": move.name,
            "label": move.label,
            "icon": ICONS.get(move.name, "point"),
            "url": reverse("cases:move", args=[case.pk, move.name]),
            "primary": n == 0 and move.name in ahead,
            "danger": bool({*move.move.targets} & case.flow.finals) and move.name not in ahead,
            # made with one press, without a form
            "key": str(uuid.uuid4()),
            "at_once": move.name in light and not move.needs and set(move.takes) <= QUIET_TAKES,
        }
        for n, move in enumerate(ordered)
    ]
    cut = len(found) if len(found) <= BUTTONS_SHOWN else BUTTONS_SHOWN - 1
    return {"shown": found[:cut], "more": found[cut:]}


def waiting_adjustment(case: Case):
    if not case.asked:
        return None
    return case.adjustments.select_related("asked_by").filter(verdict="").first()


def long_line(
    case: Case, events: list[Event], at: datetime, *, who: Callable[[Event], str]
) -> dict[str, Any]:
    """Return the line with who and when under each dot that was reached, and the time it took."""
    line = dot_line(case, at=at)
    steps = case.flow.step_of
    for event in events:
        for dot in line["dots"][: steps[event.target].dot]:
            if dot["state"] == "done" and not dot.get("at"):
                dot["at"] = event.at
                dot["who"] = who(event)
    if case.closed_at is not None:
        norm = case.topic.norm if case.topic else ""
        line["left"] = _spent(words_of_span(case, case.opened_at, case.closed_at, norm=norm))
    return line


# The timeline.


def timeline(
    case: Case, events: list[Event], photos: dict[int, list[dict]], parts: frozenset[str], actor
) -> list[dict[str, Any]]:
    """Return the events as `ui/parts/timeline.html` draws them, oldest first."""
    lines, since = [], case.opened_at
    # A case that was brought in later is late as a whole; only what lags behind that is said.
    lag = max(events[0].recorded_at - events[0].at, timedelta()) if events else timedelta()
    for event in events:
        moved = event.name != "open" and event.source != event.target
        lines.append(
            {
                "who": _who(event, parts, actor),
                "what": label_of(case, event),
                "at": event.at,
                "took": _took(case, event, since) if moved else "",
                "note": event.note if _may_read(case, event, parts, actor) else "",
                "facts": _facts(case, event, lag),
                "icon": ICONS.get(event.name, "point"),
                "tone": CARD_TONES.get(event.name) or case.flow.step_of[event.target].tone,
                "evidence": photos.get(event.pk, []),
            }
        )
        if moved or event.name == "open":
            since = event.at
    return lines


def label_of(case: Case, event: Event) -> str:
    """Return what people call an event: the move's verb, or the card that was shown."""
    move = case.flow.move_of.get(event.name)
    if move:
        return str(move.label)
    return _("提交") if event.name == "open" else str(CARDS.get(event.name, event.name))


def _who(event: Event, parts: frozenset[str], actor) -> str:
    if event.actor is None:
        return _("居民（评价链接）") if event.name == "rate" else _("系统")
    if parts & INSIDE or event.actor_id == actor.pk or event.actor_id != event.case.reporter_id:
        return event.actor.name
    return mask_name(event.actor.name)


def _may_read(case: Case, event: Event, parts: frozenset[str], actor) -> bool:
    """Return whether the note is for this reader: who is told of a move may read what was said."""
    if parts & INSIDE or event.actor_id == actor.pk:
        return True
    move = case.flow.move_of.get(event.name)
    return bool(parts & {"reporter"}) and move is not None and "reporter" in move.tells.split()


def _took(case: Case, event: Event, since: datetime) -> str:
    """Say how long the step took that this event ended, in the time its norm counts in."""
    clocks = case.flow.clocks_of(event.source) if event.source in case.flow.step_of else ()
    norm = norm_words(case, clocks[0].norm) if clocks else ""
    return _spent(words_of_span(case, since, event.at, norm=norm))


def _spent(words: str) -> str:
    return _("用时 %s") % words if words else _("非工作时间")


def words_of_span(case: Case, since: datetime, until: datetime, *, norm: str = "") -> str:
    """ "40 分钟", "5 工作时 20 分", "3 工作日": the time between two moments of a case.

    In working time, unless `norm` is one that runs round the clock; "" if none of it was.
    """
    is_working = not norm or parse_norm(norm).is_working
    calendar = calendar_for(case.area)
    clock, day = (calendar, calendar.day) if is_working else (RoundTheClock(), timedelta(days=1))
    spent = clock.between(since, until)
    minutes = spent // timedelta(minutes=1)
    if minutes < 1:
        return "" if until - since > timedelta(minutes=1) else _("不到 1 分钟")
    if minutes < 60:
        return _("%d 分钟") % minutes
    if spent >= 3 * day:
        return (_("%d 工作日") if is_working else _("%d 天")) % (spent // day)
    hours, rest = divmod(minutes, 60)
    words = (_("%d 工作时") if is_working else _("%d 小时")) % hours
    return f"{words} {_('%d 分') % rest}" if rest else words


PLAIN = {
    "minutes": gettext_lazy("服务时长 %s 分钟"),
    "stars": gettext_lazy("%s 星"),
    "amount": gettext_lazy("代买金额 %s 元"),
    "share": gettext_lazy("已用时限的 %s%%"),
    "cause": gettext_lazy("原因：%s"),
    "plan": gettext_lazy("方案：%s"),
}
NAMED = {
    "holder": gettext_lazy("承办人：%s"),
    "handler": gettext_lazy("承办单位：%s"),
    "topic": gettext_lazy("改为：%s"),
    "region": gettext_lazy("改到：%s"),
}


def _facts(case: Case, event: Event, lag: timedelta) -> list[str]:
    """Return what was handed in with the event, in words."""
    data = event.data
    facts = [str(words) % data[key] for key, words in PLAIN.items() if data.get(key) is not None]
    facts += [
        str(words) % data[key]["name"]
        for key, words in NAMED.items()
        if isinstance(data.get(key), dict)
    ]
    facts += [str(tag) for tag in data.get("tags") or []]
    facts += _came_with(data)
    if data.get("queue"):
        facts.append(_("依次推荐给 %d 人") % len(data["queue"]))
    if data.get("called"):
        facts.append(_("呼叫：%s") % "、".join(data["called"]))
    if isinstance(data.get("place"), dict):
        facts.append(_place_words(case, data["place"]))
    if "reached" in data:
        facts.append(_("已联系上") if data["reached"] else _("没有联系上"))
    if "solved" in data:
        facts.append(_("居民说已解决") if data["solved"] else _("居民说没有解决"))
    if event.recorded_at - event.at > lag + timedelta(hours=1):
        facts.append(_("事后补录"))
    return facts


def _came_with(data: dict[str, Any]) -> list[str]:
    """Return what stood with a case when it was opened: the rule that routed it, a deadline."""
    route, deadline = data.get("route"), data.get("deadline")
    facts = [route["why"]] if isinstance(route, dict) and route.get("why") else []
    return facts + ([_("来文要求 %s 前办结") % deadline] if deadline else [])


def _place_words(case: Case, place: dict) -> str:
    if case.lng is None or case.lat is None:
        return _("已记录现场位置")
    metres = distance_m(case.lng, case.lat, float(place["lng"]), float(place["lat"]))
    return _("现场位置距此 %d 米") % round(metres)


def origin_of(item: Evidence, exif: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what the photo's own file said, with the way from the case, for the page."""
    if exif is None:
        return None
    lng, lat = exif.get("lng"), exif.get("lat")
    here = (item.case.lng, item.case.lat)
    metres = None
    if None not in (*here, lng, lat):
        metres = round(distance_m(*here, lng, lat))  # type: ignore[arg-type]
    return {**exif, "metres": metres}


def check_chain(case: Case) -> dict[str, Any]:
    """Return {"ok", "length", "head"}: whether every event still carries the hash it was given."""
    events = list(case.events.order_by("seq"))
    broken = verify((event.hash, event.prev, payload_of(event)) for event in events)
    whole = len(events) == case.length and bool(events) and events[-1].hash == case.head
    return {"ok": broken is None and whole, "length": len(events), "head": case.head[:12]}
