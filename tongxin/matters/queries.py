"""What is likely the same matter: three statements, however many cases there are; who else has it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from hashlib import blake2b
from heapq import nlargest
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.cases.models import Case, Event
from tongxin.cases.proof import photos_by_event
from tongxin.kit.geo import distance_m
from tongxin.kit.ids import uuid7
from tongxin.language.likeness import (
    LEAST_COUNTED,
    LIKELY,
    Likeness,
    Rarity,
    Sketch,
    counted_rarity,
    even_rarity,
    likeness,
    quick_grams,
    quick_likeness,
)
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of, region_at, world

from .models import HotCase, HotRun, HotTopic, Joining, Trace, WordCount

WINDOW = timedelta(days=90)  # how far back the same matter is looked for
NEWEST, TRACED, COMPARED = 80, 60, 12  # candidates by place, by rare words, and those fully read
LEAST_TEXT = 4
MOST_WORDS = 12  # rare words that a case is found by
TOO_COMMON = 500  # a word in more requests than this finds nothing
COUNTS_SECONDS = 600
COUNTED_WORDS = 3000
TOTAL = 0  # the row of WordCount that counts requests, not a word

# The reasons of `language.likeness`, in the reader's language.
WHY = {
    "place": gettext_lazy("都提到“%s”"),
    "words": gettext_lazy("都说到%s"),
    "same": gettext_lazy("有 %s%% 的字句相同"),
    "code": gettext_lazy("都有号码“%s”"),
    "spot": gettext_lazy("都在%s"),
    "near": gettext_lazy("相距约 %s 米"),
    "days": gettext_lazy("相隔 %s 天"),
    "elsewhere": gettext_lazy("但地点不同：%s"),
    "apart": gettext_lazy("但楼号不同：%s"),
}
SAME_DAY = gettext_lazy("同一天提出")


@dataclass
class Similar:
    """An open case that is likely about the same matter, with what speaks for it."""

    case: Case
    likeness: Likeness
    metres: float | None
    joined: int = 0

    @property
    def percent(self) -> int:
        return round(self.likeness.score * 100)

    @property
    def why(self) -> str:
        """The reasons in a sentence."""
        said = [
            str(SAME_DAY) if (what, which) == ("days", "0") else str(WHY[what]) % which
            for what, which in self.likeness.reasons
        ]
        return _("，").join(said)


def word_hash(word: str) -> int:
    """Return a word as the index keeps it: 64 bits with a sign, never 0."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big", signed=True) or 1


def telling_words(sketch: Sketch, rarity: Rarity) -> list[str]:
    """Return the words a text is best found by: places, numbers, and what is rarely said."""
    words = dict.fromkeys([*sketch.places, *sketch.codes])
    rest = sorted(set(sketch.matter), key=lambda word: (-rarity(word), word))
    return [*words, *(word for word in rest if word not in words)][:MOST_WORDS]


# How often words occur: read at most every ten minutes, since it changes slowly.
_counts: dict[str, Any] = {}


def rarity() -> Rarity:
    """Return how telling words are, by how many of the platform's own requests hold them."""
    if _counts.get("until", 0) < time.monotonic():
        rows = dict(WordCount.objects.order_by("-n").values_list("word", "n")[:COUNTED_WORDS])
        total = rows.pop(TOTAL, 0)
        _counts.update(until=time.monotonic() + COUNTS_SECONDS, rows=rows, total=total)
    total = _counts["total"]
    if total < LEAST_COUNTED:
        return even_rarity
    by_hash = counted_rarity(_counts["rows"], total)
    return lambda word: by_hash(word_hash(word))  # type: ignore[arg-type]


def is_common(word: str) -> bool:
    return bool(_counts.get("rows", {}).get(word_hash(word), 0) > TOO_COMMON)


def forget_counts() -> None:
    """Drop the memory of how often words occur: between tests."""
    _counts.clear()


