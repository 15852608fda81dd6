"""How well likely duplicates and hot topics are found, measured on a folder of residents' messages.

Nobody has marked which of these messages are one matter, so the truth is constructed, and this is
all it is:

- *resent*: two messages of one user within 60 days whose titles name the same place and share one
  more telling word;
- *topic*: two messages that a team's answer to a public contest puts in the same hot topic, if both
  name the same place (that answer is a reference, not truth: it has members of other matters);
- *edited*: a message against itself with its sentences in another order, cut down to three of them,
  with words exchanged, or with one character in eight lost, doubled or replaced.

Against them, for each pair: 20 random messages, and 5 lexical neighbours (the 20th to 60th nearest
by pairs of characters), of another user and naming no place of the pair; and messages of different
users that name the same place and share no other telling word in their titles. Exact copies are
left out. Half of the users, topics and places were used to fit the weights (`language.likeness`);
the figures are of the other half. Choosing by shared words favours a method that looks at words:
read the figure as an upper bound, and as a guard against getting worse.
"""

from __future__ import annotations

import csv
import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tongxin.language.likeness import LIKELY, Sketch, counted_rarity, likeness
from tongxin.language.places import is_same_place, named_places
from tongxin.language.terms import content_words

MESSAGES, TOPICS = "messages_hot_4326.csv", "ref_jes_hot_topic_messages.csv"
PRECISION = 0.95
FITTED_TOPICS = ("1", "5")  # those of the half that the weights were fitted on
RANDOM, NEAR = 20, 5
MOST_OF_TOPIC, MOST_OF_USER, EDITS, MOST_OF_PLACES = 150, 6, 400, 400
WIDE = ("镇", "乡", "县", "街道", "村", "大道", "路")  # places with many matters
EXCHANGED = (
    ("扰民", "影响居民休息"), ("小区", "住宅小区"), ("投诉", "举报"), ("拖欠", "欠着不给"), ("请问", "想问一下"),
    ("施工", "工地干活"), ("没有", "无"), ("严重", "厉害"), ("学校", "校方"), ("道路", "马路"), ("车位", "停车的地方"),
)  # fmt: skip
_PARTS = re.compile(r"[，。！？；,;!?\n]")


@dataclass
class Said:
    """A message of the file."""

    id: str
    user: str
    at: datetime
    title: str
    text: str

    @cached_property
    def sketch(self) -> Sketch:
        return Sketch(f"{self.title}\n{self.text}")

    @cached_property
    def spots(self) -> list[str]:
        """The places its title names."""
        return named_places(self.title)


Pair = tuple[str, str, Said, Said]  # class, group, one, other


def duplicate_figures(folder: Path, *, seed: int = 7) -> dict[str, Any]:
    """Return recall at 95 % precision of likely duplicates, by class too, and how many pairs there are.

    With the files absent: `duplicate_recall_at_95_precision` is None and `reason` says why.
    """
    if not (folder / MESSAGES).exists() or not (folder / TOPICS).exists():
        return {"duplicate_recall_at_95_precision": None, "reason": f"没有 {folder / MESSAGES}"}
    dice = random.Random(seed)  # noqa: S311 (a sample, repeatable)
    said = _messages(folder)
    topics = _topics(folder, said)
    alike = _pairs(said, topics, dice)
    unlike = [*_others(said, alike, topics, dice), *_places(said, topics, dice)]
    counts: dict[str, int] = defaultdict(int)
    for one in said:
        for word in one.sketch.words:
            counts[word] += 1
    rarity = counted_rarity(counts, len(said))

    def score(a: Said, b: Said) -> float:
        days = abs((a.at - b.at).total_seconds()) / 86400
        return likeness(a.sketch, b.sketch, rarity=rarity, days=days).score

    judged = [(score(a, b), True, kind) for kind, group, a, b in alike if _is_held_out(group)]
    judged += [(score(a, b), False, kind) for kind, group, a, b in unlike if _is_held_out(group)]
    return _figures(judged)


def _figures(judged: list[tuple[float, bool, str]]) -> dict[str, Any]:
    judged.sort(key=lambda one: -one[0])
    all_true, hits, best, threshold = sum(true for _s, true, _k in judged), 0, 0, 1.0
    for n, (score, true, _kind) in enumerate(judged, 1):
        hits += true
        if hits / n >= PRECISION:
            best, threshold = hits, score
    kinds = sorted({kind for _s, true, kind in judged if true})
    shown = [true for score, true, _kind in judged if score >= LIKELY]
    return {
        "duplicate_recall_at_95_precision": round(best / max(all_true, 1), 4),
        "duplicate_threshold": round(threshold, 4),
        "duplicate_recall_by_class": {
            kind: round(_share(s >= threshold for s, true, k in judged if true and k == kind), 4)
            for kind in kinds
        },
        "duplicate_precision_where_shown": round(_share(shown), 4),
        "duplicate_pairs": {"same": all_true, "other": len(judged) - all_true},
    }


def _share(flags: Any) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 0.0


def _is_held_out(group: str) -> bool:
    return group not in FITTED_TOPICS and zlib.crc32(group.encode()) % 2 == 1


def _messages(folder: Path) -> list[Said]:
    """Return the messages, exact copies once."""
    found: dict[tuple[str, str], Said] = {}
    with (folder / MESSAGES).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            one = Said(
                row["message_id"], row["user_id"], datetime.fromisoformat(row["created_at"]),
                row["topic"], row["detail"],
            )  # fmt: skip
            found.setdefault((one.title, one.text), one)
    return list(found.values())


def _topics(folder: Path, said: list[Said]) -> dict[str, str]:
    """Return {message id: topic} of the reference answer."""
    known = {one.id for one in said}
    with (folder / TOPICS).open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["留言编号"], row["问题ID"]) for row in csv.DictReader(file)]
    return {one: topic for one, topic in rows if one in known}


