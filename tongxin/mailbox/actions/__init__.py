"""Taking letters in, deciding about those that wait, telling who wrote, reading the mailbox."""

from .deciding import AlreadyDecided, add_letter, file_letter, refuse_letter
from .polling import poll_due
from .receiving import take_letter
from .telling import tell_correspondents

__all__ = [
    "AlreadyDecided",
    "add_letter",
    "file_letter",
    "poll_due",
    "refuse_letter",
    "take_letter",
    "tell_correspondents",
]
