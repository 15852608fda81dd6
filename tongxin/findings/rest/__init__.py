"""问题整改 over HTTP: the register, rectification and money, common findings and self-checks."""

from __future__ import annotations

from ninja import Router

from . import common_findings, following, register

router = Router(tags=["findings"])
# Literal paths before open ones.
for part in (common_findings, following, register):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