def _share_place(a: list[str], b: list[str]) -> bool:
    return any(is_same_place(x, y) for x in a for y in b)


def _share_matter(a: Said, b: Said) -> bool:
    where = "".join([*a.spots, *b.spots])
    mine, other = ({w for w in content_words(one.title) if w not in where} for one in (a, b))
    return bool(mine & other)


def _pairs(said: list[Said], topics: dict[str, str], dice: random.Random) -> list[Pair]:
    pairs = [*_resent(said)]
    members: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        if one.id in topics:
            members[topics[one.id]].append(one)
    for topic, ones in sorted(members.items()):
        found = [
            ("topic", topic, a, b)
            for a, b in _every(ones)
            if _share_place(a.sketch.places, b.sketch.places)
        ]
        pairs += dice.sample(found, min(len(found), MOST_OF_TOPIC))
    pairs += [("edited", one.id, one, _edited(one, dice)) for one in dice.sample(said, EDITS)]
    return pairs


def _every(ones: list[Said]) -> Iterator[tuple[Said, Said]]:
    for n, one in enumerate(ones):
        for other in ones[n + 1 :]:
            yield one, other


def _resent(said: list[Said]) -> Iterator[Pair]:
    of_user: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        of_user[one.user].append(one)
    for user, ones in of_user.items():
        found = [
            ("resent", user, a, b)
            for a, b in _every(sorted(ones, key=lambda one: one.at))
            if (b.at - a.at).days <= 60 and _share_place(a.spots, b.spots) and _share_matter(a, b)
        ]
        yield from found[:MOST_OF_USER]


def _edited(one: Said, dice: random.Random) -> Said:
    how = dice.choice(("order", "cut", "words", "typos"))
    parts = [part for part in _PARTS.split(f"{one.title}，{one.text}") if part]
    if how == "order":
        dice.shuffle(parts)
        text = "，".join(parts[: max(2, len(parts) * 2 // 3)])
    elif how == "cut":
        text = "，".join(dice.sample(parts, min(len(parts), 3)))
    elif how == "words":
        text = "，".join(parts[1:] or parts)
        for word, other in EXCHANGED:
            text = text.replace(word, other)
    else:
        text = "".join(
            char if dice.random() > 0.12 else dice.choice(("", "的", char + char))
            for char in one.text[:200] or one.title
        )
    return Said(f"{one.id}*", "", one.at, "", text)


def _others(
    said: list[Said], alike: list[Pair], topics: dict[str, str], dice: random.Random
) -> Iterator[Pair]:
    near = _neighbours(said)
    for _kind, group, a, _b in alike:
        chosen = [("near", one) for one in near(a, dice)]
        chosen += [("random", dice.choice(said)) for _n in range(RANDOM)]
        for kind, other in chosen:
            is_topic = a.id in topics and topics[a.id] == topics.get(other.id)
            if other.user == a.user or is_topic:
                continue
            if not _share_place(a.sketch.places, other.sketch.places):
                yield kind, group, a, other


def _neighbours(said: list[Said]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    grams = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True, min_df=2)
    matrix = grams.fit_transform(one.sketch.plain for one in said)
    row = {one.id: n for n, one in enumerate(said)}

    def near(one: Said, dice: random.Random) -> list[Said]:
        order = (matrix[row[one.id]] @ matrix.T).toarray()[0].argsort()[::-1]
        return [said[order[n]] for n in dice.sample(range(20, 60), NEAR)]

    return near


def _places(said: list[Said], topics: dict[str, str], dice: random.Random) -> list[Pair]:
    """Return messages about one place and different matters."""
    at_place: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        for place in one.spots:
            if not place.endswith(WIDE):
                at_place[place].append(one)
    found = [
        ("place", place, a, b)
        for place, ones in at_place.items()
        if 2 <= len(ones) <= 60
        for a, b in _every(ones)
        if a.user != b.user and not {a.id, b.id} & topics.keys() and not _share_matter(a, b)
    ]
    return dice.sample(found, min(len(found), MOST_OF_PLACES))


def hot_figures(folder: Path) -> dict[str, Any]:
    """Return how our hottest topics of the file overlap with the reference answer, topic by topic."""
    from tongxin.language.clusters import Message, hot_topics

    if not (folder / MESSAGES).exists() or not (folder / TOPICS).exists():
        return {"hot_topics_found": None, "reason": f"没有 {folder / MESSAGES}"}
    with (folder / MESSAGES).open(encoding="utf-8-sig", newline="") as file:
        messages = [
            Message(
                row["message_id"], row["topic"], row["detail"],
                datetime.fromisoformat(row["created_at"]), row["user_id"], int(row["likes"]),
                int(row["dislikes"]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip
    with (folder / TOPICS).open(encoding="utf-8-sig", newline="") as file:
        theirs: dict[str, set[str]] = defaultdict(set)
        for row in csv.DictReader(file):
            theirs[row["问题ID"]].add(row["留言编号"])
    found = hot_topics(messages)
    ours = [{messages[one].id for one in topic.members} for topic in found]
    compared = []
    for name, ids in sorted(theirs.items()):
        rank, best = max(enumerate(ours, 1), key=lambda one: len(one[1] & ids))
        compared.append(
            {"theirs": name, "our_rank": rank, "n": len(best), "their_n": len(ids),
             "shared": len(best & ids), "jaccard": round(len(best & ids) / len(best | ids), 3)}
        )  # fmt: skip
    return {
        "hot_topics": compared,
        "hot_topics_found": sum(int(str(one["our_rank"])) <= len(theirs) for one in compared),
    }
