"""A made-up year of orders replayed under four ways of dispatching: numbers in, numbers out, no database.

What it assumes is in `town.Assumptions` and is printed with every result. It compares ways of
dispatching on one and the same random world; it does not foretell any real district.
"""

from .arrivals import Shape, sample_shape, shape_of_file
from .engine import MODES, replay
from .figures import compare
from .town import Assumptions, Town

__all__ = [
    "MODES",
    "Assumptions",
    "Shape",
    "Town",
    "compare",
    "replay",
    "sample_shape",
    "shape_of_file",
]
