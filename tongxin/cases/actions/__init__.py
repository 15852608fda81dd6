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
from .routing import (
    discard_draft,
    drop_rule,
    end_rules,
    fall_back,
    keep_route,
    keeps_rules,
    load_rules,
    open_draft,
    publish_rules,
    reroute,
    save_rule,
    send_first,
)
from .service_classes import check_class, keep_sample, word_class
from .tallying import count_cases

__all__ = [
    "FromTheFuture",
    "KeyReused",
    "NotAskedFor",
    "SomethingMissing",
    "adjustable",
    "adjusting",
    "change_topic",
    "check_class",
    "check_topic",
    "count_cases",
    "discard_draft",
    "drop_rule",
    "end_rules",
    "fall_back",
    "keep_evidence",
    "keep_route",
    "keep_sample",
    "keeps_rules",
    "load_catalogue",
    "load_catalogue_sheet",
    "load_rules",
    "make_move",
    "open_case",
    "open_draft",
    "publish_rules",
    "reroute",
    "reveal_origin",
    "ring_clocks",
    "save_rule",
    "send_first",
    "settle_events",
    "system_move",
    "word_class",
]
