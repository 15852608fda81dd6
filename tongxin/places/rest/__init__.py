"""Places for programs: centres with rooms, bookings and care; what they are held to."""

from __future__ import annotations

from ninja import Router

from . import centres, standards

router = Router(tags=["places"])
for part in (centres, standards):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view

__all__ = ["router"]
