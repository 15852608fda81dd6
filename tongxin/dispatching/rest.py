"""派单推荐 over HTTP."""

from ninja import Router

router = Router(tags=["dispatching"])
