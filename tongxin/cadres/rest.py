"""干部下沉 over HTTP."""

from ninja import Router

router = Router(tags=["cadres"])