def similar(
    *,
    text: str,
    at: datetime,
    land: Land | None = None,
    point: tuple[float, float] | None = None,
    among: QuerySet[Case] | None = None,
    besides: Collection[Any] = (),
    limit: int = 3,
    least: float = LIKELY,
) -> list[Similar]:
    """Return the open requests likely about the same matter, most likely first.

    Looked for among the newest of the community and, in the whole district, by rare words; nothing
    older than 90 days. `among` are the cases the reader may see (default: what is public).
    Three statements; at most 140 texts are glanced at and 12 read.
    """
    land = (region_at(*point) if point else None) or land
    sketch = Sketch(text)
    if land is None or len(sketch.plain) < LEAST_TEXT:
        return []
    among = Case.objects.public() if among is None else among
    open_ones = among.filter(kind="request", closed_at__isnull=True, id__gte=uuid7(at - WINDOW))
    weigh = rarity()
    found = _candidates(open_ones, sketch, land, weigh)
    for pk in besides:
        found.pop(pk, None)
    grams = quick_grams(text)
    near = nlargest(
        COMPARED, found.values(), key=lambda case: quick_likeness(grams, quick_grams(said(case)))
    )
    judged = [_judge(case, sketch, point, at, weigh) for case in near]
    likely = [one for one in judged if one.likeness.score >= least]
    likely = nlargest(limit, likely, key=lambda one: one.likeness.score)
    for one, n in zip(likely, _joined_in_turn([one.case.pk for one in likely]), strict=True):
        one.joined = n
    return likely


def said(case: Case) -> str:
    """Return what a case says: its title is the beginning of its text, unless it was given one."""
    title = case.title.rstrip("…")
    return case.text if case.text.startswith(title) else f"{case.title}\n{case.text}"


def _candidates(
    open_ones: QuerySet[Case], sketch: Sketch, land: Land, weigh: Rarity
) -> dict[Any, Case]:
    district, community = _level(land, Region.Level.DISTRICT), _level(land, "community")
    narrowed = open_ones.defer("counted", "head")
    rows: list[Case] = []
    if community is not None:
        rows += narrowed.filter(community=community.id).order_by("-id")[:NEWEST]
    words = [word for word in telling_words(sketch, weigh) if not is_common(word)]
    if district is not None and words:
        traced = (
            Trace.objects.filter(district=district.id, word__in=[word_hash(w) for w in words])
            .values("case")
            .annotate(n=Count("pk"))
            .order_by("-n", "-case")
            .values("case")[:TRACED]
        )
        rows += narrowed.filter(pk__in=traced)
    return {case.pk: case for case in rows}


def _level(land: Land, level: str) -> Land | None:
    return next((one for one in lands_of(land.path) if one.level == level), None)


def _judge(
    case: Case, sketch: Sketch, point: tuple[float, float] | None, at: datetime, weigh: Rarity
) -> Similar:
    metres = None
    if point and case.lng is not None and case.lat is not None:
        metres = distance_m(*point, case.lng, case.lat)
    days = max((at - case.opened_at).total_seconds(), 0) / 86400
    found = likeness(sketch, Sketch(said(case)), rarity=weigh, days=days, metres=metres)
    return Similar(case, found, metres)


def similar_to(case: Case, *, actor, at: datetime, limit: int = 5) -> list[Similar]:
    """Return the open cases the actor sees that are likely about the same matter as this one."""
    point = (case.lng, case.lat) if case.lng is not None and case.lat is not None else None
    return similar(
        text=said(case), at=at, land=world().by_path.get(case.area), point=point,
        among=Case.objects.visible_to(actor), besides=[case.pk], limit=limit,
    )  # fmt: skip


def compared(one: Case, other: Case) -> str:
    """Return what speaks for two cases being one matter, in a sentence; "" if nothing does."""
    metres = None
    if None not in (one.lng, one.lat, other.lng, other.lat):
        metres = distance_m(one.lng, one.lat, other.lng, other.lat)  # type: ignore[arg-type]
    days = abs((one.opened_at - other.opened_at).total_seconds()) / 86400
    found = likeness(
        Sketch(said(one)), Sketch(said(other)), rarity=rarity(), days=days, metres=metres
    )
    return Similar(other, found, metres).why


# Who has the same matter.


