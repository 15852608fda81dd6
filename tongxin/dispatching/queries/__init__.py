"""Every read of dispatching that others may use, gathered from the files of this folder."""

from .advice import Advice, Advised, advise
from .chain import Asked, chain_of
from .units import advise_units
from .weights import Weights, weights_on
from .whynot import why_not

__all__ = [
    "Advice",
    "Advised",
    "Asked",
    "Weights",
    "advise",
    "advise_units",
    "chain_of",
    "weights_on",
    "why_not",
]
