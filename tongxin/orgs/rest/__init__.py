"""Who the caller is, organisations, party units and people, as JSON."""

from . import orgs  # noqa: F401  each adds its paths to the router
from .router import router

__all__ = ["router"]
