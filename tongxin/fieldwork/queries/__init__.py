"""What others ask of visits: a day's round, what a phone takes along, marks in words."""

from .asking import asked_items, rule_in_words, value_in_words
from .marks import sentences
from .norms import norms_on
from .ordering import shortest
from .rounds import (
    as_offline,
    done_on,
    in_order,
    offline_bundle,
    offline_checklist,
    place_of,
    round_of,
)

__all__ = [
    "as_offline",
    "asked_items",
    "done_on",
    "in_order",
    "norms_on",
    "offline_bundle",
    "offline_checklist",
    "place_of",
    "round_of",
    "rule_in_words",
    "sentences",
    "shortest",
    "value_in_words",
]
