"""Every read of standards that has more than one user."""

from .assessed import (
    ItemView,
    base_of,
    branches_under,
    may_confirm,
    outcome_of_assessment,
    rates,
    seen_items,
    sum_of,
    sums,
)
from .buildings import building_rows, buildings_in, records_of, show_only
from .facts import CHECKS
from .frame import frame_text_of, standard_on
from .goals import GoalView, check_goals, goal_views, matrix
from .indicators import KINDS, Indicator, indicators, kinds_of_lands
from .indicators import below as kinds_below
from .judging import Judged, Outcome, judge, outcome_of, periods

__all__ = [
    "CHECKS",
    "GoalView",
    "KINDS",
    "Indicator",
    "ItemView",
    "Judged",
    "Outcome",
    "base_of",
    "branches_under",
    "building_rows",
    "buildings_in",
    "check_goals",
    "frame_text_of",
    "goal_views",
    "indicators",
    "judge",
    "kinds_below",
    "kinds_of_lands",
    "matrix",
    "may_confirm",
    "outcome_of",
    "outcome_of_assessment",
    "periods",
    "rates",
    "records_of",
    "seen_items",
    "show_only",
    "standard_on",
    "sum_of",
    "sums",
]
