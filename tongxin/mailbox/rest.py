"""邮件来件 over HTTP."""

from ninja import Router

router = Router(tags=["mailbox"])
