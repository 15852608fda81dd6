"""Groups of texts in a list that are likely the same matter, each pair with its score and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .clusters import MOST_MESSAGES, Message, group, pairs_alike
from .likeness import LEAST_COUNTED, Likeness, counted_rarity, even_rarity, likeness

LIKELY = 0.6  # the average score down to which a group grows; a list has no person beside it
GLANCED = 0.12  # pairs whose words are less alike are not read


@dataclass(frozen=True)
class DuplicateGroup:
    """Places in the list, and for each but the first the likeness to the one it is most like."""

    members: list[int]
    pairs: list[tuple[int, int, Likeness]]

    @property
    def score(self) -> float:
        return sum(found.score for _one, _other, found in self.pairs) / len(self.pairs)


def duplicate_groups(messages: Sequence[Message], *, least: float = LIKELY) -> list[DuplicateGroup]:
    """Return the groups of likely duplicates, the surest first. At most the first 20,000 are read."""
    messages = messages[:MOST_MESSAGES]
    counts = Counter(word for one in messages for word in one.sketch.words)
    many = len(messages) >= LEAST_COUNTED
    rarity = counted_rarity(counts, len(messages)) if many else even_rarity
    judged: dict[int, dict[int, Likeness]] = {}
    for one, near in pairs_alike(messages).items():
        for other, alike in near.items():
            if one < other and alike >= GLANCED:
                a, b = messages[one], messages[other]
                days = abs((a.at - b.at).total_seconds()) / 86400 if a.at and b.at else None
                found = likeness(a.sketch, b.sketch, rarity=rarity, days=days)
                judged.setdefault(one, {})[other] = judged.setdefault(other, {})[one] = found
    graph = {one: {o: found.score for o, found in near.items()} for one, near in judged.items()}
    groups = [members for members in group(len(messages), graph, alike=least) if len(members) > 1]
    made = [_group_of(members, judged) for members in groups]
    return sorted(made, key=lambda one: (-one.score, one.members[0]))


def _group_of(members: list[int], judged: dict[int, dict[int, Likeness]]) -> DuplicateGroup:
    ordered = sorted(members)
    pairs = []
    for one in ordered[1:]:
        near = {o: judged[one][o] for o in ordered if o < one and o in judged.get(one, {})}
        if near:
            best = max(near, key=lambda o: near[o].score)
            pairs.append((best, one, near[best]))
    if not pairs:  # each is like a later one only
        other = max(judged[ordered[0]], key=lambda o: judged[ordered[0]][o].score)
        pairs.append((ordered[0], other, judged[ordered[0]][other]))
    return DuplicateGroup(ordered, pairs)
