"""What others may ask about a case: who plays which part, what may be done now, and why not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, QuerySet
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.language.private import mask
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import place_name

from .clocks import left_in_words
from .flow import Flow, Move, Words
from .models import Adjustment, Case, CaseRoute, Event, Topic, TopicCategory
from .service_classes import ANY, CLASS_NAMES, NONE, UNCLASSED, classes_on  # noqa: F401 (their face)
from .sight import HALL

SYSTEM = frozenset({"system"})
TOPIC_SECONDS = 30  # how long another process may still use a topic as it was before a change

_topics: dict[int, tuple[float, Topic]] = {}
_codes: dict[str, int] = {}


class NoSuchMove(Refused):
    """No move of that name starts from the present step (or none exists at all)."""


class Guarded(Refused):
    """The move exists and is the actor's, but something else must happen first."""


class UnknownTopic(Invalid):
    """No active topic has that code."""


@dataclass(frozen=True)
class OpenMove:
    """A move an actor may make now, with what it needs and takes for this very case."""

    move: Move
    needs: tuple[str, ...]
    takes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.move.name

    @property
    def label(self) -> str:
        return str(self.move.label)


def topic_of(pk: int) -> Topic:
    """Return a topic out of this process's memory; read again every 30 seconds, or when changed here."""
    known = _topics.get(pk)
    if known is None or known[0] < time.monotonic():
        known = (
            time.monotonic() + TOPIC_SECONDS,
            Topic.objects.select_related("category").get(pk=pk),
        )
        _topics[pk] = known
    return known[1]


def topic_by_code(code: str) -> Topic:
    """Return an active topic by its code, out of the same memory.

    :raises UnknownTopic: if there is none
    """
    if code not in _codes:
        _codes.update(Topic.objects.filter(code=code).values_list("code", "pk"))
    topic = topic_of(_codes[code]) if code in _codes else None
    if topic is None or not topic.is_active:
        raise UnknownTopic(_("目录里没有代码为“%s”的事项。") % code, field="topic")
    return topic


def forget_topics() -> None:
    """Drop the memory of topics: after a change, and between tests."""
    CLASS_NAMES.forget()
    _topics.clear()
    _codes.clear()


def catalogue() -> QuerySet[TopicCategory]:
    """Return the categories, each with its active topics; two queries."""
    active = Prefetch("topics", Topic.objects.filter(is_active=True))
    return TopicCategory.objects.order_by("code").prefetch_related(active)


def parts_of(actor, case: Case) -> frozenset[str]:
    """Return the parts the actor plays in this case; the only function that knows.

    Roles of posts that cover its area; `reporter`, `holder`, `offeree` by name; `handler_org` for
    the members of the organisation that has it. Nobody signed in plays none.
    """
    if actor is None:
        return SYSTEM
    parts = roles_over(actor, case.area)
    if case.reporter_id == actor.pk:
        parts.add("reporter")
    if case.holder_id == actor.pk:
        parts.add("holder")
    if case.offeree_id == actor.pk:
        parts.add("offeree")
    if case.handler_id and any(post.org_id == case.handler_id for post in posts_of(actor)):
        parts.add("handler_org")
    if case.step in HALL:  # the hall is open to the volunteers of the whole street
        street = "/".join(case.area.split("/")[:3]) + "/"
        if any(p.role == "volunteer" and p.path.startswith(street) for p in posts_of(actor)):
            parts.add("volunteer")
    return frozenset(parts)


def is_insider(actor, case: Case) -> bool:
    """Return whether the actor has to do with the case, more than seeing it hang in the hall."""
    return actor.is_superuser or bool(parts_of(actor, case) - {"volunteer", "handler"})


def outlined(case: Case) -> Case:
    """Return the case in hand with what is private in its words hidden: for all who have no part in it.

    Only the object changes; it is for showing and must not be saved.
    """
    case.title, case.text = mask(case.title), mask(case.text)
    case.address = mask(case.address)
    return case


def as_seen_by(actor, case: Case) -> Case:
    """Return the case in hand as this reader may read it: whole, or as its outline."""
    return case if is_insider(actor, case) else outlined(case)


def needs_of(case: Case, move: Move) -> tuple[str, ...]:
    """Return what the move needs here: the table's words and what the topic asks on top."""
    extra = case.flow.also_needs(case, move) if case.flow.also_needs else ""
    return tuple(dict.fromkeys(f"{move.needs} {extra}".split()))


def why_not(case: Case, move: Move, actor) -> Words | None:
    """Return what else must happen before this move, as a sentence; None: nothing.

    In every flow a case waits for its children before it ends; the table's guard says the rest.
    """
    if case.open_children and set(move.targets) <= case.flow.finals:
        return _("还有 %d 个子事项没有办结，办结后才能继续。") % case.open_children
    return move.guard(case, actor) if move.guard else None


def moves_open_to(actor, case: Case, *, parts: frozenset[str] | None = None) -> list[OpenMove]:
    """Return the moves the actor may make now: the page's buttons and the API's `moves`."""
    parts = parts_of(actor, case) if parts is None else parts
    return [
        OpenMove(move, needs_of(case, move), tuple(move.takes.split()))
        for move in case.flow.moves_from(case.step)
        if parts & move.parts and not why_not(case, move, actor)
    ]


