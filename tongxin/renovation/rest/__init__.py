"""The renovation campaign for programs: figures, places, plans, who goes there, ledgers, matches."""

from __future__ import annotations

from ninja import Router

from . import campaigns, going, ledgers, sites

router = Router(tags=["renovation"])
for part in (campaigns, sites, going, ledgers):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
