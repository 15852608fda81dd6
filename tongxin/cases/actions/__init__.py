"""Every write to a case and to the catalogue, by verb."""

from .adjustments import adjustable, adjusting
from .catalogue import change_topic, check_topic, load_catalogue, load_catalogue_sheet
from .evidence import keep_evidence, reveal_origin
from .moves import (
    FromTheFuture,
    KeyReused,
    NotAskedFor,
    SomethingMissing,
    make_move,
    open_case,
    system_move,
)
from .outbox import settle_events
from .ringing import ring_clocks
from .tallying import count_cases

__all__ = [
    "FromTheFuture",
    "KeyReused",
    "NotAskedFor",
    "SomethingMissing",
    "adjustable",
    "adjusting",
    "change_topic",
    "check_topic",
    "count_cases",
    "keep_evidence",
    "load_catalogue",
    "load_catalogue_sheet",
    "make_move",
    "open_case",
    "reveal_origin",
    "ring_clocks",
    "settle_events",
    "system_move",
]