def get_move(case: Case, name: str) -> OpenMove:
    """Return a move of the flow by name, whoever may make it and whenever.

    :raises NoSuchMove: if the flow has no move of that name
    """
    move = case.flow.move_of.get(name)
    if move is None:
        known = "、".join(str(m.label) for m in case.flow.moves_from(case.step))
        raise NoSuchMove(
            _("没有“%(name)s”这个操作。当前环节可用的操作：%(known)s。")
            % {"name": name[:40], "known": known or _("无")},
            field="move",
        )
    return OpenMove(move, needs_of(case, move), tuple(move.takes.split()))


def get_move_open_to(
    actor, case: Case, name: str, *, parts: frozenset[str] | None = None
) -> OpenMove:
    """Return one move by name.

    :raises NoSuchMove: if no move of that name starts from the present step
    :raises NotPermitted: if it does, but none of the actor's parts may make it
    :raises Guarded: if it is theirs, but must wait for something else
    """
    found = get_move(case, name)
    move = found.move
    if case.step not in move.sources:
        raise NoSuchMove(_moved_on(case, move), field="move")
    parts = parts_of(actor, case) if parts is None else parts
    if not parts & move.parts:
        raise NotPermitted(
            _("您不能对 %(number)s 执行“%(move)s”：这一步由其他人员办理。")
            % {"number": case.number, "move": move.label}
        )
    if why := why_not(case, move, actor):
        raise Guarded(str(why))
    return found


def _moved_on(case: Case, move: Move) -> str:
    """Tell somebody who looks at a stale page what has become of their move."""
    return _("“%(move)s”已不能执行：%(news)s请刷新后再看。") % {
        "move": move.label,
        "news": where_it_went(case),
    }


def where_it_went(case: Case) -> str:
    """Return a sentence that says who moved the case last, when, and to which step."""
    last = Event.objects.filter(case=case).select_related("actor").order_by("-seq").first()
    who = (last and last.actor and last.actor.name) or _("系统")
    when = localtime(last.at).strftime("%m月%d日 %H:%M") if last else ""
    return _("%(who)s已于 %(when)s 将 %(number)s 转到“%(step)s”。") % {
        "who": who,
        "when": when,
        "number": case.number,
        "step": case.flow.step_of[case.step].label,
    }


def dot_line(case: Case, *, at: datetime) -> dict:
    """Return the line of dots for the page and the API: {"dots": [{char, title, state}], "left", "tone"}."""
    flow, step = case.flow, case.flow.step_of[case.step]
    dots = [
        {"char": char, "title": title, "state": _dot_state(n, step.dot, case, at)}
        for n, (char, title) in enumerate(zip(flow.dots, flow.dot_titles, strict=True))
    ]
    return {"dots": dots, "left": time_left(case, at=at), "tone": tone_of(case, at=at)}


def _dot_state(n: int, done: int, case: Case, at: datetime) -> str:
    if n < done:
        return "done"
    if not case.is_open:
        return "skipped"
    if n > done:
        return "todo"
    return "late" if case.due_at and case.due_at <= at else "now"


def tone_of(case: Case, *, at: datetime) -> str:
    if not case.is_open:
        return "done"
    if case.due_at is None:
        return "waiting"
    if case.due_at <= at:
        return "late"
    return "soon" if case.card == "yellow" else "ok"


def time_left(case: Case, *, at: datetime) -> str:
    """Return the time left in words ("还剩 3 工作时"), "" where no clock runs."""
    return left_in_words(case, at=at)


def rule_uses(ruleset: int, since: datetime) -> dict[int, int]:
    """Return how many cases each rule of a version has chosen for since then: {rule id: n}."""
    rows = CaseRoute.objects.filter(rule__ruleset=ruleset, at__gte=since)
    return dict(rows.values_list("rule").annotate(Count("pk")).order_by())


def source_of(case: Case) -> str:
    """Return the channel by which a case came in, as its first event says; "" if it says none."""
    first = case.events.filter(seq=1).values_list("data", flat=True).first() or {}
    return str(first.get("channel", ""))


def card_of(case: Case, *, at: datetime) -> dict:
    """Return what `ui/parts/case_card.html` shows of a case; no query if topic and land are at hand."""
    step = case.flow.step_of[case.step]
    late = case.is_open and case.due_at is not None and case.due_at <= at
    return {
        "id": case.pk,
        "number": case.number,
        "title": case.title,
        "url": reverse("cases:detail", args=[case.pk]),
        "place": place_name(case.area, below="street") or case.address,
        "topic": case.topic.name if case.topic else case.flow.label,
        "line": dot_line(case, at=at),
        "at": case.opened_at,
        "badge": {"state": "late" if late else step.tone, "text": step.label},
        "tags": tags_of(case, at=at),
    }


def tags_of(case: Case, *, at: datetime) -> list[str]:
    """Return what marks a case out: 绿色通道, 不公开, 曾超时, an adjustment that waits."""
    is_late_now = case.is_open and case.due_at is not None and case.due_at <= at
    tags = [
        (case.is_fast, _("绿色通道")),
        (case.is_private, _("不公开")),
        (case.is_late and not is_late_now, _("曾超时")),
        (case.asked, _("待审批：%s") % Adjustment.Kind(case.asked).label if case.asked else ""),
    ]
    return [str(words) for holds, words in tags if holds]


def flow_labels(flow: Flow) -> dict[str, str]:
    return {step.name: str(step.label) for step in flow.steps}
