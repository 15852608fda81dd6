"""The text assistant in the demo: the sample model in use, and what it says of the open requests."""

from __future__ import annotations

from datetime import datetime

from tongxin.texts.actions import make_sample, suggest_due
from tongxin.texts.models import TextModel


def make_texts(*, at: datetime) -> TextModel | None:
    """Learn the sample (two seconds), put it in use, and suggest topics for what is open."""
    version = make_sample(at=at)
    while version is not None and suggest_due(at=at, limit=500):
        pass
    return version
