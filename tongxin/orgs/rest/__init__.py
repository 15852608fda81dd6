"""Who the caller is, organisations, party units and people, as JSON."""

from . import logbook, orgs, people, units  # noqa: F401  each adds its paths to the router
from .orgs import Me, OrgPage
from .router import router

__all__ = ["Me", "OrgPage", "router"]
