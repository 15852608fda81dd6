"""Which topic a message is about, guessed by the words people use for it (Topic.keywords).

Deliberately simple and explainable: a hit weighs its length, more in the title, less where several
topics share the word. A weak or doubtful guess is none: a dispatcher then chooses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tongxin.cases.models import Topic

IN_TITLE = 3.0  # a word in the title weighs as much as three in the text
LEAST = 4.0  # below this sum a guess is none
LEAD = 1.25  # the best topic must be ahead of the second by so much
READ = 600  # characters of the text that are read: what matters comes first


class Guesser:
    """Guesses topics; built once for many messages."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        words = {topic: {*topic.keywords.split(), topic.name} for topic in topics}
        shared = Counter(word for those in words.values() for word in those)
        self._uses: dict[str, list[Topic]] = {word: [] for word in shared}
        for topic, those in words.items():
            for word in those:
                self._uses[word].append(topic)
        self._weight = {word: len(word) / n for word, n in shared.items()}

    def scores(self, title: str, text: str) -> Counter[Topic]:
        """Return how much speaks for each topic that anything speaks for."""
        text = text[:READ]
        found: Any = Counter()  # of weights, not of times
        for word, topics in self._uses.items():
            hits = IN_TITLE * (word in title) + (word in text)
            if hits:
                for topic in topics:
                    found[topic] += hits * self._weight[word]
        return found

    def guess(self, title: str, text: str) -> Topic | None:
        best = self.scores(title, text).most_common(2)
        if not best or best[0][1] < LEAST:
            return None
        if len(best) > 1 and best[0][1] < LEAD * best[1][1]:
            return None
        return best[0][0]
