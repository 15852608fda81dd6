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
    plans_due,
    replan,
)
from .simulations import ask_simulation, assumptions_of, simulations_due
from .weights import NotFull, WeightsTaken, set_weights

__all__ = [
    "CannotTake",
    "NoDraft",
    "NotFull",
    "NothingOpen",
    "WeightsTaken",
    "ask_simulation",
    "assumptions_of",
    "change_line",
    "confirm_plan",
    "drop_plan",
    "make_plan",
    "may_plan",
    "plans_due",
    "replan",
    "set_weights",
    "simulations_due",
]
