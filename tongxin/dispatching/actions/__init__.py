"""Every write of dispatching, by verb."""

from .weights import NotFull, WeightsTaken, set_weights

__all__ = ["NotFull", "WeightsTaken", "set_weights"]
