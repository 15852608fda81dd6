"""The registers of cadres as spreadsheets: the pool, the ratings of a day."""

from .pool import PoolSheet
from .ratings import RatingSheet

SHEETS = (PoolSheet(), RatingSheet())

__all__ = ["SHEETS", "PoolSheet", "RatingSheet"]
