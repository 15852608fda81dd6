"""Hot topics: messages of a period grouped by matter, and how hot each group is, by a formula shown.

Messages are compared by their words (TF-IDF, the first line counts more) and the places they name;
groups grow by average linkage until no two are alike enough. What a person said of two messages
(the same matter, or not) is kept to.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Any

from .likeness import Sketch
from .places import is_same_place
from .terms import STOP, segment

MOST_MESSAGES = 20_000
HEAD_WEIGHT, PLACE_WEIGHT = 3.0, 3.0
EDGE = 0.1  # pairs less alike are taken to have nothing in common
ALIKE = 0.11  # the average likeness down to which groups grow together
LEAST = 3  # messages that make a topic
READ = 300
MOST_OF_ONE = 3  # of one person: nobody makes a topic hot alone
Pair = tuple[int, int]


@dataclass(frozen=True)
class Message:
    """One message; `user` only to count people, never to list them."""

    id: Any
    title: str
    text: str
    at: datetime | None = None
    user: str = ""
    likes: int = 0
    dislikes: int = 0

    @cached_property
    def sketch(self) -> Sketch:
        return Sketch(f"{self.title}\n{self.text}", READ)


@dataclass(frozen=True)
class Heat:
    """How hot a topic is, out of parts that a sentence can name."""

    messages: int  # no more than three of one person
    people: int
    approval: int  # likes − dislikes
    recency: float  # 1: the last message came at the end of the period
    persistence: float  # 1: all at one moment; 1.5: through the whole period

    @property
    def value(self) -> float:
        base = self.messages + 2 * self.people + 2 * math.sqrt(max(self.approval, 0))
        return round(base * self.recency * self.persistence, 1)

    @property
    def why(self) -> str:
        return (
            f"（诉求 {self.messages} 条（每人至多计 {MOST_OF_ONE} 条）+ 2×人数 {self.people} + 2×√（赞减反对 {max(self.approval, 0)}））"
            f"× 新近 {self.recency:.2f} × 持续 {self.persistence:.2f} = {self.value}"
        )


@dataclass
class HotTopic:
    """A group of messages about one matter, with a title out of its own words."""

    members: list[int]  # places in the list of messages, the most typical first
    title: str
    place: str
    words: list[str]
    heat: Heat
    first_at: datetime | None
    last_at: datetime | None
    centrality: dict[int, float] = field(default_factory=dict)


def hot_topics(
    messages: Sequence[Message],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    same: Collection[Pair] = (),
    apart: Collection[Pair] = (),
    least: int = LEAST,
) -> list[HotTopic]:
    """Return the topics of a period, hottest first. `since`, `until` default to the messages' own.

    `same` and `apart` are pairs of places in the list that a person said are, or are not, one
    matter. At most the first 20,000 messages are read.
    """
    messages = messages[:MOST_MESSAGES]
    times = [one.at for one in messages if one.at is not None]
    since, until = since or min(times, default=None), until or max(times, default=None)
    graph = pairs_alike(messages)
    groups = group(len(messages), graph, same=same, apart=apart)
    counts = Counter(word for one in messages for word in one.sketch.words)
    topics = [
        _topic(messages, members, graph, counts, since, until)
        for members in groups
        if len(members) >= least
    ]
    return sorted(topics, key=lambda topic: (-topic.heat.value, topic.title))


# Likeness between all, by words and places.


def pairs_alike(messages: Sequence[Message]) -> dict[int, dict[int, float]]:
    """Return the pairs alike enough to matter: {place: {other place: likeness}}."""
    if len(messages) < 2:
        return {}
    from scipy.sparse import csr_matrix

    bags = [_bag(one) for one in messages]
    spread = Counter(word for bag in bags for word in bag)
    column = {word: n for n, word in enumerate(w for w, c in spread.items() if c > 1)}
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, bag in enumerate(bags):
        weights = {
            word: (1 + math.log(count)) * math.log(1 + len(bags) / spread[word])
            * (PLACE_WEIGHT if word.startswith("@") else 1.0)
            for word, count in bag.items()
        }  # fmt: skip
        size = math.sqrt(sum(value * value for value in weights.values())) or 1.0
        for word, value in weights.items():
            if word in column:
                rows.append(row)
                columns.append(column[word])
                values.append(value / size)
    matrix = csr_matrix((values, (rows, columns)), shape=(len(bags), max(len(column), 1)))
    return _neighbours(matrix)


BLOCK = 1000


def _neighbours(matrix: Any) -> dict[int, dict[int, float]]:
    """Multiply block by block, so that the memory stays small."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for start in range(0, matrix.shape[0], BLOCK):
        block = (matrix[start : start + BLOCK] @ matrix.T).tocoo()
        near = block.data >= EDGE
        for row, other, value in zip(
            block.row[near] + start, block.col[near], block.data[near], strict=True
        ):
            if row < other:
                found[int(row)][int(other)] = found[int(other)][int(row)] = float(value)
    return found


