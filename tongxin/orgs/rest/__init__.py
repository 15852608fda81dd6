"""Who the caller is, organisations, party units and people, as JSON."""

from . import (  # noqa: F401  each adds its paths to the router
    joint,
    logbook,
    offices,
    orgs,
    pairings,
    people,
    ratings,
    take_overs,
    units,
)
from .orgs import Me, OrgPage
from .router import router

__all__ = ["Me", "OrgPage", "router"]
