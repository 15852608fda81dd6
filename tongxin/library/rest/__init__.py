"""案例与学习 over HTTP: exemplars, contests, volumes, policy sets, courses, visits received, brands."""

from __future__ import annotations

from ninja import Router

from . import brands, contests, courses, exemplars, policies, volumes

router = Router(tags=["library"])
# Literal paths before open ones.
for part in (contests, volumes, policies, courses, brands, exemplars):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
