"""标准化建设 over HTTP: programmes and goals, the frame and who meets it, places and buildings."""

from ninja import Router

from . import assessments, places, programmes

router = Router(tags=["standards"])
for part in (programmes, assessments, places):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