def _bag(one: Message) -> Counter[str]:
    bag: Counter[str] = Counter(one.sketch.words)
    for word in Sketch(one.title, 80).words:
        bag[word] += int(HEAD_WEIGHT)
    for place in one.sketch.places[:3]:
        bag[f"@{place}"] += 1
    return bag


# Grouping.


def group(
    n: int,
    graph: dict[int, dict[int, float]],
    *,
    same: Collection[Pair] = (),
    apart: Collection[Pair] = (),
    alike: float = ALIKE,
) -> list[list[int]]:
    """Return groups by average linkage over a sparse graph; largest first, single ones too.

    What `same` joins is one group from the start; groups with a pair in `apart` never join.
    """
    state = _Groups(n, graph, apart)
    state.join_said(same)
    heap = [(-mean, a, b) for a, b, mean in state.pairs(alike)]
    heapify(heap)
    while heap:
        negative, a, b = heappop(heap)
        # A pair of a group that has grown since is out of date: its new one is in the heap.
        if state.may_join(a, b) and abs(state.mean(a, b) + negative) < 1e-12:
            state.join(a, b)
            for other in state.sums[a]:
                if (mean := state.mean(a, other)) >= alike:
                    heappush(heap, (-mean, min(a, other), max(a, other)))
    return sorted(state.members.values(), key=lambda group: (-len(group), group[0]))


class _Groups:
    """Groups that grow: members, sums of likeness between groups, and which may never join."""

    def __init__(self, n: int, graph: dict[int, dict[int, float]], apart: Collection[Pair]) -> None:
        self.members = {one: [one] for one in range(n)}
        self.sums = {one: dict(graph.get(one, {})) for one in range(n)}
        self.barred: dict[int, set[int]] = defaultdict(set)
        for one, other in apart:
            self.barred[one].add(other)
            self.barred[other].add(one)

    def mean(self, a: int, b: int) -> float:
        return self.sums[a].get(b, 0.0) / (len(self.members[a]) * len(self.members[b]))

    def may_join(self, a: int, b: int) -> bool:
        return a in self.members and b in self.members and b not in self.barred[a]

    def pairs(self, alike: float) -> Iterable[tuple[int, int, float]]:
        for a in self.members:
            for b in self.sums[a]:
                if a < b and (mean := self.mean(a, b)) >= alike:
                    yield a, b, mean

    def join_said(self, same: Collection[Pair]) -> None:
        home = {one: one for one in self.members}
        for one, other in same:
            a, b = home[one], home[other]
            if a != b and b not in self.barred[a]:
                self.join(a, b)
                home.update(dict.fromkeys(self.members[a], a))

    def join(self, a: int, b: int) -> None:
        """Let group b go up in group a."""
        self.members[a] += self.members.pop(b)
        for other, total in self.sums.pop(b).items():
            del self.sums[other][b]
            if other != a:
                both = self.sums[a].get(other, 0.0) + total
                self.sums[a][other] = self.sums[other][a] = both
        for other in self.barred.pop(b, set()):
            self.barred[other].discard(b)
            self.barred[other].add(a)
            self.barred[a].add(other)


# What a group is about, and how hot it is.


def _topic(
    messages: Sequence[Message],
    members: list[int],
    graph: dict[int, dict[int, float]],
    counts: Counter[str],
    since: datetime | None,
    until: datetime | None,
) -> HotTopic:
    near = {one: sum(graph.get(one, {}).get(o, 0.0) for o in members) for one in members}
    most = max(near.values()) or 1.0
    ordered = sorted(members, key=lambda one: (-near[one], one))
    mine = [messages[one] for one in ordered]
    times = sorted(one.at for one in mine if one.at is not None)
    place = _place_of(mine)
    words = telling(mine, counts, len(messages), place)
    return HotTopic(
        members=ordered,
        title=title_of(mine, place, words),
        place=place,
        words=words,
        heat=heat_of(mine, since=since, until=until),
        first_at=times[0] if times else None,
        last_at=times[-1] if times else None,
        centrality={one: round(near[one] / most, 3) for one in ordered},
    )


