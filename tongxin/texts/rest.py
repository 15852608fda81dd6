"""文本助手 over HTTP."""

from ninja import Router

router = Router(tags=["texts"])
