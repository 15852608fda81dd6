"""Open a case, and take it from step to step. Nothing else in the house sets `Case.step`."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.chain import GENESIS, event_hash
from tongxin.kit.errors import Invalid, KeyReused, NotFound, Refused, Stale
from tongxin.kit.ids import case_number, uuid7
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region
from tongxin.regions.queries import lands_of

from .. import clocks
from ..flow import CASE_FIELDS, EVIDENCE_NEEDS, NEEDS, STAY, get_flow
from ..models import Case, Event, Evidence, Topic
from ..queries import OpenMove, get_move_open_to, topic_of, where_it_went
from ..sight import sees
from ..store import insert_both, lock_case, query, update_with_event

NOTE_LIMIT, TITLE_LIMIT, TEXT_LIMIT = 2000, 120, 10_000
# How far ahead of our clock a phone may be before we take our own time instead.
SKEW = timedelta(minutes=5)


class SomethingMissing(Invalid):
    """The move asks for something that was not handed in."""


class NotAskedFor(Invalid):
    """Something was handed in that this move does not take, and so must not change."""


KEY_REUSED = gettext_lazy("这个 Idempotency-Key 已用于另一操作，请换一个新的。")


class FromTheFuture(Invalid):
    """What happened cannot have happened after now."""


class EvidenceUsed(Invalid):
    """A photo proves one thing once: it was handed in with an earlier move."""


def open_case(
    *,
    kind: str,
    title: str,
    region: Region,
    at: datetime,
    actor=None,
    text: str = "",
    topic: Topic | None = None,
    id: uuid.UUID | None = None,
    key: str | None = None,
    evidence: Iterable[Evidence] = (),
    data: dict | None = None,
    found: dict | None = None,
    also: Callable[[Case], None] | None = None,
    **fields: Any,
) -> Case:
    """Open a case in the first step of its flow, start its clocks, write its first event.

    `also` writes the domain's own row in the same transaction. With a `key`, a retried request
    returns the case that the first one opened. `data` is what was asked, `found` what we found out
    ourselves: both go into the event, but a retry need not find the same. `fields` may name reporter, parent, lng, lat,
    address, handler, holder, is_private, is_fast.

    :raises Invalid: for a title or text that is empty, too long or holds control characters
    :raises KeyReused: if the key was used for another case or move
    """
    flow = get_flow(kind)
    title = clean_text(title, limit=TITLE_LIMIT, field_label=_("标题"), required=True)
    text = clean_text(text, limit=TEXT_LIMIT, field_label=_("内容"), multiline=True)
    given = {"title": title, "text": text, "kind": kind, "region": region.pk, **(data or {})}
    stamp = print_of("open", given)
    key = key or (str(id) if id else None)
    case = Case(
        id=id or uuid7(at),
        kind=kind,
        step=flow.first,
        title=title,
        text=text,
        topic=topic,
        region=region,
        opened_at=at,
        stepped_at=at,
        **fields,
    )
    place_case(case)
    clocks.start_clock(case, at)
    try:
        with transaction.atomic():
            case.number = next_number(case)
            case.length = 1
            event = _event(
                case, "open", source="", at=at, actor=actor, data={**(data or {}), **(found or {})}
            )
            event.key, event.print = scoped_key(actor, key), stamp
            _seal(case, event, evidence := list(evidence))
            insert_both(case, event)
            _keep_evidence_of(event, evidence)
            if case.parent_id:
                _count_child(case.parent_id, +1)
            if also:
                also(case)
    except IntegrityError:
        if key is None:
            raise
        return _replayed(actor, key, stamp).case
    return case


def make_move(
    case: Case,
    name: str,
    *,
    at: datetime,
    actor,
    note: str = "",
    evidence: Collection[Evidence] = (),
    expect: int | None = None,
    key: str | None = None,
    parts: frozenset[str] | None = None,
    **given: Any,
) -> Event:
    """Take a case one step further: the one door for pages, API, sync and the system itself.

    In one transaction: lock the row, ask whether the actor sees the case and the move is open to
    them, check that all it needs is here and nothing it does not take, write one event, set the
    step and its clocks, call the domain's hook. Of `case` only the id is read. `expect` is the
    `length` the caller saw; `parts` overrides who the actor is in the case (a signed rating link
    plays the reporter).

    :raises NotFound: if there is no such case, or none that the actor sees
    :raises NoSuchMove, NotPermitted, Guarded: as `queries.get_move_open_to`
    :raises Stale: if the case moved on since `expect`
    :raises SomethingMissing, NotAskedFor: if what was handed in does not fit the move
    :raises KeyReused: if the key was used for something else
    """
    note = clean_text(note, limit=NOTE_LIMIT, field_label=_("说明"), multiline=True)
    given = {name: value for name, value in given.items() if value not in (None, "", [])}
    stamp = print_of(name, given | {"note": note, "case": case.pk})
    try:
        with transaction.atomic():
            case = _locked(case, actor)
            move = get_move_open_to(actor, case, name, parts=parts)
            if expect is not None and expect != case.length:
                raise Stale(_("%s请刷新后再操作。") % where_it_went(case), length=case.length)
            check_given(move, note=note, evidence=evidence, given=given)
            _check_time(case, at)
            return _step(
                case,
                move,
                at=at,
                actor=actor,
                note=note,
                evidence=list(evidence),
                given=given,
                key=scoped_key(actor, key),
                stamp=stamp,
            )
    except IntegrityError:
        if key is None:
            raise
        return _replayed(actor, key, stamp)
    except Refused:
        if key is not None and (event := _find_replay(actor, key, stamp)):
            return event
        raise


def system_move(case: Case, name: str, *, at: datetime, note: str = "", **given: Any) -> Event:
    """Make a move the system owns (a hook's or a clock's)."""
    return make_move(case, name, at=at, actor=None, note=note, **given)


def check_given(
    move: OpenMove, *, note: str, evidence: Collection[Evidence], given: dict[str, Any]
) -> None:
    """Check that all a move needs is handed in, and nothing else.

    :raises SomethingMissing: naming in words what is missing
    :raises NotAskedFor: naming what the move does not take
    """
    allowed = {word for need in (*move.needs, *move.takes) for word in need.split("|")}
    if extra := given.keys() - allowed:
        raise NotAskedFor(
            _("“%(move)s”不需要：%(extra)s。") % {"move": move.label, "extra": _words(extra)},
            field=sorted(extra)[0],
        )
    here = set(given) | ({"note"} if note else set()) | _met_by(evidence)
    missing = [need for need in move.needs if not here & set(need.split("|"))]
    if missing:
        raise SomethingMissing(
            _("“%(move)s”还需要：%(missing)s。") % {"move": move.label, "missing": _words(missing)},
            field=missing[0].split("|")[0],
            missing=missing,
        )


def _met_by(evidence: Collection[Evidence]) -> set[str]:
    kinds = {item.kind for item in evidence}
    met = {need for need, ways in EVIDENCE_NEEDS.items() if kinds & ways}
    if {"before", "after"} <= kinds:
        met.add("before_after")
    return met


def _words(needs: Iterable[str]) -> str:
    parts = (
        _(" 或 ").join(str(NEEDS.get(w, w)) for w in need.split("|")) for need in sorted(needs)
    )
    return "、".join(parts)


def _locked(case: Case, actor) -> Case:
    locked = lock_case(case.pk)
    if locked is None or (actor is not None and not sees(actor, locked)):
        raise NotFound(_("没有找到这件事，或您看不到它。"))
    if locked.topic_id:
        locked.topic = topic_of(locked.topic_id)
    return locked


def _check_time(case: Case, at: datetime) -> None:
    if at > now() + SKEW:
        raise FromTheFuture(_("发生时间晚于现在，请检查手机时间。"), field="at")


def _step(
    case: Case, move: OpenMove, *, at, actor, note, evidence, given, key=None, stamp=""
) -> Event:
    source, was_open, was_late = case.step, case.is_open, is_overdue(case, at)
    event = _event(case, move.name, source=source, at=at, actor=actor, note=note, data=plain(given))
    event.key, event.print = key, stamp
    for name in CASE_FIELDS:
        if name in given:
            setattr(case, name, given[name])
    if was_late and not case.is_late:
        case.is_late = True
    if move.move.target != STAY:
        _enter(case, _target_of(case, move), at)
    event.target = case.step
    case.length += 1
    event.seq = case.length
    if before := case.flow.before.get(move.name):
        before(case, event, given)
    _seal(case, event, evidence)
    case.is_counted = False
    update_with_event(case, MOVED + PLACED if given.keys() & {"topic", "region"} else MOVED, event)
    _keep_evidence_of(event, evidence)
    if case.parent_id and was_open != case.is_open:
        _count_child(case.parent_id, +1 if case.is_open else -1)
    if after := case.flow.after.get(move.name):
        after(case, event, given)
    return event


MOVED = (
    "step stepped_at closed_at handler holder offeree until norm norms clock_from clock_used due_at "
    "rings_at rung card is_late is_fast asked open_children length head is_counted".split()
)


PLACED = "topic region area street community lng lat".split()


def _target_of(case: Case, move: OpenMove) -> str:
    targets = move.move.targets
    chosen = case.flow.choose[move.name](case) if len(targets) > 1 else targets[0]
    if chosen not in targets:
        raise ValueError(f"{case.kind}.{move.name} may not lead to {chosen}")
    return chosen


def is_overdue(case: Case, at: datetime) -> bool:
    """Return whether the clock had run out by then (a paused clock cannot)."""
    return case.clock_from is not None and case.due_at is not None and case.due_at < at


def _enter(case: Case, target: str, at: datetime) -> None:
    steps = case.flow.step_of
    pausing, resuming = steps[target].pauses, steps[case.step].pauses
    case.step, case.stepped_at = target, at
    case.closed_at = at if target in case.flow.finals else None
    if pausing:
        clocks.pause_clock(case, at)
    elif resuming and case.norm and target not in case.flow.finals:
        clocks.resume_clock(case, at)
    else:
        clocks.start_clock(case, at)


def _event(case: Case, name: str, *, source, at, actor, note="", data=None) -> Event:
    return Event(
        case=case,
        seq=case.length,
        at=at,
        recorded_at=now(),
        actor=actor if actor is not None and actor.pk else None,
        name=name,
        source=source,
        target=case.step,
        note=note,
        data=data or {},
        prev=case.head or GENESIS,
    )


def _seal(case: Case, event: Event, evidence: list[Evidence]) -> None:
    """Give the event its hash, which covers the one before it and the evidence handed in."""
    if evidence:
        event.data = {**event.data, "evidence": [item.sha256 for item in evidence]}
    event.hash = case.head = event_hash(event.prev, payload_of(event))


def payload_of(event: Event) -> dict:
    """Return what the hash covers: all that the timeline says."""
    return {
        "case": str(event.case_id),
        "seq": event.seq,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "actor": event.actor_id,
        "name": event.name,
        "source": event.source,
        "target": event.target,
        "note": event.note,
        "data": event.data,
    }


def _keep_evidence_of(event: Event, evidence: list[Evidence]) -> None:
    if evidence:
        for item in evidence:
            item.case_id, item.event = event.case_id, event
        fresh = [item for item in evidence if item._state.adding]
        Evidence.objects.bulk_create(fresh)
        kept = [item.pk for item in evidence if item not in fresh]
        if kept and Evidence.objects.filter(pk__in=kept, event=None).update(event=event) < len(
            kept
        ):
            raise EvidenceUsed(_("有照片已用于之前的操作，请重新拍摄上传。"), field="evidence")


def _count_child(parent_id, by: int) -> None:
    Case.objects.filter(pk=parent_id).update(open_children=F("open_children") + by)


def place_case(case: Case) -> None:
    """Set what follows from the region: its path, street and community."""
    case.area = case.region.path
    case.street_id = case.community_id = None
    for land in lands_of(case.area):
        if land.level == Region.Level.STREET:
            case.street_id = land.id
        elif land.level == Region.Level.COMMUNITY:
            case.community_id = land.id


def next_number(case: Case) -> str:
    """Take the district's next number of the day: "120116-20261122-0042"."""
    city, district, *_rest = f"{case.area}//".split("/")
    code, day = f"{city}{district}"[:6].ljust(6, "0"), localtime(case.opened_at).date()
    prefix = f"{code}-{day:%Y%m%d}"
    [(n,)] = query(TAKE_NUMBER, [prefix])
    return case_number(code, day, n)


