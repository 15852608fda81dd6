"""Reading the books."""

from .ledger import lowest_from, paid_to_on, payload_of, threshold_for, wrong_ledgers
from .subjects import of_subject, of_subjects
from .words import wan, yuan

__all__ = [
    "lowest_from",
    "of_subject",
    "of_subjects",
    "paid_to_on",
    "payload_of",
    "threshold_for",
    "wan",
    "wrong_ledgers",
    "yuan",
]
