"""组织生活 over HTTP."""

from ninja import Router

router = Router(tags=["meetings"])
