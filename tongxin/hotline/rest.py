"""热线坐席 over HTTP."""

from ninja import Router

router = Router(tags=["hotline"])
