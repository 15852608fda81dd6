"""What others ask of visits: a day's round, what a phone takes along, marks in words."""

from .asking import asked_items, rule_in_words, value_in_words
from .crews import crews_of, goers_in, targets_in
from .known import finding_kinds
from .marks import sentences
from .norms import norms_on
from .ordering import shortest
from .results import dimensions_of
from .rhythm import next_slots, period_of, rhythm_in_words, slots_between
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
    "crews_of",
    "dimensions_of",
    "done_on",
    "finding_kinds",
    "goers_in",
    "in_order",
    "next_slots",
    "norms_on",
    "offline_bundle",
    "offline_checklist",
    "period_of",
    "place_of",
    "rhythm_in_words",
    "round_of",
    "rule_in_words",
    "sentences",
    "shortest",
    "slots_between",
    "targets_in",
    "value_in_words",
]
