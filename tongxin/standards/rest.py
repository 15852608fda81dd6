"""标准化建设 over HTTP."""

from ninja import Router

router = Router(tags=["standards"])
