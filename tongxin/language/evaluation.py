"""How good a classifier is on texts it has not learnt from: figures a person can check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .topics import as_chances

BINS = 10
CONFUSIONS = 12  # pairs that are shown


def fit_sharpness(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the number that makes scores of held-back texts into the best odds.

    That of the least mean surprise (log loss). The scores must come from models that did not see
    the text, or they flatter themselves.
    """
    from scipy.optimize import minimize_scalar

    def surprise(power: float) -> float:
        chances = as_chances(scores, float(np.exp(power)))
        return float(-np.log(chances[np.arange(len(truth)), truth] + 1e-9).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3, 4), method="bounded").x))


def figures_of(
    scores: np.ndarray, truth: np.ndarray, parts: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """Return macro-F1, accuracy, calibration error, figures per class, the commonest confusions.

    Confidence is measured as strictly as the labels: each part's by the other parts' sharpness.
    """
    chances = np.zeros_like(scores)
    for part in np.unique(parts):
        held = parts == part
        others = ~held if (~held).any() else held
        sharpness = fit_sharpness(scores[others], truth[others])
        chances[held] = as_chances(scores[held], sharpness)
    said = chances.argmax(axis=1)
    table = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(table, (truth, said), 1)
    classes = [_class_figures(table, place, name) for place, name in enumerate(names)]
    top = np.argsort(-chances, axis=1)[:, :3]
    return {
        "macro_f1": round(float(np.mean([one["f1"] for one in classes])), 4),
        "accuracy": round(float((said == truth).mean()), 4),
        "top3": round(float((top == truth[:, None]).any(axis=1).mean()), 4),
        "calibration_error": round(calibration_error(chances.max(axis=1), said == truth), 4),
        "folds": len(np.unique(parts)),
        "classes": classes,
        "confusions": _confusions(table, names),
    }


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Return the mean F1 over the labels that occur in truth; each label counts the same."""
    scores = []
    for label in sorted(set(truth)):
        right = sum(one == two == label for one, two in zip(truth, said, strict=True))
        scores.append(2 * right / (list(truth).count(label) + list(said).count(label)))
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def correlation(one: Sequence[float], other: Sequence[float], *, logarithm: bool = False) -> float:
    """Return Pearson's correlation; of the logarithm of the first (from 1 on) if asked."""
    first = np.log(np.maximum(one, 1.0)) if logarithm else np.asarray(one, dtype=float)
    if not first.std() or not np.std(other):
        return 0.0
    return round(float(np.corrcoef(first, other)[0, 1]), 3)


def _class_figures(table: np.ndarray, place: int, name: str) -> dict[str, Any]:
    right, n, said = (
        int(table[place, place]),
        int(table[place].sum()),
        int(table[:, place].sum()),
    )
    precision, recall = right / said if said else 0.0, right / n if n else 0.0
    f1 = 2 * right / (n + said) if n + said else 0.0
    return {
        "label": name,
        "n": n,
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
    }


def _confusions(table: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the pairs taken for each other most often."""
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS]
    pairs = [(int(one) // len(names), int(one) % len(names)) for one in order]
    return [
        {"label": names[is_], "taken_for": names[said], "n": int(wrong[is_, said])}
        for is_, said in pairs
        if wrong[is_, said]
    ]


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error: how far "90 % sure" is from right nine times in ten.

    Confidence 0–1 in bins of the same width; the mean of |share right − mean confidence|, each bin
    weighed by how many texts fall into it.
    """
    place = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    total = 0.0
    for one in range(bins):
        inside = place == one
        if inside.any():
            gap = np.asarray(right)[inside].mean() - np.asarray(confidence)[inside].mean()
            total += abs(float(gap)) * int(inside.sum())
    return total / max(len(place), 1)
