"""The pages of dispatching."""

from .advising import advice, why_not
from .plans import act, change, line, plan, plans
from .simulations import report, simulation, simulations
from .weights import weights

__all__ = [
    "act",
    "advice",
    "change",
    "line",
    "plan",
    "plans",
    "report",
    "simulation",
    "simulations",
    "weights",
    "why_not",
]
