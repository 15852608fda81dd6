"""Every write of dispatching, by verb."""

from .plans import (
    CannotTake,
    NoDraft,
    NothingOpen,
    change_line,
    confirm_plan,
    drop_plan,
    make_plan,
    may_plan,
    replan,
)
from .weights import NotFull, WeightsTaken, set_weights

__all__ = [
    "CannotTake",
    "NoDraft",
    "NotFull",
    "NothingOpen",
    "WeightsTaken",
    "change_line",
    "confirm_plan",
    "drop_plan",
    "make_plan",
    "may_plan",
    "replan",
    "set_weights",
]
