"""Every write to a case and to the catalogue, by verb."""

from .adjustments import adjustable, adjusting
from .catalogue import change_topic, load_catalogue
from .catalogue_sheet import load_catalogue_sheet, write_catalogue_sheet
from .evidence import keep_evidence
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
    "count_cases",
    "keep_evidence",
    "load_catalogue",
    "load_catalogue_sheet",
    "make_move",
    "open_case",
    "ring_clocks",
    "settle_events",
    "system_move",
    "write_catalogue_sheet",
]
