"""What is read of places by more than one reader."""

from .feeds import booking_ics, busy_ics
from .figures import Cover, coverage_of, latest_scores
from .opening import (
    ORDINARY,
    WEEK,
    Day,
    Opening,
    days_of,
    days_of_many,
    notices_ahead,
    opening_of,
    read_spans,
    week_in_force,
)
from .photos import sees_photo
from .rules import limits_of
from .schedule import Column, Held, free_spans, midnight, monday_of, places_left, week_of
from .standards import items_on

__all__ = [
    "ORDINARY",
    "WEEK",
    "Column",
    "Cover",
    "Day",
    "Held",
    "Opening",
    "booking_ics",
    "busy_ics",
    "coverage_of",
    "days_of",
    "days_of_many",
    "free_spans",
    "items_on",
    "latest_scores",
    "limits_of",
    "midnight",
    "monday_of",
    "notices_ahead",
    "opening_of",
    "places_left",
    "read_spans",
    "sees_photo",
    "week_in_force",
    "week_of",
]
