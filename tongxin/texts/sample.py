"""The sample: a model learnt from messages we composed, so that a new installation has advice.

Plain Python without a table, so that the command line classifies files without a database.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from tongxin.kit.tables import read_table
from tongxin.language.model_files import load_model, save_model
from tongxin.language.topics import Model, ModelBroken
from tongxin.language.training import train

DATA = Path(__file__).parents[1] / "requests" / "data"
CATALOGUE, MESSAGES = DATA / "catalogue.csv", DATA / "sample_messages.csv"
FILE = "sample.model"

Progress = Callable[[int, int], None]


def label_of(code: str, name: str) -> str:
    """Return the label of a topic in a model: the code to find it by, the name for people."""
    return f"{code} {name}"


def sample_texts() -> list[tuple[str, str]]:
    """Return (text, label) of the composed messages, and of what the catalogue says of each item."""
    rows = [row for _line, row in read_table(CATALOGUE, name=CATALOGUE.name).rows]
    names = {row["item_code"]: label_of(row["item_code"], row["item_name"]) for row in rows}
    said = [(f"{row['item_name']}\n{row['summary']}", names[row["item_code"]]) for row in rows]
    words = [(row["keywords"], names[row["item_code"]]) for row in rows]
    letters = [
        (f"{row['title']}\n{row['text']}", names[row["item_code"]])
        for _line, row in read_table(MESSAGES, name=MESSAGES.name).rows
        if row["item_code"] in names
    ]
    return [*letters, *said, *words]


def sample_model(folder: Path, *, progress: Progress | None = None) -> Model:
    """Return the sample model out of a folder.

    It is learnt and written there if it is not yet, or if the texts have changed since.
    """
    path, lesson = folder / FILE, sample_texts()
    mark = sha256(repr(lesson).encode()).hexdigest()
    try:
        model = load_model(path)
        if model.figures.get("lesson") == mark:
            return model
    except ModelBroken:
        pass
    texts, labels = zip(*lesson, strict=True)
    model = train(texts, labels, progress=progress)
    model.figures["lesson"] = mark
    save_model(model, path)
    return model
