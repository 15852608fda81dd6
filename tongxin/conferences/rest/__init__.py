"""Joint conferences and their lists, for programs."""

from __future__ import annotations

from ninja import Router

from . import lists, meetings, together

router = Router(tags=["conferences"])
for part in (meetings, lists, together):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view

__all__ = ["router"]