def heat_of(messages: Sequence[Message], *, since: datetime | None, until: datetime | None) -> Heat:
    """Return how hot a group is within a period.

    Recency halves with every quarter of the period (at least a week) that has passed since the last
    message; persistence grows to 1.5 with the share of the period that the messages span.
    """
    times = [one.at for one in messages if one.at is not None]
    recency = persistence = 1.0
    if times and since is not None and until is not None:
        period = max((until - since).total_seconds() / 86400, 1.0)
        silent = max((until - max(times)).total_seconds() / 86400, 0.0)
        spanned = (max(times) - min(times)).total_seconds() / 86400
        recency = 0.5 ** (silent / max(period / 4, 7.0))
        persistence = 1 + 0.5 * min(spanned / period, 1.0)
    of_each = Counter(one.user or f"?{n}" for n, one in enumerate(messages))
    return Heat(
        messages=sum(min(n, MOST_OF_ONE) for n in of_each.values()),
        people=len(of_each),
        approval=sum(one.likes - one.dislikes for one in messages),
        recency=round(recency, 3),
        persistence=round(persistence, 3),
    )


def _place_of(messages: Sequence[Message]) -> str:
    """Return the place most of the messages name, in its usual form; "" if they name none."""
    named = Counter(place for one in messages for place in set(one.sketch.places))
    best, share = "", 0
    for place in sorted(named, key=lambda name: (-named[name], len(name), name))[:12]:
        holding = sum(
            any(is_same_place(place, other) for other in m.sketch.places) for m in messages
        )
        if holding > share:
            best, share = place, holding
    return best.upper() if share * 3 >= len(messages) and share > 1 else ""


def telling(
    messages: Sequence[Message], counts: Counter[str], total: int, place: str, most: int = 5
) -> list[str]:
    """Return the words that mark this group out: said by many here, and by few elsewhere."""
    here = Counter(word for one in messages for word in set(one.sketch.matter))
    marks = {
        word: n / len(messages) * math.log((total + 1) / (counts[word] + 0.5))
        for word, n in here.items()
        if n > 1 and word not in place.lower()
    }
    return sorted(marks, key=lambda word: (-marks[word], word))[:most]


def title_of(messages: Sequence[Message], place: str, words: Sequence[str]) -> str:
    """Return place and trouble in the residents' own words: 丽发新城：搅拌站噪音扰民."""
    phrase = _phrase(messages, place) or "".join(words[:2]) or messages[0].title[:20]
    return f"{place}：{phrase}" if place and place.lower() not in phrase else phrase


def _phrase(messages: Sequence[Message], place: str) -> str:
    """Return the run of words that the first lines share most, the longer the better."""
    runs: Counter[str] = Counter()
    for one in messages[:200]:
        runs.update(set(_runs(segment(one.title, limit=80), place.lower())))
    least = max(2, len(messages) // 6)
    shared = {run: n for run, n in runs.items() if n >= least}
    return max(shared, key=lambda run: (shared[run] * (len(run) - 2), run), default="")


def _runs(words: list[str], place: str) -> Iterable[str]:
    for start in range(len(words)):
        for end in range(start + 2, min(start + 5, len(words)) + 1):
            run = words[start:end]
            joined = "".join(run)
            edges = {run[0], run[-1]}
            if len(joined) > 12 or edges & STOP or edges & _LOOSE or _CODE.search(joined):
                continue
            if len(joined) > 3 and not any(_names(word, place) for word in run):
                yield joined


def _names(word: str, place: str) -> bool:
    return any(word[n : n + 2] in place for n in range(len(word) - 1))


_CODE = re.compile(r"[a-z]\d|\d{3}|[a-z][市区县]")
# Words that neither begin nor end a title.
_LOOSE = frozenset(
    "区 市 县 小 被 把 将 让 对 向 从 为 以 于 其 并 再 又 已 未 无 不 吗 呢 啊 吧 啦 何 时 能 多 请 称".split()
)
