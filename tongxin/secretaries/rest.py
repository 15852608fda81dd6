"""书记队伍 over HTTP."""

from ninja import Router

router = Router(tags=["secretaries"])