TAKE_NUMBER = """
    INSERT INTO cases_numbercounter (prefix, n) VALUES (%s, 1)
    ON CONFLICT (prefix) DO UPDATE SET n = cases_numbercounter.n + 1 RETURNING n
"""


def plain(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was given as plain JSON: rows become {"id", "name"}, times ISO strings."""
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "pk"):
        pk = str(value.pk) if isinstance(value.pk, uuid.UUID) else value.pk
        return {"id": pk, "name": str(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def print_of(name: str, given: dict[str, Any]) -> str:
    """Return a short print of what was asked, to tell a retry from another use of its key."""
    text = json.dumps([name, plain(given)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def scoped_key(actor, key: str | None) -> str | None:
    """Keys are each caller's own: nobody can learn of, or block, another's request by its key."""
    if key is None:
        return None
    return f"{actor.pk if actor is not None else 0}:{clean_text(key, limit=80, field_label='Idempotency-Key')}"


def _find_replay(actor, key: str | None, stamp: str) -> Event | None:
    event = Event.objects.select_related("case").filter(key=scoped_key(actor, key)).first()
    if event is None:
        return None
    if event.print != stamp:
        raise KeyReused(KEY_REUSED, field="Idempotency-Key")
    event.is_replay = event.case.is_replay = True
    return event


def _replayed(actor, key: str | None, stamp: str) -> Event:
    event = _find_replay(actor, key, stamp) if key else None
    if event is None:
        raise Stale(_("这件事刚被他人处理，请刷新后再试。"))
    return event
