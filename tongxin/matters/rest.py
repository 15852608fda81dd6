"""同类诉求 over HTTP."""

from ninja import Router

router = Router(tags=["matters"])
