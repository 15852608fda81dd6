"""Refusals: what the house says, in Chinese, when a wish cannot be met. Nothing changes on refusal."""

import re
from typing import Any


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """A wish that cannot be met, with a sentence for the person who asked.

    `field` names the form field at fault, `remedy` says what to do instead, and `extra`
    carries machine-readable facts for the API. Message and remedy may be lazily translated.
    """

    status = 409

    def __init__(self, message: Any, *, field: str | None = None, remedy: Any = "", **extra: Any):
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy
        self.extra = extra

    def __str__(self) -> str:
        return str(self.message)

    @property
    def code(self) -> str:
        """The class name in snake case: NotPermitted gives "not_permitted"."""
        return re.sub(
            r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(self).__name__
        ).lower()


class NotPermitted(Refused):
    """The person may not do this."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or none that the person may see."""

    status = 404


class Invalid(Refused):
    """What was handed in is wrong in itself."""

    status = 422


class BadCursor(Invalid):
    """A page was asked for by a cursor that no page gave."""


class Stale(Refused):
    """Somebody else changed the thing in the meantime."""

    status = 409


class KeyReused(Refused):
    """A key of the caller's own (Idempotency-Key) was already used for something else."""


class TooMany(Refused):
    """Too many attempts; `retry_after` gives the seconds to wait."""

    status = 429

    def __init__(
        self,
        message: Any,
        *,
        retry_after: int = 0,
        field: str | None = None,
        remedy: Any = "",
        **extra: Any,
    ):
        super().__init__(message, field=field, remedy=remedy, **extra)
        self.retry_after = retry_after
