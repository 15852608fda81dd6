"""Which label a message carries: a model that learns it from labelled ones, and says how sure it is.

What speaks for a label is a sum: words and strings of one to three characters, each weighed by
how rare it is, once more where they stand at the beginning (a message opens with its matter).
A linear support vector machine sets the weights; one number learnt on texts held back turns its
scores into confidence. Being a sum, a verdict can name the words that spoke for it.

A model is a file of plain arrays, read without running anything that stands in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np

from tongxin.kit.errors import Invalid

from .words import normal, words_of

HEAD, HEAD_WORDS = 24, 10  # characters and words at the beginning that are counted once more
GRAMS = (1, 2, 3)  # lengths of strings of characters
# Blocks of features by the first sign of their name; how much each weighs beside the others.
BLOCKS = {"w": 1.0, "c": 1.0, "h": 1.0, "b": 0.5}
LEAST_TEXTS = {"w": 2, "c": 3, "h": 2, "b": 2}  # texts a feature stands in before it is learnt
TOP = 3
FEW = 40  # features known of a text at which its scores count for half: a short text is less sure


class ModelBroken(Invalid):
    """The file of a model is missing, damaged, or not the one it should be."""


def blocks_of(text: str) -> dict[str, list[str]]:
    """Return the features of a message by block: `w` words, `c` strings, `h` and `b` of its head."""
    plain = normal(text)
    words = words_of(plain)
    solid = plain.replace(" ", "")
    return {
        "w": words,
        "b": words[:HEAD_WORDS],
        "c": _strings(solid),
        "h": _strings(solid[:HEAD]),
    }


def _strings(text: str) -> list[str]:
    return [
        text[start : start + length] for length in GRAMS for start in range(len(text) - length + 1)
    ]


def features_of(text: str) -> Iterator[str]:
    """Yield the features of a message, each under the sign of its block."""
    for sign, found in blocks_of(text).items():
        for one in found:
            yield sign + one


@dataclass(frozen=True)
class Verdict:
    """What a message is about: labels with confidence (0–1), most likely first; none for no text."""

    top: tuple[tuple[str, float], ...] = ()

    @property
    def label(self) -> str:
        return self.top[0][0] if self.top else ""

    @property
    def confidence(self) -> float:
        return self.top[0][1] if self.top else 0.0


@dataclass
class Model:
    """Weights and what is needed to use them. `figures` says how well it did on texts held back."""

    labels: list[str]
    names: list[str]  # of features
    rarity: np.ndarray  # (features,)
    weights: np.ndarray  # (features, labels)
    bias: np.ndarray  # (labels,)
    sharpness: float = 1.0  # scores times this are log odds
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A memory for each block, so that no name is put together for every look.
        self._place: dict[str, dict[str, int]] = {sign: {} for sign in BLOCKS}
        for place, name in enumerate(self.names):
            self._place[name[:1]][name[1:]] = place

    def classify(self, text: str, *, top: int = TOP) -> Verdict:
        return next(self.classify_all([text], top=top))

    def classify_all(self, texts: Iterable[str], *, top: int = TOP) -> Iterator[Verdict]:
        """Yield a verdict for each text; one without a known word gets none."""
        for text in texts:
            found, values = self._values(text)
            if not len(found):
                yield Verdict()
                continue
            scores = (values @ self.weights[found] + self.bias) * trust_in(len(found))
            chances = as_chances(scores[None], self.sharpness)
            yield self._verdict(chances[0], top)

    def _verdict(self, chances: np.ndarray, top: int) -> Verdict:
        best = np.argsort(-chances, kind="stable")[:top]
        return Verdict(tuple((self.labels[one], float(chances[one])) for one in best))

    def _values(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of the features a text has, and their values."""
        places, values = [], []
        for sign, names in blocks_of(text).items():
            counted, known = Counter(names), self._place[sign]
            found = np.fromiter(map(known.get, counted, repeat(-1)), np.int64, len(counted))
            times = np.fromiter(counted.values(), np.int64, len(counted))[found >= 0]
            found = found[found >= 0]
            if not len(found):
                continue
            value = (1 + np.log(times)) * self.rarity[found]
            places.append(found)
            values.append(value * (BLOCKS[sign] / np.sqrt((value**2).sum())))
        if not places:
            return np.empty(0, dtype=int), np.empty(0)
        return np.concatenate(places), np.concatenate(values)

    def words_for(self, text: str, label: str, *, most: int = 5) -> list[str]:
        """Return the words of a text that spoke most for a label, the strongest first.

        A word is credited with itself and with all known strings inside it.
        """
        found, values = self._values(text)
        column = self.labels.index(label)
        mean = self.weights[found].mean(axis=1)
        credit = dict(
            zip(found.tolist(), values * (self.weights[found, column] - mean), strict=True)
        )
        spoke: dict[str, float] = {}
        for word in dict.fromkeys(words_of(normal(text))):
            if len(word) < 2:
                continue
            parts = {"w" + word, "b" + word}
            for length in GRAMS:
                strings = {word[at : at + length] for at in range(len(word) - length + 1)}
                parts |= {sign + string for string in strings for sign in "ch"}
            places = (self._place[name[0]].get(name[1:], -1) for name in parts)
            spoke[word] = sum(credit.get(place, 0.0) for place in places)
        best = sorted((word for word in spoke if spoke[word] > 0), key=lambda word: -spoke[word])
        return best[:most]


def trust_in(known: Any) -> Any:
    """Return how much scores count (0–1) that rest on so many known features."""
    return known / (known + FEW)


def as_chances(scores: np.ndarray, sharpness: float) -> np.ndarray:
    """Return chances that sum to 1 in each row of scores."""
    odds = scores * sharpness
    odds = np.exp(odds - odds.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
