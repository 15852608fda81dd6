"""双报到 over HTTP."""

from ninja import Router

router = Router(tags=["dual_report"])
