"""巡查走访 over HTTP: visits and the round of a day, plans with coverage, checklists, figures, office points."""

from ninja import Router

from . import checklists, counts, plans, visits

router = Router(tags=["fieldwork"])
for part in (visits, plans, checklists, counts):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
