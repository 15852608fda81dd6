"""全文检索 over HTTP."""

from ninja import Router

router = Router(tags=["searching"])
