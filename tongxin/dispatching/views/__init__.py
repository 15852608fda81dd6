"""The pages of dispatching."""

from .advising import advice, why_not
from .weights import weights

__all__ = ["advice", "weights", "why_not"]