def _joined_in_turn(ids: list[Any]) -> list[int]:
    counted = joined(ids)
    return [counted.get(pk, 0) for pk in ids]


def joined(ids: Iterable[Any]) -> dict[Any, int]:
    """Return how many people joined each of these cases; who they are stays with them."""
    ids = list(ids)
    if not ids:
        return {}
    rows = Joining.objects.filter(case__in=ids).values_list("case").annotate(Count("pk"))
    return dict(rows.order_by())


def has_joined(user, case: Case) -> bool:
    return user.is_authenticated and Joining.objects.filter(case=case.pk, user=user.pk).exists()


def followers_of(case: Case) -> QuerySet[Case]:
    """Return the requests that were merged into this one, oldest first."""
    return Case.objects.filter(parent=case.pk, step="merged").order_by("id")


def matters_joined(user, *, limit: int = 20) -> list[Joining]:
    """Return what a resident joined, newest first."""
    rows = Joining.objects.filter(user=user.pk).select_related("case__topic", "case__region")
    return list(rows.order_by("-id")[:limit])


def photos_sent(cases: Sequence[Case]) -> dict[Any, list[dict[str, Any]]]:
    """Return {case id: the photos that came with the request}. Two queries."""
    photos = photos_by_event(cases)
    opened = Event.objects.filter(case__in=cases, name="open").values_list("case_id", "pk")
    return {case: photos.get(event, []) for case, event in opened}


# Hot topics.

MENDS = frozenset({"dispatcher", "officer"})  # who names, merges, splits and dismisses them
BOARD = 30


def midnight(day: date) -> datetime:
    """Return when a day begins in China."""
    return make_aware(datetime.combine(day, time_of_day()))


def runs_seen_by(actor, *, limit: int = 26) -> list[HotRun]:
    """Return the runs that hold topics the actor sees, newest first."""
    seen = HotTopic.objects.visible_to(actor).values("run")
    return list(HotRun.objects.filter(pk__in=seen).select_related("region")[:limit])


def board(run: HotRun, *, actor, state: str = "") -> list[HotTopic]:
    """Return the topics of a run, hottest first."""
    rows = HotTopic.objects.visible_to(actor).filter(run=run, state=state)
    return list(rows.order_by("-heat", "id")[:BOARD])


def lately(topics: Sequence[HotTopic], run: HotRun, *, days: int = 7) -> dict[int, int]:
    """Return how many requests of each topic came in the last days of the run."""
    since = uuid7(midnight(run.until - timedelta(days=days)))
    rows = HotCase.objects.filter(topic__in=topics, case__gte=since)
    return dict(rows.values_list("topic").annotate(Count("pk")).order_by())


def by_week(topic: HotTopic) -> list[tuple[date, int]]:
    """Return how many requests of the topic came in each week of its run, oldest first."""
    run = topic.run
    weeks = max((run.until - run.since).days + 6, 7) // 7
    starts = [run.since + timedelta(days=7 * n) for n in range(weeks)]
    counted = dict.fromkeys(starts, 0)
    for at in topic.members.values_list("case__opened_at", flat=True):
        week = (localdate(at) - run.since).days // 7
        counted[starts[min(max(week, 0), weeks - 1)]] += 1
    return list(counted.items())


def cases_of(topic: HotTopic, actor) -> Any:
    """Return the requests of a topic that the actor sees, the most typical first."""
    rows = Case.objects.visible_to(actor).filter(pk__in=topic.members.values("case"))
    typical = HotCase.objects.filter(topic=topic, case=OuterRef("pk")).values("centrality")
    return rows.annotate(centrality=Subquery(typical)).order_by("-centrality", "-id")


def why_hot(topic: HotTopic) -> str:
    """Return how the heat came about, in a sentence."""
    parts = topic.parts
    return _(
        "（诉求 %(messages)d 条（每人至多计 3 条）+ 2 × 人数 %(people)d + 2 × √赞减反对 %(approval)d）"
        "× 新近 %(recency).2f × 持续 %(persistence).2f = %(heat).1f"
    ) % {**parts, "approval": max(parts["approval"], 0), "heat": topic.heat}
