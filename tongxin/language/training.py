"""Learning a model of topics from labelled messages, and measuring it on messages held back.

Held back means: five parts, each judged by a model that has seen only the other four, and texts
that are alike never in two parts (`grouping`). The figures of a model are those; the model itself
then learns from all.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tongxin.kit.errors import Invalid

from .evaluation import figures_of, fit_sharpness
from .grouping import folds_of, groups_of
from .topics import BLOCKS, LEAST_TEXTS, Model, features_of, trust_in
from .words import normal, words_of

FOLDS = 5
FEWEST = 10  # texts to learn from
MOST_LABELS = 500
MOST_TEXTS = 60_000
TELLING, LEAST_TELLING = 1.0, 0.05  # power of how much a feature tells beside its rarity; not 0
HARDNESS = 0.5  # C of the support vector machine, set by cross-validation on residents' messages

Progress = Callable[[int, int], None]  # steps done, of how many


class TooLittleToLearn(Invalid):
    """There are not enough labelled texts to learn from."""


class TooMuchToLearn(Invalid):
    """There are more texts or labels than one training takes."""


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    folds: int = FOLDS,
    progress: Progress | None = None,
) -> Model:
    """Return a model with its figures; texts without words or without a label are left out.

    :raises TooLittleToLearn: fewer than ten texts, or fewer than two labels
    :raises TooMuchToLearn: more than `MOST_TEXTS` texts or `MOST_LABELS` labels
    """
    return train_and_judge(texts, labels, folds=folds, progress=progress)[0]


def train_and_judge(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    folds: int = FOLDS,
    progress: Progress | None = None,
) -> tuple[Model, list[str | None]]:
    """As `train`, and what was said of each text while it was held back (None: left out)."""
    say = progress or (lambda done, total: None)
    usable = _usable(texts, labels)
    lesson = Lesson([texts[place] for place in usable], [labels[place].strip() for place in usable])
    alike = len(set(lesson.groups.tolist()))
    if alike < 2:
        raise TooLittleToLearn("这些文字几乎都一样，没有可以学的", field="text")
    parts = folds_of(lesson.groups, lesson.truth.tolist(), folds=min(folds, alike))
    rounds = int(parts.max()) + 1
    scores = np.zeros((len(usable), len(lesson.names)))
    for part in range(rounds):
        say(part + 1, rounds + 2)
        out = parts == part
        scores[out] = lesson.learn(~out).judge(out)
    sharpness = fit_sharpness(scores, lesson.truth)
    figures = figures_of(scores, lesson.truth, parts, lesson.names)
    figures |= {"n": len(usable), "skipped": len(texts) - len(usable), "groups": alike}
    say(rounds + 1, rounds + 2)
    learnt = lesson.learn(np.ones(len(usable), dtype=bool))
    said: list[str | None] = [None] * len(texts)
    for place, best in zip(usable, scores.argmax(axis=1), strict=True):
        said[place] = lesson.names[best]
    say(rounds + 2, rounds + 2)
    return learnt.model(sharpness, figures), said


def _usable(texts: Sequence[str], labels: Sequence[str]) -> list[int]:
    """Return the places of the texts that can be learnt from.

    :raises TooLittleToLearn, TooMuchToLearn:
    """
    pairs = enumerate(zip(texts, labels, strict=True))
    usable = [place for place, (text, label) in pairs if label.strip() and normal(text)]
    kinds = sorted({labels[place].strip() for place in usable})
    if len(usable) < FEWEST:
        raise TooLittleToLearn(
            f"有文字又有类别的只有 {len(usable)} 条，至少要 {FEWEST} 条才能训练", field="text"
        )
    if len(kinds) < 2:
        raise TooLittleToLearn(
            f"只有“{kinds[0]}”一个类别，没有可以区分的；至少要两个类别", field="label"
        )
    if len(kinds) > MOST_LABELS:
        raise TooMuchToLearn(
            f"有 {len(kinds)} 个不同的类别，最多 {MOST_LABELS} 个，请检查类别是不是选错了列",
            field="label",
        )
    if len(usable) > MOST_TEXTS:
        raise TooMuchToLearn(f"有 {len(usable)} 条，一次最多学 {MOST_TEXTS} 条，请取最近的一部分")
    return usable


class Lesson:
    """The texts once counted; a part of them can be learnt from as if the rest were not there."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        self.names = sorted(set(labels))
        self.truth = np.searchsorted(self.names, labels)
        self.groups = groups_of([words_of(normal(text)) for text in texts])
        counter = CountVectorizer(analyzer=features_of, min_df=2, dtype=np.float32)
        self.counts = counter.fit_transform(texts)
        self.features = counter.get_feature_names_out()
        self.signs = np.array([name[0] for name in self.features])
        self.present = self.counts.copy()
        self.present.data[:] = 1
        # 1 + ln(times), shared by all parts; rarity is the part's own.
        self.counts.data = 1 + np.log(self.counts.data)

    def learn(self, chosen: np.ndarray) -> Learnt:
        """Return what the chosen texts teach; nothing of the others is used."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import LinearSVC

        stands_in = np.asarray(self.present[chosen].sum(axis=0)).ravel()
        least = np.array([LEAST_TEXTS[sign] for sign in self.signs])
        kept = np.flatnonzero(stands_in >= least)
        known = np.unique(self.truth[chosen])
        rarity = np.log((1 + chosen.sum()) / (1 + stands_in[kept])) + 1
        telling = self._telling(chosen, known, kept, stands_in[kept])
        learnt = Learnt(self, kept, (rarity * telling**TELLING).astype(np.float32))
        if len(known) == 1 or not len(kept):
            learnt.only(int(np.bincount(self.truth[chosen]).argmax()))
            return learnt
        machine = LinearSVC(C=HARDNESS, class_weight="balanced", random_state=0)
        with warnings.catch_warnings():
            # A last digit more would change no verdict; what counts is measured on texts held back.
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine.fit(learnt.values(chosen), self.truth[chosen])
        learnt.take(machine, known)
        return learnt

    def _telling(
        self, chosen: np.ndarray, known: np.ndarray, kept: np.ndarray, stands_in: np.ndarray
    ) -> np.ndarray:
        """Return how much each feature tells: its largest log ratio for one label and the rest.

        A feature that stands as often in all labels tells nothing, however rare it is.
        """
        most = np.full(len(kept), LEAST_TELLING)
        present, truth, n = self.present[chosen], self.truth[chosen], int(chosen.sum())
        for label in known:
            mine = truth == label
            inside = np.asarray(present[mine].sum(axis=0)).ravel()[kept]
            share = (inside + 1) / (mine.sum() + 2)
            rest = (stands_in - inside + 1) / (n - mine.sum() + 2)
            most = np.maximum(most, np.abs(np.log(share / rest)))
        return most


class Learnt:
    """Weights from a part of a lesson."""

    def __init__(self, lesson: Lesson, kept: np.ndarray, rarity: np.ndarray) -> None:
        self.lesson, self.kept, self.rarity = lesson, kept, rarity
        labels = len(lesson.names)
        self.weights = np.zeros((len(kept), labels), dtype=np.float32)
        # A label that this part never saw is never its answer.
        self.bias = np.full(labels, -10.0, dtype=np.float32)

    def only(self, label: int) -> None:
        self.bias[label] = 0.0

    def take(self, machine: Any, known: np.ndarray) -> None:
        weights, bias = machine.coef_.T, machine.intercept_
        if len(known) == 2:  # one plane between two labels: above it the second, below the first
            weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
        self.weights[:, known], self.bias[known] = weights, bias

    def values(self, chosen: np.ndarray) -> Any:
        """Return the values of the features, each block of a text of the length it weighs."""
        from scipy.sparse import diags, hstack
        from sklearn.preprocessing import normalize

        weighed = self.lesson.counts[chosen][:, self.kept] @ diags(self.rarity)
        signs = self.lesson.signs[self.kept]
        blocks = [np.flatnonzero(signs == sign) for sign in BLOCKS]
        sized = [
            normalize(weighed[:, block]) * weight
            for block, weight in zip(blocks, BLOCKS.values(), strict=True)
        ]
        back = np.argsort(np.concatenate(blocks), kind="stable")
        return hstack(sized, format="csr")[:, back]

    def judge(self, chosen: np.ndarray) -> np.ndarray:
        """Return the scores of texts, (texts, labels)."""
        values = self.values(chosen)
        known = np.diff(values.indptr)[:, None]
        return (values @ self.weights + self.bias) * trust_in(known)

    def model(self, sharpness: float, figures: dict[str, Any]) -> Model:
        return Model(
            labels=list(self.lesson.names),
            names=[str(name) for name in self.lesson.features[self.kept]],
            rarity=self.rarity,
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            sharpness=sharpness,
            figures=figures,
        )
