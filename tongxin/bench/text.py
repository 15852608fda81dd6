"""`tongxin bench text`: how well texts are understood, on messages of residents kept outside.

    labelled_raw.csv, labelled_segmented.csv   topics: five parts, alike texts never in two of them
    messages_replies.csv                        the hints on a reply against a person's mark
    messages_hot_4326.csv                       likely duplicates (`bench.duplicates`)

The files are not part of this project; a figure whose file is absent is null, and says why. Search
is measured on a scratch database of composed cases (`bench.search`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tongxin.kit.errors import Refused
from tongxin.kit.tables import Limits, read_table
from tongxin.language.evaluation import correlation
from tongxin.language.replies import check_reply
from tongxin.language.training import Progress, train

from .command import machine

RAW, CUT = "labelled_raw.csv", "labelled_segmented.csv"
REPLIES = "messages_replies.csv"
CLASSIFIED = 2_000  # messages for the speed
NEAR = Path(__file__).parents[3] / "shared" / "data" / "taidi"  # beside a checkout
KEYS = (
    "macro_f1",
    "calibration_error",
    "messages_per_cpu_second",
    "duplicate_recall_at_95_precision",
    "search_p95_ms",
)


def data_folder(given: str | None) -> Path:
    """Return where the files are: as given, else beside the checkout."""
    return Path(given or NEAR)


def bench_text(
    *, data: str | None, cases: int, database: str, only: str = "", progress: Progress | None = None
) -> dict[str, Any]:
    """Measure all, or one of topics, replies, duplicates, search.

    `cases` and `database` are those of the search.
    """
    folder = data_folder(data)
    found: dict[str, Any] = dict.fromkeys(KEYS)
    missing: dict[str, str] = {}
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "topics": lambda: topic_figures(folder, progress),
        "replies": lambda: reply_figures(folder),
        "duplicates": lambda: _duplicates(folder),
        "search": lambda: _search(cases, database),
    }
    for name, measure in parts.items():
        if only and only != name:
            missing[name] = "没有要求测"
            continue
        try:
            figures = measure()
            if why := figures.pop("reason", ""):
                missing[name] = why
            found |= figures
        except (OSError, ImportError, Refused) as trouble:
            missing[name] = f"没有测：{trouble}"
    return {**found, "data": str(folder), "missing": missing, **machine()}


def _column(folder: Path, name: str, *columns: str) -> list[tuple[str, ...]]:
    table = read_table(folder / name, name=name, limits=Limits())
    return [tuple(str(row[column]) for column in columns) for _line, row in table.rows]


def labelled(folder: Path) -> tuple[list[str], list[str]]:
    """Return texts and labels of both files; a title is the first line of its text."""
    raw = [(f"{t}\n{d}", y) for t, d, y in _column(folder, RAW, "topic", "detail", "label")]
    texts, labels = zip(*raw, *_column(folder, CUT, "tokens", "label"), strict=True)
    return list(texts), list(labels)


def topic_figures(folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Return macro_f1, calibration_error, messages_per_cpu_second, and of what they are."""
    texts, labels = labelled(folder)
    start = time.process_time()
    model = train(texts, labels, progress=progress)
    trained = time.process_time() - start
    sample = texts[:: max(1, len(texts) // CLASSIFIED)][:CLASSIFIED]
    start = time.process_time()
    for _verdict in model.classify_all(sample):
        pass
    speed = len(sample) / (time.process_time() - start)
    figures = model.figures
    return {
        "macro_f1": figures["macro_f1"],
        "calibration_error": figures["calibration_error"],
        "messages_per_cpu_second": round(speed),
        "accuracy": figures["accuracy"],
        "top3": figures["top3"],
        "n": figures["n"],
        "groups": figures["groups"],
        "folds": figures["folds"],
        "file": f"{RAW} + {CUT}",
        "train_cpu_s": round(trained, 1),
        "classes": figures["classes"],
    }


def reply_figures(folder: Path) -> dict[str, Any]:
    """Return how the score of replies goes with a person's mark of whether they explain anything.

    `reply_length_correlation` is that of the mere length (its logarithm): what has to be beaten.
    """
    rows = _column(folder, REPLIES, "topic", "detail", "reply", "explainable_human")
    marks = [float(mark) for *_rest, mark in rows]
    start = time.process_time()
    reviews = [check_reply(f"{topic}\n{text}", reply) for topic, text, reply, _mark in rows]
    taken = time.process_time() - start
    poor = [bool(one.hints) for one, mark in zip(reviews, marks, strict=True) if not mark]
    good = [bool(one.hints) for one, mark in zip(reviews, marks, strict=True) if mark]
    lengths = [float(len(reply)) for _topic, _text, reply, _mark in rows]
    return {
        "reply_n": len(rows),
        "reply_correlation": correlation([one.score for one in reviews], marks),
        "reply_length_correlation": correlation(lengths, marks, logarithm=True),
        "reply_hinted_of_poor": round(sum(poor) / max(len(poor), 1), 3),
        "reply_hinted_of_good": round(sum(good) / max(len(good), 1), 3),
        "replies_per_cpu_second": round(len(rows) / taken),
    }


def _duplicates(folder: Path) -> dict[str, Any]:
    from .duplicates import duplicate_figures

    return duplicate_figures(folder)


def _search(cases: int, database: str) -> dict[str, Any]:
    from .search import search_figures

    return search_figures(cases=cases, database=database)
