"""监督检查 over HTTP: operations, dispatches, the register of sites, reopening."""

from ninja import Router

from . import dispatches, operations, resuming, sites

router = Router(tags=["inspections"])
for part in (operations, dispatches, sites, resuming):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
