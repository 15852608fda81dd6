"""Terms and elections, development of members, dues and disclosure as JSON."""

from ninja import Router

from . import admission, disclosure, dues, terms

router = Router(tags=["affairs"])
for part in (terms, admission, dues, disclosure):
    for path, view in part.router.path_operations.items():
        router.path_operations[path] = view
