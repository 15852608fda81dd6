"""What is read of places by more than one reader."""

from .opening import (
    ORDINARY,
    WEEK,
    Day,
    days_of,
    days_of_many,
    notices_ahead,
    read_spans,
    week_in_force,
)
from .rules import limits_of
from .standards import items_on

__all__ = [
    "ORDINARY",
    "WEEK",
    "Day",
    "days_of",
    "days_of_many",
    "items_on",
    "limits_of",
    "notices_ahead",
    "read_spans",
    "week_in_force",
]
