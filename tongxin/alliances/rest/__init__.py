"""Alliances, approvals and parks, for programs."""

from . import alliances, approvals, parks
from .router import router

__all__ = ["alliances", "approvals", "parks", "router"]
