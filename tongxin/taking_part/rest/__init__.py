"""Motions, polls, surveys, groups and campaigns, for programs."""

from . import motions, polls, surveys  # noqa: F401 (each adds its paths)
from .shapes import router

__all__ = ["router"]
