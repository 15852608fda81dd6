"""Every write at the door, gathered from the files of this folder."""

from .filing import BadSubmission, Handed, OutsideReach, file_waiting, submit
from .keys import (
    KeyRefused,
    NotTheAdministrator,
    TooOften,
    admit,
    client_of,
    count_call,
    end_key,
    give_key,
    turn_key,
)
from .updates import hear, hear_update

__all__ = [
    "BadSubmission",
    "Handed",
    "KeyRefused",
    "NotTheAdministrator",
    "OutsideReach",
    "TooOften",
    "admit",
    "client_of",
    "count_call",
    "end_key",
    "file_waiting",
    "give_key",
    "hear",
    "hear_update",
    "submit",
    "turn_key",
]
