"""Every read of documents that has more than one user."""

from .parts import (
    may_review_for,
    may_sign_for,
    own_recipients,
    parts_in,
    people_at,
    reads_as_recipient_only,
    writes_for,
)

__all__ = [
    "may_review_for",
    "may_sign_for",
    "own_recipients",
    "parts_in",
    "people_at",
    "reads_as_recipient_only",
    "writes_for",
]
