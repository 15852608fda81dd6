"""The renovation campaign for programs: figures, places, plans, ledgers, matches."""

from __future__ import annotations

from ninja import Router

from . import campaigns, ledgers, sites

router = Router(tags=["renovation"])
for part in (campaigns, sites, ledgers):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
