"""What residents wrote: our own sample and, where the file is there, real messages of another city.

Both are moved by whole weeks, so that the last one is of these days and each keeps its weekday and
hour. The real ones name their places only as "A3区": each such name stands for streets of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from django.conf import settings

from tongxin.requests.importing import SAMPLE_MESSAGES, Message, read_messages

WEEK = timedelta(weeks=1)
RECENT = timedelta(weeks=16)  # how much of the real messages' last months is used
MOST_TEXT = 1200  # longer ones are petitions of many pages: left out of the demo


@dataclass(frozen=True)
class Letter:
    """A message with the place and time it has in the demo."""

    message: Message
    at: datetime
    is_real: bool

    @property
    def key(self) -> str:
        return self.message.source_key


def hot_file() -> Path:
    return settings.TONGXIN_DATA_DIR / "taidi" / "messages_hot_4326.csv"


def sample_letters(*, until: datetime) -> list[Letter]:
    rows = read_messages(SAMPLE_MESSAGES.read_bytes(), name=SAMPLE_MESSAGES.name)
    return _moved((row for row in rows if isinstance(row, Message)), until, is_real=False)


def real_letters(*, until: datetime, count: int, dice: Random) -> list[Letter]:
    """Return `count` of the real messages of their last months; none where the file is not there."""
    if not hot_file().exists() or not count:
        return []
    rows = read_messages(hot_file().read_bytes(), name=hot_file().name)
    messages = [row for row in rows if isinstance(row, Message) and len(row.text) <= MOST_TEXT]
    last = max(message.at for message in messages)
    recent = [message for message in messages if message.at > last - RECENT]
    return _moved(dice.sample(recent, min(count, len(recent))), until, is_real=True)


def _moved(messages: Iterable[Message], until: datetime, *, is_real: bool) -> list[Letter]:
    messages = sorted(messages, key=lambda message: message.at)
    weeks = (until - messages[-1].at) // WEEK
    return [Letter(message, message.at + weeks * WEEK, is_real) for message in messages]
