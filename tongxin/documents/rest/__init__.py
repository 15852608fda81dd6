"""Documents over HTTP: drafted, taken from step to step, received, answered, judged; kept or not."""

from __future__ import annotations

from ninja import Router

from . import papers, retaining

router = Router(tags=["documents"])
# Literal paths before open ones.
for part in (retaining, papers):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
