"""Emergency mode and seconded cadres as JSON."""

from . import operations, runs, secondments
from .router import router

__all__ = ["operations", "router", "runs", "secondments"]
