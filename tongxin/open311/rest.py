"""Open311接口 over HTTP."""

from ninja import Router

router = Router(tags=["open311"])
