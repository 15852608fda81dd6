"""Every write at the door, gathered from the files of this folder."""

from .filing import BadSubmission, Handed, OutsideReach, file_waiting, submit
from .forwarding import NotDead, forward_due, retry_forwarding
from .keys import (
    KeyRefused,
    NotTheAdministrator,
    TooOften,
    admit,
    change_key,
    client_of,
    count_call,
    end_key,
    give_key,
    turn_key,
)
from .media import NotGivenUp, copy_media_due, retry_media
from .peers import BadAddress, RuleTwice, add_rule, drop_rule, save_peer
from .services import set_service
from .telling import tell_peers_due
from .updates import hear, hear_update

__all__ = [
    "BadAddress",
    "NotDead",
    "NotGivenUp",
    "copy_media_due",
    "retry_media",
    "RuleTwice",
    "add_rule",
    "drop_rule",
    "forward_due",
    "retry_forwarding",
    "save_peer",
    "BadSubmission",
    "Handed",
    "KeyRefused",
    "NotTheAdministrator",
    "OutsideReach",
    "TooOften",
    "admit",
    "change_key",
    "client_of",
    "count_call",
    "end_key",
    "file_waiting",
    "give_key",
    "hear",
    "hear_update",
    "set_service",
    "submit",
    "tell_peers_due",
    "turn_key",
]
