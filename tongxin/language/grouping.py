"""Which texts are so alike that one in the lesson would give away the other in the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

ALIKE = 0.8  # cosine of words weighed by rarity, from which two texts are of one group
_COMMON = 0.1  # words of more than this share of the texts say nothing of their likeness
_BITE = 500


def groups_of(words: Sequence[Sequence[str]]) -> np.ndarray:
    """Return a group number for each text: alike ones, and those alike to these, have the same.

    `words` are the words of each text. Copies with other blanks, stop words left out, or a line
    more still fall together.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import TfidfVectorizer

    size = len(words)
    enough = max(2, int(size * _COMMON))
    vectorizer = TfidfVectorizer(
        analyzer=_as_they_are, sublinear_tf=True, max_df=enough, dtype=np.float32
    )
    try:
        rare = vectorizer.fit_transform(words)
    except ValueError:  # no word is left: texts of nothing but the same words
        return _by_identity(words)
    pairs = [_identical(words)]
    for start in range(0, size, _BITE):
        near = (rare[start : start + _BITE] @ rare.T).tocoo()
        alike = near.data >= ALIKE
        pairs.append((near.row[alike] + start, near.col[alike]))
    rows, columns = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    return connected_components(graph, directed=False)[1]


def _as_they_are(words: Sequence[str]) -> Sequence[str]:
    return words


def _by_identity(words: Sequence[Sequence[str]]) -> np.ndarray:
    numbers: dict[tuple[str, ...], int] = {}
    return np.array([numbers.setdefault(tuple(one), len(numbers)) for one in words])


def _identical(words: Sequence[Sequence[str]]) -> tuple[Any, Any]:
    """Return each text with the first one of the very same words."""
    first: dict[tuple[str, ...], int] = {}
    seconds = [first.setdefault(tuple(one), place) for place, one in enumerate(words)]
    return np.arange(len(words)), np.array(seconds, dtype=int)


def folds_of(
    groups: np.ndarray, labels: Sequence[object], *, folds: int, seed: int = 0
) -> np.ndarray:
    """Return for each text the number of the part it is held back in: groups never divided.

    Every label is spread over the parts as evenly as its groups allow.
    """
    dice = np.random.default_rng(seed)
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(int(group), []).append(place)
    shuffled = dice.permutation(sorted(members)).tolist()
    order = sorted(shuffled, key=lambda group: -len(members[group]))
    held: dict[object, list[int]] = {}
    sizes = [0] * folds
    part = np.zeros(len(groups), dtype=int)
    for group in order:
        places = members[group]
        counts = held.setdefault(labels[places[0]], [0] * folds)
        chosen = min(range(folds), key=lambda fold: (counts[fold], sizes[fold], fold))
        counts[chosen] += len(places)
        sizes[chosen] += len(places)
        part[places] = chosen
    return part
