"""Reading the event log: the index of telling words, and telling those who follow a matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.cases.actions import system_move
from tongxin.cases.models import Case, Event
from tongxin.kit.ids import uuid7
from tongxin.language.likeness import Sketch
from tongxin.language.private import mask
from tongxin.regions.models import Region
from tongxin.regions.queries import lands_of

from ..models import Joining, Mark, Trace
from ..queries import TOTAL, followers_of, rarity, said, telling_words, word_hash

KEPT = timedelta(days=120)  # how long the words of a request are kept to find it by
READ_AT_FIRST = 5_000  # events of before this app was there that are still read
SETTLED = timedelta(seconds=2)  # an event older than this has been committed


def follow_events(*, at: datetime, limit: int = 200) -> int:
    """Read on in the event log: index new requests, tell those who follow; return how many events.

    One transaction per bite, one reader at a time (the row of the mark is locked).
    """
    with transaction.atomic():
        _begin()
        skip = connection.features.has_select_for_update_skip_locked
        mark = Mark.objects.select_for_update(skip_locked=skip).filter(name="events").first()
        if mark is None:  # another worker is reading
            return 0
        rows = Event.objects.filter(id__gt=mark.event, recorded_at__lt=at - SETTLED).order_by("id")
        events = list(rows.select_related("case")[:limit])
        if not events:
            return 0
        index_cases([e.case for e in events if e.name == "open"], at=at)
        for event in events:
            if event.case.kind == "request":
                _go_on(event, at)
        mark.event = events[-1].pk
        mark.save(update_fields=["event"])
    return len(events)


def _begin() -> None:
    """Set the mark where there is none: an old log is not read from its beginning."""
    if not Mark.objects.filter(name="events").exists():
        last = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
        Mark.objects.get_or_create(name="events", defaults={"event": max(last - READ_AT_FIRST, 0)})


def _go_on(event: Event, at: datetime) -> None:
    case, move = event.case, event.case.flow.move_of.get(event.name)
    if move is None or event.name in ("merge", "split"):
        return
    if event.target in ("cancelled", "void"):
        for follower in followers_of(case):
            system_move(follower, "split", at=at, note=_("牵头的 %s 已撤销") % case.number)
    if "reporter" in move.tells.split() or event.target in case.flow.finals:
        _tell_followers(event, at)


def _tell_followers(event: Event, at: datetime) -> None:
    """Tell who joined, and the reporters of what was merged; each once, and nobody of the others."""
    case = event.case
    word = case.flow.step_of[event.target].label
    text = _("您关注的同一件事：%(title)s，现在是“%(step)s”。") % {
        "title": mask(case.title),
        "step": word,
    }
    joined = User.objects.filter(
        pk__in=Joining.objects.filter(case=case.pk).values("user"), is_active=True
    )
    tell(
        users=joined,
        title=_("%(step)s：%(title)s") % {"step": word, "title": mask(case.title)},
        text=text,
        url=reverse("requests:outline", args=[case.pk]),
        key=f"follow:{event.pk}",
        at=at,
    )
    for follower in followers_of(case).select_related("reporter"):
        if follower.reporter is not None and follower.reporter_id != case.reporter_id:
            tell(
                users=[follower.reporter],
                title=_("%(step)s：%(title)s") % {"step": word, "title": mask(follower.title)},
                text=_("牵头的 %(number)s 现在是“%(step)s”。")
                % {"number": case.number, "step": word},
                url=reverse("requests:case", args=[follower.pk]),
                key=f"follow:{event.pk}",
                at=at,
            )


def index_cases(cases: Sequence[Case], *, at: datetime) -> int:
    """Write down the telling words of requests, so that others like them find them."""
    weigh = rarity()
    recent = [c for c in cases if c.kind == "request" and c.opened_at > at - KEPT]
    traces: list[Trace] = []
    met: dict[int, int] = {}
    for case in recent:
        district = next((o for o in lands_of(case.area) if o.level == Region.Level.DISTRICT), None)
        if district is None:
            continue
        sketch = Sketch(said(case))
        for word in {word_hash(word) for word in sketch.matter}:
            met[word] = met.get(word, 0) + 1
        traces += [
            Trace(district_id=district.id, word=word, case=case)
            # what tells nothing is marked as read
            for word in {word_hash(word) for word in telling_words(sketch, weigh)} or {TOTAL}
        ]
        met[TOTAL] = met.get(TOTAL, 0) + 1
    Trace.objects.bulk_create(traces, batch_size=500)
    _count_words(met)
    return len(recent)


def _count_words(met: dict[int, int]) -> None:
    if not met:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO matters_wordcount (word, n) VALUES (%s, %s)"
            " ON CONFLICT (word) DO UPDATE SET n = matters_wordcount.n + excluded.n",
            sorted(met.items()),
        )


def sweep_traces(*, at: datetime, limit: int = 2000) -> int:
    """Forget the words of old requests, and index what an import brought late; return how many."""
    oldest = uuid7(at - KEPT)
    old = list(Trace.objects.filter(case__lt=oldest).values_list("pk", flat=True)[:limit])
    Trace.objects.filter(pk__in=old).delete()
    recent = Case.objects.filter(
        id__gte=uuid7(at - timedelta(days=2)), id__lt=uuid7(at - timedelta(minutes=5)),
        kind="request",
    )  # fmt: skip
    traced = Trace.objects.filter(case__gte=uuid7(at - timedelta(days=2))).values("case")
    missed = list(recent.exclude(pk__in=traced).exclude(text="")[: limit // 10])
    return len(old) + (index_cases(missed, at=at) if missed else 0)
