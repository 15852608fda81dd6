"""党务 over HTTP."""

from ninja import Router

router = Router(tags=["affairs"])
