"""Cases as JSON: pages, one case, its timeline, its moves, its evidence; catalogue and figures."""

from . import cases, counts, evidence, moves, routing  # noqa: F401  each adds its paths to the router
from .router import router

__all__ = ["router"]
