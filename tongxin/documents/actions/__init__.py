"""Every write of documents, by verb."""

from .drafting import DeadlinePassed, NotADraft, RecipientTwice, To, change, draft
from .kinds import UnknownKind, kind_of, load_kinds

__all__ = [
    "DeadlinePassed",
    "NotADraft",
    "RecipientTwice",
    "To",
    "UnknownKind",
    "change",
    "draft",
    "kind_of",
    "load_kinds",
]
